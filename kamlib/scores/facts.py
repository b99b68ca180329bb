"""The tables as the measures take them: sales summed per day, and each row with the id that it counts for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from kamlib import kpis
from kamlib.data.tables import Tables
from kamlib.groups import group_root

OWNER_COLUMNS = {"account": "account_id", "group": "group_id", "manager": "manager_id", "portfolio": "portfolio"}
LEVELS = tuple(OWNER_COLUMNS)
NO_MANAGER = "(none)"  # F12
PORTFOLIO = "portfolio"


def daily_facts(tables: Tables, as_of: date) -> dict[str, pd.DataFrame]:
    """Sum order lines per account and day, and say of accounts when they first bought, of payments who paid."""
    facts = dict(tables.frames)
    facts["sales"] = kpis.sales_by_day(facts["orders"])
    first = kpis.first_order_date(facts["sales"], as_of=as_of)
    facts["accounts"] = facts["accounts"].assign(first_order_date=facts["accounts"]["account_id"].map(first))
    if "promised_on" in tables.mapped["orders"]:
        facts["deliveries"] = kpis.deliveries_by_day(facts["orders"])
    if {"invoices", "payments"} <= facts.keys():
        account_of = facts["invoices"].set_index("invoice_id")["account_id"]
        facts["payments"] = facts["payments"].assign(account_id=facts["payments"]["invoice_id"].map(account_of))
    return facts


def owned(facts: Mapping[str, pd.DataFrame], level: str) -> dict[str, pd.DataFrame]:
    """Give every row that belongs to an account the id that it counts for at this level; a group is named by its root."""
    by = OWNER_COLUMNS[level]
    if level == "account":
        return dict(facts)
    owner_of = owners(facts["accounts"], level)
    return {
        name: frame.assign(**{by: _owner(frame["account_id"], owner_of)}) if "account_id" in frame and name != "orders" else frame
        for name, frame in facts.items()
    }


def owners(accounts: pd.DataFrame, level: str) -> pd.Series:
    """Return the id that each account counts for at this level, by account id."""
    if level == "group":
        return group_root(accounts)
    ids = pd.Index(accounts["account_id"], dtype="str", name="account_id")
    if level == "portfolio":
        return pd.Series(PORTFOLIO, index=ids)
    column = accounts["account_id"] if level == "account" else accounts["manager_id"].fillna(NO_MANAGER)
    return pd.Series(column.to_numpy(), index=ids)


def _owner(account_id: pd.Series, owner_of: pd.Series) -> pd.Series:
    found = account_id.map(owner_of)
    return found.astype("category") if isinstance(account_id.dtype, pd.CategoricalDtype) else found
