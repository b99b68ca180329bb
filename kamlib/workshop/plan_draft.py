"""A plan while a room writes it: entries may be half done, everything else of the plan is carried along untouched."""

from __future__ import annotations

from datetime import date
from typing import Any

from kamlib.data.plan import Plan

REQUIRED = {"objectives": "text", "needs": "stated", "beliefs": "text", "risks": "text", "actions": "text"}
BLANK: dict[str, dict[str, Any]] = {
    "objectives": {"text": "", "measure": None, "target": None, "date": None, "agreed_by_customer": False},
    "needs": {"layer": "business", "stated": "", "hidden": None, "evidence": None, "sources": [], "answer": None},
    "beliefs": {"field": "needs_goals", "text": "", "state": "assumed", "sources": [], "date": None},
    "risks": {"text": "", "counter_move": None},
    "actions": {"text": "", "objective": None, "owner": None, "due": None, "done_on": None},
}
LETTERS = {"objectives": "O", "needs": "N", "beliefs": "B", "risks": "R", "actions": "A"}


class Draft:
    """What a room has made of a plan since it was read.

    Parameters
    ----------
    read : Plan
        As it lies on the disk, with its revision.

    Examples
    --------
    >>> draft = Draft(Plan.model_validate({"schema": 1, "account_id": "A1"}))
    >>> draft.add("objectives", date(2026, 6, 30))
    'O1'
    >>> draft.missing(), draft.changed()
    ([('objectives', 'O1')], ['objectives'])
    """

    def __init__(self, read: Plan) -> None:
        self.read = read
        self.data: dict[str, Any] = read.model_dump(by_alias=True)

    def entries(self, section: str) -> list[dict]:
        """Return the entries of a section, to be changed in place."""
        return self.data[section]

    def add(self, section: str, day: date) -> str:
        """Add an entry that is still to be written, and return its id: one that the section does not have.

        Parameters
        ----------
        section : str
        day : date
            On which the room sits; a belief is dated with it.

        Returns
        -------
        str
        """
        letter = LETTERS[section]
        numbers = [int(entry["id"][1:]) for entry in self.data[section] if entry["id"][:1] == letter and entry["id"][1:].isdigit()]
        fresh = {"id": f"{letter}{1 + max(numbers, default=0)}", **BLANK[section]}
        fresh |= {name: list(value) for name, value in fresh.items() if isinstance(value, list)}
        self.data[section].append(fresh | ({"date": day} if section == "beliefs" else {}))
        return fresh["id"]

    def remove(self, section: str, name: str) -> list[str]:
        """Take an entry out, and return the actions that served it and now serve nothing.

        Parameters
        ----------
        section, name : str

        Returns
        -------
        list of str
        """
        self.data[section] = [entry for entry in self.data[section] if entry["id"] != name]
        idle = [action for action in self.data["actions"] if section == "objectives" and action["objective"] == name]
        for action in idle:
            action["objective"] = None
        return [action["id"] for action in idle]

    def decide(self, move: str, state: str, *, cause: str, by: str, at: date, **edits: Any) -> None:
        """Write down what is decided of a proposed move.

        Parameters
        ----------
        move : str
            Its id.
        state : str
            ``accepted``, ``edited`` or ``dismissed``.
        cause : str
            For which it is decided.
        by : str
        at : date
        **edits
            ``text owner due`` where the room says so itself.
        """
        said = {name: value for name, value in edits.items() if value is not None}
        self.data["moves"][move] = (
            dict.fromkeys(("text", "owner", "due")) | said | {"state": state, "cause": cause, "by": by or None, "at": at}
        )

    def reopen(self, move: str) -> None:
        """Take back what was decided of a move."""
        self.data["moves"].pop(move, None)

    def missing(self) -> list[tuple[str, str]]:
        """Return section and id of every entry whose text is still to be written."""
        return [(section, entry["id"]) for section, name in REQUIRED.items() for entry in self.data[section] if not entry[name]]

    def plan(self) -> Plan:
        """Return the plan without what is still to be written; an action whose objective is not written yet serves none."""
        open_ = set(self.missing())
        data = {**self.data}
        for section in REQUIRED:
            data[section] = [entry for entry in self.data[section] if (section, entry["id"]) not in open_]
        known = {entry["id"] for entry in data["objectives"]}
        data["actions"] = [entry if entry["objective"] in known else {**entry, "objective": None} for entry in data["actions"]]
        return Plan.model_validate(data)

    def changed(self) -> list[str]:
        """Return the sections that differ from what was read."""
        before = self.read.model_dump(by_alias=True)
        return [section for section in (*REQUIRED, "moves") if self.data[section] != before[section]]

    def rebase(self, there: Plan) -> None:
        """Stand on what lies on the disk now; stay where it is if somebody has written there what this draft changes.

        Parameters
        ----------
        there : Plan
            As read again.
        """
        changed, before, now = self.changed(), self.read.model_dump(by_alias=True), there.model_dump(by_alias=True)
        if all(now[section] == before[section] for section in changed):
            self.read, self.data = there, now | {section: self.data[section] for section in changed}

    def is_blank(self) -> bool:
        """Tell whether nobody has written anything yet."""
        return self.read.revision == 0 and not self.changed()
