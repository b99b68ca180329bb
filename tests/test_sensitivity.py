"""Which accounts move when a cut moves, against classing everybody again; and where two classifications contradict."""

import time

import numpy as np
import pandas as pd
import pytest

from kamlib import segments, selection, sensitivity
from kamlib.checks import KamError
from kamlib.policy import load_policy


def accounts(n, seed=1):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"account_id": [f"a{place:05d}" for place in range(n)], "revenue_amount": rng.lognormal(12, 1.5, n).round(2)})
    outlook = pd.Series(rng.choice(["growing", "stable", "declining"], n), dtype="str")
    growth = pd.Series(rng.normal(0, 0.3, n)).mask(rng.random(n) < 0.3)
    wallet = pd.Series(rng.uniform(0, 1.2, n)).mask(rng.random(n) < 0.3)
    return frame.assign(wallet_share=wallet, growth_rate=growth, industry_growth=rng.uniform(0, 0.3, n), outlook=outlook)


POLICY = load_policy({"abc": {"a_share": 0.78}})
BOOK = accounts(300)
MOVES, SUMMARY = sensitivity.segment_moves(BOOK, policy=POLICY, currency="CNY")


def classes(overrides):
    """Class everybody under a policy that is read anew."""
    policy, facts = load_policy(overrides), BOOK.set_index("account_id")
    score = segments.potential_score(facts, rules=policy.potential, minimum_coverage=policy.coverage.minimum_share)
    matrix = segments.value_potential_matrix(score.assign(revenue_amount=facts["revenue_amount"]), cuts=policy.matrix)
    tiers = segments.tier(facts["revenue_amount"], currency="CNY", tiers=policy.tiers)
    return {"abc_class": selection.abc_class(facts["revenue_amount"], cuts=policy.abc), "segment": matrix["segment"], "tier": tiers["tier"]}


@pytest.mark.parametrize(
    ("path", "change", "overrides", "name"),
    [
        pytest.param("abc.a_share", -0.1, {"abc": {"a_share": 0.702}}, "abc_class", id="the engagement's own cut, a tenth lower"),
        pytest.param("matrix.high_score", 0.1, {"matrix": {"high_score": 66.0}}, "segment", id="high score"),
        pytest.param("potential.weights.headroom", 0.1, {"potential": {"weights": {"headroom": 33.0}}}, "segment", id="a weight"),
        pytest.param("tiers.CNY.basic", -0.1, {"tiers": {"CNY": {"basic": 450_000.0}}}, "tier", id="a tier"),
    ],
)
def test_moves_are_those_of_classing_everybody_again(path, change, overrides, name):
    before, after = classes({"abc": {"a_share": 0.78}})[name], classes({"abc": {"a_share": 0.78}} | overrides)[name]
    expected = {account: (before[account], after[account]) for account in before.index if before[account] != after[account]}
    rows = MOVES[(MOVES["path"] == path) & (MOVES["change_rate"] == change)]
    assert expected and dict(zip(rows["account_id"], zip(rows["from"], rows["to"], strict=True), strict=True)) == expected


def test_summary_counts_the_moves():
    counted = MOVES.groupby(["path", "change_rate"]).size()
    told = SUMMARY.dropna(subset="moved_count").set_index(["path", "change_rate"])["moved_count"]
    assert told[told > 0].astype(int).to_dict() == counted.to_dict()
    assert len(SUMMARY) == 2 * len(sensitivity.cut_paths(POLICY, currency="CNY")) == 24
    assert (SUMMARY["value"] == (SUMMARY["value_before"] * (1 + SUMMARY["change_rate"])).round(10)).all()


def test_a_value_out_of_range_moves_nobody_and_says_so():
    line = SUMMARY[(SUMMARY["path"] == "abc.b_share") & (SUMMARY["change_rate"] > 0)].iloc[0]
    assert line["note"] == "out_of_range" and pd.isna(line["moved_count"])


def test_a_weight_that_nobody_has_the_input_for_is_not_moved():
    blind = BOOK.assign(industry_growth=np.nan)
    moves, summary = sensitivity.segment_moves(blind, policy=POLICY, currency="CNY")
    lines = summary[summary["path"] == "potential.weights.industry_growth"]
    assert lines["note"].tolist() == ["no_input"] * 2 and lines["moved_count"].isna().all()
    assert "potential.weights.industry_growth" not in set(moves["path"])
    assert summary.loc[summary["path"] != "potential.weights.industry_growth", "note"].ne("no_input").all()


