"""M15: the appraisal form: KPIs, competence and conduct together; it never enters a commission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kamlib.playbook import playbook
from kamlib.policy import AppraisalWeights

POINTS_A_LEVEL = 25.0  # levels 0 to 4


@dataclass(frozen=True)
class Appraised:
    """One person's appraisal.

    Parameters
    ----------
    score : float
        0 to 120; NaN where less than half of the weight is known.
    kpi, competence, conduct : float
        0 to 120, 0 to 100, 0 to 100; NaN where not rated.
    coverage : float
        Share of the weight that is known.
    """

    score: float
    kpi: float
    competence: float
    conduct: float
    coverage: float


def appraisal(
    kpi_score: float, competencies: Mapping[str, int], conduct: int | None, *, weights: AppraisalWeights, minimum_coverage: float
) -> Appraised:
    """Put KPI score, competencies and conduct together.

    Parameters
    ----------
    kpi_score : float
        0 to 120; NaN where it is not measured.
    competencies : mapping of str to int
        Levels 0 to 4 by competency of playbook/readiness.yaml; their mean counts once half are rated.
    conduct : int or None
        Level 0 to 4.
    weights : AppraisalWeights
    minimum_coverage : float
        Share of the weight that must be known.

    Returns
    -------
    Appraised

    Raises
    ------
    ValueError
        A level is outside 0 to 4, or a competency is unknown.

    References
    ----------
    [S2a] appraisal form; addition A21.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> weights = load_policy().appraisal
    >>> names = ["technical", "negotiation", "financial", "marketing", "consulting", "process_it", "boundary_spanning"]
    >>> round(appraisal(90.0, dict.fromkeys(names, 2), 4, weights=weights, minimum_coverage=0.5).score, 6)
    83.0
    """
    known = [entry["id"] for entry in playbook("readiness")["competencies"]]
    unknown = sorted(set(competencies) - set(known))
    wrong = [level for level in (*competencies.values(), conduct) if level is not None and not 0 <= level <= 4]
    if unknown or wrong:
        raise ValueError(f"{unknown[0]} is no competency" if unknown else f"a level must lie in 0 to 4, got {wrong[0]}")
    enough = 2 * len(competencies) >= len(known)
    competence = POINTS_A_LEVEL * sum(competencies.values()) / len(competencies) if enough else float("nan")
    parts = {"kpi": float(kpi_score), "competence": competence}
    parts["conduct"] = float("nan") if conduct is None else POINTS_A_LEVEL * conduct
    given = weights.model_dump()
    weight = {name: given[name] for name, score in parts.items() if score == score}
    share = sum(weight.values()) / sum(given.values())
    reached = share >= minimum_coverage - 1e-9 and weight
    score = sum(parts[name] * part for name, part in weight.items()) / sum(weight.values()) if reached else float("nan")
    return Appraised(score, coverage=share, **parts)
