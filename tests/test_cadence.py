"""M11: slots, plan, compliance and service levels against a second calculation in plain Python."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib import lifecycle
from kamlib.periods import Window, months_after, months_before, trailing_window
from kamlib.playbook import playbook
from kamlib.policy import load_policy

CUTS = load_policy().lifecycle
D = date(2026, 6, 30)
STAGES = {"initial": 0, "steady": 3, "deep": 12, "symbiosis": 36}
SEGMENTS = ["core", "grow", "maintain", "optimise", None]
KINDS = ["visit", "call", "review", "executive_meeting", "training", "value_report", "kickoff", "event", "round_table"]


def accounts(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "signed_on", "segment"])
    blank = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    return frame.assign(signed_on=pd.to_datetime(frame["signed_on"]), first_order_date=blank, segment=frame["segment"].astype("str"))


def touches(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "date", "kind"])
    return frame.assign(date=pd.to_datetime(frame["date"]))


@cache
def moved(day, months, keep_end=True):
    """Move a day by calendar months; a month end stays one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    is_end = keep_end and day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_end else min(day.day, last))


def step(entry, span, k):
    return moved(entry, span["months"] * k) if "months" in span else entry + timedelta(days=span["days"] * k)


def stage_on(start, day):
    return [stage for stage, months in STAGES.items() if moved(start, months, False) <= day][-1]


def length(line):
    span = line["every"]
    return span["months"] * 30.44 if "months" in span else span["days"]


def lines_of(stage, segment):
    """Give the lines of a stage and a segment, with home; of a stage and a segment line of one kind the shorter."""
    order = list(STAGES)
    own = [
        (home, line)
        for home in order[: order.index(stage) + 1]
        for line in playbook("lifecycle")[home]["lines"]
        if order.index(stage) <= order.index(line.get("until", "symbiosis"))
    ]
    extra = [(segment, line) for line in playbook("segments")[segment]["lines"]] if segment else []
    same = lambda a, b: a["evidence"][0] == b["evidence"][0] and "every" in a and "every" in b  # noqa: E731
    extra = [(home, one) for home, one in extra if all(not same(one, other) or length(one) < length(other) for _, other in own)]
    return [(home, one) for home, one in own if not any(same(one, other) for _, other in extra)] + extra


def brute_slots(start, segment, after, until):
    """List (line, slot, opens, closes) between two days, one account at a time, one stage at a time, half days as datetimes."""
    found = []
    for stage, months in STAGES.items():
        for home, line in lines_of(stage, segment):
            anchor = STAGES.get(home, months)
            entry = moved(start, anchor, False)
            span = line.get("every") or line["once"]
            for k in [1] if "once" in line else range(3000):
                slot = step(entry, span, k)
                if slot > until + timedelta(days=800) or ("to" in line and slot >= moved(entry, line["to"]["months"])):
                    break
                in_part = moved(entry, line.get("from", {"months": 0})["months"]) <= slot
                if slot >= start and in_part and stage_on(start, slot) == stage:
                    before, day, following = (datetime.combine(step(entry, span, k + j), datetime.min.time()) for j in (-1, 0, 1))
                    opens = before - timedelta(days=1) if "once" in line else day - (day - before) / 2
                    found.append((line["id"], slot, opens, day + (following - day) / 2))
    return [one for one in found if after < one[1] <= until], found


def brute_compliance(start, segment, rows, first, as_of):
    """Say of each slot that is due or done whether it was done: each touch goes to its nearest slot, the earlier of two."""
    _, everything = brute_slots(start, segment, start, moved(as_of, 12))
    evidence = {
        line["id"]: line["evidence"] for book in ("lifecycle", "segments") for home in playbook(book).values() for line in home["lines"]
    }
    done = set()
    for day, kind in rows:
        stamp = datetime.combine(day, datetime.min.time())
        for line in {one[0] for one in everything if kind in evidence[one[0]]}:
            near = [one for one in everything if one[0] == line and one[2] < stamp <= one[3] and day <= as_of]
            if near:
                done.add(min(near, key=lambda one: (abs(one[1] - day), one[1]))[:2])
    window = [one for one in everything if moved(as_of, -12) < one[1] <= as_of and one[1] >= first]
    due = {one[:2] for one in window if one[3] <= datetime.combine(as_of, datetime.min.time())}
    return {key: key in done for key in due | (done & {one[:2] for one in window})}


