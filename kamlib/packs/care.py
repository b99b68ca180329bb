"""What the playbook asks for: each account's dated actions of the next twelve months, and how those of the last were kept."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib import lifecycle
from kamlib.data.tables import Tables
from kamlib.packs.rows import plain
from kamlib.policy import Policy
from kamlib.scores.facts import daily_facts

PLANNED = ["due_on", "line_id", "action", "owner", "hours"]
KEPT = ["cadence_done_count", "cadence_due_count"]


class Care:
    """The plan and its keeping, account by account.

    Parameters
    ----------
    tables : Tables
        As known at the date.
    segment : Series of str
        Of today, indexed by account id.
    policy : Policy
    as_of : date
        The plan begins on the day after.
    """

    def __init__(self, tables: Tables, segment: pd.Series, policy: Policy, as_of: date) -> None:
        accounts = daily_facts(tables, as_of)["accounts"]
        accounts = accounts.assign(segment=accounts["account_id"].map(segment))
        plan = lifecycle.cadence_plan(accounts, as_of=as_of, cuts=policy.lifecycle)
        self._plan = dict(iter(plan.groupby("account_id")[PLANNED]))
        self._kept: dict = {}
        if "interactions" in tables:
            slots = lifecycle.cadence_slots(accounts, tables["interactions"], tables.get("events"), as_of=as_of, cuts=policy.lifecycle)
            kept = slots.groupby(["account_id", "line_id"], sort=True)[KEPT].sum().reset_index("line_id")
            self._kept = dict(iter(kept.groupby(level="account_id")))

    def of(self, account_id: str) -> dict[str, list[dict]]:
        """Return ``plan`` (dated actions) and ``kept`` (touches done and due per line), JSON-ready."""
        return {name: _records(found.get(account_id)) for name, found in (("plan", self._plan), ("kept", self._kept))}


def _records(frame: pd.DataFrame | None) -> list[dict]:
    if frame is None:
        return []
    return [{name: plain(cell) for name, cell in zip(frame, row, strict=True)} for row in frame.itertuples(index=False)]
