"""Every field of a commission, every step of a statement and every column of a comparison, as exact vectors (F64-F68)."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest

from kamlib.checks import InvalidInput
from kamlib.incentives import (
    CommissionPlan,
    PeriodBase,
    SharePlan,
    Step,
    alignment,
    clawback,
    cliffs,
    commission,
    commission_steps,
    compare_plans,
    dead_zones,
    default_book,
    granted_units,
    load_book,
    pay_at,
    pay_curve,
    score_at,
    split_pay,
    swing,
    variable_pay,
)
from kamlib.incentives.commission import Commission, TierPay

PLANS = {plan.id: plan for plan in default_book().plans}
REVENUE, SALARY, SHARES = PLANS["commission_revenue"], PLANS["annual_salary"], PLANS["employee_shares"]
CENT = {"currency": "CNY", "rule": "half_up", "own_rate": None, "own_bonus": None}
MILLION = 1_000_000


def plan_of(**terms):
    return CommissionPlan.model_validate(REVENUE.model_dump() | terms)


WHOLE = plan_of(method="whole")
OWN = plan_of(tiers=[{"start": 0, "rate": "own"}], bonus={"start": 1, "amount": "own"})
D, F = Decimal, Fraction


def test_a_marginal_commission_field_by_field():
    tiers = (
        TierPay(D("0"), D("0.8"), D("0.01"), F(800_000), F(8_000)),
        TierPay(D("0.8"), D("1.0"), D("0.02"), F(200_000), F(4_000)),
        TierPay(D("1.0"), D("1.2"), D("0.03"), F(100_000), F(3_000)),
    )
    assert commission(1_100_000, MILLION, plan=REVENUE) == Commission(
        F(1_100_000), F(MILLION), F(11, 10), tiers, F(0), False, False, F(15_000), F(0)
    )
    assert len(commission(800_000, MILLION, plan=REVENUE).tiers) == 1, "a tier that takes nothing is not a step"


@pytest.mark.parametrize(
    ("base", "tier"),
    [
        (500_000, TierPay(D("0"), D("0.8"), D("0.01"), F(500_000), F(5_000))),
        (900_000, TierPay(D("0.8"), D("1.0"), D("0.02"), F(900_000), F(18_000))),
        (1_100_000, TierPay(D("1.0"), D("1.2"), D("0.03"), F(1_100_000), F(33_000))),
        (1_300_000, TierPay(D("1.2"), None, D("0.04"), F(1_300_000), F(52_000))),
    ],
)
def test_a_whole_period_commission_has_one_tier_with_its_end(base, tier):
    assert commission(base, MILLION, plan=WHOLE).tiers == (tier,)


@pytest.mark.parametrize(("base", "carried"), [(0, 0), (-5_000, -5_000)])
@pytest.mark.parametrize(("threshold", "is_below"), [(D("0"), False), (D("0.5"), True)])
def test_a_base_of_nothing_or_less_field_by_field(base, carried, threshold, is_below):
    found = commission(base, MILLION, plan=plan_of(threshold=threshold))
    assert found == Commission(F(base), F(MILLION), F(base, MILLION), (), F(0), is_below, False, F(0), F(carried))


def test_the_persons_own_rate_and_bonus_count_everywhere():
    own = {"own_rate": D("0.05"), "own_bonus": D("700")}
    assert commission(MILLION, MILLION, plan=OWN, **own).amount == 50_700
    whole = CommissionPlan.model_validate(OWN.model_dump() | {"method": "whole"})
    assert commission(MILLION, MILLION, plan=whole, **own).tiers[0].rate == D("0.05")
    assert pay_at(F(1), plan=OWN, quota=MILLION, **own) == 50_700
    curve = pay_curve(OWN, quota=MILLION, **own)
    assert curve.loc[curve["attainment"] == 1.0, ["pay_amount", "cost_rate"]].to_numpy().tolist() == [[50_700.0, 0.0507]]
    assert cliffs(OWN, quota=1000, **own).to_numpy().tolist() == [[1.0, 700.05]]
    assert dead_zones(OWN, quota=MILLION, **own).empty
    assert compare_plans([OWN], quota=MILLION, **own)["pay_amount"].tolist()[4] == 50_700.0
    closed = PeriodBase("2026Q1", F(MILLION), F(MILLION))
    assert clawback(closed, F(100_000), F(0), plan=OWN, **own) == 5_700, "the bonus goes with the attainment"


@pytest.mark.parametrize(("name", "base", "quota"), [("quota", 1, 1.0), ("base", 1.0, 1)])
def test_a_float_is_refused_by_name(name, base, quota):
    with pytest.raises((TypeError, ValueError), match=f"^{name} "):
        commission(base, quota, plan=REVENUE)


@pytest.mark.parametrize("method", ["marginal", "whole"])
def test_an_own_rate_that_is_missing_is_named(method):
    with pytest.raises(ValueError, match="own rate"):
        commission(1, 1, plan=CommissionPlan.model_validate(OWN.model_dump() | {"method": method}), own_bonus=D(1))


def test_a_team_in_a_currency_without_decimals_is_split_in_whole_units():
    assert split_pay(D("100"), {"M1": 1, "M2": 1, "M3": 1}, currency="JPY") == {"M1": D("34"), "M2": D("33"), "M3": D("33")}


QUARTERS = [PeriodBase("2026Q1", F(-50_000), F(MILLION)), PeriodBase("2026Q2", F(MILLION), F(MILLION))]


def test_statement_by_quarter_step_by_step():
    steps, paid = commission_steps(QUARTERS, plan=REVENUE, **CENT)
    tiers = [
        Step("tier", F(8_000), {"start": D("0"), "end": D("0.8"), "rate": D("0.01"), "base": F(800_000)}),
        Step("tier", F(3_000), {"start": D("0.8"), "end": D("1.0"), "rate": D("0.02"), "base": F(150_000)}),
    ]
    head = [Step("credited", F(MILLION), {}), Step("brought", F(-50_000), {}), Step("base", F(950_000), {}), Step("quota", F(MILLION), {})]
    assert list(steps) == [*head, Step("attainment", None, {"rate": F(19, 20)}), *tiers]
    assert paid == D("11000.00")
    alone, _ = commission_steps(QUARTERS[1:], plan=REVENUE, **CENT)
    assert [step.id for step in alone][:2] == ["credited", "base"], "nothing was brought"


def test_statement_of_a_loss_carries_it_on():
    steps, paid = commission_steps(QUARTERS[:1], plan=REVENUE, **CENT)
    assert list(steps)[-1] == Step("carried", None, {"amount": F(-50_000)}) and paid == D("0.00")


def test_statement_year_to_date_step_by_step():
    plan = plan_of(period="ytd")
    periods = [PeriodBase(f"2026Q{n}", F(base), F(MILLION)) for n, base in ((1, 1_300_000), (2, 900_000), (3, 700_000))]
    steps, paid = commission_steps(periods, plan=plan, **CENT)
    earlier = Step("earlier_base", F(2_200_000), {"count": 2})
    assert list(steps)[:3] == [Step("credited", F(700_000), {}), earlier, Step("base", F(2_900_000), {})]
    first, second = (commission(base, quota, plan=REVENUE).amount for base, quota in ((1_300_000, MILLION), (2_200_000, 2 * MILLION)))
    assert (first, second) == (22_000, 30_000)
    whole = commission(2_900_000, 3 * MILLION, plan=REVENUE).amount
    assert whole == 24_000 + 10_000 and Step("paid_before", F(-30_000), {}) in steps
    assert paid == D("4000.00")
    alone, first_paid = commission_steps(periods[:1], plan=plan, **CENT)
    assert [step.id for step in alone][:2] == ["credited", "base"] and first_paid == D("22000.00")


def test_statement_below_threshold_capped_and_set_off():
    below, paid = commission_steps([PeriodBase("q", F(300_000), F(MILLION))], plan=plan_of(threshold=D("0.5")), **CENT)
    assert Step("below_threshold", F(-3_000), {}) in below and paid == 0
    capped, paid = commission_steps([PeriodBase("q", F(MILLION), F(MILLION))], plan=plan_of(cap_amount=D("5000")), **CENT)
    assert Step("capped", F(-7_000), {}) in capped and paid == D("5000.00")
    late = [PeriodBase("2026Q1", F(MILLION), F(MILLION)), PeriodBase("2026Q2", F(-900_000), F(MILLION))]
    set_off, paid = commission_steps(late, plan=plan_of(period="ytd"), **CENT)
    assert list(set_off)[-1] == Step("set_off", F(11_000), {}) and paid == 0


@pytest.mark.parametrize(
    ("base", "difference", "paid"), [("33333.4", F(-4, 1000), "333.33"), ("33333.6", F(4, 1000), "333.34"), ("33333", None, "333.33")]
)
def test_rounding_is_a_step_of_its_own_where_there_is_any(base, difference, paid):
    steps, found = commission_steps([PeriodBase("q", F(base), F(MILLION))], plan=REVENUE, **CENT)
    rounding = [step for step in steps if step.id == "rounding"]
    assert found == D(paid) and rounding == ([Step("rounding", difference, {})] if difference else [])


def test_a_period_without_a_quota_has_no_steps_and_no_pay():
    assert commission_steps([PeriodBase("q", F(1), None)], plan=REVENUE, **CENT) == ((), None)
    assert clawback(PeriodBase("q", F(1), None), F(1), F(0), plan=REVENUE, own_rate=None, own_bonus=None) == 0


@pytest.mark.parametrize(("attainment", "score"), [("0.6", 0), ("0.8", 50), ("1", 100), ("1.1", 110), ("1.2", 120), ("1.3", 120)])
def test_F68_score_at_an_attainment(attainment, score):
    assert score_at(F(attainment)) == score


def test_F68_pay_of_salary_and_shares_at_an_attainment():
    assert pay_at(F(1), plan=SALARY, quota=1, base_salary=D(70_000)) == 30_000
    multiple = F(SHARES.salary_multiple)
    assert pay_at(F(1), plan=SHARES, quota=1, base_salary=D(70_000)) == 70_000 * multiple
    assert pay_at(F(12, 10), plan=SHARES, quota=1, base_salary=D(70_000)) == 70_000 * multiple * F(3, 2)
    curve = pay_curve(SALARY, quota=MILLION, base_salary=D(70_000))
    assert curve["pay_amount"].iloc[-1] == 45_000 and curve["marginal_rate"].iloc[-1] == 0
    with pytest.raises(ValueError, match="needs a base_salary"):
        pay_curve(SALARY, quota=MILLION)


def test_the_last_point_of_a_curve_repeats_the_last_slope():
    curve = pay_curve(plan_of(tiers=[{"start": 0, "rate": "0.01"}, {"start": "1.399", "rate": "0.05"}]), quota=MILLION)
    assert curve["marginal_rate"].iloc[-3:].round(4).tolist() == [0.01, 0.05, 0.05]


FLAT = [{"start": 0, "rate": "0.01"}, {"start": "0.9", "rate": 0}, {"start": "0.95", "rate": "0.01"}, {"start": "1.3", "rate": 0}]


def test_dead_zones_have_named_ends_and_reach_the_end_of_the_curve():
    found = dead_zones(plan_of(tiers=FLAT), quota=MILLION)
    assert list(found.columns) == ["start", "end"]
    assert found.to_numpy().round(3).tolist() == [[0.9, 0.95], [1.3, 1.4]]
    nearly = [FLAT[0], FLAT[1], {"start": "0.949", "rate": "0.01"}]
    assert dead_zones(plan_of(tiers=nearly), quota=MILLION).empty, "a tenth of a point less than five is none"
    begins = [{"start": 0, "rate": 0}, {"start": "0.65", "rate": "0.01"}]
    assert dead_zones(plan_of(tiers=begins), quota=MILLION).to_numpy().round(3).tolist() == [[0.6, 0.65]]
    assert list(dead_zones(REVENUE, quota=MILLION).columns) == ["start", "end"]


def test_a_jump_of_exactly_two_percent_is_no_cliff():
    step = plan_of(tiers=[{"start": 0, "rate": 0}], bonus={"start": 1, "amount": 500})
    assert cliffs(step, quota=MILLION, base_salary=D(98_000)).empty, "a quarter of 98,000 and the 500: 2 % of 25,000"
    assert cliffs(step, quota=MILLION, base_salary=D(97_996)).to_numpy().tolist() == [[1.0, 500.0]]
    assert cliffs(step, quota=MILLION).to_numpy().tolist() == [[1.0, 500.0]]
    salary = cliffs(SALARY, quota=MILLION, base_salary=D(70_000))
    assert salary.to_numpy().round(4).tolist() == [[0.84, 15_000.0]]


def test_plans_side_by_side_column_by_column():
    found = compare_plans([REVENUE, WHOLE], quota=MILLION)
    assert list(found.columns) == ["plan", "attainment", "pay_amount", "cost_rate"]
    assert found["attainment"].tolist() == 2 * [0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4]
    at = found[found["attainment"] == 0.8].to_numpy().tolist()
    assert at == [["commission_revenue", 0.8, 8000.0, 0.01], ["commission_revenue", 0.8, 16000.0, 0.02]]


@pytest.mark.parametrize(("pays", "value"), [([1, 1], 0.0), ([0, 0], math.nan), ([D("0.5"), D("0.5")], 0.0), ([1], math.nan)])
def test_swing(pays, value):
    assert swing(pays) == pytest.approx(value, nan_ok=True)


def test_alignment_names_its_columns_and_its_table():
    import pandas as pd

    goals = pd.DataFrame({"account_id": ["A", None, "B"], "measure": ["x", "x", None]})
    found = alignment(goals, ["y"])
    assert list(found.columns) == ["measure", "accounts_count", "is_rewarded"] and found.to_numpy().tolist() == [
        ["x", 1, False],
        ["y", 0, True],
    ]
    with pytest.raises(ValueError, match="objectives lacks measure"):
        alignment(goals[["account_id"]], [])


def test_a_book_is_what_stands_in_the_file(tmp_path):
    path = tmp_path / "pay.yaml"
    named = "name: {en: A, zh: A}, valid_from: 2026-01-01, tiers: [{start: 0, rate: 0.01}]"
    text = f"schema: 1\nversion: v9\ndefault: [a]\nplans:\n  - {{id: a, kind: commission, {named}}}\n"
    path.write_text(text, encoding="utf-8")
    assert load_book(path).version == "v9" and load_book(path).plans[0].tiers[0].rate == D("0.01")
    path.write_text("schema: 1\nversion: v9\nspeed: 1\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="speed"):
        load_book(path)


def test_year_to_date_pays_by_the_persons_own_rate():
    own = {"currency": "CNY", "rule": "half_up", "own_rate": D("0.05"), "own_bonus": D("0")}
    plan = CommissionPlan.model_validate(OWN.model_dump() | {"period": "ytd"})
    assert commission_steps([PeriodBase("q", F(1000), F(MILLION))], plan=plan, **own)[1] == D("50.00")


def test_the_salary_beside_a_share_plan_is_a_years():
    jumps = cliffs(SHARES, quota=1, base_salary=D(100_000))
    assert jumps.to_numpy().round(6).tolist() == [[0.84, float(100_000 * F(SHARES.salary_multiple) / 2)]]
    small = CommissionPlan.model_validate(
        REVENUE.model_dump() | {"tiers": [{"start": 0, "rate": 0}], "bonus": {"start": 1, "amount": "0.01"}}
    )
    assert cliffs(small, quota=1).to_numpy().tolist() == [[1.0, 0.01]], "nothing fixed beside it"


def test_a_bonus_of_the_persons_own_is_a_step_of_the_statement():
    own = {"currency": "CNY", "rule": "half_up", "own_rate": D("0.05"), "own_bonus": D(700)}
    quarters = [PeriodBase("2026Q1", F(900_000), F(MILLION)), PeriodBase("2026Q2", F(1_100_000), F(MILLION))]
    steps, paid = commission_steps(quarters, plan=OWN, **own)
    assert [(step.id, step.amount) for step in steps] == [
        ("credited", 1_100_000), ("base", 1_100_000), ("quota", MILLION), ("attainment", None), ("tier", 55_000), ("bonus", 700),
    ]  # fmt: skip
    assert steps[-1].places == {} and paid == 55_700


def test_a_cap_takes_back_the_bonus_too():
    plan = plan_of(tiers=[{"start": 0, "rate": "0.01"}], bonus={"start": 1, "amount": 500}, cap_amount=10_000, threshold=0)
    steps, paid = commission_steps([PeriodBase("2026Q2", F(1_200_000), F(MILLION))], plan=plan, **CENT)
    assert [(step.id, step.amount) for step in steps[-3:]] == [("tier", 12_000), ("bonus", 500), ("capped", -2_500)] and paid == 10_000


def test_a_salary_of_one_is_a_salary():
    assert variable_pay(D(1), D(100), plan=SALARY).fixed == 1
    assert granted_units(D(1), D(100), plan=SHARES) is not None
    for refused in (variable_pay, granted_units):
        with pytest.raises(ValueError, match="base_salary must be above 0, got 0"):
            refused(D(0), D(100), plan=SALARY if refused is variable_pay else SHARES)


def test_the_salary_beside_shares_is_a_whole_years_when_a_jump_is_judged():
    small, larger = (SharePlan.model_validate(SHARES.model_dump() | {"salary_multiple": times}) for times in (D("0.03"), D("0.05")))
    # half of the grant at 84 %: 1,500 of 103,000 is below 2 %, 2,500 of 105,000 is not
    assert cliffs(small, quota=1, base_salary=D(100_000)).empty
    assert cliffs(larger, quota=1, base_salary=D(100_000)).to_numpy().round(6).tolist() == [[0.84, 2_500.0]]


def test_a_dead_zone_may_begin_at_the_second_point():
    plan = plan_of(tiers=[{"start": 0, "rate": 0}], bonus={"start": "0.601", "amount": 500}, threshold=0)
    assert dead_zones(plan, quota=MILLION).to_numpy().tolist() == [[0.601, 1.4]]


@pytest.mark.parametrize("method", ["marginal", "whole"])
def test_a_base_of_nothing_reaches_no_tier(method):
    found = commission(0, MILLION, plan=plan_of(method=method, threshold=0))
    assert (found.tiers, found.bonus, found.amount, found.carried, found.is_below_threshold) == ((), 0, 0, 0, False)
