"""What everybody is paid for a period, from lines to people, and the proof that nothing was lost on the way (M21)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property

import pandas as pd

from kamlib import incentives
from kamlib.checks import KamError
from kamlib.data.engagement import Engagement
from kamlib.data.history import known_at
from kamlib.data.tables import Tables
from kamlib.incentives import NOBODY, PayBook, PeriodBase, PlanPay, Step
from kamlib.money import round_money
from kamlib.periods import Window, fiscal_quarter, period_window
from kamlib.scores.pay_base import Bases

QUOTA_METRICS = {"revenue": "revenue_amount", "margin": "margin_amount", "cash": "cash_amount"}
PARTS_OF_A_YEAR = ((31, Fraction(1, 12)), (92, Fraction(1, 4)), (184, Fraction(1, 2)), (366, Fraction(1)))


@dataclass(frozen=True)
class Statement:
    """One person's pay of a period.

    Parameters
    ----------
    person, name : str
    plans : tuple of PlanPay
    total : Decimal
        What is paid; open plans pay nothing yet.
    """

    person: str
    name: str
    plans: tuple[PlanPay, ...]

    @property
    def total(self) -> Decimal:
        return sum((plan.paid for plan in self.plans if plan.paid is not None), Decimal(0))


@dataclass(frozen=True)
class PayRun:
    """Everybody's pay of a period.

    Parameters
    ----------
    period : str
    window : Window
    version : str
        Of the pay book.
    currency : str
    statements : tuple of Statement
        By id.
    checks : tuple of dict
        ``base lines accounts people unpaid difference``: of each base what its lines, accounts and people add up to, and what of it
        nobody is paid for.
    pool : Decimal
        Sum of the statements.
    """

    period: str
    window: Window
    version: str
    currency: str
    statements: tuple[Statement, ...]
    checks: tuple[dict, ...]

    @property
    def pool(self) -> Decimal:
        return sum((statement.total for statement in self.statements), Decimal(0))


def pay_run(tables: Tables, engagement: Engagement, *, period: str, book: PayBook | None = None) -> PayRun:
    """Work out everybody's pay of a period.

    Parameters
    ----------
    tables : Tables
        As read.
    engagement : Engagement
    period : str
        ``2026Q2``, ``2026-06``, ``2026`` or ``2026-03-01/2026-05-31``.
    book : PayBook, optional
        The engagement's own, else the default plans.

    Returns
    -------
    PayRun

    Raises
    ------
    KamError
        ``KAM-C05``: the period cannot be read, or is not over on the engagement's day.
    InvalidInput
        The engagement's pay file cannot be used.
    """
    try:
        window = period_window(period, engagement.fiscal_year_start)
    except ValueError as error:
        raise KamError("KAM-C05", str(error), "name the period as the targets do", value=period) from None
    if window.until > engagement.as_of:
        raise KamError("KAM-C05", f"is not over: the data end on {engagement.as_of}", "choose an earlier period", value=period)
    book = book or book_of(engagement)
    desk = _Desk(known_at(tables, window.until), engagement, book, period, window, tables)
    statements = tuple(desk.statement(person) for person in desk.people)
    return PayRun(period, window, book.version, engagement.currency, statements, tuple(desk.bases.checks(_paid(statements))))


def book_of(engagement: Engagement) -> PayBook:
    """Return the engagement's own pay plans, else those that ship.

    Parameters
    ----------
    engagement : Engagement

    Returns
    -------
    PayBook

    Raises
    ------
    InvalidInput
        Its pay file cannot be used.
    """
    return incentives.load_book(engagement.folder / engagement.pay) if engagement.pay else incentives.default_book()


def _paid(statements: Iterable[Statement]) -> dict[str, set[str]]:
    """Name by base who is paid a commission on it."""
    found: dict[str, set[str]] = {}
    for statement in statements:
        for pay in statement.plans:
            if pay.plan.kind == "commission" and pay.paid is not None:
                found.setdefault(pay.plan.base, set()).add(statement.person)
    return found


class _Desk:
    """What the statements of one period are made from; bases and scores are worked out once."""

    def __init__(self, known: Tables, engagement: Engagement, book: PayBook, period: str, window: Window, every: Tables) -> None:
        self.tables, self.engagement, self.book = known, engagement, book
        self.period, self.window, self.every = period, window, every
        self.rounding = {"currency": engagement.currency, "rule": book.rounding}
        self.bases = Bases(known, engagement, book, period)

    @cached_property
    def managers(self) -> pd.DataFrame:
        managers = self.tables.get("managers")
        return managers.set_index("manager_id") if managers is not None else pd.DataFrame()

    @cached_property
    def people(self) -> list[str]:
        """Everybody in the table of managers, and whoever has a base without being in it."""
        named = {credit.person for base in self.bases.used() for credit in self.bases.credits(base, self.period)} - {NOBODY}
        return sorted(named | set(self.managers.index))

    def statement(self, person: str) -> Statement:
        plans = self.book.plans_of(person, self.window.until)
        found = [self._by_plan(person, plan) for plan in plans] + list(self._of_teams(person))
        return Statement(person, self._given(person, "name") or person, tuple(found))

    def _by_plan(self, person: str, plan) -> PlanPay:
        if plan.kind == "commission":
            return self._commission(person, plan)
        salary = self._money(person, "base_salary")
        if salary is None or salary <= 0:
            return PlanPay(plan, (), (), None, "no_salary")
        score = self.scores.get(person)
        if plan.kind == "shares":
            return self._granted(plan, salary, score)
        return self._salary(person, plan, salary, score)

    def _commission(self, person: str, plan) -> PlanPay:
        if not self.bases.has(plan.base):
            return PlanPay(plan, (), (), None, f"no_{plan.base}")
        own = {"own_rate": self._money(person, "commission_rate"), "own_bonus": self._money(person, "bonus_amount")}
        late = plan.returns == "clawback"
        mine = tuple(credit for credit in self.bases.credits(plan.base, self.period, late=late) if credit.person == person)
        bases = [self.bases.base(person, plan, period) for period in (*self.bases.earlier(plan.base), self.period)]
        try:
            steps, paid = incentives.commission_steps(bases, plan=plan, **own, **self.rounding)
        except ValueError as error:
            if "own" not in str(error):
                raise
            return PlanPay(plan, mine, (), None, "no_own_rate")
        if paid is None:
            return PlanPay(plan, mine, (Step("credited", bases[-1].base, {}),), None, "no_quota")
        taken = self.bases.clawed_back(person, plan, own) if late else Fraction(0)
        if taken:
            kept = max(Decimal(0), paid - round_money(taken, **self.rounding))
            steps, paid = (*steps, Step("clawback", Fraction(kept - paid), {"amount": taken})), kept
        return PlanPay(plan, mine, steps, paid)

    def _salary(self, person: str, plan, salary: Decimal, score: Decimal | None) -> PlanPay:
        year = incentives.variable_pay(salary, score, plan=plan)
        part = next(part for days, part in PARTS_OF_A_YEAR if self.window.days <= days) * self._employed(person)
        steps = [
            Step("fixed", None, {"amount": year.fixed * part}),
            Step("variable_target", None, {"amount": year.variable_at_target * part}),
        ]
        if year.variable is None:
            return PlanPay(plan, (), tuple(steps), None, "no_score")
        exact = year.variable * part
        paid = round_money(exact, **self.rounding)
        steps += [Step("score", None, {"score": score, "payout": year.payout}), Step("variable", exact, {})]
        steps += [Step("rounding", Fraction(paid) - exact, {})] if paid != exact else []
        return PlanPay(plan, (), tuple(steps), paid)

    def _granted(self, plan, salary: Decimal, score: Decimal | None) -> PlanPay:
        year_ends = fiscal_quarter(self.window.until, self.engagement.fiscal_year_start)[1] == 4
        if not year_ends or self.window.days < 28:
            return PlanPay(plan, (), (), None, "at_year_end")
        units = incentives.granted_units(salary, score, plan=plan)
        if units is None:
            return PlanPay(plan, (), (), None, "no_score")
        value = Fraction(salary) * Fraction(plan.salary_multiple) * incentives.payout(score, curve=plan.payout)
        steps = (Step("score", None, {"score": score, "payout": incentives.payout(score, curve=plan.payout)}),
                 Step("granted", None, {"amount": value, "units": units, "price": plan.unit_price}))  # fmt: skip
        return PlanPay(plan, (), steps, None, "granted", units)

    def _of_teams(self, person: str) -> Iterator[PlanPay]:
        for name, team in self.book.teams.items():
            if person not in team.shares:
                continue
            plan = next(plan for plan in self.book.plans if plan.id == team.plan)
            bases = [self._team_base(team, plan, period) for period in (*self.bases.earlier(plan.base), self.period)]
            steps, pool = incentives.commission_steps(bases, plan=plan, own_rate=None, own_bonus=None, **self.rounding)
            if pool is None:
                yield PlanPay(plan, (), (), None, "no_quota")
                continue
            share = incentives.split_pay(pool, dict(sorted(team.shares.items())), currency=self.engagement.currency)[person]
            mine = Step("team_share", Fraction(share) - Fraction(pool), {"team": name, "pool": pool})
            yield PlanPay(plan, (), (*steps, mine), share)

    def _team_base(self, team, plan, period: str) -> PeriodBase:
        members = [self.bases.base(person, plan, period) for person in team.shares]
        quotas = [member.quota for member in members]
        quota = None if None in quotas else sum(quotas, Fraction(0))
        return PeriodBase(period, sum((member.base for member in members), Fraction(0)), quota)

    def _employed(self, person: str) -> Fraction:
        """Return the share of the period's days on which the person was employed."""
        hired = self._given(person, "hire_date")
        if hired is None or hired.date() <= self.window.first_day:
            return Fraction(1)
        return Fraction(max(0, (self.window.until - hired.date()).days + 1), self.window.days)

    def _given(self, person: str, column: str):
        if person not in self.managers.index or column not in self.managers:
            return None
        found = self.managers.at[person, column]
        return None if pd.isna(found) else found

    def _money(self, person: str, column: str) -> Decimal | None:
        found = self._given(person, column)
        return None if found is None else Decimal(repr(float(found)))

    @cached_property
    def scores(self) -> dict[str, Decimal]:
        """Score against targets of each manager at the end of the period, with the two decimals that the statement prints."""
        from kamlib.scores import score

        card = score(self.every, self.engagement, as_of=self.window.until).values["manager"]
        known = card["scorecard_score"].dropna() if "scorecard_score" in card else pd.Series(dtype=float)
        return {person: Decimal(repr(float(found))).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) for person, found in known.items()}
