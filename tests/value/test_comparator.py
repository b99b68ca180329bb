"""Other tools' health scores: three rules, two verdicts, and every band's edge."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.value import health_verdicts

WEIGHTS = {"usage": 0.4, "support": 0.2, "nps": 0.2, "payment": 0.2}


def verdicts(*row):
    return health_verdicts(dict(zip(WEIGHTS, row, strict=True)), WEIGHTS)


def test_F81_three_rules_two_verdicts():
    found = verdicts(55, 90, 40, 95)
    assert (found.weighted_score, found.banded_score) == (67.0, 64.0)
    assert (found.weighted_band, found.worst_band, found.banded_band) == ("average", "poor", "average")


@pytest.mark.parametrize(
    ("reading", "band", "points"),
    [
        pytest.param(0.0, "poor", 0, id="nothing"),
        pytest.param(50.0, "poor", 0, id="at 50"),
        pytest.param(50.5, "average", 60, id="between the printed bands"),
        pytest.param(75.0, "average", 60, id="at 75"),
        pytest.param(75.01, "good", 100, id="just above 75"),
        pytest.param(100.0, "good", 100, id="full"),
    ],
)
def test_bands_leave_no_hole(reading, band, points):
    found = verdicts(*(reading,) * 4)
    assert (found.weighted_band, found.worst_band, found.banded_score) == (band, band, points)


def test_whole_grid_against_a_plain_loop():
    for row in itertools.product([0, 20, 50, 60, 75, 90, 100], repeat=4):
        found, points = verdicts(*row), [0 if value <= 50 else 60 if value <= 75 else 100 for value in row]
        mean, banded = (sum(weight * value for weight, value in zip(WEIGHTS.values(), values, strict=True)) for values in (row, points))
        assert found.weighted_score == pytest.approx(mean) and found.banded_score == pytest.approx(banded)
        assert found.worst_band == ("poor" if min(row) <= 50 else "average" if min(row) <= 75 else "good")


@given(st.lists(st.floats(0, 100), min_size=4, max_size=4), st.integers(0, 3), st.floats(0, 100))
def test_a_better_reading_never_makes_a_worse_score(row, place, better):
    raised = [max(value, better) if at == place else value for at, value in enumerate(row)]
    low, high = verdicts(*row), verdicts(*raised)
    assert high.weighted_score >= low.weighted_score - 1e-8 and high.banded_score >= low.banded_score - 1e-8


@pytest.mark.parametrize(
    ("readings", "weights", "match"),
    [
        pytest.param({"usage": 101.0}, {"usage": 1.0}, r"must lie in \[0, 100\]", id="reading"),
        pytest.param({"usage": 1.0}, {"nps": 1.0}, "must name the same", id="names"),
        pytest.param({"usage": 1.0}, {"usage": 0.9}, "weights must sum to 1", id="weights"),
    ],
)
def test_refusals(readings, weights, match):
    with pytest.raises(ValueError, match=match):
        health_verdicts(readings, weights)
