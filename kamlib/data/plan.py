"""What a workshop decides about one account, typed: objectives, needs, beliefs, risks, actions, decided moves."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from kamlib.data.sources import Strict

Day = date  # a field named date hides the type
Text = Annotated[str, Field(min_length=1)]
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
    moves: dict[str, Move] = {}

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
        moves = {name: move for name, move in self.moves.items() if not move.at or move.at <= as_of}
        return self.model_copy(update={"actions": actions, "beliefs": beliefs, "assessments": rated, "moves": moves})
