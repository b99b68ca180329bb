"""M27: what was said at the last review, held against what happened."""

from __future__ import annotations

import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import Window, period_window


def forecast_grade(forecasts: pd.DataFrame, sales: pd.DataFrame, *, since: Window) -> tuple[float, float]:
    """Grade the forecasts of the months that have passed since the last review.

    Parameters
    ----------
    forecasts : DataFrame, one row per account and month
        ``account_id period forecast``.
    sales : DataFrame
        ``account_id order_date net_revenue``.
    since : Window
        From the day after the last review to today; a month counts that lies in it whole.

    Returns
    -------
    tuple of float
        WAPE (sum of absolute errors ÷ sum of absolute actuals) and bias (sum of forecast − actual ÷ sum of actuals), over accounts and
        months that were foretold; NaN where nothing was, or nothing was sold.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    M14-5, M27, ruling F42.

    Examples
    --------
    >>> from datetime import date
    >>> forecasts = pd.DataFrame({"account_id": ["A"], "period": ["2026-05"], "forecast": [120.0]})
    >>> sales = pd.DataFrame({"account_id": ["A"], "order_date": pd.to_datetime(["2026-05-09"]), "net_revenue": [100.0]})
    >>> forecast_grade(forecasts, sales, since=Window(date(2026, 3, 31), date(2026, 6, 30)))
    (0.2, 0.2)
    """
    require_columns(forecasts, ["account_id", "period", "forecast"], table="forecasts")
    require_columns(sales, ["account_id", "order_date", "net_revenue"], table="sales")
    windows = {period: period_window(period) for period in forecasts["period"].unique()}
    inside = {period for period, window in windows.items() if since.after <= window.after and window.until <= since.until}
    told = forecasts[forecasts["period"].isin(inside)].astype({"account_id": "str"})
    if told.empty:
        return float("nan"), float("nan")
    month = sales["order_date"].dt.strftime("%Y-%m")
    kept = month.isin(inside)
    actual = sales.loc[kept, "net_revenue"].groupby([sales.loc[kept, "account_id"].astype("str"), month[kept]]).sum()
    keys = pd.MultiIndex.from_frame(told[["account_id", "period"]])
    happened = pd.Series(actual.reindex(keys).fillna(0.0).to_numpy(), index=told.index)
    size, total = happened.abs().sum(), happened.sum()
    error = told["forecast"] - happened
    return (float(error.abs().sum() / size) if size else float("nan"), float(error.sum() / total) if total else float("nan"))


def brier_score(chance: pd.Series, happened: pd.Series) -> float:
    """Return the mean squared distance between the chances that were given and what happened.

    Parameters
    ----------
    chance : Series of float
        Of a loss, in [0, 1], by account; blank where none was given.
    happened : Series of bool
        By account, blank where not known.

    Returns
    -------
    float
        0 is perfect; NaN where nothing can be graded.

    Raises
    ------
    ValueError
        A chance lies outside 0 to 1.

    References
    ----------
    [L] Brier 1950; M27, rulings F53, F76.

    Examples
    --------
    >>> brier_score(pd.Series({"A": 0.2, "B": 0.7}), pd.Series({"A": False, "B": True}))
    0.065
    """
    both = pd.DataFrame({"chance": chance, "happened": happened}).dropna().astype(float)
    if not both["chance"].between(0, 1).all():
        raise ValueError("a chance must lie in 0 to 1")
    return round(float(((both["chance"] - both["happened"]) ** 2).mean()), 12) if len(both) else float("nan")
