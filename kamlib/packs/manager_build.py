"""Cut a manager's pack: accounts, card, hours, pay of the last closed period, and what would earn more."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property

import pandas as pd

from kamlib import coverage, lifecycle, scorecards
from kamlib.data.engagement import Engagement
from kamlib.data.history import known_at
from kamlib.data.tables import Tables
from kamlib.packs.manager_pay import ManagerPay
from kamlib.packs.portfolio_levers import known_company
from kamlib.packs.rows import owned_frames, plain
from kamlib.playbook import playbook
from kamlib.scores import Scores
from kamlib.scores.facts import NO_MANAGER, daily_facts

ACCOUNT_COLUMNS = ["name", "revenue_amount", "growth_rate", "margin_rate", "segment", "tier", "risk_level", "revenue_at_risk_amount"]
ACCOUNT_COLUMNS += ["cadence_compliance_rate", "workload_hours", "missing_roles", "uncoordinated_count"]
CLASSES = ("name", "segment", "tier", "risk_level", "missing_roles")


class ManagerBuilder:
    """Cut managers' packs out of an engagement's tables and scores.

    Parameters
    ----------
    engagement : Engagement
    tables : Tables
        As read.
    scores : Scores
        Of the same tables.
    """

    def __init__(self, engagement: Engagement, tables: Tables, scores: Scores) -> None:
        self.engagement, self.scores, self.every = engagement, scores, tables
        self.tables = known_at(tables, scores.as_of)
        self.rules = engagement.policy.coverage_hours

    def manager_ids(self) -> list[str]:
        """Return everybody who has an account, in the order of the id."""
        return sorted(set(self.scores.values["manager"].index) - {NO_MANAGER})

    def build(self, manager_id: str) -> dict:
        """Return the pack of one manager, JSON-ready.

        Raises
        ------
        KeyError
            There is no such manager.
        """
        own = self._accounts[self._accounts["manager_id"] == manager_id].sort_values("revenue_amount", ascending=False, kind="stable")
        rows = own.rename_axis("account_id").reset_index()
        return {
            "schema": 1,
            "as_of": self.scores.as_of.isoformat(),
            "currency": self.engagement.currency,
            "engagement": self.engagement.name,
            "synthetic": self.engagement.synthetic,
            "manager": self._named(manager_id),
            "accounts": {name: [plain(cell) for cell in rows[name]] for name in ["account_id", *ACCOUNT_COLUMNS]},
            "scores": list(self._scores(manager_id)),
            "trend_dates": [],
            "trends": {},
            "benchmarks": {},
            "card": self._card(manager_id),
            "appraisal": self._appraisal(manager_id),
            "off_quota": self._off_quota.get(manager_id, []),
            "capacity": self._capacity(manager_id, own),
            "pay": self._pay.of(manager_id),
            "conflicts": [row for row in self._conflicts if {row["account_id"], row["other_id"]} & set(own.index)],
            "rows": {name: int(owner.isin(own.index).sum()) for name, owner in self._owners.items()},
            "policy": self.engagement.policy.leaves(),
        }

    @cached_property
    def _accounts(self) -> pd.DataFrame:
        values = self.scores.values["account"]
        accounts = daily_facts(self.tables, self.scores.as_of)["accounts"]
        planned = lifecycle.cadence_plan(
            accounts.assign(segment=accounts["account_id"].map(values["segment"])),
            as_of=self.scores.as_of,
            cuts=self.engagement.policy.lifecycle,
        )
        hours = coverage.account_hours(planned, values["segment"], rules=self.rules)["workload_hours"]
        facts = accounts.set_index("account_id")[["name", "manager_id", "technician_id", "industry"]].reindex(values.index)
        found = facts.join(values.reindex(columns=[name for name in (*ACCOUNT_COLUMNS, "relationship_stage") if name not in facts]))
        line = values.get("executive_line_flag", pd.Series(float("nan"), index=values.index))
        roles = coverage.missing_roles(found.assign(executive_line_flag=line))
        touched = self.tables.get("interactions")
        alone = float("nan")
        if touched is not None and "our_person_id" in self.tables.mapped["interactions"]:
            alone = coverage.uncoordinated_touches(touched, facts["manager_id"], as_of=self.scores.as_of, rules=self.rules)
        named = facts["name"].fillna(pd.Series(values.index, index=values.index))
        return found.assign(name=named, workload_hours=hours, missing_roles=roles, uncoordinated_count=alone)

    @cached_property
    def _assignment(self) -> coverage.Assignment | None:
        managers = self.tables.get("managers")
        if managers is None or not len(managers):
            return None
        people = managers.set_index("manager_id")
        fit = coverage.manager_fit(self._accounts, people, rules=self.rules)
        hours = self._accounts["workload_hours"]
        return coverage.assign_accounts(
            fit, hours, coverage.workable_capacity(hours, self._hours_of_all), self._accounts["manager_id"], rules=self.rules
        )

    @cached_property
    def _hours_of_all(self) -> pd.Series:
        people = self.tables["managers"].set_index("manager_id")
        given = people["capacity_hours"] if "capacity_hours" in people else pd.Series(float("nan"), index=people.index)
        return given.astype(float).fillna(self.rules.capacity_hours)

    def _capacity(self, manager_id: str, own: pd.DataFrame) -> dict:
        """Return hours against capacity, and what the best assignment would take from the manager and give."""
        by_segment = own.groupby("segment")["workload_hours"].agg(["size", "sum"]).sort_index()
        found = {
            "hours": float(own["workload_hours"].sum()),
            "capacity": float(self._hours_of_all.get(manager_id, self.rules.capacity_hours)) if "managers" in self.tables else None,
            "segments": [[segment, int(row["size"]), float(row["sum"])] for segment, row in by_segment.iterrows()],
            "all_hours": float(self._accounts["workload_hours"].sum()),
            "managers_needed": coverage.managers_needed(self._accounts["workload_hours"], rules=self.rules),
            "managers_count": len(self._hours_of_all) if "managers" in self.tables else 0,
            "moves": [],
        }
        if self._assignment is not None:
            moves = self._assignment.moves
            mine = moves[(moves["from_manager"] == manager_id) | (moves["to_manager"] == manager_id)]
            names = self._accounts["name"]
            found["moves"] = [
                {name: plain(cell) for name, cell in row.items()} | {"name": names[row["account_id"]]} | self._sides(row)
                for row in mine.to_dict("records")
            ]
            found["is_optimal"] = self._assignment.is_optimal
        return found

    @cached_property
    def _owners(self) -> dict[str, pd.Series]:
        """The account of every row, table by table."""
        return {name: frame["account_id"].astype("str") for name, frame in owned_frames(self.tables.frames).items()}

    def _sides(self, move: dict) -> dict:
        """Name the managers that a move goes from and to."""
        people = self.tables["managers"].set_index("manager_id")["name"]
        ids = {side: plain(move[f"{side}_manager"]) for side in ("from", "to")}
        return {f"{side}_name": plain(people.get(key)) or key for side, key in ids.items()}

    def _named(self, manager_id: str) -> dict:
        managers = self.tables.get("managers")
        known = managers[managers["manager_id"] == manager_id] if managers is not None else pd.DataFrame()
        row = known.iloc[0] if len(known) else {}
        return {
            "manager_id": manager_id,
            "name": plain(row.get("name")) if len(known) else None,
            "level": plain(row.get("level")) if len(known) else None,
        }

    def _scores(self, manager_id: str):
        row = self.scores.values["manager"].loc[manager_id]
        for metric, entry in playbook("metrics").items():
            if "manager" in entry["level"]:
                found = plain(row.get(metric))
                texts = {"value": None if isinstance(found, str) else found, "text": found if isinstance(found, str) else None}
                parts = {} if "above" in entry else {part: plain(row.get(part)) for part in entry.get("parts", [])}
                beside = {name: plain(row.get(f"{metric}_{name}")) for name in ("coverage", "note")}
                yield {"metric": metric, **texts, "unit": entry["unit"], **beside, "parts": parts}

    def _card(self, manager_id: str) -> list[dict]:
        """Return the targets of the manager with what was reached, as the scorecard weighs them."""
        targets = self.tables.get("targets")
        if targets is None:
            return []
        units = {metric: entry["unit"] for metric, entry in playbook("metrics").items()}
        start = self.engagement.fiscal_year_start
        mine = targets[(targets["scope"] == "manager") & (targets["id"] == manager_id)]
        rows = scorecards.current_targets(mine, as_of=self.scores.as_of, units=units, fiscal_year_start=start)
        values = self.scores.values["manager"]

        def reached(metric: str) -> float:
            return float(values.at[manager_id, metric]) if metric in values else float("nan")

        now = rows.assign(value=[reached(metric) for metric in rows["metric"]])
        whole = now[[_is_year(period) for period in now["period"]] if len(now) else []]
        found = scorecards.target_scores(whole[["id", "metric", "period", "value"]], whole.drop(columns="value"))
        return [
            {name: plain(row[name]) for name in ("metric", "period", "floor", "target", "value", "score")}
            for row in found.to_dict("records")
        ]

    @cached_property
    def _off_quota(self) -> dict[str, list]:
        """Quotas of this year and later that the targets of the accounts do not add up to."""
        targets = self.tables.get("targets")
        if targets is None:
            return {}
        owner = self.tables["accounts"].set_index("account_id")["manager_id"]
        found = scorecards.targets_off_quota(targets, owner, tolerance=self.engagement.policy.moves.quota_tolerance)
        found = found[found["period"].str[:4] >= str(self.scores.as_of.year)]
        return {key: part.drop(columns="manager_id").to_numpy(dtype=object).tolist() for key, part in found.groupby("manager_id")}

    def _appraisal(self, manager_id: str) -> dict | None:
        """Return the appraisal form of a manager whom the company file rates."""
        company = known_company(self.engagement, self.scores)
        rated = company and company.appraisals.get(manager_id)
        if not rated:
            return None
        policy = self.engagement.policy
        found = scorecards.appraisal(
            float(self.scores.values["manager"].at[manager_id, "scorecard_score"]),
            rated.competencies,
            rated.conduct,
            weights=policy.appraisal,
            minimum_coverage=policy.coverage.minimum_share,
        )
        return {name: plain(value) for name, value in asdict(found).items()} | {"levels": dict(rated.competencies)}

    @cached_property
    def _pay(self) -> ManagerPay:
        return ManagerPay(self.engagement, self.every, self.tables, self.scores.as_of)

    @cached_property
    def _conflicts(self) -> list[dict]:
        if "channel" not in self.tables.mapped["accounts"]:
            return []
        found = coverage.channel_conflicts(self.tables["accounts"], rules=self.rules)
        names = self._accounts["name"]
        return [
            {
                "account_id": row.account_id,
                "other_id": row.other_id,
                "name": names.get(row.account_id),
                "other_name": names.get(row.other_id),
                "reason": row.reason,
            }
            for row in found.itertuples()
        ]


def _is_year(period: str) -> bool:
    return "Q" not in period and "-" not in period
