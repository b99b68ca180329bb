"""M15: the score of a KPI, and the card that weighs them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.scorecards.targets import KEYS
from kamlib.selection import reached

FULL_SCORE, TOP_SCORE = 100, 120


def kpi_score(value: pd.Series, *, floor: pd.Series, target: pd.Series, stretch: pd.Series) -> pd.Series:
    """Score a KPI: 0 at the floor, 100 at the target, 120 at the stretch, linear between.

    Parameters
    ----------
    value : Series of float
        What was reached; blank is not measured.
    floor, target, stretch : Series of float
        With the index of `value`. A floor above the target means that lower is better; a blank stretch, or one
        equal to the target, caps the score at 100.

    Returns
    -------
    Series of float
        Named ``score``, in [0, 120]; NaN where `value` is.

    Raises
    ------
    ValueError
        A floor or target is blank or both are equal, or a stretch is not beyond its target, seen from the floor.

    Notes
    -----
    Up to the target 100 (x - floor) / (target - floor); beyond 100 + 20 (x - target) / (stretch - target).

    References
    ----------
    [S2a]; M15, ruling F50.

    Examples
    --------
    >>> columns = {"floor": [80.0, 60.0], "target": [100.0, 45.0], "stretch": [120.0, None]}
    >>> targets = {name: pd.Series(values) for name, values in columns.items()}
    >>> kpi_score(pd.Series([110.0, 30.0]), **targets).tolist()
    [110.0, 100.0]
    """
    span, beyond = target - floor, stretch - target
    _require_targets(floor, target, stretch)
    has_stretch = stretch.notna() & (beyond != 0)
    past = (value - target) * np.sign(span)
    below = FULL_SCORE * (value - floor) / span
    above = FULL_SCORE + (TOP_SCORE - FULL_SCORE) * ((value - target) / beyond.where(has_stretch)).fillna(0.0)
    return below.where(past <= 0, above).where(value.notna()).clip(0, TOP_SCORE).rename("score")


def target_scores(values: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Set each target beside what was reached in its period.

    Parameters
    ----------
    values : DataFrame
        ``id metric period value``: each once.
    targets : DataFrame
        ``id metric period floor target stretch`` of one scope.

    Returns
    -------
    DataFrame, one row per target
        `targets` with ``value``, ``score`` (0-120; NaN where nothing is measured) and ``attainment_rate``
        (value / target; NaN unless higher is
        better and the target is above 0).

    Raises
    ------
    ValueError
        A column is missing, a value stands twice, or `kpi_score` refuses a target.

    References
    ----------
    [S2a], [S4c] target attainment; M15, ruling F50.

    Examples
    --------
    >>> values = pd.DataFrame({"id": ["M"], "metric": "revenue_amount", "period": "2026Q2", "value": 90.0})
    >>> targets = values[["id", "metric", "period"]].assign(floor=80.0, target=100.0, stretch=120.0)
    >>> target_scores(values, targets)[["score", "attainment_rate"]].to_numpy().tolist()
    [[50.0, 0.9]]
    """
    require_columns(values, [*KEYS, "value"], table="values")
    require_columns(targets, [*KEYS, "floor", "target", "stretch"], table="targets")
    rows = targets.merge(values[[*KEYS, "value"]], on=KEYS, how="left", validate="many_to_one")
    score = kpi_score(rows["value"], floor=rows["floor"], target=rows["target"], stretch=rows["stretch"].astype(float))
    comparable = (rows["target"] > 0) & (rows["target"] > rows["floor"])
    return rows.assign(score=score, attainment_rate=rows["value"] / rows["target"].where(comparable))


def scorecard(rows: pd.DataFrame, *, minimum_coverage: float, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Weigh the scores of all targets into one score per account, manager or department.

    Parameters
    ----------
    rows : DataFrame
        `target_scores`: ``id metric score``.
    minimum_coverage : float
        Least share of the weights that must be measured (policy ``coverage.minimum_share``).
    weights : mapping of str to float, optional
        Weight of each metric; equal over the metrics that have a target if not given.

    Returns
    -------
    DataFrame
        Indexed by ``id``: ``scorecard_score`` in [0, 120], ``scorecard_score_coverage`` in [0, 1],
        ``scorecard_score_note`` (``low_coverage`` where there is no score), ``targets_count
        scored_targets_count``.

    Raises
    ------
    ValueError
        A column is missing, a metric with a target has no weight, or a weight is negative or all are 0.

    References
    ----------
    [S2a]; M15, rulings F5, F6, F50.

    Examples
    --------
    >>> rows = pd.DataFrame({"id": "M", "metric": ["revenue_amount", "margin_rate", "dso_days"], "score": [120.0, 60.0, None]})
    >>> scorecard(rows, minimum_coverage=0.5).iloc[:, :2].round(3)
        scorecard_score  scorecard_score_coverage
    id
    M              90.0                     0.667
    """
    require_columns(rows, ["id", "metric", "score"], table="rows")
    weight = _weights(rows["metric"], weights)
    is_measured = rows["score"].notna()
    parts = rows[["id"]].assign(
        weight=weight,
        measured=weight.where(is_measured),
        weighted=weight * rows["score"],
        targets_count=1.0,
        scored_targets_count=is_measured.astype(float),
    )
    sums = parts.groupby("id").sum(numeric_only=True)
    coverage = sums["measured"] / sums["weight"].where(sums["weight"] > 0)
    enough = reached(coverage, minimum_coverage)
    score = (sums["weighted"] / sums["measured"].where(sums["measured"] > 0)).where(enough)
    note = pd.Series("low_coverage", index=sums.index, dtype="str").mask(enough)
    card = pd.DataFrame({"scorecard_score": score, "scorecard_score_coverage": coverage, "scorecard_score_note": note})
    return card.join(sums[["targets_count", "scored_targets_count"]])


def _require_targets(floor: pd.Series, target: pd.Series, stretch: pd.Series) -> None:
    """Raise where a target cannot be scored, naming the first."""
    reasons = {
        "floor and target must be given": floor.isna() | target.isna(),
        "floor must differ from target": floor == target,
        "stretch must lie beyond target, seen from floor": (stretch - target) * (target - floor) < 0,
    }
    for why, is_wrong in reasons.items():
        if is_wrong.any():
            key = is_wrong.idxmax()
            found = f"floor {floor[key]:g}, target {target[key]:g}, stretch {stretch[key]:g}"
            raise ValueError(f"{why}; {int(is_wrong.sum())} of {len(target)} do not hold (row {key}: {found})")


def _weights(metrics: pd.Series, weights: Mapping[str, float] | None) -> pd.Series:
    if weights is None:
        return pd.Series(1.0, index=metrics.index)
    missing = sorted(set(metrics) - set(weights))
    if missing:
        raise ValueError(f"weights lack {', '.join(missing)}; they have {', '.join(weights)}")
    if min(weights.values()) < 0 or not any(weights.values()):
        raise ValueError(f"weights must not be negative, and one must be above 0, got {dict(weights)}")
    return metrics.map(weights).astype(float)
