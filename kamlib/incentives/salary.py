"""M21 (a), (c): variable pay by score, and employee shares with their vesting."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kamlib.incentives.plan import PayoutCurve, SalaryPlan, SharePlan


@dataclass(frozen=True)
class VariablePay:
    """Salary with its variable part, of one year, unrounded.

    Parameters
    ----------
    fixed : Fraction
        The base salary.
    target : Fraction
        Fixed and variable at a payout of 1.
    variable_at_target : Fraction
    payout : Fraction or None
        None where the score is not measured: the variable part is then not payable yet.
    variable : Fraction or None
    """

    fixed: Fraction
    target: Fraction
    variable_at_target: Fraction
    payout: Fraction | None
    variable: Fraction | None


@dataclass(frozen=True)
class Tranche:
    """Shares that vest on one day.

    Parameters
    ----------
    months : int
        After the grant.
    units : int
    state : str
        ``vested``, ``lapsed`` (the year's score was too low), ``left`` (the person had gone) or ``open``.
    """

    months: int
    units: int
    state: str


def payout(score: Decimal | Fraction | int, *, curve: PayoutCurve) -> Fraction:
    """Return the share of the variable pay that a score earns.

    Parameters
    ----------
    score : Decimal, Fraction or int
        Of the scorecard, 0 to 120.
    curve : PayoutCurve

    Returns
    -------
    Fraction
        0 below the first score, linear up to the target and on to the top, then flat.

    References
    ----------
    [S2a]; M21, rulings F64, F68.

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> curve = next(plan for plan in default_book().plans if plan.kind == "salary").payout
    >>> [float(payout(score, curve=curve)) for score in (59, 60, 80, 100, 110, 120)]
    [0.0, 0.5, 0.75, 1.0, 1.25, 1.5]
    """
    score = Fraction(score)
    points = [(curve.start_score, curve.start_payout), (curve.target_score, curve.target_payout), (curve.top_score, curve.top_payout)]
    if score < points[0][0]:
        return Fraction(0)
    for (low, low_payout), (high, high_payout) in zip(points, points[1:], strict=False):
        if score <= high:
            share = (score - Fraction(low)) / (Fraction(high) - Fraction(low))
            return Fraction(low_payout) + share * (Fraction(high_payout) - Fraction(low_payout))
    return Fraction(curve.top_payout)


def variable_pay(base_salary: Decimal, score: Decimal | Fraction | int | None, *, plan: SalaryPlan) -> VariablePay:
    """Work out a year's variable pay from the scorecard.

    Parameters
    ----------
    base_salary : Decimal
        The fixed part of a year.
    score : Decimal, Fraction, int or None
        None where too little was measured.
    plan : SalaryPlan

    Returns
    -------
    VariablePay

    Raises
    ------
    ValueError
        The salary is not above 0.

    References
    ----------
    [S2a]; M21, ruling F64: target pay is the fixed part over its share.

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> plan = next(plan for plan in default_book().plans if plan.kind == "salary")
    >>> pay = variable_pay(Decimal(70_000), 100, plan=plan)
    >>> int(pay.target), int(pay.variable)
    (100000, 30000)
    """
    if base_salary <= 0:
        raise ValueError(f"base_salary must be above 0, got {base_salary}")
    target = Fraction(base_salary) / Fraction(plan.fixed_share)
    at_target = target - Fraction(base_salary)
    rate = None if score is None else payout(score, curve=plan.payout)
    return VariablePay(Fraction(base_salary), target, at_target, rate, None if rate is None else at_target * rate)


def granted_units(base_salary: Decimal, score: Decimal | Fraction | int | None, *, plan: SharePlan) -> int | None:
    """Return how many whole shares a year's score grants.

    Parameters
    ----------
    base_salary : Decimal
    score : Decimal, Fraction, int or None
    plan : SharePlan
        The price at grant is one of its terms.

    Returns
    -------
    int or None
        None where the score is not measured.

    Raises
    ------
    ValueError
        The salary is not above 0.

    References
    ----------
    [S2a]; M21, ruling F67.

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> plan = next(plan for plan in default_book().plans if plan.kind == "shares")
    >>> granted_units(Decimal(100_000), 100, plan=plan)
    1000
    """
    if base_salary <= 0:
        raise ValueError(f"base_salary must be above 0, got {base_salary}")
    if score is None:
        return None
    value = Fraction(base_salary) * Fraction(plan.salary_multiple) * payout(score, curve=plan.payout)
    return int(value / Fraction(plan.unit_price))


def vesting(
    units: int, scores: tuple[Decimal | Fraction | int | None, ...], *, plan: SharePlan, left_after_months: int | None = None
) -> tuple[Tranche, ...]:
    """Return when granted shares vest, and which of them lapse.

    Parameters
    ----------
    units : int
        Granted, 0 or more.
    scores : tuple
        Of each year after the grant, as far as known; None is known and not measured.
    plan : SharePlan
    left_after_months : int, optional
        When the person left: what had not vested by then is lost.

    Returns
    -------
    tuple of Tranche
        In order of time; their units add up to `units`.

    Raises
    ------
    ValueError
        `units` is negative.

    Notes
    -----
    Vested so far is the whole part of units times the fraction due; the last tranche takes the rest. A tranche vests only if the score
    of its year reached the least score; one whose year is not measured stays open.

    References
    ----------
    [S2a]; M21, ruling F67.

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> plan = next(plan for plan in default_book().plans if plan.kind == "shares")
    >>> [(part.months, part.units, part.state) for part in vesting(10, (100, 40), plan=plan)][:3]
    [(12, 2, 'vested'), (15, 1, 'lapsed'), (18, 0, 'lapsed')]
    """
    if units < 0:
        raise ValueError(f"units must be 0 or more, got {units}")
    found, given, due, months = [], 0, Fraction(0), plan.cliff_months
    while due < 1:
        due = min(Fraction(1), due + Fraction(plan.step_share if found else plan.cliff_share))
        so_far = int(units * due)
        found.append(Tranche(months, so_far - given, _state(months, scores, plan, left_after_months)))
        given, months = so_far, months + plan.step_months
    return tuple(found)


def _state(months: int, scores: tuple, plan: SharePlan, left_after_months: int | None) -> str:
    if left_after_months is not None and months > left_after_months:
        return "left"
    year = max(0, -(-months // 12) - 1)
    if year >= len(scores) or scores[year] is None:
        return "open"
    return "vested" if scores[year] >= plan.least_score else "lapsed"
