"""Small forms for the entries of a plan: a list, buttons to add and take out, and a field for each thing that an entry says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import ipywidgets as widgets

from kamlib.workshop.panel import say
from kamlib.workshop.plan_draft import REQUIRED, Draft
from kamlib.workshop.session import Workshop

FIELDS: dict[str, dict[str, str]] = {
    "objectives": {"text": "area", "measure": "known", "target": "number", "date": "day", "agreed_by_customer": "flag"},
    "needs": {"layer": "choice", "stated": "area", "hidden": "area", "evidence": "line", "sources": "lines", "answer": "choice"},
    "beliefs": {"field": "choice", "text": "area", "state": "choice", "sources": "lines", "date": "day"},
    "risks": {"text": "area", "counter_move": "area"},
    "actions": {"text": "area", "objective": "choice", "owner": "known", "due": "day", "done_on": "day"},
}
WIDE = {"style": {"description_width": "120px"}, "layout": {"width": "430px"}}
LIST_ROWS, AREA_ROWS = 5, 3


def field(kind: str, words: str) -> widgets.Widget:
    """Return the widget of one field.

    Parameters
    ----------
    kind : str
        ``area line lines number known choice day flag``.
    words : str

    Returns
    -------
    Widget
    """
    if kind in ("area", "lines"):
        return widgets.Textarea(description=words, rows=AREA_ROWS if kind == "area" else 2, **WIDE)
    made = {"line": widgets.Text, "number": widgets.Text, "known": widgets.Combobox, "choice": widgets.Dropdown, "day": widgets.DatePicker}
    return widgets.Checkbox(description=words, **WIDE) if kind == "flag" else made[kind](description=words, **WIDE)


def shown(kind: str, value: Any, known: Mapping[str, str]) -> Any:
    """Return a value of the plan as its field shows it.

    Parameters
    ----------
    kind : str
    value : object
    known : mapping of str to str
        Words of the ids that the field offers.

    Returns
    -------
    object

    Examples
    --------
    >>> shown("number", 15300000.0, {}), shown("lines", ["fair", "buyer"], {}), shown("known", "M02", {"M02": "Lin (M02)"})
    ('15300000', 'fair\\nbuyer', 'Lin (M02)')
    """
    if kind in ("day", "choice", "flag"):
        return value
    if kind == "lines":
        return "\n".join(value)
    if kind == "number" and isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else repr(value)
    return known.get(value, value) or ""


def meant(kind: str, value: Any, known: Mapping[str, str]) -> Any:
    """Return what a field says as the plan holds it; what is left blank is None.

    Parameters
    ----------
    kind : str
    value : object
    known : mapping of str to str
        Words of the ids that the field offers.

    Returns
    -------
    object

    Examples
    --------
    >>> meant("number", "15,300,000", {}), meant("number", "twice", {}), meant("lines", "fair\\n\\n buyer", {})
    (15300000.0, 'twice', ['fair', 'buyer'])
    >>> meant("known", "Lin (M02)", {"M02": "Lin (M02)"}), meant("line", " ", {})
    ('M02', None)
    """
    if kind in ("day", "choice", "flag"):
        return value
    if kind == "lines":
        return [line.strip() for line in value.splitlines() if line.strip()]
    value = value.strip()
    if kind == "number":
        try:
            return float(value.replace(",", "").replace("，", ""))
        except ValueError:
            return value or None
    return next((name for name, words in known.items() if words == value), value or None)


class EntryForm(widgets.VBox):
    """The entries of one section: what is typed changes the draft at once.

    Parameters
    ----------
    workshop : Workshop
    section : str
        Of `FIELDS`.
    known : mapping of str to mapping
        For each field of kind ``known`` or ``choice`` the words of what it offers, by id.
    changed : callable
        Called after the draft was changed.
    """

    def __init__(self, workshop: Workshop, section: str, known: Mapping[str, Mapping[Any, str]], changed: Callable[[str], None]) -> None:
        self.workshop, self.section, self.known, self._changed = workshop, section, {**known}, changed
        self.draft: Draft | None = None
        self._filling = False
        self.list = widgets.Select(options=[], rows=LIST_ROWS, layout={"width": "430px"})
        self.add = widgets.Button(description=say(workshop, "plan.add"), icon="plus", layout={"width": "auto"})
        self.remove = widgets.Button(description=say(workshop, "plan.remove"), icon="trash", layout={"width": "auto"})
        self.fields = {name: field(kind, say(workshop, f"plan.{name}")) for name, kind in FIELDS[section].items()}
        super().__init__([self.list, widgets.HBox([self.add, self.remove]), *self.fields.values()])
        self.list.observe(lambda _: self._fill(), "value")
        self.add.on_click(lambda _: self._add())
        self.remove.on_click(lambda _: self._remove())
        for name, widget in self.fields.items():
            widget.observe(lambda change, name=name: self._take(name, change["new"]), "value")

    def show(self, draft: Draft) -> None:
        """Show the entries of a draft, the first one chosen.

        Parameters
        ----------
        draft : Draft
        """
        self.draft = draft
        self._relist(None)

    def offer(self, name: str, known: Mapping[Any, str]) -> None:
        """Say what a field offers from now on, its value kept.

        Parameters
        ----------
        name : str
        known : mapping of id to str
        """
        self.known[name] = {**known}
        self._fill()

    @property
    def chosen(self) -> dict | None:
        """The entry that is shown."""
        entries = self.draft.entries(self.section) if self.draft else []
        return next((entry for entry in entries if entry["id"] == self.list.value), None)

    def _relist(self, name: str | None) -> None:
        """List the entries anew and choose one, by default the first."""
        self._filling = True
        try:
            entries = self.draft.entries(self.section)
            self.list.options = [(self._named(entry), entry["id"]) for entry in entries]
            ids = [entry["id"] for entry in entries]
            self.list.value = name if name in ids else next(iter(ids), None)
        finally:
            self._filling = False
        self._fill()

    def _named(self, entry: dict) -> str:
        return f"{entry['id']}  {entry[REQUIRED[self.section]] or say(self.workshop, 'plan.unwritten')}"

    def _fill(self) -> None:
        if self._filling:
            return
        self._filling = True
        try:
            entry = self.chosen
            for name, kind in FIELDS[self.section].items():
                widget, known = self.fields[name], self.known.get(name, {})
                widget.disabled = entry is None
                if kind == "choice":
                    there = known if entry is None or entry[name] in known else {**known, entry[name]: str(entry[name])}
                    widget.options = [(words, key) for key, words in there.items()]
                elif kind == "known":
                    widget.options = tuple(known.values())
                if entry is not None:
                    widget.value = shown(kind, entry[name], known)
            self.remove.disabled = entry is None
        finally:
            self._filling = False

    def _take(self, name: str, value: Any) -> None:
        entry = self.chosen
        if self._filling or entry is None:
            return
        said = meant(FIELDS[self.section][name], value, self.known.get(name, {}))
        must_be_said = name == REQUIRED[self.section] or (self.section == "beliefs" and name == "date")
        entry[name] = (entry[name] if isinstance(entry[name], date) else "") if said is None and must_be_said else said
        if name == REQUIRED[self.section]:
            self._filling = True
            try:
                self.list.options = [(self._named(one), one["id"]) for one in self.draft.entries(self.section)]
                self.list.value = entry["id"]
            finally:
                self._filling = False
        self._changed("")

    def _add(self) -> None:
        self._relist(self.draft.add(self.section, self.workshop.as_of))
        self._changed("")

    def _remove(self) -> None:
        if self.chosen is not None:
            idle = self.draft.remove(self.section, self.list.value)
            self._relist(None)
            self._changed(say(self.workshop, "plan.idle", actions=say(self.workshop, "bar.comma").join(idle)) if idle else "")
