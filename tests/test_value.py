"""M3, M19, M31, M32: check values of the rulings, laws, and the drill against every possible outcome."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.policy import DrillRules, load_policy
from kamlib.value import annuity, customer_value, health_verdicts, investment_case, loss_drill, loss_probability, retention_rate_by_stage

RULES = load_policy().value
RATES = st.floats(0, 1)


def one(number):
    return pd.Series([float(number)])


def by_hand(first, later):
    """Add up year by year, as F78 writes it."""
    kept, worth = 1.0, 0.0
    for year in range(1, RULES.years + 1):
        kept *= first if year == 1 else later
        worth += kept / (1 + RULES.discount_rate) ** year
    return worth


def test_rulings_F78_annuity_of_80_and_85_percent():
    lower, higher = (annuity(one(rate), one(rate), rules=RULES).item() for rate in (0.80, 0.85))
    assert lower == pytest.approx(2.1241, abs=5e-5) and higher == pytest.approx(2.4633, abs=5e-5)
    assert 100 * (higher - lower) == pytest.approx(33.92, abs=5e-3)
    assert 100 * (higher - lower) / higher == pytest.approx(13.77, abs=5e-3)


def test_methodology_M19_cash_100_p_9_8_7_at_10_percent_is_179_19():
    kept = np.cumprod([0.9, 0.8, 0.7])
    years = 1.1 ** np.arange(1, 4)
    assert float(100 * (kept / years).sum()) == pytest.approx(179.19, abs=5e-3)
    assert float(100 * (1 / years).sum()) == pytest.approx(248.69, abs=5e-3)
    long = load_policy({"value": {"years": 50}}).value
    assert annuity(one(0.8), one(0.8), rules=long).item() == pytest.approx(0.8 / (1.1 - 0.8), abs=1e-5)


@given(RATES, RATES)
def test_annuity_against_a_plain_loop(first, later):
    assert annuity(one(first), one(later), rules=RULES).item() == pytest.approx(by_hand(first, later))


@pytest.mark.parametrize(("stage", "rate"), [("early", 0.80), ("mid", 0.86), ("partnership", 0.92), ("synergistic", 0.96), (None, 0.80)])
def test_F78_retention_by_stage(stage, rate):
    assert retention_rate_by_stage(pd.Series([stage], dtype="str"), rules=RULES).item() == rate


@pytest.mark.parametrize(("risk", "lost"), [(None, 0.08), (0.0, 0.08), (0.5, 0.31), (1.0, 0.54)])
def test_F53_chance_of_loss_is_one_less_retention_less_half_the_risk(risk, lost):
    found = loss_probability(pd.Series(["partnership"], dtype="str"), pd.Series([risk], dtype=float), rules=RULES).iloc[0]
    assert found["loss_probability_rate"] == pytest.approx(lost) and found["loss_probability_rate_note"] == "assumption"


def test_F53_a_calibration_replaces_the_assumption_where_there_is_a_risk():
    table = pd.DataFrame({"risk": [0.0, 0.5, 0.7], "loss_rate": [0.1, 0.4, 0.4]})
    risk = pd.Series([None, 0.0, 0.25, 0.6, 0.9], dtype=float)
    found = loss_probability(pd.Series(["mid"] * 5, dtype="str"), risk, rules=RULES, calibration=table)
    assert found["loss_probability_rate"].tolist() == pytest.approx([0.14, 0.1, 0.25, 0.4, 0.4])
    assert found["loss_probability_rate_note"].tolist() == ["assumption"] + ["calibrated"] * 4


def account(**given):
    base = {"margin_amount": 100.0, "margin_rate_coverage": 1.0, "revenue_amount": 400.0, "relationship_stage": "early"}
    base |= {"loss_probability_rate": 0.2, "stage_retention_rate": 0.8} | given
    return customer_value(pd.DataFrame([base]), rules=RULES).iloc[0]


@given(RATES, st.floats(0.01, 1), st.floats(0.1, 1e9), st.sampled_from(["early", "mid", "partnership", "synergistic", None]))
def test_value_against_a_plain_loop_and_its_laws(lost, kept, cash, stage):
    given_ = {"loss_probability_rate": lost, "stage_retention_rate": kept, "margin_amount": cash, "relationship_stage": stage}
    found = account(**given_)
    assert found["clv_amount"] == pytest.approx(cash * by_hand(1 - lost, kept))
    assert 0 <= found["clv_amount"] <= found["clv_unadjusted_amount"] + 1e-9 * cash
    assert found["retention_point_amount"] >= -1e-9 * cash
    riskier = account(**given_ | {"loss_probability_rate": min(1.0, lost + 0.1)})
    assert riskier["clv_amount"] <= found["clv_amount"] + 1e-9 * cash
    assert account(**given_ | {"margin_amount": 4 * cash})["clv_amount"] == pytest.approx(4 * found["clv_amount"])


def test_spend_ceiling_of_the_next_stage():
    found = account()
    assert found["next_retention_rate"] == 0.86
    lower, higher = by_hand(0.8, 0.8), by_hand(0.86, 0.86)
    assert found["spend_ceiling_amount"] == pytest.approx(100 * (higher - lower) / higher)
    assert account(relationship_stage="synergistic", loss_probability_rate=0.04, stage_retention_rate=0.96)["spend_ceiling_amount"] == 0


@pytest.mark.parametrize(
    ("given_", "note"),
    [
        pytest.param({"margin_rate_coverage": 0.80}, None, id="just enough cost known"),
        pytest.param({"margin_rate_coverage": 0.79}, "low_coverage", id="too little cost known"),
        pytest.param({"margin_rate_coverage": float("nan"), "margin_amount": float("nan")}, "low_coverage", id="no cost known"),
        pytest.param({"margin_amount": 0.0}, "no_margin", id="nothing earned"),
        pytest.param({"margin_amount": -5.0}, "no_margin", id="a loss"),
    ],
)
def test_value_is_not_measured_where_the_cash_is_not(given_, note):
    found = account(**given_)
    assert pd.isna(found["clv_amount"]) == (note is not None)
    assert (found["clv_amount_note"] if note else None) == note
    assert found["revenue_at_risk_amount"] == pytest.approx(80.0)


def test_nothing_is_at_risk_where_nothing_is_bought():
    assert account(revenue_amount=-40.0)["revenue_at_risk_amount"] == 0.0


def test_rulings_F24_one_off_and_continuing_side_by_side():
    case = investment_case(10e6, 0.40, first_cost_amount=5e6, later_cost_amount=0.5e6)
    assert case.cash_amounts == (-1e6, 3.5e6, 3.5e6, 3.5e6, 3.5e6)
    assert case.npv_amount == pytest.approx(10.09e6, abs=5e3) and case.break_even_year == 2 and case.cost_to_serve_ratio == 0.14
    once = investment_case(10e6, 0.40, first_cost_amount=5e6, later_cost_amount=0.5e6, continuing=False)
    assert once.npv_amount == -1e6 and once.break_even_year is None and once.cash_amounts == (-1e6, 0, 0, 0, 0)


@given(st.floats(1, 1e8), st.floats(-0.5, 1), st.floats(0, 1e8), st.floats(0, 1e7), st.integers(1, 12), st.floats(-0.5, 1))
def test_investment_against_a_plain_loop(revenue, margin, first, later, years, rate):
    case = investment_case(revenue, margin, first_cost_amount=first, later_cost_amount=later, years=years, discount_rate=rate)
    npv, total, even = 0.0, 0.0, None
    for year in range(1, years + 1):
        cash = revenue * margin - (first if year == 1 else later)
        npv, total = npv + cash / (1 + rate) ** (year - 1), total + cash
        even = year if even is None and total >= 0 else even
    assert case.npv_amount == pytest.approx(npv, rel=1e-9, abs=1e-6) and case.break_even_year == even


def groups(amounts, chances):
    frame = pd.DataFrame({"revenue_amount": amounts, "loss_probability_rate": chances})
    return frame.set_axis([f"g{n:02}" for n in range(len(amounts))])


def test_rulings_F80_500_200_100_at_5_20_10_percent():
    found = loss_drill(groups([500.0, 200, 100], [0.05, 0.2, 0.1]), ["revenue_amount"], rules=load_policy().drill)
    row = found.summary.loc["revenue_amount"]
    assert row["mean_amount"] == pytest.approx(75, abs=4.2) and row["largest_exit_amount"] == 500 and found.largest_exit == "g00"


def test_the_drill_against_every_possible_outcome():
    amounts, chances = [50.0, 20, 10, 10, 5, 90, 7, 3], [0.1, 0.3, 0.5, 0.2, 0.9, 0.05, 0.4, 0.6]
    outcomes = []
    for lost in product((0, 1), repeat=len(amounts)):
        chance = float(np.prod([p if gone else 1 - p for gone, p in zip(lost, chances, strict=True)]))
        outcomes.append((sum(amount for gone, amount in zip(lost, amounts, strict=True) if gone), chance))
    outcomes.sort()
    mean = sum(loss * chance for loss, chance in outcomes)
    below = np.cumsum([chance for _, chance in outcomes])
    worst = outcomes[int(np.argmax(below >= 0.95))][0]
    found = loss_drill(groups(amounts, chances), ["revenue_amount"], rules=DrillRules(seed=7, draws=40_000, worst_share=0.95))
    row = found.summary.loc["revenue_amount"]
    assert row["mean_amount"] == pytest.approx(mean, rel=0.02) and row["worst_amount"] == pytest.approx(worst, rel=0.05)
    assert row["beyond_amount"] >= row["worst_amount"] >= row["mean_amount"]


def test_the_drill_does_not_depend_on_the_order_of_rows_and_never_loses_more_than_there_is():
    frame = groups([5.0, 4, 3, None], [0.5, 0.1, 1.0, 0.3])
    rules = DrillRules(seed=3, draws=500, worst_share=0.95)
    first, second = (loss_drill(order, ["revenue_amount"], rules=rules) for order in (frame, frame.iloc[::-1]))
    pd.testing.assert_frame_equal(first.losses, second.losses)
    assert first.losses["revenue_amount"].between(3, 12).all()


def test_rulings_F81_three_rules_two_verdicts():
    found = health_verdicts(
        {"usage": 55, "support": 90, "nps": 40, "payment": 95}, {"usage": 0.4, "support": 0.2, "nps": 0.2, "payment": 0.2}
    )
    assert (found.weighted_score, found.weighted_band, found.worst_band, found.banded_score, found.banded_band) == (
        67.0,
        "average",
        "poor",
        64.0,
        "average",
    )


@pytest.mark.parametrize(
    ("reading", "band"), [(0, "poor"), (50, "poor"), (50.1, "average"), (75, "average"), (75.1, "good"), (100, "good")]
)
def test_bands_leave_no_hole(reading, band):
    assert health_verdicts({"a": reading}, {"a": 1.0}).worst_band == band


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: investment_case(0, 0.4, first_cost_amount=1, later_cost_amount=1), "revenue must be above 0"),
        (lambda: investment_case(1, 0.4, first_cost_amount=1, later_cost_amount=1, years=0), "years must be 1 or more"),
        (lambda: loss_drill(groups([], []), ["revenue_amount"], rules=load_policy().drill), "there is no account to lose"),
        (lambda: loss_drill(groups([1.0], [1.5]), ["revenue_amount"], rules=load_policy().drill), "must lie in"),
        (lambda: health_verdicts({"a": 1}, {"b": 1.0}), "must name the same"),
        (lambda: health_verdicts({"a": 101}, {"a": 1.0}), "a reading must lie in"),
        (lambda: loss_probability(pd.Series(["mid"], dtype="str"), one(1.5), rules=RULES), "loss_risk must lie in"),
        (
            lambda: loss_probability(
                pd.Series(["mid"], dtype="str"), one(0.5), rules=RULES, calibration=pd.DataFrame({"risk": [0, 1], "loss_rate": [0.5, 0.4]})
            ),
            "a calibration must rise",
        ),
    ],
)
def test_refusals(call, match):
    with pytest.raises(ValueError, match=match):
        call()
