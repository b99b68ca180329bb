"""Pay sandbox: terms of a pay plan by slider, what they make people do, and what today's people would earn (M21)."""

from __future__ import annotations

from decimal import Decimal

import ipywidgets as widgets
from markupsafe import Markup

from kamlib.incentives.plan import Plan
from kamlib.workshop.journal import Entry
from kamlib.workshop.panel import Panel, page, say
from kamlib.workshop.pay_numbers import PayNumbers
from kamlib.workshop.pay_page import Looked, pay_parts
from kamlib.workshop.pay_terms import PayTerms
from kamlib.workshop.pay_tries import Try, read_as, read_tries, save_try, undo_try
from kamlib.workshop.session import Workshop
from kamlib.workshop.sliders import WIDTHS

ROOM_FOR_MONEY = 3  # sliders of money go up to this many times the largest pay of the period


def pay(workshop: Workshop) -> Panel:
    """Return the panel on which a room tries out the terms of a pay plan.

    Parameters
    ----------
    workshop : Workshop

    Returns
    -------
    Panel
        Controls ``version plan person budget`` and one per term, by the names of `PayTerms.fields`.
    """
    numbers = PayNumbers(workshop)
    if numbers.run is None:
        return Panel(workshop, "pay", {}, lambda: page(workshop, [Markup("<p class='kam-lead'>{}</p>").format(say(workshop, "pay.open"))]))
    return _Sandbox(workshop, numbers).panel


class _Sandbox:
    """The terms as they are tried, plan by plan, and the panel that shows them."""

    def __init__(self, workshop: Workshop, numbers: PayNumbers) -> None:
        self.workshop, self.numbers, self.read = workshop, numbers, read_as(workshop.engagement)
        self.terms: dict[str, Plan] = {}
        self.tries: dict[str, Try] = {}
        largest = max((statement.total for statement in numbers.run.statements), default=Decimal(0))
        most = max((len(plan.tiers) for plan in numbers.plans if plan.kind == "commission"), default=0)
        self.sliders = PayTerms(workshop, ROOM_FOR_MONEY * float(largest), tiers=most)
        named = {key: {"description": say(workshop, f"pay.{key}"), **WIDTHS} for key in ("version", "plan", "person", "budget")}
        self.version, self.plan, self.person = (widgets.Dropdown(**named[key]) for key in ("version", "plan", "person"))
        self.budget = widgets.FloatText(value=float(numbers.at_target({})), step=1000, **named["budget"])
        self._offer_plans()
        chosen = widgets.VBox([self.version, self.plan])
        controls = {"chosen": chosen, "person": self.person, "terms": self.sliders, "budget": self.budget}
        self.panel = Panel(workshop, "pay", controls, self.draw, save=self.save, load=self.load, undo=self.undo)
        self.panel.save_button.description = say(workshop, "pay.keep")
        self.panel.controls |= {"version": self.version, "plan": self.plan, **self.sliders.fields}
        self.version.observe(lambda _: self.begin(), "value")
        self.plan.observe(lambda _: self.fill(), "value")
        for field in self.sliders.fields.values():
            field.observe(lambda _: self.panel.refresh(), "value")

    def load(self) -> None:
        """Begin with the latest try, or with the plans in force where nothing was kept."""
        if self.workshop.tables is not self.numbers.tables or read_as(self.workshop.engagement) != self.read:
            self.numbers, self.read = PayNumbers(self.workshop), read_as(self.workshop.engagement)
            self._offer_plans()
        found = read_tries(self.workshop.engagement, self.numbers.book)
        self.tries = {one.path.name: one for one in found}
        kept = [(say(self.workshop, "pay.kept", version=one.version), one.path.name) for one in reversed(found)]
        self.version.options = [(say(self.workshop, "pay.in_force", version=self.numbers.book.version), ""), *kept]
        self.version.value = kept[0][1] if kept else ""
        self._put_terms()

    def begin(self) -> None:
        """Go on from the version that was chosen."""
        with self.panel.quiet():
            self._put_terms()

    def fill(self) -> None:
        """Show the terms of the plan that was chosen."""
        with self.panel.quiet():
            self._put_plan()

    def draw(self) -> Markup:
        """Take the sliders' terms and draw what they do."""
        plan = self._plan()
        tried = self.sliders.take(plan)
        self.terms = {name: terms for name, terms in self.terms.items() if name != plan.id} | ({plan.id: tried} if tried != plan else {})
        subject = next((one for one in self.numbers.subjects(plan) if one.person == self.person.value), None)
        look = Looked(self.numbers, self.terms, plan, subject, Decimal(repr(self.budget.value)))
        return page(self.workshop, pay_parts(self.workshop, look))

    def save(self) -> str:
        """Keep the terms tried as a file of their own."""
        self.draw()
        if not self.terms:
            raise ValueError(say(self.workshop, "pay.nothing"))
        names = say(self.workshop, "bar.comma").join(plan.name[self.workshop.language] for plan in self.terms.values())
        path = save_try(self.workshop.engagement, self.numbers.book, self.terms, read=self.read, by=self.workshop.by, what=names)
        return say(self.workshop, "pay.saved", version=f"{path.parent.name}/{path.name}", names=names)

    def undo(self) -> Entry | None:
        """Take the latest try away; the plans in force were never touched."""
        return undo_try(self.workshop.engagement, self.workshop.by)

    def _offer_plans(self) -> None:
        """Offer the plans by which somebody is paid, the chosen one kept where it is still there."""
        before, ids = self.plan.value, [plan.id for plan in self.numbers.plans]
        self.plan.options = [(plan.name[self.workshop.language], plan.id) for plan in self.numbers.plans]
        self.plan.value = before if before in ids else ids[0]

    def _plan(self) -> Plan:
        return next(plan for plan in self.numbers.plans if plan.id == self.plan.value)

    def _put_terms(self) -> None:
        chosen = self.tries.get(self.version.value)
        self.terms = dict(chosen.terms) if chosen else {}
        if self.plan.value not in self.terms and self.terms:
            self.plan.value = next(iter(self.terms))
        self._put_plan()

    def _put_plan(self) -> None:
        plan = self._plan()
        self.sliders.put(self.terms.get(plan.id, plan))
        subjects = self.numbers.subjects(plan)
        before = self.person.value
        self.person.options = [(one.name, one.person) for one in subjects]
        people = [one.person for one in subjects]
        self.person.value = before if before in people else next(iter(people), None)
