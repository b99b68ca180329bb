"""The backtest as a whole: several dates pooled, risk against two plain baselines, intervals, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kamlib.backtest.calibration import calibrated_loss, calibration_table, isotonic_loss
from kamlib.backtest.history import BASELINES, backtest_dates, horizon_months, outcomes, predictions
from kamlib.backtest.measures import auc, lift, resampled, share_at
from kamlib.checks import KamError
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.warning import SIGNALS

LEAST_EVENTS = 10
LEVELS = {"red": ("red",), "red or amber": ("red", "amber")}
INTERVAL = (2.5, 97.5)


@dataclass(frozen=True)
class Backtest:
    """What the early warning would have said, and what happened.

    Parameters
    ----------
    dates : tuple of date
    horizon : int
        Months observed after each date.
    left_out : tuple of str
        Undated attributes that say nothing of the past.
    rows : DataFrame
        One per account and date: predictions, baselines, outcome.
    per_date : DataFrame
        ``day rows_count events_count event_share flagged_count precision_share recall_share auc_risk auc_recency auc_trend``.
    scores : DataFrame
        Per score (risk, recency, trend): ``auc low high`` on the rows where all are measured, and ``gain gain_low
        gain_high``, by how much the risk is better.
    levels : DataFrame
        Per level: ``flagged_count precision_share precision_low precision_high recall_share recall_low recall_high``.
    signals : DataFrame
        Per signal: ``measured_count lit_count auc precision_share``.
    lift : DataFrame
        By tenth or fifth of the risk.
    calibration : DataFrame
        ``risk loss_rate rows_count`` of all dates; empty with fewer than 30 events.
    brier : dict of str to float
        Out of sample on the last date: the calibrated risk and the base rate of the earlier dates.
    verdict : str
        ``better``, ``worse``, ``not_shown`` against recency; ``too_few`` events.
    """

    dates: tuple[date, ...]
    horizon: int
    left_out: tuple[str, ...]
    rows: pd.DataFrame
    per_date: pd.DataFrame
    scores: pd.DataFrame
    levels: pd.DataFrame
    signals: pd.DataFrame
    lift: pd.DataFrame
    calibration: pd.DataFrame
    brier: dict[str, float]
    verdict: str


def backtest(tables: Tables, engagement: Engagement, *, dates: Sequence[date] = (), horizon: int = 0) -> Backtest:
    """Score an engagement at past dates from what was known then, and judge by what happened.

    Parameters
    ----------
    tables : Tables
        As read.
    engagement : Engagement
    dates : sequence of date
        The dates; none for every month end that the history allows.
    horizon : int
        Months observed; 0 for 12, or 6 where the history is short.

    Returns
    -------
    Backtest

    Raises
    ------
    KamError
        ``KAM-C04``: the history allows no date, or a date's horizon ends after the data.

    References
    ----------
    M18, rulings F2, F53, F77.
    """
    as_of = engagement.as_of
    orders = tables["orders"][tables["orders"]["order_date"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)]
    first = orders["order_date"].min().date()
    horizon = horizon or horizon_months(first, as_of)
    possible = backtest_dates(first, as_of, horizon=horizon)
    chosen = tuple(sorted(dates)) or tuple(possible)
    if not chosen:
        why = f"orders from {first} to {as_of} allow no date: 15 months are needed before it and {horizon} after"
        raise KamError("KAM-C04", why, "supply a longer history")
    if max(chosen) > max(possible, default=date.min):
        why = f"the {horizon} months after {max(chosen)} are not over: the data end on {as_of}"
        raise KamError("KAM-C04", why, "choose an earlier date, or fewer months")
    found, left_out = [], []
    for day in chosen:
        guessed, left_out = predictions(tables, engagement, day)
        ids = pd.Index(guessed["account_id"])
        found.append(guessed.join(outcomes(orders, ids, day=day, horizon=horizon), on="account_id"))
    rows = pd.concat(found, ignore_index=True)
    rules = engagement.policy.backtest
    return judged(rows, dates=chosen, horizon=horizon, left_out=tuple(left_out), draws=rules.draws, seed=rules.seed)


def judged(rows: pd.DataFrame, *, dates: Sequence[date], horizon: int, left_out: Sequence[str], draws: int, seed: int) -> Backtest:
    """Judge predictions whose outcomes are known.

    Parameters
    ----------
    rows : DataFrame
        ``account_id day loss_risk risk_level recency trend is_lost is_lapsed`` and signals; rows without an outcome or a risk
        are left out.
    dates, horizon, left_out
        As for `Backtest`.
    draws, seed : int
        Of the bootstrap.

    Returns
    -------
    Backtest

    References
    ----------
    M18, rulings F11, F77.
    """
    known = rows.dropna(subset=["is_lost", "loss_risk"]).sort_values(["account_id", "day"], ignore_index=True)
    events = known["is_lost"].sum()
    enough = min(events, len(known) - events) >= LEAST_EVENTS
    scores = _scores(known, draws, seed) if enough else pd.DataFrame()
    return Backtest(
        dates=tuple(dates),
        horizon=horizon,
        left_out=tuple(left_out),
        rows=known,
        per_date=_per_date(known),
        scores=scores,
        levels=_levels(known, draws, seed) if enough else pd.DataFrame(),
        signals=_signals(known),
        lift=lift(known["loss_risk"], known["is_lost"]) if enough else pd.DataFrame(),
        calibration=calibration_table(known),
        brier=_brier(known),
        verdict=_verdict(scores) if enough else "too_few",
    )


def _scores(known: pd.DataFrame, draws: int, seed: int) -> pd.DataFrame:
    """Compare the risk with its baselines on the rows where all are measured."""
    shared = known.dropna(subset=list(BASELINES))
    event, columns = shared["is_lost"].to_numpy(), ["loss_risk", *BASELINES]
    values = {name: shared[name].to_numpy(float) for name in columns}
    drawn = resampled(
        shared["account_id"].to_numpy(),
        lambda weight: np.column_stack([auc(values[name], event, weight) for name in columns]),
        draws=draws,
        seed=seed,
    )
    gains = drawn[:, [0]] - drawn
    low, high = np.nanpercentile(drawn, INTERVAL, axis=0)
    gain_low, gain_high = np.nanpercentile(gains, INTERVAL, axis=0)
    area = np.array([auc(values[name], event).item() for name in columns])
    found = {"auc": area, "low": low, "high": high, "gain": area[0] - area, "gain_low": gain_low, "gain_high": gain_high}
    return pd.DataFrame(found, index=["risk", *BASELINES]).assign(rows_count=float(len(shared)))


def _levels(known: pd.DataFrame, draws: int, seed: int) -> pd.DataFrame:
    event, found = known["is_lost"].to_numpy(), {}
    for name, levels in LEVELS.items():
        flagged = known["risk_level"].isin(levels).to_numpy().astype(float)
        drawn = resampled(
            known["account_id"].to_numpy(),
            lambda weight, flagged=flagged: np.column_stack(share_at(flagged, event, weight)),
            draws=draws,
            seed=seed,
        )
        precision, recall = (part.item() for part in share_at(flagged, event))
        low, high = np.nanpercentile(drawn, INTERVAL, axis=0) if flagged.any() else (np.full(2, np.nan),) * 2
        found[name] = {
            "flagged_count": flagged.sum(),
            "precision_share": precision,
            "precision_low": low[0],
            "precision_high": high[0],
            "recall_share": recall,
            "recall_low": low[1],
            "recall_high": high[1],
        }
    return pd.DataFrame(found).T


def _per_date(known: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for day, part in known.groupby("day"):
        event, flagged = part["is_lost"].to_numpy(), part["risk_level"].isin(LEVELS["red or amber"]).to_numpy().astype(float)
        precision, recall = (found.item() for found in share_at(flagged, event))
        shared = part.dropna(subset=list(BASELINES))
        areas = {f"auc_{name}": _area(shared, column) for name, column in zip(("risk", *BASELINES), ("loss_risk", *BASELINES), strict=True)}
        counts = {"rows_count": float(len(part)), "events_count": event.sum(), "event_share": event.mean(), "flagged_count": flagged.sum()}
        rows.append({"day": day, **counts, "precision_share": precision, "recall_share": recall, **areas})
    return pd.DataFrame(rows)


def _area(rows: pd.DataFrame, column: str) -> float:
    return auc(rows[column].to_numpy(float), rows["is_lost"].to_numpy()).item() if len(rows) else float("nan")


def _signals(known: pd.DataFrame) -> pd.DataFrame:
    found = {}
    for name in (name for name in SIGNALS if f"{name}_signal" in known):
        column = f"{name}_signal"
        measured = known[known[column].notna()]
        lit = measured[measured[column] > 0]
        if len(measured):
            found[name] = {
                "measured_count": float(len(measured)),
                "lit_count": float(len(lit)),
                "auc": _area(measured, column),
                "precision_share": lit["is_lost"].mean() if len(lit) else np.nan,
            }
    return pd.DataFrame(found).T


def _brier(known: pd.DataFrame) -> dict[str, float]:
    """Fit on the earlier dates, judge on the last, whose horizon the earlier ones did not see the end of."""
    last = known["day"].max()
    earlier, later = known[known["day"] < last], known[known["day"] == last]
    if earlier["is_lost"].sum() < LEAST_EVENTS or not len(later):
        return {}
    curve = isotonic_loss(earlier["loss_risk"], earlier["is_lost"])
    event = later["is_lost"]
    guessed = {
        "calibrated": calibrated_loss(later["loss_risk"], curve),
        "index": later["loss_risk"],
        "base_rate": earlier["is_lost"].mean(),
    }
    return {name: float(((guess - event) ** 2).mean()) for name, guess in guessed.items()}


def _verdict(scores: pd.DataFrame) -> str:
    low, high = scores.loc["recency", ["gain_low", "gain_high"]]
    return "better" if low > 0 else "worse" if high < 0 else "not_shown"
