"""M3: whether winning and keeping an account pays, for an account that stays and for one that buys once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InvestmentCase:
    """What winning an account costs and brings, year by year.

    Parameters
    ----------
    cash_amounts : tuple of float
        Of each year: revenue times margin less the year's cost.
    cumulative_amounts : tuple of float
        Added up, undiscounted.
    npv_amount : float
        Discounted to the start; year 1 counts at the start itself.
    break_even_year : int or None
        First year with cumulative cash of 0 or more; None if there is none within the years.
    cost_to_serve_ratio : float
        All cost divided by all revenue, undiscounted.
    """

    cash_amounts: tuple[float, ...]
    cumulative_amounts: tuple[float, ...]
    npv_amount: float
    break_even_year: int | None
    cost_to_serve_ratio: float


def investment_case(
    revenue_amount: float,
    margin_rate: float,
    *,
    first_cost_amount: float,
    later_cost_amount: float,
    years: int = 5,
    discount_rate: float = 0.10,
    continuing: bool = True,
) -> InvestmentCase:
    """Add up what it costs to win and keep an account and what it brings.

    Parameters
    ----------
    revenue_amount : float
        A year.
    margin_rate : float
        Contribution margin as a fraction of revenue.
    first_cost_amount, later_cost_amount : float
        Developing the account in year 1; keeping it in each later year.
    years : int
        Horizon, 1 or more.
    discount_rate : float
        A year, above -1.
    continuing : bool
        False: it buys in year 1 only, and costs nothing afterwards.

    Returns
    -------
    InvestmentCase

    Raises
    ------
    ValueError
        Revenue is not above 0, a cost is negative, or years or rate lie outside their range.

    Notes
    -----
    cash of year 1 = revenue * margin - first cost, of a later year revenue * margin - later cost; year y is divided by
    (1 + r) ** (y - 1). Cash counts at the start of a year; the value of a relationship (M19) counts it at the end.

    References
    ----------
    [S3] ten million a year, five to win it, half a million to keep it; M3, ruling F24.

    Examples
    --------
    >>> case = investment_case(10e6, 0.40, first_cost_amount=5e6, later_cost_amount=0.5e6)
    >>> round(case.npv_amount / 1e6, 2), case.break_even_year, case.cost_to_serve_ratio
    (10.09, 2, 0.14)
    """
    if revenue_amount <= 0 or min(first_cost_amount, later_cost_amount) < 0:
        found = f"{revenue_amount:g}, {first_cost_amount:g}, {later_cost_amount:g}"
        raise ValueError(f"revenue must be above 0 and no cost negative, got {found}")
    if years < 1 or discount_rate <= -1:
        raise ValueError(f"years must be 1 or more and discount_rate above -1, got {years} and {discount_rate:g}")
    bought = [revenue_amount if continuing or year == 0 else 0.0 for year in range(years)]
    costs = [first_cost_amount, *([later_cost_amount if continuing else 0.0] * (years - 1))]
    cash = [revenue * margin_rate - cost for revenue, cost in zip(bought, costs, strict=True)]
    cumulative = [sum(cash[: year + 1]) for year in range(years)]
    even = next((year + 1 for year, total in enumerate(cumulative) if total >= 0), None)
    npv = sum(amount / (1 + discount_rate) ** year for year, amount in enumerate(cash))
    return InvestmentCase(tuple(cash), tuple(cumulative), npv, even, sum(costs) / sum(bought))
