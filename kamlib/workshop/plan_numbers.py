"""What the rules say of a plan that is being written: moves, critic and hours, from facts that are gathered once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from kamlib import coverage, lifecycle
from kamlib.data.history import known_at
from kamlib.data.plan import Plan
from kamlib.moves import Critique, Move, critique, next_moves, proposals
from kamlib.packs.care import Care
from kamlib.packs.decide import Decisions
from kamlib.packs.people import People
from kamlib.packs.prices import PriceFacts
from kamlib.packs.rows import plain
from kamlib.packs.spare import Spare
from kamlib.periods import months_before
from kamlib.scores.facts import daily_facts
from kamlib.workshop.session import Workshop

FLAGS = ("single_threaded_flag", "executive_line_flag", "light_care_flag")
YEAR_MONTHS = 12


@dataclass(frozen=True)
class Proposed:
    """The moves of one account.

    Parameters
    ----------
    rules : dict of str to Move
        As the rules propose them, by id.
    stand, gone : list of Move
        Those that stand, the weightiest first, and those dismissed.
    first : set of str
        Ids of those on the first page.
    """

    rules: dict[str, Move]
    stand: list[Move]
    gone: list[Move]
    first: set[str]


@dataclass(frozen=True)
class Load:
    """What a manager's year holds.

    Parameters
    ----------
    manager_id, name : str
    cadence : float
        Hours that the playbook asks for over all of the manager's accounts.
    accounts_count, here_count, elsewhere_count : int
        Accounts, and open actions of the manager in this plan and in those of other accounts.
    capacity : float
        Hours a year that are there.
    """

    manager_id: str
    name: str
    cadence: float
    accounts_count: int
    here_count: int
    elsewhere_count: int
    capacity: float


class PlanNumbers:
    """Facts of one state of a workshop's scores, each gathered once, and what they make of a plan.

    Parameters
    ----------
    workshop : Workshop
        Its scores are taken as they are now.
    """

    def __init__(self, workshop: Workshop) -> None:
        self.workshop, self.scores, self.tables = workshop, workshop.scores, workshop.tables
        self.engagement, self.as_of = workshop.engagement, workshop.as_of
        self.known = known_at(self.tables, self.as_of)
        self._values = self.scores.values["account"]

    def proposed(self, account_id: str, plan: Plan | None) -> Proposed:
        """Return what the rules propose and what the plan makes of it.

        Parameters
        ----------
        account_id : str
        plan : Plan or None
            As it is being written.

        Returns
        -------
        Proposed
        """
        decisions = self._decisions(account_id, plan)
        prices = {"kinds": self._prices.kinds(account_id)}
        facts = decisions.facts(account_id, whitespace=self._spare.of(account_id), kept=self._care.of(account_id)["kept"], prices=prices)
        found = proposals(facts, as_of=self.as_of, rules=decisions.rules)
        stand, gone = decisions.decided(account_id, facts)
        first = {move.id for move in next_moves(stand, rules=decisions.rules)}
        return Proposed({move.id: move for move in found}, stand, gone, first)

    def critique(self, account_id: str, plan: Plan | None) -> Critique:
        """Return what the plan leaves open."""
        row = self._values.loc[account_id]
        data = plan and plan.known_at(self.as_of).model_dump(by_alias=True)
        flags = {name: plain(row.get(name)) for name in FLAGS}
        return critique(data, flags, tier=plain(row.get("tier")), as_of=self.as_of, rules=self.engagement.policy.moves)

    def load(self, account_id: str, plan: Plan | None) -> Load | None:
        """Return the hours of the account's manager; None where nobody manages it.

        Parameters
        ----------
        account_id : str
        plan : Plan or None

        Returns
        -------
        Load or None
        """
        manager = self._owner.get(account_id)
        if not isinstance(manager, str):
            return None
        mine = self._owner.index[self._owner == manager]
        others = [other for name, other in self.tables.plans.items() if name != account_id]
        name = self.people.get(manager, manager)
        here, elsewhere = (sum(self._open(one, {manager, name}) for one in plans) for plans in ([plan] if plan else [], others))
        return Load(manager, name, float(self._hours.reindex(mine).sum()), len(mine), here, elsewhere, self._capacity(manager))

    @cached_property
    def people(self) -> dict[str, str]:
        """Our people by id: managers by name, technicians and deputies whom the accounts name by their id."""
        managers = self.tables.get("managers")
        names = managers.set_index("manager_id")["name"] if managers is not None else pd.Series(dtype="str")
        found = {str(person): str(name) if isinstance(name, str) else str(person) for person, name in names.items()}
        accounts = self.tables["accounts"]
        columns = [name for name in ("manager_id", "deputy_id", "technician_id") if name in accounts]
        others = sorted({str(person) for name in columns for person in accounts[name].dropna()} - found.keys())
        return found | {person: person for person in others}

    @cached_property
    def contacts(self) -> People:
        """The contacts of each account, and whether we met them."""
        return People(self.known, self.engagement.policy, self.as_of)

    def _decisions(self, account_id: str, plan: Plan | None) -> Decisions:
        """Return the decisions with one plan in the place of what lies on the disk; what hangs on the scores alone is kept."""
        others = {name: other for name, other in self.tables.plans.items() if name != account_id}
        self._standing.tables = replace(self.tables, plans=others | ({account_id: plan} if plan else {}))
        return self._standing

    @cached_property
    def _standing(self) -> Decisions:
        return Decisions(self.engagement, self.tables, self.known, self.scores)

    @cached_property
    def _care(self) -> Care:
        return Care(self.known, self._values["segment"], self.engagement.policy, self.as_of)

    @cached_property
    def _spare(self) -> Spare:
        return Spare(self.known, self.engagement.policy, self.as_of)

    @cached_property
    def _prices(self) -> PriceFacts:
        return PriceFacts(self.known, self.scores, self.engagement.currency)

    @cached_property
    def _owner(self) -> pd.Series:
        return self.known["accounts"].set_index("account_id")["manager_id"].reindex(self._values.index)

    @cached_property
    def _hours(self) -> pd.Series:
        """Hours a year that each account takes by the playbook."""
        accounts = daily_facts(self.known, self.as_of)["accounts"]
        accounts = accounts.assign(segment=accounts["account_id"].map(self._values["segment"]))
        planned = lifecycle.cadence_plan(accounts, as_of=self.as_of, cuts=self.engagement.policy.lifecycle)
        return coverage.account_hours(planned, self._values["segment"], rules=self.engagement.policy.coverage_hours)["workload_hours"]

    def _capacity(self, manager: str) -> float:
        usual, managers = float(self.engagement.policy.coverage_hours.capacity_hours), self.known.get("managers")
        if managers is None or "capacity_hours" not in managers:
            return usual
        given = managers.set_index("manager_id")["capacity_hours"].get(manager)
        return usual if given is None or pd.isna(given) else float(given)

    def _open(self, plan: Plan, names: set[str]) -> int:
        """Count the open actions of a person that are due within the year, or have no day."""
        last = months_before(self.as_of, -YEAR_MONTHS)
        return sum(
            action.owner in names and (action.due is None or action.due <= last)
            for action in plan.known_at(self.as_of).actions
            if not action.done_on
        )
