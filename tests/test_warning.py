"""M17: each signal at the ends of its ramp, the risk against a plain loop, the stories found and nobody else accused."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib import warning
from kamlib.data.engagement import load_engagement
from kamlib.data.history import known_at, without_undated
from kamlib.data.read import read
from kamlib.data.sample.stories import QUIET_ACCOUNTS
from kamlib.playbook import playbook
from kamlib.policy import load_policy
from kamlib.scores import score
from kamlib.warning import SIGNALS, loss_risk

POLICY = load_policy()
RULES = POLICY.warning
DAY = date(2026, 6, 30)
ROOT = Path(__file__).resolve().parents[1]
A = pd.Index(["A"], dtype="str")
WEIGHTS = RULES.weights.model_dump()


def sales(*rows):
    frame = pd.DataFrame(rows, columns=["order_date", "net_revenue"]).assign(account_id="A", orders_count=1.0)
    return frame.assign(order_date=pd.to_datetime(frame["order_date"]))


def events(*rows):
    frame = pd.DataFrame(rows, columns=["date", "kind", "ref", "contact_id"]).assign(account_id="A")
    return frame.assign(date=pd.to_datetime(frame["date"])).astype({"ref": "str", "contact_id": "str"})


@pytest.mark.parametrize(
    ("recent", "signal"),
    [
        pytest.param(120.0, 0.0, id="grew"),
        pytest.param(90.0, 0.0, id="just at the foot"),
        pytest.param(65.0, 0.5, id="half way"),
        pytest.param(40.0, 1.0, id="just full"),
        pytest.param(0.0, 1.0, id="nothing"),
        pytest.param(-5.0, 1.0, id="returns only"),
    ],
)
def test_order_drop_between_minus_10_and_minus_60_percent(recent, signal):
    found = warning.order_drop(sales(("2025-04-01", 100.0), ("2026-06-30", recent)), A, as_of=DAY, rules=RULES).loc["A"]
    assert found["order_drop_signal"] == pytest.approx(signal)


@pytest.mark.parametrize(
    ("day", "base"),
    [
        pytest.param("2025-03-31", None, id="the day before the three months"),
        pytest.param("2025-04-01", 100.0, id="their first day"),
        pytest.param("2025-06-30", 100.0, id="their last day"),
        pytest.param("2025-07-01", None, id="the day after"),
    ],
)
def test_order_drop_compares_the_same_three_months(day, base):
    found = warning.order_drop(sales((day, 100.0), ("2026-06-30", 100.0)), A, as_of=DAY, rules=RULES).loc["A"]
    assert pd.isna(found["order_drop_signal"]) == (base is None)
    assert (found["order_drop_signal_note"] == "no_base") == (base is None)
    assert pd.isna(found["order_drop_thin_flag"]) if base is None else found["order_drop_thin_flag"] == 1


def test_usage_needs_a_row_in_both_times():
    months = pd.DataFrame({"account_id": ["A", "A", "B"], "month": ["2025-06", "2026-06", "2025-06"], "amount": [100.0, 65.0, 100.0]})
    found = warning.usage_drop(months, pd.Index(["A", "B", "C"]), as_of=DAY, rules=RULES)["usage_drop_signal"]
    assert found["A"] == pytest.approx(0.5) and found[["B", "C"]].isna().all()


def test_usage_counts_a_month_from_its_last_day():
    months = pd.DataFrame({"account_id": "A", "month": ["2025-05", "2026-06"], "amount": [100.0, 1.0]})
    assert pd.isna(warning.usage_drop(months, A, as_of=DAY - timedelta(days=1), rules=RULES).loc["A", "recent_usage_count"])


@pytest.mark.parametrize(("days", "signal"), [(20.0, 0.0), (30.0, 0.5), (40.0, 1.0), (400.0, 1.0)])
def test_rhythm_between_one_and_two_usual_gaps(days, signal):
    rhythm = pd.DataFrame({"order_gap_p90_days": [20.0], "last_order_days": [days]}, index=A)
    assert warning.order_rhythm_gap(rhythm, pd.Series("core", index=A), rules=RULES).loc["A", "order_rhythm_signal"] == signal


@pytest.mark.parametrize(("peers", "is_measured"), [(4, False), (5, True)])
def test_rhythm_borrows_from_five_peers_of_the_segment(peers, is_measured):
    ids = [f"P{n}" for n in range(peers)]
    gaps = [10.0, 20.0, 30.0, 40.0, 500.0][:peers]
    rhythm = pd.DataFrame({"order_gap_p90_days": [*gaps, None, None], "last_order_days": 45.0}, index=[*ids, "thin", "elsewhere"])
    segment = pd.Series(["core"] * (peers + 1) + ["grow"], index=rhythm.index)
    found = warning.order_rhythm_gap(rhythm, segment, rules=RULES)
    assert pd.notna(found.loc["thin", "order_rhythm_signal"]) == is_measured and pd.isna(found.loc["elsewhere", "order_rhythm_signal"])
    if is_measured:
        assert found.loc["thin", "usual_gap_days"] == 30 and found.loc["thin", "order_rhythm_peers_flag"] == 1


def test_payment_delay_by_hand_with_parts_open_and_early():
    invoices = pd.DataFrame(
        [
            ("1", "2025-09-01", 100.0),  # before: 10 days late
            ("2", "2026-03-31", 300.0),  # before, last day: paid early, counts 0
            ("3", "2026-04-01", 100.0),  # lately: half 20 days late, half open for 90 days
            ("4", "2026-06-30", 100.0),  # lately, due today: not late
            ("5", "2026-07-01", 100.0),  # not due yet
            ("6", "2026-05-01", -50.0),  # a credit note
        ],
        columns=["invoice_id", "due_date", "amount"],
    ).assign(account_id="A")
    invoices = invoices.assign(due_date=pd.to_datetime(invoices["due_date"]))
    paid = [("1", "2025-09-11", 100.0), ("2", "2026-03-01", 300.0), ("3", "2026-04-21", 50.0), ("3", "2026-07-05", 50.0)]
    payments = pd.DataFrame(paid, columns=["invoice_id", "paid_on", "amount"])
    payments = payments.assign(paid_on=pd.to_datetime(payments["paid_on"]))
    found = warning.payment_delay(invoices, payments, A, as_of=DAY, rules=RULES).loc["A"]
    assert found["earlier_late_days"] == pytest.approx(10 * 100 / 400)
    assert found["recent_late_days"] == pytest.approx((50 * 20 + 50 * 90) / 200)
    assert found["payment_delay_signal"] == pytest.approx((27.5 - 2.5 - 5) / 40)


@pytest.mark.parametrize(
    ("segment", "days", "signal"),
    [
        ("core", 31, 0.0),
        ("core", 62, 0.5),
        ("core", 93, 1.0),
        ("grow", 92, 0.0),
        ("maintain", 183, 0.0),
        ("optimise", 366, 0.0),
        (None, 183, 0.0),
        (None, 549, 1.0),
    ],
)
def test_F55_contact_gap_by_the_days_that_the_segment_grants(segment, days, signal):
    last = pd.Timestamp(DAY) - pd.Timedelta(days=days)
    touches = pd.DataFrame({"account_id": ["A", "Z"], "date": [last, pd.Timestamp("2020-01-01")]})
    accounts = pd.DataFrame({"signed_on": [pd.Timestamp("2019-01-01")], "first_order_date": pd.NaT}, index=A)
    found = warning.contact_gap(touches, accounts, pd.Series([segment], index=A, dtype="str"), as_of=DAY, rules=RULES)
    assert found.loc["A", "contact_gap_signal"] == pytest.approx(signal)


@pytest.mark.parametrize(
    ("signed", "days"), [pytest.param("2026-06-01", 29, id="signed after"), pytest.param("2010-01-01", 364, id="signed long before")]
)
def test_F55_who_was_never_contacted_counts_from_the_later_start(signed, days):
    touches = pd.DataFrame({"account_id": ["Z"], "date": pd.to_datetime(["2025-07-01"])})
    accounts = pd.DataFrame({"signed_on": pd.to_datetime([signed]), "first_order_date": pd.NaT}, index=A)
    assert warning.contact_gap(touches, accounts, pd.Series(dtype="str"), as_of=DAY, rules=RULES).loc["A", "last_contact_days"] == days


@pytest.mark.parametrize(
    ("left", "handed", "signal"),
    [
        pytest.param("2026-06-01", None, 1.0, id="open"),
        pytest.param("2026-06-01", "2026-06-01", 0.0, id="same day"),
        pytest.param("2026-06-01", "2026-06-02", 0.0, id="next day"),
        pytest.param("2026-06-01", "2026-06-03", 0.3, id="late"),
        pytest.param("2026-02-01", "2026-04-01", 0.0, id="late and over for 90 days"),
        pytest.param("2026-02-01", "2026-04-02", 0.3, id="late and not yet over for 90 days"),
        pytest.param("2025-06-30", None, 0.0, id="more than a year ago"),
        pytest.param("2025-07-01", None, 1.0, id="within a year"),
        pytest.param("2026-06-02", "2026-06-01", 1.0, id="a handover before is another's"),
    ],
)
def test_F54_contact_change(left, handed, signal):
    rows = [(left, "contact_left", None, "c1")] + ([(handed, "handover_done", None, "c1")] if handed else [])
    for line, factor in ((None, 1.0), (pd.Series([1.0], index=A), 0.5)):
        found = warning.contact_change(events(*rows), A, as_of=DAY, rules=RULES, executive_line=line)
        assert found.loc["A", "contact_change_signal"] == pytest.approx(signal * factor)


def test_pairs_by_reference_then_contact_then_first_in_first_out():
    rows = [
        ("2026-05-01", "change_request", "r1", None),
        ("2026-05-02", "change_request", None, "c2"),
        ("2026-05-03", "change_request", None, None),
        ("2026-05-04", "change_request", None, None),
        ("2026-05-10", "change_confirmed", None, None),
        ("2026-05-11", "change_confirmed", None, "c2"),
        ("2026-05-12", "change_confirmed", "r1", None),
    ]
    for order in (rows, rows[::-1]):
        pairs = warning.open_pairs(events(*order), opening="change_request", closing="change_confirmed")
        assert pairs["closed"].dt.day.fillna(0).tolist() == [12, 11, 10, 0]
    found = warning.unconfirmed_change(events(*rows), A, as_of=date(2026, 5, 19), rules=RULES).loc["A"]
    assert found.tolist() == [0.5, 15.0]


def test_A25_no_backup_is_half_for_each_side():
    frame = pd.DataFrame({"deputy_id": ["M1", None, None], "technician_id": [None, "T1", None]}, index=list("abc"))
    both = warning.no_backup(frame, single_threaded=pd.Series({"a": 0.0, "b": 1.0, "c": 1.0}))["no_backup_signal"]
    assert both.tolist() == [0.0, 0.5, 1.0]
    unknown = frame.assign(deputy_id=None, technician_id=None)
    assert warning.no_backup(unknown, single_threaded=pd.Series({"a": 1.0}))["no_backup_signal"].fillna(-1).tolist() == [0.5, -1, -1]


@pytest.mark.parametrize(("day", "signal"), [("2026-04-01", 0.0), ("2026-04-02", 1.0), ("2026-06-30", 1.0)])
def test_a_rivals_quote_counts_for_90_days(day, signal):
    none = pd.Series([np.nan], index=A)
    found = warning.competitor(events((day, "competitor_quote", None, None)), none, as_of=DAY, rules=RULES)
    assert found.loc["A", "competitor_signal"] == signal


@pytest.mark.parametrize(("rise", "signal"), [(0.049, 0.0), (0.05, 0.5), (0.3, 0.5)])
def test_A24_share_won_by_rivals_within_a_year(rise, signal):
    found = warning.competitor(None, pd.Series([rise], index=A), as_of=DAY, rules=RULES)
    assert found.loc["A", "competitor_signal"] == signal and pd.isna(found.loc["A", "competitor_quotes_count"])


@pytest.mark.parametrize(("days", "signal"), [(181, 0.0), (180, 0.0), (105, 0.5), (30, 1.0), (0, 1.0), (-180, 1.0), (-181, None)])
def test_A24_renewal(days, signal):
    ends = pd.DataFrame({"contract_end": [pd.Timestamp(DAY) + pd.Timedelta(days=days)]}, index=A)
    found = warning.renewal(ends, events(), as_of=DAY, rules=RULES).loc["A", "renewal_signal"]
    assert (signal is None and pd.isna(found)) or found == pytest.approx(signal)
    begun = warning.renewal(ends, events(("2026-06-01", "renewal_started", None, None)), as_of=DAY, rules=RULES)
    assert signal is None or begun.loc["A", "renewal_signal"] == 0


@pytest.mark.parametrize(("last", "signal"), [(85.0, 0.0), (72.5, 0.5), (60.0, 1.0), (95.0, 0.0)])
def test_F56_satisfaction_wave_on_wave(last, signal):
    rows = [("2024-06-30", 10.0), ("2025-11-03", 85.0), ("2025-12-04", 95.0), ("2026-05-02", last)]
    frame = pd.DataFrame(rows, columns=["date", "score"]).assign(account_id="A", scale_min=0.0, scale_max=100.0)
    frame = frame.assign(date=pd.to_datetime(frame["date"]))
    found = warning.satisfaction_drop(frame, A, as_of=DAY, rules=RULES).loc["A"]
    assert found["before_wave_score"] == 90 and found["satisfaction_drop_signal"] == pytest.approx(signal)
    assert pd.isna(warning.satisfaction_drop(frame.iloc[-1:], A, as_of=DAY, rules=RULES).loc["A", "satisfaction_drop_signal"])


def lit(**given):
    return pd.DataFrame({f"{name}_signal": [given.get(name, np.nan)] for name in SIGNALS}, index=A, dtype=float)


def test_rulings_check_values_order_drop_alone_with_rhythm_and_all_lit():
    # rulings: order drop alone .50 (amber), with rhythm .70 (red); with A24's renewal all lit is 1 - .009 * .7
    alone = loss_risk(lit(order_drop=1.0), rules=RULES).loc["A"]
    both = loss_risk(lit(order_drop=1.0, order_rhythm=1.0), rules=RULES).loc["A"]
    assert alone["loss_risk"] == pytest.approx(0.5) and alone["risk_level"] == "amber"
    assert both["loss_risk"] == pytest.approx(0.7) and both["risk_level"] == "red"
    eleven = [name for name in SIGNALS if name != "renewal"]
    assert loss_risk(lit(**dict.fromkeys(eleven, 1.0)), rules=RULES).loc["A", "loss_risk"] == pytest.approx(0.991, abs=5e-4)
    assert sum(WEIGHTS[name] for name in eleven) == pytest.approx(3.75)


@pytest.mark.parametrize(
    ("signal", "level"),
    [pytest.param(0.6 - 1e-6, "green", id="below"), pytest.param(0.6, "amber", id="at 0.3"), pytest.param(1.0, "amber", id="at 0.5")],
)
def test_levels_begin_at_their_cut(signal, level):
    assert loss_risk(lit(order_drop=signal), rules=RULES).loc["A", "risk_level"] == level


def test_F5_without_a_signal_of_trade_there_is_no_risk():
    found = loss_risk(lit(competitor=1.0, contact_change=1.0), rules=RULES).loc["A"]
    assert pd.isna(found["loss_risk"]) and pd.isna(found["risk_level"]) and found["loss_risk_note"] == "no_trade_signal"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=len(SIGNALS), max_size=len(SIGNALS)), st.integers(0, len(SIGNALS) - 1))
def test_risk_against_a_plain_loop_and_never_lower_when_a_signal_rises(readings, raised):
    found = loss_risk(lit(**dict(zip(SIGNALS, readings, strict=True))), rules=RULES).loc["A"]
    left = 1.0
    for name, reading in zip(SIGNALS, readings, strict=True):
        left *= 1 - WEIGHTS[name] * (reading or 0)
    if any(reading is not None for reading in readings[:3]):
        assert found["loss_risk"] == pytest.approx(1 - left) and 0 <= found["loss_risk"] < 1
        higher = list(readings)
        higher[raised] = 1.0
        assert loss_risk(lit(**dict(zip(SIGNALS, higher, strict=True))), rules=RULES).loc["A", "loss_risk"] >= found["loss_risk"] - 1e-12
    measured = [WEIGHTS[name] for name, reading in zip(SIGNALS, readings, strict=True) if reading is not None]
    assert found["risk_coverage_share"] == pytest.approx(sum(measured) / sum(WEIGHTS.values()))


def test_every_signal_has_a_counter_move_with_owner_and_days():
    book = playbook("warning")
    assert list(book) == list(SIGNALS)
    assert all(entry["owner"]["zh"] and entry["days"] >= 1 and entry["move"]["zh"] for entry in book.values())
    assert book["contact_change"]["days"] == 1


@pytest.fixture(scope="module")
def engagement():
    return load_engagement(ROOT / "params" / "sample.yaml")


@pytest.fixture(scope="module")
def tables(engagement):
    return read(engagement)


@pytest.fixture(scope="module")
def sample(engagement, tables):
    return score(tables, engagement).values["account"]


@pytest.mark.parametrize(
    ("account_id", "level", "signals"),
    [
        ("A005", "red", {"order_drop", "usage_drop", "order_rhythm"}),
        ("A026", "amber", {"competitor", "contact_change"}),
        ("A042", "red", {"order_drop", "order_rhythm", "no_backup"}),
        ("A001", "green", {"no_backup"}),
        ("A030", "green", set()),  # pays late and always has: nothing has changed
        ("A014", "green", set()),  # buys in one season
    ],
)
def test_stories_of_the_sample(sample, account_id, level, signals):
    row = sample.loc[account_id]
    assert row["risk_level"] == level
    assert {name for name in SIGNALS if row[f"{name}_signal"] > 0} == signals


def test_no_quiet_account_is_accused(sample):
    quiet = sample.loc[list(QUIET_ACCOUNTS)]
    assert len(quiet) >= 30 and (quiet["risk_level"] == "green").all()
    assert [(quiet[f"{name}_signal"] > 0).sum() for name in SIGNALS] == [0] * len(SIGNALS)


def test_scaling_all_money_leaves_the_risk_as_it_is(engagement, tables, sample):
    money = {"orders": ["net_revenue", "cost", "list_price"], "invoices": ["amount"], "payments": ["amount"]}
    money |= {"accounts": ["annual_wallet"], "wallets": ["annual_wallet"]}
    frames = dict(tables.frames)
    for name, columns in money.items():
        frames[name] = frames[name].assign(**{column: frames[name][column] * 4 for column in columns})
    scaled = score(tables.__class__(frames, tables.mapped, tables.quality, tables.quarantined, tables.as_of), engagement).values["account"]
    signals = [f"{name}_signal" for name in SIGNALS]
    pd.testing.assert_frame_equal(scaled[[*signals, "loss_risk"]], sample[[*signals, "loss_risk"]])


def test_F2_nothing_later_and_nothing_undated_changes_a_recomputed_past(engagement, tables):
    day = date(2025, 9, 30)
    past, _ = without_undated(known_at(tables, day))
    before = score(past, engagement, as_of=day).values["account"]
    rng, frames = random.Random(5), {}
    for name, frame in tables.frames.items():
        changed = frame
        for column in frame.columns:
            if pd.api.types.is_datetime64_any_dtype(frame[column]):
                later = frame[column] >= pd.Timestamp(day + timedelta(days=1))
                changed = changed.assign(**{column: changed[column].mask(later, changed[column] + pd.Timedelta(days=rng.randint(1, 400)))})
        frames[name] = changed
    accounts = frames["accounts"]
    frames["accounts"] = accounts.assign(
        outlook="declining", contract_end=pd.Timestamp("2025-10-02"), deputy_id=None, competitor_share=0.99
    )
    edited = tables.__class__(frames, tables.mapped, tables.quality, tables.quarantined, tables.as_of)
    after = score(without_undated(known_at(edited, day))[0], engagement, as_of=day).values["account"]
    columns = [f"{name}_signal" for name in SIGNALS] + ["loss_risk", "risk_coverage_share"]
    pd.testing.assert_frame_equal(before[columns], after[columns])


def test_refusals():
    with pytest.raises(ValueError, match=r"order_drop_signal must lie in \[0, 1\]"):
        loss_risk(lit(order_drop=1.2), rules=RULES)
    with pytest.raises(ValueError, match="signals lacks"):
        loss_risk(pd.DataFrame({"order_drop_signal": [1.0]}), rules=RULES)
    with pytest.raises(ValueError, match="zero and full must differ"):
        load_policy({"warning": {"renewal": {"zero": 30.0, "full": 30.0}}})
