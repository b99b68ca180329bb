"""M32: one customer, three published ways to a health score, two verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kamlib.checks import require_sum_to_one


@dataclass(frozen=True)
class ComparatorRules:
    """Where the bands end, and what each is worth.

    Parameters
    ----------
    poor_to, average_to : float
        A reading up to `poor_to` is poor, up to `average_to` average, else good.
    points : tuple of float
        Worth of poor, average and good.
    """

    poor_to: float = 50
    average_to: float = 75
    points: tuple[float, float, float] = (0, 60, 100)


@dataclass(frozen=True)
class Verdicts:
    """What three rules say of the same readings.

    Parameters
    ----------
    weighted_score, banded_score : float
        0 to 100.
    weighted_band, worst_band, banded_band : str
        poor, average or good.
    """

    weighted_score: float
    weighted_band: str
    worst_band: str
    banded_score: float
    banded_band: str


def health_verdicts(readings: Mapping[str, float], weights: Mapping[str, float], *, rules: ComparatorRules | None = None) -> Verdicts:
    """Score the same readings by weighted mean, by the worst of them, and by bands.

    Parameters
    ----------
    readings : mapping of str to float
        Each 0 to 100, such as usage, support, NPS and payment.
    weights : mapping of str to float
        Of the same names; they sum to 1.
    rules : ComparatorRules, optional
        Bands; those usual in the field by default.

    Returns
    -------
    Verdicts

    Raises
    ------
    ValueError
        The names differ, the weights do not sum to 1, or a reading lies outside 0 to 100.

    References
    ----------
    M32, ruling F81.

    Examples
    --------
    >>> readings = {"usage": 55, "support": 90, "nps": 40, "payment": 95}
    >>> health_verdicts(readings, {"usage": 0.4, "support": 0.2, "nps": 0.2, "payment": 0.2})
    Verdicts(weighted_score=67.0, weighted_band='average', worst_band='poor', banded_score=64.0, banded_band='average')
    """
    rules = rules or ComparatorRules()
    if readings.keys() != weights.keys():
        raise ValueError(f"readings and weights must name the same, got {sorted(readings)} and {sorted(weights)}")
    require_sum_to_one(dict(weights))
    outside = {name: reading for name, reading in readings.items() if not 0 <= reading <= 100}
    if outside:
        raise ValueError(f"a reading must lie in [0, 100], got {outside}")
    points = dict(zip(("poor", "average", "good"), rules.points, strict=True))
    weighted = round(sum(readings[name] * weight for name, weight in weights.items()), 9)
    banded = round(sum(points[_band(readings[name], rules)] * weight for name, weight in weights.items()), 9)
    worst = min((_band(reading, rules) for reading in readings.values()), key=list(points).index)
    return Verdicts(weighted, _band(weighted, rules), worst, banded, _band(banded, rules))


def _band(reading: float, rules: ComparatorRules) -> str:
    return "poor" if reading <= rules.poor_to else "average" if reading <= rules.average_to else "good"
