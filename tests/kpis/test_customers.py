"""KPIs 8 and 9: who is new, who stayed, and how much revenue stayed with them."""

from datetime import date

import pandas as pd
import pytest

from kamlib import kpis
from kamlib.policy import load_policy

RULES = load_policy().customers
D = date(2026, 6, 30)
LONG_AGO = ("Z", "2020-01-01", 1)


def lines(*rows):
    """Give order lines as (account, day, net revenue), all of manager M."""
    frame = pd.DataFrame(rows, columns=["account_id", "order_date", "net_revenue"])
    return frame.assign(order_date=pd.to_datetime(frame["order_date"]), net_revenue=frame["net_revenue"].astype(float), manager_id="M")


def oracle(rows, as_of, calendar):
    """Revenue of both windows and the first positive day of one group's accounts, in whole cents."""
    accounts = {}
    for row in rows:
        if row["order_date"] <= as_of:
            days = accounts.setdefault(row["account_id"], {})
            days[row["order_date"]] = days.get(row["order_date"], 0) + round(row["net_revenue"] * 100)
    table = {}
    for key, days in accounts.items():
        now = sum(amount for day, amount in days.items() if calendar.within(day, as_of))
        before = sum(amount for day, amount in days.items() if calendar.within(day, as_of, offset=12))
        first = min((day for day, amount in days.items() if amount > 0), default=None)
        table[key] = (now, before, calendar.within(first, as_of))
    return table


def test_retention_agrees_with_accounts_counted_one_by_one(book, calendar, as_of):
    found = kpis.retention(book.orders_frame, as_of=as_of, by="manager_id")
    is_long = min(row["order_date"] for row in book.orders) <= calendar.back(as_of, 23)
    for manager in set(book.manager_of.values()):
        table = oracle([row for row in book.orders if row["manager_id"] == manager], as_of, calendar).values()
        prior = [(now, before) for now, before, _ in table if before > 0]
        if not prior or not is_long:
            assert found.loc[manager, ["retention_rate", "gross_retention_rate", "net_retention_rate"]].isna().all()
            continue
        base = sum(before for _, before in prior)
        assert found.at[manager, "retention_rate"] == pytest.approx(sum(now > 0 for now, _ in prior) / len(prior))
        assert found.at[manager, "gross_retention_rate"] == pytest.approx(sum(max(0, min(now, before)) for now, before in prior) / base)
        assert found.at[manager, "net_retention_rate"] == pytest.approx(sum(now for now, _ in prior) / base)


def test_new_customer_rate_agrees_with_accounts_counted_one_by_one(book, calendar, as_of):
    found = kpis.new_customer_rate(book.orders_frame, as_of=as_of, rules=RULES, by="portfolio").loc["all"]
    table = oracle(book.orders, as_of, calendar).values()
    if min(row["order_date"] for row in book.orders) > calendar.back(as_of, 24):
        assert (pd.isna(found["new_customer_rate"]), found["new_customer_rate_note"]) == (True, "short_history")
        return
    new, before = (sum(is_new and now > 0 for now, _, is_new in table), sum(before > 0 for _, before, _ in table))
    assert found["new_customer_rate"] == pytest.approx(new / before)


FOUR = lines(
    LONG_AGO,
    *[(key, "2025-01-15", amount) for key, amount in (("A", 40), ("B", 30), ("C", 20), ("E", 10))],
    *[(key, "2026-01-15", amount) for key, amount in (("A", 58), ("B", 24), ("C", 11), ("E", 10))],
)


def test_F47_100_plus_18_minus_6_minus_9_gives_grr_085_and_nrr_103():
    found = kpis.retention(FOUR, as_of=D, by="manager_id").loc["M"]
    assert found[["gross_retention_rate", "net_retention_rate", "retention_rate"]].tolist() == [0.85, 1.03, 1.0]


def test_F47_negative_current_revenue_lowers_grr_no_further_than_nought():
    orders = lines(LONG_AGO, ("A", "2025-01-15", 50), ("B", "2025-01-15", 50), ("A", "2026-01-15", 50), ("B", "2026-01-15", -500))
    found = kpis.retention(orders, as_of=D, by="manager_id").loc["M"]
    assert found[["gross_retention_rate", "net_retention_rate", "retention_rate"]].tolist() == [0.5, -4.5, 0.5]


def test_F12_per_account_they_are_a_portfolio_measure():
    retained = kpis.retention(FOUR, as_of=D, by="account_id")
    new = kpis.new_customer_rate(FOUR, as_of=D, rules=RULES, by="account_id")
    for frame, metrics in ((retained, ["retention_rate", "gross_retention_rate", "net_retention_rate"]), (new, ["new_customer_rate"])):
        for metric in metrics:
            assert frame[metric].isna().all()
            assert (frame[f"{metric}_note"] == "portfolio_measure").all()


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        pytest.param([("A", "2025-07-01", 5)], "new", id="first order on the first day of the window"),
        pytest.param([("A", "2025-06-30", 5), ("A", "2025-07-01", 5)], "kept", id="test_F12_kept"),
        pytest.param([("A", "2025-06-30", 5)], "lapsed", id="test_F12_lapsed"),
        pytest.param([("A", "2024-06-30", 5), ("A", "2026-01-01", 5)], "returned", id="bought before the prior window"),
        pytest.param([("A", "2024-06-30", 5)], "inactive", id="neither window"),
        pytest.param([("A", "2025-08-01", 5), ("A", "2025-09-01", -5)], "inactive", id="test_F46_new_needs_revenue_above_nought"),
        pytest.param([("A", "2024-08-01", -5), ("A", "2026-01-01", 5)], "new", id="test_F46_a_credit_note_is_no_first_order"),
    ],
)
def test_customer_status(rows, status):
    assert kpis.customer_status(lines(LONG_AGO, *rows), as_of=D, rules=RULES).at["A", "customer_status"] == status


@pytest.mark.parametrize(
    ("first", "is_measured"),
    [
        pytest.param("2024-06-30", True, id="test_F46_24_months"),
        pytest.param("2024-07-01", True, id="test_F46_first_day_of_the_window"),
        pytest.param("2024-07-02", False, id="test_F46_a_day_short"),
    ],
)
def test_F46_orders_must_reach_back_24_months(first, is_measured):
    orders = lines(("Z", first, 1), ("B", "2025-01-15", 5), ("A", "2026-01-15", 5))
    found = kpis.new_customer_rate(orders, as_of=D, rules=RULES, by="manager_id").loc["M"]
    assert (not pd.isna(found["new_customer_rate"])) == is_measured
    assert (found["new_customer_rate_note"] == "short_history") != is_measured
    status = kpis.customer_status(orders, as_of=D, rules=RULES)
    assert (status.at["A", "customer_status_note"] == "short_history") != is_measured
    assert status.at["B", "customer_status"] == "lapsed"


def test_nobody_before_is_not_measured():
    found = kpis.retention(lines(("Z", "2020-01-01", 1), ("A", "2026-01-15", 5)), as_of=D, by="manager_id").loc["M"]
    assert (pd.isna(found["retention_rate"]), found["retention_rate_note"]) == (True, "base_not_positive")


def test_customers_refuse_orders_without_the_manager():
    with pytest.raises(ValueError, match="orders lacks manager_id"):
        kpis.retention(FOUR.drop(columns="manager_id"), as_of=D, by="manager_id")
