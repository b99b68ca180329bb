"""The policy: one file of defaults, typed, each with its source; an engagement changes what it names and nothing else."""

import pickle

import pytest
from pydantic import ValidationError

from kamlib.checks import KamError
from kamlib.policy import default_leaves, load_policy

WEIGHTS = ("industry_growth", "headroom", "revenue_growth", "outlook")


def test_every_leaf_has_value_unit_source_and_kind():
    for path, leaf in default_leaves().items():
        assert list(leaf) == ["value", "unit", "source", "kind"], path
        assert leaf["kind"] in {"essay", "convention", "ours"}, path
        assert leaf["unit"] and leaf["source"], path


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("abc.a_share", 0.8, id="test_M1_A"),
        pytest.param("abc.b_share", 0.95, id="test_M1_B"),
        pytest.param("matrix.top_share", 0.1, id="test_M4_top"),
        pytest.param("matrix.high_score", 60, id="test_M4_high"),
        pytest.param("matrix.stable_score", 35, id="test_M4_stable"),
        pytest.param("tiers.CNY.strategic", 5_000_000, id="test_M5_strategic"),
        pytest.param("tiers.CNY.key", 1_000_000, id="test_M5_key"),
        pytest.param("tiers.CNY.basic", 500_000, id="test_M5_basic"),
        pytest.param("stars.cuts.CNY.three", 300, id="test_M6_three"),
        pytest.param("stars.cuts.CNY.four", 500, id="test_M6_four"),
        pytest.param("stars.cuts.CNY.five", 800, id="test_M6_five"),
        pytest.param("stars.months", 6, id="test_M6_months"),
        pytest.param("lifecycle.steady_from_months", 3, id="test_M11_steady"),
        pytest.param("lifecycle.deep_from_months", 12, id="test_M11_deep"),
        pytest.param("lifecycle.symbiosis_from_months", 36, id="test_M11_symbiosis"),
        pytest.param("coverage.minimum_share", 0.5, id="test_F5_half"),
        pytest.param("receivables.minimum_points", 4, id="test_F41_points"),
        pytest.param("nps.minimum_answers", 5, id="test_F43_answers"),
        pytest.param("nps.z", 1.96, id="test_F43_z"),
        pytest.param("customers.history_months", 24, id="test_F46_history"),
        pytest.param("benchmark.minimum_accounts", 5, id="test_design_benchmark"),
        pytest.param("worse.amount", 0.1, id="test_M25_a_tenth_of_an_amount"),
        pytest.param("worse.share", 0.02, id="test_M25_two_points_of_a_share"),
    ],
)
def test_defaults_as_the_method_states_them(path, value):
    assert load_policy().leaf(path)["value"] == value


def test_M4_potential_weights_add_up_to_100():
    assert [getattr(load_policy().potential.weights, name) for name in WEIGHTS] == [30, 30, 20, 20]


def test_every_leaf_is_the_value_that_the_functions_get():
    policy = load_policy()
    for path, leaf in policy.leaves().items():
        node = policy
        for step in path.split("."):
            node = node[step] if isinstance(node, dict) else getattr(node, step)
        assert (list(node) if isinstance(node, tuple) else node) == leaf["value"], path


def test_an_override_changes_its_value_says_where_it_comes_from_and_nothing_else():
    policy, default = load_policy({"abc": {"a_share": 0.75}}), load_policy()
    assert policy.abc.a_share == 0.75
    assert policy.leaf("abc.a_share") == {"value": 0.75, "unit": "share", "source": "policy_overrides", "kind": "engagement"}
    assert {path: leaf for path, leaf in policy.leaves().items() if path != "abc.a_share"} == {
        path: leaf for path, leaf in default.leaves().items() if path != "abc.a_share"
    }
    assert load_policy().abc.a_share == 0.8


def test_F26_another_currency_is_added_beside_cny():
    policy = load_policy({"tiers": {"USD": {"strategic": 700_000, "key": 150_000, "basic": 70_000}}})
    assert (policy.tiers["USD"].key, policy.tiers["CNY"].key) == (150_000, 1_000_000)
    assert policy.leaf("tiers.USD.key")["unit"] == "USD"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        pytest.param({"abc": {"a_shar": 0.7}}, r"abc\.a_shar.*no such value.*write abc\.a_share", id="unknown path names the nearest"),
        pytest.param({"abd": {"a_share": 0.7}}, r"policy_overrides\.abd.*no such value", id="unknown group"),
        pytest.param({"abc": 0.7}, "is not a group of values, such as abc.a_share", id="value in place of a group"),
        pytest.param({"abc": {"a_share": "0.8"}}, "a_share.*valid number", id="text in place of a number"),
        pytest.param({"abc": {"a_share": True}}, "a_share.*valid number", id="yes in place of a number"),
        pytest.param({"abc": {"a_share": {"value": 0.7}}}, "a_share.*valid number", id="group in place of a value"),
        pytest.param({"abc": {"a_share": 1.2}}, "a_share.*less than or equal to 1", id="outside its range"),
        pytest.param({"abc": {"a_share": 0.97}}, "a_share < b_share must hold, got 0.97, 0.95", id="A above B"),
        pytest.param({"matrix": {"stable_score": 60}}, "stable_score < high_score must hold", id="stable at high"),
        pytest.param({"potential": {"weights": dict.fromkeys(WEIGHTS, 0)}}, "at least one weight", id="no weight at all"),
        pytest.param({"potential": {"outlook": {"growing_score": 101}}}, "growing_score.*100", id="score above 100"),
        pytest.param({"potential": {"industry_growth": {"full_rate": 0.0}}}, "zero_rate < full_rate", id="scale without width"),
        pytest.param({"tiers": {"USD": {"key": 1}}}, r"tiers\.USD\.strategic.*required", id="half a currency"),
        pytest.param({"tiers": {"US": {"key": 1}}}, r"tiers\.US.*no such value", id="no currency"),
        pytest.param({"stars": {"cuts": {"CNY": {"five": 400}}}}, "three < four < five", id="stars out of order"),
        pytest.param({"stars": {"months": 2.5}}, "months.*valid integer", id="half a month"),
        pytest.param({"lifecycle": {"deep_from_months": 3}}, "steady_from_months < deep_from_months", id="stages out of order"),
        pytest.param({"nps": {"promoter_from": 6}}, "detractor_to < promoter_from", id="promoters who detract"),
        pytest.param({"worse": {"days": 0}}, "days.*greater than 0", id="a limit of nothing"),
        pytest.param({"money": {"rounding": "down"}}, "half_up", id="unknown rounding"),
    ],
)
def test_overrides_are_refused(overrides, message):
    with pytest.raises(KamError, match=message) as refused:
        load_policy(overrides)
    assert refused.value.code == "KAM-P03"
    assert refused.value.column.startswith("policy_overrides")


def test_leaf_refuses_an_unknown_path():
    with pytest.raises(KamError, match=r"write abc\.b_share"):
        load_policy().leaf("abc.b_shar")


def test_policy_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        load_policy().abc.a_share = 0.5


def test_policy_travels_to_another_process_whole():
    policy = load_policy({"abc": {"a_share": 0.75}})
    assert pickle.loads(pickle.dumps(policy)).leaf("abc.a_share") == policy.leaf("abc.a_share")