@given(
    st.dates(date(2020, 1, 1), date(2026, 9, 30)), st.sampled_from(SEGMENTS), st.sampled_from([D, date(2026, 2, 28), date(2025, 11, 17)])
)
@settings(max_examples=25)
def test_F32_slots_are_those_of_a_second_calculation(start, segment, as_of):
    window = Window(as_of, months_before(as_of, -12))
    found = lifecycle.due_slots(accounts(("A", start, segment)), window=window, cuts=CUTS)
    expected, _ = brute_slots(start, segment, as_of, window.until)
    assert sorted(zip(found["line_id"], found["due_on"].dt.date, strict=True)) == sorted(one[:2] for one in expected)


@given(
    st.dates(date(2021, 1, 1), date(2026, 6, 20)),
    st.sampled_from(SEGMENTS),
    st.lists(st.tuples(st.dates(date(2025, 5, 1), date(2026, 7, 20)), st.sampled_from(KINDS)), min_size=1, max_size=30),
)
@settings(max_examples=30)
def test_F32_compliance_is_that_of_a_second_calculation(start, segment, rows):
    frame = touches(*[("A", day, kind) for day, kind in rows])
    found = lifecycle.cadence_slots(accounts(("A", start, segment)), frame, as_of=D, cuts=CUTS)
    seen = dict(zip(zip(found["line_id"], found["due_on"].dt.date, strict=True), found["cadence_done_count"] == 1, strict=True))
    assert seen == brute_compliance(start, segment, rows, min(day for day, _ in rows), D)


MAINTAIN = accounts(("A", "2024-03-31", "maintain"))  # deep from 2025-03-31: visits on 2025-09-30 and 2026-03-31


@pytest.mark.parametrize(
    ("day", "kind", "done"),
    [
        pytest.param("2025-12-30", "visit", ["2025-09-30"], id="just before the middle"),
        pytest.param("2026-01-01", "visit", ["2026-03-31"], id="just after the middle"),
        pytest.param("2026-03-31", "call", ["2026-03-31"], id="on the day"),
        pytest.param("2026-03-31", "training", [], id="another kind"),
        pytest.param("2026-06-30", "review", ["2026-03-31"], id="within half an interval after"),
        pytest.param("2026-07-01", "review", [], id="after the date"),
        pytest.param("2025-07-01", "review", ["2025-09-30"], id="half an interval before"),
        pytest.param("2025-06-30", "review", [], id="test_F32_exact_middle_belongs_to_the_earlier_slot"),
    ],
)
def test_F32_a_touch_belongs_to_its_nearest_slot(day, kind, done):
    known = touches(("B", "2025-01-01", "visit"), ("A", day, kind))
    slots = lifecycle.cadence_slots(MAINTAIN, known, as_of=D, cuts=CUTS)
    visits = slots[slots["line_id"] == "maintain_visit"]
    assert visits.loc[visits["cadence_done_count"] == 1, "due_on"].dt.strftime("%Y-%m-%d").tolist() == done


@pytest.mark.parametrize(
    ("start", "as_of", "listed"),
    [
        pytest.param("2026-06-01", date(2026, 6, 21), False, id="kickoff open until half its time has passed again"),
        pytest.param("2026-06-01", date(2026, 6, 22), True, id="then it was missed"),
    ],
)
def test_F32_a_slot_is_due_half_an_interval_later(start, as_of, listed):
    slots = lifecycle.cadence_slots(accounts(("A", start, None)), touches(("B", "2025-01-01", "visit")), as_of=as_of, cuts=CUTS)
    assert ("initial_kickoff" in set(slots["line_id"])) == listed


def test_F3_before_the_first_row_of_all_nothing_was_due():
    slots = lifecycle.cadence_slots(MAINTAIN, touches(("B", "2026-03-01", "visit")), as_of=D, cuts=CUTS)
    assert (slots["due_on"] >= pd.Timestamp("2026-03-01")).all() and len(slots)
    assert lifecycle.cadence_slots(MAINTAIN, touches().astype({"date": "datetime64[us]"}), as_of=D, cuts=CUTS).empty


