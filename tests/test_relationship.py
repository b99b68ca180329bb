"""M12 and M13: the four stages over six dimensions, every vector of ratings, the stories of the sample."""

from __future__ import annotations

from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kamlib import lifecycle
from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.lifecycle import DIMENSIONS, LIFECYCLE_STAGES, RELATIONSHIP_STAGES, item_levels, relationship_stage
from kamlib.playbook import playbook
from kamlib.policy import load_policy
from kamlib.scores import score

POLICY = load_policy()
DAY = date(2026, 6, 30)
ROOT = Path(__file__).resolve().parents[1]


def staged(vectors):
    frame = pd.DataFrame(vectors, columns=list(DIMENSIONS), dtype=float)
    return relationship_stage(frame, rules=POLICY.relationship)


@pytest.mark.parametrize(
    ("ratings", "stage"),
    [
        ([3, 3, 3, 3, 2, 2], 3),
        ([4, 4, 4, 4, 2, 2], 3),
        ([4, 4, 4, 4, 4, 1], 2),
        ([3, 3, 3, 1, None, None], 2),
        ([4, 4, 4, 3, 3, None], 3),
        ([2, 2, 2, 1, 1, 1], 1),
    ],
)
def test_rulings_F35_checks(ratings, stage):
    assert staged([ratings])["relationship_stage_number"].item() == stage


def by_hand(ratings):
    """Read F35 word for word."""
    rated = [rating for rating in ratings if rating is not None]
    if len(rated) < 4:
        return None
    return max(s for s in (1, 2, 3, 4) if s == 1 or (3 * sum(r >= s for r in rated) >= 2 * len(rated) and min(rated) >= s - 1))


def test_every_vector_of_ratings_against_the_ruling_read_by_hand():
    vectors = list(product((None, 1, 2, 3, 4), repeat=6))
    found = staged(vectors)["relationship_stage_number"]
    assert len(vectors) == 5**6
    wanted = pd.Series([by_hand(vector) for vector in vectors], dtype=float)
    pd.testing.assert_series_equal(found, wanted, check_names=False)


def test_a_higher_rating_never_lowers_stage_or_score():
    vectors = np.array(list(product((1, 2, 3, 4), repeat=6)))
    found = staged(vectors)
    for dimension in range(6):
        raised = vectors.copy()
        raised[:, dimension] = np.minimum(raised[:, dimension] + 1, 4)
        higher = staged(raised)
        assert (higher["relationship_stage_number"] >= found["relationship_stage_number"]).all()
        assert (higher["relationship_score"] >= found["relationship_score"] - 1e-9).all()
    assert found["relationship_score"].min() == 0 and found["relationship_score"].max() == 100


@pytest.mark.parametrize(("rated", "note"), [(0, "not_rated"), (3, "few_rated")])
def test_too_few_dimensions_have_no_stage_and_no_score(rated, note):
    found = staged([[3] * rated + [None] * (6 - rated)]).iloc[0]
    assert pd.isna(found["relationship_score"]) and pd.isna(found["relationship_stage"]) and found["relationship_stage_note"] == note


def test_several_assessors_newest_of_each_then_the_lower_median():
    rows = [("x", 1, "2026-01-01"), ("x", 4, "2026-02-01"), ("y", 2, "2026-01-01"), ("z", 3, "2026-01-01"), (None, 1, "2026-03-01")]
    frame = pd.DataFrame(rows, columns=["assessor", "level", "assessed_on"]).assign(account_id="A", item="i")
    frame = frame.assign(assessed_on=pd.to_datetime(frame["assessed_on"]))
    for order in (frame, frame.iloc[::-1]):
        found = item_levels(order, ["i", "other"])
        assert found.loc["A", "i"] == 2 and found.loc["A", "i_spread"] == 3 and pd.isna(found.loc["A", "other"])


def test_gap_is_ranked_by_shortfall_then_by_the_order_of_the_dimensions():
    rated = pd.DataFrame([[2, 1, 3, 2, 4, 3]], columns=list(DIMENSIONS), index=["A"], dtype=float)
    found = lifecycle.stage_gap(rated, pd.Series([2.0], index=["A"]))
    assert found[["dimension", "shortfall"]].to_numpy().tolist() == [["authority", 2.0], ["contacts", 1.0], ["process", 1.0]]
    assert lifecycle.stage_gap(rated, pd.Series([4.0], index=["A"])).empty


