"""M22: who should serve whom, solved exactly: the best fit that the hours allow, and what would move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, hstack

from kamlib.checks import require_columns, require_unique
from kamlib.playbook import playbook
from kamlib.policy import CoverageHours

TIE_COST, LEAST_DIFFERENCE = 1e-6, 0.04  # the ties of all accounts together must not outweigh a difference in fit
SPARE = 1.05


@dataclass(frozen=True)
class Assignment:
    """Who serves whom.

    Parameters
    ----------
    managers : Series of str
        By account.
    moves : DataFrame
        ``account_id from_manager to_manager hours fit_before fit_after``: the largest gain first.
    load : DataFrame
        By manager: ``capacity_hours hours_before hours_after overload_before overload_after accounts_before accounts_after``.
    fit_before, fit_after : float
        Sum over accounts, with the overload's cost taken off.
    is_optimal : bool
        False where the time ran out before the best was proved.
    """

    managers: pd.Series
    moves: pd.DataFrame
    load: pd.DataFrame
    fit_before: float
    fit_after: float
    is_optimal: bool


def manager_fit(accounts: pd.DataFrame, managers: pd.DataFrame, *, rules: CoverageHours) -> pd.DataFrame:
    """Return how well each manager fits each account.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        Indexed by account: ``industry relationship_stage manager_id``, blank where not known.
    managers : DataFrame, one row per manager
        Indexed by manager: ``skills``, parted by semicolons: industries, and skills as the four stages name them.
    rules : CoverageHours
        Weights of industry, stage skill and the present manager.

    Returns
    -------
    DataFrame of float
        Accounts by managers, in [0, 1].

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Industry 1 where it is among the skills; stage the share of the stage's skills that the manager has (an account that is not
    staged takes those of the first); current 1 for the present manager. Case and width do not matter.

    References
    ----------
    M22, ruling F71.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"industry": ["Energy"], "relationship_stage": ["early"], "manager_id": ["M2"]}, index=["A"])
    >>> managers = pd.DataFrame({"skills": ["energy; product", "negotiation"]}, index=["M1", "M2"])
    >>> manager_fit(accounts, managers, rules=load_policy().coverage_hours).round(2).to_numpy().tolist()
    [[0.55, 0.45]]
    """
    require_columns(accounts, ["industry", "relationship_stage", "manager_id"], table="accounts")
    require_columns(managers, ["skills"], table="managers")
    skills = [{_folded(word) for word in str(text).split(";")} - {""} if isinstance(text, str) else set() for text in managers["skills"]]
    named = {stage: {_folded(word) for word in words} for stage, words in playbook("coverage")["stage_skills"].items()}
    weights = rules.fit.model_dump()
    industry = {name: [_folded(name) in has for has in skills] for name in accounts["industry"].dropna().unique()}
    stage = {name: [len(words & has) / len(words) for has in skills] for name, words in named.items()}
    nobody = [0.0] * len(managers)
    parts = {
        "industry": np.array([industry.get(name, nobody) for name in accounts["industry"]], dtype=float).reshape(len(accounts), -1),
        "stage": np.array([stage.get(name, stage["early"]) for name in accounts["relationship_stage"]], dtype=float).reshape(
            len(accounts), -1
        ),
        "current": accounts["manager_id"].to_numpy()[:, None] == managers.index.to_numpy()[None, :],
    }
    total = sum(weights.values())
    return pd.DataFrame(sum(weights[name] / total * part for name, part in parts.items()), index=accounts.index, columns=managers.index)


def workable_capacity(hours: pd.Series, capacity: pd.Series) -> pd.Series:
    """Return capacities that can hold the hours: everybody's own, stretched evenly where all together are too few.

    Parameters
    ----------
    hours : Series of float
        By account.
    capacity : Series of float
        By manager.

    Returns
    -------
    Series of float

    Notes
    -----
    An hour of overload costs the same with everybody, so that without this one manager could get all of it.

    References
    ----------
    M22; decision 0062.

    Examples
    --------
    >>> workable_capacity(pd.Series([300.0]), pd.Series([100.0, 50.0])).tolist()
    [210.0, 105.0]
    """
    total = capacity.sum()
    needed = hours.sum() * SPARE / total if total > 0 else 1.0
    return capacity * max(1.0, needed)


def assign_accounts(
    fit: pd.DataFrame, hours: pd.Series, capacity: pd.Series, current: pd.Series, *, rules: CoverageHours, seconds: float = 60.0
) -> Assignment:
    """Find the assignment of the best fit under everybody's hours.

    Parameters
    ----------
    fit : DataFrame of float
        `manager_fit`.
    hours : Series of float
        A year, by account.
    capacity : Series of float
        Hours a year, by manager.
    current : Series of str
        Present manager by account; blank or unknown is served by nobody.
    rules : CoverageHours
        Cost of an hour of overload, which keeps a tight problem solvable.
    seconds : float
        Most time to prove the best.

    Returns
    -------
    Assignment

    Raises
    ------
    ValueError
        There is no manager, hours or capacity are blank, or no assignment was found in the time.

    Notes
    -----
    Maximise the sum of fit less the cost of overload; among equals the lower ids go together: 1e-6 times rank of account times rank
    of manager is added to the cost, where all of it together cannot outweigh a difference in fit. Rows are sorted first, so that
    their order never matters.

    References
    ----------
    M22, ruling F71.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> fit = pd.DataFrame([[0.9, 0.2], [0.8, 0.7]], index=["A", "B"], columns=["M1", "M2"])
    >>> hours, capacity = pd.Series(10.0, index=["A", "B"]), pd.Series(10.0, index=["M1", "M2"])
    >>> assign_accounts(fit, hours, capacity, pd.Series("M1", index=["A", "B"]), rules=load_policy().coverage_hours).managers.tolist()
    ['M1', 'M2']
    """
    fit = fit.sort_index().sort_index(axis=1)
    require_unique(pd.Series(fit.index), name="account_id")
    hours, capacity, current = hours.reindex(fit.index), capacity.reindex(fit.columns), current.reindex(fit.index)
    if not len(fit.columns) or hours.isna().any() or capacity.isna().any():
        raise ValueError("every account needs its hours and every manager a capacity, and there must be a manager")
    found = milp(**_problem(fit, hours, capacity, rules), options={"mip_rel_gap": 0, "time_limit": seconds})
    if found.x is None:
        raise ValueError(f"no assignment was found: {found.message}")
    chosen = found.x[: fit.size].reshape(fit.shape).argmax(axis=1)
    managers = pd.Series(fit.columns.to_numpy()[chosen], index=fit.index, name="manager_id")
    load = _load(hours, capacity, current, managers)
    before = _fit_of(fit, current).sum() - rules.overload_cost * load["overload_before"].sum()
    after = _fit_of(fit, managers).sum() - rules.overload_cost * load["overload_after"].sum()
    return Assignment(managers, _moves(fit, hours, current, managers), load, float(before), float(after), found.status == 0)


def _problem(fit: pd.DataFrame, hours: pd.Series, capacity: pd.Series, rules: CoverageHours) -> dict:
    """Return the mixed-integer problem: a 0/1 per account and manager, and an overload per manager."""
    accounts, managers = fit.shape
    ranks = np.outer(np.arange(1, accounts + 1), np.arange(1, managers + 1))
    tie = TIE_COST if TIE_COST * ranks[:, -1].sum() < LEAST_DIFFERENCE else 0.0
    cost = np.concatenate([(-fit.to_numpy() + tie * ranks).ravel(), np.full(managers, rules.overload_cost)])
    pair = np.arange(accounts * managers)
    ones = coo_array((np.ones(pair.size), (pair // managers, pair)), shape=(accounts, pair.size))
    served = hstack([ones, coo_array((accounts, managers))]).tocsr()
    load = coo_array((np.repeat(hours.to_numpy(), managers), (pair % managers, pair)), shape=(managers, pair.size))
    spare = coo_array((-np.ones(managers), (np.arange(managers), np.arange(managers))), shape=(managers, managers))
    constraints = [LinearConstraint(served, 1, 1), LinearConstraint(hstack([load, spare]).tocsr(), -np.inf, capacity.to_numpy())]
    upper = np.concatenate([np.ones(pair.size), np.full(managers, np.inf)])
    integrality = np.concatenate([np.ones(pair.size), np.zeros(managers)])
    return {"c": cost, "constraints": constraints, "bounds": Bounds(0, upper), "integrality": integrality}


def _load(hours: pd.Series, capacity: pd.Series, before: pd.Series, after: pd.Series) -> pd.DataFrame:
    found = {"capacity_hours": capacity}
    for when, owner in (("before", before), ("after", after)):
        sums = hours.groupby(owner).sum().reindex(capacity.index).fillna(0.0)
        found |= {f"hours_{when}": sums, f"overload_{when}": (sums - capacity).clip(lower=0)}
        found[f"accounts_{when}"] = owner.value_counts().reindex(capacity.index).fillna(0).astype(int)
    return pd.DataFrame(found)


def _moves(fit: pd.DataFrame, hours: pd.Series, before: pd.Series, after: pd.Series) -> pd.DataFrame:
    changed = fit.index[(before != after).to_numpy()]
    found = pd.DataFrame(
        {
            "account_id": changed,
            "from_manager": before[changed].to_numpy(),
            "to_manager": after[changed].to_numpy(),
            "hours": hours[changed].to_numpy(),
            "fit_before": _fit_of(fit, before)[changed].to_numpy(),
            "fit_after": _fit_of(fit, after)[changed].to_numpy(),
        }
    )
    gain = found["fit_after"] - found["fit_before"]
    return found.assign(gain=gain).sort_values(["gain", "account_id"], ascending=[False, True], ignore_index=True).drop(columns="gain")


def _fit_of(fit: pd.DataFrame, owner: pd.Series) -> pd.Series:
    """Return each account's fit with a manager; 0 where nobody serves it."""
    places = fit.columns.get_indexer(owner)
    values = fit.to_numpy()[np.arange(len(fit)), np.maximum(places, 0)]
    return pd.Series(np.where(places >= 0, values, 0.0), index=fit.index)


def _folded(word: str) -> str:
    return word.strip().casefold()
