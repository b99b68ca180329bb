"""KPI 10 against order lines counted one by one."""

from datetime import date

import pandas as pd
import pytest

from kamlib import kpis

D = date(2026, 6, 30)


def lines(*rows):
    """Give order lines as (promised, delivered, correct, quantity) of account A."""
    frame = pd.DataFrame(rows, columns=["promised_on", "delivered_on", "correct", "quantity"]).assign(account_id="A")
    days = {name: pd.to_datetime(frame[name], format="ISO8601") for name in ("promised_on", "delivered_on")}
    return frame.assign(**days, correct=frame["correct"].astype(float), quantity=frame["quantity"].astype(float))


def test_delivery_agrees_with_lines_counted_one_by_one(book, calendar, as_of, by):
    found = kpis.delivery(book.orders_frame, as_of=as_of, by=by)
    for key in {row[by] for row in book.orders}:
        due = [row for row in book.orders if row[by] == key and calendar.within(row["promised_on"], as_of) and row["quantity"] > 0]
        on_time = [row for row in due if row["delivered_on"] is not None and row["delivered_on"] <= row["promised_on"]]
        stated = [row for row in due if row["correct"] is not None]
        counts = [len(on_time), len(due), sum(row["correct"] == 1 for row in stated), len(stated)]
        nan = float("nan")
        assert found.at[key, "on_time_rate"] == pytest.approx(counts[0] / counts[1] if due else nan, nan_ok=True)
        assert found.at[key, "order_accuracy_rate"] == pytest.approx(counts[2] / counts[3] if stated else nan, nan_ok=True)
        perfect = sum(row["correct"] == 1 for row in on_time)
        assert found.at[key, "perfect_order_rate"] == pytest.approx(perfect / len(stated) if stated else nan, nan_ok=True)


def test_F48_ten_lines_late_1_2_wrong_2_3_are_070_perfect():
    rows = [("2026-05-10", "2026-05-11" if n in (1, 2) else "2026-05-10", float(n not in (2, 3)), 1) for n in range(1, 11)]
    found = kpis.delivery(lines(*rows), as_of=D).loc["A"]
    assert found[["on_time_rate", "order_accuracy_rate", "perfect_order_rate"]].tolist() == [0.8, 0.8, 0.7]


@pytest.mark.parametrize(
    ("row", "on_time"),
    [
        pytest.param(("2026-06-30", "2026-06-30", 1, 1), 1.0, id="on the promised day"),
        pytest.param(("2026-06-30", "2026-06-30T23:59:59", 1, 1), 1.0, id="late in the promised day"),
        pytest.param(("2026-06-29", "2026-06-30", 1, 1), 0.0, id="a day late"),
        pytest.param(("2026-06-30", None, 1, 1), 0.0, id="test_F48_promised_today_and_undelivered_is_late"),
        pytest.param(("2026-07-01", "2026-06-01", 1, 1), None, id="not yet due"),
        pytest.param(("2025-06-30", "2025-06-30", 1, 1), None, id="due before the window"),
        pytest.param(("2025-07-01", "2025-07-01", 1, 1), 1.0, id="first day of the window"),
        pytest.param(("2026-06-30", "2026-06-30", 1, -1), None, id="test_F48_returns_do_not_count"),
        pytest.param((None, "2026-06-30", 1, 1), None, id="no promise"),
    ],
)
def test_F48_on_time(row, on_time):
    found = kpis.delivery(pd.concat([lines(("2020-01-01", "2020-01-01", 1, 1)), lines(row)]), as_of=D).loc["A"]
    assert found["on_time_rate"] == pytest.approx(float("nan") if on_time is None else on_time, nan_ok=True)
    assert (found["on_time_rate_note"] == "no_rows") == (on_time is None)


def test_F48_perfect_is_over_lines_whose_correctness_is_stated():
    found = kpis.delivery(lines(("2026-05-10", "2026-05-10", None, 1), ("2026-05-10", "2026-05-10", 1, 1)), as_of=D).loc["A"]
    assert (found["perfect_order_rate"], found["due_lines_count"], found["stated_lines_count"]) == (1.0, 2, 1)


def test_daily_counts_give_the_same_as_lines_and_stay_the_same(book, as_of, by):
    daily = kpis.deliveries_by_day(book.orders_frame, keys=["account_id", "manager_id", "portfolio"])
    pd.testing.assert_frame_equal(kpis.deliveries_by_day(daily, keys=["account_id", "manager_id", "portfolio"]), daily)
    pd.testing.assert_frame_equal(kpis.delivery(daily, as_of=as_of, by=by), kpis.delivery(book.orders_frame, as_of=as_of, by=by))


def test_later_deliveries_do_not_change_the_past(book):
    later = book.orders_frame["delivered_on"] > pd.Timestamp(D)
    masked = book.orders_frame.assign(delivered_on=book.orders_frame["delivered_on"].mask(later))
    pd.testing.assert_frame_equal(kpis.delivery(masked, as_of=D), kpis.delivery(book.orders_frame, as_of=D))


def test_delivery_refuses_a_missing_column():
    with pytest.raises(ValueError, match="orders lacks correct"):
        kpis.delivery(lines(("2026-05-10", None, 1, 1)).drop(columns="correct"), as_of=D)
