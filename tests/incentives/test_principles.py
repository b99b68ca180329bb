"""M21: each rule of the six principles broken by one thing and kept without it; what pay rewards beside what the plans are after."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from kamlib.incentives import alignment, kpi_kind, six_principles
from kamlib.playbook import playbook
from kamlib.policy import load_policy

RULES, DAY = load_policy().principles, date(2026, 6, 30)
METRICS = ("revenue_amount", "margin_rate", "satisfaction_score", "on_time_rate")
CARD = pd.DataFrame(
    {"metric": METRICS, "weight": 0.25, "measured_share": 1.0, "target": 10.0, "history_mean": 9.0, "history_deviation": 1.0,
     "until": pd.Timestamp("2026-12-31")}
)  # fmt: skip
VALUES = pd.DataFrame(np.random.default_rng(1).normal(size=(30, 4)), columns=list(METRICS))
GIVEN = {"objectives": METRICS, "office": ["on_time_rate"], "variable_share": 0.3, "target_pay": 100.0, "budget": 100.0}


def judged(card=CARD, values=VALUES, **changes):
    found = six_principles(card, values, **(GIVEN | changes), as_of=DAY, rules=RULES)
    return found.set_index("rule")


def test_a_card_that_keeps_all_six_is_called_so():
    found = judged()
    assert set(found["state"]) == {"kept"} and len(found) == sum(len(one["rules"]) for one in playbook("principles")["principles"])
    assert found["principle"].nunique() == 6


def with_(metric, **cells):
    card = CARD.copy()
    for name, value in cells.items():
        card.loc[card["metric"] == metric, name] = value
    return card


@pytest.mark.parametrize(
    ("rule", "changes", "named"),
    [
        pytest.param("three_kinds", {"card": CARD[CARD["metric"] != "on_time_rate"]}, "process", id="no process"),
        pytest.param("three_kinds", {"card": CARD[CARD["metric"] != "satisfaction_score"]}, "customer", id="no customer"),
        pytest.param(
            "told_apart", {"values": VALUES.assign(margin_rate=VALUES["revenue_amount"] ** 3)}, "revenue_amount ~ margin_rate", id="twins"
        ),
        pytest.param(
            "told_apart", {"values": VALUES.assign(margin_rate=-VALUES["revenue_amount"])}, "revenue_amount ~ margin_rate", id="opposites"
        ),
        pytest.param("targets_real", {"card": with_("margin_rate", target=12.01)}, "margin_rate", id="dream"),
        pytest.param("measured", {"card": with_("margin_rate", measured_share=0.79)}, "margin_rate", id="unmeasured"),
        pytest.param("in_plans", {"objectives": METRICS[1:]}, "revenue_amount", id="in no plan"),
        pytest.param("shared_office", {"office": ["solved_48h_rate"]}, "solved_48h_rate", id="office alone"),
        pytest.param("weights", {"card": with_("margin_rate", weight=0.41)}, "margin_rate", id="too heavy"),
        pytest.param("weights", {"card": with_("margin_rate", weight=0.049)}, "margin_rate", id="too light"),
        pytest.param("variable", {"variable_share": 0.61}, "61%", id="too variable"),
        pytest.param("variable", {"variable_share": 0.19}, "19%", id="too fixed"),
        pytest.param("budget", {"target_pay": 100.01}, None, id="over budget"),
        pytest.param("dated", {"card": with_("margin_rate", until=pd.Timestamp("2027-07-01"))}, "margin_rate", id="too late"),
        pytest.param("dated", {"card": with_("margin_rate", until=pd.NaT)}, "margin_rate", id="never"),
    ],
)
def test_one_thing_breaks_one_rule(rule, changes, named):
    found = judged(**changes)
    broken = found.index[found["state"] == "broken"].tolist()
    assert rule in broken and (named is None or named in found.loc[rule, "found"])
    assert len(broken) == 1 or rule == "three_kinds"  # without a process KPI nothing is shared with the office either


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        pytest.param("targets_real", {"card": with_("margin_rate", target=12.0)}, id="three deviations"),
        pytest.param("measured", {"card": with_("margin_rate", measured_share=0.8)}, id="four of five"),
        pytest.param("weights", {"card": with_("margin_rate", weight=0.4)}, id="40 %"),
        pytest.param("weights", {"card": with_("margin_rate", weight=0.05)}, id="5 %"),
        pytest.param("variable", {"variable_share": 0.2}, id="20 %"),
        pytest.param("variable", {"variable_share": 0.6}, id="60 %"),
        pytest.param("dated", {"card": with_("margin_rate", until=pd.Timestamp("2027-06-30"))}, id="twelve months"),
    ],
)
def test_at_its_limit_a_rule_is_kept(rule, changes):
    assert judged(**changes).loc[rule, "state"] == "kept"


def test_ten_are_few_and_eleven_are_not():
    many = pd.concat([CARD] * 3, ignore_index=True).iloc[:11].assign(metric=lambda card: [f"m{place}" for place in card.index])
    assert judged(many).loc["few", "state"] == "broken" and judged(many.iloc[:10]).loc["few", "state"] == "kept"


def test_what_is_not_known_is_open():
    found = judged(CARD.assign(history_mean=np.nan), VALUES.iloc[:9], variable_share=None, budget=None)
    assert found.index[found["state"] == "open"].tolist() == ["told_apart", "targets_real", "variable", "budget"]
    assert judged(values=VALUES.iloc[:10]).loc["told_apart", "state"] == "kept"


def test_every_kpi_with_a_kind_exists():
    known = set(playbook("metrics")) | {"cash_amount"}
    for kind, metrics in playbook("principles")["kinds"].items():
        assert set(metrics) <= known | {"margin_amount"}, kind
        assert {kpi_kind(metric) for metric in metrics} == {kind}


def test_alignment_counts_an_account_once():
    objectives = pd.DataFrame({"account_id": ["A", "A", "B"], "measure": ["wallet_share", "wallet_share", None]})
    assert alignment(objectives, ["dso_days"]).to_numpy().tolist() == [["wallet_share", 1, False], ["dso_days", 0, True]]
    with pytest.raises(ValueError, match="card lacks weight"):
        judged(CARD.drop(columns="weight"))


def states(card, values=None, **more):
    given = {"objectives": ["x"], "office": ["x"], "variable_share": 0.3, "target_pay": None, "budget": None} | more
    found = six_principles(card, values if values is not None else pd.DataFrame(), as_of=DAY, rules=RULES, **given)
    return {row["rule"]: (row["state"], row["found"]) for row in found.to_dict("records")}


def card_of(*metrics, **columns):
    base = {
        "weight": 0.2,
        "measured_share": 1.0,
        "target": 1.0,
        "history_mean": 1.0,
        "history_deviation": 0.1,
        "until": pd.Timestamp("2026-12-31"),
    }
    return pd.DataFrame({"metric": list(metrics)} | {name: columns.get(name, value) for name, value in base.items()})


def test_a_weight_of_nothing_asks_for_nothing_and_found_names_the_count():
    found = states(card_of("x", "y", weight=[0.2, 0.0]))
    assert found["in_plans"] == ("kept", []) and found["weights"] == ("kept", []) and found["few"] == ("kept", ["2"])
    assert found["shared_office"] == ("kept", []) and states(card_of("y"), office=["z", "x"])["shared_office"] == ("broken", ["x", "z"])


@pytest.mark.parametrize("pay, budget, state", [(10.0, 10.0, "kept"), (10.1, 10.0, "broken"), (None, 10.0, "open"), (10.0, None, "open")])
def test_the_budget_may_be_spent_to_the_last_cent(pay, budget, state):
    assert states(card_of("x"), target_pay=pay, budget=budget)["budget"][0] == state


def test_a_pair_that_cannot_be_compared_does_not_end_the_search():
    ranks = [float(n) for n in range(12)]
    values = pd.DataFrame({"x": ranks, "flat": [1.0] * 12, "y": ranks, "two": [0.0, 1.0] * 6})
    assert states(card_of("x", "flat", "y"), values)["told_apart"] == ("broken", ["x ~ y"])
    assert states(card_of("x", "two"), values)["told_apart"] == ("kept", []), "two values are enough to compare"
    assert states(card_of("x", "flat"), values)["told_apart"] == ("open", [])


def test_a_target_is_far_beyond_three_deviations_and_blanks_elsewhere_do_not_matter():
    far = states(card_of("x", "y", target=[1.31, 1.3], history_deviation=0.1))
    assert far["targets_real"] == ("broken", ["x"])
    odd = card_of("x", target=9.0).assign(until=pd.NaT)
    assert states(odd)["targets_real"] == ("broken", ["x"])
    wide = card_of("x", target=4.0, history_deviation=2.0)
    assert states(wide)["targets_real"] == ("kept", [])


def test_alignment_lists_equals_by_name_under_a_fresh_index():
    goals = pd.DataFrame({"account_id": ["A", "A", "B"], "measure": ["z", "y", "x"]})
    found = alignment(goals, ["w"])
    assert found["measure"].tolist() == ["x", "y", "z", "w"] and found.index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(("less", "state"), [(0.0, "kept"), (3e-9, "broken")])
def test_measures_exactly_as_alike_as_allowed_are_told_apart(less, state):
    two = VALUES.iloc[:, :2]
    alike = abs(two.iloc[:, 0].rank().corr(two.iloc[:, 1].rank()))
    found = six_principles(
        CARD, two, as_of=DAY, rules=RULES.model_copy(update={"most_correlation": alike - less}), objectives=["x"], office=["x"],
        variable_share=0.3, target_pay=None, budget=None,
    )  # fmt: skip
    assert found.set_index("rule").loc["told_apart", "state"] == state


def test_an_objective_counts_though_something_else_of_it_is_blank():
    objectives = pd.DataFrame({"account_id": ["A", "B"], "measure": ["wallet_share", "wallet_share"], "target": [np.nan, 1.0]})
    assert alignment(objectives, []).to_numpy().tolist() == [["wallet_share", 2, False]]
