"""KPI 7: our share of what an account buys, how it moved, and our share of a product's market."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.kpis.shared import notes, ratio, reaches_back, up_to
from kamlib.money import exact_sums
from kamlib.periods import TTM_MONTHS, Window, months_before, period_window, trailing_window


def known_wallets(accounts: pd.DataFrame, wallets: pd.DataFrame | None, *, as_of: date, undated: bool = True) -> pd.DataFrame:
    """Give every account the yearly wallet that was known at a date, and the one known a year before.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``account_id``, ``annual_wallet`` (amount a year as of today).
    wallets : DataFrame or None
        One row per account and day: ``account_id date annual_wallet``; None where none is kept.
    as_of : date
        The latest row up to its end counts.
    undated : bool
        Whether the account's own wallet, which carries no date, stands in where there is no dated one.

    Returns
    -------
    DataFrame
        `accounts` with ``annual_wallet`` and ``annual_wallet_prior`` (dated ones only); NaN where not known.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S4c]; rulings F2, F49.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["A", "B"], "annual_wallet": [90.0, 40.0]})
    >>> wallets = pd.DataFrame({"account_id": "A", "date": pd.to_datetime(["2025-03-01", "2026-03-01"]), "annual_wallet": [80.0, 100.0]})
    >>> known_wallets(accounts, wallets, as_of=date(2026, 6, 30))[["annual_wallet", "annual_wallet_prior"]].to_numpy().tolist()
    [[100.0, 80.0], [40.0, nan]]
    """
    require_columns(accounts, ["account_id", "annual_wallet"], table="accounts")
    own = accounts["annual_wallet"] if undated else pd.Series(float("nan"), index=accounts.index)
    if wallets is None:
        return accounts.assign(annual_wallet=own, annual_wallet_prior=float("nan"))
    require_columns(wallets, ["account_id", "date", "annual_wallet"], table="wallets")
    ids = accounts["account_id"].astype("str")
    now, before = (ids.map(_latest_wallet(wallets, day)).astype(float) for day in (as_of, months_before(as_of, TTM_MONTHS)))
    return accounts.assign(annual_wallet=now.fillna(own), annual_wallet_prior=before)


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
    sums = _wallet_sums(orders, accounts, trailing_window(as_of), by)
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


def wallet_gain(orders: pd.DataFrame, accounts: pd.DataFrame, *, as_of: date, by: str = "account_id") -> pd.DataFrame:
    """Gain in share of wallet over a year: the share now less the share of the twelve months before.

    Parameters
    ----------
    orders : DataFrame
        As `wallet_share` takes them.
    accounts : DataFrame, one row per account
        `known_wallets` with `by`: the wallet now, and the one of a year ago (not known: as now).
    as_of : date
        Last day of the trailing twelve months.
    by : str
        Column of `accounts` whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``wallet_gain_share`` over the accounts whose wallet is known (NaN where there is none,
        or the orders begin inside the prior window), ``wallet_gain_share_note`` (``short_history no_rows``, else
        ``constant_wallet`` beside a gain for which a wallet was taken as constant), and the parts of a year ago:
        ``wallet_prior_revenue_amount wallet_prior_amount``.

    Raises
    ------
    ValueError
        A column is missing, or an account names no `by`.

    References
    ----------
    [S4c]; M15, ruling F49.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": "A", "order_date": pd.to_datetime(["2024-07-02", "2026-05-02"]), "net_revenue": [10.0, 30.0]})
    >>> accounts = pd.DataFrame({"account_id": ["A"], "annual_wallet": [80.0], "annual_wallet_prior": [50.0]})
    >>> wallet_gain(orders, accounts, as_of=date(2026, 6, 30))["wallet_gain_share"].round(3).tolist()
    [0.175]
    """
    require_columns(accounts, ["annual_wallet", "annual_wallet_prior"], table="accounts")
    was_known = accounts["annual_wallet_prior"] > 0
    prior = accounts["annual_wallet_prior"].where(was_known, accounts["annual_wallet"]).where(accounts["annual_wallet"] > 0)
    now = _wallet_sums(orders, accounts, trailing_window(as_of), by)
    then = _wallet_sums(orders, accounts.assign(annual_wallet=prior), trailing_window(as_of, offset_months=TTM_MONTHS), by)
    is_constant = (accounts["annual_wallet"] > 0) & ~was_known
    constant = exact_sums(accounts[[by]].assign(count=is_constant.astype(float)), ["count"], by=by)["count"] > 0
    is_short = not reaches_back(orders, as_of=as_of, months=2 * TTM_MONTHS, whole=False)
    shares = [ratio(sums["wallet_revenue"], sums["wallet"]).mask(pd.Series(is_short, index=sums.index)) for sums in (now, then)]
    gain = shares[0] - shares[1]
    reasons = {"short_history": is_short, "no_rows": gain.isna(), "constant_wallet": constant}
    parts = (
        then[["wallet_revenue", "wallet"]].where(then["known"] > 0).set_axis(["wallet_prior_revenue_amount", "wallet_prior_amount"], axis=1)
    )
    return parts.assign(wallet_gain_share=gain, wallet_gain_share_note=notes(gain.index, reasons))


def market_share(
    orders: pd.DataFrame,
    market: pd.DataFrame,
    *,
    as_of: date,
    by: str = "product_line",
    ids: pd.Index | None = None,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Market share: the revenue of twelve months with a product line, a group, a manager or all, of the market's size.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        `by`, ``product_line``, ``order_date``, ``net_revenue``.
    market : DataFrame, one row per product line and period
        ``product_line``, ``period`` (``2026``, ``2026Q2`` or ``2026-06``), ``size`` (amount).
    as_of : date
        Last day of the twelve months.
    by : str
        Column of `orders` whose values are measured: a product line against its own market, anything else
        against the markets of all product lines together.
    ids : Index, optional
        The values to measure, those without a sale among them; those that occur if not given.
    fiscal_year_start : int
        Month in which the year of a period begins.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``market_share`` over the product lines whose market size is known for exactly
        these twelve months, ``market_share_note`` (``no_rows`` where there is none),
        ``market_revenue_amount market_size_amount``. Who sold nothing has the share 0.

    Raises
    ------
    ValueError
        A column is missing, or a period cannot be read.

    References
    ----------
    [S2a] KPI 7 (产品市场占有率); M14-7, rulings F12, F45.

    Examples
    --------
    >>> orders = pd.DataFrame({"product_line": ["Pumps"], "order_date": pd.to_datetime(["2025-05-02"]), "net_revenue": [30.0]})
    >>> market = pd.DataFrame({"product_line": ["Pumps"], "period": ["2025"], "size": [600.0]})
    >>> market_share(orders, market, as_of=date(2025, 12, 31))["market_share"].tolist()
    [0.05]
    """
    require_columns(orders, [by, "product_line", "order_date", "net_revenue"], table="orders")
    require_columns(market, ["product_line", "period", "size"], table="market")
    window = trailing_window(as_of)
    sizes = _market_sizes(market, window, fiscal_year_start)
    sold = orders[window.contains(orders["order_date"]) & orders["product_line"].isin(sizes.index)]
    revenue = exact_sums(sold, ["net_revenue"], by=by)["net_revenue"]
    of_line = by == "product_line"
    everyone = pd.Index(sorted((market if of_line else orders)[by].astype("str").unique()), name=by) if ids is None else ids
    size = sizes.reindex(everyone) if of_line else pd.Series(sizes.sum(min_count=1), index=everyone)
    own = revenue.reindex(everyone).fillna(0.0).where(size.notna())
    share = ratio(own, size)
    parts = pd.DataFrame({"market_revenue_amount": own, "market_size_amount": size})
    return parts.assign(market_share=share, market_share_note=notes(everyone, {"no_rows": share.isna()}))


