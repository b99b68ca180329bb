"""KPI 5 against errors added up month by month."""

import random
from datetime import date

import pandas as pd
import pytest

from kamlib import kpis

D = date(2026, 6, 30)


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "order_date", "net_revenue"])
    return frame.assign(order_date=pd.to_datetime(frame["order_date"]), net_revenue=frame["net_revenue"].astype(float))


def plans(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "period", "forecast"])
    return frame.assign(forecast=frame["forecast"].astype(float), all="all")


def months_within(as_of, back):
    """Whole calendar months of the last twelve."""
    months = []
    for k in range(13):
        first = pd.Timestamp(as_of).to_period("M") - k
        if first.end_time.date() <= as_of and first.start_time.date() > back(as_of, 12):
            months.append(str(first))
    return months


def test_forecast_agrees_with_errors_added_month_by_month(book, calendar, as_of, by):
    rng = random.Random(5)
    planned = [
        {"account_id": account, "manager_id": manager, "portfolio": "all", "period": str(month), "forecast": float(rng.randrange(0, 500))}
        for account, manager in book.manager_of.items()
        for month in pd.period_range("2023-01", "2026-09", freq="M")
        if rng.random() < 0.7
    ]
    found = kpis.forecast(book.orders_frame, pd.DataFrame(planned), as_of=as_of, by=by)
    months = months_within(as_of, calendar.back)
    assert len(months) == (12 if pd.Timestamp(as_of).is_month_end else 11)
    for key in {row[by] for row in planned}:
        error = absolute = actuals = forecasts = 0
        for row in planned:
            if row[by] != key or row["period"] not in months:
                continue
            sold = (
                line for line in book.orders if line["account_id"] == row["account_id"] and f"{line['order_date']:%Y-%m}" == row["period"]
            )
            actual = sum(round(line["net_revenue"] * 100) for line in sold)
            forecast = round(row["forecast"] * 100)
            error, absolute = error + abs(actual - forecast), absolute + abs(actual)
            actuals, forecasts = actuals + actual, forecasts + forecast
        nan = float("nan")
        assert found.at[key, "wape_rate"] == pytest.approx(error / absolute if absolute else nan, nan_ok=True)
        assert found.at[key, "forecast_accuracy_rate"] == pytest.approx(max(0, 1 - error / absolute) if absolute else nan, nan_ok=True)
        assert found.at[key, "forecast_bias_rate"] == pytest.approx((forecasts - actuals) / actuals if actuals > 0 else nan, nan_ok=True)


@pytest.mark.parametrize(
    ("sold", "planned", "expected"),
    [
        pytest.param([("A", "2026-06-10", 100)], [("A", "2026-06", 80)], (0.8, 0.2, -0.2), id="too low"),
        pytest.param([("A", "2026-06-10", 100)], [("A", "2026-06", 350)], (0.0, 2.5, 2.5), id="test_F42_wape_is_not_clipped"),
        pytest.param(
            [("A", "2026-06-10", 100)], [("A", "2026-06", 100), ("A", "2026-05", 50)], (0.5, 0.5, 0.5), id="test_F42_no_orders_is_nought"
        ),
        pytest.param(
            [("A", "2026-06-10", 100)], [("A", "2026-06", 60), ("A", "2026-06", 40)], (1.0, 0.0, 0.0), id="two rows of a month add up"
        ),
        pytest.param([("A", "2026-06-10", 100)], [("A", "2026-05", 60)], (None, None, None), id="test_F42_nothing_sold_is_not_measured"),
        pytest.param([("A", "2026-06-10", -100)], [("A", "2026-06", 60)], (0.0, 1.6, None), id="returns only: bias is not measured"),
    ],
)
def test_F42_forecast(sold, planned, expected):
    found = kpis.forecast(orders(*sold), plans(*planned), as_of=D).loc["A", ["forecast_accuracy_rate", "wape_rate", "forecast_bias_rate"]]
    assert [None if pd.isna(value) else round(value, 9) for value in found] == list(expected)


def test_F42_errors_of_accounts_do_not_net():
    sold, planned = orders(("A", "2026-06-10", 100), ("B", "2026-06-10", 100)), plans(("A", "2026-06", 150), ("B", "2026-06", 50))
    found = kpis.forecast(sold, planned, as_of=D, by="all").loc["all"]
    assert (found["wape_rate"], found["forecast_bias_rate"]) == (0.5, 0)


@pytest.mark.parametrize(
    ("as_of", "period", "counts"),
    [
        pytest.param(D, "2026-06", True, id="test_F42_month_that_ends_today"),
        pytest.param(date(2026, 6, 29), "2026-06", False, id="test_F42_month_not_complete"),
        pytest.param(D, "2025-07", True, id="first month of the window"),
        pytest.param(D, "2025-06", False, id="month before the window"),
        pytest.param(date(2026, 6, 15), "2025-06", False, id="month half in the window"),
    ],
)
def test_F42_only_complete_months_in_the_window_count(as_of, period, counts):
    found = kpis.forecast(orders(("A", f"{period}-10", 100)), plans(("A", period, 100)), as_of=as_of).loc["A"]
    assert (found["forecast_months_count"], found["forecast_accuracy_rate_note"] == "no_rows") == (counts, not counts)


def test_periods_given_as_dates_are_read_alike():
    sold, planned = orders(("A", "2026-06-10", 100)), plans(("A", "2026-06", 80))
    dated = planned.assign(period=pd.to_datetime(["2026-06-17"]))
    pd.testing.assert_frame_equal(kpis.forecast(sold, dated, as_of=D), kpis.forecast(sold, planned, as_of=D))


def test_forecast_refuses():
    with pytest.raises(ValueError, match='a month reads like "2026-06", got "2026Q2"'):
        kpis.forecast(orders(("A", "2026-06-10", 1)), plans(("A", "2026Q2", 1)), as_of=D)
    with pytest.raises(ValueError, match="forecasts lacks forecast"):
        kpis.forecast(orders(("A", "2026-06-10", 1)), plans(("A", "2026-06", 1)).drop(columns="forecast"), as_of=D)
