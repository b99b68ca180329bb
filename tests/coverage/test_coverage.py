"""M22: hours by the check values of F70, the assignment against every assignment tried, pairs of names against all pairs."""

from __future__ import annotations

import random
import unicodedata
from datetime import date
from difflib import SequenceMatcher
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib.coverage import (
    account_hours,
    assign_accounts,
    channel_conflicts,
    incident_owners,
    manager_fit,
    managers_needed,
    missing_roles,
    uncoordinated_touches,
    workable_capacity,
)
from kamlib.playbook import playbook
from kamlib.policy import load_policy

RULES, DAY = load_policy().coverage_hours, date(2026, 6, 30)


def touches(**counts):
    rows = [(account, kind) for account, kinds in counts.items() for kind, count in kinds.items() for _ in range(count)]
    return pd.DataFrame(rows, columns=["account_id", "kinds"])


CORE = {"visit": 12, "value_report": 4, "executive_meeting": 2}
GROW = {"review": 4, "call": 12}


def test_F70_232_102_32_and_nine_accounts_fill_a_manager():
    planned = touches(a=CORE, b=GROW, c={"visit": 2})
    hours = account_hours(planned, pd.Series({"a": "core", "b": "grow", "c": "maintain"}), rules=RULES)
    assert hours["workload_hours"].tolist() == [232, 102, 32]
    book = pd.Series([232.0, 102.0, 32.0] * 3)
    assert book.sum() == 1098 and managers_needed(book, rules=RULES) == 1 and len(book) == RULES.span_accounts


@pytest.mark.parametrize(("hours", "wanted"), [([], 0), ([0.1], 1), ([1200.0], 1), ([1200.01], 2), ([400.0] * 3, 1), ([0.1] * 12000, 1)])
def test_managers_needed(hours, wanted):
    assert managers_needed(pd.Series(hours, dtype=float), rules=RULES) == wanted


@pytest.mark.parametrize(("segment", "fixed"), [("core", 144), ("grow", 72), ("maintain", 24), ("optimise", 6), (None, 24)])
def test_hours_beside_the_touches(segment, fixed):
    found = account_hours(touches(), pd.Series({"a": segment}, dtype="str"), rules=RULES)
    assert found.loc["a"].tolist() == [0, fixed, fixed]


def test_hours_that_the_playbook_names_go_before_the_usual_ones():
    planned = touches(a={"visit executive_meeting": 1}).assign(hours=[9.0])
    assert account_hours(planned, pd.Series({"a": "core"}), rules=RULES)["touch_hours"].item() == 9
    with pytest.raises(ValueError, match="a touch must be one of .*; 0 is 'fax'"):
        account_hours(touches(a={"fax": 1}), pd.Series({"a": "core"}), rules=RULES)


def test_F71_fit_by_industry_stage_and_present_manager():
    accounts = pd.DataFrame(
        {"industry": ["Energy", "energy ", None], "relationship_stage": ["partnership", None, "mid"], "manager_id": ["M1", None, "M9"]}
    )
    skills = ["ENERGY; finance;marketing", "social network;strategy", None]
    fit = manager_fit(accounts, pd.DataFrame({"skills": skills}, index=["M1", "M2", "M3"]), rules=RULES)
    assert fit.round(6).to_numpy().tolist() == [[0.9, 0, 0], [0.4, 0, 0], [0, 0.3, 0]]
    assert set(playbook("coverage")["stage_skills"]) == {"early", "mid", "partnership", "synergistic"}


def brute(fit, hours, capacity):
    """Try every assignment; the ties as F71 breaks them."""
    best = None
    for chosen in product(range(fit.shape[1]), repeat=fit.shape[0]):
        load = np.zeros(fit.shape[1])
        for account, manager in enumerate(chosen):
            load[manager] += hours[account]
        value = sum(fit[account, manager] for account, manager in enumerate(chosen)) - 10 * np.maximum(0, load - capacity).sum()
        tie = sum((account + 1) * (manager + 1) for account, manager in enumerate(chosen))
        if best is None or value - 1e-6 * tie > best[0] + 1e-12:
            best = (value - 1e-6 * tie, value, chosen)
    return best[1:]


