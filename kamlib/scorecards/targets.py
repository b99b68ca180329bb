"""M15: which target a card is measured against, and what was reached in that very period."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import Window, month_starts, period_window, trailing_window

KEYS = ["id", "metric", "period"]
ROW_DATES = {
    "orders": "order_date",
    "sales": "order_date",
    "deliveries": "promised_on",
    "forecasts": "period",
    "surveys": "date",
    "interactions": "date",
    "tickets": "opened_at",
    "promises": "due",
}
RUNNING_UNITS = {"rate", "share", "score", "days", "ratio"}  # an amount or a count of half a year is no amount of a year
YEAR_MEASURES = {
    *("growth_rate", "new_customer_rate", "retention_rate", "gross_retention_rate", "net_retention_rate", "wallet_share"),
    *("wallet_gain_share", "market_share", "receivables_turnover_ratio", "dso_days", "dso_best_possible_days", "dso_countback_days"),
    *("overdue_share", "days_late_days"),
}


def current_targets(targets: pd.DataFrame, *, as_of: date, units: Mapping[str, str], fiscal_year_start: int = 1) -> pd.DataFrame:
    """Choose for each metric the target that a card of a day is measured against.

    Parameters
    ----------
    targets : DataFrame, one row per target
        ``scope id metric period floor target stretch``.
    as_of : date
    units : mapping of str to str
        Unit of each metric (``metrics.yaml``); a metric that is not listed has no target.
    fiscal_year_start : int
        Month in which the year of a period begins.

    Returns
    -------
    DataFrame
        At most one row per scope, id and metric, with `targets`' columns and ``window_days``: rates, shares,
        days and scores against the period that is running, else the latest that has ended; amounts and counts
        against the latest that has ended. Nothing that ended more than twelve months ago.

    Raises
    ------
    ValueError
        A column is missing, or a period cannot be read.

    Notes
    -----
    A target is compared with its very period. Of a running period the part up to `as_of` is measured. Of
    several periods the one that ends last is taken, then the longest.

    References
    ----------
    [S2a]; M15, F50.

    Examples
    --------
    >>> targets = pd.DataFrame({"scope": "manager", "id": "M", "metric": ["revenue_amount"] * 2 + ["on_time_rate"],
    ...                         "period": ["2026", "2026Q2", "2026"], "floor": 0.0, "target": 1.0, "stretch": None})
    >>> units = {"revenue_amount": "amount", "on_time_rate": "rate"}
    >>> current_targets(targets, as_of=date(2026, 6, 30), units=units)[["metric", "period"]].to_numpy().tolist()
    [['on_time_rate', '2026'], ['revenue_amount', '2026Q2']]
    """
    require_columns(targets, ["scope", *KEYS, "floor", "target", "stretch"], table="targets")
    spans = {period: period_window(period, fiscal_year_start) for period in targets["period"].unique()}
    ends = pd.to_datetime(targets["period"].map({period: pd.Timestamp(span.until) for period, span in spans.items()}))
    begins = pd.to_datetime(targets["period"].map({period: pd.Timestamp(span.first_day) for period, span in spans.items()}))
    day = pd.Timestamp(as_of)
    is_running = (begins <= day) & (ends > day) & targets["metric"].map(units).isin(RUNNING_UNITS)
    has_ended = (ends <= day) & (ends > pd.Timestamp(trailing_window(as_of).after))
    dated = targets.assign(ends=ends, window_days=(ends - begins).dt.days + 1)
    chosen = dated[(is_running | has_ended) & targets["metric"].isin(list(units))]
    order = ["scope", "id", "metric", "ends", "window_days"]
    return chosen.sort_values(order).drop_duplicates(order[:3], keep="last").drop(columns="ends").reset_index(drop=True)


def period_rows(facts: Mapping[str, pd.DataFrame], window: Window) -> dict[str, pd.DataFrame]:
    """Keep the rows of a period only, so that a KPI of twelve months measures that very period.

    Parameters
    ----------
    facts : mapping of str to DataFrame
        Tables by name; those in `ROW_DATES` are cut to the window, the others stay whole.
    window : Window
        Not longer than twelve months.

    Returns
    -------
    dict of str to DataFrame

    Examples
    --------
    >>> sales = pd.DataFrame({"order_date": pd.to_datetime(["2026-03-31", "2026-04-01"])})
    >>> len(period_rows({"sales": sales}, Window(date(2026, 3, 31), date(2026, 6, 30)))["sales"])
    1
    """
    days = {name: ROW_DATES[name] for name in facts if name in ROW_DATES}
    dated = {name: month_starts(facts[name][day]) if name == "forecasts" else facts[name][day] for name, day in days.items()}
    return {**facts, **{name: facts[name][window.contains(day)] for name, day in dated.items()}}


def period_values(
    targets: pd.DataFrame,
    facts: Mapping[str, pd.DataFrame],
    measure: Callable[[Mapping[str, pd.DataFrame], date], pd.DataFrame],
    *,
    as_of: date,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Measure every metric that has a target, in the period of its target.

    Parameters
    ----------
    targets : DataFrame
        `current_targets` of one scope.
    facts : mapping of str to DataFrame
        Tables as `measure` takes them.
    measure : callable
        Tables and a date to a frame with one row per id and a column per metric, over twelve months.
    as_of : date
        A running period is measured up to this day.
    fiscal_year_start : int

    Returns
    -------
    DataFrame, one row per target
        ``id metric period value``; NaN where it is not measured. Measures of twelve months by nature
        (`YEAR_MEASURES`) are taken over the twelve months up to the end of the period.

    References
    ----------
    M15; design: a target is compared with its very period.

    Examples
    --------
    >>> targets = pd.DataFrame({"id": ["A"], "metric": ["revenue_amount"], "period": ["2026Q2"]})
    >>> sales = pd.DataFrame({"id": "A", "order_date": pd.to_datetime(["2026-03-31", "2026-04-01"]), "revenue_amount": [5.0, 7.0]})
    >>> add_up = lambda facts, day: facts["sales"].groupby("id")[["revenue_amount"]].sum()
    >>> period_values(targets, {"sales": sales}, add_up, as_of=date(2026, 6, 30))["value"].tolist()
    [7.0]
    """
    blocks = [targets[KEYS].iloc[:0].assign(value=pd.Series(dtype=float))]
    for period, rows in targets.groupby("period"):
        span = period_window(period, fiscal_year_start)
        until = min(span.until, as_of)
        is_year = rows["metric"].isin(YEAR_MEASURES)
        for some, tables in ((rows[~is_year], period_rows(facts, Window(span.after, until))), (rows[is_year], facts)):
            if len(some):
                measured = measure(tables, until)
                found = [_cell(measured, *pair) for pair in zip(some["id"], some["metric"], strict=True)]
                blocks.append(some[KEYS].assign(value=found))
    return pd.concat(blocks).sort_values(KEYS, ignore_index=True)


def _cell(measured: pd.DataFrame, key: str, metric: str) -> float:
    return float(measured.at[key, metric]) if key in measured.index and metric in measured else np.nan
