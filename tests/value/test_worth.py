"""The chance of loss and the value of a relationship: the sources' own figures, an independent loop, and laws."""

import itertools
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.policy import load_policy
from kamlib.value import annuity, customer_value, loss_probability

RULES = load_policy().value
STAGES = [None, "early", "mid", "partnership", "synergistic"]
KEEP = {None: 0.80, "early": 0.80, "mid": 0.86, "partnership": 0.92, "synergistic": 0.96}
ABOVE = {None: 0.86, "early": 0.86, "mid": 0.92, "partnership": 0.96, "synergistic": 0.96}
TABLE = pd.DataFrame({"risk": [0.0, 0.5, 1.0], "loss_rate": [0.1, 0.2, 0.6]})
AMOUNTS = ("clv_amount", "clv_unadjusted_amount", "retention_point_amount", "spend_ceiling_amount")


def plain_annuity(chances, rate=0.1):
    """Add up year by year, as one would on paper."""
    worth, there = 0.0, 1.0
    for year, chance in enumerate(chances, start=1):
        there = there * chance
        worth += there / (1 + rate) ** year
    return worth


def constant(chance):
    return annuity(pd.Series([chance]), pd.Series([chance]), rules=RULES).iloc[0]


def chances(*rows, rules=RULES, calibration=None):
    frame = pd.DataFrame(rows, columns=["stage", "risk"]).astype({"stage": "str", "risk": float})
    return loss_probability(frame["stage"], frame["risk"], rules=rules, calibration=calibration)


def valued(margin=100.0, stage=None, risk=None, coverage=1.0, revenue=400.0, rules=RULES):
    row = {"revenue_amount": revenue, "margin_amount": margin, "margin_rate_coverage": coverage, "relationship_stage": stage}
    accounts = pd.DataFrame([row]).astype({"relationship_stage": "str"})
    return customer_value(accounts.join(chances((stage, risk), rules=rules)), rules=rules).iloc[0]


@pytest.mark.parametrize(("stage", "risk"), list(itertools.product(STAGES, [None, 0.0, 0.3, 1.0])))
def test_F78_every_stage_and_risk(stage, risk):
    found = chances((stage, risk)).iloc[0]
    assert found["loss_probability_rate"] == pytest.approx(1 - KEEP[stage] * (1 - 0.5 * (risk or 0.0)))
    assert (found["stage_retention_rate"], found["loss_probability_rate_note"]) == (KEEP[stage], "assumption")


@pytest.mark.parametrize(
    ("risk", "loss"),
    [
        pytest.param(0.0, 0.1, id="at the first point"),
        pytest.param(0.25, 0.15, id="half way"),
        pytest.param(0.75, 0.4, id="on the steeper part"),
        pytest.param(1.0, 0.6, id="at the last point"),
    ],
)
def test_F53_a_backtest_takes_the_place_of_the_assumption(risk, loss):
    found = chances(("mid", risk), ("mid", None), calibration=TABLE)
    assert found["loss_probability_rate"].tolist() == pytest.approx([loss, 0.14])
    assert found["loss_probability_rate_note"].tolist() == ["calibrated", "assumption"]


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(STAGES), st.booleans())
def test_more_risk_is_never_a_lower_chance_of_loss(one, other, stage, is_calibrated):
    low, high = sorted((one, other))
    found = chances((stage, low), (stage, high), calibration=TABLE if is_calibrated else None)["loss_probability_rate"]
    assert found.iloc[0] <= found.iloc[1] + 1e-12 and found.between(0, 1).all()


def test_ryals_and_knox_248_69_unadjusted_over_three_years():
    rules = load_policy({"value": {"years": 3}}).value
    assert 100 * annuity(pd.Series([1.0]), pd.Series([1.0]), rules=rules).iloc[0] == pytest.approx(248.69, abs=0.005)
    assert 100 * plain_annuity([0.9, 0.8, 0.7]) == pytest.approx(179.19, abs=0.005)  # the loop that the tests below compare with


def test_gupta_multiple_2_667_for_ever():
    rules = RULES.model_copy(update={"years": 400})
    assert annuity(pd.Series([0.8]), pd.Series([0.8]), rules=rules).iloc[0] == pytest.approx(0.8 / 0.3)


def test_F78_from_80_to_85_percent():
    before, after = constant(0.80), constant(0.85)
    assert (round(before, 4), round(after, 4)) == (2.1241, 2.4633)
    assert round(100 * (after - before), 2) == 33.92
    assert round(100 * (after - before) / after, 2) == 13.77


