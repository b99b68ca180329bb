"""M2: how firm the choice of key accounts is when the weights are moved."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kamlib.checks import require_columns, require_unique
from kamlib.policy import StressRules

STEP = 0.10
BLOCK_CELLS = 4_000_000


def stress_test(scores: pd.DataFrame, weights: Mapping[str, float], *, top: int, rules: StressRules) -> pd.Series:
    """Draw weights at random around the chosen ones, and count how often each account stays among the top.

    Parameters
    ----------
    scores : DataFrame, one row per account that may be chosen
        Unique index; a column per criterion of `weights`, 0 to 100, blank where not measured.
    weights : mapping of str to float
        Only their proportions count; criteria of weight 0 are left out.
    top : int
        Number of accounts chosen.
    rules : StressRules
        Seed, draws and concentration of the Dirichlet distribution.

    Returns
    -------
    Series of float
        Named ``top_draws_share``: share of the draws in which the account's rank is at most `top`.

    Raises
    ------
    ValueError
        A column is missing, an id stands twice, or every weight is 0.

    Notes
    -----
    Weights are drawn from Dirichlet(c * w); each draw renormalises over the account's measured criteria. Rows are taken in
    the order of their ids, so that the order given changes nothing.

    References
    ----------
    M2, rulings F7, F11, F23.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> scores = pd.DataFrame({"a": [100.0, 90.0, 0.0], "b": [100.0, 10.0, 0.0]}, index=list("xyz"))
    >>> stress_test(scores, {"a": 0.5, "b": 0.5}, top=1, rules=load_policy().stress).tolist()
    [1.0, 0.0, 0.0]
    """
    used = _used(scores, weights)
    ordered = scores.sort_index()
    values, known = ordered[list(used.index)].fillna(0.0).to_numpy(), ordered[list(used.index)].notna().to_numpy(float)
    random, block = np.random.Generator(np.random.PCG64(rules.seed)), max(1, BLOCK_CELLS // max(len(ordered), 1))
    inside = np.zeros(len(ordered))
    for start in range(0, rules.draws, block):
        drawn = random.dirichlet(rules.concentration * used.to_numpy(), size=min(block, rules.draws - start))
        inside += _inside(values, known, drawn, top).sum(axis=1)
    return pd.Series(inside / rules.draws, index=ordered.index, name="top_draws_share").reindex(scores.index)


def weight_moves(scores: pd.DataFrame, weights: Mapping[str, float], *, top: int) -> pd.DataFrame:
    """Find who leaves the top when a single weight moves by ten points.

    Parameters
    ----------
    scores, weights, top
        As for `stress_test`.

    Returns
    -------
    DataFrame
        A row per account and move: ``criterion change account_id``; `change` is +0.1 or -0.1.

    Raises
    ------
    ValueError
        As `stress_test`.

    Notes
    -----
    The other weights keep their proportions: each is multiplied by (1 - w') / (1 - w).

    References
    ----------
    M2, ruling F23.

    Examples
    --------
    >>> scores = pd.DataFrame({"a": [60.0, 50.0], "b": [40.0, 52.0]}, index=["x", "y"])
    >>> weight_moves(scores, {"a": 0.6, "b": 0.4}, top=1).to_numpy().tolist()
    [['a', -0.1, 'x'], ['b', 0.1, 'x']]
    """
    used = _used(scores, weights)
    ordered = scores.sort_index()
    values, known = ordered[list(used.index)].fillna(0.0).to_numpy(), ordered[list(used.index)].notna().to_numpy(float)
    before = _inside(values, known, used.to_numpy()[None, :], top)[:, 0]
    rows = []
    for place, name in enumerate(used.index):
        for change in (-STEP, STEP):
            moved = np.clip(used.iloc[place] + change, 0, 1)
            rest = 1 - used.iloc[place]
            changed = used.to_numpy() * ((1 - moved) / rest if rest > 0 else 0.0)
            changed[place] = moved
            after = _inside(values, known, changed[None, :], top)[:, 0]
            rows += [(name, change, account) for account in ordered.index[before & ~after]]
    return pd.DataFrame(rows, columns=["criterion", "change", "account_id"])


def _used(scores: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    require_unique(pd.Series(scores.index), name="account_id")
    used = pd.Series({name: weight for name, weight in weights.items() if weight > 0}, dtype=float)
    require_columns(scores, list(used.index), table="scores")
    if not len(used):
        raise ValueError("at least one weight must be above 0")
    return used / used.sum()


def _inside(values: np.ndarray, known: np.ndarray, drawn: np.ndarray, top: int) -> np.ndarray:
    """Tell for each account and draw whether it is among the top; ties at the edge are all in (F7)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = np.nan_to_num((values @ drawn.T) / (known @ drawn.T), nan=-1.0)
    if len(scores) <= top:
        return scores >= 0
    edge = np.partition(scores, len(scores) - top, axis=0)[len(scores) - top]
    return (scores >= edge - 1e-9) & (scores >= 0)
