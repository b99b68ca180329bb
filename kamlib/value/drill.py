"""M31: lose accounts by chance, ten thousand times, and see what that would cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamlib.checks import require_columns, require_unique, require_within
from kamlib.policy import DrillRules

BLOCK_CELLS = 4_000_000  # bounds the memory of one block of draws


@dataclass(frozen=True)
class LossDrill:
    """What the loss of accounts by chance would cost.

    Parameters
    ----------
    losses : DataFrame, one row per draw
        Amount lost of each measure.
    summary : DataFrame, one row per measure
        ``mean_amount``, ``worst_amount`` (the quantile of the policy), ``beyond_amount`` (mean of the draws at or beyond
        it), ``largest_exit_amount``, ``total_amount``.
    largest_exit : str
        The group whose loss alone costs most of the first measure.
    seed, draws : int
    """

    losses: pd.DataFrame
    summary: pd.DataFrame
    largest_exit: str
    seed: int
    draws: int


def loss_drill(groups: pd.DataFrame, measures: list[str], *, rules: DrillRules) -> LossDrill:
    """Draw which groups of accounts are lost within a year, and add up what goes with them.

    Parameters
    ----------
    groups : DataFrame, one row per group of accounts that are lost together
        Unique index; ``loss_probability_rate`` in [0, 1] and the `measures` (amounts; a blank counts as nothing).
    measures : list of str
        Columns to add up; the first names the largest exit.
    rules : DrillRules
        Seed, draws and the quantile called worst.

    Returns
    -------
    LossDrill

    Raises
    ------
    ValueError
        A column is missing, an id stands twice, a probability lies outside 0 to 1, or there is no group.

    Notes
    -----
    Groups are drawn independently of one another, in the order of their ids. Quantile with ``method="higher"``.

    References
    ----------
    M31, rulings F9, F11, F17, F53, F80.

    Examples
    --------
    >>> groups = pd.DataFrame({"revenue_amount": [500.0, 200.0, 100.0], "loss_probability_rate": [0.05, 0.2, 0.1]}, index=list("abc"))
    >>> drill = loss_drill(groups, ["revenue_amount"], rules=DrillRules(seed=1, draws=10_000, worst_share=0.95))
    >>> bool(abs(drill.summary.loc["revenue_amount", "mean_amount"] - 75) < 4.2), drill.largest_exit
    (True, 'a')
    """
    require_columns(groups, ["loss_probability_rate", *measures], table="groups")
    require_unique(pd.Series(groups.index), name="group")
    if not len(groups):
        raise ValueError("there is no account to lose")
    chances = groups["loss_probability_rate"].astype(float)
    require_within(chances, 0, 1, name="loss_probability_rate")
    ordered = groups.sort_index()
    amounts = ordered[measures].astype(float).fillna(0.0)
    losses = pd.DataFrame(_drawn(ordered["loss_probability_rate"].to_numpy(float), amounts.to_numpy(), rules), columns=measures)
    worst = losses.quantile(rules.worst_share, interpolation="higher")
    summary = pd.DataFrame(
        {
            "mean_amount": losses.mean(),
            "worst_amount": worst,
            "beyond_amount": losses.where(losses >= worst).mean(),
            "largest_exit_amount": amounts.max(),
            "total_amount": amounts.sum(),
        }
    )
    return LossDrill(losses, summary, str(amounts[measures[0]].idxmax()), rules.seed, rules.draws)


def _drawn(chances: np.ndarray, amounts: np.ndarray, rules: DrillRules) -> np.ndarray:
    """Return per draw what is lost, block by block."""
    random, rows = np.random.Generator(np.random.PCG64(rules.seed)), max(1, BLOCK_CELLS // len(chances))
    blocks = [min(rows, rules.draws - start) for start in range(0, rules.draws, rows)]
    return np.concatenate([(random.random((count, len(chances))) < chances) @ amounts for count in blocks])