@pytest.mark.parametrize("seed", range(40))
def test_the_best_of_every_assignment(seed):
    rng = random.Random(seed)
    accounts, managers = rng.randrange(1, 7), rng.randrange(1, 5)
    fit = np.array([[rng.randrange(0, 21) / 20 for _ in range(managers)] for _ in range(accounts)])
    hours = np.array([float(rng.randrange(1, 9)) for _ in range(accounts)])
    capacity = np.array([float(rng.randrange(0, 15)) for _ in range(managers)])
    ids, people = [f"A{place}" for place in range(accounts)], [f"M{place}" for place in range(managers)]
    frame, owner = pd.DataFrame(fit, ids, people), pd.Series([rng.choice([*people, "gone"]) for _ in ids], index=ids)
    found = assign_accounts(frame, pd.Series(hours, ids), pd.Series(capacity, people), owner, rules=RULES)
    value, chosen = brute(fit, hours, capacity)
    assert found.is_optimal and found.fit_after == pytest.approx(value, abs=1e-6)
    assert found.managers.tolist() == [people[place] for place in chosen]
    shuffled = rng.sample(ids, accounts)
    again = assign_accounts(
        frame.loc[shuffled, people[::-1]], pd.Series(hours, ids), pd.Series(capacity, people), owner[shuffled], rules=RULES
    )
    assert again.managers.equals(found.managers) and again.moves.equals(found.moves)
    moved = owner[(owner != found.managers).to_numpy()]
    assert set(found.moves["account_id"]) == set(moved.index)
    assert "gone" in set(owner) or found.fit_after >= found.fit_before - 1e-9  # whom nobody serves takes no hours
    for when, of in (("before", owner), ("after", found.managers)):
        for person in people:
            mine = [hour for hour, who in zip(hours, of, strict=True) if who == person]
            assert found.load.loc[person, f"hours_{when}"] == sum(mine) and found.load.loc[person, f"accounts_{when}"] == len(mine)


def test_too_few_hours_stretch_everybody_alike():
    capacity = pd.Series({"M1": 100.0, "M2": 300.0})
    assert workable_capacity(pd.Series([380.0]), capacity).equals(capacity)
    assert workable_capacity(pd.Series([800.0]), capacity).tolist() == [210, 630]


def test_assignment_refuses_what_it_cannot_weigh():
    fit, hours = pd.DataFrame([[1.0]], ["A"], ["M"]), pd.Series({"A": 1.0})
    for given_ in ({"hours": pd.Series({"B": 1.0})}, {"capacity": pd.Series({"N": 1.0})}, {"fit": fit.drop(columns="M")}):
        args = {"fit": fit, "hours": hours, "capacity": pd.Series({"M": 9.0})} | given_
        with pytest.raises(ValueError, match="every account needs its hours"):
            assign_accounts(args["fit"], args["hours"], args["capacity"], pd.Series({"A": "M"}), rules=RULES)


NAMES = [
    "Orbicon Motion",
    "Orbicon Motions",
    "北京启衡科技",
    "北京启衡科技厂",
    "Verlane Battery",
    "Varlane Batery",
    "Quillan",
    "Quillan Medical",
    "A",
    "B",
]
FORMS = ["", " Ltd.", " GmbH", " Co., Ltd", "有限公司", "股份有限公司", " INC"]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(FORMS), st.sampled_from(["direct", "agent"])), min_size=2, max_size=12))
def test_F72_pairs_are_those_of_all_pairs(rows):
    frame = pd.DataFrame(
        {"account_id": [f"A{place:02d}" for place in range(len(rows))], "name": [name + form for name, form, _ in rows], "tax_id": None,
         "channel": [channel for *_, channel in rows], "agent_id": None}
    )  # fmt: skip
    found = channel_conflicts(frame, rules=RULES)
    bare = [unicodedata.normalize("NFKC", name).casefold() for name, *_ in rows]
    wanted = [
        (f"A{one:02d}", f"A{two:02d}")
        for one, two in combinations(range(len(rows)), 2)
        if SequenceMatcher(None, bare[one], bare[two], autojunk=False).ratio() >= 0.9 - 1e-9 and rows[one][2] != rows[two][2]
    ]
    assert list(zip(found["account_id"], found["other_id"], strict=True)) == wanted and set(found["reason"]) <= {"name"}


