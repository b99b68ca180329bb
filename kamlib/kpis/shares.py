"""KPI 7: our share of what an account buys, and of a product's market."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.kpis.shared import notes, ratio
from kamlib.money import exact_sums
from kamlib.periods import period_window, trailing_window


def wallet_share(orders: pd.DataFrame, accounts: pd.DataFrame, *, as_of: date, by: str = "account_id") -> pd.DataFrame:
    """Share of wallet: what an account buys from us, of all it buys of our kind in a year.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `sales_by_day`: ``account_id``, ``order_date``, ``net_revenue``.
    accounts : DataFrame, one row per account
        ``account_id``, `by`, ``annual_wallet`` (amount a year; blank or not positive is unknown).
    as_of : date
        Last day of the twelve months of revenue.
    by : str
        Column of `accounts` whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``wallet_share`` over the accounts whose wallet is known (NaN where there is
        none, or their revenue is negative), ``wallet_share_coverage`` (those accounts' share of the
        revenue), ``wallet_share_note`` (``wallet_understated`` beside a share above 1,
        ``base_not_positive``), ``wallet_revenue_amount wallet_amount``.

    Raises
    ------
    ValueError
        A column is missing, or an account names no `by`.

    References
    ----------
    [S2a] KPI 7, [S4c]; M14-7, ruling F25.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A"], "order_date": pd.to_datetime(["2026-05-02"]), "net_revenue": [30.0]})
    >>> accounts = pd.DataFrame({"account_id": ["A", "B"], "annual_wallet": [120.0, None]})
    >>> wallet_share(orders, accounts, as_of=date(2026, 6, 30))["wallet_share"].tolist()
    [0.25, nan]
    """
    require_columns(orders, ["account_id", "order_date", "net_revenue"], table="orders")
    require_columns(accounts, ["account_id", by, "annual_wallet"], table="accounts")
    sold = orders[trailing_window(as_of).contains(orders["order_date"])]
    revenue = exact_sums(sold, ["net_revenue"], by="account_id")["net_revenue"]
    per_account = accounts["account_id"].astype("str").map(revenue).fillna(0.0)
    known = accounts["annual_wallet"] > 0
    figures = accounts[[by]].assign(
        revenue=per_account,
        wallet=accounts["annual_wallet"].where(known),
        wallet_revenue=per_account.where(known),
        known=known.astype(float),
    )
    sums = exact_sums(figures, ["revenue", "wallet", "wallet_revenue", "known"], by=by)
    share = ratio(sums["wallet_revenue"], sums["wallet"]).where(sums["wallet_revenue"] >= 0)
    return pd.DataFrame(
        {
            "wallet_share": share,
            "wallet_share_coverage": ratio(sums["wallet_revenue"], sums["revenue"]).clip(0, 1),
            "wallet_share_note": notes(sums.index, {"wallet_understated": share > 1, "base_not_positive": sums["wallet_revenue"] < 0}),
            "wallet_revenue_amount": sums["wallet_revenue"].where(sums["known"] > 0),
            "wallet_amount": sums["wallet"].where(sums["known"] > 0),
        }
    )


def market_share(
    orders: pd.DataFrame, market: pd.DataFrame, *, as_of: date, by: str = "product_line", fiscal_year_start: int = 1
) -> pd.DataFrame:
    """Market share per product line, or in total: our revenue of twelve months, of the market's.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        ``product_line``, ``order_date``, ``net_revenue``.
    market : DataFrame, one row per product line and period
        ``product_line``, `by`, ``period`` (``2026``, ``2026Q2`` or ``2026-06``), ``size`` (amount).
    as_of : date
        Last day of the twelve months.
    by : str
        Column of `market` whose values are measured; a column with one value gives the total.
    fiscal_year_start : int
        Month in which the year of a period begins.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``market_share`` over the product lines whose market size is known for exactly
        these twelve months, ``market_share_note`` (``no_rows`` where there is none),
        ``market_revenue_amount market_size_amount``.

    Raises
    ------
    ValueError
        A column is missing, or a period cannot be read.

    References
    ----------
    [S2a] KPI 7 (产品市场占有率); M14-7, ruling F45.

    Examples
    --------
    >>> orders = pd.DataFrame({"product_line": ["Pumps"], "order_date": pd.to_datetime(["2025-05-02"]), "net_revenue": [30.0]})
    >>> market = pd.DataFrame({"product_line": ["Pumps"], "period": ["2025"], "size": [600.0]})
    >>> market_share(orders, market, as_of=date(2025, 12, 31))["market_share"].tolist()
    [0.05]
    """
    require_columns(orders, ["product_line", "order_date", "net_revenue"], table="orders")
    require_columns(market, ["product_line", by, "period", "size"], table="market")
    window = trailing_window(as_of)
    spans = {period: period_window(period, fiscal_year_start) for period in market["period"].unique()}
    inside = [period for period, span in spans.items() if span.after >= window.after and span.until <= window.until]
    keys = list(dict.fromkeys([by, "product_line"]))
    sized = market[market["period"].isin(inside)]
    sized = sized.assign(days=sized["period"].map({period: float(spans[period].days) for period in inside}))
    sizes = exact_sums(sized, ["size", "days"], by=keys)
    sold = orders[window.contains(orders["order_date"]) & orders["product_line"].isin(sizes["product_line"])]
    revenue = exact_sums(sold, ["net_revenue"], by="product_line")["net_revenue"]
    whole = sizes[sizes["days"] == window.days].assign(sold=lambda rows: rows["product_line"].map(revenue).fillna(0.0))
    everyone = pd.Index(sorted(market[by].unique()), name=by)
    sums = exact_sums(whole, ["sold", "size"], by=by).reindex(everyone)
    share = ratio(sums["sold"], sums["size"])
    named = sums.rename(columns={"sold": "market_revenue_amount", "size": "market_size_amount"})
    return named.assign(market_share=share, market_share_note=notes(everyone, {"no_rows": share.isna()}))
