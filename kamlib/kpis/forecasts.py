"""KPI 5: how near the forecasts came, and on which side they erred."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.kpis.shared import notes, ratio
from kamlib.money import exact_sums
from kamlib.periods import TTM_MONTHS, complete_months, month_starts, trailing_window


def forecast(orders: pd.DataFrame, forecasts: pd.DataFrame, *, as_of: date, by: str = "account_id") -> pd.DataFrame:
    """Accuracy and bias of monthly forecasts against the revenue that came.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `sales_by_day`: ``account_id``, ``order_date``, ``net_revenue``.
    forecasts : DataFrame, one row per account and month
        ``account_id``, `by`, ``period`` (``2026-06`` or any day of the month), ``forecast`` (amount);
        several rows of one account and month add up.
    as_of : date
        Only whole months within the trailing twelve count.
    by : str
        Column whose values are measured, one row each; accounts' errors do not net.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``forecast_accuracy_rate`` in [0, 1], ``wape_rate`` from 0, ``forecast_bias_rate``
        (positive: too high), NaN where the actual revenue is not positive, each with a note (``no_rows
        base_not_positive``), and ``forecast_error_amount actual_absolute_amount actual_amount
        forecast_amount forecast_months_count``.

    Raises
    ------
    ValueError
        A column is missing, or a period is no month.

    Notes
    -----
    wape = sum |actual - forecast| / sum |actual|; accuracy = max(0, 1 - wape); bias = sum (forecast -
    actual) / sum actual. A forecast month without orders has actual 0.

    References
    ----------
    [S2a] KPI 5; M14-5, ruling F42.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": "A", "order_date": pd.to_datetime(["2026-05-02", "2026-06-02"]), "net_revenue": [80.0, 20.0]})
    >>> forecasts = pd.DataFrame({"account_id": "A", "period": ["2026-05", "2026-06"], "forecast": [70.0, 35.0]})
    >>> forecast(orders, forecasts, as_of=date(2026, 6, 30))[["forecast_accuracy_rate", "forecast_bias_rate"]]
                forecast_accuracy_rate  forecast_bias_rate
    account_id
    A                             0.75                0.05
    """
    require_columns(orders, ["account_id", "order_date", "net_revenue"], table="orders")
    require_columns(forecasts, ["account_id", by, "period", "forecast"], table="forecasts")
    pairs = _account_months(orders, forecasts, as_of, by)
    error = pairs["forecast"] - pairs["actual"]
    figures = pairs[[by]].assign(
        forecast_error_amount=error.abs(),
        actual_absolute_amount=pairs["actual"].abs(),
        actual_amount=pairs["actual"],
        forecast_amount=pairs["forecast"],
        forecast_months_count=1.0,
    )
    everyone = pd.Index(sorted(forecasts[by].astype("str").unique()), name=by, dtype="str")
    sums = exact_sums(figures, figures.columns.drop(by), by=by).reindex(everyone, fill_value=0.0)
    wape = ratio(sums["forecast_error_amount"], sums["actual_absolute_amount"])
    bias = ratio(sums["forecast_amount"] - sums["actual_amount"], sums["actual_amount"])
    rates = {"forecast_accuracy_rate": (1 - wape).clip(lower=0), "wape_rate": wape, "forecast_bias_rate": bias}
    is_empty = sums["forecast_months_count"] == 0
    why = {f"{name}_note": notes(sums.index, {"no_rows": is_empty, "base_not_positive": rate.isna()}) for name, rate in rates.items()}
    return sums.assign(**rates, **why)


def _account_months(orders: pd.DataFrame, forecasts: pd.DataFrame, as_of: date, by: str) -> pd.DataFrame:
    """Pair each account's forecast months with what was ordered in them."""
    window = trailing_window(as_of)
    months = [pd.Timestamp(month.first_day) for month in complete_months(as_of, TTM_MONTHS) if month.after >= window.after]
    keys = list(dict.fromkeys([by, "account_id"]))
    planned = forecasts.assign(month=month_starts(forecasts["period"]), **{key: forecasts[key].astype("str") for key in keys})
    planned = planned[planned["month"].isin(months) & planned["forecast"].notna()]
    planned = exact_sums(planned, ["forecast"], by=[*keys, "month"])
    sold = orders.assign(month=month_starts(orders["order_date"]), account_id=orders["account_id"].astype("str"))
    sold = exact_sums(sold[sold["month"].isin(months)], ["net_revenue"], by=["account_id", "month"])
    pairs = planned.merge(sold, on=["account_id", "month"], how="left", validate="many_to_one")
    return pairs.assign(actual=pairs["net_revenue"].fillna(0.0))
