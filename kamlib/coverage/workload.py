"""M22: how many hours a year an account takes, and how many managers that asks for."""

from __future__ import annotations

import math

import pandas as pd

from kamlib.checks import require_columns
from kamlib.policy import CoverageHours

YEAR_MONTHS = 12


def account_hours(touches: pd.DataFrame, segment: pd.Series, *, rules: CoverageHours) -> pd.DataFrame:
    """Return the hours a year that each account takes: its planned touches, and what it takes beside them.

    Parameters
    ----------
    touches : DataFrame, one row per planned touch of a year
        ``account_id kinds``: the kinds that would prove it, the first decides how long it takes; and ``hours`` where the playbook
        says so itself.
    segment : Series of str
        Of each account; blank or unknown takes what maintain does.
    rules : CoverageHours

    Returns
    -------
    DataFrame
        Indexed like `segment`: ``touch_hours fixed_hours workload_hours``.

    Raises
    ------
    ValueError
        A column is missing, or a kind has no hours.

    References
    ----------
    [L] Talley 1961; M22, ruling F70.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> touches = pd.DataFrame({"account_id": "A", "kinds": ["visit"] * 2})
    >>> account_hours(touches, pd.Series({"A": "maintain"}), rules=load_policy().coverage_hours)["workload_hours"].tolist()
    [32.0]
    """
    require_columns(touches, ["account_id", "kinds"], table="touches")
    kinds, lengths = touches["kinds"].astype("str").str.split(" ").str[0], rules.touch_hours.model_dump()
    given = touches["hours"] if "hours" in touches else pd.Series(float("nan"), index=touches.index)
    unknown = kinds[given.isna() & ~kinds.isin(list(lengths))]
    if len(unknown):
        raise ValueError(f"a touch must be one of {', '.join(lengths)}; {unknown.index[0]} is {unknown.iloc[0]!r}")
    hours = given.fillna(kinds.map(lengths)).groupby(touches["account_id"].astype("str")).sum()
    fixed = segment.map(rules.monthly_hours.model_dump()).astype(float).fillna(rules.monthly_hours.maintain) * YEAR_MONTHS
    touched = hours.reindex(segment.index).fillna(0.0)
    return pd.DataFrame({"touch_hours": touched, "fixed_hours": fixed, "workload_hours": touched + fixed})


def managers_needed(hours: pd.Series, *, rules: CoverageHours) -> int:
    """Return how many managers of the usual capacity the accounts take.

    Parameters
    ----------
    hours : Series of float
        `account_hours`.
    rules : CoverageHours

    Returns
    -------
    int

    References
    ----------
    M22, ruling F70.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> managers_needed(pd.Series([232.0] * 3 + [102.0] * 3 + [32.0] * 3), rules=load_policy().coverage_hours)
    1
    """
    return math.ceil(hours.sum() / rules.capacity_hours - 1e-9)
