"""M31: lose accounts by chance, ten thousand times, and see what that would cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns, require_unique, require_within
from kamlib.periods import trailing_window
from kamlib.policy import DrillRules
from kamlib.selection import concentration

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
    largest = amounts[measures[0]].idxmax()
    summary = pd.DataFrame(
        {
            "mean_amount": losses.mean(),
            "worst_amount": worst,
            "beyond_amount": losses.where(losses >= worst).mean(),
            "largest_exit_amount": amounts.loc[largest],  # one group leaves: its margin, not the largest margin of anybody
            "total_amount": amounts.sum(),
        }
    )
    return LossDrill(losses, summary, str(largest), rules.seed, rules.draws)


def exceedance_curve(lost: pd.Series, *, points: int = 101) -> pd.DataFrame:
    """In what share of the draws more than an amount is lost, at evenly spread shares.

    Parameters
    ----------
    lost : Series of float
        What each draw lost: a column of `LossDrill.losses`.
    points : int

    Returns
    -------
    DataFrame
        ``revenue_amount`` (rising, losses that were drawn) and ``beyond_share`` (falling from 1 to 0).

    References
    ----------
    M31, ruling F9.

    Examples
    --------
    >>> exceedance_curve(pd.Series([0.0, 10.0, 30.0]), points=3).to_numpy().tolist()
    [[0.0, 1.0], [10.0, 0.5], [30.0, 0.0]]
    """
    shares = np.linspace(0, 1, points)
    return pd.DataFrame({"revenue_amount": lost.quantile(shares, interpolation="higher").to_numpy(), "beyond_share": 1 - shares})


def concentration_trend(sales: pd.DataFrame, *, dates: Iterable[date], group: pd.Series) -> pd.DataFrame:
    """Concentration of the revenue of twelve months on groups, at several dates.

    Parameters
    ----------
    sales : DataFrame
        Order lines or sales by day: ``account_id order_date net_revenue``.
    dates : iterable of date
        Ends of the windows of twelve months.
    group : Series of str
        Root of each account, indexed by ``account_id`` (`groups.group_root`).

    Returns
    -------
    DataFrame
        A row per date with ``hhi_ratio largest_revenue_share effective_accounts_count``; NaN where nobody bought.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    M1, M31; rulings F17, F80.

    Examples
    --------
    >>> sales = pd.DataFrame({"account_id": ["A", "B"], "order_date": pd.to_datetime("2026-05-01"), "net_revenue": [3.0, 1.0]})
    >>> group = pd.Series(["A", "B"], index=["A", "B"])
    >>> concentration_trend(sales, dates=[date(2026, 6, 30)], group=group)[["hhi_ratio", "largest_revenue_share"]].to_numpy().tolist()
    [[0.625, 0.75]]
    """
    require_columns(sales, ["account_id", "order_date", "net_revenue"], table="sales")
    rows = {day: _concentration(sales, day, group) for day in dates}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["hhi_ratio", "largest_revenue_share", "effective_accounts_count"])


def _concentration(sales: pd.DataFrame, day: date, group: pd.Series) -> list[float]:
    within = sales[trailing_window(day).contains(sales["order_date"])]
    sold = within["net_revenue"].groupby(within["account_id"].astype("str").map(group)).sum()
    found = concentration(pd.DataFrame({"revenue_amount": sold, "portfolio": "all"}), by="portfolio")
    names = ["hhi_ratio", "largest_revenue_share", "effective_accounts_count"]
    return found.loc["all", names].tolist() if len(found) else [np.nan] * len(names)


def _drawn(chances: np.ndarray, amounts: np.ndarray, rules: DrillRules) -> np.ndarray:
    """Return per draw what is lost, block by block."""
    random, rows = np.random.Generator(np.random.PCG64(rules.seed)), max(1, BLOCK_CELLS // len(chances))
    blocks = [min(rows, rules.draws - start) for start in range(0, rules.draws, rows)]
    return np.concatenate([(random.random((count, len(chances))) < chances) @ amounts for count in blocks])
