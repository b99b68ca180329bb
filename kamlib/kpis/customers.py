"""KPIs 8 and 9: new customers, customers kept, and the revenue kept with them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.kpis.sales import first_order_date
from kamlib.kpis.shared import known_sales, notes, ratio, reaches_back
from kamlib.money import exact_sums, plain_index
from kamlib.periods import TTM_MONTHS, trailing_window
from kamlib.policy import CustomerRules

CUSTOMER_STATUSES = ("new", "kept", "returned", "lapsed", "inactive")
RETENTION_RATES = ("retention_rate", "gross_retention_rate", "net_retention_rate")


def customer_status(orders: pd.DataFrame, *, as_of: date, rules: CustomerRules) -> pd.DataFrame:
    """Tell of each account whether it is new, kept, returned, lapsed or inactive.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `sales_by_day` of every account: ``account_id``, ``order_date``, ``net_revenue``.
    as_of : date
        Last day of the trailing twelve months.
    rules : CustomerRules
        How far the orders must reach back before an account can be called new.

    Returns
    -------
    DataFrame
        Indexed by ``account_id``: ``customer_status`` and ``customer_status_note`` (``short_history``
        where new and returned cannot be told apart; the status is then blank).

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Active means positive revenue in a window. new: active now, first positive order in the window. kept:
    active now and before. returned: active now, not before, first order earlier. lapsed: active only before.

    References
    ----------
    [S2a] KPIs 8 and 9; rulings F12, F46.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> orders = pd.DataFrame({"account_id": ["A", "A", "B"], "net_revenue": 10.0,
    ...                        "order_date": pd.to_datetime(["2024-05-02", "2026-05-02", "2026-05-02"])})
    >>> customer_status(orders, as_of=date(2026, 6, 30), rules=load_policy().customers)["customer_status"].tolist()
    ['returned', 'new']
    """
    customers = plain_index(_with_first_orders(orders, as_of, ["account_id"]).set_index("account_id"))
    now, before = customers["revenue_amount"] > 0, customers["revenue_prior_amount"] > 0
    tests = [now & before, before, ~now, customers["is_new"]]
    status = pd.Series(np.select(tests, ["kept", "lapsed", "inactive", "new"], default="returned"), index=customers.index, dtype="str")
    untold = status.isin(["new", "returned"]) & (not _is_long(orders, as_of, rules))
    return pd.DataFrame({"customer_status": status.mask(untold), "customer_status_note": notes(customers.index, {"short_history": untold})})


def new_customer_rate(orders: pd.DataFrame, *, as_of: date, rules: CustomerRules, by: str) -> pd.DataFrame:
    """New customers of the trailing twelve months for each customer active in the twelve before.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `sales_by_day` of every account: ``account_id``, `by`, ``order_date``, ``net_revenue``.
    as_of : date
        Last day of the window.
    rules : CustomerRules
        How far the orders must reach back.
    by : str
        Column whose values are measured; ``account_id`` gives NaN with the note ``portfolio_measure``.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``new_customer_rate`` from 0 (NaN where the orders do not reach back, or nobody
        was active before), ``new_customer_rate_note`` (``portfolio_measure short_history
        base_not_positive``), ``new_accounts_count prior_active_accounts_count``.

    Raises
    ------
    ValueError
        A column is missing, or a row names no `by`.

    References
    ----------
    [S2a] KPI 8; M14-8, rulings F12, F46.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> orders = pd.DataFrame({"account_id": ["A", "A", "B"], "manager_id": "M", "net_revenue": 10.0,
    ...                        "order_date": pd.to_datetime(["2024-05-02", "2025-05-02", "2026-05-02"])})
    >>> new_customer_rate(orders, as_of=date(2026, 6, 30), rules=load_policy().customers, by="manager_id")["new_customer_rate"].tolist()
    [1.0]
    """
    customers = _with_first_orders(orders, as_of, list(dict.fromkeys([by, "account_id"])))
    customers = customers.assign(
        new_accounts_count=(customers["is_new"] & (customers["revenue_amount"] > 0)).astype(float),
        prior_active_accounts_count=(customers["revenue_prior_amount"] > 0).astype(float),
    )
    counts = exact_sums(customers, ["new_accounts_count", "prior_active_accounts_count"], by=by)
    is_short = not _is_long(orders, as_of, rules)
    untold = is_short or by == "account_id"
    rate = ratio(counts["new_accounts_count"], counts["prior_active_accounts_count"])
    reasons = {"portfolio_measure": by == "account_id", "short_history": is_short, "base_not_positive": rate.isna()}
    return counts.assign(
        new_accounts_count=counts["new_accounts_count"].mask(pd.Series(is_short, index=counts.index)),
        new_customer_rate=rate.mask(pd.Series(untold, index=rate.index)),
        new_customer_rate_note=notes(rate.index, reasons),
    )


def retention(orders: pd.DataFrame, *, as_of: date, by: str) -> pd.DataFrame:
    """Share of last year's customers, and of the revenue made with them, that was kept.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `sales_by_day` of every account: ``account_id``, `by`, ``order_date``, ``net_revenue``.
    as_of : date
        Last day of the trailing twelve months.
    by : str
        Column whose values are measured; ``account_id`` gives NaN with the note ``portfolio_measure``.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``retention_rate gross_retention_rate`` in [0, 1], ``net_retention_rate`` (may
        leave 0-1), NaN where nobody was active before or the orders begin inside the prior window, each
        with a note (``portfolio_measure short_history base_not_positive``), and their parts
        ``kept_accounts_count lapsed_accounts_count prior_active_accounts_count retained_revenue_amount
        prior_active_revenue_amount prior_active_revenue_now_amount``.

    Raises
    ------
    ValueError
        A column is missing, or a row names no `by`.

    Notes
    -----
    Over accounts active in the prior window: GRR = sum max(0, min(current, prior)) / sum prior, NRR =
    sum current / sum prior.

    References
    ----------
    [S2a] KPI 9; M14-9, rulings F12, F47.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A", "A", "B"], "manager_id": "M", "net_revenue": [50.0, 60.0, 50.0],
    ...                        "order_date": pd.to_datetime(["2024-07-01", "2026-05-02", "2025-05-02"])})
    >>> found = retention(orders, as_of=date(2026, 6, 30), by="manager_id")
    >>> found[["retention_rate", "gross_retention_rate", "net_retention_rate"]].to_numpy().tolist()
    [[0.5, 0.5, 0.6]]
    """
    customers = _customers(orders, as_of, list(dict.fromkeys([by, "account_id"])))
    now, before = customers["revenue_amount"], customers["revenue_prior_amount"]
    figures = customers[[by]].assign(
        kept_accounts_count=((before > 0) & (now > 0)).astype(float),
        lapsed_accounts_count=((before > 0) & (now <= 0)).astype(float),
        prior_active_accounts_count=(before > 0).astype(float),
        retained_revenue_amount=np.minimum(now, before).clip(lower=0).where(before > 0),
        prior_active_revenue_amount=before.where(before > 0),
        prior_active_revenue_now_amount=now.where(before > 0),
    )
    sums = exact_sums(figures, figures.columns.drop(by), by=by)
    is_short = not reaches_back(orders, as_of=as_of, months=2 * TTM_MONTHS, whole=False)
    untold = pd.Series(is_short or by == "account_id", index=sums.index)
    bases = {"prior_active_accounts_count": ["kept_accounts_count"]}
    bases["prior_active_revenue_amount"] = ["retained_revenue_amount", "prior_active_revenue_now_amount"]
    rates = [ratio(sums[part], sums[base]).mask(untold) for base, parts in bases.items() for part in parts]
    reasons = {"portfolio_measure": by == "account_id", "short_history": is_short, "base_not_positive": rates[0].isna()}
    named = dict(zip(RETENTION_RATES, rates, strict=True))
    return sums.assign(**named, **{f"{name}_note": notes(sums.index, reasons) for name in named})


def _customers(orders: pd.DataFrame, as_of: date, keys: list[str]) -> pd.DataFrame:
    """Return per customer the revenue of both windows."""
    daily = known_sales(orders, as_of=as_of, keys=keys)
    current, prior = trailing_window(as_of), trailing_window(as_of, offset_months=TTM_MONTHS)
    windows = daily[keys].assign(
        revenue_amount=daily["net_revenue"].where(current.contains(daily["order_date"])),
        revenue_prior_amount=daily["net_revenue"].where(prior.contains(daily["order_date"])),
    )
    return exact_sums(windows, ["revenue_amount", "revenue_prior_amount"], by=keys)


def _with_first_orders(orders: pd.DataFrame, as_of: date, keys: list[str]) -> pd.DataFrame:
    """Return per customer also whether its first order lies in the current window."""
    customers = _customers(orders, as_of, keys)
    first = first_order_date(orders, as_of=as_of).reindex(customers["account_id"].astype("str"))
    return customers.assign(is_new=trailing_window(as_of).contains(first).to_numpy())


def _is_long(orders: pd.DataFrame, as_of: date, rules: CustomerRules) -> bool:
    return reaches_back(orders, as_of=as_of, months=rules.history_months, whole=True)
