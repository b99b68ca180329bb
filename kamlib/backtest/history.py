"""Predictions as they would have been made at a past date, and what came of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.data.engagement import Engagement
from kamlib.data.history import known_at, without_undated
from kamlib.data.tables import Tables
from kamlib.money import exact_sums
from kamlib.periods import Window, months_before, trailing_window
from kamlib.scores import score
from kamlib.warning import SIGNALS

LONG_HISTORY_MONTHS, SHORT_HORIZON, LONG_HORIZON = 27, 6, 12
SIGNAL_MONTHS = 15  # an order drop looks back so far
LOST_BELOW = 0.5
BASELINES = ("recency", "trend")


def horizon_months(first: date, as_of: date) -> int:
    """Return how many months after a date are observed.

    Parameters
    ----------
    first : date
        Day of the first order.
    as_of : date
        Last day of the data.

    Returns
    -------
    int
        12; 6 where the history is shorter than 27 months.

    References
    ----------
    Ruling F77.

    Examples
    --------
    >>> horizon_months(date(2011, 5, 31), date(2014, 5, 31)), horizon_months(date(2009, 12, 1), date(2011, 11, 30))
    (12, 6)
    """
    return LONG_HORIZON if first <= months_before(as_of, LONG_HISTORY_MONTHS) else SHORT_HORIZON


def backtest_dates(first: date, as_of: date, *, horizon: int) -> list[date]:
    """List the month ends at which every signal has its history and every outcome is known.

    Parameters
    ----------
    first : date
        Day of the first order.
    as_of : date
        Last day of the data, a month end or not.
    horizon : int
        Months observed after a date.

    Returns
    -------
    list of date
        Oldest first; the latest ends its horizon at or before `as_of`.

    References
    ----------
    M18, ruling F77.

    Examples
    --------
    >>> [day.isoformat() for day in backtest_dates(date(2009, 12, 1), date(2011, 11, 30), horizon=6)]
    ['2011-02-28', '2011-03-31', '2011-04-30', '2011-05-31']
    """
    end = (pd.Timestamp(as_of) + pd.offsets.MonthEnd(0)).date()
    end = end if end == as_of else (pd.Timestamp(as_of) - pd.offsets.MonthEnd(1)).date()
    found, back = [], horizon
    while months_before(end, back + SIGNAL_MONTHS) >= (pd.Timestamp(first) - pd.Timedelta(days=1)).date():
        found.append(months_before(end, back))
        back += 1
    return found[::-1]


def predictions(tables: Tables, engagement: Engagement, day: date) -> tuple[pd.DataFrame, list[str]]:
    """Score every account from what was known on a day, and nothing else.

    Parameters
    ----------
    tables : Tables
        As read.
    engagement : Engagement
    day : date

    Returns
    -------
    tuple of DataFrame and list of str
        One row per account that bought in the twelve months up to the day: ``loss_risk risk_level recency trend`` and every
        signal; and the undated attributes that were left out.

    Notes
    -----
    Baselines: recency is the days since the last order, trend the fall of the last three months against the three before.

    References
    ----------
    M18, rulings F2, F77.
    """
    past, left_out = without_undated(known_at(tables, day))
    values = score(past, engagement, as_of=day, with_prices=False).values["account"]
    kept = ["loss_risk", "risk_level", *(f"{name}_signal" for name in SIGNALS if f"{name}_signal" in values)]
    found = values.loc[values["revenue_amount"] > 0, kept].assign(recency=values["last_order_days"], trend=_trend(past, values.index, day))
    return found.rename_axis("account_id").reset_index().assign(day=pd.Timestamp(day)), left_out


def outcomes(orders: pd.DataFrame, accounts: pd.Index, *, day: date, horizon: int) -> pd.DataFrame:
    """Observe what each account bought afterwards, against the same months of the year before.

    Parameters
    ----------
    orders : DataFrame
        ``account_id order_date net_revenue``, later orders among them.
    accounts : Index of str
    day : date
    horizon : int
        Months.

    Returns
    -------
    DataFrame
        Indexed by `accounts`: ``base_amount after_amount``, ``is_lost`` (1 where less than half came, else 0, blank where the
        base is not above 0) and ``is_lapsed`` (1 where nothing came).

    References
    ----------
    M18, ruling F77.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-08-01", "2025-08-01", "2024-09-01"])
    >>> orders = pd.DataFrame({"account_id": ["A", "A", "B"], "order_date": days, "net_revenue": [100.0, 49.0, 10.0]})
    >>> outcomes(orders, pd.Index(["A", "B"]), day=date(2025, 6, 30), horizon=12)[["is_lost", "is_lapsed"]].to_numpy().tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    after = Window(day, months_before(day, -horizon))
    start = months_before(day, LONG_HORIZON)
    before = Window(start, months_before(day, LONG_HORIZON - horizon))
    base, bought = (_bought(orders, window, accounts) for window in (before, after))
    known = base > 0
    lost, lapsed = (bought < LOST_BELOW * base).astype(float).where(known), (bought <= 0).astype(float).where(known)
    return pd.DataFrame({"base_amount": base, "after_amount": bought, "is_lost": lost, "is_lapsed": lapsed})


def _trend(tables: Tables, accounts: pd.Index, day: date) -> pd.Series:
    last = _bought(tables["orders"], trailing_window(day, 3), accounts)
    before = _bought(tables["orders"], trailing_window(day, 3, offset_months=3), accounts)
    return -(last / before.where(before > 0) - 1)


def _bought(orders: pd.DataFrame, window: Window, accounts: pd.Index) -> pd.Series:
    rows = orders.loc[window.contains(orders["order_date"]), ["account_id", "net_revenue"]].astype({"account_id": "str"})
    return exact_sums(rows, ["net_revenue"], by="account_id")["net_revenue"].reindex(accounts).fillna(0.0).astype(np.float64)
