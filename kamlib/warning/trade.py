"""Signals of trade: orders and use that fall, orders that are late, money that comes later than it did."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_sums
from kamlib.periods import ONE_DAY, month_starts, trailing_window
from kamlib.policy import WarningRules
from kamlib.warning.ramp import ramp


def order_drop(sales: pd.DataFrame, accounts: pd.Index, *, as_of: date, rules: WarningRules) -> pd.DataFrame:
    """Compare the revenue of the last months with that of the same months a year before.

    Parameters
    ----------
    sales : DataFrame
        Daily sums of `kpis.sales_by_day`: ``account_id order_date net_revenue orders_count``.
    accounts : Index of str
        Whom to answer for.
    as_of : date
    rules : WarningRules

    Returns
    -------
    DataFrame
        Indexed by `accounts`: ``order_drop_signal`` in [0, 1] (NaN with the note ``no_base`` where the earlier months
        brought nothing), its parts ``recent_revenue_amount earlier_revenue_amount order_change_rate
        recent_orders_count earlier_orders_count``, and ``order_drop_thin_flag``, 1 where the earlier months hold
        too few orders to be told apart from chance.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b], [S4a]; M17, ruling F59.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> days = pd.to_datetime(["2025-04-05", "2025-05-05", "2026-05-05"])
    >>> sales = pd.DataFrame({"account_id": "A", "order_date": days, "net_revenue": [60.0, 40.0, 65.0], "orders_count": 1.0})
    >>> found = order_drop(sales, pd.Index(["A"]), as_of=date(2026, 6, 30), rules=load_policy().warning)
    >>> found[["order_change_rate", "order_drop_signal", "order_drop_thin_flag"]].iloc[0].round(9).tolist()
    [-0.35, 0.5, 0.0]
    """
    require_columns(sales, ["account_id", "order_date", "net_revenue", "orders_count"], table="sales")
    months, year = rules.windows.recent_months, rules.windows.year_months
    recent = _bought(sales, trailing_window(as_of, months), accounts)
    earlier = _bought(sales, trailing_window(as_of, months, offset_months=year), accounts)
    base = earlier["net_revenue"].where(earlier["net_revenue"] > 0)
    change = (recent["net_revenue"] - base) / base
    thin = (earlier["orders_count"] < rules.thin_below_orders).astype(float).where(base.notna())
    return pd.DataFrame(
        {
            "order_drop_signal": ramp(change, rule=rules.order_drop),
            "order_change_rate": change,
            "recent_revenue_amount": recent["net_revenue"],
            "earlier_revenue_amount": earlier["net_revenue"],
            "recent_orders_count": recent["orders_count"],
            "earlier_orders_count": earlier["orders_count"],
            "order_drop_thin_flag": thin,
            "order_drop_signal_note": pd.Series("no_base", index=accounts, dtype="str").where(base.isna()),
        }
    )


def usage_drop(usage: pd.DataFrame, accounts: pd.Index, *, as_of: date, rules: WarningRules) -> pd.DataFrame:
    """Compare the use of the last complete months with that of the same months a year before.

    Parameters
    ----------
    usage : DataFrame, one row per account and month
        ``account_id month amount``; the month as ``2026-06``.
    accounts : Index of str
    as_of : date
    rules : WarningRules

    Returns
    -------
    DataFrame
        Indexed by `accounts`: ``usage_drop_signal`` and its parts ``usage_change_rate recent_usage_count
        earlier_usage_count``; NaN where either time has no row, or the earlier one no use.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b]; M17, ruling F3.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> usage = pd.DataFrame({"account_id": "A", "month": ["2025-05", "2026-05"], "amount": [200.0, 100.0]})
    >>> found = usage_drop(usage, pd.Index(["A"]), as_of=date(2026, 6, 30), rules=load_policy().warning)
    >>> found[["usage_change_rate", "usage_drop_signal"]].iloc[0].tolist()
    [-0.5, 0.8]
    """
    require_columns(usage, ["account_id", "month", "amount"], table="usage")
    ends = pd.to_datetime(month_starts(usage["month"])) + pd.offsets.MonthEnd(0)
    months, year = rules.windows.recent_months, rules.windows.year_months
    used = [_used(usage[trailing_window(as_of, months, offset_months=offset).contains(ends)], accounts) for offset in (0, year)]
    base = used[1].where(used[1] > 0)
    change = (used[0] - base) / base
    parts = {"usage_change_rate": change, "recent_usage_count": used[0], "earlier_usage_count": used[1]}
    return pd.DataFrame({"usage_drop_signal": ramp(change, rule=rules.usage_drop), **parts})


def order_rhythm_gap(rhythm: pd.DataFrame, segment: pd.Series, *, rules: WarningRules) -> pd.DataFrame:
    """Compare the days since the last order with the gap that nine in ten of the account's own gaps stay below.

    Parameters
    ----------
    rhythm : DataFrame, one row per account
        ``order_gap_p90_days last_order_days`` of `selection.order_rhythm`; blank gaps where there are too few.
    segment : Series of str
        With the same index; whose accounts are peers.
    rules : WarningRules

    Returns
    -------
    DataFrame
        With the index of `rhythm`: ``order_rhythm_signal`` and its parts ``order_rhythm_ratio usual_gap_days``, and
        ``order_rhythm_peers_flag``, 1 where the usual gap is that of peers.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    An account with too few gaps takes the median of its segment's usual gaps, if at least five peers have one: each peer
    counts once, however often it orders.

    References
    ----------
    M17, rulings F9, F58.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> rhythm = pd.DataFrame({"order_gap_p90_days": [20.0, None], "last_order_days": [30.0, 300.0]}, index=["A", "B"])
    >>> order_rhythm_gap(rhythm, pd.Series("core", index=["A", "B"]), rules=load_policy().warning)["order_rhythm_signal"].tolist()
    [0.5, nan]
    """
    require_columns(rhythm, ["order_gap_p90_days", "last_order_days"], table="rhythm")
    own = rhythm["order_gap_p90_days"]
    of_segment = own.groupby(segment.reindex(own.index))
    peers = of_segment.transform("median").where(of_segment.transform("count") >= rules.rhythm.minimum_peers)
    usual = own.fillna(peers)
    passed = rhythm["last_order_days"] / usual
    borrowed = (own.isna() & passed.notna()).astype(float).where(passed.notna())
    return pd.DataFrame(
        {
            "order_rhythm_signal": ramp(passed, rule=rules.order_rhythm),
            "order_rhythm_ratio": passed,
            "usual_gap_days": usual,
            "order_rhythm_peers_flag": borrowed,
        }
    )


def payment_delay(invoices: pd.DataFrame, payments: pd.DataFrame, accounts: pd.Index, *, as_of: date, rules: WarningRules) -> pd.DataFrame:
    """Compare how late the invoices due lately were paid with those due in the year before.

    Parameters
    ----------
    invoices, payments : DataFrame
        ``invoice_id account_id due_date amount``; ``invoice_id paid_on amount``. Credit notes are left out.
    accounts : Index of str
    as_of : date
        What is unpaid is late by the days up to it.
    rules : WarningRules

    Returns
    -------
    DataFrame
        Indexed by `accounts`: ``payment_delay_signal`` and its parts ``payment_delay_days recent_late_days
        earlier_late_days``; NaN where nothing was due in one of the times.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b]; M17, ruling F57.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> due = pd.to_datetime(["2025-09-01", "2026-05-01"])
    >>> invoices = pd.DataFrame({"invoice_id": ["1", "2"], "account_id": "A", "due_date": due, "amount": [100.0, 100.0]})
    >>> payments = pd.DataFrame({"invoice_id": ["1", "2"], "paid_on": pd.to_datetime(["2025-09-01", "2026-05-26"]), "amount": 100.0})
    >>> payment_delay(invoices, payments, pd.Index(["A"]), as_of=date(2026, 6, 30), rules=load_policy().warning).iloc[0].tolist()
    [0.5, 25.0, 25.0, 0.0]
    """
    require_columns(invoices, ["invoice_id", "account_id", "due_date", "amount"], table="invoices")
    require_columns(payments, ["invoice_id", "paid_on", "amount"], table="payments")
    owed = invoices[(invoices["amount"] > 0) & invoices["due_date"].notna()]
    late = _late_amount_days(owed, payments, as_of)
    months, year = rules.windows.recent_months, rules.windows.year_months
    recent = _mean_late(owed, late, trailing_window(as_of, months), accounts)
    earlier = _mean_late(owed, late, trailing_window(as_of, year, offset_months=months), accounts)
    delay = recent - earlier
    parts = {"payment_delay_days": delay, "recent_late_days": recent, "earlier_late_days": earlier}
    return pd.DataFrame({"payment_delay_signal": ramp(delay, rule=rules.payment_delay), **parts})


def _bought(sales: pd.DataFrame, window, accounts: pd.Index) -> pd.DataFrame:
    rows = sales[window.contains(sales["order_date"])]
    sums = exact_sums(rows.astype({"account_id": "str"}), ["net_revenue", "orders_count"], by="account_id")
    return sums.reindex(accounts).fillna(0.0)


def _used(rows: pd.DataFrame, accounts: pd.Index) -> pd.Series:
    return rows.groupby("account_id", observed=True)["amount"].sum(min_count=1).reindex(accounts)


def _late_amount_days(owed: pd.DataFrame, payments: pd.DataFrame, as_of: date) -> pd.Series:
    """Return for each invoice its amount times days late, part by part: each payment's, and what is open so far."""
    paid = payments[payments["paid_on"] < pd.Timestamp(as_of + ONE_DAY)]
    due = owed.set_index("invoice_id")["due_date"]
    days = (paid["paid_on"].dt.normalize() - paid["invoice_id"].map(due)).dt.days.clip(lower=0)
    per_invoice = pd.DataFrame({"amount": paid["amount"], "late": paid["amount"] * days}).groupby(paid["invoice_id"]).sum()
    settled = owed["invoice_id"].map(per_invoice["amount"]).fillna(0.0)
    unpaid = (owed["amount"] - settled).clip(lower=0)
    so_far = (pd.Timestamp(as_of) - owed["due_date"]).dt.days.clip(lower=0)
    return owed["invoice_id"].map(per_invoice["late"]).fillna(0.0) + unpaid * so_far


def _mean_late(owed: pd.DataFrame, late: pd.Series, window, accounts: pd.Index) -> pd.Series:
    within = window.contains(owed["due_date"])
    sums = pd.DataFrame({"late": late, "amount": owed["amount"]})[within].groupby(owed["account_id"][within]).sum()
    return (sums["late"] / sums["amount"].where(sums["amount"] > 0)).reindex(accounts).astype(np.float64)
