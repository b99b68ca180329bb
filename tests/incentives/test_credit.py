"""Whose base a line counts for, as exact vectors: the order's seller, those who share the account, its manager, nobody (F64)."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest

from kamlib.incentives import credits_of
from kamlib.incentives.credit import NOBODY, Credit
from kamlib.periods import period_window

F = Fraction
MANAGERS = {"A": "M1", "B": "M2", "C": None}


def lines(*rows):
    """Lines of (account, day, amount) and perhaps the order's own seller."""
    frame = pd.DataFrame([(*row, None)[:4] for row in rows], columns=["account_id", "date", "amount", "manager_id"])
    return frame.assign(date=pd.to_datetime(frame["date"]))


def shared(*rows):
    return pd.DataFrame(rows, columns=["period", "account_id", "manager_id", "share"])


def credited(rows, shares=None, period="2026Q2", **given):
    return credits_of(rows, MANAGERS, shares, window=period_window(period), **given)


def test_the_orders_own_seller_stands_before_shares_and_manager():
    rows = lines(("A", "2026-04-01", 100.25, "M9"), ("A", "2026-06-30", 50.0), ("B", "2026-05-05", 30.0), ("C", "2026-05-06", 7.0))
    shares = shared(("2026Q2", "A", "M1", 0.7), ("2026Q2", "A", "M3", 0.3))
    assert credited(rows, shares) == [
        Credit("A", "M1", F(35), F(50), F("0.7"), 1, "share"),
        Credit("A", "M3", F(15), F(50), F("0.3"), 1, "share"),
        Credit("A", "M9", F("100.25"), F("100.25"), F(1), 1, "order"),
        Credit("B", "M2", F(30), F(30), F(1), 1, "account"),
        Credit("C", NOBODY, F(7), F(7), F(1), 1, "account"),
    ]


def test_lines_of_one_person_and_kind_add_up_and_are_counted():
    rows = lines(("A", "2026-04-01", 0.1), ("A", "2026-04-02", 0.2), ("A", "2026-04-03", -0.05), ("A", "2026-04-03", 1.0, "M1"))
    assert credited(rows) == [
        Credit("A", "M1", F("0.25"), F("0.25"), F(1), 3, "account"),
        Credit("A", "M1", F(1), F(1), F(1), 1, "order"),
    ]


def test_only_the_window_counts():
    rows = lines(("A", "2026-03-31", 1.0), ("A", "2026-04-01", 2.0), ("A", "2026-06-30", 4.0), ("A", "2026-07-01", 8.0))
    assert [credit.amount for credit in credited(rows)] == [6]
    assert credited(lines(("A", "2025-04-01", 1.0))) == []


def test_the_shortest_period_in_which_an_account_is_shared_decides():
    shares = shared(
        ("2026", "A", "M1", 0.5), ("2026", "A", "M2", 0.5), ("2026Q2", "A", "M3", 1.0),
        ("2026-06", "A", "M4", 0.25), ("2026-06", "A", "M5", 0.75),
    )  # fmt: skip
    rows = lines(("A", "2026-01-15", 100.0), ("A", "2026-04-15", 10.0), ("A", "2026-06-15", 4.0))
    assert [(credit.person, credit.amount) for credit in credited(rows, shares, period="2026")] == [
        ("M1", 50), ("M2", 50), ("M3", 10), ("M4", 1), ("M5", 3)
    ]  # fmt: skip


def test_equal_shares_of_two_months_add_up_to_one_credit():
    shares = shared(*[(month, "A", person, 0.5) for month in ("2026-05", "2026-06") for person in ("M1", "M3")])
    rows = lines(("A", "2026-05-15", 10.0), ("A", "2026-05-16", 10.0), ("A", "2026-06-15", 4.0))
    assert credited(rows, shares) == [Credit("A", person, F(12), F(24), F("0.5"), 3, "share") for person in ("M1", "M3")]


def test_a_share_of_one_account_says_nothing_of_another():
    rows = lines(("A", "2026-04-15", 10.0), ("B", "2026-04-15", 20.0))
    found = credited(rows, shared(("2026Q2", "B", "M7", 1.0)))
    assert [(credit.account_id, credit.person, credit.by) for credit in found] == [("A", "M1", "account"), ("B", "M7", "share")]


def test_quarters_follow_the_fiscal_year():
    rows = lines(("A", "2026-04-15", 10.0))
    shares = shared(("2027Q1", "A", "M7", 1.0))
    found = credits_of(rows, MANAGERS, shares, window=period_window("2027Q1", 4), fiscal_year_start=4)
    assert [(credit.person, credit.amount, credit.by) for credit in found] == [("M7", 10, "share")]
    assert [credit.by for credit in credited(rows, shares)] == ["account"]


def test_lines_without_a_column_of_sellers_count_for_the_account():
    rows = lines(("B", "2026-04-15", 10.0), ("A", "2026-04-15", 5.0)).drop(columns="manager_id").set_axis([7, 3])
    assert [(credit.person, credit.amount, credit.by) for credit in credited(rows)] == [("M1", 5, "account"), ("M2", 10, "account")]
    assert [credit.person for credit in credited(lines(("Z", "2026-04-15", 1.0)))] == [NOBODY]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        pytest.param((("2026Q2", "A", "M1", 0.7), ("2026Q2", "A", "M2", 0.2)), "A in 2026Q2 has M1: 0.7, M2: 0.2", id="too little"),
        pytest.param((("2026Q2", "A", "M1", 0.7), ("2026Q2", "A", "M2", 0.4)), "must add up to 1; A in 2026Q2", id="too much"),
    ],
)
def test_shares_that_do_not_add_up_are_refused(shares, message):
    with pytest.raises(ValueError, match=message):
        credited(lines(("A", "2026-04-15", 1.0)), shared(*shares))


def test_a_tenth_ten_times_is_one():
    found = credited(lines(("A", "2026-04-15", 1.0)), shared(*[("2026Q2", "A", f"P{place}", 0.1) for place in range(10)]))
    assert [credit.amount for credit in found] == [F("0.1")] * 10


@pytest.mark.parametrize("column", ["account_id", "date", "amount"])
def test_a_missing_column_is_named(column):
    with pytest.raises(ValueError, match=f"lines lacks {column}"):
        credited(lines(("A", "2026-04-15", 1.0)).drop(columns=column))


@pytest.mark.parametrize("column", ["period", "account_id", "manager_id", "share"])
def test_a_missing_column_of_shares_is_named(column):
    with pytest.raises(ValueError, match=f"credits lacks {column}"):
        credited(lines(("A", "2026-04-15", 1.0)), shared(("2026Q2", "A", "M1", 1.0)).drop(columns=column))


def test_rows_may_carry_any_index_and_order():
    rows = lines(("A", "2026-04-01", 1.0, "M9"), ("B", "2026-05-05", 30.0), ("A", "2026-06-30", 50.0))
    shares = shared(("2026Q2", "A", "M1", 0.5), ("2026Q2", "A", "M3", 0.5))
    turned = rows.iloc[::-1].set_axis([7, 5, 9])
    assert credited(turned, shares) == credited(rows, shares) and len(credited(rows, shares)) == 4
