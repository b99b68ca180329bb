"""Cost to serve, first-contact ownership and the appraisal form: corner tables, plain recomputation, laws, refusals (A20, A2, A21)."""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.lifecycle import first_contact_ownership
from kamlib.policy import load_policy
from kamlib.scorecards import appraisal
from kamlib.value import cost_to_serve

POLICY = load_policy()
NAN = float("nan")
COLUMNS = ["workload_hours", "given_amount", "freight_amount", "invoiced_amount", "dso_days", "revenue_amount", "margin_amount"]
COMPETENCIES = ["technical", "negotiation", "financial", "marketing", "consulting", "process_it", "boundary_spanning"]

amounts = st.one_of(st.just(NAN), st.integers(0, 10**7).map(float))


def serve(*rows, currency="CNY"):
    return cost_to_serve(pd.DataFrame(rows, columns=COLUMNS), currency=currency, rules=POLICY.service_cost)


@given(st.lists(st.tuples(*[amounts] * 7), min_size=1, max_size=6))
def test_A20_cost_to_serve_is_the_sum_of_its_known_parts(rows):
    found = serve(*rows)
    for row, one in zip(rows, found.to_dict("records"), strict=True):
        hours, given_away, freight, invoiced, dso, revenue, margin = row
        parts = [hours * 300, given_away, freight, invoiced * 0.08 * dso / 365]
        known = [part for part in parts if part == part]
        total = sum(known) if known else NAN
        assert one["cost_to_serve_amount"] == pytest.approx(total, nan_ok=True)
        assert one["cost_to_serve_amount_coverage"] == len(known) / 4
        assert one["cost_to_serve_rate"] == pytest.approx(total / revenue if revenue > 0 else NAN, nan_ok=True)
        left = margin + (given_away if given_away == given_away else 0) - total
        assert one["served_margin_amount"] == pytest.approx(left, nan_ok=True, abs=1e-6)


def test_an_account_without_discount_freight_or_debt_keeps_its_margin_less_our_hours():
    one = serve((10.0, 0.0, 0.0, 0.0, 0.0, 1000.0, 4000.0)).iloc[0]
    assert one["served_margin_amount"] == 4000 - 3000


def test_an_hour_has_no_price_in_a_currency_that_the_policy_does_not_know():
    one = serve((10.0, 5.0, NAN, NAN, NAN, 100.0, 50.0), currency="SEK").iloc[0]
    assert math.isnan(one["service_time_amount"]) and one["cost_to_serve_amount"] == 5 and one["cost_to_serve_amount_coverage"] == 0.25


def test_a_missing_column_is_refused():
    with pytest.raises(ValueError, match="values lacks dso_days"):
        cost_to_serve(pd.DataFrame(columns=COLUMNS).drop(columns="dso_days"), currency="CNY", rules=POLICY.service_cost)


@pytest.mark.parametrize(
    "first, solver, handoffs, owned",
    [
        ("P", "P", 3, 1),
        ("P", "Q", 1, 1),
        ("P", "Q", 2, 0),
        (None, "Q", 0, 1),
        (None, "Q", 2, 0),
        ("P", None, None, None),
        ("P", "P", None, 1),
    ],
)
def test_A2_a_ticket_is_seen_through_with_one_handover_at_most_or_by_its_first_contact(first, solver, handoffs, owned):
    row = {"account_id": "A", "opened_at": pd.Timestamp("2026-06-01T09:00"), "resolved_at": pd.Timestamp("2026-06-03T09:00")}
    tickets = pd.DataFrame([row | {"first_contact_id": first, "resolved_by_id": solver, "handoffs": handoffs}])
    found = first_contact_ownership(tickets.astype({"handoffs": float}), as_of=date(2026, 6, 30)).iloc[0]
    expected = NAN if owned is None else owned
    assert found["first_contact_rate"] == pytest.approx(expected, nan_ok=True)
    assert found["first_contact_judged_count"] == (owned is not None)
    unsolved = tickets.assign(resolved_at=pd.Timestamp("2026-07-01T00:00"), handoffs=0.0)
    assert first_contact_ownership(unsolved, as_of=date(2026, 6, 30)).empty, "what is solved after the day is not solved yet"


@given(st.integers(0, 120), st.dictionaries(st.sampled_from(COMPETENCIES), st.integers(0, 4)), st.one_of(st.none(), st.integers(0, 4)))
def test_A21_the_appraisal_weighs_70_20_10(kpi, levels, conduct):
    found = appraisal(float(kpi), levels, conduct, weights=POLICY.appraisal, minimum_coverage=0.5)
    parts = [(Fraction(7, 10), Fraction(kpi))]
    if len(levels) >= 4:
        parts.append((Fraction(2, 10), Fraction(25 * sum(levels.values()), len(levels))))
    if conduct is not None:
        parts.append((Fraction(1, 10), Fraction(25 * conduct)))
    weight = sum(part for part, _ in parts)
    assert found.score == pytest.approx(float(sum(part * score for part, score in parts) / weight)) and found.coverage == pytest.approx(
        float(weight)
    )


def test_A21_without_the_KPIs_too_little_is_known():
    found = appraisal(NAN, dict.fromkeys(COMPETENCIES, 4), 4, weights=POLICY.appraisal, minimum_coverage=0.5)
    assert math.isnan(found.score) and found.coverage == pytest.approx(0.3)


@pytest.mark.parametrize("levels, conduct", [({"luck": 1}, 1), ({"financial": 5}, 1), ({}, -1)])
def test_A21_a_level_out_of_range_or_of_nothing_is_refused(levels, conduct):
    with pytest.raises(ValueError, match="is no competency|must lie in 0 to 4"):
        appraisal(90.0, levels, conduct, weights=POLICY.appraisal, minimum_coverage=0.5)
