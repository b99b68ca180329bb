"""F18: where the classifications of one account contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pandas as pd

from kamlib.checks import require_columns

CLASSIFICATIONS = ("qualification_verdict", "abc_class", "tier", "segment", "stars_count")
TIER_STEPS = {"strategic": 2, "key": 1, "basic": 1, "none": 0}
SEGMENT_STEPS = {"core": 2, "grow": 1, "maintain": 1, "optimise": 0}
CONFLICT_STEPS = 2


def class_table(accounts: pd.DataFrame, *, classifications: Sequence[str] = CLASSIFICATIONS) -> pd.DataFrame:
    """Cross every two classifications: how many accounts stand in each pair of classes.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        One column per classification and ``revenue_amount``; a blank class is left out of its tables.
    classifications : sequence of str
        Columns to cross.

    Returns
    -------
    DataFrame, one row per pair of classes that occurs
        ``classification class other_classification other_class accounts_count revenue_amount``.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    Ruling F18: the portfolio review prints the cross-tables.

    Examples
    --------
    >>> accounts = pd.DataFrame({"tier": ["key", "key", "none"], "segment": ["core", "core", "grow"], "revenue_amount": [5.0, 4.0, 1.0]})
    >>> class_table(accounts, classifications=["tier", "segment"]).iloc[:, [1, 3, 4]].to_numpy().tolist()
    [['key', 'core', 2], ['none', 'grow', 1]]
    """
    require_columns(accounts, [*classifications, "revenue_amount"], table="accounts")
    named = accounts.assign(**{name: _names(accounts[name]) for name in classifications})
    tables = [_crossed(named, *pair) for pair in combinations(classifications, 2)]
    return pd.concat(tables, ignore_index=True)


def class_conflicts(accounts: pd.DataFrame) -> pd.DataFrame:
    """List the accounts whose tier and segment disagree by two steps: who serves and how often do not fit.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``account_id``, ``tier``, ``segment``, ``revenue_amount``; an account without a tier has no conflict.

    Returns
    -------
    DataFrame, one row per conflict
        ``account_id tier segment revenue_amount conflict``: ``served_high_grown_low`` (strategic and
        optimise) or ``served_low_grown_high`` (none and core); the largest revenue first, equals by id.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Steps: strategic 2, key and basic 1, none 0; core 2, grow and maintain 1, optimise 0.

    References
    ----------
    [S2b]; ruling F18: the workbook shows the conflict as a decision.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["A", "B"], "tier": ["strategic", "none"], "segment": ["optimise", "core"],
    ...                          "revenue_amount": [9.0, 5.0]})
    >>> class_conflicts(accounts)["conflict"].tolist()
    ['served_high_grown_low', 'served_low_grown_high']
    """
    columns = ["account_id", "tier", "segment", "revenue_amount"]
    require_columns(accounts, columns, table="accounts")
    steps = accounts["tier"].map(TIER_STEPS).astype(float) - accounts["segment"].map(SEGMENT_STEPS).astype(float)
    conflict = pd.Series("served_high_grown_low", index=accounts.index, dtype="str").where(steps > 0, "served_low_grown_high")
    listed = accounts[columns].assign(conflict=conflict)[steps.abs() >= CONFLICT_STEPS]
    return listed.sort_values(["revenue_amount", "account_id"], ascending=[False, True], ignore_index=True)


def _names(classes: pd.Series) -> pd.Series:
    """Return classes as text; a number of stars reads 0, 3, 4 or 5."""
    return classes.astype("Int64").astype("str") if pd.api.types.is_numeric_dtype(classes) else classes.astype("str")


def _crossed(accounts: pd.DataFrame, name: str, other: str) -> pd.DataFrame:
    known = accounts.dropna(subset=[name, other])
    table = known.groupby([name, other])["revenue_amount"].agg(accounts_count="count", revenue_amount="sum").reset_index()
    columns = {name: "class", other: "other_class"}
    ordered = ["classification", "class", "other_classification", "other_class", "accounts_count", "revenue_amount"]
    return table.rename(columns=columns).assign(classification=name, other_classification=other)[ordered]
