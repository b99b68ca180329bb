"""Ranks, percentiles and classes by revenue, none of which splits a tie."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

from kamlib.money import exact, exact_units
from kamlib.policy import AbcCuts

SLACK = 1e-9  # relative, in favour of "reached" (F8)


def revenue_rank(revenue: pd.Series) -> pd.Series:
    """Rank the active accounts by revenue; equals share the smallest rank number.

    Parameters
    ----------
    revenue : Series of float
        Amount per account (or group), any index; blank or not positive is not active.

    Returns
    -------
    Series of float
        Named ``revenue_rank``, from 1 for the largest; NaN where not active.

    References
    ----------
    Ruling F7.

    Examples
    --------
    >>> revenue_rank(pd.Series([9.0, 7.0, 7.0, 5.0, 0.0])).tolist()
    [1.0, 2.0, 2.0, 4.0, nan]
    """
    units = exact_units(revenue)
    return units.where(units > 0).rank(method="min", ascending=False).rename("revenue_rank")


def percentile_score(values: pd.Series, *, minimum_values: int) -> pd.Series:
    """Place each value among all of them, from 0 for the smallest to 100 for the largest.

    Parameters
    ----------
    values : Series of float
        Any index and unit; blanks are left out.
    minimum_values : int
        Fewer values have no percentile (policy ``percentile.minimum_values``).

    Returns
    -------
    Series of float
        In [0, 100]; NaN where blank, and everywhere if there are too few.

    Notes
    -----
    100 * (smaller + half of the equal others) / (n - 1).

    References
    ----------
    Ruling F9.

    Examples
    --------
    >>> percentile_score(pd.Series([1.0, 2.0, 2.0, 3.0, 4.0]), minimum_values=5).tolist()
    [0.0, 37.5, 37.5, 75.0, 100.0]
    """
    others = values.count() - 1
    if others + 1 < minimum_values:
        return pd.Series(np.nan, index=values.index, name=values.name)
    return 100 * (values.rank(method="average") - 1) / others


def reached(values: pd.Series, cut: float) -> pd.Series:
    """Tell where a threshold is reached, forgiving the last digits of floating point.

    Parameters
    ----------
    values : Series of float
        No money: amounts compare exactly.
    cut : float

    Returns
    -------
    Series of bool
        False where blank.

    References
    ----------
    Ruling F8.

    Examples
    --------
    >>> reached(pd.Series([0.1 + 0.7, 0.79]), 0.8).tolist()
    [True, False]
    """
    return values >= cut - SLACK * abs(cut)


def abc_class(revenue: pd.Series, *, cuts: AbcCuts) -> pd.Series:
    """Class A, B or C by the share of revenue that strictly larger accounts hold.

    Parameters
    ----------
    revenue : Series of float
        Amount per account or group, any index; blank or not positive is inactive.
    cuts : AbcCuts
        A while larger accounts hold less than `a_share`, B while less than `b_share`.

    Returns
    -------
    Series of str
        Named ``abc_class``: A, B, C or inactive.

    Notes
    -----
    Amounts are compared in whole millionths, shares are never added up, and equals are never split:
    the result does not depend on the order of the rows, and a sole account is A.

    References
    ----------
    [S2a], [S4a]; M1, rulings F7, F8, F16.

    Examples
    --------
    >>> abc_class(pd.Series([80.0, 15.0, 5.0, -2.0]), cuts=AbcCuts(a_share=0.8, b_share=0.95)).tolist()
    ['A', 'B', 'C', 'inactive']
    """
    units = exact_units(revenue)
    active = units.where(units > 0, 0)
    by_amount = active.groupby(active).sum().sort_index(ascending=False)
    larger = active.map(by_amount.cumsum() - by_amount)
    below = {name: larger < least_units(share, active) for name, share in (("A", cuts.a_share), ("B", cuts.b_share))}
    classes = np.select([active == 0, below["A"], below["B"]], ["inactive", "A", "B"], default="C")
    return pd.Series(classes, index=revenue.index, dtype="str", name="abc_class")


def head_count(accounts: int, accounts_share: Decimal | float) -> int:
    """Number of accounts in a share of them, rounded up.

    Parameters
    ----------
    accounts : int
        All of them.
    accounts_share : Decimal or float
        Read as it is written, so that a tenth of 30 is 3.

    Returns
    -------
    int

    Examples
    --------
    >>> head_count(11, Decimal("0.10")), head_count(30, 0.1)
    (2, 3)
    """
    return math.ceil(exact(accounts_share) * accounts)


def least_units(share: float | Decimal, units: pd.Series | np.ndarray) -> int:
    """Return the least whole amount that is not below a share of the total.

    Parameters
    ----------
    share : float or Decimal
    units : Series or ndarray of int
        Whole amounts that make up the total.

    Returns
    -------
    int

    Examples
    --------
    >>> least_units(0.8, pd.Series([500, 499]))
    800
    """
    return math.ceil(exact(share) * Fraction(int(units.sum())))
