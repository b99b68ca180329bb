"""M20: what was granted on each order, who might grant it, and what is usual for a tier."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_sums
from kamlib.periods import trailing_window
from kamlib.policy import PriceRules

ORDER_COLUMNS = ["account_id", "order_id", "order_date", "quantity", "net_revenue", "list_price"]


def order_discounts(orders: pd.DataFrame, approvals: pd.DataFrame | None, *, as_of: date, rules: PriceRules) -> pd.DataFrame:
    """Return the discount of every order of twelve months, and the limit of whoever approved it.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        ``account_id order_id order_date quantity net_revenue list_price``; returns and lines without a list price are left out.
    approvals : DataFrame, optional
        ``order_id level``; an order without one was approved by nobody, that is by staff.
    as_of : date
    rules : PriceRules

    Returns
    -------
    DataFrame, one row per order
        ``account_id order_id order_date net_amount list_amount given_amount discount_rate level authority_rate``.

    Raises
    ------
    ValueError
        A column is missing, or a level is none of the four.

    Notes
    -----
    discount = 1 - sum of net / sum of list over the lines of an order. Of several approvals of an order the highest level counts.

    References
    ----------
    [S1] authority by level; M20, rulings F4, F61.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> orders = pd.DataFrame({"account_id": "A", "order_id": ["1", "1"], "order_date": pd.to_datetime("2026-05-01"), "quantity": 1.0,
    ...                        "net_revenue": [80.0, 100.0], "list_price": [100.0, 100.0]})
    >>> found = order_discounts(orders, None, as_of=date(2026, 6, 30), rules=load_policy().price)
    >>> found[["discount_rate", "authority_rate"]].iloc[0].tolist()
    [0.1, 0.03]
    """
    require_columns(orders, ORDER_COLUMNS, table="orders")
    lines = orders[trailing_window(as_of).contains(orders["order_date"]) & (orders["quantity"] > 0) & (orders["list_price"] > 0)]
    lines = lines[ORDER_COLUMNS].astype({"account_id": "str", "order_id": "str"})
    sums = exact_sums(lines, ["net_revenue", "list_price"], by=["account_id", "order_id"])
    days = lines.groupby(["account_id", "order_id"])["order_date"].min().rename("order_date").reset_index()
    found = sums.merge(days, on=["account_id", "order_id"]).rename(columns={"net_revenue": "net_amount", "list_price": "list_amount"})
    level = _levels(approvals, found["order_id"], rules)
    limits = rules.authority.model_dump()
    return found.assign(
        given_amount=found["list_amount"] - found["net_amount"],
        discount_rate=(found["list_amount"] - found["net_amount"]) / found["list_amount"],
        level=level.to_numpy(),
        authority_rate=level.map(limits).to_numpy(dtype=float),
    )


def tier_norms(orders: pd.DataFrame, tiers: pd.Series, *, rules: PriceRules) -> pd.Series:
    """Return the discount that is usual for each tier: the middle one by list value, and some points more.

    Parameters
    ----------
    orders : DataFrame
        `order_discounts`.
    tiers : Series of str
        Tier of each account.
    rules : PriceRules

    Returns
    -------
    Series of float
        Named ``norm_rate``, by tier; a tier with too few accounts has none.

    References
    ----------
    M20, ruling F62.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> orders = pd.DataFrame({"account_id": list("abcde"), "discount_rate": [0.0, 0.01, 0.02, 0.03, 0.2], "list_amount": 10.0})
    >>> tier_norms(orders, pd.Series("key", index=list("abcde")), rules=load_policy().price).round(3).to_dict()
    {'key': 0.04}
    """
    require_columns(orders, ["account_id", "discount_rate", "list_amount"], table="orders")
    sorted_ = orders.assign(tier=orders["account_id"].map(tiers)).dropna(subset=["tier"]).sort_values(["tier", "discount_rate"])
    groups = sorted_.groupby("tier")
    half = groups["list_amount"].transform("sum") / 2
    past = groups["list_amount"].cumsum() >= half * (1 - 1e-12)
    middle = sorted_[past].groupby("tier")["discount_rate"].first()
    enough = groups["account_id"].nunique() >= rules.minimum_accounts
    return (middle.where(enough) + rules.norm_points).dropna().rename("norm_rate")


def _levels(approvals: pd.DataFrame | None, order_ids: pd.Series, rules: PriceRules) -> pd.Series:
    """Name for each order the highest level that approved it."""
    known = list(rules.authority.model_dump())
    if approvals is None:
        return pd.Series(known[0], index=order_ids.index, dtype="str")
    require_columns(approvals, ["order_id", "level"], table="approvals")
    unknown = approvals.loc[approvals["level"].notna() & ~approvals["level"].isin(known), "level"]
    if len(unknown):
        raise ValueError(f"level must be one of {', '.join(known)}; {unknown.index[0]} has {unknown.iloc[0]!r}")
    rank = approvals["level"].map({name: place for place, name in enumerate(known)})
    highest = rank.groupby(approvals["order_id"].astype("str")).max()
    place = order_ids.map(highest).fillna(0).to_numpy(dtype=int)
    return pd.Series(np.array(known)[place], index=order_ids.index, dtype="str")
