"""What the ten KPIs share: sums per day, ratios that may be undefined, and notes that say why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_sums
from kamlib.periods import ONE_DAY, months_before

SALES_COLUMNS = (
    "net_revenue",
    "cost",
    "costed_revenue",
    "absolute_revenue",
    "absolute_costed_revenue",
    "quantity",
    "orders_count",
    "lines_count",
)


def sales_by_day(orders: pd.DataFrame, *, keys: Sequence[str] = ("account_id",)) -> pd.DataFrame:
    """Add up order lines per account and day, so that every KPI on sales runs on far fewer rows.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        `keys`, ``order_date``, ``net_revenue``; where they are there also ``order_id``, ``quantity``,
        ``unit`` and ``cost``. Daily sums are accepted and come out unchanged.
    keys : sequence of str
        Columns to keep apart, such as ``account_id`` and ``manager_id``.

    Returns
    -------
    DataFrame, one row per key, day (and unit, where one is given)
        The keys, ``order_date``, ``unit`` and the sums in `SALES_COLUMNS`: revenue and the cost of lines
        whose cost is known (``costed_revenue`` is the revenue of those lines), quantity, orders and lines.

    Raises
    ------
    ValueError
        A column is missing, or a row names no key or no date.

    Notes
    -----
    An order counts once, on the first day on which it has a line with positive revenue: credit notes are
    no orders.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A", "A"], "order_date": pd.to_datetime(["2026-05-02", "2026-05-02"]),
    ...                        "order_id": ["1", "1"], "net_revenue": [10.0, 5.0], "cost": [6.0, None]})
    >>> sales_by_day(orders)[["account_id", "net_revenue", "costed_revenue", "orders_count", "lines_count"]]
      account_id  net_revenue  costed_revenue  orders_count  lines_count
    0          A         15.0            10.0           1.0          2.0
    """
    require_columns(orders, [*keys, "order_date", "net_revenue"], table="orders")
    lines = orders if is_daily(orders) else _with_line_figures(orders.reset_index(drop=True))
    groups = list(dict.fromkeys([*keys, "order_date"]))
    if "unit" in lines and lines["unit"].notna().any():
        lines = lines.assign(unit=lines["unit"].astype("str").fillna(""))
        groups.append("unit")
    sums = exact_sums(lines.assign(order_date=lines["order_date"].dt.normalize()), SALES_COLUMNS, by=groups)
    unknown = [name for name in ("quantity", "orders_count") if lines[name].isna().all()]
    return sums.assign(**dict.fromkeys(unknown, np.nan))


def is_daily(orders: pd.DataFrame) -> bool:
    """Tell daily sums from order lines.

    Parameters
    ----------
    orders : DataFrame

    Returns
    -------
    bool

    Examples
    --------
    >>> is_daily(pd.DataFrame({"order_id": ["1"], "net_revenue": [5.0]}))
    False
    """
    return "lines_count" in orders


def known_sales(orders: pd.DataFrame, *, as_of: date, keys: Sequence[str]) -> pd.DataFrame:
    """Return the daily sums up to a date, whether lines or daily sums came in.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `sales_by_day`.
    as_of : date
        Last day.
    keys : sequence of str
        Columns that must be there, and are kept apart.

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        A column is missing.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A", "A"], "order_date": pd.to_datetime(["2026-06-30", "2026-07-01"]), "net_revenue": 5.0})
    >>> len(known_sales(orders, as_of=date(2026, 6, 30), keys=["account_id"]))
    1
    """
    require_columns(orders, [*keys, "order_date", "net_revenue"], table="orders")
    known = up_to(orders, "order_date", as_of)
    return known if is_daily(known) else sales_by_day(known, keys=keys)


def up_to(frame: pd.DataFrame, column: str, as_of: date) -> pd.DataFrame:
    """Return the rows whose date is not later than the end of a day.

    Parameters
    ----------
    frame : DataFrame
    column : str
        Its date; a row without one is left out.
    as_of : date

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> stamps = pd.DataFrame({"paid_on": pd.to_datetime(["2026-06-30T23:59:59", "2026-07-01T00:00:00"])})
    >>> len(up_to(stamps, "paid_on", date(2026, 6, 30)))
    1
    """
    return frame[frame[column] < pd.Timestamp(as_of + ONE_DAY)]


def reaches_back(orders: pd.DataFrame, *, as_of: date, months: int, whole: bool) -> bool:
    """Tell whether the orders of all accounts cover so many months before a date.

    Parameters
    ----------
    orders : DataFrame
        With ``order_date``; every account's, since one account alone does not show where the data begin.
    as_of : date
    months : int
    whole : bool
        True: there is an order on or before the first day. False: there is one in the first month, which
        a firm without orders on its first days needs.

    Returns
    -------
    bool

    References
    ----------
    Rulings F40, F46.

    Examples
    --------
    >>> orders = pd.DataFrame({"order_date": pd.to_datetime(["2024-07-15"])})
    >>> [reaches_back(orders, as_of=date(2026, 6, 30), months=24, whole=whole) for whole in (True, False)]
    [False, True]
    """
    first = orders["order_date"].min()
    latest = months_before(as_of, months) + ONE_DAY if whole else months_before(as_of, months - 1)
    return bool(first < pd.Timestamp(latest + ONE_DAY))


def ratio(numerator: pd.Series, denominator: pd.Series) -> pd.Series:
    """Divide where the denominator is positive; elsewhere the ratio is not measured.

    Parameters
    ----------
    numerator, denominator : Series of float
        With one index.

    Returns
    -------
    Series of float

    Examples
    --------
    >>> ratio(pd.Series([1.0, 1.0, 1.0]), pd.Series([2.0, 0.0, -2.0])).tolist()
    [0.5, nan, nan]
    """
    return numerator / denominator.where(denominator > 0)


def notes(index: pd.Index, reasons: dict[str, pd.Series | bool]) -> pd.Series:
    """Note for each row the first reason that holds, blank where none does.

    Parameters
    ----------
    index : Index
        Of the rows.
    reasons : dict of str to Series of bool or bool
        Note code to where it holds, in the order of precedence.

    Returns
    -------
    Series of str

    Examples
    --------
    >>> notes(pd.Index(["A", "B"]), {"lost": pd.Series([True, False]), "new": False}).tolist()
    ['lost', nan]
    """
    tests = [np.broadcast_to(np.asarray(test, dtype=bool), len(index)) for test in reasons.values()]
    codes = np.array([*reasons, np.nan], dtype=object)
    return pd.Series(codes[np.select(tests, list(range(len(tests))), default=-1)], index=index, dtype="str")


def _with_line_figures(orders: pd.DataFrame) -> pd.DataFrame:
    blank = pd.Series(np.nan, index=orders.index)
    cost = orders.get("cost", blank).astype(float)
    net = orders["net_revenue"]
    return orders.assign(
        cost=cost,
        costed_revenue=net.where(cost.notna()),
        absolute_revenue=net.abs(),
        absolute_costed_revenue=net.where(cost.notna()).abs(),
        quantity=orders.get("quantity", blank).astype(float),
        orders_count=_begins_order(orders) if "order_id" in orders else blank,
        lines_count=1.0,
    )


def _begins_order(orders: pd.DataFrame) -> pd.Series:
    """Mark one line of each order: on its first day with positive revenue."""
    keys = [name for name in ("account_id", "order_id") if name in orders]
    sold = orders.loc[orders["net_revenue"] > 0, [*keys, "order_date"]].sort_values("order_date", kind="stable")
    firsts = sold.index[~sold.duplicated(keys)]
    return pd.Series(orders.index.isin(firsts), index=orders.index).astype(float)