@given(st.floats(0, 1), st.sampled_from(STAGES), st.floats(0.01, 1e7))
def test_every_number_agrees_with_a_plain_loop(risk, stage, margin):
    later, above, left = KEEP[stage], ABOVE[stage], 1 - risk / 2
    today = plain_annuity([later * left, *[later] * 4])
    point = plain_annuity([min(1, later * left + 0.01), *[min(1, later + 0.01)] * 4])
    further = plain_annuity([above * left, *[above] * 4])
    found, close = valued(margin, stage, risk), {"rel": 1e-9, "abs": 1e-6}
    assert found["clv_amount"] == pytest.approx(margin * today, **close)
    assert found["clv_unadjusted_amount"] == pytest.approx(margin * plain_annuity([1.0] * 5), **close)
    assert found["retention_point_amount"] == pytest.approx(margin * (point - today), **close)
    assert found["spend_ceiling_amount"] == pytest.approx(margin * (further - today) / further, **close)
    # spent in every year that the account stays, the ceiling leaves the value where it was
    assert (margin - found["spend_ceiling_amount"]) * further == pytest.approx(found["clv_amount"], **close)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1e7), st.sampled_from(STAGES))
def test_more_risk_never_raises_value_and_a_point_is_never_worth_less_than_nothing(one, other, margin, stage):
    low, high = (valued(margin, stage, risk) for risk in sorted((one, other)))
    assert high["clv_amount"] <= low["clv_amount"] + 1e-6
    assert high["revenue_at_risk_amount"] >= low["revenue_at_risk_amount"] - 1e-9
    for found in (low, high):
        assert 0 <= found["clv_amount"] <= found["clv_unadjusted_amount"] + 1e-6
        assert found["retention_point_amount"] >= 0 and found["spend_ceiling_amount"] >= -1e-9


@given(st.floats(0.001, 1000), st.floats(0, 1))
def test_twice_the_money_is_twice_the_value(scale, risk):
    one, many = valued(100.0, "mid", risk), valued(100.0 * scale, "mid", risk, revenue=400.0 * scale)
    for name in (*AMOUNTS, "revenue_at_risk_amount"):
        assert many[name] == pytest.approx(scale * one[name])


def test_no_chance_exceeds_one():
    rules = load_policy({"value": {"retention_synergistic": 0.995}}).value
    found = valued(100.0, "synergistic", 0.0, rules=rules)
    assert found["point_clv_factor"] == pytest.approx(found["clv_unadjusted_factor"])


@pytest.mark.parametrize(
    ("margin", "coverage", "note"),
    [
        pytest.param(100.0, 0.7999, "low_coverage", id="just below 80 %"),
        pytest.param(100.0, 0.8, None, id="at 80 %"),
        pytest.param(math.nan, math.nan, None, id="bought nothing: the score says no rows, not too little cost"),
    ],
)
def test_why_there_is_no_value(margin, coverage, note):
    found = valued(margin, coverage=coverage)
    for name in AMOUNTS:
        assert pd.notna(found[name]) == (margin > 0 and coverage >= 0.8), name
        assert found[f"{name}_note"] == note if note else pd.isna(found[f"{name}_note"]), name


@pytest.mark.parametrize("margin", [0.0, -100.0])
def test_an_account_without_profit_is_worth_nothing_or_less_and_nothing_may_be_spent_on_it(margin):
    found = valued(margin)
    assert found["clv_amount"] == pytest.approx(margin * found["clv_factor"]) and pd.isna(found["clv_amount_note"])
    assert pd.isna(found["spend_ceiling_amount"]) and found["spend_ceiling_amount_note"] == "no_margin"


def test_returns_beyond_sales_put_nothing_at_risk():
    assert valued(revenue=-50.0)["revenue_at_risk_amount"] == 0


@pytest.mark.parametrize(
    ("call", "match"),
    [
        pytest.param(lambda: chances(("mid", 1.2)), r"loss_risk must lie in \[0, 1\]", id="risk"),
        pytest.param(lambda: chances(("friend", 0.2)), "relationship_stage must be one of early, mid.*'friend'", id="unknown stage"),
        pytest.param(lambda: chances(("mid", 0.2), calibration=TABLE.iloc[::-1]), "must rise", id="falling"),
        pytest.param(lambda: chances(("mid", 0.2), calibration=TABLE[["risk"]]), "loss_rate", id="column of the table"),
        pytest.param(lambda: customer_value(pd.DataFrame({"margin_amount": [1.0]}), rules=RULES), "revenue_amount", id="column"),
    ],
)
def test_refusals(call, match):
    with pytest.raises(ValueError, match=match):
        call()
