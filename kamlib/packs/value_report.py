"""The customer's own pack: only what the customer may read, built field by field; what is not named here is not in it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial

import pandas as pd

from kamlib import lifecycle, value
from kamlib.data.engagement import Engagement
from kamlib.data.history import known_at
from kamlib.data.plan import Plan
from kamlib.data.tables import Tables
from kamlib.packs.named import opened_pack, require_account
from kamlib.packs.pack import Pack
from kamlib.packs.rows import plain
from kamlib.playbook import playbook
from kamlib.scores import Scores, score

DELIVERED = ("on_time_rate", "order_accuracy_rate", "perfect_order_rate", "answered_24h_rate", "solved_48h_rate", "green_channel_rate")
NO_DATES = pd.DataFrame({"date": pd.Series(dtype="datetime64[us]"), "kind": pd.Series(dtype="str")})
NOTICE_DAYS, FAULT_DAYS, MANY_FAULTS, USAGE_CHANGE = 180, 90, 3, 0.2


class ValueReport(Pack):
    """What a customer's value report may see."""


class ValueReportBuilder:
    """Cut value reports out of an engagement's tables and scores.

    Parameters
    ----------
    engagement : Engagement
    tables : Tables
        As read.
    scores : Scores
        Of the same tables.
    """

    def __init__(self, engagement: Engagement, tables: Tables, scores: Scores) -> None:
        self.engagement, self.scores = engagement, scores
        self.tables = known_at(tables, scores.as_of)
        self.registry = playbook("metrics")

    def account_ids(self) -> list[str]:
        """Return every account that can be rendered, in the order of its id."""
        return sorted(self.scores.values["account"].index)

    def build(self, account_id: str) -> dict:
        """Return the report of one account, JSON-ready.

        Raises
        ------
        KeyError
            There is no such account, or it was set aside.
        """
        account = self.tables["accounts"].set_index("account_id").loc[account_id]
        plan = self.tables.plans.get(account_id)
        plan = plan and plan.known_at(self.scores.as_of)
        return {
            "schema": 1,
            "account_id": account_id,
            "as_of": self.scores.as_of.isoformat(),
            "currency": self.engagement.currency,
            "engagement": self.engagement.name,
            "synthetic": self.engagement.synthetic,
            "account": {"name": plain(account["name"])},
            "manager": {"name": self._manager(plain(account["manager_id"]))},
            "scores": list(self._scores(account_id)),
            "trend_dates": [],
            "trends": {},
            "benchmarks": {},
            "outcomes": self._outcomes.get(account_id, []),
            "enablement": self._enablement(account_id, plan),
            "attention": list(self._attention(account_id, account)),
            "advice": list(_advice(plan)) if plan else [],
            "agreed": list(_agreed(plan)) if plan else [],
            "rows": {name: self._rows(account_id, name) for name in ("orders", "tickets") if name in self.tables},
            "policy": {},
        }

    def _manager(self, manager_id: str | None) -> str | None:
        managers = self.tables.get("managers")
        if managers is None or manager_id is None:
            return None
        names = managers.loc[managers["manager_id"] == manager_id, "name"]
        return plain(names.iloc[0]) if len(names) else None

    def _scores(self, account_id: str) -> Iterator[dict]:
        row = self.scores.values["account"].loc[account_id]
        for metric in DELIVERED:
            entry = self.registry[metric]
            for name in (metric, *entry["parts"]):
                found = self.registry[name]
                parts = {part: plain(row.get(part)) for part in found["parts"]}
                noted = {"coverage": None, "note": plain(row.get(f"{name}_note"))}
                yield {"metric": name, "value": plain(row.get(name)), "text": None, "unit": found["unit"], "parts": parts} | noted

    @cached_property
    def _outcomes(self) -> dict[str, list[dict]]:
        outcomes = self.tables.get("outcomes")
        if outcomes is None:
            return {}
        found = value.outcome_changes(outcomes, as_of=self.scores.as_of, fiscal_year_start=self.engagement.fiscal_year_start)
        return {
            account_id: [{name: plain(cell) for name, cell in row.items() if name != "account_id"} for row in rows.to_dict("records")]
            for account_id, rows in found.groupby("account_id")
        }

    def _enablement(self, account_id: str, plan: Plan | None) -> list[dict]:
        touched = self.tables.get("interactions")
        own = touched.loc[touched["account_id"] == account_id, ["date", "kind"]] if touched is not None else NO_DATES
        advised = pd.DataFrame([(pd.Timestamp(entry.date), entry.kind) for entry in plan.advice] if plan else [], columns=["date", "kind"])
        found = lifecycle.enablement(own, advised if len(advised) else NO_DATES, as_of=self.scores.as_of)
        return [{name: plain(cell) for name, cell in row.items()} for row in found.reset_index().to_dict("records")]

    def _attention(self, account_id: str, account: pd.Series) -> Iterator[list]:
        """Yield what the customer should look at on its own side: a contract that ends, faults that come back, use that changed."""
        end = account["contract_end"]
        if pd.notna(end) and 0 <= (end - pd.Timestamp(self.scores.as_of)).days <= NOTICE_DAYS:
            yield ["contract_end", end.date().isoformat()]
        tickets = self.tables.get("tickets")
        if tickets is not None:
            since = pd.Timestamp(self.scores.as_of) - pd.Timedelta(days=FAULT_DAYS)
            lately = (tickets["account_id"] == account_id) & (tickets["opened_at"] > since) & (tickets["kind"].astype("str") == "fault")
            if lately.sum() >= MANY_FAULTS:
                yield ["faults", int(lately.sum())]
        usage = self.scores.values["account"].get("usage_change_rate")
        if usage is not None and abs(usage[account_id]) >= USAGE_CHANGE:
            yield ["usage", float(usage[account_id])]

    def _rows(self, account_id: str, table: str) -> int:
        return int((self.tables[table]["account_id"] == account_id).sum())


def _advice(plan: Plan) -> Iterator[dict]:
    for entry in sorted(plan.advice, key=lambda entry: entry.date, reverse=True):
        yield {"date": entry.date.isoformat(), "text": entry.text, "effect": entry.effect}


def _agreed(plan: Plan) -> Iterator[dict]:
    for goal in plan.objectives:
        if goal.agreed_by_customer:
            yield {"text": goal.text, "date": goal.date and goal.date.isoformat()}


def open_value_report(
    engagement: str = "params/sample.yaml",
    *,
    account_id: str,
    as_of: str = "",
    language: str = "",
    edition: str = "customer",
    pack: str = "",
) -> ValueReport:
    """Open what a value report works on.

    Parameters
    ----------
    engagement : str
        The engagement file, looked for from the working directory upwards.
    account_id : str
    as_of : str
        ISO date; blank for the engagement's own.
    language : str
        ``en``, ``zh``, or blank for the engagement's own.
    edition : str
        ``customer``.
    pack : str
        Path of a pack file that the batch has written; blank builds the pack from the engagement.

    Returns
    -------
    ValueReport

    Raises
    ------
    KamError
        The account is unknown or was set aside.
    """
    return opened_pack(ValueReport, partial(_cut, account_id), engagement, as_of=as_of, language=language, edition=edition, pack=pack)


def _cut(account_id: str, engagement: Engagement, tables: Tables) -> dict:
    builder = ValueReportBuilder(engagement, tables, score(tables, engagement))
    require_account(account_id, builder.account_ids(), tables.quarantined)
    return builder.build(account_id)
