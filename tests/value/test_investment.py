"""M3: the investment case, for an account that stays and for one that buys once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.value import investment_case


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


@pytest.mark.parametrize(
    ("given_", "match"),
    [
        ({"revenue_amount": 0}, "revenue must be above 0 and no cost negative, got 0, 1, 1"),
        ({"later_cost_amount": -1}, "no cost negative"),
        ({"years": 0}, "years must be 1 or more"),
        ({"discount_rate": -1.0}, "discount_rate above -1"),
    ],
)
def test_refusals(given_, match):
    base = {"revenue_amount": 1, "margin_rate": 0.4, "first_cost_amount": 1, "later_cost_amount": 1}
    with pytest.raises(ValueError, match=match):
        investment_case(**base | given_)
