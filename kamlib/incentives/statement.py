"""M21: one person's pay of a period with every step of the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kamlib.incentives.commission import Commission, commission
from kamlib.incentives.credit import Credit
from kamlib.incentives.plan import CommissionPlan, Plan
from kamlib.money import round_money


@dataclass(frozen=True)
class PeriodBase:
    """Base and quota of one person in one period.

    Parameters
    ----------
    period : str
    base : Fraction
    quota : Fraction or None
        None where no target was set.
    """

    period: str
    base: Fraction
    quota: Fraction | None


@dataclass(frozen=True)
class Step:
    """One line of a statement.

    Parameters
    ----------
    id : str
        Names the words of the line.
    amount : Fraction or None
        What the line adds, or shows.
    places : dict
        Figures in its words.
    """

    id: str
    amount: Fraction | None
    places: dict


@dataclass(frozen=True)
class PlanPay:
    """What one plan pays a person in a period.

    Parameters
    ----------
    plan : Plan
    credits : tuple of Credit
        What the base is made of.
    steps : tuple of Step
    paid : Decimal or None
        Rounded once; None where it cannot be paid yet, and `note` says why: ``no_quota``, ``no_score``, ``no_salary``.
    note : str
    units : int or None
        Shares granted, where the plan grants shares.
    """

    plan: Plan
    credits: tuple[Credit, ...]
    steps: tuple[Step, ...]
    paid: Decimal | None
    note: str = ""
    units: int | None = None


def commission_steps(
    periods: Sequence[PeriodBase],
    *,
    plan: CommissionPlan,
    own_rate: Decimal | None,
    own_bonus: Decimal | None,
    currency: str,
    rule: str,
) -> tuple[tuple[Step, ...], Decimal | None]:
    """Work out the commission of the last of several periods, what the earlier ones leave behind taken into account.

    Parameters
    ----------
    periods : sequence of PeriodBase
        Of one fiscal year in order of time; the last is the one that is paid.
    plan : CommissionPlan
    own_rate, own_bonus : Decimal or None
    currency, rule : str
        Of rounding.

    Returns
    -------
    tuple of Steps and Decimal or None
        The steps of the last period and its pay; None without a quota.

    Notes
    -----
    By quarter, a base below 0 is carried into the next period. Year to date, the plan is worked out on all periods so far and what
    was paid before is taken off; never less than 0.

    References
    ----------
    M21, ruling F65.
    """
    if periods[-1].quota is None:
        return (), None
    known = [entry for entry in periods if entry.quota is not None]
    own = {"own_rate": own_rate, "own_bonus": own_bonus}
    rounding = {"currency": currency, "rule": rule}
    return _year_to_date(known, plan, own, rounding) if plan.period == "ytd" else _by_quarter(known, plan, own, rounding)


def clawback(
    closed: PeriodBase, returned: Fraction, already: Fraction, *, plan: CommissionPlan, own_rate: Decimal | None, own_bonus: Decimal | None
) -> Fraction:
    """Return what a late return takes back of the commission of the period in which it was sold.

    Parameters
    ----------
    closed : PeriodBase
        The period of the sale, as it was paid.
    returned : Fraction
        Amount of the returns, above 0.
    already : Fraction
        Amount of earlier returns of that period that were clawed back before.
    plan : CommissionPlan
    own_rate, own_bonus : Decimal or None

    Returns
    -------
    Fraction
        0 or more.

    References
    ----------
    M21, ruling F66: plan(old base) - plan(old base - returned).

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> plan = default_book().plans[0]
    >>> closed = PeriodBase("2026Q1", Fraction(1_100_000), Fraction(1_000_000))
    >>> int(clawback(closed, Fraction(200_000), Fraction(0), plan=plan, own_rate=None, own_bonus=None))
    5000
    """
    if closed.quota is None:
        return Fraction(0)
    before, after = (
        commission(base, closed.quota, plan=plan, own_rate=own_rate, own_bonus=own_bonus).amount
        for base in (closed.base - already, closed.base - already - returned)
    )
    return before - after


def _by_quarter(periods: Sequence[PeriodBase], plan: CommissionPlan, own: dict, rounding: dict) -> tuple[tuple[Step, ...], Decimal]:
    carried = Fraction(0)
    for entry in periods:
        brought, found = carried, commission(entry.base + carried, entry.quota, plan=plan, **own)
        carried = found.carried
    steps = [Step("credited", periods[-1].base, {})]
    steps += [Step("brought", brought, {})] if brought else []
    return _finished(steps, found, Fraction(0), rounding)


def _year_to_date(periods: Sequence[PeriodBase], plan: CommissionPlan, own: dict, rounding: dict) -> tuple[tuple[Step, ...], Decimal]:
    base = quota = Fraction(0)
    paid = before = Decimal(0)
    for entry in periods:
        base, quota, before = base + entry.base, quota + entry.quota, paid
        found = commission(base, quota, plan=plan, **own)
        paid = max(paid, round_money(found.amount, **rounding))
    steps = [Step("credited", periods[-1].base, {})]
    steps += [Step("earlier_base", base - periods[-1].base, {"count": len(periods) - 1})] if len(periods) > 1 else []
    return _finished(steps, found, Fraction(before), rounding)


def _finished(steps: list[Step], found: Commission, before: Fraction, rounding: dict) -> tuple[tuple[Step, ...], Decimal]:
    """Put attainment, tiers, bonus, threshold, cap, earlier pay and rounding below the base."""
    steps = [*steps, Step("base", found.base, {}), Step("quota", found.quota, {}), Step("attainment", None, {"rate": found.attainment})]
    for tier in found.tiers:
        steps.append(Step("tier", tier.pay, {"start": tier.start, "end": tier.end, "rate": tier.rate, "base": tier.base}))
    steps += [Step("bonus", found.bonus, {})] if found.bonus else []
    earned = sum((tier.pay for tier in found.tiers), Fraction(0)) + found.bonus
    steps += [Step("below_threshold", -earned, {})] if found.is_below_threshold and earned else []
    steps += [Step("capped", found.amount - earned, {})] if found.is_capped else []
    steps += [Step("carried", None, {"amount": found.carried})] if found.carried else []
    steps += [Step("paid_before", -before, {})] if before else []
    exact = found.amount - before
    paid = max(Decimal(0), round_money(exact, **rounding))
    steps += [Step("set_off", -exact, {})] if exact < 0 else []
    difference = Fraction(paid) - max(Fraction(0), exact)
    return (*steps, *([Step("rounding", difference, {})] if difference else [])), paid
