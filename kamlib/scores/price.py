"""Which discounts were granted, which prices need a reason, and who has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from kamlib import pricing, selection, stakeholders
from kamlib.data.history import known_at
from kamlib.data.tables import Tables
from kamlib.policy import Policy
from kamlib.scores.facts import daily_facts
from kamlib.scores.risk import early_warning

READ = ("accounts", "orders", "contacts", "interactions", "usage", "invoices", "tickets", "surveys", "events")  # what signals are read from
UNDATED = ("contract_end", "deputy_id", "technician_id")  # as of today: they say nothing of the past (F2)
LIFTABLE = ("low_sensitivity", "above_norm")


@dataclass(frozen=True)
class Prices:
    """Discounts and exceptions of every account.

    Parameters
    ----------
    orders : DataFrame
        `pricing.order_discounts`.
    exceptions : DataFrame
        `pricing.price_exceptions` and below them `pricing.below_cost`.
    norms : Series
        `pricing.tier_norms`.
    """

    orders: pd.DataFrame
    exceptions: pd.DataFrame
    norms: pd.Series


def prices(tables: Tables, facts: Mapping[str, pd.DataFrame], values: pd.DataFrame, policy: Policy, as_of: date) -> Prices | None:
    """Return discounts and exceptions, each judged by the risk at the end of the month before its order.

    Parameters
    ----------
    tables : Tables
        As read.
    facts : mapping of str to DataFrame
        The tables as known at the date.
    values : DataFrame, one row per account
        ``tier risk_level``.
    policy : Policy
    as_of : date

    Returns
    -------
    Prices or None
        None where no order has a list price or a cost.
    """
    orders, rules = facts["orders"], policy.price
    lost = pricing.below_cost(orders, as_of=as_of) if "cost" in tables.mapped["orders"] else pd.DataFrame()
    if "list_price" not in tables.mapped["orders"]:
        return None
    granted = pricing.order_discounts(orders, facts.get("approvals"), as_of=as_of, rules=rules)
    accounts = facts["accounts"].set_index("account_id")[["price_sensitivity"]].join(values[["tier", "risk_level"]])
    norms = pricing.tier_norms(granted, accounts["tier"], rules=rules)
    found = pricing.price_exceptions(granted, accounts, rules=rules, norms=norms)
    liftable = found[found["kind"].isin(LIFTABLE)]
    if len(liftable):
        risk = levels_before(tables, liftable, policy)
        found = pricing.price_exceptions(granted, accounts, risk=risk, rules=rules, norms=norms)
    return Prices(granted, pd.concat([found, lost.assign(by_today=False)], ignore_index=True) if len(lost) else found, norms)


def price_levels(found: Prices | None, tables: Tables, ids: pd.Index, owner: pd.Series | None = None) -> pd.DataFrame:
    """Return the sums of discounts and exceptions per id.

    Parameters
    ----------
    found : Prices or None
    tables : Tables
    ids : Index of str
    owner : Series of str, optional
        Whom each account counts for.

    Returns
    -------
    DataFrame
        Indexed by `ids`; no column where no order has a list price.
    """
    if found is None:
        return pd.DataFrame(index=ids)
    summary = pricing.price_summary(found.orders, found.exceptions, ids, owner=owner)
    return summary if "cost" in tables.mapped["orders"] else summary.drop(columns="below_cost_amount")


def levels_before(tables: Tables, exceptions: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Read the risk of the accounts that a reason could excuse, at the end of the month before each of their orders.

    Parameters
    ----------
    tables : Tables
    exceptions : DataFrame
        ``account_id order_date`` of the orders to be judged.
    policy : Policy

    Returns
    -------
    DataFrame
        ``account_id month_end risk_level``.

    References
    ----------
    M20, ruling F60.
    """
    wanted = set(exceptions["account_id"])
    frames = {name: tables[name][tables[name]["account_id"].isin(wanted)] for name in READ if name in tables}
    if "payments" in tables and "invoices" in frames:
        frames["payments"] = tables["payments"][tables["payments"]["invoice_id"].isin(frames["invoices"]["invoice_id"])]
    frames["accounts"] = frames["accounts"].assign(
        **{name: frames["accounts"][name].mask(frames["accounts"][name].notna()) for name in UNDATED}
    )
    few = replace(tables, frames=frames)
    rows = []
    for month in sorted(exceptions["order_date"].dt.to_period("M").unique()):
        day = (month - 1).end_time.date()
        past = known_at(few, day)
        if len(past["orders"]):
            rows.append(_levels(daily_facts(past, day), policy, day).assign(month_end=pd.Timestamp(day)))
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["account_id", "month_end", "risk_level"])


def _levels(facts: dict[str, pd.DataFrame], policy: Policy, day: date) -> pd.DataFrame:
    ids = pd.Index(facts["accounts"]["account_id"], dtype="str", name="account_id")
    values = selection.order_rhythm(facts["sales"], as_of=day, rules=policy.profile).reindex(ids).assign(segment=pd.NA)
    if "contacts" in facts:
        chain = stakeholders.decision_chain(facts["contacts"], facts.get("interactions"), as_of=day, rules=policy.stakeholders)
        values = values.join(chain[["single_threaded_flag", "executive_line_flag"]].reindex(ids))
    warned = early_warning(facts, values.astype({"segment": "str"}), policy, day)
    return warned[["risk_level"]].rename_axis("account_id").reset_index()