def test_F34_a_later_stage_keeps_the_lines_of_the_earlier():
    assert {"steady_value_report", "deep_executives", "symbiosis_story"} <= set(lifecycle.active_lines("symbiosis", None))
    assert not {line for line in lifecycle.active_lines("steady", None) if line.startswith("initial")}


def test_F32_of_a_stage_and_a_segment_line_of_one_kind_the_shorter_holds():
    assert "core_executives" in lifecycle.active_lines("steady", "core")
    assert {"core_executives", "core_value_report"}.isdisjoint(lifecycle.active_lines("deep", "core"))
    assert "grow_call" not in lifecycle.active_lines("initial", "grow")
    assert "core_visit" in lifecycle.active_lines("symbiosis", "core")


def test_plan_of_a_core_account_holds_twelve_visits_and_changes_stage_on_the_way():
    plan = lifecycle.cadence_plan(accounts(("A", "2025-09-30", "core")), as_of=D, cuts=CUTS)
    assert (plan["line_id"] == "core_visit").sum() == 12
    first = plan.loc[plan["line_id"] == "deep_executives", "due_on"].iloc[0]
    assert first == pd.Timestamp("2026-09-30") and plan["due_on"].between("2026-07-01", "2027-06-30").all()
    assert set(plan.loc[plan["due_on"] < first, "stage"]) == {"steady"} and plan["due_on"].is_monotonic_increasing
    assert {action.split(".")[1] for action in plan["action"]} == set(plan["line_id"])


def test_plan_without_start_or_accounts_is_empty():
    assert lifecycle.cadence_plan(accounts(("A", None, "core")), as_of=D, cuts=CUTS).empty
    assert lifecycle.cadence_plan(MAINTAIN.iloc[:0], as_of=D, cuts=CUTS).empty


def test_order_of_rows_changes_nothing():
    three = accounts(("A", "2024-03-31", "maintain"), ("B", "2021-02-28", "core"), ("C", "2026-05-05", None))
    known = touches(("B", "2025-08-01", "visit"), ("A", "2026-01-05", "call"), ("C", "2026-05-20", "kickoff"), ("B", "2026-02-27", "event"))
    one, other = (lifecycle.cadence_slots(x, y, as_of=D, cuts=CUTS) for x, y in ((three, known), (three[::-1], known[::-1])))
    pd.testing.assert_frame_equal(one, other)
    rates = lifecycle.cadence_compliance(one)
    total = lifecycle.cadence_compliance(one.assign(portfolio="all"), by="portfolio")
    assert (
        total.loc["all", "cadence_due_count"] == rates["cadence_due_count"].sum() and rates["cadence_compliance_rate"].between(0, 1).all()
    )


def test_unknown_segment_is_refused():
    with pytest.raises(ValueError, match="segment must be one of core, grow, maintain, optimise; 0 has 'gold'"):
        lifecycle.due_slots(accounts(("A", "2024-01-01", "gold")), window=trailing_window(D), cuts=CUTS)


@given(st.lists(st.dates(date(2000, 1, 1), date(2040, 1, 1)), min_size=1, max_size=20), st.integers(-60, 60))
def test_months_after_is_months_before_for_many(days, months):
    found = months_after(np.array(days, dtype="datetime64[D]"), months)
    assert found.astype(object).tolist() == [months_before(day, -months) for day in days]


@given(st.dates(date(2015, 1, 1), date(2030, 1, 1)))
def test_a_stage_is_entered_on_the_first_day_of_its_tenure(start):
    frame = accounts(("A", start, None))
    entered = lifecycle.stage_entries(frame["signed_on"], cuts=CUTS).iloc[0]
    for stage, day in entered.items():
        before, on = ((day - timedelta(days=back)).date() for back in (1, 0))
        tenures = [lifecycle.tenure_months(frame, as_of=at)["tenure_months"].iloc[0] for at in (before, on)]
        assert tenures[1] == STAGES[stage] and not tenures[0] >= STAGES[stage]


def ticket(opened, answered=None, resolved=None, kind="fault"):
    frame = pd.DataFrame(
        {"account_id": ["A"], "kind": [kind], "opened_at": [opened], "first_response_at": [answered], "resolved_at": [resolved]}
    )
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("opened_at", "first_response_at", "resolved_at")})