def shop(*rows):
    return pd.DataFrame(rows, columns=["account_id", "name", "tax_id", "channel", "agent_id"])


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        pytest.param(("B", "Orbicon", None, "agent", "G"), "name", id="one name, direct and agent"),
        pytest.param(("B", "Orbicon", None, "direct", None), None, id="one name, one way"),
        pytest.param(("B", "Other", "T1", "agent", "G"), "tax_id", id="one tax number"),
        pytest.param(("B", "Other", "T2", "agent", "G"), None, id="nothing in common"),
        pytest.param(("B", "Orbicon", "T1", None, None), None, id="channel not known"),
    ],
)
def test_F72_what_is_a_conflict(second, reason):
    found = channel_conflicts(shop(("A", "Orbicon Ltd", "T1", "direct", None), second), rules=RULES)
    assert found["reason"].tolist() == ([reason] if reason else [])


def test_F72_two_agents_and_one_group():
    rows = shop(
        ("A", "Orbicon", None, "agent", "G1"),
        ("B", "Orbicon", None, "agent", "G2"),
        ("C", "Third", None, "direct", None),
        ("D", None, None, "direct", None),
    )
    assert channel_conflicts(rows, rules=RULES)[["account_id", "other_id"]].to_numpy().tolist() == [["A", "B"]]
    group = pd.Series({"A": "G", "C": "G", "B": "B", "D": "D"})
    found = channel_conflicts(rows, group, rules=RULES)
    assert found[["account_id", "other_id", "reason"]].to_numpy().tolist() == [["A", "B", "name"], ["A", "C", "group"]]
    assert channel_conflicts(rows.assign(channel=None), rules=RULES).empty


def test_the_planted_conflict_of_the_sample_and_no_other(sample_tables):
    found = channel_conflicts(sample_tables["accounts"], rules=RULES)
    assert found[["account_id", "other_id", "reason"]].to_numpy().tolist() == [["A015", "A039", "tax_id"]]


@pytest.mark.parametrize(
    ("tier", "manager", "technician", "line", "missing"),
    [
        ("strategic", "M", "T", 1.0, ""), ("strategic", "M", "T", 0.0, "executive"), ("strategic", "M", "T", None, "executive"),
        ("strategic", None, None, 0.0, "executive manager technician"), ("key", "M", None, None, "technician"), ("key", "M", "T", None, ""),
        ("basic", None, None, None, "adviser"), ("none", None, None, None, ""), (None, None, None, None, None),
    ],
)  # fmt: skip
def test_F18_the_tier_says_who_serves(tier, manager, technician, line, missing):
    row = pd.DataFrame({"tier": [tier], "manager_id": [manager], "technician_id": [technician], "executive_line_flag": [line]})
    found = missing_roles(row).iloc[0]
    assert found == missing or (missing is None and found != found)


def met(*rows):
    return pd.DataFrame([("A", day, who) for day, who in rows], columns=["account_id", "date", "our_person_id"]).astype(
        {"date": "datetime64[us]"}
    )


@pytest.mark.parametrize(
    ("rows", "times"),
    [
        pytest.param([("2026-05-01", "P1"), ("2026-05-08", "P2")], 1, id="seven days"),
        pytest.param([("2026-05-01", "P1"), ("2026-05-09", "P2")], 0, id="eight days"),
        pytest.param([("2026-05-01", "P1"), ("2026-05-02", "P1")], 0, id="one person"),
        pytest.param([("2026-05-01", "P1"), ("2026-05-02", "M"), ("2026-05-03", "P2")], 0, id="manager among them"),
        pytest.param([("2026-05-01", "P1"), ("2026-05-04", "M"), ("2026-05-03", "P2")], 1, id="manager later"),
        pytest.param([("2026-05-01", "P1"), ("2026-05-01", "P2"), ("2026-05-01", "P3")], 3, id="three at once"),
        pytest.param([("2025-06-30", "P1"), ("2025-07-01", "P2")], 0, id="half of it too long ago"),
        pytest.param([("2026-05-01", None), ("2026-05-02", None)], None, id="nobody named"),
    ],
)
def test_A15_single_interface(rows, times):
    found = uncoordinated_touches(met(*rows), pd.Series({"A": "M", "B": "M"}), as_of=DAY, rules=RULES)
    assert found["A"] == times or (times is None and found["A"] != found["A"])
    assert found["B"] != found["B"]


def test_A27_an_incident_without_an_owner_is_named():
    found = incident_owners(pd.Series({"incident.network": 3.0, "incident.data": 0.0, "other": 1.0}))
    assert found["is_owned"].dropna().to_dict() == {"network": 1.0, "data": 0.0} and len(found) == 7
    assert set(found["role"]) | set(found["second"]) <= set(playbook("roles"))
