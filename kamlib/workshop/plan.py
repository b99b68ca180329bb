"""Plan: what the room agrees on about one account, commented by the critic while it is written (M8, M25, M26)."""

from __future__ import annotations

import ipywidgets as widgets
from markupsafe import Markup

from kamlib.data.plan import Plan
from kamlib.packs.pack import Pack
from kamlib.playbook import playbook
from kamlib.show import text
from kamlib.workshop.journal import Entry
from kamlib.workshop.panel import Panel, choose_account, page, say
from kamlib.workshop.plan_draft import REQUIRED, Draft
from kamlib.workshop.plan_forms import EntryForm
from kamlib.workshop.plan_moves import MoveForm
from kamlib.workshop.plan_numbers import PlanNumbers
from kamlib.workshop.plan_page import Seen, move_words, plan_parts
from kamlib.workshop.session import Workshop
from kamlib.workshop.sliders import WIDTHS

MOST_HOURS = 80


def plan(workshop: Workshop, account_id: str = "") -> Panel:
    """Return the panel on which a room writes the plan of one account after the other.

    Parameters
    ----------
    workshop : Workshop
    account_id : str
        Where it starts; blank for the largest account.

    Returns
    -------
    Panel
        Controls ``account section hours``, a form for each of ``objectives needs beliefs risks actions``, and ``moves``.
    """
    return _Room(workshop, account_id).panel