def _latest_wallet(wallets: pd.DataFrame, day: date) -> pd.Series:
    known = up_to(wallets, "date", day).sort_values("date", kind="stable").drop_duplicates("account_id", keep="last")
    return known.set_index(known["account_id"].astype("str"))["annual_wallet"]


def _wallet_sums(orders: pd.DataFrame, accounts: pd.DataFrame, window: Window, by: str) -> pd.DataFrame:
    """Add up revenue of a window and wallets, and both over the accounts whose wallet is known."""
    require_columns(orders, ["account_id", "order_date", "net_revenue"], table="orders")
    require_columns(accounts, ["account_id", by, "annual_wallet"], table="accounts")
    sold = orders[window.contains(orders["order_date"])]
    revenue = exact_sums(sold, ["net_revenue"], by="account_id")["net_revenue"]
    per_account = accounts["account_id"].astype("str").map(revenue).fillna(0.0)
    known = accounts["annual_wallet"] > 0
    figures = accounts[[by]].assign(
        revenue=per_account,
        wallet=accounts["annual_wallet"].where(known),
        wallet_revenue=per_account.where(known),
        known=known.astype(float),
    )
    return exact_sums(figures, ["revenue", "wallet", "wallet_revenue", "known"], by=by)


def _market_sizes(market: pd.DataFrame, window: Window, fiscal_year_start: int) -> pd.Series:
    """Return the market of each product line whose periods fill exactly the window."""
    spans = {period: period_window(period, fiscal_year_start) for period in market["period"].unique()}
    inside = [period for period, span in spans.items() if span.after >= window.after and span.until <= window.until]
    sized = market[market["period"].isin(inside)]
    sized = sized.assign(days=sized["period"].map({period: float(spans[period].days) for period in inside}))
    sums = exact_sums(sized, ["size", "days"], by="product_line")
    return sums.loc[sums["days"] == window.days, "size"]
