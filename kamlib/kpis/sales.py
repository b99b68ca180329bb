"""KPIs 1, 2 and 4: revenue and volume, margin, growth."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.kpis.shared import known_sales, notes, ratio, reaches_back
from kamlib.money import exact_sums, plain_index
from kamlib.periods import TTM_MONTHS, trailing_window, window_numbers


def revenue(orders: pd.DataFrame, *, as_of: date, by: str = "account_id") -> pd.DataFrame:
    """Revenue and volume of the trailing twelve months, and the revenue of the twelve before.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `sales_by_day`: `by`, ``order_date``, ``net_revenue``, and where they are there
        ``order_id``, ``quantity``, ``unit``. Returns are negative lines.
    as_of : date
        Last day of the window; later rows are not looked at.
    by : str
        Column whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``revenue_amount revenue_prior_amount quantity_count orders_count lines_count
        active_months_count`` (of the last twelve months, those with positive revenue),
        ``revenue_amount_note revenue_prior_amount_note`` (``short_history`` where the orders begin inside
        the window) and ``quantity_count_note`` (``mixed_units``; then the quantity is NaN).

    Raises
    ------
    ValueError
        A column is missing, or a row names no `by`.

    References
    ----------
    [S2a] KPI 1; M14-1, rulings F4, F40.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A", "A"], "order_date": pd.to_datetime(["2026-06-30", "2025-06-30"]),
    ...                        "net_revenue": [90.0, 60.0], "quantity": [3.0, 2.0]})
    >>> revenue(orders, as_of=date(2026, 6, 30))[["revenue_amount", "revenue_prior_amount", "quantity_count"]]
                revenue_amount  revenue_prior_amount  quantity_count
    account_id
    A                     90.0                  60.0             3.0
    """
    daily = known_sales(orders, as_of=as_of, keys=[by])
    current = trailing_window(as_of).contains(daily["order_date"])
    prior = trailing_window(as_of, offset_months=TTM_MONTHS).contains(daily["order_date"])
    parts = daily[[by]].assign(
        revenue_amount=daily["net_revenue"].where(current),
        revenue_prior_amount=daily["net_revenue"].where(prior),
        quantity_count=daily["quantity"].where(current),
        orders_count=daily["orders_count"].where(current),
        lines_count=daily["lines_count"].where(current),
    )
    sums = exact_sums(parts, parts.columns.drop(by), by=by)
    mixed = _mixed_units(daily[current], by).reindex(sums.index, fill_value=False)
    sums["quantity_count"] = sums["quantity_count"].mask(mixed)
    for name, source in (("quantity_count", "quantity"), ("orders_count", "orders_count")):
        if daily[source].isna().all():
            sums[name] = np.nan
    sums["active_months_count"] = _active_months(daily, as_of, by).reindex(sums.index, fill_value=0.0)
    return sums.assign(
        revenue_amount_note=notes(sums.index, {"short_history": _is_short(daily, as_of, 1)}),
        revenue_prior_amount_note=notes(sums.index, {"short_history": _is_short(daily, as_of, 2)}),
        quantity_count_note=notes(sums.index, {"mixed_units": mixed}),
    )


def margin(orders: pd.DataFrame, *, as_of: date, by: str = "account_id") -> pd.DataFrame:
    """Profit margin of the trailing twelve months over the lines whose cost is known.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `sales_by_day`: `by`, ``order_date``, ``net_revenue``, ``cost`` (line total).
    as_of : date
        Last day of the window.
    by : str
        Column whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``margin_rate`` (NaN where the costed revenue is not positive),
        ``margin_rate_coverage`` (share of the revenue, regardless of sign, whose cost is known),
        ``margin_rate_note`` (``no_rows no_cost base_not_positive``), ``margin_amount
        costed_revenue_amount cost_amount``.

    Raises
    ------
    ValueError
        A column is missing, or a row names no `by`.

    References
    ----------
    [S2a] KPI 2; M14-2, ruling F4.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A", "A"], "order_date": pd.to_datetime(["2026-05-02", "2026-06-02"]),
    ...                        "net_revenue": [60.0, 20.0], "cost": [45.0, None]})
    >>> margin(orders, as_of=date(2026, 6, 30))[["margin_rate", "margin_rate_coverage"]]
                margin_rate  margin_rate_coverage
    account_id
    A                  0.25                  0.75
    """
    daily = known_sales(orders, as_of=as_of, keys=[by])
    current = trailing_window(as_of).contains(daily["order_date"])
    names = ["costed_revenue", "cost", "absolute_revenue", "absolute_costed_revenue", "lines_count"]
    sums = exact_sums(daily[[by]].join(daily[names].where(current)), names, by=by)
    gained = sums["costed_revenue"] - sums["cost"]
    reasons = {
        "no_rows": sums["lines_count"] == 0,
        "no_cost": sums["absolute_costed_revenue"] == 0,
        "base_not_positive": sums["costed_revenue"] <= 0,
    }
    return pd.DataFrame(
        {
            "margin_rate": ratio(gained, sums["costed_revenue"]),
            "margin_rate_coverage": ratio(sums["absolute_costed_revenue"], sums["absolute_revenue"]),
            "margin_rate_note": notes(sums.index, reasons),
            "margin_amount": gained.where(sums["absolute_costed_revenue"] > 0),
            "costed_revenue_amount": sums["costed_revenue"],
            "cost_amount": sums["cost"].where(sums["absolute_costed_revenue"] > 0),
        }
    )


def growth(orders: pd.DataFrame, *, as_of: date, by: str = "account_id") -> pd.DataFrame:
    """Growth of the trailing twelve months against the twelve months before.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `sales_by_day`: `by`, ``order_date``, ``net_revenue``.
    as_of : date
        Last day of the window.
    by : str
        Column whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``growth_rate`` (from -1 without returns; NaN where the prior revenue is not
        positive, or the orders begin inside the prior window), ``growth_rate_note`` (``short_history
        new inactive base_not_positive``, and ``lost`` beside a rate), ``revenue_amount
        revenue_prior_amount``.

    Raises
    ------
    ValueError
        A column is missing, or a row names no `by`.

    References
    ----------
    [S2a] KPI 4; M14-4, ruling F40.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A", "A", "B"], "net_revenue": [90.0, 60.0, 5.0],
    ...                        "order_date": pd.to_datetime(["2026-06-30", "2024-07-01", "2026-01-31"])})
    >>> growth(orders, as_of=date(2026, 6, 30))[["growth_rate", "growth_rate_note"]]
                growth_rate growth_rate_note
    account_id
    A                   0.5              NaN
    B                   NaN              new
    """
    daily = known_sales(orders, as_of=as_of, keys=[by])
    current, prior = trailing_window(as_of), trailing_window(as_of, offset_months=TTM_MONTHS)
    parts = daily[[by]].assign(
        revenue_amount=daily["net_revenue"].where(current.contains(daily["order_date"])),
        revenue_prior_amount=daily["net_revenue"].where(prior.contains(daily["order_date"])),
    )
    sums = exact_sums(parts, ["revenue_amount", "revenue_prior_amount"], by=by)
    now, before = sums["revenue_amount"], sums["revenue_prior_amount"]
    is_short = _is_short(daily, as_of, 2)
    reasons = {
        "short_history": is_short,
        "new": (before == 0) & (now > 0),
        "inactive": (before == 0) & (now == 0),
        "base_not_positive": before <= 0,
        "lost": now <= 0,
    }
    rate = ratio(now, before) - 1
    return sums.assign(growth_rate=rate.mask(pd.Series(is_short, index=rate.index)), growth_rate_note=notes(sums.index, reasons))


def first_order_date(orders: pd.DataFrame, *, as_of: date, by: str = "account_id") -> pd.Series:
    """Day of the first positive order: the first day on which sales outweigh returns.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `sales_by_day`: `by`, ``order_date``, ``net_revenue``.
    as_of : date
        Later rows are not looked at.
    by : str
        Column whose values are measured.

    Returns
    -------
    Series of datetime64
        Named ``first_order_date``, indexed by the values of `by` that have one.

    References
    ----------
    Rulings F31, F46.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A", "A"], "net_revenue": [-5.0, 9.0],
    ...                        "order_date": pd.to_datetime(["2026-01-31", "2026-02-01"])})
    >>> first_order_date(orders, as_of=date(2026, 6, 30))["A"]
    Timestamp('2026-02-01 00:00:00')
    """
    daily = known_sales(orders, as_of=as_of, keys=[by])
    sums = exact_sums(daily, ["net_revenue"], by=[by, "order_date"])
    days = sums[sums["net_revenue"] > 0].drop_duplicates(by)
    return plain_index(days.set_index(by)["order_date"].rename("first_order_date"))


def _mixed_units(daily: pd.DataFrame, by: str) -> pd.Series:
    if "unit" not in daily:
        return pd.Series(dtype=bool)
    count = daily.groupby(by, observed=True)["unit"].nunique(dropna=False)
    return plain_index(count > 1)


def _active_months(daily: pd.DataFrame, as_of: date, by: str) -> pd.Series:
    months = [trailing_window(as_of, 1, offset_months=k) for k in reversed(range(TTM_MONTHS))]
    number = window_numbers(daily["order_date"], months)
    inside = daily[[by, "net_revenue"]].assign(month=number)[number >= 0]
    monthly = exact_sums(inside, ["net_revenue"], by=[by, "month"])
    return exact_sums(monthly.assign(active=(monthly["net_revenue"] > 0).astype(float)), ["active"], by=by)["active"]


def _is_short(daily: pd.DataFrame, as_of: date, years: int) -> bool:
    return not reaches_back(daily, as_of=as_of, months=years * TTM_MONTHS, whole=False)
