"""M9: the decision chain, read as F29 says, and what no order of rows may change."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib.data.history import known_at
from kamlib.policy import load_policy
from kamlib.scores import score
from kamlib.scores.facts import daily_facts
from kamlib.stakeholders import ROLES, decision_chain, effort_on_deciders, source_types, suggested_style

RULES = load_policy().stakeholders
DAY = date(2026, 6, 30)


def contacts(*rows):
    frame = pd.DataFrame(rows, columns=["contact_id", "role", "influence", "attitude", "left_on"])
    return frame.assign(account_id="A", left_on=pd.to_datetime(frame["left_on"])).astype({"influence": float, "attitude": float})


def touches(*rows):
    frame = pd.DataFrame(rows, columns=["contact_id", "kind", "date"])
    return frame.assign(account_id="A", date=pd.to_datetime(frame["date"]))


def chain(people, met):
    return decision_chain(people, met, as_of=DAY, rules=RULES).loc["A"]


def test_methodology_M9_influences_5_4_3_5_met_1_1_1_0_attitudes_2_minus1_1_0():
    people = contacts(("a", "executive", 5, 2, None), ("b", "finance", 4, -1, None), ("c", "user", 3, 1, None), ("d", "user", 5, 0, None))
    found = chain(people, touches(*((name, "visit", "2026-05-01") for name in "abc")))
    assert found["influence_coverage_share"] == pytest.approx(12 / 17) == pytest.approx(0.70588, abs=1e-5)
    assert found["support_ratio"] == pytest.approx(9 / 34) == pytest.approx(0.26471, abs=1e-5)
    assert found["role_coverage_share"] == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    ("when", "counts"),
    [
        pytest.param("2025-12-31", False, id="on the last day before the six months"),
        pytest.param("2026-01-01", True, id="on their first day"),
        pytest.param("2026-06-30", True, id="today"),
        pytest.param("2026-07-01", False, id="tomorrow"),
    ],
)
def test_a_touch_counts_for_six_months(when, counts):
    found = chain(contacts(("a", "user", 3, 0, None)), touches(("a", "executive_meeting", when)))
    assert found["active_contacts_count"] == found["executive_line_flag"] == counts


@pytest.mark.parametrize(
    ("left", "there"),
    [
        pytest.param("2026-06-30", 1, id="left today"),
        pytest.param("2026-07-01", 2, id="leaves tomorrow"),
        pytest.param(None, 2, id="stays"),
    ],
)
def test_who_left_by_the_day_is_not_there(left, there):
    found = chain(contacts(("a", "user", 3, 0, None), ("b", "user", 3, 0, left)), touches(("a", "call", "2026-06-01")))
    assert found["known_contacts_count"] == there


@pytest.mark.parametrize(
    ("roles", "single"),
    [
        pytest.param([], 1, id="nobody met"),
        pytest.param(["user"], 1, id="one contact"),
        pytest.param(["user", "user"], 1, id="two of one role"),
        pytest.param(["user", "finance"], 0, id="two of two roles"),
    ],
)
def test_single_threaded_below_two_contacts_or_two_roles(roles, single):
    people = contacts(("z", "technical", 1, 0, None), *((f"c{n}", role, 3, 0, None) for n, role in enumerate(roles)))
    met = touches(*((f"c{n}", "visit", "2026-06-01") for n in range(len(roles))), (None, "visit", "2026-06-01"))
    assert chain(people, met)["single_threaded_flag"] == single


def test_without_a_table_of_touches_nothing_about_meeting_is_measured():
    found = chain(contacts(("a", "user", 3, 1, None)), None)
    assert found[["active_contacts_count", "single_threaded_flag", "executive_line_flag", "influence_coverage_share"]].isna().all()
    assert found["support_ratio"] == 0.5


def test_blank_influence_or_attitude_is_left_out_not_taken_as_zero():
    people = contacts(("a", "user", None, 2, None), ("b", "user", 4, None, None), ("c", "user", 2, -2, None))
    found = chain(people, touches(("a", "visit", "2026-06-01")))
    assert found["support_ratio"] == -1.0 and found["influence_known"] == 6


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_recomputed_in_a_plain_loop_whatever_the_order_of_rows(seed):
    rng = random.Random(seed)
    people = [
        (
            f"c{n}",
            rng.choice(ROLES),
            rng.choice([None, 1, 2, 3, 4, 5]),
            rng.choice([None, -2, -1, 0, 1, 2]),
            rng.choice([None, "2026-01-05"]),
        )
        for n in range(rng.randint(1, 8))
    ]
    met = [(rng.choice([None, *(row[0] for row in people)]), "visit", f"2026-0{rng.randint(1, 6)}-11") for _ in range(rng.randint(1, 9))]
    found = chain(contacts(*people), touches(*met))
    shuffled = chain(contacts(*rng.sample(people, len(people))), touches(*rng.sample(met, len(met))))
    there = [row for row in people if row[4] is None]
    names = {row[0] for row in met}
    active = [row for row in there if row[0] in names]
    assert found["active_contacts_count"] == len(active) and found["role_coverage_share"] == len({row[1] for row in active}) / 5
    known = sum(row[2] for row in there if row[2])
    if known:
        assert found["influence_coverage_share"] == pytest.approx(sum(row[2] for row in active if row[2]) / known)
    judged = [row for row in there if row[2] is not None and row[3] is not None]
    if judged:
        assert found["support_ratio"] == pytest.approx(sum(row[2] * row[3] for row in judged) / (2 * sum(row[2] for row in judged)))
    pd.testing.assert_series_equal(found, shuffled)


def test_effort_counts_touches_where_a_touch_has_no_minutes():
    met = touches(("a", "visit", "2026-06-01"), ("b", "visit", "2026-06-02"), ("b", "call", "2026-06-03")).assign(minutes=[60.0, None, 5.0])
    people = contacts(("a", "user", 4, 0, None), ("b", "user", 3, 0, None))
    found = effort_on_deciders(met, people, as_of=DAY, rules=RULES).loc["A"]
    assert found["decider_effort_share"] == pytest.approx(1 / 3)


def test_every_pair_of_observations_has_a_style():
    found = {(task, fast): suggested_style(task, fast) for task in range(1, 6) for fast in range(1, 6)}
    assert all(("unclear" in style) == (3 in pair) for pair, style in found.items())
    assert {found[5, 5], found[1, 5], found[5, 1], found[1, 1]} == {"leader", "influencer", "checker", "follower"}


def test_refusals():
    with pytest.raises(ValueError, match="task must be 1, 2, 3, 4 or 5, got 6"):
        suggested_style(6, 1)
    with pytest.raises(ValueError, match="contacts lacks"):
        decision_chain(pd.DataFrame({"account_id": []}), None, as_of=DAY, rules=RULES)


def test_A14_effort_on_new_accounts_in_a_plain_loop(sample_engagement, sample_tables):
    facts, values = daily_facts(known_at(sample_tables, DAY), DAY), score(sample_tables, sample_engagement).values
    manager = facts["accounts"].set_index("account_id")["manager_id"]
    new, every = defaultdict(float), defaultdict(float)
    for row in facts["interactions"].itertuples():
        if "2025-06-30" < str(row.date)[:10] <= "2026-06-30" and values["account"]["tenure_months"][row.account_id] >= 0:
            every[manager[row.account_id]] += row.minutes
            if values["account"]["tenure_months"][row.account_id] < 12:
                new[manager[row.account_id]] += row.minutes
    assert facts["interactions"]["minutes"].notna().all() and sum(new.values()) > 0
    for who, total in every.items():
        assert values["manager"]["new_effort_share"][who] == pytest.approx(new[who] / total), who


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Annual Report 2025", "report"),
        ("会议纪要", "meeting"),
        ("ＣＲＭ", "own_data"),
        ("their website", "press"),
        ("hearsay", None),
        ("", None),
    ],
)
def test_A16_kinds_of_source(words, kind):
    found = source_types(pd.Series([words], dtype="str")).iloc[0]
    assert (found if isinstance(found, str) else None) == kind
