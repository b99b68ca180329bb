"""KPI 6: who counts, on which scale, and an interval that admits what it does not know."""

import math
import random
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import kpis
from kamlib.policy import load_policy

RULES = load_policy().nps
D = date(2026, 6, 30)


def answers(*rows, question="recommend", scale=(0.0, 10.0)):
    """Give answers as (contact, day, score) of account A."""
    frame = pd.DataFrame(rows, columns=["contact_id", "date", "score"])
    return frame.assign(
        account_id="A",
        contact_id=frame["contact_id"].astype("str"),
        date=pd.to_datetime(frame["date"]),
        score=frame["score"].astype(float),
        scale_min=scale[0],
        scale_max=scale[1],
        question=question,
    )


def scores(*values, **kwargs):
    return answers(*[(f"c{place}", "2026-05-02", value) for place, value in enumerate(values)], **kwargs)


def contacts(count, left_on=None):
    return pd.DataFrame({"account_id": "A", "contact_id": [f"p{k}" for k in range(count)], "left_on": pd.to_datetime([left_on] * count)})


def measured(surveys, people=None):
    return kpis.satisfaction(surveys, people, as_of=D, rules=RULES).loc["A"]


TWENTY = [9] * 5 + [10] * 4 + [8] * 3 + [7] * 2 + [6] * 3 + [0] * 3


@pytest.mark.parametrize(
    ("population", "expected"),
    [
        pytest.param(None, (15, -22, 52), id="test_M14_9_promoters_6_detractors_of_20"),
        pytest.param(25, (15, -2, 32), id="test_F43_population_of_25"),
        pytest.param(20, (15, None, None), id="test_F43_all_answered_is_a_census"),
    ],
)
def test_F43_nps_and_its_interval(population, expected):
    found = measured(scores(*TWENTY), None if population is None else contacts(population))
    read = [None if pd.isna(found[name]) else round(found[name]) for name in ("nps_score", "nps_low_score", "nps_high_score")]
    assert tuple(read) == expected
    assert (found["nps_score_note"] == "census") == (population == 20)


def test_F43_factor_stands_on_the_variance_not_on_the_error():
    found = measured(scores(*TWENTY), contacts(25))
    assert found["nps_margin_score"] == pytest.approx(17.1, abs=0.05)
    assert found["nps_margin_score"] == pytest.approx(196 * math.sqrt((0.75 - 0.15**2) / 20 * 5 / 24))


@pytest.mark.parametrize(
    ("values", "people", "note"),
    [
        pytest.param([9, 9, 3], None, "too_few_answers", id="test_F43_two_to_one_of_three"),
        pytest.param([9, 9, 3, 7], None, "too_few_answers", id="test_F43_four_answers"),
        pytest.param([9, 9, 3, 7, 7], None, None, id="test_F43_five_answers"),
        pytest.param([9] * 8, None, "too_few_answers", id="test_F43_all_promoters_have_no_width"),
        pytest.param([9, 9, 3], 3, "census", id="test_F43_census_of_three"),
        pytest.param([9], 1, "census", id="test_F43_one_of_one_divides_by_nothing"),
        pytest.param([9, 9, 3, 7, 7], 4, "census", id="more answers than contacts"),
    ],
)
def test_F43_when_there_is_no_interval(values, people, note):
    found = measured(scores(*values), None if people is None else contacts(people))
    assert (None if pd.isna(found["nps_score_note"]) else found["nps_score_note"]) == note
    assert found[["nps_low_score", "nps_high_score"]].isna().all() == (note is not None)
    assert not pd.isna(found["nps_score"])


def test_F43_contacts_who_left_are_no_population():
    gone = pd.concat([contacts(5, "2026-06-30"), contacts(20)], ignore_index=True)
    assert measured(scores(*TWENTY), gone)["nps_score_note"] == "census"
    assert measured(scores(*TWENTY), contacts(25, "2026-07-01"))["present_contacts_count"] == 25


@given(st.lists(st.integers(0, 10), min_size=5, max_size=40))
def test_interval_holds_the_score_and_stays_within_100(values):
    found = measured(scores(*values))
    assert found["nps_score"] == pytest.approx(100 * (sum(v >= 9 for v in values) - sum(v <= 6 for v in values)) / len(values))
    if not pd.isna(found["nps_low_score"]):
        assert -100 <= found["nps_low_score"] <= found["nps_score"] <= found["nps_high_score"] <= 100


