"""M4: value by revenue rank, potential by score, and the segment of every pair of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_units
from kamlib.policy import MatrixCuts
from kamlib.selection import head_count, reached, revenue_rank

VALUE_CLASSES = ("top", "mid", "low")
POTENTIAL_CLASSES = ("high", "stable", "declining")
# Ordered: the first rule that holds decides, the last always does. low and high -> grow extends the source (F25).
SEGMENT_RULES = {
    "core": lambda value, potential: (value == "top") & (potential != "declining"),
    "grow": lambda value, potential: (value != "top") & (potential == "high"),
    "optimise": lambda value, potential: value == "low",
    "maintain": lambda value, potential: value == value,
}


def value_class(revenue: pd.Series, *, cuts: MatrixCuts) -> pd.Series:
    """Class each account by its revenue among the active accounts.

    Parameters
    ----------
    revenue : Series of float
        Amount per account of the trailing twelve months; blank or not positive is inactive.
    cuts : MatrixCuts
        `top_share` of the active accounts, rounded up to whole accounts, are top.

    Returns
    -------
    Series of str
        Named ``value_class``: top, mid or low; an inactive account is low.

    Notes
    -----
    Tests in order: inactive, rank within the top, at or below the median of the active. A tie at the
    boundary is taken whole, so the top may hold more accounts than its share.

    References
    ----------
    [S2b]; M4, rulings F7, F25.

    Examples
    --------
    >>> cuts = MatrixCuts(top_share=0.1, high_score=60, stable_score=35)
    >>> value_class(pd.Series([9.0, 8.0, 7.0, 0.0]), cuts=cuts).tolist()
    ['top', 'low', 'low', 'low']
    """
    units, rank = exact_units(revenue), revenue_rank(revenue)
    active = np.sort(units[units > 0].to_numpy())
    middle = active[[(len(active) - 1) // 2, len(active) // 2]] if len(active) else np.zeros(2, dtype=np.int64)
    twice_median = int(middle.sum())
    top = rank <= head_count(len(active), cuts.top_share)
    low = rank.isna() | (2 * units <= twice_median)
    classes = np.select([top, low], ["top", "low"], default="mid")
    return pd.Series(classes, index=revenue.index, dtype="str", name="value_class")


def potential_class(score: pd.Series, *, cuts: MatrixCuts) -> pd.Series:
    """Class each account by its potential score; without a score it is stable.

    Parameters
    ----------
    score : Series of float
        In [0, 100]; blank where too little is measured.
    cuts : MatrixCuts

    Returns
    -------
    Series of str
        Named ``potential_class``: high, stable or declining.

    References
    ----------
    M4, ruling F25.

    Examples
    --------
    >>> cuts = MatrixCuts(top_share=0.1, high_score=60, stable_score=35)
    >>> potential_class(pd.Series([60.0, 35.0, 34.9, None]), cuts=cuts).tolist()
    ['high', 'stable', 'declining', 'stable']
    """
    tests = [score.isna(), reached(score, cuts.high_score), reached(score, cuts.stable_score)]
    classes = np.select(tests, ["stable", "high", "stable"], default="declining")
    return pd.Series(classes, index=score.index, dtype="str", name="potential_class")


def segment(classes: pd.DataFrame) -> pd.Series:
    """Assign the segment of each pair of value class and potential class.

    Parameters
    ----------
    classes : DataFrame, one row per account
        Columns ``value_class`` (top, mid, low) and ``potential_class`` (high, stable, declining).

    Returns
    -------
    Series of str
        Named ``segment``: core, grow, maintain or optimise.

    Raises
    ------
    ValueError
        A column is missing, or a class is none of those named.

    References
    ----------
    [S2b] the value-potential matrix; M4.

    Examples
    --------
    >>> segment(pd.DataFrame({"value_class": ["top", "mid", "low"], "potential_class": ["declining", "high", "stable"]})).tolist()
    ['maintain', 'grow', 'optimise']
    """
    for name, allowed in (("value_class", VALUE_CLASSES), ("potential_class", POTENTIAL_CLASSES)):
        require_columns(classes, [name], table="classes")
        wrong = classes.loc[~classes[name].isin(allowed), name]
        if len(wrong):
            raise ValueError(f"{name} must be one of {', '.join(allowed)}; {wrong.index[0]} has {wrong.iloc[0]!r}")
    tests = [rule(classes["value_class"], classes["potential_class"]) for rule in SEGMENT_RULES.values()]
    return pd.Series(np.select(tests, list(SEGMENT_RULES), default=""), index=classes.index, dtype="str", name="segment")


def value_potential_matrix(accounts: pd.DataFrame, *, cuts: MatrixCuts) -> pd.DataFrame:
    """Place each account in the value-potential matrix, with its segment and what to mind.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        Columns ``revenue_amount`` (trailing twelve months) and ``potential_score`` (0-100 or blank); where somebody has judged
        whether demand is stable over three years also ``demand_stable`` (1, 0 or blank).
    cuts : MatrixCuts

    Returns
    -------
    DataFrame
        With the index of `accounts`: ``value_class potential_class segment`` and the flags
        ``defend_flag`` (top and declining, or stable while demand is not), ``potential_unmeasured_flag`` and ``inactive_flag`` (1 or 0).

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b]; M4, ruling F25, addition A12.

    Examples
    --------
    >>> cuts = MatrixCuts(top_share=0.1, high_score=60, stable_score=35)
    >>> accounts = pd.DataFrame({"revenue_amount": [900.0, 50.0], "potential_score": [20.0, None]}, index=["A", "B"])
    >>> value_potential_matrix(accounts, cuts=cuts)[["segment", "defend_flag", "potential_unmeasured_flag"]]
        segment  defend_flag  potential_unmeasured_flag
    A  maintain          1.0                        0.0
    B  optimise          0.0                        1.0
    """
    require_columns(accounts, ["revenue_amount", "potential_score"], table="accounts")
    classes = pd.DataFrame(
        {
            "value_class": value_class(accounts["revenue_amount"], cuts=cuts),
            "potential_class": potential_class(accounts["potential_score"], cuts=cuts),
        }
    )
    top, potential = classes["value_class"] == "top", classes["potential_class"]
    shaky = top & (potential == "stable") & (accounts.get("demand_stable", pd.Series(index=accounts.index, dtype=float)) == 0)
    flags = {
        "defend_flag": (top & (potential == "declining")) | shaky,
        "potential_unmeasured_flag": accounts["potential_score"].isna(),
        "inactive_flag": exact_units(accounts["revenue_amount"]) <= 0,
    }
    named = segment(classes).mask(shaky, "maintain")
    return classes.assign(segment=named, **{name: flag.astype(float) for name, flag in flags.items()})