@pytest.mark.parametrize(
    ("roles", "meetings", "measures", "results", "wanted"),
    [
        pytest.param(0, 0, 0, 0, [1, 1, 1], id="nothing"),
        pytest.param(1, 1, 1, 1, [1, 2, 2], id="one of each"),
        pytest.param(2, 2, 2, 2, [2, 3, 2], id="two of each"),
        pytest.param(3, 3, 3, 3, [3, 3, 3], id="three of each"),
        pytest.param(5, 4, 6, 0, [4, 4, 3], id="six measures without a result"),
        pytest.param(5, 5, 6, 1, [4, 4, 4], id="six measures with a result"),
    ],
)
def test_F36_evidence_has_no_holes(roles, meetings, measures, results, wanted):
    names = ["procurement", "user", "technical", "finance", "executive"][:roles]
    contacts = pd.DataFrame({"contact_id": names, "role": names}, dtype="str")
    kinds = ["call"] * roles + ["executive_meeting"] * meetings
    touches = pd.DataFrame({"account_id": "A", "contact_id": names + [None] * meetings, "kind": kinds, "date": pd.Timestamp("2026-03-01")})
    actual = [1.0 if n < results else None for n in range(measures)]
    outcomes = pd.DataFrame({"account_id": "A", "period": "2026Q1", "measure": [f"m{n}" for n in range(measures)], "actual": actual})
    found = lifecycle.suggested_ratings(
        pd.Index(["A"]), contacts=contacts, interactions=touches, outcomes=outcomes.astype({"actual": float}), as_of=DAY
    )
    assert found.filter(like="_evidence").iloc[0].tolist() == wanted


@pytest.mark.parametrize("given", list(product((False, True), repeat=4)))
def test_F37_two_signs_of_four_make_a_relationship_come_apart(given):
    shrunk, fell, rival, ends = given
    accounts = pd.DataFrame(
        {
            "revenue_amount": [70.0 if shrunk else 71.0],
            "revenue_prior_amount": [100.0],
            "influence_coverage_share": [0.3 if fell else 0.31],
            "influence_coverage_before_share": [0.6],
            "contract_end": pd.to_datetime(["2026-12-27" if ends else "2026-12-28"]),
        },
        index=["A"],
    )
    when = "2026-04-02" if rival else "2026-04-01"
    events = pd.DataFrame({"account_id": ["A"], "kind": ["retender"], "date": pd.to_datetime([when])})
    found = lifecycle.uncoupling_signs(accounts, events=events, as_of=DAY, rules=POLICY.relationship).iloc[0]
    assert found["uncoupling_signs_count"] == sum(given) and found["uncoupling_flag"] == (sum(given) >= 2)


@pytest.mark.parametrize(
    ("stage", "tenure", "phase", "note"),
    [
        (1.0, 99.0, "build", None),
        (2.0, 0.0, "stable", None),
        (3.0, 0.0, "strengthen", None),
        (4.0, 0.0, "strengthen", None),
        (None, 11.0, "build", "by_tenure"),
        (None, 12.0, "stable", "by_tenure"),
        (None, 35.0, "stable", "by_tenure"),
        (None, 36.0, "strengthen", "by_tenure"),
        (None, None, None, None),
    ],
)
def test_F39_phase_by_stage_else_by_tenure(stage, tenure, phase, note):
    found = lifecycle.phase(pd.Series([stage], dtype=float), pd.Series([tenure], dtype=float), cuts=POLICY.phase).iloc[0]
    assert [None if pd.isna(cell) else cell for cell in found] == [phase, note]


def test_the_rubric_has_an_anchor_for_each_dimension_and_stage_in_both_languages():
    book = playbook("relationship")
    assert [entry["id"] for entry in book["dimensions"]] == list(DIMENSIONS)
    for entry in book["dimensions"]:
        assert list(entry["anchors"]) == list(RELATIONSHIP_STAGES)
        assert all(anchor["en"] and anchor["zh"] and anchor["source"] for anchor in entry["anchors"].values())
    assert [entry["id"] for entry in book["stages"]] == list(RELATIONSHIP_STAGES)
    asked = {"focus", "tasks", "skills", "expects", "signs", "next"}
    assert all(asked <= entry.keys() for entry in book["stages"]) and len(book["crosswalk"]) == 6


@pytest.fixture(scope="module")
def sample():
    engagement = load_engagement(ROOT / "params" / "sample.yaml")
    return score(read(engagement), engagement).values["account"]


def test_stories_old_shallow_young_deep_and_single_threaded_giant(sample):
    assert sample.loc["A018", "stage_lag"] == 3 and sample.loc["A019", "stage_lag"] == -2
    assert sample.loc[["A018", "A019"], "relationship_stage"].tolist() == ["early", "synergistic"]
    assert set(sample.index[sample["stage_lag"].abs() >= 2]) == {"A018", "A019"}
    assert sample.loc["A001", "single_threaded_flag"] == 1 and sample.loc["A001", "active_contacts_count"] == 1


def test_lag_is_named_by_the_four_stages():
    tenure = pd.Series(LIFECYCLE_STAGES)
    for number in (1.0, 2.0, 3.0, 4.0):
        found = lifecycle.stage_lag(tenure, pd.Series(number, index=tenure.index), stages=LIFECYCLE_STAGES)
        assert found.tolist() == [place - number for place in (1, 2, 3, 4)]


def test_refusals():
    with pytest.raises(ValueError, match="a rating must be 1, 2, 3 or 4; 0 has 5 for authority"):
        staged([[1, 5, 1, 1, 1, 1]])
    with pytest.raises(ValueError, match="a rating must be 1, 2, 3 or 4; 0 has 2.5 for contacts"):
        staged([[2.5, 1, 1, 1, 1, 1]])
    with pytest.raises(ValueError, match=r"embedding_level must lie in \[0, 6\]"):
        lifecycle.embedding_level(pd.Series([7.0]))
