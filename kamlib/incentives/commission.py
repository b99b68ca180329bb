"""M21 (b): commission by tiers of attainment, exact; and how a team shares one amount."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kamlib.incentives.plan import OWN, CommissionPlan, Tier
from kamlib.money import allocate


@dataclass(frozen=True)
class TierPay:
    """What one tier takes of the base and pays.

    Parameters
    ----------
    start : Decimal
        Attainment from which the tier holds.
    end : Decimal or None
        Where the next one begins.
    rate : Decimal
    base : Fraction
        Amount that falls into the tier.
    pay : Fraction
    """

    start: Decimal
    end: Decimal | None
    rate: Decimal
    base: Fraction
    pay: Fraction


@dataclass(frozen=True)
class Commission:
    """A commission with every step of the sum, unrounded.

    Parameters
    ----------
    base, quota : Fraction
    attainment : Fraction
        base / quota.
    tiers : tuple of TierPay
        Those that take part of the base.
    bonus : Fraction
    is_below_threshold, is_capped : bool
    amount : Fraction
        To be paid, 0 or more.
    carried : Fraction
        What a base below 0 takes into the next period, 0 or less.
    """

    base: Fraction
    quota: Fraction
    attainment: Fraction
    tiers: tuple[TierPay, ...]
    bonus: Fraction
    is_below_threshold: bool
    is_capped: bool
    amount: Fraction
    carried: Fraction


def commission(
    base: Decimal | Fraction | int,
    quota: Decimal | Fraction | int,
    *,
    plan: CommissionPlan,
    own_rate: Decimal | None = None,
    own_bonus: Decimal | None = None,
) -> Commission:
    """Work out a commission, step by step.

    Parameters
    ----------
    base : Decimal, Fraction or int
        Amount of the period, returns inside; a float has been rounded already and is refused.
    quota : Decimal, Fraction or int
        Of the same measure and period, above 0.
    plan : CommissionPlan
    own_rate, own_bonus : Decimal, optional
        The person's own, where a tier or the bonus says ``own``.

    Returns
    -------
    Commission

    Raises
    ------
    ValueError
        A float, a quota of 0 or less, or an own rate or bonus that is missing.

    Notes
    -----
    In this order: tiers (marginal, or the rate that is reached on the whole base), bonus, threshold, cap. A base of 0 or less
    pays nothing and is carried forward.

    References
    ----------
    [S2a]; M21, ruling F65.

    Examples
    --------
    >>> from kamlib.incentives import default_book
    >>> plan = next(plan for plan in default_book().plans if plan.id == "commission_revenue")
    >>> int(commission(1_300_000, 1_000_000, plan=plan).amount)
    22000
    """
    base, quota = _exact(base, "base"), _exact(quota, "quota")
    if quota <= 0:
        raise ValueError(f"quota must be above 0, got {float(quota):g}")
    if base <= 0:
        return Commission(base, quota, base / quota, (), Fraction(0), plan.threshold > 0, False, Fraction(0), base)
    tiers = (_marginal if plan.method == "marginal" else _whole)(base, quota, plan.tiers, own_rate)
    reached_bonus = plan.bonus is not None and base >= Fraction(plan.bonus.start) * quota
    bonus = _own(plan.bonus.amount, own_bonus, "bonus") if reached_bonus else Fraction(0)
    is_below = base < Fraction(plan.threshold) * quota
    earned = Fraction(0) if is_below else sum((tier.pay for tier in tiers), Fraction(0)) + bonus
    is_capped = plan.cap_amount is not None and earned > plan.cap_amount
    amount = Fraction(plan.cap_amount) if is_capped else earned
    return Commission(base, quota, base / quota, tiers, bonus, is_below, is_capped, amount, Fraction(0))


def split_pay(amount: Decimal, shares: Mapping[str, Decimal | Fraction | int], *, currency: str) -> dict[str, Decimal]:
    """Share one amount among a team so that the cents add up.

    Parameters
    ----------
    amount : Decimal
        Rounded to the currency's smallest unit.
    shares : mapping of str to number
        Manager id to weight.
    currency : str

    Returns
    -------
    dict of str to Decimal
        In the order of `shares`; equal remainders favour the lower id.

    Raises
    ------
    ValueError
        A share is negative or all are 0.

    References
    ----------
    M21, ruling F65.

    Examples
    --------
    >>> [str(part) for part in split_pay(Decimal("100.00"), {"M1": 1, "M2": 1, "M3": 1}, currency="CNY").values()]
    ['33.34', '33.33', '33.33']
    """
    return allocate(amount, list(shares.values()), list(shares), currency=currency)


def _marginal(base: Fraction, quota: Fraction, tiers: tuple[Tier, ...], own_rate: Decimal | None) -> tuple[TierPay, ...]:
    found = []
    for tier, following in zip(tiers, [*tiers[1:], None], strict=True):
        start, end = Fraction(tier.start) * quota, Fraction(following.start) * quota if following else base
        inside = min(base, end) - start
        if inside > 0:
            rate = _own(tier.rate, own_rate, "rate")
            found.append(TierPay(tier.start, following.start if following else None, _decimal(rate), inside, inside * rate))
    return tuple(found)


def _whole(base: Fraction, quota: Fraction, tiers: tuple[Tier, ...], own_rate: Decimal | None) -> tuple[TierPay, ...]:
    place = max(number for number, tier in enumerate(tiers) if base >= Fraction(tier.start) * quota)
    rate = _own(tiers[place].rate, own_rate, "rate")
    end = tiers[place + 1].start if place + 1 < len(tiers) else None
    return (TierPay(tiers[place].start, end, _decimal(rate), base, base * rate),)


def _own(value: Decimal | str, own: Decimal | None, what: str) -> Fraction:
    if value != OWN:
        return Fraction(value)
    if own is None:
        raise ValueError(f"the plan takes the person's own {what}, and the table of managers has none")
    return Fraction(own)


def _decimal(rate: Fraction) -> Decimal:
    return Decimal(rate.numerator) / Decimal(rate.denominator)


def _exact(value: Decimal | Fraction | int, name: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, Decimal | Fraction | int):
        raise ValueError(f"{name} must be a Decimal, a Fraction or whole, got {value!r}")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"{name} must be finite, got {value}")
    return Fraction(value)
