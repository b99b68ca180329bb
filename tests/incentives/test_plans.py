"""M21: commission, salary and shares at their corners, by the check values of F64-F68, and what may never happen."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kamlib.checks import InvalidInput
from kamlib.incentives import (
    CommissionPlan,
    PayBook,
    PayoutCurve,
    PeriodBase,
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
    payout,
    score_at,
    split_pay,
    swing,
    variable_pay,
    vesting,
)
from kamlib.money import round_money

PLANS = {plan.id: plan for plan in default_book().plans}
REVENUE, SALARY, SHARES = PLANS["commission_revenue"], PLANS["annual_salary"], PLANS["employee_shares"]
CENT = {"currency": "CNY", "rule": "half_up"}


def changed(plan, **terms):
    return type(plan).model_validate(plan.model_dump() | terms)


WHOLE = changed(REVENUE, method="whole")


@pytest.mark.parametrize(
    ("plan", "base", "pay"),
    [
        pytest.param(REVENUE, 1_300_000, 22_000, id="test_F65_marginal"),
        pytest.param(WHOLE, 1_300_000, 52_000, id="test_F65_whole_period"),
        pytest.param(REVENUE, 1_000_000, 12_000, id="test_F65_marginal_at_the_boundary"),
        pytest.param(WHOLE, 1_000_000, 30_000, id="test_F65_a_boundary_belongs_to_the_upper_tier"),
        pytest.param(WHOLE, 999_999, Decimal("19999.98"), id="just below it"),
        pytest.param(REVENUE, 1, Decimal("0.01"), id="one"),
        pytest.param(REVENUE, 0, 0, id="nothing"),
        pytest.param(REVENUE, -5_000, 0, id="more returns than sales"),
        pytest.param(PLANS["commission_margin"], 1_300_000, 66_000, id="test_F65_rates_of_margin"),
    ],
)
def test_commission(plan, base, pay):
    assert commission(base, 1_000_000, plan=plan).amount == Fraction(pay)


def test_F65_thirds():
    shares = split_pay(Decimal("100.00"), {"M1": 1, "M2": 1, "M3": 1}, currency="CNY")
    assert list(shares.values()) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


@pytest.mark.parametrize(
    ("terms", "base", "pay", "below", "capped"),
    [
        pytest.param({"threshold": 0.5}, 500_000, 5_000, False, False, id="at the threshold"),
        pytest.param({"threshold": 0.5}, 499_999, 0, True, False, id="below the threshold"),
        pytest.param({"cap_amount": 12_000}, 1_000_000, 12_000, False, False, id="at the cap"),
        pytest.param({"cap_amount": 12_000}, 1_000_001, 12_000, False, True, id="above the cap"),
        pytest.param({"bonus": {"start": 1.0, "amount": 500}}, 1_000_000, 12_500, False, False, id="bonus reached"),
        pytest.param({"bonus": {"start": 1.0, "amount": 500}}, 999_999, Decimal("11999.98"), False, False, id="bonus missed"),
        pytest.param({"threshold": 1, "bonus": {"start": 0.5, "amount": 500}}, 600_000, 0, True, False, id="threshold takes the bonus too"),
        pytest.param({"cap_amount": 100, "bonus": {"start": 0, "amount": 500}}, 1, 100, False, True, id="cap takes the bonus too"),
    ],
)
def test_threshold_bonus_and_cap_in_their_order(terms, base, pay, below, capped):
    found = commission(base, 1_000_000, plan=changed(REVENUE, **terms))
    assert (found.amount, found.is_below_threshold, found.is_capped) == (Fraction(pay), below, capped)


def test_the_own_rate_and_bonus_are_the_persons():
    own = PLANS["own_rate"]
    found = commission(1_000_000, 1_000_000, plan=own, own_rate=Decimal("0.015"), own_bonus=Decimal(4100))
    assert found.amount == 19_100 and found.tiers[0].rate == Decimal("0.015")
    with pytest.raises(ValueError, match="own rate"):
        commission(1, 1_000_000, plan=own, own_bonus=Decimal(1))
    with pytest.raises(ValueError, match="own bonus"):
        commission(1_000_000, 1_000_000, plan=own, own_rate=Decimal("0.01"))


@pytest.mark.parametrize(
    ("base", "quota", "why"),
    [
        pytest.param(1.5, 10, "base must be", id="float"),
        pytest.param(10, 0, "quota must be above 0, got 0", id="no quota"),
        pytest.param(10, -1, "quota must be above 0", id="negative quota"),
        pytest.param(True, 10, "base must be", id="flag"),
        pytest.param(Decimal("NaN"), 10, "finite", id="nan"),
        pytest.param(10, Decimal("Infinity"), "finite", id="infinite"),
    ],
)
def test_refusals(base, quota, why):
    with pytest.raises(ValueError, match=why):
        commission(base, quota, plan=REVENUE)


MONEY = st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents).scaleb(-2))
PLAN = st.builds(
    lambda starts, rates, method, threshold, cap: CommissionPlan(
        id="x", name={"en": "x", "zh": "x"}, valid_from="2020-01-01", kind="commission", method=method, threshold=threshold, cap_amount=cap,
        tiers=[{"start": start, "rate": rate} for start, rate in zip([0, *sorted(starts)], sorted(rates[: len(starts) + 1]), strict=True)],
    ),
    st.sets(st.integers(1, 20).map(lambda tenths: Decimal(tenths) / 10), max_size=3),
    st.lists(st.integers(0, 900).map(lambda rate: Decimal(rate) / 10_000), min_size=4, max_size=4),
    st.sampled_from(["marginal", "whole"]),
    st.sampled_from([Decimal(0), Decimal("0.5")]),
    st.sampled_from([None, Decimal(5000)]),
)  # fmt: skip


@given(PLAN, MONEY, MONEY, st.integers(1, 10**7))
def test_law_more_attainment_never_pays_less(plan, one, two, quota):
    low, high = sorted([one, two])
    pays = [commission(base, quota, plan=plan).amount for base in (low, high)]
    assert 0 <= pays[0] <= pays[1]


@given(MONEY, st.integers(1, 10**7), st.integers(2, 9))
def test_law_scale(base, quota, factor):
    once, more = (commission(times * base, times * quota, plan=REVENUE) for times in (1, factor))
    assert more.amount == factor * once.amount and more.attainment == once.attainment


@given(MONEY.filter(lambda base: base > 0), st.integers(1, 10**7))
def test_law_marginal_tiers_take_the_whole_base_and_no_more(base, quota):
    found = commission(base, quota, plan=REVENUE)
    assert sum(tier.base for tier in found.tiers) == Fraction(base)
    assert found.amount <= Fraction(base) * Fraction("0.04")


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        pytest.param({"tiers": [{"start": 0.1, "rate": 0.1}]}, "begin at 0", id="no first tier"),
        pytest.param({"tiers": [{"start": 0, "rate": 0.1}, {"start": 0, "rate": 0.2}]}, "rise", id="tier twice"),
        pytest.param({"tiers": []}, "at least 1", id="no tier"),
        pytest.param(
            {"method": "whole", "tiers": [{"start": 0, "rate": 0.2}, {"start": 1, "rate": 0.1}]}, "pay less", id="falls on the whole"
        ),
        pytest.param({"method": "whole", "tiers": [{"start": 0, "rate": 0.2}, {"start": 1, "rate": "own"}]}, "pay less", id="own later"),
        pytest.param({"tiers": [{"start": 0, "rate": -0.1}]}, "greater than or equal to 0", id="negative rate"),
        pytest.param({"cap_amount": 0}, "greater than 0", id="no cap"),
        pytest.param({"capp": 1}, "Extra inputs", id="unknown term"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused(terms, why):
    with pytest.raises(ValidationError, match=why):
        changed(REVENUE, **terms)


def test_rates_that_fall_are_allowed_by_the_margin():
    falling = changed(REVENUE, tiers=[{"start": 0, "rate": 0.2}, {"start": 1, "rate": 0.1}])
    assert commission(1_100_000, 1_000_000, plan=falling).amount == 210_000
    assert changed(WHOLE, tiers=[{"start": 0, "rate": "own"}]).tiers[0].rate == "own"


@pytest.mark.parametrize(
    ("score", "share"),
    [(0, 0), (Decimal("59.99"), 0), (60, Decimal("0.5")), (70, Decimal("0.625")), (100, 1), (110, Decimal("1.25")), (120, Decimal("1.5"))],
)
def test_F64_payout(score, share):
    assert payout(score, curve=SALARY.payout) == Fraction(share)


def test_payout_is_flat_beyond_the_top():
    short = PayoutCurve(start_score=50, start_payout=0, target_score=80, target_payout=1, top_score=90, top_payout=1)
    assert [payout(score, curve=short) for score in (50, 65, 80, 85, 90, 120)] == [0, Fraction(1, 2), 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("terms", "why"),
    [({"start_score": 100}, "scores must rise"), ({"top_score": 100}, "scores must rise"), ({"start_payout": 1.1}, "payouts must not fall"),
     ({"top_payout": 0.9}, "payouts must not fall")],
)  # fmt: skip
def test_a_curve_that_falls_is_refused(terms, why):
    with pytest.raises(ValidationError, match=why):
        changed(SALARY.payout, **terms)


def test_F64_base_salary_is_the_fixed_part():
    pay = variable_pay(Decimal(420_000), 100, plan=SALARY)
    assert (pay.fixed, pay.target, pay.variable_at_target, pay.payout, pay.variable) == (420_000, 600_000, 180_000, 1, 180_000)
    open_ = variable_pay(Decimal(420_000), None, plan=SALARY)
    assert open_.payout is None and open_.variable is None
    for function, plan in ((variable_pay, SALARY), (granted_units, SHARES)):
        with pytest.raises(ValueError, match="base_salary must be above 0, got 0"):
            function(Decimal(0), 100, plan=plan)


def test_F67_units_are_whole_and_the_price_is_a_term_of_the_plan():
    assert granted_units(Decimal(100_000), 100, plan=changed(SHARES, unit_price=7)) == 1428
    assert granted_units(Decimal(100_000), 59, plan=SHARES) == 0 and granted_units(Decimal(100_000), None, plan=SHARES) is None


def test_F67_vesting_adds_up_lapses_and_is_lost_by_leavers():
    found = vesting(1003, (100, 59, 60, None), plan=SHARES, left_after_months=45)
    assert sum(part.units for part in found) == 1003 and [part.months for part in found] == [12, *range(15, 49, 3)]
    assert [part.units for part in found[:3]] == [250, 63, 63]
    states = {part.months: part.state for part in found}
    assert [states[months] for months in (12, 15, 24, 27, 36, 39, 45, 48)] == [
        *("vested", "lapsed", "lapsed", "vested", "vested", "open", "open", "left")
    ]
    assert vesting(0, (), plan=SHARES)[-1].months == 48 and {part.state for part in vesting(5, (), plan=SHARES)} == {"open"}
    with pytest.raises(ValueError, match="units must be 0 or more, got -1"):
        vesting(-1, (), plan=SHARES)


@given(st.integers(0, 10**6), st.integers(1, 30))
def test_law_vested_units_are_those_granted(units, step):
    plan = changed(SHARES, step_months=step, cliff_share=0.3, step_share=0.11)
    found = vesting(units, (), plan=plan)
    assert sum(part.units for part in found) == units and all(part.units >= 0 for part in found)
    given_, due = 0, Fraction("0.3")
    for part in found:
        assert given_ + part.units == int(units * min(due, 1))
        given_, due = given_ + part.units, due + Fraction("0.11")


def periods(*pairs):
    return [
        PeriodBase(f"2026Q{number}", Fraction(base), None if quota is None else Fraction(quota))
        for number, (base, quota) in enumerate(pairs, 1)
    ]


def paid(plan, *pairs):
    steps, pay = commission_steps(periods(*pairs), plan=plan, own_rate=None, own_bonus=None, **CENT)
    return pay, [step.id for step in steps]


def test_F65_a_base_below_zero_is_carried_forward():
    pay, steps = paid(REVENUE, (-200_000, 1_000_000), (700_000, 1_000_000))
    assert pay == 5_000 and steps[:3] == ["credited", "brought", "base"]
    pay, steps = paid(REVENUE, (700_000, 1_000_000), (-200_000, 1_000_000))
    assert pay == 0 and "carried" in steps
    assert paid(REVENUE, (-200_000, 1_000_000), (-100_000, 1_000_000), (1_300_000, 1_000_000))[0] == 12_000


def test_year_to_date_pays_the_plan_on_all_so_far_less_what_was_paid():
    plan = changed(REVENUE, period="ytd")
    pay, steps = paid(plan, (500_000, 1_000_000), (1_500_000, 1_000_000))
    assert pay == 24_000 - 5_000 and "paid_before" in steps and "earlier_base" in steps
    pay, steps = paid(plan, (1_500_000, 1_000_000), (-500_000, 1_000_000))
    assert pay == 0 and "set_off" in steps
    assert paid(plan, (1_500_000, 1_000_000), (-500_000, 1_000_000), (800_000, 1_000_000))[0] == 0  # 18,600 due, 30,000 paid
    assert "paid_before" not in paid(plan, (500_000, 1_000_000))[1]


def test_a_period_without_a_quota_is_not_paid_and_does_not_stop_the_next():
    assert paid(REVENUE, (500_000, None)) == (None, [])
    assert paid(REVENUE, (-500_000, None), (500_000, 1_000_000))[0] == 5_000


@pytest.mark.parametrize(
    ("amount", "rule", "wanted"),
    [
        (Fraction(1, 8), "half_up", "0.13"), (Fraction(-1, 8), "half_up", "-0.13"), (Fraction(1, 8), "half_even", "0.12"),
        (Fraction(1, 3), "half_up", "0.33"), (Fraction(2, 3), "half_up", "0.67"), (Fraction(-1, 3), "half_up", "-0.33"),
        (Fraction(5, 1000) + Fraction(1, 3 * 10**30), "half_even", "0.01"),
        (Fraction(3, 200), "half_even", "0.02"), (Fraction(-3, 200), "half_up", "-0.02"),
        (Fraction(10**40, 3), "half_up", "3" * 40 + ".33"),
        (Fraction(5, 1000) - Fraction(1, 3 * 10**30), "half_up", "0.00"),
        (Fraction(7), "half_up", "7.00"),
    ],
)  # fmt: skip
def test_M21_rounded_once_by_the_named_rule(amount, rule, wanted):
    assert str(round_money(amount, currency="CNY", rule=rule)) == wanted


def test_F66_a_late_return_takes_back_what_it_earned_then():
    closed = PeriodBase("2026Q1", Fraction(1_100_000), Fraction(1_000_000))
    own = {"plan": REVENUE, "own_rate": None, "own_bonus": None}
    assert clawback(closed, Fraction(200_000), Fraction(0), **own) == 5_000
    assert clawback(closed, Fraction(100_000), Fraction(100_000), **own) == 2_000
    assert clawback(PeriodBase("2026Q1", Fraction(5), None), Fraction(1), Fraction(0), **own) == 0


def test_F68_score_at():
    assert [score_at(Fraction(percent, 100)) for percent in (0, 60, 70, 100, 120, 150)] == [0, 0, 25, 100, 120, 120]


def test_F68_the_cliff_of_the_default_salary_plan_is_found_and_gone_without_its_step():
    where = {"quota": 1_000_000, "base_salary": Decimal(70_000)}
    found = cliffs(SALARY, **where)
    assert found.to_numpy().tolist() == [[0.84, 15_000.0]]
    smooth = changed(SALARY, payout=SALARY.payout.model_dump() | {"start_payout": 0})
    assert cliffs(smooth, **where).empty and not dead_zones(smooth, **where).empty


def test_cliffs_of_a_whole_period_plan_stand_at_its_tiers():
    found = cliffs(WHOLE, quota=1_000_000)
    assert found["attainment"].tolist() == [0.8, 1.0, 1.2]
    assert found["jump_amount"].tolist() == [0.8e6 * 0.02 - 0.799e6 * 0.01, 30_000 - 0.999e6 * 0.02, 48_000 - 1.199e6 * 0.03]
    assert cliffs(REVENUE, quota=1_000_000).empty


@pytest.mark.parametrize(("top", "zones"), [(1.36, 0), (1.35, 1)], ids=["four points", "five points"])
def test_a_dead_zone_is_five_points_or_more(top, zones):
    plan = changed(REVENUE, tiers=[{"start": 0, "rate": 0.01}, {"start": top, "rate": 0}])
    found = dead_zones(plan, quota=1_000_000)
    assert len(found) == zones and (not zones or found.iloc[0].tolist() == [1.35, 1.4])
    capped = changed(REVENUE, cap_amount=12_000)
    assert dead_zones(capped, quota=1_000_000).to_numpy().tolist() == [[1.0, 1.4]]


def test_curve_and_comparison_agree_with_the_plan():
    curve = pay_curve(REVENUE, quota=1_000_000)
    assert len(curve) == 801 and curve["attainment"].iloc[[0, -1]].tolist() == [0.6, 1.4]
    assert (
        curve.loc[400, "pay_amount"] == 12_000
        and curve.loc[400, "cost_rate"] == 0.012
        and curve.loc[399, "marginal_rate"] == pytest.approx(0.02)
    )
    table = compare_plans([REVENUE, WHOLE, SALARY], quota=1_000_000, base_salary=Decimal(70_000))
    assert len(table) == 27 and table.loc[table["attainment"] == 1.3, "pay_amount"].tolist() == [22_000, 52_000, 45_000]
    with pytest.raises(ValueError, match="needs a base_salary"):
        pay_at(Fraction(1), plan=SALARY, quota=1)
    assert pay_at(Fraction(1), plan=SHARES, quota=1, base_salary=Decimal(50_000)) == 5_000


def test_F68_swing():
    assert swing([Decimal(80), Decimal(120)]) == pytest.approx(0.2) and swing([Decimal(5)] * 8) == 0
    assert swing([Decimal(5)]) != swing([Decimal(5)]) and swing([Decimal(0)] * 3) != swing([Decimal(0)] * 3)


def test_a_book_names_only_plans_that_it_has_and_each_once(tmp_path):
    terms = default_book().model_dump(by_alias=True)
    for change, why in (
        ({"default": ["nobody"]}, "nobody is no plan"),
        ({"plans": [*terms["plans"], terms["plans"][0]]}, "id of its own"),
        ({"people": {"M1": ["x"]}}, "x is no plan"),
        ({"teams": {"T": {"plan": "y", "shares": {"a": 1, "b": 1}}}}, "y is no plan"),
    ):
        with pytest.raises(ValidationError, match=why):
            PayBook.model_validate(terms | change)
    path = tmp_path / "pay.yaml"
    path.write_text("schema: 1\nversion: v\ndefault: [a]\nplanz: []\nplans: []\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="did you mean plans"):
        load_book(path)


def test_a_plan_holds_from_its_first_day_to_its_last():
    from datetime import date

    old, new = changed(REVENUE, valid_until="2025-12-31"), changed(REVENUE, id="new", valid_from="2026-01-01")
    book = PayBook(schema=1, version="v", plans=(old, new), default=("commission_revenue", "new"), people={"M9": ()})
    held = {day: [plan.id for plan in book.plans_of("M1", date.fromisoformat(day))] for day in ("2025-12-31", "2026-01-01", "1999-12-31")}
    assert held == {"2025-12-31": ["commission_revenue"], "2026-01-01": ["new"], "1999-12-31": []}
    assert book.plans_of("M9", date(2026, 1, 1)) == ()
