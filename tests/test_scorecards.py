"""M15: scores of KPIs, the target of the very period, cards by weight, and what departments keep."""

from datetime import date
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kamlib import kpis, scorecards
from kamlib.periods import Window
from kamlib.policy import load_policy

D = date(2026, 6, 30)
UNITS = {"revenue_amount": "amount", "on_time_rate": "rate", "dso_days": "days", "wallet_share": "share"}


def score(value, floor, target, stretch):
    columns = {name: pd.Series([number], dtype=float) for name, number in (("floor", floor), ("target", target), ("stretch", stretch))}
    found = scorecards.kpi_score(pd.Series([value], dtype=float), **columns).iloc[0]
    return None if pd.isna(found) else found


@pytest.mark.parametrize(
    ("value", "floor", "target", "stretch", "expected"),
    [
        pytest.param(80, 80, 100, 120, 0, id="floor"),
        pytest.param(79, 80, 100, 120, 0, id="below the floor"),
        pytest.param(90, 80, 100, 120, 50, id="half way"),
        pytest.param(100, 80, 100, 120, 100, id="target"),
        pytest.param(110, 80, 100, 120, 110, id="half way to stretch"),
        pytest.param(120, 80, 100, 120, 120, id="stretch"),
        pytest.param(500, 80, 100, 120, 120, id="beyond stretch"),
        pytest.param(52.5, 60, 45, 30, 50, id="lower is better, half way"),
        pytest.param(30, 60, 45, 30, 120, id="lower is better, stretch"),
        pytest.param(70, 60, 45, 30, 0, id="lower is better, beyond the floor"),
        pytest.param(500, 80, 100, None, 100, id="test_F50_no_stretch_caps_at_100"),
        pytest.param(500, 80, 100, 100, 100, id="test_F50_stretch_equal_to_target_caps_at_100"),
        pytest.param(None, 80, 100, 120, None, id="not measured"),
    ],
)
def test_F50_score_of_a_kpi(value, floor, target, stretch, expected):
    assert score(value, floor, target, stretch) == expected


@pytest.mark.parametrize(
    ("floor", "target", "stretch", "why"),
    [
        pytest.param(100, 100, 120, "floor must differ from target", id="floor equals target"),
        pytest.param(80, 100, 90, "stretch must lie beyond target", id="stretch short of target"),
        pytest.param(60, 45, 50, "stretch must lie beyond target", id="stretch on the wrong side, lower is better"),
        pytest.param(None, 100, 120, "floor and target must be given", id="no floor"),
    ],
)
def test_F50_a_target_that_cannot_be_scored_is_refused(floor, target, stretch, why):
    with pytest.raises(ValueError, match=why):
        score(1, floor, target, stretch)


NUMBER = st.integers(-1000, 1000)


@given(NUMBER, NUMBER, NUMBER, st.one_of(st.none(), st.integers(0, 500)))
@settings(max_examples=100)
def test_F50_score_is_the_written_formula_and_never_falls_with_a_better_value(value, floor, target, reach):
    assume(floor != target)
    up = 1 if target > floor else -1
    stretch = None if reach is None else target + up * reach
    exact = Fraction(100 * (value - floor), target - floor)
    if exact > 100:
        exact = 100 if not reach else 100 + Fraction(20 * (value - target), stretch - target)
    assert score(value, floor, target, stretch) == pytest.approx(float(min(max(exact, 0), 120)))
    assert score(value + up, floor, target, stretch) >= score(value, floor, target, stretch)


def targets(*rows):
    frame = pd.DataFrame(rows, columns=["id", "metric", "period", "floor", "target", "stretch"])
    return frame.assign(scope="manager", stretch=frame["stretch"].astype(float))


