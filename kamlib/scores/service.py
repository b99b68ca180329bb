"""What serving each account costs (A20), and the same summed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from kamlib import coverage, lifecycle, value
from kamlib.data.tables import Tables
from kamlib.periods import trailing_window
from kamlib.policy import Policy

SUMMED = ["service_time_amount", "freight_amount", "capital_cost_amount", "cost_to_serve_amount", "served_margin_amount"]
READ = ["given_amount", "invoiced_amount", "dso_days", "revenue_amount", "margin_amount"]


def service_costs(
    tables: Tables, facts: Mapping[str, pd.DataFrame], values: pd.DataFrame, policy: Policy, as_of: date, currency: str
) -> pd.DataFrame:
    """Return the cost to serve of every account.

    Parameters
    ----------
    tables : Tables
    facts : mapping of str to DataFrame
        Of the same tables, ``accounts`` with ``first_order_date``.
    values : DataFrame, one row per account
        ``segment revenue_amount`` and, where measured, the other columns of `READ`.
    policy : Policy
    as_of : date
    currency : str

    Returns
    -------
    DataFrame
        With the index of `values`: as `value.cost_to_serve`.
    """
    accounts = facts["accounts"].assign(segment=facts["accounts"]["account_id"].map(values["segment"]))
    planned = lifecycle.cadence_plan(accounts, as_of=as_of, cuts=policy.lifecycle)
    hours = coverage.account_hours(planned, values["segment"], rules=policy.coverage_hours)["workload_hours"]
    freight = pd.Series(float("nan"), index=values.index)
    if "freight" in tables.mapped["orders"]:
        orders = facts["orders"][trailing_window(as_of).contains(facts["orders"]["order_date"])]
        freight = orders.groupby(orders["account_id"].astype("str"))["freight"].sum(min_count=1).reindex(values.index)
    known = values.reindex(columns=READ).assign(workload_hours=hours, freight_amount=freight)
    return value.cost_to_serve(known, currency=currency, rules=policy.service_cost)


def summed_costs(per_account: pd.DataFrame, owner: pd.Series, revenue: pd.Series) -> pd.DataFrame:
    """Add up the costs of serving.

    Parameters
    ----------
    per_account : DataFrame
        `service_costs`.
    owner : Series of str
        Whom each account counts for.
    revenue : Series of float
        By owner.

    Returns
    -------
    DataFrame
        Indexed by owner; blank where no account is measured.
    """
    sums = per_account[SUMMED].groupby(owner.reindex(per_account.index)).sum(min_count=1).reindex(revenue.index)
    return sums.assign(cost_to_serve_rate=sums["cost_to_serve_amount"] / revenue.where(revenue > 0))
