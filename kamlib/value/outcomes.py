"""M16: what became of the measures that the customer keeps: before us, now, how much better, and our agreed part in it."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import period_window


def outcome_changes(outcomes: pd.DataFrame, *, as_of: date, fiscal_year_start: int = 1) -> pd.DataFrame:
    """Return for each account and measure the latest period that is over, and its change for the better.

    Parameters
    ----------
    outcomes : DataFrame, one row per account, period and measure
        ``account_id period measure baseline actual unit better agreed_contribution``; a blank actual is not measured yet.
    as_of : date
        A period counts once its last day has come.
    fiscal_year_start : int
        Month.

    Returns
    -------
    DataFrame
        Ordered by account and measure: ``account_id measure period baseline actual unit better change_rate agreed_contribution``;
        ``change_rate`` is positive where it got better, NaN where the baseline is 0.

    Raises
    ------
    ValueError
        A column is missing, or a period cannot be read.

    References
    ----------
    [S2b]; M16, ruling F52.

    Examples
    --------
    >>> outcomes = pd.DataFrame({"account_id": ["A"], "period": ["2026Q2"], "measure": ["scrap"], "baseline": [100.0], "actual": [82.0],
    ...                          "unit": ["kg"], "better": ["lower"], "agreed_contribution": [0.5]})
    >>> outcome_changes(outcomes, as_of=date(2026, 6, 30))["change_rate"].tolist()
    [0.18]
    """
    columns = ["account_id", "period", "measure", "baseline", "actual", "unit", "better", "agreed_contribution"]
    require_columns(outcomes, columns, table="outcomes")
    rows = outcomes.loc[outcomes["actual"].notna(), columns].astype({"account_id": "str", "better": "str"})
    windows = rows["period"].map(lambda period: period_window(period, fiscal_year_start))
    until = pd.to_datetime(windows.map(lambda window: window.until)).astype("datetime64[us]")
    over = rows.assign(until=until)[until <= pd.Timestamp(as_of)]
    latest = over.sort_values(["until", "period"], kind="stable").groupby(["account_id", "measure"]).tail(1)
    latest = latest.sort_values(["account_id", "measure"], ignore_index=True)
    size = latest["baseline"].abs()
    change = (latest["actual"] - latest["baseline"]) / size.where(size > 0)
    latest["change_rate"] = change.where(latest["better"] != "lower", -change)
    return latest[["account_id", "measure", "period", *columns[3:7], "change_rate", "agreed_contribution"]]