def test_targets_hold_for_their_very_period():
    rows = [("M", "revenue_amount", period, 0, 1, None) for period in ("2024", "2025", "2026", "2026Q1", "2026Q2", "2026-06", "2026Q3")]
    rows += [("M", "on_time_rate", "2025", 0, 1, None), ("M", "on_time_rate", "2026", 0, 1, None), ("M", "dso_days", "2025", 1, 0, None)]
    rows += [("M", "unheard_of", "2026", 0, 1, None)]
    found = scorecards.current_targets(targets(*rows), as_of=D, units=UNITS)
    assert dict(zip(found["metric"], found["period"], strict=True)) == {
        "dso_days": "2025",
        "on_time_rate": "2026",
        "revenue_amount": "2026Q2",
    }
    a_day_earlier = scorecards.current_targets(targets(*rows), as_of=date(2026, 6, 29), units=UNITS)
    assert a_day_earlier.set_index("metric").at["revenue_amount", "period"] == "2026Q1"
    fiscal = scorecards.current_targets(targets(("M", "revenue_amount", "2026", 0, 1, None)), as_of=D, units=UNITS, fiscal_year_start=4)
    assert fiscal["period"].tolist() == ["2026"]  # from April 2025 to March 2026: ended


def test_where_nobody_has_a_target_there_is_an_empty_card():
    none = scorecards.current_targets(targets(("M", "revenue_amount", "2026Q2", 0, 1, None)).iloc[:0], as_of=D, units=UNITS)
    values = scorecards.period_values(none, facts(), measure, as_of=D)
    assert scorecards.scorecard(scorecards.target_scores(values, none), minimum_coverage=0.5).empty


def measure(facts, day):
    frames = [kpis.revenue(facts["sales"], as_of=day, by="manager_id"), kpis.growth(facts["sales"], as_of=day, by="manager_id")]
    frames.append(kpis.delivery(facts["deliveries"], as_of=day, by="manager_id"))
    joined = pd.concat(frames, axis=1)
    return joined.loc[:, ~joined.columns.duplicated()]


def facts():
    days = pd.to_datetime(["2024-07-01", "2025-12-31", "2026-01-01", "2026-03-31", "2026-04-01", "2026-06-30", "2026-07-01"])
    sales = pd.DataFrame({"account_id": "A", "manager_id": "M", "order_date": days, "net_revenue": [16.0, 1, 2, 4, 8, 16, 32]})
    late = pd.to_datetime(["2024-07-02", "2025-12-30", "2026-01-01", "2026-04-30", "2026-04-01", "2026-06-30", None])
    lines = sales.assign(promised_on=days, delivered_on=late, correct=1.0, quantity=1.0)
    return {"sales": sales, "deliveries": lines}


@pytest.mark.parametrize(
    ("metric", "period", "value"),
    [
        pytest.param("revenue_amount", "2026Q1", 6, id="a quarter that ended"),
        pytest.param("revenue_amount", "2026Q2", 24, id="the quarter that ends today"),
        pytest.param("revenue_amount", "2025", 1, id="a year that ended"),
        pytest.param("on_time_rate", "2026", 0.75, id="a running year up to today"),
        pytest.param("growth_rate", "2026", 31 / 16 - 1, id="twelve months by nature"),
        pytest.param("dso_days", "2026", None, id="not measured"),
    ],
)
def test_values_are_of_the_very_period(metric, period, value):
    found = scorecards.period_values(targets(("M", metric, period, 0, 1, None)), facts(), measure, as_of=D)["value"].iloc[0]
    assert (None if pd.isna(found) else found) == pytest.approx(value)


def test_rows_outside_the_period_are_dropped_table_by_table():
    tables = facts() | {"forecasts": pd.DataFrame({"period": ["2026-03", "2026-04"]}), "accounts": pd.DataFrame({"account_id": ["A"]})}
    kept = scorecards.period_rows(tables, Window(date(2026, 3, 31), D))
    assert {name: len(frame) for name, frame in kept.items()} == {"sales": 2, "deliveries": 2, "forecasts": 1, "accounts": 1}


def card(*scores, weights=None):
    rows = pd.DataFrame({"id": "M", "metric": [f"m{place}" for place in range(len(scores))], "score": list(scores)}).astype(
        {"score": float}
    )
    found = scorecards.scorecard(rows, minimum_coverage=0.5, weights=weights).loc["M"]
    return [None if pd.isna(cell) else cell for cell in found]


