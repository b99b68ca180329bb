"""M21: what a pay plan makes people do: its curve, its cliffs and dead zones, and what it costs beside others."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from kamlib.incentives.commission import commission
from kamlib.incentives.plan import Plan
from kamlib.incentives.salary import payout, variable_pay

STEPS_A_POINT = 10  # a tenth of a point of attainment (F68)
FIRST_POINT, LAST_POINT = 60, 140
CLIFF_SHARE = Fraction(2, 100)
DEAD_POINTS = 5
FLOOR, TARGET, STRETCH = Fraction(60, 100), Fraction(1), Fraction(120, 100)


def score_at(attainment: Fraction) -> Fraction:
    """Return the score that every KPI has at an attainment, with a floor of 60 %, a target of 100 % and a stretch of 120 %.

    Parameters
    ----------
    attainment : Fraction

    Returns
    -------
    Fraction
        0 to 120.

    References
    ----------
    M15, M21, ruling F68.

    Examples
    --------
    >>> [int(score_at(Fraction(percent, 100))) for percent in (60, 80, 100, 110, 140)]
    [0, 50, 100, 110, 120]
    """
    if attainment <= TARGET:
        return max(Fraction(0), 100 * (attainment - FLOOR) / (TARGET - FLOOR))
    return min(Fraction(120), 100 + 20 * (attainment - TARGET) / (STRETCH - TARGET))


def pay_at(
    attainment: Fraction,
    *,
    plan: Plan,
    quota: Decimal | Fraction | int,
    base_salary: Decimal | None = None,
    own_rate: Decimal | None = None,
    own_bonus: Decimal | None = None,
) -> Fraction:
    """Return what a plan pays in a period in which an attainment is reached, beside the fixed salary.

    Parameters
    ----------
    attainment : Fraction
        Of the quota.
    plan : Plan
    quota : Decimal, Fraction or int
        Of the period that the plan pays: a quarter's for a commission, a year's for a salary or shares.
    base_salary : Decimal, optional
        A year; needed by salary and share plans.
    own_rate, own_bonus : Decimal, optional

    Returns
    -------
    Fraction
        Unrounded.

    Raises
    ------
    ValueError
        A salary is missing, or `commission` refuses.

    References
    ----------
    M21, ruling F68.

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> [int(pay_at(Fraction(percent, 100), plan=default_book().plans[0], quota=1_000_000)) for percent in (80, 100, 130)]
    [8000, 12000, 22000]
    """
    if plan.kind == "commission":
        return commission(attainment * Fraction(quota), quota, plan=plan, own_rate=own_rate, own_bonus=own_bonus).amount
    if base_salary is None:
        raise ValueError(f"the plan {plan.id} needs a base_salary")
    if plan.kind == "salary":
        return variable_pay(base_salary, score_at(attainment), plan=plan).variable
    return Fraction(base_salary) * Fraction(plan.salary_multiple) * payout(score_at(attainment), curve=plan.payout)


def pay_curve(plan: Plan, *, quota: Decimal | Fraction | int, base_salary: Decimal | None = None, **own: Decimal | None) -> pd.DataFrame:
    """Draw up what a plan pays from 60 to 140 % attainment, a tenth of a point at a time.

    Parameters
    ----------
    plan : Plan
    quota : Decimal, Fraction or int
    base_salary : Decimal, optional
    **own : Decimal
        ``own_rate`` and ``own_bonus`` of the person.

    Returns
    -------
    DataFrame
        ``attainment pay_amount marginal_rate cost_rate``: what one more of the base pays, and pay over the base.

    References
    ----------
    M21, ruling F68.

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> curve = pay_curve(default_book().plans[0], quota=1_000_000)
    >>> len(curve), curve["marginal_rate"].iloc[[0, -1]].round(4).tolist()
    (801, [0.01, 0.04])
    """
    grid = _grid()
    pays = [pay_at(point, plan=plan, quota=quota, base_salary=base_salary, **own) for point in grid]
    steps = [later - pay for pay, later in zip(pays, pays[1:], strict=False)]
    width = Fraction(quota) / (100 * STEPS_A_POINT)
    return pd.DataFrame(
        {
            "attainment": [float(point) for point in grid],
            "pay_amount": [float(pay) for pay in pays],
            "marginal_rate": [float(step / width) for step in [*steps, steps[-1]]],
            "cost_rate": [float(pay / (point * Fraction(quota))) for point, pay in zip(grid, pays, strict=True)],
        }
    )


def cliffs(plan: Plan, *, quota: Decimal | Fraction | int, base_salary: Decimal | None = None, **own: Decimal | None) -> pd.DataFrame:
    """Find where pay jumps: by more than 2 % of target pay within a tenth of a point.

    Parameters
    ----------
    plan, quota, base_salary, **own
        As for `pay_curve`.

    Returns
    -------
    DataFrame
        ``attainment`` (where the jump is over) and ``jump_amount``.

    Notes
    -----
    Target pay is the fixed salary of the same time, where there is one, and the pay at 100 %.

    References
    ----------
    M21, rulings F64, F68.

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> salary = next(plan for plan in default_book().plans if plan.kind == "salary")
    >>> cliffs(salary, quota=1_000_000, base_salary=Decimal(70_000)).round(3).to_numpy().tolist()
    [[0.84, 15000.0]]
    """
    grid = _grid()
    pays = [pay_at(point, plan=plan, quota=quota, base_salary=base_salary, **own) for point in grid]
    target = pay_at(TARGET, plan=plan, quota=quota, base_salary=base_salary, **own) + _fixed(plan, base_salary)
    jumps = [(point, later - pay) for point, pay, later in zip(grid[1:], pays, pays[1:], strict=False)]
    found = [(float(point), float(jump)) for point, jump in jumps if abs(jump) > CLIFF_SHARE * target]
    return pd.DataFrame(found, columns=["attainment", "jump_amount"])


def dead_zones(plan: Plan, *, quota: Decimal | Fraction | int, base_salary: Decimal | None = None, **own: Decimal | None) -> pd.DataFrame:
    """Find where more attainment pays nothing more over five points or more.

    Parameters
    ----------
    plan, quota, base_salary, **own
        As for `pay_curve`.

    Returns
    -------
    DataFrame
        ``start end``: attainments.

    References
    ----------
    M21, ruling F68.

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> salary = next(plan for plan in default_book().plans if plan.kind == "salary")
    >>> dead_zones(salary, quota=1_000_000, base_salary=Decimal(70_000)).round(3).to_numpy().tolist()
    [[0.6, 0.839], [1.2, 1.4]]
    """
    grid = _grid()
    pays = [pay_at(point, plan=plan, quota=quota, base_salary=base_salary, **own) for point in grid]
    found, begin = [], 0
    for place in range(1, len(grid) + 1):
        if place == len(grid) or pays[place] != pays[begin]:
            if place - 1 - begin >= DEAD_POINTS * STEPS_A_POINT:
                found.append((float(grid[begin]), float(grid[place - 1])))
            begin = place
    return pd.DataFrame(found, columns=["start", "end"])


def compare_plans(
    plans: Sequence[Plan], *, quota: Decimal | Fraction | int, base_salary: Decimal | None = None, **own: Decimal | None
) -> pd.DataFrame:
    """Set plans beside one another from 60 to 140 % attainment.

    Parameters
    ----------
    plans : sequence of Plan
    quota, base_salary, **own
        As for `pay_curve`.

    Returns
    -------
    DataFrame
        ``plan attainment pay_amount cost_rate``, at every tenth of the quota.

    References
    ----------
    M21.

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> found = compare_plans(default_book().plans[:1], quota=1_000_000)
    >>> found.loc[found["attainment"] == 1.0, ["pay_amount", "cost_rate"]].to_numpy().tolist()
    [[12000.0, 0.012]]
    """
    rows = []
    for plan in plans:
        for percent in range(FIRST_POINT, LAST_POINT + 1, 10):
            point = Fraction(percent, 100)
            pay = pay_at(point, plan=plan, quota=quota, base_salary=base_salary, **own)
            rows.append((plan.id, percent / 100, float(pay), float(pay / (point * Fraction(quota)))))
    return pd.DataFrame(rows, columns=["plan", "attainment", "pay_amount", "cost_rate"])


def swing(pays: Sequence[Decimal]) -> float:
    """Return how much pay swings from quarter to quarter: standard deviation over mean.

    Parameters
    ----------
    pays : sequence of Decimal
        Of the last quarters, two or more.

    Returns
    -------
    float
        NaN with fewer than two, or where they add up to nothing.

    References
    ----------
    M21, ruling F68.

    Examples
    --------
    >>> swing([Decimal(80), Decimal(120)])
    0.2
    """
    if len(pays) < 2 or sum(pays) <= 0:
        return float("nan")
    mean = Fraction(sum(pays)) / len(pays)
    return float(sum((Fraction(pay) - mean) ** 2 for pay in pays) / len(pays)) ** 0.5 / float(mean)


def _grid() -> list[Fraction]:
    return [Fraction(step, 100 * STEPS_A_POINT) for step in range(FIRST_POINT * STEPS_A_POINT, LAST_POINT * STEPS_A_POINT + 1)]


def _fixed(plan: Plan, base_salary: Decimal | None) -> Fraction:
    """Return the fixed pay of the time that the plan pays: a year's, or a quarter's beside a commission."""
    if base_salary is None:
        return Fraction(0)
    return Fraction(base_salary) / (4 if plan.kind == "commission" else 1)
