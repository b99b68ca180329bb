"""Next moves: same inputs, same five; a cause removed removes its move; what was dismissed stays away until its cause changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib.lifecycle import DIMENSIONS
from kamlib.moves import AccountFacts, Decision, Move, critique, decided, next_moves, proposals
from kamlib.playbook import playbook
from kamlib.policy import load_policy
from kamlib.warning import SIGNALS

POLICY = load_policy()
RULES = POLICY.moves
WEIGHTS = POLICY.warning.weights.model_dump()
DAY = date(2026, 6, 30)
RULE_IDS = {rule["id"] for rule in playbook("moves")["rules"]}
LINTS = {entry["id"]: entry for entry in playbook("moves")["critic"]}
KINDS = ("below_cost", "beyond_authority", "low_sensitivity", "above_norm")

late_actions = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["A1", "A2"]),
        "text": st.just("do it"),
        "owner": st.sampled_from([None, "M02"]),
        "due": st.dates(date(2025, 1, 1), date(2026, 6, 29)),
    }
)
one_room = st.tuples(st.sampled_from(["Pumps", "Valves", "Seals"]), st.integers(0, 10**6).map(float))
rooms = st.lists(one_room, max_size=2, unique_by=lambda room: room[0])
facts_of = st.builds(
    AccountFacts,
    revenue=st.integers(0, 10**7).map(float),
    signals=st.dictionaries(st.sampled_from(SIGNALS), st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])),
    weights=st.just(WEIGHTS),
    gaps=st.lists(st.tuples(st.sampled_from(DIMENSIONS), st.integers(2, 4)), max_size=3),
    stage_gain=st.one_of(st.just(float("nan")), st.integers(-(10**5), 10**6).map(float)),
    whitespace=st.lists(
        st.tuples(st.sampled_from(["Pumps", "Valves", "Seals"]), st.integers(0, 10**6).map(float)), max_size=2, unique_by=lambda x: x[0]
    ),
    missed=st.lists(st.tuples(st.sampled_from(["core_visit", "grow_call"]), st.integers(1, 12)), max_size=1),
    overdue=st.lists(
        late_actions,
        max_size=2,
        unique_by=lambda action: action["id"],
    ),
    prices=st.dictionaries(st.sampled_from(KINDS), st.tuples(st.integers(1, 90), st.integers(0, 10**5).map(float))),
    lints=st.lists(st.sampled_from(sorted(LINTS)), unique=True),
)


def ids(moves):
    return [move.id for move in moves]


@given(facts_of)
@settings(max_examples=200)
def test_the_same_facts_give_the_same_moves_in_an_order_that_can_be_checked(facts):
    found = proposals(facts, as_of=DAY, rules=RULES)
    assert found == proposals(facts, as_of=DAY, rules=RULES)
    assert [(-move.money * move.urgency, move.due, move.id) for move in found] == sorted((-m.money * m.urgency, m.due, m.id) for m in found)
    assert len({move.id for move in found}) == len(found) and {move.rule for move in found} <= RULE_IDS
    assert all(move.money >= 0 and move.cause.startswith(f"{move.rule}.{move.subject}.") for move in found)
    stand, _ = decided(found, {}, as_of=DAY, rules=RULES)
    listed = next_moves(stand, rules=RULES)
    assert len(listed) == min(5, len({move.cause for move in found})) and ids(listed) == ids(found)[: len(listed)]


def test_F74_of_moves_with_one_cause_the_weightiest_is_listed():
    one, other = (Move(name, "lint", name, "lint.same", "manager", DAY, 9.0, 1.0) for name in ("a", "b"))
    last = Move("c", "lint", "c", "lint.c", "manager", DAY, 1.0, 1.0)
    assert ids(next_moves([one, other, last], rules=RULES)) == ["a", "c"]


@given(facts_of)
@settings(max_examples=200)
def test_F74_urgency_is_3_2_15_or_1_by_the_days_that_are_left(facts):
    for move in proposals(facts, as_of=DAY, rules=RULES):
        days = (move.due - DAY).days
        assert move.urgency == (3 if days <= 1 else 2 if days <= 7 else 1.5 if days <= 30 else 1)


@given(facts_of)
@settings(max_examples=200)
def test_F74_money_of_signals_whitespace_gap_and_the_rest(facts):
    for move in proposals(facts, as_of=DAY, rules=RULES):
        small = 0.01 * facts.revenue
        expected = {
            "signal": facts.revenue * WEIGHTS.get(move.subject, 0) * facts.signals.get(move.subject, 0),
            "whitespace": dict(facts.whitespace).get(move.subject, 0.0),
            "gap": max(facts.stage_gain, 0.0) if facts.stage_gain == facts.stage_gain else small,
            "price": max(small, facts.prices.get(move.subject, (0, 0.0))[1]),
        }.get(move.rule, small)
        assert move.money == pytest.approx(expected)


@given(facts_of, st.data())
@settings(max_examples=200)
def test_a_cause_removed_removes_its_move_and_no_other(facts, data):
    found = proposals(facts, as_of=DAY, rules=RULES)
    simple = [move for move in found if move.rule in ("signal", "overdue", "lint", "cadence") and move.subject != "contact_gap"]
    if not simple:
        return
    gone = data.draw(st.sampled_from(simple))
    less = {
        "signal": lambda: {"signals": facts.signals | {gone.subject: 0.0}},
        "overdue": lambda: {"overdue": [action for action in facts.overdue if action["id"] != gone.subject]},
        "lint": lambda: {"lints": [name for name in facts.lints if name != gone.subject]},
        "cadence": lambda: {"missed": []},
    }[gone.rule]()
    allowed = {f"lint.{name}" for name, entry in LINTS.items() if entry.get("unless") == gone.subject}
    after = ids(proposals(replace(facts, **less), as_of=DAY, rules=RULES))
    assert gone.id not in after and [name for name in after if name not in allowed] == [name for name in ids(found) if name != gone.id]


@given(facts_of, st.data())
@settings(max_examples=200)
def test_a_dismissed_move_stays_away_while_its_cause_stands_and_returns_with_another(facts, data):
    found = proposals(facts, as_of=DAY, rules=RULES)
    if not found:
        return
    chosen = data.draw(st.sampled_from(found))
    stand, gone = decided(found, {chosen.id: Decision("dismissed", chosen.cause)}, as_of=DAY, rules=RULES)
    assert ids(gone) == [chosen.id] and ids(stand) == [name for name in ids(found) if name != chosen.id]
    stand, gone = decided(found, {chosen.id: Decision("dismissed", f"{chosen.cause}x")}, as_of=DAY, rules=RULES)
    assert gone == [] and ids(stand) == ids(found)


@pytest.mark.parametrize(
    "strength, band", [(0.1, 0), (0.49, 0), (0.5, 1), (0.99, 1), (1.0, 2)], ids=["lit", "below half", "half", "below full", "full"]
)
def test_the_cause_of_a_signal_is_its_band_not_its_reading(strength, band):
    facts = AccountFacts(1000.0, signals={"service": strength}, weights=WEIGHTS)
    assert proposals(facts, as_of=DAY, rules=RULES)[0].cause == f"signal.service.{band}"


@pytest.mark.parametrize("share, band", [(0.019, 0), (0.02, 1), (0.099, 1), (0.1, 2)])
def test_the_band_of_whitespace_is_its_share_of_revenue(share, band):
    facts = AccountFacts(1000.0, whitespace=[("Pumps", 1000 * share)])
    assert proposals(facts, as_of=DAY, rules=RULES)[0].cause == f"whitespace.Pumps.{band}"


@pytest.mark.parametrize("late, band", [(1, 0), (7, 0), (8, 1), (30, 1), (31, 2)])
def test_the_band_of_an_overdue_action_is_how_late_it_is(late, band):
    action = {"id": "A1", "text": "x", "owner": "M1", "due": DAY - timedelta(days=late)}
    move = proposals(AccountFacts(1000.0, overdue=[action]), as_of=DAY, rules=RULES)[0]
    assert (move.cause, move.urgency, move.owner, move.due) == (f"overdue.A1.{band}", 3, "M1", action["due"])


def test_0064_nothing_more_is_offered_while_it_buys_below_cost():
    facts = AccountFacts(1000.0, whitespace=[("Pumps", 400.0)], prices={"below_cost": (3, 10.01)})
    assert ids(proposals(facts, as_of=DAY, rules=RULES)) == ["price.below_cost"]
    little = replace(facts, prices={"below_cost": (3, 10.0)})
    assert ids(proposals(little, as_of=DAY, rules=RULES)) == ["whitespace.Pumps", "price.below_cost"]


def test_no_price_lock_is_advised_to_an_account_that_buys_below_cost():
    facts = AccountFacts(1000.0, signals={"competitor": 1.0}, weights=WEIGHTS, prices={"below_cost": (1, 5.0)})
    move = next(move for move in proposals(facts, as_of=DAY, rules=RULES) if move.rule == "signal")
    assert move.places["no_price"] is True
    entry = playbook("warning")["competitor"]
    assert "price lock" in entry["move"]["en"] and "no price lock" in entry["move_at_a_loss"]["en"]


@pytest.mark.parametrize("signal, hidden", [("contact_gap", "cadence.core_visit"), ("no_backup", "lint.single_threaded")])
def test_the_same_is_asked_once(signal, hidden):
    facts = AccountFacts(1000.0, missed=[("core_visit", 3)], lints=["single_threaded"], weights=WEIGHTS)
    assert hidden in ids(proposals(facts, as_of=DAY, rules=RULES))
    assert hidden not in ids(proposals(replace(facts, signals={signal: 1.0}), as_of=DAY, rules=RULES))


def test_an_edited_move_takes_its_own_words_owner_and_day():
    facts = AccountFacts(1000.0, signals={"service": 1.0}, weights=WEIGHTS)
    edit = Decision("edited", "signal.service.2", text="Meet their quality head", owner="T01", due=date(2026, 7, 1))
    stand, _ = decided(proposals(facts, as_of=DAY, rules=RULES), {"signal.service": edit}, as_of=DAY, rules=RULES)
    move = next_moves(stand, rules=RULES)[0]
    assert (move.state, move.text, move.owner, move.due, move.urgency) == ("edited", "Meet their quality head", "T01", date(2026, 7, 1), 3)


def plan(**lists):
    return {"objectives": [], "actions": [], "beliefs": [], "risks": []} | lists


GOAL = {"id": "O1", "measure": "x", "target": 1, "date": "2026-12-31"}
STEP = {"id": "A1", "objective": "O1", "owner": "M1", "due": "2026-07-31", "done_on": None}
FACT = {"id": "B1", "state": "confirmed", "sources": ["a", "b"], "date": "2026-06-01"}


@pytest.mark.parametrize(
    "given_plan, lint",
    [
        *((plan(objectives=[GOAL | {name: None}], actions=[STEP]), "objective_unmeasured") for name in ("measure", "target", "date")),
        (plan(objectives=[GOAL]), "objective_idle"),
        *((plan(actions=[STEP | {name: None}]), "action_unowned") for name in ("owner", "due")),
        (plan(actions=[STEP | {"due": "2026-06-29"}]), "action_overdue"),
        (plan(actions=[STEP | {"objective": None}]), "action_aimless"),
        (plan(beliefs=[FACT | {"state": "assumed", "date": "2026-03-31"}]), "belief_stale"),
        (plan(beliefs=[FACT | {"sources": ["a", " A "]}]), "belief_thin"),
        (plan(beliefs=[FACT | {"sources": ["a"]}]), "belief_overstated"),
        (plan(risks=[{"id": "R1", "counter_move": None}]), "risk_uncountered"),
    ],
)
def test_each_lint_is_found_and_a_whole_plan_has_none(given_plan, lint):
    assert lint in [name for name, _ in critique(given_plan, {}, tier=None, as_of=DAY, rules=RULES).found]
    whole = plan(objectives=[GOAL], actions=[STEP], beliefs=[FACT], risks=[{"id": "R1", "counter_move": "call"}])
    found = critique(whole, {"single_threaded_flag": 0.0, "executive_line_flag": 1.0}, tier="strategic", as_of=DAY, rules=RULES)
    assert found.found == () and found.quality_score == 100


@pytest.mark.parametrize(
    "belief, is_stale",
    [
        (FACT | {"state": "assumed", "date": "2026-04-01"}, False),
        (FACT | {"state": "assumed", "date": "2026-03-31"}, True),
        (FACT | {"date": "2020-01-01"}, False),
        (FACT | {"sources": ["a"], "date": "2026-03-31"}, True),
    ],
    ids=["ninety days", "a day more", "confirmed by two", "confirmed by one"],
)
def test_an_assumption_is_stale_after_ninety_days(belief, is_stale):
    found = dict(critique(plan(beliefs=[belief]), {}, tier=None, as_of=DAY, rules=RULES).found)
    assert ("belief_stale" in found) is is_stale


def test_a_done_action_needs_no_owner_and_is_not_late():
    done = STEP | {"owner": None, "due": "2026-01-01", "objective": None, "done_on": "2026-02-01"}
    assert critique(plan(actions=[done]), {}, tier=None, as_of=DAY, rules=RULES).found == ()


@pytest.mark.parametrize(
    "tier, flag, found", [("strategic", 0.0, True), ("strategic", 1.0, False), ("key", 0.0, False), ("strategic", None, False)]
)
def test_the_executive_line_is_asked_of_strategic_accounts_only(tier, flag, found):
    lints = dict(critique(plan(), {"executive_line_flag": flag}, tier=tier, as_of=DAY, rules=RULES).found)
    assert ("executive_closed" in lints) is found


def test_F75_quality_weighs_by_severity_and_a_missing_plan_has_none():
    lints = critique(plan(objectives=[GOAL], actions=[STEP | {"objective": None}]), {}, tier=None, as_of=DAY, rules=RULES)
    # applies: objective_unmeasured 3, objective_idle 2, unowned 3, overdue 2, aimless 1; fails: idle 2, aimless 1
    assert lints.quality_score == pytest.approx(100 * (1 - 3 / 11))
    missing = critique(None, {"single_threaded_flag": 1.0}, tier=None, as_of=DAY, rules=RULES)
    assert missing.quality_score != missing.quality_score and missing.found == ()