def test_F5_a_half_is_enough_whatever_the_digits_and_moves_across_it_are_told():
    half = BOOK.assign(industry_growth=np.nan, outlook=pd.Series(None, index=BOOK.index, dtype="str"), wallet_share=0.5, growth_rate=0.2)
    for weights in ({}, {"industry_growth": 0.1 + 0.2, "headroom": 0.1 + 0.2, "revenue_growth": 0.1, "outlook": 0.1}):
        policy = load_policy({"potential": {"weights": weights}})
        score = segments.potential_score(half, rules=policy.potential, minimum_coverage=0.5)
        assert score["potential_score"].notna().all() and score["potential_score_coverage"].to_numpy() == pytest.approx(0.5)
    moves, summary = sensitivity.segment_moves(half, policy=POLICY, currency="CNY")
    lower = moves[(moves["path"] == "potential.weights.headroom") & (moves["change_rate"] < 0)]
    assert len(lower) and lower["is_by_coverage"].all()
    told = summary.set_index(["path", "change_rate"]).loc[("potential.weights.headroom", -0.1)]
    assert told["by_coverage_count"] == told["moved_count"] == len(lower)
    assert not moves.loc[~moves["path"].str.startswith("potential.weights."), "is_by_coverage"].any()


def test_only_the_engagements_currency_is_cut():
    policy = load_policy({"tiers": {"USD": {"strategic": 700_000, "key": 150_000, "basic": 70_000}}})
    assert {path for path in sensitivity.cut_paths(policy, currency="USD") if path.startswith("tiers")} == {
        f"tiers.USD.{name}" for name in ("strategic", "key", "basic")
    }
    moves, summary = sensitivity.segment_moves(BOOK.head(20), policy=policy, currency="USD")
    assert set(moves["path"]) <= set(summary["path"])


def test_without_thresholds_no_tier_moves():
    moves, summary = sensitivity.segment_moves(BOOK.head(20), policy=POLICY, currency="EUR")
    assert not summary["path"].str.startswith("tiers").any() and "tier" not in set(moves["classification"])


def test_row_order_changes_nothing():
    moves, summary = sensitivity.segment_moves(BOOK[::-1], policy=POLICY, currency="CNY")
    pd.testing.assert_frame_equal(moves, MOVES)
    pd.testing.assert_frame_equal(summary, SUMMARY)


def test_the_change_is_the_callers():
    _, wider = sensitivity.segment_moves(BOOK, policy=POLICY, currency="CNY", change_rate=0.2)
    assert set(wider["change_rate"]) == {-0.2, 0.2}


def test_six_thousand_accounts_take_seconds():
    began = time.process_time()
    _, summary = sensitivity.segment_moves(accounts(6_000), policy=POLICY, currency="CNY")
    assert summary["accounts_count"].max() == 6_000 and time.process_time() - began < 10


def test_a_path_that_does_not_exist_is_refused():
    with pytest.raises(KamError, match="there is no such value in the policy"):
        sensitivity.changed_policy(POLICY, "abc.c_share", 0.5)
    with pytest.raises(ValueError, match="account_id must be unique"):
        sensitivity.segment_moves(pd.concat([BOOK, BOOK]), policy=POLICY, currency="CNY")


@pytest.mark.parametrize("tier", ["strategic", "key", "basic", "none", None])
@pytest.mark.parametrize("segment", ["core", "grow", "maintain", "optimise"])
def test_F18_only_two_steps_apart_are_a_conflict(tier, segment):
    frame = pd.DataFrame({"account_id": ["A"], "tier": [tier], "segment": [segment], "revenue_amount": [5.0]}).astype({"tier": "str"})
    found = segments.class_conflicts(frame)["conflict"].tolist()
    assert found == {("strategic", "optimise"): ["served_high_grown_low"], ("none", "core"): ["served_low_grown_high"]}.get(
        (tier, segment), []
    )


def test_F18_cross_tables_lose_nobody():
    table = BOOK.set_index("account_id").assign(**classes({}), stars_count=np.tile([0.0, 3.0, 5.0], 100)).reset_index()
    table = table.assign(qualification_verdict=np.tile(["qualified", "candidate"], 150))
    crossed = segments.class_table(table)
    sums = crossed.groupby(["classification", "other_classification"])[["accounts_count", "revenue_amount"]].sum()
    assert len(sums) == 10 and (sums["accounts_count"] == 300).all()
    assert sums["revenue_amount"].tolist() == pytest.approx([table["revenue_amount"].sum()] * 10)
    assert set(crossed.loc[crossed["other_classification"] == "stars_count", "other_class"]) == {"0", "3", "5"}


def test_F18_a_blank_class_is_in_no_table():
    table = pd.DataFrame({"tier": [None, "key"], "segment": ["core", "core"], "revenue_amount": [1.0, 2.0]}).astype({"tier": "str"})
    assert segments.class_table(table, classifications=["tier", "segment"])["accounts_count"].tolist() == [1]
