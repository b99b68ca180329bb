"""How well a score foretells an event: area under the curve, precision, recall, lift, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

BLOCK_CELLS = 4_000_000
DECILES_FROM, QUINTILES_FROM = 100, 25


def auc(score: np.ndarray, event: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Chance that an event has a higher score than a non-event; ties count half.

    Parameters
    ----------
    score : array of float, shape (n,)
        No blanks.
    event : array of 0 and 1, shape (n,)
    weight : array of float, shape (draws, n), optional
        How often each row counts in each draw; once if not given.

    Returns
    -------
    array of float, shape (draws,)
        NaN where a draw has no event or no non-event.

    References
    ----------
    [L] Mann & Whitney 1947; M18.

    Examples
    --------
    >>> auc(np.array([3.0, 2.0, 2.0, 1.0]), np.array([1, 1, 0, 0])).tolist()
    [0.875]
    """
    weight = np.ones((1, len(score))) if weight is None else weight
    order = np.argsort(score, kind="stable")
    begins = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    ranked, is_event = weight[:, order], event[order].astype(bool)
    events, others = (np.add.reduceat(np.where(mask, ranked, 0.0), begins, axis=1) for mask in (is_event, ~is_event))
    below = others.cumsum(axis=1) - others
    total = events.sum(axis=1) * others.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (events * (below + others / 2)).sum(axis=1) / total, np.nan)


def share_at(flagged: np.ndarray, event: np.ndarray, weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall of a flag.

    Parameters
    ----------
    flagged, event : array of 0 and 1, shape (n,)
    weight : array of float, shape (draws, n), optional

    Returns
    -------
    tuple of arrays of float, shape (draws,)
        Precision, NaN where nothing is flagged; recall, NaN where nothing happened.

    References
    ----------
    M18.

    Examples
    --------
    >>> precision, recall = share_at(np.array([1, 1, 0, 0]), np.array([1, 0, 1, 0]))
    >>> precision.tolist(), recall.tolist()
    ([0.5], [0.5])
    """
    weight = np.ones((1, len(event))) if weight is None else weight
    hit = weight @ (flagged * event).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return hit / (weight @ flagged.astype(float)), hit / (weight @ event.astype(float))


def resampled(account: np.ndarray, measure: Callable[[np.ndarray], np.ndarray], *, draws: int, seed: int) -> np.ndarray:
    """Measure many times with accounts drawn again, each with all its dates.

    Parameters
    ----------
    account : array of str, shape (n,)
        Whose row it is.
    measure : callable
        Takes weights of shape (draws, n), returns one row per draw.
    draws, seed : int

    Returns
    -------
    array of float, shape (draws, …)

    References
    ----------
    Rulings F11, F77.

    Examples
    --------
    >>> rows = np.array(["a", "a", "b"])
    >>> resampled(rows, lambda weight: weight.sum(axis=1), draws=4, seed=1).shape
    (4,)
    """
    names, place = np.unique(account.astype(str), return_inverse=True)
    return np.concatenate([measure(counts[:, place]) for counts in _counts(len(names), len(account), draws, seed)])


def _counts(accounts: int, rows: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    random, block = np.random.Generator(np.random.PCG64(seed)), max(1, BLOCK_CELLS // max(rows, 1))
    for start in range(0, draws, block):
        count = min(block, draws - start)
        drawn = random.integers(0, accounts, size=(count, accounts))
        flat = drawn + np.arange(count)[:, None] * accounts
        yield np.bincount(flat.ravel(), minlength=count * accounts).reshape(count, accounts).astype(float)


def lift(score: pd.Series, event: pd.Series) -> pd.DataFrame:
    """Compare the share of events from the lowest scores to the highest.

    Parameters
    ----------
    score : Series of float
        No blanks.
    event : Series of 0 and 1
        With the same index.

    Returns
    -------
    DataFrame
        One row per tenth (per fifth below 100 rows, none below 25), rows of one score together: ``rows_count events_count
        event_share lift_ratio``; a tenth that ties have swallowed is missing.

    References
    ----------
    M18, ruling F77.

    Examples
    --------
    >>> score = pd.Series(range(100), dtype=float)
    >>> lift(score, (score >= 90).astype(float))["lift_ratio"].tolist()[-2:]
    [0.0, 10.0]
    """
    parts = 10 if len(score) >= DECILES_FROM else 5 if len(score) >= QUINTILES_FROM else 0
    if not parts:
        return pd.DataFrame(columns=["rows_count", "events_count", "event_share", "lift_ratio"])
    smaller = score.rank(method="min") - 1
    part = (smaller * parts // len(score)).astype(int) + 1
    found = event.groupby(part).agg(["size", "sum"]).set_axis(["rows_count", "events_count"], axis=1).astype(float)
    found["event_share"] = found["events_count"] / found["rows_count"]
    base = event.mean()
    return found.assign(lift_ratio=found["event_share"] / base if base > 0 else np.nan).rename_axis("part")
