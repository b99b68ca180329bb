"""M15: what a manager's and a department's card measure beside the ten KPIs."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.kpis.shared import notes, ratio, reaches_back
from kamlib.money import exact_sums
from kamlib.periods import TTM_MONTHS, trailing_window


def wallet_gain(orders: pd.DataFrame, accounts: pd.DataFrame, *, as_of: date, by: str = "account_id") -> pd.DataFrame:
    """Gain in share of wallet over a year, at a constant wallet.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `kpis.sales_by_day`: ``account_id``, ``order_date``, ``net_revenue``.
    accounts : DataFrame, one row per account
        ``account_id``, `by`, ``annual_wallet`` (amount a year; blank or not positive is unknown).
    as_of : date
        Last day of the trailing twelve months.
    by : str
        Column of `accounts` whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``wallet_gain_share`` (NaN where no wallet is known or the orders begin inside the
        prior window), ``wallet_gain_share_note`` (``short_history no_rows``), and the parts over the accounts
        with a known wallet: ``wallet_gain_amount wallet_base_amount``.

    Raises
    ------
    ValueError
        A column is missing, or an account names no `by`.

    Notes
    -----
    (revenue - prior revenue) / wallet: the wallet is known once, so its own growth is not seen.

    References
    ----------
    [S4c]; M15, ruling F49.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": "A", "order_date": pd.to_datetime(["2024-07-02", "2026-05-02"]), "net_revenue": [10.0, 30.0]})
    >>> accounts = pd.DataFrame({"account_id": ["A"], "annual_wallet": [80.0]})
    >>> wallet_gain(orders, accounts, as_of=date(2026, 6, 30))["wallet_gain_share"].tolist()
    [0.25]
    """
    require_columns(orders, ["account_id", "order_date", "net_revenue"], table="orders")
    require_columns(accounts, ["account_id", by, "annual_wallet"], table="accounts")
    current, prior = trailing_window(as_of), trailing_window(as_of, offset_months=TTM_MONTHS)
    now, before = (window.contains(orders["order_date"]) for window in (current, prior))
    change = orders[["account_id"]].assign(change=orders["net_revenue"].where(now, -orders["net_revenue"]).where(now | before))
    per_account = accounts["account_id"].astype("str").map(exact_sums(change, ["change"], by="account_id")["change"]).fillna(0.0)
    known = accounts["annual_wallet"] > 0
    figures = accounts[[by]].assign(gain=per_account.where(known), wallet=accounts["annual_wallet"].where(known))
    sums = exact_sums(figures, ["gain", "wallet"], by=by)
    is_short = not reaches_back(orders, as_of=as_of, months=2 * TTM_MONTHS, whole=False)
    share = ratio(sums["gain"], sums["wallet"]).mask(pd.Series(is_short, index=sums.index))
    return pd.DataFrame(
        {
            "wallet_gain_share": share,
            "wallet_gain_share_note": notes(sums.index, {"short_history": is_short, "no_rows": share.isna()}),
            "wallet_gain_amount": sums["gain"].where(sums["wallet"] > 0),
            "wallet_base_amount": sums["wallet"].where(sums["wallet"] > 0),
        }
    )


def promises_kept(promises: pd.DataFrame, *, as_of: date, by: str = "from_department") -> pd.DataFrame:
    """Share of the internal promises due in the trailing twelve months that were kept in time.

    Parameters
    ----------
    promises : DataFrame, one row per promise
        `by`, ``due``, ``kept_on`` (blank: not kept).
    as_of : date
        A promise due on it and not kept by its end is broken.
    by : str
        Column whose values are measured: the department that promised, or one to which it was promised.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``promises_kept_rate`` in [0, 1] (NaN where none was due), ``promises_kept_count
        promises_due_count``.

    Raises
    ------
    ValueError
        A column is missing, or a promise names no `by`.

    References
    ----------
    [S1] 内部客户承诺; M15, ruling F51, addition A3.

    Examples
    --------
    >>> promises = pd.DataFrame({"from_department": "quality", "due": pd.to_datetime(["2026-05-02"] * 3),
    ...                          "kept_on": pd.to_datetime(["2026-05-02", "2026-05-03", None])})
    >>> promises_kept(promises, as_of=date(2026, 6, 30))["promises_kept_rate"].round(3).tolist()
    [0.333]
    """
    require_columns(promises, [by, "due", "kept_on"], table="promises")
    due = trailing_window(as_of).contains(promises["due"])
    kept = due & (promises["kept_on"].dt.normalize() <= promises["due"].dt.normalize())
    counts = promises[[by]].assign(promises_kept_count=kept.astype(float), promises_due_count=due.astype(float))
    sums = exact_sums(counts, ["promises_kept_count", "promises_due_count"], by=by)
    return sums.assign(promises_kept_rate=ratio(sums["promises_kept_count"], sums["promises_due_count"]))
