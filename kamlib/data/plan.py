"""What a workshop decides about one account, typed: objectives, needs, beliefs, risks, actions, decided moves."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kamlib.data.sources import Strict

Day = date  # a field named date hides the type
Text = Annotated[str, Field(min_length=1)]
LISTED = ("objectives", "needs", "beliefs", "risks", "actions", "annual_plan", "tenders", "advice", "outreach")
LAYERS = ("business", "organisational", "personal")


class Objective(Strict):
    """What is to be reached: measure, target and date are asked for, and may still be missing."""

    id: Text
    text: Text
    measure: Text | None = None
    target: float | str | None = None
    date: Day | None = None
    agreed_by_customer: bool = False


class Need(Strict):
    """What the customer asks for, what lies behind it, and our answer."""

    id: Text
    layer: Literal["business", "organisational", "personal"]
    stated: Text
    hidden: str | None = None
    evidence: str | None = None
    sources: list[Text] = []
    answer: Literal["technical", "managerial", "process", "financial"] | None = None


class Belief(Strict):
    """A fact of the account file; with fewer than two independent sources it is an assumption whatever `state` says."""

    id: Text
    field: Text
    text: Text
    state: Literal["assumed", "confirmed"] = "assumed"
    sources: list[Text] = []
    date: Day


class Swot(Strict):
    """Strengths, weaknesses, opportunities, threats."""

    strengths: list[Text] = []
    weaknesses: list[Text] = []
    opportunities: list[Text] = []
    threats: list[Text] = []


class Risk(Strict):
    """What may go wrong, and what we do then."""

    id: Text
    text: Text
    counter_move: str | None = None


class Action(Strict):
    """Who does what by when."""

    id: Text
    text: Text
    objective: str | None = None
    owner: str | None = None
    due: Day | None = None
    done_on: Day | None = None


class PlannedSpend(Strict):
    """One entry of the customer's own annual plan: what it means to do or buy, and when."""

    id: Text
    text: Text
    period: Text | None = None
    budget: float | None = None


class Tender(Strict):
    """A tender of the customer, from notice to result."""

    id: Text
    text: Text
    published: Day | None = None
    deadline: Day | None = None
    criteria: str | None = None
    rivals: list[Text] = []
    bid: Literal["yes", "no", "open"] = "open"
    result: Literal["won", "lost", "open"] = "open"


class Advice(Strict):
    """What we warned the customer of or advised, free of charge."""

    id: Text
    text: Text
    kind: Literal["usage", "capacity", "contract", "fault", "policy", "technical", "offer", "proposal", "report", "introduction"]
    date: Day
    effect: str | None = None


class Outreach(Strict):
    """One attempt to reach somebody at a customer to be."""

    id: Text
    date: Day
    to: Text
    result: Literal["none", "reply", "meeting", "order"] = "none"


class Assessment(Strict):
    """A rating of the workshop, as the table of assessments has it."""

    item: Text
    level: Annotated[int, Field(ge=0, le=10)]
    source: str | None = None
    source_2: str | None = None
    assessed_on: Day
    assessor: str | None = None


class Move(Strict):
    """What was decided about a proposed move, and for which cause."""

    state: Literal["accepted", "edited", "dismissed"]
    cause: Text
    by: str | None = None
    at: Day | None = None
    text: str | None = None
    owner: str | None = None
    due: Day | None = None


class Plan(Strict):
    """The plan of one account.

    Parameters
    ----------
    account_id : str
    revision : int
        Counts every write; a plan is written only over the revision that was read.
    objectives, needs, beliefs, risks, actions, assessments : lists
    annual_plan, tenders, advice, outreach : lists
        The customer's own plan and tenders, what we told it, and how it was approached.
    swot : Swot
    moves : dict of str to Move
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    revision: Annotated[int, Field(ge=0)] = 0
    account_id: Text
    objectives: list[Objective] = []
    needs: list[Need] = []
    beliefs: list[Belief] = []
    swot: Swot = Swot()
    risks: list[Risk] = []
    actions: list[Action] = []
    assessments: list[Assessment] = []
    annual_plan: list[PlannedSpend] = []
    tenders: list[Tender] = []
    advice: list[Advice] = []
    outreach: list[Outreach] = []
    moves: dict[str, Move] = {}

    @model_validator(mode="after")
    def _told_apart(self) -> Plan:
        for name in LISTED:
            ids = [entry.id for entry in getattr(self, name)]
            twice = sorted({entry for entry in ids if ids.count(entry) > 1})
            if twice:
                raise ValueError(f"{name} has the id {twice[0]} twice; give each entry its own")
        known = {objective.id for objective in self.objectives}
        for action in self.actions:
            if action.objective is not None and action.objective not in known:
                named = ", ".join(sorted(known)) or "none"
                raise ValueError(f"action {action.id} names the objective {action.objective}, which the plan does not have; it has {named}")
        return self

    def known_at(self, as_of: date) -> Plan:
        """Return the plan as it stood on a day: later beliefs and ratings are left out, what was done later is not done.

        Parameters
        ----------
        as_of : date

        Returns
        -------
        Plan
        """
        undone = {"done_on": None}
        actions = [entry.model_copy(update=undone) if entry.done_on and entry.done_on > as_of else entry for entry in self.actions]
        beliefs = [belief for belief in self.beliefs if belief.date <= as_of]
        rated = [rating for rating in self.assessments if rating.assessed_on <= as_of]
        advice, outreach = ([entry for entry in entries if entry.date <= as_of] for entries in (self.advice, self.outreach))
        moves = {name: move for name, move in self.moves.items() if not move.at or move.at <= as_of}
        past = {"actions": actions, "beliefs": beliefs, "assessments": rated, "moves": moves, "advice": advice, "outreach": outreach}
        return self.model_copy(update=past)


def plan_schema() -> str:
    """Return the JSON schema of a plan file, ``params/plan.schema.json``.

    Examples
    --------
    >>> '"title": "Plan"' in plan_schema()
    True
    """
    return json.dumps(Plan.model_json_schema(), ensure_ascii=False, indent=1) + "\n"
