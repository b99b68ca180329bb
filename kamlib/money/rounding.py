"""Rounding and splitting amounts as they are paid."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from babel.numbers import get_currency_precision

ROUNDING_RULES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
_EXACT = Context(prec=60)


def round_money(amount: Decimal | Fraction, *, currency: str, rule: str = "half_up") -> Decimal:
    """Round an amount to the smallest unit of its currency.

    Parameters
    ----------
    amount : Decimal or Fraction
        A float is refused: it has been rounded already.
    currency : str
        ISO code; it decides the number of decimals.
    rule : str
        ``half_up`` (away from zero, the default of the policy) or ``half_even``.

    Returns
    -------
    Decimal

    Raises
    ------
    ValueError
        The amount is no finite Decimal or Fraction, or the rule is unknown.

    References
    ----------
    M21: money is rounded once, at the end, by the policy's named rule.

    Examples
    --------
    >>> round_money(Decimal("0.125"), currency="CNY"), round_money(Decimal("-0.125"), currency="CNY")
    (Decimal('0.13'), Decimal('-0.13'))
    """
    if not isinstance(amount, Decimal | Fraction) or not (isinstance(amount, Fraction) or amount.is_finite()):
        raise ValueError(f"amount must be a finite Decimal or a Fraction, got {amount!r}")
    if rule not in ROUNDING_RULES:
        raise ValueError(f"rule must be {' or '.join(ROUNDING_RULES)}, got {rule!r}")
    if isinstance(amount, Fraction):
        return _rounded(amount, smallest_unit(currency), rule)
    return amount.quantize(smallest_unit(currency), rounding=ROUNDING_RULES[rule], context=_EXACT)


def _rounded(amount: Fraction, unit: Decimal, rule: str) -> Decimal:
    """Round in whole numbers: a fraction need not be a decimal of any length."""
    units = abs(amount) / Fraction(unit)
    whole, rest = int(units), units - int(units)
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (rule == "half_up" or whole % 2 == 1))
    return _EXACT.multiply(Decimal((whole + up) * (-1 if amount < 0 else 1)), unit)


def smallest_unit(currency: str) -> Decimal:
    """Return the smallest unit in which a currency is paid.

    Parameters
    ----------
    currency : str
        ISO code.

    Returns
    -------
    Decimal

    Examples
    --------
    >>> smallest_unit("CNY"), smallest_unit("JPY")
    (Decimal('0.01'), Decimal('1'))
    """
    return Decimal(1).scaleb(-get_currency_precision(currency))


def allocate(total: Decimal, weights: Sequence, ids: Sequence[str], *, currency: str) -> dict[str, Decimal]:
    """Split an amount in proportion to weights so that the shares add up to it exactly.

    Parameters
    ----------
    total : Decimal
        In whole smallest units of the currency; may be negative.
    weights : sequence of int, Decimal, Fraction or float
        Not negative, not all zero; one per id.
    ids : sequence of str
        Each once.
    currency : str
        ISO code.

    Returns
    -------
    dict of str to Decimal
        Share of each id, in the order of `ids`.

    Raises
    ------
    ValueError
        The total has a fraction of the smallest unit, a weight is negative, all are zero, or ids and
        weights do not pair up.

    Notes
    -----
    Largest remainder: each gets the whole units of its exact share; the units left over go one by one
    to the largest remainders, equal remainders in the order of the ids. A negative total is split like
    its opposite.

    References
    ----------
    M21, ruling F65.

    Examples
    --------
    >>> list(allocate(Decimal("100.00"), [1, 1, 1], ["a", "b", "c"], currency="CNY").values())
    [Decimal('33.34'), Decimal('33.33'), Decimal('33.33')]
    """
    unit = smallest_unit(currency)
    shares = _require_shares(weights, ids)
    units = Fraction(total) / Fraction(unit)
    if units.denominator != 1:
        raise ValueError(f"total must be in whole units of {unit} {currency}, got {total}")
    exact = {key: abs(units) * share / sum(shares.values()) for key, share in shares.items()}
    whole = {key: int(share) for key, share in exact.items()}
    left_over = int(abs(units)) - sum(whole.values())
    favoured = sorted(exact, key=lambda key: (whole[key] - exact[key], key))[:left_over]
    sign = -1 if units < 0 else 1
    return {key: sign * (whole[key] + (key in favoured)) * unit for key in ids}


def _require_shares(weights: Sequence, ids: Sequence[str]) -> dict[str, Fraction]:
    shares = dict(zip(ids, map(Fraction, weights), strict=False))
    if len(shares) != len(weights) or len(ids) != len(weights):
        raise ValueError(f"weights and ids must pair up, each id once; got {len(weights)} weights for {', '.join(ids)}")
    negative = [f"{key}: {float(share):g}" for key, share in shares.items() if share < 0]
    if negative or not any(shares.values()):
        raise ValueError(f"weights must be at least 0 and not all 0, got {', '.join(negative) or 'only zeros'}")
    return shares
