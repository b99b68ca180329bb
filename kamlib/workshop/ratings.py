"""Blind ratings of the criteria of M2: who has rated, where assessors differ, and how a rating gets into a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd

from kamlib import lifecycle
from kamlib.data.names import file_stem
from kamlib.data.plan import Assessment, Plan
from kamlib.data.plans import read_plan
from kamlib.lifecycle import AGREED
from kamlib.scores.choice import JUDGED_PREFIX, RATED

CRITERIA = (*RATED, "innovation_fit")
LEVELS = (1, 2, 3, 4, 5)
COLUMNS = ["account_id", "item", "level", "assessed_on", "assessor"]


def plans_of(folder: Path, accounts: Iterable[str]) -> dict[str, Plan]:
    """Read the plans as they lie on the disk, so that what others rate meanwhile is seen.

    Parameters
    ----------
    folder : Path
        That of the plans.
    accounts : iterable of str

    Returns
    -------
    dict of str to Plan
        By account; only those that have a plan.

    Raises
    ------
    InvalidInput
        A file is no plan.
    """
    paths = {account: folder / f"{file_stem(account)}.yaml" for account in accounts}
    return {account: _plan_at(path, _state(path)) for account, path in paths.items() if path.exists()}


def ratings_of(plans: Mapping[str, Plan], day: date) -> pd.DataFrame:
    """Return what was rated on a day, what was agreed on among it.

    Parameters
    ----------
    plans : mapping of str to Plan
    day : date

    Returns
    -------
    DataFrame, one row per rating
        ``account_id item level assessed_on assessor``; only criteria of M2 that somebody signed.

    Examples
    --------
    >>> rated = [{"item": "qualification.fit", "level": 4, "assessed_on": date(2026, 6, 30), "assessor": "Li"}]
    >>> plan = Plan.model_validate({"schema": 1, "account_id": "A", "assessments": rated})
    >>> ratings_of({"A": plan}, date(2026, 6, 30))[["item", "level", "assessor"]].to_numpy().tolist()
    [['qualification.fit', 4.0, 'Li']]
    """
    rows = [
        (account, entry.item, float(entry.level), pd.Timestamp(day), entry.assessor)
        for account, plan in plans.items()
        for entry in plan.assessments
        if entry.assessed_on == day and entry.assessor and _criterion(entry.item)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def assessors_of(rated: pd.DataFrame) -> dict[str, list[str]]:
    """Return who has rated each account.

    Parameters
    ----------
    rated : DataFrame
        `ratings_of`.

    Returns
    -------
    dict of str to list of str
        By account, in the order of the names.
    """
    blind = rated[rated["assessor"] != AGREED]
    return {account: sorted(names.unique()) for account, names in blind.groupby("account_id")["assessor"]}


def may_open(rated: pd.DataFrame, people: int) -> set[str]:
    """Name the accounts whose ratings may be opened: everybody has rated, or the room has agreed already.

    Parameters
    ----------
    rated : DataFrame
        `ratings_of`.
    people : int
        How many rate.

    Returns
    -------
    set of str

    Examples
    --------
    >>> rated = pd.DataFrame({"account_id": ["A", "A", "B", "C"], "assessor": ["Li", "Wang", "Li", "agreed"]})
    >>> sorted(may_open(rated, 2))
    ['A', 'C']
    """
    whole = {account for account, names in assessors_of(rated).items() if len(names) >= people}
    return whole | set(rated.loc[rated["assessor"] == AGREED, "account_id"])


def disagreements(rated: pd.DataFrame) -> pd.DataFrame:
    """List where assessors differ, the largest disagreement first.

    Parameters
    ----------
    rated : DataFrame
        `ratings_of`, of the accounts that are open.

    Returns
    -------
    DataFrame, one row per account and criterion that somebody has rated
        ``account_id criterion spread level agreed``: the largest rating less the smallest, the lower median, and what was agreed
        on, blank where nothing was. Equal spreads by account and criterion.

    References
    ----------
    M2, ruling F23.

    Examples
    --------
    >>> rated = pd.DataFrame({"account_id": "A", "item": ["qualification.fit"] * 2, "level": [2.0, 5.0], "assessor": ["Li", "Wang"],
    ...                       "assessed_on": pd.Timestamp("2026-06-30")})
    >>> disagreements(rated)[["criterion", "spread", "level"]].to_numpy().tolist()
    [['fit', 3.0, 2.0]]
    """
    items = [f"{JUDGED_PREFIX}{name}" for name in CRITERIA]
    is_agreed = rated["assessor"] == AGREED
    levels = lifecycle.item_levels(rated[~is_agreed], items)
    agreed = lifecycle.item_levels(rated[is_agreed], items).reindex(levels.index)
    rows = [
        (account, name, levels.loc[account, f"{item}_spread"], levels.loc[account, item], agreed.loc[account, item])
        for account in levels.index
        for name, item in zip(CRITERIA, items, strict=True)
    ]
    found = pd.DataFrame(rows, columns=["account_id", "criterion", "spread", "level", "agreed"]).dropna(subset=["level"])
    found = found.assign(place=found["criterion"].map(CRITERIA.index))
    ordered = found.sort_values(["spread", "account_id", "place"], ascending=[False, True, True], kind="stable")
    return ordered.drop(columns="place").reset_index(drop=True)


def with_ratings_of(plan: Plan, levels: Mapping[str, int | None], *, assessor: str, source: str, day: date) -> Plan:
    """Put the ratings of one assessor into a plan, in place of those that the assessor gave on the same day.

    Parameters
    ----------
    plan : Plan
    levels : mapping of str to int
        Criterion to level, None where it was left open.
    assessor, source : str
    day : date

    Returns
    -------
    Plan

    Examples
    --------
    >>> plan = Plan.model_validate({"schema": 1, "account_id": "A"})
    >>> for level in (2, 4):
    ...     plan = with_ratings_of(plan, {"fit": level}, assessor="Li", source="Workshop", day=date(2026, 6, 30))
    >>> [(entry.item, entry.level) for entry in plan.assessments]
    [('qualification.fit', 4)]
    """
    kept = [entry for entry in plan.assessments if not (_criterion(entry.item) and (entry.assessor, entry.assessed_on) == (assessor, day))]
    given = [
        Assessment(item=f"{JUDGED_PREFIX}{name}", level=level, source=source, assessed_on=day, assessor=assessor)
        for name, level in levels.items()
        if level is not None
    ]
    return plan.model_copy(update={"assessments": [*kept, *given]})


def _criterion(item: str) -> bool:
    return item.startswith(JUDGED_PREFIX) and item.removeprefix(JUDGED_PREFIX) in CRITERIA


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size


@lru_cache(maxsize=4096)
def _plan_at(path: Path, state: tuple[int, int, int]) -> Plan:
    return read_plan(path)