def levels(tickets, signed="2026-01-01"):
    found = lifecycle.service_levels(tickets, accounts(("A", signed, None)), as_of=D, cuts=CUTS).reindex(["A"]).iloc[0]
    return [None if pd.isna(found[name]) else found[name] for name in ("answered_24h_rate", "solved_48h_rate", "green_channel_rate")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(ticket("2026-06-01T09:00", "2026-06-01T10:00", "2026-06-03T09:00"), [1, 1, 1], id="on every limit"),
        pytest.param(ticket("2026-06-01T09:00", "2026-06-01T10:01", "2026-06-03T09:01"), [1, 0, 0], id="a minute past"),
        pytest.param(ticket("2026-06-01T09:00", None, "2026-06-02T09:00"), [1, 1, 0], id="test_F33_solution_is_the_first_answer"),
        pytest.param(ticket("2026-06-29T23:59"), [0, None, 0], id="open and older than one limit"),
        pytest.param(ticket("2026-06-30T23:30"), [None, None, None], id="test_F33_open_and_younger"),
        pytest.param(ticket("2026-06-01T09:00", "2026-07-01T08:00"), [0, 0, 0], id="answered after the date"),
        pytest.param(ticket("2026-06-01", "2026-06-02", "2026-06-03"), [None, None, None], id="test_F13_days_prove_nothing_in_time"),
        pytest.param(ticket("2026-06-01", "2026-06-03", "2026-06-04"), [0, 0, 0], id="test_F13_days_prove_late"),
        pytest.param(ticket("2026-06-01T09:00", "2026-06-01T09:10", "2026-06-01T10:00", "complaint"), [1, 1, None], id="no channel for it"),
        pytest.param(ticket("2026-03-31T09:00", "2026-03-31T09:10", "2026-03-31T10:00"), [1, 1, None], id="test_F33_before_the_stage"),
        pytest.param(ticket("2026-04-01T09:00", "2026-04-01T09:10", "2026-04-01T10:00"), [1, 1, 1], id="first day of the stage"),
        pytest.param(ticket("2025-06-30T09:00", "2025-06-30T09:10", "2025-06-30T10:00"), [None, None, None], id="before the window"),
    ],
)
def test_F33_service_levels(row, expected):
    assert levels(row) == expected


@given(st.lists(st.tuples(st.integers(0, 8000), st.one_of(st.none(), st.integers(0, 6000))), min_size=1, max_size=25))
def test_service_levels_agree_with_a_count_by_hand(rows):
    opened = [datetime(2026, 6, 25, 0, 1) + timedelta(minutes=start) for start, _ in rows]
    served = [None if taken is None else at + timedelta(minutes=taken) for at, (_, taken) in zip(opened, rows, strict=True)]
    end, midnight = datetime(2026, 7, 1), datetime.min.time()
    judged = []
    for at, done in zip(opened, served, strict=True):
        closed = done if done and done < end else None
        if at.time() == midnight or (closed and closed.time() == midnight):
            judged.append(False if ((closed or end).date() - at.date()).days > 1 else None)
        elif closed or end - at > timedelta(hours=24):
            judged.append(bool(closed) and closed - at <= timedelta(hours=24))
        else:
            judged.append(None)
    frame = pd.concat([ticket(at, done, done) for at, done in zip(opened, served, strict=True)], ignore_index=True)
    found = lifecycle.service_levels(frame[frame["opened_at"] < "2026-07-01"], accounts(("A", None, None)), as_of=D, cuts=CUTS)
    expected = [one for one, at in zip(judged, opened, strict=True) if one is not None and at < end]
    if len(found):
        assert (found["answered_in_time_count"].iloc[0], found["answer_judged_count"].iloc[0]) == (sum(expected), len(expected))


def test_service_refuses_a_ticket_without_department():
    with pytest.raises(ValueError, match="department must be given in every row; 1 of 1"):
        row = ticket("2026-06-01T09:00").assign(department=pd.Series([None], dtype="str"))
        lifecycle.service_levels(row, MAINTAIN, as_of=D, cuts=CUTS, by="department")
