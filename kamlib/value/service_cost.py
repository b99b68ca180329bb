"""M14, M22: what an account costs us beside its goods: our time, discounts, freight, the money tied up."""

from __future__ import annotations

import pandas as pd

from kamlib.checks import require_columns
from kamlib.policy import ServiceCost

PARTS = ("service_time_amount", "given_amount", "freight_amount", "capital_cost_amount")


def cost_to_serve(values: pd.DataFrame, *, currency: str, rules: ServiceCost) -> pd.DataFrame:
    """Add up what serving each account costs, and what is left of its margin.

    Parameters
    ----------
    values : DataFrame, one row per account
        ``workload_hours`` (a year), ``given_amount`` (list less net), ``freight_amount``, ``invoiced_amount dso_days``, ``revenue_amount
        margin_amount``; NaN where not known.
    currency : str
        An hour costs what the policy says in it; nothing is said of other currencies.
    rules : ServiceCost

    Returns
    -------
    DataFrame
        With the index of `values`: ``service_time_amount freight_amount capital_cost_amount cost_to_serve_amount`` (sum of the parts
        that are known), ``cost_to_serve_amount_coverage`` (share of the four parts that are), ``cost_to_serve_rate`` (to revenue) and
        ``served_margin_amount``, margin before discounts less the cost to serve.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Money tied up is what was invoiced in a year × rate × DSO ÷ 365, that is the mean balance × rate. The margin is already net of
    discounts, so that they are not taken off twice (decision 0063).

    References
    ----------
    [S2a]; addition A20.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> values = pd.DataFrame({"workload_hours": [10.0], "given_amount": [500.0], "freight_amount": [float("nan")],
    ...                        "invoiced_amount": [36500.0], "dso_days": [50.0], "revenue_amount": [36500.0], "margin_amount": [9000.0]})
    >>> cost_to_serve(values, currency="CNY", rules=load_policy().service_cost).iloc[0].round(4).tolist()
    [3000.0, nan, 400.0, 3900.0, 0.75, 0.1068, 5600.0]
    """
    columns = ["workload_hours", "given_amount", "freight_amount", "invoiced_amount", "dso_days", "revenue_amount", "margin_amount"]
    require_columns(values, columns, table="values")
    parts = pd.DataFrame(
        {
            "service_time_amount": values["workload_hours"] * rules.hour_amount.get(currency, float("nan")),
            "given_amount": values["given_amount"],
            "freight_amount": values["freight_amount"],
            "capital_cost_amount": values["invoiced_amount"] * rules.capital_rate * values["dso_days"] / 365,
        }
    )
    total, revenue = parts.sum(axis=1, min_count=1), values["revenue_amount"]
    return parts.drop(columns="given_amount").assign(
        cost_to_serve_amount=total,
        cost_to_serve_amount_coverage=parts.notna().mean(axis=1),
        cost_to_serve_rate=total / revenue.where(revenue > 0),
        served_margin_amount=values["margin_amount"] + parts["given_amount"].fillna(0.0) - total,
    )