def test_F44_a_satisfaction_question_on_0_to_10_is_no_nps():
    found = measured(scores(9, 10, 3, 2, 8, question="satisfaction"))
    assert pd.isna(found["nps_score"])
    assert found["nps_score_note"] == "no_rows"
    assert found["satisfaction_score"] == 64


def test_F44_a_blank_question_is_satisfaction():
    assert pd.isna(measured(scores(9, 10).assign(question=pd.Series([None, None], dtype="str")))["nps_score"])


def test_F44_recommend_on_another_scale_is_no_nps_but_counts_as_satisfaction():
    found = measured(scores(5, 3, scale=(1.0, 5.0)))
    assert (pd.isna(found["nps_score"]), found["satisfaction_score"]) == (True, 75)


def test_F44_both_questions_feed_the_mean():
    both = pd.concat([answers(("a", "2026-05-02", 10)), answers(("b", "2026-05-02", 1), question="satisfaction", scale=(1.0, 5.0))])
    assert measured(both)["satisfaction_score"] == 50


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([("a", "2025-07-01", 2), ("a", "2026-06-30", 8)], 80, id="latest answer of a respondent"),
        pytest.param([("a", "2026-06-30", 8), ("a", "2026-07-01", 2)], 80, id="a later answer does not exist"),
        pytest.param([("a", "2025-06-30", 8)], None, id="before the window"),
        pytest.param([("a", "2026-05-02", 8), ("a", "2026-05-02", 4)], 60, id="two on the same day are averaged"),
        pytest.param(
            [(None, "2026-05-02", 10), (None, "2026-05-01", 0), ("a", "2026-05-01", 5)], 50, id="test_F44_blank_respondents_are_each_one"
        ),
        pytest.param([("a", "2026-05-02", None), ("b", "2026-05-02", 7)], 70, id="no score is no answer"),
    ],
)
def test_satisfaction_takes_the_latest_answer(rows, expected):
    found = measured(answers(*rows))
    assert found["satisfaction_score"] == pytest.approx(float("nan") if expected is None else expected, nan_ok=True)
    assert (found["satisfaction_score_note"] == "no_rows") == (expected is None)


def test_satisfaction_agrees_with_respondents_looked_up_one_by_one(book, calendar, as_of, by):
    rng = random.Random(11)
    rows = []
    for number in range(160):
        account = rng.choice(list(book.manager_of))
        low, high = rng.choice([(0.0, 10.0), (1.0, 5.0)])
        rows.append(
            {
                "account_id": account,
                "manager_id": book.manager_of[account],
                "portfolio": "all",
                "contact_id": rng.choice(["c1", "c2", "c3", None]),
                "date": date(2023, 3, 1) + (date(2026, 8, 1) - date(2023, 3, 1)) * number // 160,
                "score": float(rng.randrange(int(low), int(high) + 1)),
                "scale_min": low,
                "scale_max": high,
                "question": rng.choice(["satisfaction", "recommend", None]),
            }
        )
    frame = calendar.as_frame(rows).assign(question=[row["question"] for row in rows])
    found = kpis.satisfaction(frame, as_of=as_of, rules=RULES, by=by)
    for key in {row[by] for row in rows}:
        latest, recommend = {}, {}
        for place, row in enumerate(rows):
            if row[by] != key or not calendar.within(row["date"], as_of):
                continue
            who = (row["account_id"], row["contact_id"] or place)
            latest[who] = row
            if row["question"] == "recommend" and row["scale_max"] == 10:
                recommend[who] = row["score"]
        points = [100 * (row["score"] - row["scale_min"]) / (row["scale_max"] - row["scale_min"]) for row in latest.values()]
        nan = float("nan")
        assert found.at[key, "satisfaction_score"] == pytest.approx(sum(points) / len(points) if points else nan, nan_ok=True)
        net = sum((score >= 9) - (score <= 6) for score in recommend.values())
        assert found.at[key, "nps_score"] == pytest.approx(100 * net / len(recommend) if recommend else nan, nan_ok=True)


@pytest.mark.parametrize(("score", "scale"), [(11, (0.0, 10.0)), (0, (1.0, 5.0)), (3, (5.0, 5.0)), (3, (5.0, 1.0))])
def test_a_score_off_its_scale_is_refused(score, scale):
    with pytest.raises(ValueError, match=f"score must lie on its scale; A has {score} on"):
        measured(scores(score, scale=scale))


def test_satisfaction_refuses_a_missing_column():
    with pytest.raises(ValueError, match="surveys lacks question"):
        measured(scores(9).drop(columns="question"))
