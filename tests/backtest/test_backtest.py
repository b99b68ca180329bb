"""M18: measures against slow plain readings, outcomes at their edges, nothing from after the date, the real engagements."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from kamlib.backtest import (
    auc,
    backtest,
    backtest_dates,
    calibrated_loss,
    calibration_table,
    horizon_months,
    isotonic_loss,
    judged,
    lift,
    outcomes,
    predictions,
    resampled,
    share_at,
)
from kamlib.checks import KamError
from kamlib.cli import cli
from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.warning import SIGNALS

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="DID NOT RUN: ../shared/data is not here")
SCORED = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30)


def slow_auc(rows):
    """Compare every event with every non-event."""
    events, others = ([score for score, event in rows if event is flag] for flag in (True, False))
    if not events or not others:
        return None
    won = sum(1.0 if high > low else 0.5 if high == low else 0.0 for high in events for low in others)
    return won / (len(events) * len(others))


@given(SCORED)
def test_auc_against_every_pair_and_its_laws(rows):
    score, event = np.array([float(row[0]) for row in rows]), np.array([float(row[1]) for row in rows])
    wanted, found = slow_auc(rows), auc(score, event).item()
    if wanted is None:
        assert np.isnan(found)
        return
    assert found == pytest.approx(wanted)
    assert auc(score**3 + 7, event).item() == pytest.approx(found)
    assert auc(-score, event).item() == pytest.approx(1 - found)
    weight = np.array([[1.0] * len(rows), [2.0] * len(rows)])
    assert auc(score, event, weight).tolist() == pytest.approx([found, found])


@given(SCORED, st.data())
def test_a_weight_counts_a_row_so_many_times(rows, data):
    counts = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    many = [row for row, count in zip(rows, counts, strict=True) for _ in range(count)]
    wanted = slow_auc(many) if many else None
    score, event = np.array([float(row[0]) for row in rows]), np.array([float(row[1]) for row in rows])
    found = auc(score, event, np.array([counts], dtype=float)).item()
    assert np.isnan(found) if wanted is None else found == pytest.approx(wanted)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_precision_and_recall_by_counting(rows):
    hit = sum(flagged and event for flagged, event in rows)
    flagged, events = sum(row[0] for row in rows), sum(row[1] for row in rows)
    precision, recall = (found.item() for found in share_at(*(np.array([float(row[n]) for row in rows]) for n in (0, 1))))
    assert precision == pytest.approx(hit / flagged) if flagged else np.isnan(precision)
    assert recall == pytest.approx(hit / events) if events else np.isnan(recall)


def test_resampling_takes_an_account_with_all_its_dates_and_repeats_itself():
    account = np.array(["b", "a", "b", "c"])
    drawn = [resampled(account, lambda weight: weight, draws=50, seed=9) for _ in range(2)]
    assert (drawn[0] == drawn[1]).all() and (drawn[0][:, 0] == drawn[0][:, 2]).all()
    assert (drawn[0][:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert not (resampled(account, lambda weight: weight, draws=50, seed=10) == drawn[0]).all()


@pytest.mark.parametrize(
    ("rows", "parts"), [pytest.param(24, 0, id="too few"), pytest.param(25, 5, id="fifths"), pytest.param(100, 10, id="tenths")]
)
def test_lift_in_tenths_fifths_or_not_at_all(rows, parts):
    found = lift(pd.Series(np.arange(rows, dtype=float)), pd.Series(np.arange(rows) % 2.0))
    assert len(found) == parts and found["rows_count"].sum() == (rows if parts else 0)


def test_lift_keeps_rows_of_one_score_together():
    found = lift(pd.Series([0.0] * 90 + [1.0] * 10), pd.Series([0.0] * 90 + [1.0] * 10))
    assert found["rows_count"].tolist() == [90.0, 10.0] and found["lift_ratio"].tolist() == [0.0, 10.0]


def slow_isotonic(values, weights):
    """Pool neighbours that fall until none does."""
    blocks = [[value, weight, 1] for value, weight in zip(values, weights, strict=True)]
    place = 0
    while place < len(blocks) - 1:
        if blocks[place][0] > blocks[place + 1][0]:
            one, two = blocks[place], blocks.pop(place + 1)
            total = one[1] + two[1]
            blocks[place] = [(one[0] * one[1] + two[0] * two[1]) / total, total, one[2] + two[2]]
            place = max(0, place - 1)
        else:
            place += 1
    return [value for value, _, count in blocks for _ in range(count)]


@given(SCORED)
def test_calibration_against_pooling_by_hand(rows):
    frame = pd.DataFrame(rows, columns=["risk", "lost"]).astype(float)
    found = isotonic_loss(frame["risk"] / 10, frame["lost"])
    grouped = frame.groupby("risk")["lost"].agg(["mean", "size"])
    assert found["loss_rate"].tolist() == pytest.approx(slow_isotonic(grouped["mean"], grouped["size"]))
    assert found["loss_rate"].is_monotonic_increasing and found["risk"].is_unique


def test_a_calibration_takes_thirty_losses_and_keeps_the_ends_of_each_step():
    risk = pd.Series([0.1] * 40 + [0.2] * 40 + [0.3] * 40)
    rows = pd.DataFrame({"loss_risk": risk, "is_lost": [1.0] * 10 + [0.0] * 30 + [1.0] * 10 + [0.0] * 30 + [1.0] * 30 + [0.0] * 10})
    table = calibration_table(rows)
    assert table[["risk", "loss_rate"]].to_numpy().tolist() == [[0.1, 0.25], [0.2, 0.25], [0.3, 0.75]]
    assert calibrated_loss(pd.Series([0.0, 0.15, 0.25, 1.0]), table).tolist() == pytest.approx([0.25, 0.25, 0.5, 0.75])
    assert calibration_table(rows.head(80)).empty
    with pytest.raises(ValueError, match="the calibration has no row"):
        calibrated_loss(risk, table.head(0))


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["order_date", "net_revenue"]).assign(account_id="A")
    return frame.assign(order_date=pd.to_datetime(frame["order_date"]))


@pytest.mark.parametrize(
    ("rows", "lost", "lapsed"),
    [
        pytest.param([("2025-06-30", 100.0), ("2025-07-01", 50.0)], 0, 0, id="just half"),
        pytest.param([("2025-06-30", 100.0), ("2025-07-01", 49.99)], 1, 0, id="just below half"),
        pytest.param([("2025-06-30", 100.0), ("2025-07-01", 9.0), ("2026-06-30", 50.0)], 0, 0, id="the last day counts"),
        pytest.param([("2025-06-30", 100.0), ("2026-07-01", 50.0)], 1, 1, id="the day after does not"),
        pytest.param([("2024-07-01", 100.0), ("2025-07-01", -5.0)], 1, 1, id="returns only"),
        pytest.param([("2024-06-30", 100.0), ("2025-07-01", 50.0)], None, None, id="nothing in the year before"),
    ],
)
def test_outcome_of_twelve_months(rows, lost, lapsed):
    found = outcomes(orders(*rows), pd.Index(["A"]), day=date(2025, 6, 30), horizon=12).loc["A", ["is_lost", "is_lapsed"]]
    assert [None if pd.isna(cell) else cell for cell in found] == [lost, lapsed]


def test_outcome_of_six_months_compares_the_same_six():
    rows = [("2024-12-31", 100.0), ("2025-01-01", 900.0), ("2025-12-31", 60.0)]
    found = outcomes(orders(*rows), pd.Index(["A"]), day=date(2025, 6, 30), horizon=6).loc["A"]
    assert found["base_amount"] == 100 and found["after_amount"] == 60 and found["is_lost"] == 0


def test_dates_need_fifteen_months_before_and_the_horizon_after():
    assert horizon_months(date(2012, 2, 29), date(2014, 5, 31)) == 12 and horizon_months(date(2012, 3, 1), date(2014, 5, 31)) == 6
    found = backtest_dates(date(2011, 5, 31), date(2014, 5, 31), horizon=12)
    assert (found[0], found[-1], len(found)) == (date(2012, 8, 31), date(2013, 5, 31), 10)
    assert backtest_dates(date(2011, 5, 31), date(2014, 5, 30), horizon=12)[-1] == date(2013, 4, 30)
    assert backtest_dates(date(2024, 1, 1), date(2025, 1, 31), horizon=12) == []


def rows_of(count, events):
    lost = [1.0] * events + [0.0] * (count - events)
    frame = pd.DataFrame({"account_id": [f"A{n:03}" for n in range(count)], "day": pd.Timestamp("2025-01-31"), "is_lost": lost})
    risk = np.linspace(0.7, 0.0, count)
    level = np.where(risk >= 0.6, "red", np.where(risk >= 0.3, "amber", "green"))
    return frame.assign(loss_risk=risk, risk_level=level, recency=1.0, trend=-risk, is_lapsed=0.0, order_drop_signal=risk)


def test_a_perfect_risk_beats_a_constant_and_an_inverted_rule():
    found = judged(rows_of(60, 20), dates=[date(2025, 1, 31)], horizon=12, left_out=[], draws=200, seed=1)
    assert found.scores["auc"].tolist() == [1.0, 0.5, 0.0] and found.verdict == "better"
    assert found.levels.loc["red", "precision_share"] == 1.0 and found.signals.loc["order_drop", "auc"] == 1.0


@pytest.mark.parametrize("events", [pytest.param(9, id="nine losses"), pytest.param(51, id="nine that stayed")])
def test_fewer_than_ten_of_either_kind_are_counted_only(events):
    found = judged(rows_of(60, events), dates=[date(2025, 1, 31)], horizon=12, left_out=[], draws=50, seed=1)
    assert found.verdict == "too_few" and found.scores.empty and found.levels.empty and len(found.rows) == 60


def test_the_order_of_rows_changes_nothing():
    rows = rows_of(80, 30).assign(loss_risk=np.tile([0.1, 0.6, 0.3, 0.5], 20))
    given_ = {"dates": [date(2025, 1, 31)], "horizon": 12, "left_out": [], "draws": 100, "seed": 3}
    first, second = judged(rows, **given_), judged(rows.sample(frac=1, random_state=5), **given_)
    pd.testing.assert_frame_equal(first.scores, second.scores)
    pd.testing.assert_frame_equal(first.levels, second.levels)


@pytest.mark.parametrize(
    ("params", "day"),
    [
        pytest.param("sample", date(2025, 3, 31), id="sample"),
        pytest.param("adventureworks", date(2013, 3, 31), id="adventureworks", marks=needs_data),
    ],
)
def test_F2_no_later_row_and_no_later_cell_changes_a_prediction(params, day):
    engagement = load_engagement(ROOT / "params" / f"{params}.yaml")
    tables = read(engagement)
    before, _ = predictions(tables, engagement, day)
    rng, frames, after = random.Random(11), {}, pd.Timestamp(day + timedelta(days=1))
    for name, frame in tables.frames.items():
        dates = [column for column in frame if pd.api.types.is_datetime64_any_dtype(frame[column])]
        shift = pd.Timedelta(days=rng.randint(1, 300))
        changed = {column: frame[column].mask(frame[column] >= after, frame[column] + shift) for column in dates}
        if name == "orders":
            later = frame["order_date"] >= after
            changed["net_revenue"] = frame["net_revenue"].mask(later, frame["net_revenue"] * 9 + 1)
        frames[name] = frame.assign(**changed)
    edited = tables.__class__(frames, tables.mapped, tables.quality, tables.quarantined, tables.as_of)
    pd.testing.assert_frame_equal(predictions(edited, engagement, day)[0], before)


@needs_data
@pytest.mark.parametrize(
    ("params", "dates", "horizon", "verdict", "rows", "events"),
    [("adventureworks", 10, 12, "better", 4047, 1591), ("online_retail", 4, 6, "worse", 12412, 7011)],
)
def test_decision_0007_on_the_real_engagements(params, dates, horizon, verdict, rows, events):
    engagement = load_engagement(ROOT / "params" / f"{params}.yaml")
    found = backtest(read(engagement), engagement)
    assert (len(found.dates), found.horizon, found.verdict) == (dates, horizon, verdict)
    assert (len(found.rows), found.rows["is_lost"].sum()) == (rows, events)
    part = found.rows[found.rows["day"] == found.rows["day"].max()]
    assert found.per_date["auc_risk"].iloc[-1] == pytest.approx(slow_auc(shared(part)), abs=1e-9)
    assert found.brier["calibrated"] < found.brier["base_rate"] < found.brier["index"]
    assert {f"{name}_signal" for name in found.signals.index} <= {f"{name}_signal" for name in SIGNALS}


def shared(part):
    known = part.dropna(subset=["recency", "trend"])
    return [(risk, lost == 1) for risk, lost in zip(known["loss_risk"], known["is_lost"], strict=True)]


@pytest.mark.parametrize("days", [1, 30])
def test_a_date_whose_horizon_is_not_over_is_refused(days):
    engagement = load_engagement(ROOT / "params" / "sample.yaml")
    with pytest.raises(KamError, match="the 12 months after .* are not over"):
        backtest(read(engagement), engagement, dates=[date(2025, 6, 30) + timedelta(days=days)], horizon=12)


def test_the_command_says_in_one_sentence_what_came_out(tmp_path):
    out = tmp_path / "rows.csv"
    told = CliRunner().invoke(cli, ["backtest", str(ROOT / "params" / "sample.yaml"), "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "months observed after each" in told.output and "rank accounts better than" in told.output
    assert len(pd.read_csv(out)) > 400
    refused = CliRunner().invoke(cli, ["backtest", str(ROOT / "params" / "sample.yaml"), "--at", "2026-05-31"])
    assert refused.exit_code == 2 and "KAM-C04" in refused.output
