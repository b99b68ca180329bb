"""What people would be paid for the last period under terms that are tried: bases, quotas and scores once, the plans as often as asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import pandas as pd

from kamlib import incentives
from kamlib.data.history import known_at
from kamlib.incentives import PlanPay
from kamlib.incentives.plan import Plan
from kamlib.incentives.shape import FIRST_POINT, FLOOR, LAST_POINT, STEPS_A_POINT, STRETCH, TARGET
from kamlib.money import round_money
from kamlib.packs.portfolio_pay import pay_design
from kamlib.periods import period_window
from kamlib.scores import trends
from kamlib.scores.facts import PORTFOLIO
from kamlib.scores.pay import PayRun, book_of, pay_run
from kamlib.scores.pay_base import QUOTA_METRICS, Bases
from kamlib.workshop.session import Workshop

Terms = Mapping[str, Plan]
CARD = ["metric", "weight", "measured_share", "target", "history_mean", "history_deviation", "until"]
MOST_KEPT = 8  # a slider that is dragged leaves a trail
LIVE_RULES = ("variable", "budget")  # of the six principles, what the terms of a plan decide


@dataclass(frozen=True)
class Subject:
    """One person as a plan sees them.

    Parameters
    ----------
    person, name : str
    where : dict
        ``quota base_salary own_rate own_bonus`` as `incentives.pay_curve` takes them.
    attainment : float or None
        Of the period; from the score where the plan follows one; None where not known.
    """

    person: str
    name: str
    where: dict
    attainment: float | None


class PayNumbers:
    """Pay of the last period that is over, in force and as tried.

    Parameters
    ----------
    workshop : Workshop
    """

    def __init__(self, workshop: Workshop) -> None:
        self.engagement, self.tables, self._workshop = workshop.engagement, workshop.tables, workshop
        self.book, self.period = book_of(workshop.engagement), last_period(workshop)
        self._curves: dict[tuple, tuple[pd.DataFrame, ...]] = {}

    @cached_property
    def run(self) -> PayRun | None:
        """Everybody's pay under the plans in force; None where no period with a quota is over."""
        return pay_run(self.tables, self.engagement, period=self.period, book=self.book) if self.period else None

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plans by which somebody is paid at the end of the period."""
        used = {plan.id for statement in self.run.statements for plan in self.book.plans_of(statement.person, self.run.window.until)}
        used |= {team.plan for team in self.book.teams.values()}
        return tuple(plan for plan in self.book.plans if plan.id in used)

    def under(self, terms: Terms) -> dict[str, Decimal]:
        """Return what each person would be paid.

        Parameters
        ----------
        terms : mapping of str to Plan
            By id of the plan whose terms they take the place of.

        Returns
        -------
        dict of str to Decimal
            By person, rounded once like a statement.
        """
        commissions = self._commissions(terms)
        found = {}
        for statement in self.run.statements:
            fixed = [self._by_score(pay, terms) for pay in statement.plans if pay.plan.kind == "salary"]
            found[statement.person] = sum(fixed, commissions[statement.person])
        return found

    def at_target(self, terms: Terms) -> Decimal:
        """Return what all would be paid beside fixed salaries if everybody met the quota and every score was 100."""
        total = Fraction(0)
        for statement in self.run.statements:
            for pay in statement.plans:
                plan, quota = terms.get(pay.plan.id, pay.plan), _step(pay, "quota")
                if plan.kind == "commission" and quota is not None:
                    total += incentives.pay_at(TARGET, plan=plan, quota=quota.amount, **self._own(statement.person))
                elif plan.kind == "salary" and pay.paid is not None:
                    total += incentives.variable_pay(_fixed(pay), 100, plan=plan).variable if _fixed(pay) > 0 else 0
        return round_money(total, currency=self.engagement.currency, rule=self.book.rounding)

    def subjects(self, plan: Plan) -> list[Subject]:
        """Return everybody for whom the plan's curve can be drawn, those first who are paid by it."""
        paid = {statement.person for statement in self.run.statements if any(pay.plan.id == plan.id for pay in statement.plans)}
        found = [subject for statement in self.run.statements for subject in self._subject(statement, plan)]
        return sorted(found, key=lambda subject: subject.person not in paid)

    def shape(self, plan: Plan, subject: Subject) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Return the curve of a plan for one person, its cliffs and its dead zones; the latest looks are kept.

        Parameters
        ----------
        plan : Plan
        subject : Subject

        Returns
        -------
        tuple of DataFrame
            ``attainment pay_amount`` at every point of per cent and on both sides of every cliff; `incentives.cliffs`;
            `incentives.dead_zones`.
        """
        key = (plan.model_dump_json(), subject.person)
        if key not in self._curves:
            if len(self._curves) >= MOST_KEPT:
                self._curves.clear()
            cliffs, flats = (part(plan, **subject.where) for part in (incentives.cliffs, incentives.dead_zones))
            self._curves[key] = (_curve(plan, subject, cliffs["attainment"]), cliffs, flats)
        return self._curves[key]

    def lint(self, terms: Terms, budget: Decimal) -> pd.DataFrame:
        """Judge the plans by the six principles: the card once, what the terms decide anew.

        Parameters
        ----------
        terms : mapping of str to Plan
        budget : Decimal
            For what all would be paid at target, beside fixed salaries.

        Returns
        -------
        DataFrame
            ``principle rule state found``; empty where no target of the running year is set.
        """
        if self._design.empty:
            return self._design
        salary = next((terms.get(plan.id, plan) for plan in self.plans if plan.kind == "salary"), None)
        live = incentives.six_principles(
            pd.DataFrame(columns=CARD), pd.DataFrame(), objectives=[], office=[],
            variable_share=None if salary is None else 1 - float(salary.fixed_share), target_pay=float(self.at_target(terms)),
            budget=float(budget), as_of=self.engagement.as_of, rules=self.engagement.policy.principles,
        )  # fmt: skip
        live = live[live["rule"].isin(LIVE_RULES)].set_index("rule")
        fresh = self._design.set_index("rule")
        fresh.loc[list(LIVE_RULES), "state"] = live.loc[list(LIVE_RULES), "state"]
        fresh.loc["variable", "found"] = ",".join(live.loc["variable", "found"])
        return fresh.reset_index()

    @cached_property
    def _design(self) -> pd.DataFrame:
        scores, policy = self._workshop.scores, self.engagement.policy
        past = trends(self.tables, policy, as_of=scores.as_of, level=PORTFOLIO)
        found = pay_design(known_at(self.tables, scores.as_of), scores, self.engagement, past)
        return pd.DataFrame(found["principles"] if found else {"principle": [], "rule": [], "state": [], "found": []})

    def _commissions(self, terms: Terms) -> dict[str, Decimal]:
        """Run the pay of the period on the commissions alone; a salary's score would be worked out anew each time."""
        plans = tuple(terms.get(plan.id, plan) for plan in self.book.plans)
        kept = {plan.id for plan in plans if plan.kind == "commission"}
        people = {statement.person: self.book.people.get(statement.person, self.book.default) for statement in self.run.statements}
        alone = {person: tuple(name for name in names if name in kept) for person, names in people.items()}
        book = self.book.model_copy(update={"plans": plans, "people": alone, "default": ()})
        run = pay_run(self.tables, self.engagement, period=self.period, book=book)
        return dict.fromkeys(people, Decimal(0)) | {statement.person: statement.total for statement in run.statements}

    def _by_score(self, pay: PlanPay, terms: Terms) -> Decimal:
        """Pay a salary's variable part anew: the fixed pay of the period carries hire date and length of the period."""
        if pay.paid is None or _fixed(pay) <= 0:
            return pay.paid or Decimal(0)
        plan = terms.get(pay.plan.id, pay.plan)
        exact = incentives.variable_pay(_fixed(pay), _step(pay, "score").places["score"], plan=plan).variable
        return round_money(exact, currency=self.engagement.currency, rule=self.book.rounding)

    def _subject(self, statement, plan: Plan) -> Iterator[Subject]:
        person, salary = statement.person, self._given(statement.person, "base_salary")
        if plan.kind != "commission":
            if salary:
                score = self._workshop.scores.values["manager"].get("scorecard_score", pd.Series(dtype=float)).get(person)
                mine = next((_step(pay, "score") for pay in statement.plans if pay.plan.kind == "salary" and _step(pay, "score")), None)
                score = mine.places["score"] if mine else score
                where = {"quota": 1, "base_salary": salary, "own_rate": None, "own_bonus": None}
                yield Subject(person, statement.name, where, None if score is None or pd.isna(score) else _attained(float(score)))
            return
        base = self._bases.base(person, plan, self.period)
        if base.quota:
            where = {"quota": base.quota, "base_salary": salary, **self._own(person)}
            yield Subject(person, statement.name, where, float(base.base / base.quota))

    def _own(self, person: str) -> dict[str, Decimal | None]:
        return {"own_rate": self._given(person, "commission_rate"), "own_bonus": self._given(person, "bonus_amount")}

    def _given(self, person: str, column: str) -> Decimal | None:
        managers = self.tables.get("managers")
        if managers is None or column not in managers:
            return None
        found = managers.set_index("manager_id")[column].get(person)
        return None if found is None or pd.isna(found) else Decimal(repr(float(found)))

    @cached_property
    def _bases(self) -> Bases:
        return Bases(known_at(self.tables, self.run.window.until), self.engagement, self.book, self.period)