@pytest.mark.parametrize(
    ("scores", "weights", "expected"),
    [
        pytest.param([120, 60], None, [90, 1, None, 2, 2], id="equal weights"),
        pytest.param([120, 60], {"m0": 3, "m1": 1}, [105, 1, None, 2, 2], id="own weights"),
        pytest.param([100, None], None, [100, 0.5, None, 2, 1], id="test_F5_half_is_enough"),
        pytest.param([100, None, None], None, [None, 1 / 3, "low_coverage", 3, 1], id="test_F5_less_is_not"),
        pytest.param([100, None], {"m0": 1, "m1": 1.01}, [None, 1 / 2.01, "low_coverage", 2, 1], id="just below by weight"),
        pytest.param([0, 0], None, [0, 1, None, 2, 2], id="nought is a score"),
        pytest.param([50, 100], {"m0": 0, "m1": 2}, [100, 1, None, 2, 2], id="weight nought"),
    ],
)
def test_F5_card(scores, weights, expected):
    assert card(*scores, weights=weights) == [pytest.approx(cell) if isinstance(cell, float) else cell for cell in expected]


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="weights lack m1; they have m0"):
        card(1, 2, weights={"m0": 1})
    with pytest.raises(ValueError, match="must not be negative"):
        card(1, 2, weights={"m0": 1, "m1": -1})