class _Room:
    """The drafts of the accounts that the room has opened, and the panel that shows one of them."""

    def __init__(self, workshop: Workshop, account_id: str) -> None:
        self.workshop, self.note = workshop, ""
        self.drafts: dict[str, Draft] = {}
        self.numbers = PlanNumbers(workshop)
        self.account = choose_account(workshop, account_id)
        sections = [(say(workshop, f"plan.{name}"), name) for name in (*REQUIRED, "moves")]
        self.section = widgets.ToggleButtons(options=sections, style={"button_width": "auto"})
        usual = float(workshop.engagement.policy.coverage_hours.touch_hours.visit)
        self.hours = widgets.FloatSlider(
            value=usual, min=0, max=MOST_HOURS, step=0.5, readout_format=".1f", description=say(workshop, "plan.hours"), **WIDTHS
        )
        people, dash = self._people(), say(workshop, "bar.dash")
        offered = _offered(workshop, dash)
        offered["actions"] = {"objective": {None: dash}, "owner": people}
        self.forms = {name: EntryForm(workshop, name, offered.get(name, {}), self.changed) for name in REQUIRED}
        roles = {name: entry[workshop.language] for name, entry in playbook("roles").items()}
        self.moves = MoveForm(workshop, people | roles, self.changed)
        controls = {"account": self.account, "section": self.section, **self.forms, "moves": self.moves, "hours": self.hours}
        note = Markup("<div class='kam'><p class='kam-note'>{}</p></div>").format(say(workshop, "plan.hours_note"))
        controls["hours_note"] = widgets.HTML(str(note))
        self.panel = Panel(workshop, "plan", controls, self.draw, save=self.save, load=self.load, undo=self.undo)
        self.account.observe(lambda _: self.fill(), "value")
        self.section.observe(lambda _: self.turn(), "value")

    def load(self) -> None:
        """Read the account's plan anew; what was not saved of it is gone."""
        self.drafts.pop(self.account.value, None)
        self.note = ""
        self.fill()

    def fill(self) -> None:
        """Show the draft of the account in the forms."""
        draft = self.draft()
        for form in self.forms.values():
            form.show(draft)
        self.turn()

    def turn(self) -> None:
        """Show the form of the section, and hide the others."""
        for name, form in {**self.forms, "moves": self.moves}.items():
            form.layout.display = None if name == self.section.value else "none"

    def changed(self, note: str) -> None:
        """Draw the page anew after the draft was changed."""
        self.note = note
        self.panel.refresh()

    def draft(self) -> Draft:
        """Return what the room has made of the account's plan, and read it where nobody has opened it yet."""
        account_id = self.account.value
        if account_id not in self.drafts:
            self.drafts[account_id] = Draft(self.workshop.plan(account_id))
        return self.drafts[account_id]

    def draw(self) -> Markup:
        """Return the page of the draft, and list its moves and objectives in the forms."""
        if self.numbers.scores is not self.workshop.scores:
            self.numbers = PlanNumbers(self.workshop)
        draft, account_id = self.draft(), self.account.value
        found: Plan | None = None if draft.is_blank() else draft.plan()
        proposed = self.numbers.proposed(account_id, found)
        words, rules = move_words(self._view(account_id), proposed)
        self.moves.show(draft, proposed, rules)
        goals = {None: say(self.workshop, "bar.dash")} | {
            goal["id"]: f"{goal['id']} {goal['text']}" for goal in draft.entries("objectives")
        }
        if self.forms["actions"].known["objective"] != goals:
            self.forms["actions"].offer("objective", goals)
        seen = Seen(
            account_id, self.section.value, draft, found, proposed, words, self.numbers.critique(account_id, found),
            self.numbers.load(account_id, found), self.hours.value, self.note,
        )  # fmt: skip
        return page(self.workshop, plan_parts(self.workshop, self.numbers, seen))

    def save(self) -> str:
        """Write what the draft changes, unless somebody has changed the same part of the plan since it was read."""
        draft = self.draft()
        if draft.missing():
            raise ValueError(say(self.workshop, "plan.left", ids=say(self.workshop, "bar.comma").join(name for _, name in draft.missing())))
        if not draft.changed():
            raise ValueError(say(self.workshop, "plan.nothing"))
        draft.rebase(self.workshop.plan(self.account.value))  # ratings of the stage, or another group's part of the plan
        named = say(self.workshop, "bar.comma").join(say(self.workshop, f"plan.{section}") for section in draft.changed())
        what = say(self.workshop, "plan.saved", account=self.workshop.accounts[self.account.value], sections=named)
        self.workshop.save_plan(draft.plan(), what)
        return what

    def undo(self) -> Entry | None:
        """Take the latest decision back; the plan that it was about is read anew."""
        entry = self.workshop.undo()
        if entry and entry.kind == "plan":
            self.drafts.pop(entry.subject, None)
        return entry

    def _people(self) -> dict[str, str]:
        named = self.numbers.people.items()
        return {key: key if name == key else say(self.workshop, "plan.person", name=name, id=key) for key, name in named}

    def _view(self, account_id: str) -> Pack:
        """Return what the words of a move look at: the account's manager, currency and language."""
        manager = self.numbers.load(account_id, None)
        named = manager and {"manager_id": manager.manager_id, "name": manager.name}
        return Pack({"manager": named, "currency": self.workshop.currency}, language=self.workshop.language)


def _offered(workshop: Workshop, dash: str) -> dict[str, dict]:
    """Return what the fields of each section offer, in words by id."""
    language, book = workshop.language, playbook("account_file")
    measures = {
        name: text.metric_name(name, language=language) for name, entry in playbook("metrics").items() if "account" in entry["level"]
    }
    answers = {entry["id"].removeprefix("answer_"): entry["name"][language] for entry in book["answers"]}
    facts = {field["id"]: f"{part['name'][language]} · {field['name'][language]}" for part in book["sections"] for field in part["fields"]}
    layers = {name: text.say(f"layer_{name}", language=language, group="review") for name in ("business", "organisational", "personal")}
    states = {name: say(workshop, f"plan.{name}") for name in ("assumed", "confirmed")}
    named = {name: say(workshop, "plan.person", name=words, id=name) for name, words in sorted(measures.items(), key=lambda pair: pair[1])}
    return {
        "objectives": {"measure": named},
        "needs": {"layer": layers, "answer": {None: dash} | answers},
        "beliefs": {"field": facts, "state": states},
    }
