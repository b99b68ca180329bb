"""M33: how each account buys: what, in which months, how often."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_sums
from kamlib.periods import ONE_DAY, TTM_MONTHS, complete_months, trailing_window, window_numbers
from kamlib.policy import ProfileRules


def product_mix(orders: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """Share of each product line in what an account bought in the trailing twelve months.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        ``account_id``, ``order_date``, ``product_line`` (blank lines are left out), ``net_revenue``.
    as_of : date

    Returns
    -------
    DataFrame, one row per account and line with positive revenue
        ``account_id product_line revenue_amount revenue_share`` (shares of an account add up to 1); the
        largest line of each account first, equals by name.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S4a] 消费模式; M33, addition A8.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": "A", "order_date": pd.to_datetime(["2026-05-02"] * 2), "product_line": ["Pumps", "Valves"],
    ...                        "net_revenue": [30.0, 10.0]})
    >>> product_mix(orders, as_of=date(2026, 6, 30))["revenue_share"].tolist()
    [0.75, 0.25]
    """
    require_columns(orders, ["account_id", "order_date", "product_line", "net_revenue"], table="orders")
    sold = orders[trailing_window(as_of).contains(orders["order_date"]) & orders["product_line"].notna()]
    keys = ["account_id", "product_line"]
    sums = exact_sums(sold.astype(dict.fromkeys(keys, "str")), ["net_revenue"], by=keys).rename(columns={"net_revenue": "revenue_amount"})
    bought = sums[sums["revenue_amount"] > 0]
    share = bought["revenue_amount"] / bought.groupby("account_id")["revenue_amount"].transform("sum")
    order = ["account_id", "revenue_amount", "product_line"]
    return bought.assign(revenue_share=share).sort_values(order, ascending=[True, False, True], ignore_index=True)


def main_product_line(mix: pd.DataFrame) -> pd.Series:
    """Name the product line that an account buys most of.

    Parameters
    ----------
    mix : DataFrame
        `product_mix`.

    Returns
    -------
    Series of str
        Named ``main_product_line``, indexed by ``account_id``.

    Examples
    --------
    >>> main_product_line(pd.DataFrame({"account_id": ["A", "A"], "product_line": ["Pumps", "Valves"]})).to_dict()
    {'A': 'Pumps'}
    """
    require_columns(mix, ["account_id", "product_line"], table="mix")
    return mix.drop_duplicates("account_id").set_index("account_id")["product_line"].rename("main_product_line")


def seasonality(orders: pd.DataFrame, *, as_of: date, rules: ProfileRules) -> pd.DataFrame:
    """Seasonality index: how much of an average month's revenue an account brings in each month of the year.

    Parameters
    ----------
    orders : DataFrame
        Order lines or daily sums of every account: ``account_id``, ``order_date``, ``net_revenue``.
    as_of : date
    rules : ProfileRules
        Length of the history; complete months only.

    Returns
    -------
    DataFrame
        Indexed by ``account_id``, columns ``1`` to ``12``: 1 is an average month, and the twelve average 1.
        NaN for an account that did not order in the first month or before, or has a year without positive
        revenue: months before it came and after it went are no season.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S4a] 消费模式; M33, addition A8.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> days = pd.to_datetime(["2024-07-05", "2025-12-05", "2026-06-05"])
    >>> orders = pd.DataFrame({"account_id": "A", "order_date": days, "net_revenue": [10.0, 20.0, 10.0]})
    >>> seasonality(orders, as_of=date(2026, 6, 30), rules=load_policy().profile).loc["A", [6, 7, 8, 12]].tolist()
    [3.0, 3.0, 0.0, 6.0]
    """
    require_columns(orders, ["account_id", "order_date", "net_revenue"], table="orders")
    months = complete_months(as_of, rules.season_months)
    number = window_numbers(orders["order_date"], months)
    known = orders[["account_id", "net_revenue"]].assign(number=number)[number >= 0].astype({"account_id": "str"})
    sums = exact_sums(known, ["net_revenue"], by=["account_id", "number"])
    by_month = sums.pivot(index="account_id", columns="number", values="net_revenue").reindex(columns=range(len(months))).fillna(0.0)
    years = [by_month.iloc[:, start : start + TTM_MONTHS] for start in range(0, len(months), TTM_MONTHS)]
    early = (orders["order_date"] <= pd.Timestamp(months[0].until)) & (orders["net_revenue"] > 0)
    is_whole = by_month.index.isin(orders.loc[early, "account_id"].astype("str").unique())
    is_whole &= np.logical_and.reduce([year.sum(axis=1) > 0 for year in years])
    of_year = {
        month: by_month.iloc[:, (month - months[0].first_day.month) % TTM_MONTHS :: TTM_MONTHS].sum(axis=1) for month in range(1, 13)
    }
    wide = pd.DataFrame(of_year)
    return wide.div(wide.sum(axis=1).where(is_whole) / TTM_MONTHS, axis=0)


def order_rhythm(orders: pd.DataFrame, *, as_of: date, rules: ProfileRules) -> pd.DataFrame:
    """Days between an account's orders: the middle gap, and the one that nine of ten stay below.

    Parameters
    ----------
    orders : DataFrame
        Order lines or daily sums: ``account_id``, ``order_date``, ``net_revenue``; all history up to `as_of`.
    as_of : date
    rules : ProfileRules

    Returns
    -------
    DataFrame
        Indexed by ``account_id``: ``order_gap_median_days order_gap_p90_days`` (NaN below the least number of
        gaps, with the note ``thin`` in ``<metric>_note``), ``order_gaps_count``, ``last_order_days`` (since the
        last order).

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Gaps lie between days on which sales outweigh returns; quantiles by linear interpolation.

    References
    ----------
    M33, addition A8, rulings F9, F58.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> days = pd.to_datetime(["2026-01-01", "2026-01-11", "2026-01-21", "2026-01-31", "2026-02-20"])
    >>> orders = pd.DataFrame({"account_id": "A", "order_date": days, "net_revenue": 5.0})
    >>> order_rhythm(orders, as_of=date(2026, 6, 30), rules=load_policy().profile).iloc[0, :4].astype(float).tolist()
    [10.0, 17.0, 4.0, 130.0]
    """
    require_columns(orders, ["account_id", "order_date", "net_revenue"], table="orders")
    known = orders[orders["order_date"] < pd.Timestamp(as_of + ONE_DAY)]
    dated = known[["net_revenue"]].assign(account_id=known["account_id"].astype("str"), day=known["order_date"].dt.normalize())
    days = exact_sums(dated, ["net_revenue"], by=["account_id", "day"]).query("net_revenue > 0")
    gaps = days.groupby("account_id")["day"].diff().dt.days
    of_account = gaps.groupby(days["account_id"])
    enough = of_account.count() >= rules.minimum_gaps
    last = days.groupby("account_id")["day"].max()
    note = pd.Series("thin", index=enough.index, dtype="str").mask(enough)
    return pd.DataFrame(
        {
            "order_gap_median_days": of_account.median().where(enough),
            "order_gap_p90_days": of_account.quantile(0.9).where(enough),
            "order_gaps_count": of_account.count().astype(float),
            "last_order_days": (pd.Timestamp(as_of) - last).dt.days.astype(float),
            "order_gap_median_days_note": note,
            "order_gap_p90_days_note": note,
        }
    )
