"""The six levers and readiness: every check once, waiting, effort and its cap, recomputed by plain loops."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import levers
from kamlib.checks import InvalidInput
from kamlib.data.company import load_company
from kamlib.data.history import known_at
from kamlib.playbook import playbook
from kamlib.policy import load_policy
from kamlib.scores import score
from kamlib.scores.facts import PORTFOLIO, daily_facts

POLICY = load_policy()
RULES = POLICY.levers
BOOK = playbook("levers")
CHECKS = {check["id"]: (lever["id"], check) for lever in BOOK["levers"] for check in lever["checks"]}
DISCOUNTS = {name for name, (_, check) in CHECKS.items() if check.get("kind") == "discount"}
MEASURED = {check["measure"] for _, check in CHECKS.values() if "measure" in check}
DAY = date(2026, 6, 30)
NAN = float("nan")

some_levels = st.dictionaries(st.sampled_from(sorted(CHECKS)), st.integers(0, 4))


def plain_audit(rated):
    """Recompute readiness and effort as the ruling says it, with loops and plain numbers."""
    ready, waits = {}, {}
    for lever in BOOK["levers"]:
        scores = [25.0 * rated[check["id"]] for check in lever["checks"] if check["id"] in rated]
        ready[lever["id"]] = sum(scores) / len(scores) if 2 * len(scores) >= len(lever["checks"]) else None
    for lever in BOOK["levers"]:
        waits[lever["id"]] = [name for name in lever["needs"] if ready[name] is not None and ready[name] < 40]
    needs = {name: 0.0 if ready[name] is None or waits[name] else 100 - ready[name] for name in ready}
    total = sum(needs.values())
    if not total:
        return ready, waits, dict.fromkeys(needs), None
    shares = {name: need / total for name, need in needs.items()}
    price = "value_before_price"
    own = {check["id"]: 100 - 25.0 * rated[check["id"]] for check in BOOK["levers"][2]["checks"] if check["id"] in rated}
    wanted = shares[price] * sum(need for name, need in own.items() if name in DISCOUNTS) / sum(own.values()) if sum(own.values()) else 0.0
    discount, excess = min(wanted, 0.15), max(wanted - 0.15, 0.0)
    others = {name: share for name, share in shares.items() if name != price and share}
    if others:
        shares[price] -= excess
        for name, share in others.items():
            shares[name] += excess * share / sum(others.values())
    return ready, waits, shares, discount


def test_every_measure_of_the_playbook_is_measured_and_no_other(sample_engagement, sample_tables):
    known = known_at(sample_tables, sample_engagement.as_of)
    scores = score(sample_tables, sample_engagement)
    evidence = levers.lever_evidence(
        daily_facts(known, scores.as_of),
        scores.values["account"],
        scores.values[PORTFOLIO].iloc[0],
        pd.DataFrame([need.model_dump() for plan in known.plans.values() for need in plan.needs], columns=["hidden", "evidence"]),
        as_of=scores.as_of,
        policy=POLICY,
        price_effect=0.0,
        has_channel=True,
    )
    assert set(evidence) == MEASURED and not [name for name, value in evidence.items() if math.isnan(value)]


def test_every_lever_has_four_to_eight_checks_and_no_check_stands_twice():
    assert len(CHECKS) == sum(len(lever["checks"]) for lever in BOOK["levers"]) and all(4 <= len(x["checks"]) <= 8 for x in BOOK["levers"])


def test_A28_dependencies_are_those_of_the_method():
    numbers = {lever["id"]: place for place, lever in enumerate(BOOK["levers"], start=1)}
    needs = {numbers[lever["id"]]: {numbers[name] for name in lever["needs"]} for lever in BOOK["levers"]}
    assert needs == {1: set(), 2: {1, 6}, 3: {1, 5}, 4: {1}, 5: {6}, 6: set()}


@pytest.mark.parametrize("check", [name for name, (_, check) in CHECKS.items() if "measure" in check])
def test_a_measured_check_is_0_at_its_floor_100_at_its_target_and_linear_between(check):
    entry = CHECKS[check][1]
    floor, target = entry["floor"], entry["target"]
    for share, expected in ((0, 0), (0.25, 25), (1, 100), (1.5, 100), (-0.5, 0)):
        found = levers.lever_checks({entry["measure"]: floor + share * (target - floor)}, {check: 2}).loc[check]
        assert found["score"] == pytest.approx(expected) and found["evidence"] == "data", "the number goes before the rating"


@pytest.mark.parametrize("level", range(5))
def test_a_rating_counts_25_a_level_where_nothing_is_measured(level):
    found = levers.lever_checks({"criterion_share": NAN}, {"criterion": level}).loc["criterion"]
    assert (found["score"], found["evidence"]) == (25 * level, "rating")


@given(some_levels)
def test_F73_readiness_waiting_and_effort_are_those_of_a_plain_loop(rated):
    checks = levers.lever_checks({}, rated)
    found = levers.lever_readiness(checks, rules=RULES)
    shares = levers.effort_shares(found, checks, rules=RULES)
    ready, waits, effort, discount = plain_audit(rated)
    for name in ready:
        assert found.at[name, "readiness_score"] == pytest.approx(NAN if ready[name] is None else ready[name], nan_ok=True)
        assert found.at[name, "waits_for"].split() == waits[name]
        assert shares.at[name, "effort_share"] == pytest.approx(NAN if effort[name] is None else effort[name], nan_ok=True)
    if discount is not None:
        assert shares["effort_share"].sum() == pytest.approx(1) and shares.at["value_before_price", "discount_share"] == pytest.approx(
            discount
        )
        assert (shares.loc[found["waits_for"] != "", "effort_share"] == 0).all()


@given(some_levels, st.sampled_from(sorted(CHECKS)))
def test_a_better_rating_never_lowers_readiness(rated, check):
    def ready(level):
        return levers.lever_readiness(levers.lever_checks({}, rated | {check: level}), rules=RULES)["readiness_score"]

    lower, higher = ready(1), ready(3)
    assert ((higher >= lower) | lower.isna()).all()


def test_F73_no_need_anywhere_gives_no_shares():
    checks = levers.lever_checks({}, dict.fromkeys(CHECKS, 4))
    assert levers.effort_shares(levers.lever_readiness(checks, rules=RULES), checks, rules=RULES)["effort_share"].isna().all()


@pytest.mark.parametrize("score, stands", [(39, True), (40, False)])
def test_a_finding_stands_below_forty_only(score, stands):
    entry = CHECKS["criterion"][1]
    share = entry["floor"] + score / 100 * (entry["target"] - entry["floor"])
    assert ("no_criterion" in levers.findings(levers.lever_checks({"criterion_share": share}, {}), rules=RULES)) is stands


@pytest.mark.parametrize("entry", BOOK["findings"], ids=lambda entry: entry["id"])
def test_a_finding_needs_all_its_checks(entry):
    bad = {}
    for check in entry["checks"]:
        where = CHECKS[check][1]
        bad |= {where["measure"]: where["floor"]} if "measure" in where else {}
    rated = {check: 0 for check in entry["checks"] if "measure" not in CHECKS[check][1]}
    assert levers.findings(levers.lever_checks(bad, rated), rules=RULES) == [entry["id"]]
    for check in entry["checks"]:
        where = CHECKS[check][1]
        mended = (bad | {where["measure"]: where["target"]}, rated) if "measure" in where else (bad, rated | {check: 4})
        assert levers.findings(levers.lever_checks(*mended), rules=RULES) == []


@pytest.mark.parametrize("rated", [{"criterion": 5}, {"criterion": -1}, {"no_such_check": 1}])
def test_a_level_out_of_range_or_of_nothing_is_refused(rated):
    with pytest.raises(ValueError, match="rating of a lever"):
        levers.lever_checks({}, rated)


def test_A29_readiness_has_four_obstacles_and_seventeen_items():
    homes = playbook("readiness")["obstacles"]
    assert [len(home["points"]) for home in homes] == [3, 4, 6, 4]
    assert all(item[side][language] for home in homes for item in home["points"] for side in ("low", "high") for language in ("en", "zh"))


@given(st.data())
def test_readiness_of_the_company_is_the_mean_of_the_rated_items_weakest_first(data):
    items = [f"{home['id']}.{item['id']}" for home in playbook("readiness")["obstacles"] for item in home["points"]]
    rated = data.draw(st.dictionaries(st.sampled_from(items), st.integers(0, 4)))
    found = levers.company_readiness(rated, rules=RULES)
    for home in playbook("readiness")["obstacles"]:
        known = [rated[f"{home['id']}.{item['id']}"] for item in home["points"] if f"{home['id']}.{item['id']}" in rated]
        expected = 25 * sum(known) / len(known) if 2 * len(known) >= len(home["points"]) else NAN
        assert found.at[home["id"], "readiness_score"] == pytest.approx(expected, nan_ok=True)
        if known:
            assert rated[f"{home['id']}.{found.at[home['id'], 'weakest']}"] == min(known)
    scores = found["readiness_score"].dropna().tolist()
    assert scores == sorted(scores)
    with pytest.raises(ValueError, match="names no item"):
        levers.company_readiness({"strategy.luck": 1}, rules=RULES)


def tickets(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "opened_at", "hours", "solved_hours"])
    opened = pd.to_datetime(frame["opened_at"])
    answers = {"first_response_at": opened + pd.to_timedelta(frame["hours"], unit="h")}
    answers["resolved_at"] = opened + pd.to_timedelta(frame["solved_hours"], unit="h")
    return pd.DataFrame({"account_id": frame["account_id"], "opened_at": opened, "kind": "complaint"} | answers)


def test_answer_ratio_is_the_ratio_of_the_medians_of_twelve_months():
    rows = [("K", "2026-05-01T09:00", hours, 20) for hours in (1, 2, 9)] + [("B", "2026-05-01T09:00", hours, 20) for hours in (4, 4, 8)]
    rows += [("K", "2025-06-30T09:00", 500, 600)]  # a day too old
    key = pd.Series({"K": True, "B": False})
    assert levers.evidence.answer_ratio(tickets(*rows), key, as_of=DAY, least=3) == 0.5
    assert math.isnan(levers.evidence.answer_ratio(tickets(*rows), key, as_of=DAY, least=4))
    assert math.isnan(levers.evidence.answer_ratio(None, key, as_of=DAY, least=1))


@pytest.mark.parametrize(
    "late_before_leaving, share",
    [
        pytest.param([("L", "2025-06-10T09:00", 90, 200)], 0.5, id="its ticket before the last order was late"),
        pytest.param([("L", "2025-06-10T09:00", 1, 2)], 0.0, id="in time"),
        pytest.param([("L", "2025-06-10T09:00", 90, 200), ("L", "2025-06-11T09:00", 1, 2)], 0.5, id="half of them late"),
        pytest.param([("L", "2025-01-01T09:00", 90, 200)], 0.0, id="late long before"),
        pytest.param([("L", "2025-06-20T09:00", 90, 200)], 0.0, id="late after the last order"),
    ],
)
def test_who_left_after_poor_service(late_before_leaving, share):
    accounts = pd.DataFrame({"account_id": ["L", "S"], "signed_on": pd.to_datetime(["2024-01-01"] * 2)})
    accounts["first_order_date"] = accounts["signed_on"]
    values = pd.DataFrame(
        {"revenue_amount": [0.0, 90.0], "revenue_prior_amount": [100.0, 100.0], "last_order_days": [380.0, 5.0]}, index=["L", "S"]
    )  # L ordered last on 2025-06-15
    frames = {"accounts": accounts, "tickets": tickets(*late_before_leaving)}
    assert levers.evidence.lost_to_service_share(frames, values, as_of=DAY, policy=POLICY) == share


@pytest.mark.parametrize(
    "line, why",
    [
        ("levers: {luck: 1}", "is no check of a lever"),
        ("levers: {criterion: 5}", "4"),
        ("readiness: {strategy.luck: 1}", "is no item of readiness"),
    ],
)
def test_a_company_file_with_a_mistake_is_refused_with_its_line(tmp_path, line, why):
    path = tmp_path / "company.yaml"
    path.write_text(f"schema: 1\nrated_on: 2026-06-01\nrated_by: workshop\n{line}\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        load_company(path)
    assert why in str(refused.value.problems[0]) and refused.value.problems[0].file == "company.yaml"