@given(st.lists(st.one_of(st.none(), st.floats(0, 120)), min_size=1, max_size=10), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_card_lies_between_its_scores_and_not_on_their_order(scores, random):
    found, known = card(*scores), [one for one in scores if one is not None]
    if found[0] is not None:
        assert min(known) - 1e-9 <= found[0] <= max(known) + 1e-9
    shuffled = random.sample(scores, len(scores))
    assert card(*shuffled)[0] == pytest.approx(found[0])


def test_attainment_stands_only_where_more_is_better():
    both = targets(("M", "revenue_amount", "2026Q2", 80, 100, None), ("M", "dso_days", "2026", 60, 45, None))
    values = pd.DataFrame({"id": "M", "metric": ["revenue_amount", "dso_days"], "period": ["2026Q2", "2026"], "value": [90.0, 50.0]})
    found = scorecards.target_scores(values, both)
    assert found["attainment_rate"].tolist()[0] == 0.9 and found["attainment_rate"].isna().tolist() == [False, True]
    unmeasured = scorecards.target_scores(values.iloc[:1], both)
    assert unmeasured["score"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("due", "kept", "rate"),
    [
        pytest.param("2026-05-02", "2026-05-02", 1, id="on the day"),
        pytest.param("2026-05-02", "2026-05-03", 0, id="a day late"),
        pytest.param("2026-06-30", None, 0, id="due today, not kept"),
        pytest.param("2026-07-01", None, None, id="due tomorrow"),
        pytest.param("2025-06-30", "2025-06-30", None, id="before the window"),
    ],
)
def test_F51_promises_kept(due, kept, rate):
    row = pd.DataFrame({"from_department": ["quality"], "due": pd.to_datetime([due]), "kept_on": pd.to_datetime([kept])})
    found = scorecards.promises_kept(row, as_of=D)["promises_kept_rate"].iloc[0]
    assert (None if pd.isna(found) else found) == rate


def ticket(department, opened, answered, solved, kind="fault"):
    times = pd.to_datetime([opened, answered, solved])
    return {"account_id": "A", "department": department, "kind": kind} | dict(
        zip(("opened_at", "first_response_at", "resolved_at"), times, strict=True)
    )


TICKETS = pd.DataFrame(
    [
        ticket("service", "2026-06-01T09:00", "2026-06-01T09:30", "2026-06-02T09:00"),
        ticket("service", "2026-06-02T09:00", "2026-06-03T10:00", None),
        ticket(None, "2026-06-02T09:00", "2026-06-02T09:10", "2026-06-02T10:00"),
        ticket("service", "2025-06-30T09:00", None, None),
    ]
)
PROMISES = pd.DataFrame(
    {
        "from_department": ["quality"] * 2,
        "due": pd.to_datetime(["2026-05-02", "2026-05-04"]),
        "kept_on": pd.to_datetime(["2026-05-02", None]),
    }
)
CUSTOMERS = pd.DataFrame({"account_id": ["A"], "signed_on": pd.to_datetime(["2024-01-01"]), "first_order_date": pd.to_datetime([None])})


def office(tickets, promises):
    return scorecards.back_office(tickets, promises, CUSTOMERS, as_of=D, cuts=load_policy().lifecycle)


def test_back_office_has_a_row_per_department_and_one_for_tickets_of_nobody():
    card = office(TICKETS, PROMISES)
    assert card.index.tolist() == ["(none)", "quality", "service"]
    assert card["tickets_count"].tolist() == [1, 0, 2] and card["promises_due_count"].tolist() == [0, 2, 0]
    assert card.loc["service", ["answered_24h_rate", "solved_48h_rate", "green_channel_rate"]].tolist() == [0.5, 0.5, 0.5]
    assert card.loc["quality", "promises_kept_rate"] == 0.5 and pd.isna(card.loc["quality", "answered_24h_rate"])


@pytest.mark.parametrize(
    ("tickets", "promises", "measured"),
    [
        pytest.param(None, PROMISES, {"promises_due_count", "promises_kept_count", "promises_kept_rate"}, id="no tickets"),
        pytest.param(TICKETS, None, {"tickets_count", "answered_24h_rate", "solved_48h_rate", "green_channel_rate"}, id="no promises"),
        pytest.param(None, None, set(), id="neither"),
    ],
)
def test_a_table_that_is_not_there_is_not_nought(tickets, promises, measured):
    card = office(tickets, promises)
    assert {name for name in card if card[name].notna().any()} == measured
    assert set(card) == set(office(TICKETS, PROMISES))


def test_missing_columns_are_refused():
    with pytest.raises(ValueError, match="tickets lacks department"):
        office(TICKETS.drop(columns="department"), None)
    with pytest.raises(ValueError, match="promises lacks kept_on"):
        office(None, PROMISES.drop(columns="kept_on"))

    with pytest.raises(ValueError, match="targets lacks scope"):
        scorecards.current_targets(targets().drop(columns="scope"), as_of=D, units=UNITS)
    with pytest.raises(ValueError, match="promises lacks due"):
        scorecards.promises_kept(pd.DataFrame({"from_department": [], "kept_on": []}), as_of=D)


@pytest.mark.parametrize(
    "parts, is_off", [((60.0, 40.0), False), ((60.0, 39.0), False), ((60.0, 41.0), False), ((60.0, 38.9), True), ((70.0, 40.0), True)]
)
def test_F75_account_targets_must_add_up_to_the_quota_within_a_hundredth(parts, is_off):
    rows = [("manager", "M1", "revenue_amount", "2026", 100.0), ("account", "X", "revenue_amount", "2026", 900.0)]
    rows += [("account", name, "revenue_amount", "2026", amount) for name, amount in zip("AB", parts, strict=True)]
    rows += [("account", "A", "margin_rate", "2026", 0.3), ("manager", "M1", "margin_rate", "2026", 0.2)]
    rows += [("manager", "M1", "revenue_amount", "2026Q1", 7.0), ("manager", "M2", "revenue_amount", "2026", 5.0)]
    frame = pd.DataFrame(rows, columns=["scope", "id", "metric", "period", "target"])
    found = scorecards.targets_off_quota(frame, pd.Series({"A": "M1", "B": "M1", "X": "M9"}), tolerance=0.01)
    assert found.to_numpy().tolist() == ([["M1", "revenue_amount", "2026", 100.0, sum(parts)]] if is_off else [])
    with pytest.raises(ValueError, match="targets lacks period"):
        scorecards.targets_off_quota(frame.drop(columns="period"), pd.Series(dtype=str), tolerance=0.01)
