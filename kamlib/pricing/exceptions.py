"""M20: prices that need a reason, which of them have one, and what they cost."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_sums
from kamlib.periods import trailing_window
from kamlib.policy import PriceRules
from kamlib.pricing.discounts import tier_norms

KINDS = ("below_cost", "beyond_authority", "low_sensitivity", "above_norm", "site_spread")
LIFTED = ("low_sensitivity", "above_norm")  # a discount that keeps an account in danger is no exception of these kinds (F60)
AT_RISK = ("amber", "red")
COLUMNS = ["account_id", "order_id", "order_date", "product", "kind", "rate", "limit_rate", "given_amount", "justified"]
SLACK = 1e-9


def below_cost(orders: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """List the lines of twelve months that were sold for less than they cost.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        ``account_id order_id order_date product quantity net_revenue cost``; returns and lines without a cost are left out.
    as_of : date

    Returns
    -------
    DataFrame, one row per line
        `COLUMNS`: ``rate`` is the loss as a share of the cost, ``given_amount`` what is missing to the cost.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S1] nothing below cost; M20, rulings F4, F61.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": "A", "order_id": ["1", "2"], "order_date": pd.to_datetime("2026-05-01"), "product": "x",
    ...                        "quantity": 1.0, "net_revenue": [8.0, 10.0], "cost": 10.0})
    >>> below_cost(orders, as_of=date(2026, 6, 30))[["order_id", "rate", "given_amount"]].to_numpy().tolist()
    [['1', 0.2, 2.0]]
    """
    require_columns(orders, ["account_id", "order_id", "order_date", "product", "quantity", "net_revenue", "cost"], table="orders")
    inside = trailing_window(as_of).contains(orders["order_date"]) & (orders["quantity"] > 0) & (orders["cost"] > 0)
    lines = orders[inside & (orders["cost"] - orders["net_revenue"] > SLACK * orders["cost"])]
    lost = lines["cost"] - lines["net_revenue"]
    named = lines[["account_id", "order_id", "order_date", "product"]].astype({"account_id": "str", "order_id": "str", "product": "str"})
    found = named.assign(kind="below_cost", rate=lost / lines["cost"], limit_rate=0.0, given_amount=lost, justified=False)
    return found[COLUMNS].reset_index(drop=True)


def price_exceptions(
    orders: pd.DataFrame, accounts: pd.DataFrame, *, risk: pd.DataFrame | None = None, rules: PriceRules, norms: pd.Series | None = None
) -> pd.DataFrame:
    """List the discounts that need a reason, and say which of them keep an account in danger.

    Parameters
    ----------
    orders : DataFrame
        `order_discounts`.
    accounts : DataFrame, one row per account
        Indexed by account: ``price_sensitivity tier risk_level`` (today's), blank where not known.
    risk : DataFrame, optional
        ``account_id month_end risk_level``: of the end of the month before an order; where a month is missing, today's level counts.
    rules : PriceRules
    norms : Series, optional
        Usual discount by tier; `tier_norms` of these orders if not given.

    Returns
    -------
    DataFrame, one row per order and kind
        `COLUMNS` and ``by_today`` (the level of today had to do): beyond_authority, low_sensitivity, above_norm. ``given_amount`` is the
        part of the discount beyond the limit. Orders by date, the dearest first among equals.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    An amber or red account lifts the last two kinds; nothing lifts a discount beyond authority.

    References
    ----------
    [S1], [S4c]; M20, rulings F60, F61, F62.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> orders = pd.DataFrame({"account_id": "A", "order_id": ["1"], "order_date": pd.to_datetime(["2026-05-01"]), "net_amount": 90.0,
    ...                        "list_amount": 100.0, "discount_rate": 0.1, "level": "manager", "authority_rate": 0.08})
    >>> accounts = pd.DataFrame({"price_sensitivity": [2.0], "tier": [None], "risk_level": ["red"]}, index=["A"])
    >>> price_exceptions(orders, accounts, rules=load_policy().price)[["kind", "given_amount", "justified"]].round(2).to_numpy().tolist()
    [['low_sensitivity', 7.0, True], ['beyond_authority', 2.0, False]]
    """
    require_columns(accounts, ["price_sensitivity", "tier", "risk_level"], table="accounts")
    norms = tier_norms(orders, accounts["tier"], rules=rules) if norms is None else norms
    owner, rate = orders["account_id"], orders["discount_rate"]
    level, by_today = _level_before(orders, accounts["risk_level"], risk)
    staff = pd.Series(rules.authority.staff, index=orders.index)
    limits = {"beyond_authority": orders["authority_rate"], "low_sensitivity": staff, "above_norm": owner.map(accounts["tier"]).map(norms)}
    insensitive = owner.map(accounts["price_sensitivity"]) <= rules.low_sensitivity
    applies = {"low_sensitivity": insensitive}
    rows = []
    for kind, limit in limits.items():
        limit = limit.astype(float)
        is_one = (rate > limit + SLACK) & applies.get(kind, True)
        part = orders.loc[is_one, ["account_id", "order_id", "order_date"]]
        beyond = (rate - limit)[is_one]
        reason = level[is_one].isin(AT_RISK) if kind in LIFTED else False
        given = beyond * orders.loc[is_one, "list_amount"]
        numbers = {"rate": rate[is_one], "limit_rate": limit[is_one], "given_amount": given, "justified": reason}
        rows.append(part.assign(product=None, kind=kind, **numbers, by_today=by_today[is_one]))
    found = pd.concat(rows).astype({"justified": bool, "product": "str"})
    return found.sort_values(["order_date", "given_amount", "order_id", "kind"], ascending=[True, False, True, True], ignore_index=True)


def site_spreads(orders: pd.DataFrame, group: pd.Series, *, as_of: date, rules: PriceRules) -> pd.DataFrame:
    """List the products for which the sites of one group pay clearly different prices.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        ``account_id order_date product quantity net_revenue`` and, where units are mixed, ``unit``.
    group : Series of str
        Group of each account.
    as_of : date
    rules : PriceRules

    Returns
    -------
    DataFrame
        ``group_id product unit low_price high_price spread_rate given_amount low_account high_account``: given is what the dearer
        sites paid above the lowest price; the largest first.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S1] one price; addition A26.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> orders = pd.DataFrame({"account_id": ["A", "B"], "order_date": pd.to_datetime("2026-05-01"), "product": "x", "quantity": 10.0,
    ...                        "net_revenue": [100.0, 110.0]})
    >>> found = site_spreads(orders, pd.Series({"A": "G", "B": "G"}), as_of=date(2026, 6, 30), rules=load_policy().price)
    >>> found["spread_rate"].round(2).tolist()
    [0.1]
    """
    require_columns(orders, ["account_id", "order_date", "product", "quantity", "net_revenue"], table="orders")
    inside = trailing_window(as_of).contains(orders["order_date"]) & (orders["quantity"] > 0) & (orders["net_revenue"] > 0)
    owner = orders["account_id"].astype("str")
    shared = group[group.duplicated(keep=False)]
    lines = orders[inside & owner.isin(shared.index)]
    unit = lines["unit"].astype("str").fillna("") if "unit" in lines else ""
    lines = lines[["product", "quantity", "net_revenue"]].astype({"product": "str"}).assign(account_id=owner, unit=unit)
    sums = exact_sums(
        lines.assign(group_id=lines["account_id"].map(shared)),
        ["quantity", "net_revenue"],
        by=["group_id", "product", "unit", "account_id"],
    )
    sums = sums.assign(price=sums["net_revenue"] / sums["quantity"])
    keys = ["group_id", "product", "unit"]
    ordered = sums.sort_values([*keys, "price", "account_id"])
    by = ordered.groupby(keys)
    low, high, count = by.first(), by.last(), by.size()
    paid_more = (ordered["net_revenue"] - ordered["quantity"] * by["price"].transform("min")).groupby([ordered[key] for key in keys]).sum()
    spread = high["price"] / low["price"] - 1
    found = pd.DataFrame(
        {"low_price": low["price"], "high_price": high["price"], "spread_rate": spread, "given_amount": paid_more,
         "low_account": low["account_id"], "high_account": high["account_id"]}
    )  # fmt: skip
    found = found[(count > 1) & (spread > rules.site_spread + SLACK)].reset_index()
    return found.sort_values(["given_amount", *keys], ascending=[False, True, True, True], ignore_index=True)


def price_summary(orders: pd.DataFrame, exceptions: pd.DataFrame, ids: pd.Index, *, owner: pd.Series | None = None) -> pd.DataFrame:
    """Sum up discounts and exceptions per account, manager or all.

    Parameters
    ----------
    orders : DataFrame
        `order_discounts`.
    exceptions : DataFrame
        `price_exceptions` and `below_cost`, one below the other.
    ids : Index of str
        Whom to answer for.
    owner : Series of str, optional
        Whom each account counts for; the account itself if not given.

    Returns
    -------
    DataFrame
        Indexed by `ids`: ``discount_rate`` with its parts ``list_amount given_amount`` (NaN without a list price),
        ``within_authority_share`` with ``within_amount priced_amount``, ``price_exceptions_count price_exceptions_amount`` (those without
        a reason: an order once, at its largest, and every line below cost), ``justified_discounts_amount``, ``below_cost_amount``.

    References
    ----------
    M20.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A"], "order_id": "1", "net_amount": 90.0, "list_amount": 100.0, "given_amount": 10.0,
    ...                        "discount_rate": 0.1, "authority_rate": 0.08})
    >>> found = price_summary(orders, pd.DataFrame(columns=[*COLUMNS]), pd.Index(["A"]))
    >>> found[["discount_rate", "within_authority_share", "price_exceptions_count"]].iloc[0].tolist()
    [0.1, 0.0, 0.0]
    """
    named = (lambda frame: frame["account_id"]) if owner is None else (lambda frame: frame["account_id"].map(owner))
    within = (orders["discount_rate"] <= orders["authority_rate"] + SLACK).astype(float) * orders["net_amount"]
    sums = orders.assign(within_amount=within)[["list_amount", "given_amount", "within_amount", "net_amount"]].groupby(named(orders)).sum()
    sums = sums.reindex(ids).rename(columns={"net_amount": "priced_amount"})
    open_, kept = exceptions[~exceptions["justified"].astype(bool)], exceptions[exceptions["justified"].astype(bool)]
    lines, whole = open_[open_["kind"] == "below_cost"], open_[open_["kind"] != "below_cost"]
    each = pd.concat([lines, whole.sort_values("given_amount").drop_duplicates(["account_id", "order_id"], keep="last")])
    measured = sums["list_amount"].notna()

    def total(rows: pd.DataFrame) -> pd.Series:
        return rows["given_amount"].astype(float).groupby(named(rows)).sum().reindex(ids).fillna(0.0)

    count = each.groupby(named(each)).size().reindex(ids).fillna(0).astype(float)
    return sums.assign(
        discount_rate=sums["given_amount"] / sums["list_amount"],
        within_authority_share=sums["within_amount"] / sums["priced_amount"].where(sums["priced_amount"] > 0),
        price_exceptions_count=count.where(measured),
        price_exceptions_amount=total(each).where(measured),
        justified_discounts_amount=total(kept).where(measured),
        below_cost_amount=total(lines),
    )


def _level_before(orders: pd.DataFrame, today: pd.Series, risk: pd.DataFrame | None) -> tuple[pd.Series, pd.Series]:
    """Return the risk level at the end of the month before each order, and where today's had to do."""
    current = orders["account_id"].map(today).astype("str")
    if risk is None:
        return current, pd.Series(True, index=orders.index)
    require_columns(risk, ["account_id", "month_end", "risk_level"], table="risk")
    first = orders["order_date"].to_numpy().astype("datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
    keys = pd.MultiIndex.from_arrays([orders["account_id"], pd.to_datetime(first)])
    known = risk.set_index([risk["account_id"], pd.to_datetime(risk["month_end"])])["risk_level"]
    then = pd.Series(known.reindex(keys).to_numpy(), index=orders.index, dtype="str")
    return then.fillna(current), then.isna()
