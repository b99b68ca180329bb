"""Receipts: every number opens to what it is made of, and can be computed again from it."""

import pytest

from kamlib.playbook import playbook
from kamlib.receipts import is_arithmetic, receipt, recompute

PARTS = {"revenue_amount": 125.0, "revenue_prior_amount": 100.0}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        pytest.param("revenue_amount / revenue_prior_amount - 1", 0.25, id="growth"),
        pytest.param("max(0, 1 - revenue_amount / revenue_prior_amount)", 0, id="floor at nought"),
        pytest.param("-(revenue_amount - 25) * 2", -200, id="signs and brackets"),
        pytest.param("sqrt(revenue_prior_amount)", 10, id="root"),
    ],
)
def test_recompute_reads_arithmetic(formula, expected):
    assert recompute(formula, PARTS) == expected


@pytest.mark.parametrize(
    "formula",
    [
        pytest.param("highest level exceeded in each month", id="words"),
        pytest.param("revenue_amount / wallet_amount", id="unknown part"),
        pytest.param("__import__('os').system('true')", id="code"),
        pytest.param("revenue_amount ** 9", id="unknown operator"),
        pytest.param("open('x')", id="unknown function"),
    ],
)
def test_recompute_refuses_what_is_not_arithmetic(formula):
    with pytest.raises(ValueError, match="cannot recompute"):
        recompute(formula, PARTS)


def test_every_arithmetic_formula_names_only_its_parts():
    registry = playbook("metrics")
    arithmetic = [name for name, entry in registry.items() if is_arithmetic(entry["formula"])]
    assert len(arithmetic) >= 15
    for name in arithmetic:
        entry = registry[name]
        assert recompute(entry["formula"], dict.fromkeys(entry.get("parts", []), 2.0)) is not None, name


def test_receipt_keeps_only_the_tables_and_policy_values_of_its_metric():
    score = {"metric": "growth_rate", "value": 0.25, "text": None, "note": None, "coverage": None, "parts": PARTS}
    found = receipt(score, {"orders": 7, "tickets": 3}, {"abc.a_share": {"value": 0.8}})
    assert (dict(found.rows), dict(found.policy), dict(found.parts)) == ({"orders": 7}, {}, PARTS)