def last_period(workshop: Workshop) -> str | None:
    """Return the last period with a quota that is over; of several that end on one day the shortest.

    Parameters
    ----------
    workshop : Workshop

    Returns
    -------
    str or None
    """
    targets = workshop.tables.get("targets")
    if targets is None:
        return None
    mine = targets[(targets["scope"] == "manager") & targets["metric"].isin(QUOTA_METRICS.values())]
    spans = {period: period_window(period, workshop.engagement.fiscal_year_start) for period in mine["period"].unique()}
    over = [(span.until, -span.days, period) for period, span in spans.items() if span.until <= workshop.as_of]
    return max(over)[2] if over else None


def _curve(plan: Plan, subject: Subject, cliffs: pd.Series) -> pd.DataFrame:
    points = {Fraction(percent, 100) for percent in range(FIRST_POINT, LAST_POINT + 1)}
    for at in cliffs:
        over = Fraction(round(100 * STEPS_A_POINT * at), 100 * STEPS_A_POINT)
        points |= {over, over - Fraction(1, 100 * STEPS_A_POINT)}
    found = [(float(point), float(incentives.pay_at(point, plan=plan, **subject.where))) for point in sorted(points)]
    return pd.DataFrame(found, columns=["attainment", "pay_amount"])


def _step(pay: PlanPay, name: str):
    return next((step for step in pay.steps if step.id == name), None)


def _fixed(pay: PlanPay) -> Fraction:
    return _step(pay, "fixed").places["amount"]


def _attained(score: float) -> float:
    """Return the attainment at which `incentives.score_at` gives a score."""
    low, high = (FLOOR, TARGET) if score <= 100 else (TARGET, STRETCH)
    share = score / 100 if score <= 100 else (score - 100) / 20
    return float(low) + share * float(high - low)
