"""The moves that the rules propose, to be accepted, put differently or dismissed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

import ipywidgets as widgets

from kamlib.moves import Move
from kamlib.workshop.panel import say
from kamlib.workshop.plan_draft import Draft
from kamlib.workshop.plan_forms import WIDE, meant, shown
from kamlib.workshop.plan_numbers import Proposed
from kamlib.workshop.session import Workshop

MARKS = {"proposed": "○", "accepted": "✓", "edited": "✎", "dismissed": "✕"}
ROWS, SHOWN_LENGTH = 8, 52


def shorten(words: str, length: int) -> str:
    """Return a text cut off where a list has no room for more.

    Examples
    --------
    >>> shorten("Offer pumps", 20), shorten("Offer pumps", 8)
    ('Offer pumps', 'Offer p…')
    """
    return words if len(words) <= length else f"{words[: length - 1]}…"


class MoveForm(widgets.VBox):
    """The list of moves, three fields to put one differently, and buttons to decide.

    Parameters
    ----------
    workshop : Workshop
    people : mapping of str to str
        Words of whoever can own a move, by id or role.
    changed : callable
        Called after something was decided.
    """

    def __init__(self, workshop: Workshop, people: Mapping[str, str], changed: Callable[[str], None]) -> None:
        self.workshop, self.people, self._changed = workshop, dict(people), changed
        self.draft: Draft | None = None
        self._found: dict[str, Move] = {}
        self._words: dict[str, str] = {}
        self._filling = False
        words = partial(say, workshop)
        self.list = widgets.Select(options=[], rows=ROWS, layout={"width": "430px"})
        self.accept = widgets.Button(description=words("plan.accept"), icon="check", layout={"width": "auto"})
        self.dismiss = widgets.Button(description=words("plan.dismiss"), icon="times", layout={"width": "auto"})
        self.reopen = widgets.Button(description=words("plan.reopen"), icon="undo", layout={"width": "auto"})
        self.fields = {
            "text": widgets.Textarea(description=words("plan.move_text"), rows=3, **WIDE),
            "owner": widgets.Combobox(description=words("plan.owner"), options=tuple(self.people.values()), **WIDE),
            "due": widgets.DatePicker(description=words("plan.due"), **WIDE),
        }
        super().__init__([self.list, widgets.HBox([self.accept, self.dismiss, self.reopen]), *self.fields.values()])
        self.list.observe(lambda _: self._fill(), "value")
        self.accept.on_click(lambda _: self._decide("accepted"))
        self.dismiss.on_click(lambda _: self._decide("dismissed"))
        self.reopen.on_click(lambda _: self._reopen())
        for widget in self.fields.values():
            widget.observe(lambda _: self._edit(), "value")

    def show(self, draft: Draft, proposed: Proposed, words: Mapping[str, str]) -> None:
        """List what the rules propose for a draft; the chosen move stays chosen where it is still there.

        Parameters
        ----------
        draft : Draft
        proposed : Proposed
        words : mapping of str to str
            What each move asks for, as the rules put it, by id.
        """
        is_another = draft is not self.draft
        self.draft, self._found, self._words = draft, proposed.rules, dict(words)
        order = [move.id for move in (*proposed.stand, *proposed.gone)]
        options = [(f"{MARKS[self._state(name)]} {shorten(self._said(name), SHOWN_LENGTH)}", name) for name in order]
        if is_another or options != list(self.list.options):
            before = self.list.value
            self._filling = True
            try:
                self.list.options = options
                self.list.value = before if before in order else next(iter(order), None)
            finally:
                self._filling = False
            if is_another or self.list.value != before:
                self._fill()

    def _state(self, name: str) -> str:
        """Return what is decided of a move; one that was dismissed for another cause is open again."""
        choice = self.draft.data["moves"].get(name)
        if choice is None or (choice["state"] == "dismissed" and choice["cause"] != self._found[name].cause):
            return "proposed"
        return choice["state"]

    def _said(self, name: str) -> str:
        choice = self.draft.data["moves"].get(name)
        return (choice or {}).get("text") or self._words[name]

    def _fill(self) -> None:
        if self._filling:
            return
        self._filling = True
        try:
            move = self._found.get(self.list.value)
            for widget in (*self.fields.values(), self.accept, self.dismiss, self.reopen):
                widget.disabled = move is None
            if move is not None:
                choice = self.draft.data["moves"].get(move.id) or {}
                self.fields["text"].value = self._said(move.id)
                self.fields["owner"].value = shown("known", choice.get("owner") or move.owner, self.people)
                self.fields["due"].value = choice.get("due") or move.due
        finally:
            self._filling = False

    def _edits(self, move: Move) -> dict[str, str | date]:
        """Return what the fields say otherwise than the rules."""
        text = meant("line", self.fields["text"].value, {})
        said = {"text": text, "owner": meant("known", self.fields["owner"].value, self.people), "due": self.fields["due"].value}
        rules = {"text": self._words[move.id], "owner": move.owner, "due": move.due}
        return {name: value for name, value in said.items() if value is not None and value != rules[name]}

    def _edit(self) -> None:
        move = self._found.get(self.list.value)
        if self._filling or move is None:
            return
        edits, decided = self._edits(move), self._state(move.id)
        if edits:
            self._write(move, "edited", edits)
        elif decided == "edited":
            self._write(move, "accepted", {})

    def _decide(self, state: str) -> None:
        move = self._found.get(self.list.value)
        if move is not None:
            edits = self._edits(move) if state == "accepted" else {}
            self._write(move, "edited" if edits else state, edits)

    def _write(self, move: Move, state: str, edits: dict) -> None:
        by, at = self.workshop.by, self.workshop.as_of
        self.draft.decide(move.id, state, cause=move.cause, by=by, at=at, **edits)
        self._changed("")

    def _reopen(self) -> None:
        if self.list.value is not None:
            self.draft.reopen(self.list.value)
            self._fill()
            self._changed("")
