"""Two hundred spoiled files, and the judge of them tried on a reader that cheats."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.data import fuzz

CASES = 200


def test_spoiled_files_are_refused_set_aside_or_read_as_their_bytes_spell(tmp_path):
    outcomes = fuzz.run_cases(range(CASES), tmp_path)
    assert outcomes.total() == CASES and {kind for kind, _ in outcomes} == fuzz.SPOILERS.keys()
    assert {outcome for _, outcome in outcomes} == {"refused", "accounts set aside", "read, same totals", "read, other totals"}


@pytest.mark.parametrize(("column", "by"), [("net_revenue", Decimal("0.01")), ("quantity", Decimal(1))])
def test_the_judge_sees_a_total_that_is_off(monkeypatch, tmp_path, column, by):
    def cheating(engagement):
        found = read(engagement)
        found.quality.tables["orders"].totals[column] += by
        return found

    read = fuzz.read
    monkeypatch.setattr(fuzz, "read", cheating)
    case = fuzz.make_case(1)
    with pytest.raises(AssertionError, match="orders"):
        fuzz.run_case(replace(case, data=case.sound[case.spoiled]), tmp_path)


def test_a_case_is_the_same_each_time():
    assert fuzz.make_case(7) == fuzz.make_case(7) != fuzz.make_case(8)
