"""KPI 3 against balances walked day by day in whole cents."""

from datetime import date

import pandas as pd
import pytest

from kamlib import kpis
from kamlib.policy import load_policy

RULES = load_policy().receivables
D = date(2026, 6, 30)


def cents(amount):
    return round(amount * 100)


def frames(invoices, payments=()):
    """Give invoices as (id, day, due, amount) and payments as (invoice, day, amount) of account A."""
    bills = pd.DataFrame(invoices, columns=["invoice_id", "invoice_date", "due_date", "amount"]).assign(account_id="A")
    paid = pd.DataFrame(payments, columns=["invoice_id", "paid_on", "amount"]).assign(account_id="A")
    bills = bills.assign(
        **{name: pd.to_datetime(bills[name]) for name in ("invoice_date", "due_date")}, amount=bills["amount"].astype(float)
    )
    return bills, paid.assign(
        paid_on=pd.to_datetime(paid["paid_on"]), amount=paid["amount"].astype(float), invoice_id=paid["invoice_id"].astype("str")
    )


def measured(invoices, payments=(), as_of=D):
    return kpis.receivables(*frames(invoices, payments), as_of=as_of, rules=RULES).loc["A"]


def oracle(invoices, payments, as_of, back):
    """Walk one group's ledger as ruling F41 tells it."""
    due_of = {row["invoice_id"]: row["due_date"] for row in invoices}
    bills = [row for row in invoices if row["invoice_date"] <= as_of]
    paid = [row for row in payments if row["paid_on"] <= as_of]
    if not bills:
        return None
    first = min(row["invoice_date"] for row in bills)

    def balance(day, still_due=lambda due: True):
        plus = sum(cents(row["amount"]) for row in bills if row["invoice_date"] <= day and still_due(row["due_date"]))
        return plus - sum(cents(row["amount"]) for row in paid if row["paid_on"] <= day and still_due(due_of[row["invoice_id"]]))

    points = [day for day in (back(as_of, k) for k in range(13)) if day >= first]
    mean = sum(balance(day) for day in points) / max(len(points), 1)
    not_due = sum(balance(day, lambda due, day=day: due >= day) for day in points) / max(len(points), 1)
    invoiced = sum(cents(row["amount"]) for row in bills if row["invoice_date"] > back(as_of, 12))
    days = min((as_of - back(as_of, 12)).days, (as_of - first).days + 1)
    enough = len(points) >= 4 and invoiced > 0
    open_now = balance(as_of)
    late = [
        (cents(row["amount"]), max(0, (row["paid_on"] - due_of[row["invoice_id"]]).days))
        for row in paid
        if row["paid_on"] > back(as_of, 12)
    ]
    for bill in bills:
        left = cents(bill["amount"]) - sum(cents(row["amount"]) for row in paid if row["invoice_id"] == bill["invoice_id"])
        if bill["due_date"] < as_of:
            late.append((left, (as_of - bill["due_date"]).days))
    late = [(amount, delay) for amount, delay in late if amount > 0]
    weight = sum(amount for amount, _ in late)
    return {
        "receivables_turnover_ratio": invoiced / mean if enough and mean > 0 else None,
        "dso_days": days * mean / invoiced if enough and mean >= 0 else None,
        "dso_best_possible_days": days * not_due / invoiced if enough and not_due >= 0 else None,
        "dso_countback_days": countback(bills, open_now, first, as_of, back),
        "overdue_share": balance(as_of, lambda due: due < as_of) / open_now if open_now > 0 else None,
        "days_late_days": sum(amount * delay for amount, delay in late) / weight if weight else None,
    }


def countback(bills, owed, first, as_of, back):
    days, k = 0.0, 0
    while owed > 0:
        start, end = back(as_of, k + 1), back(as_of, k)
        if end < first:
            return None
        billed = sum(cents(row["amount"]) for row in bills if start < row["invoice_date"] <= end)
        length = (end - start).days
        if billed > owed:
            return days + owed / billed * length
        days, owed, k = days + length, owed - max(billed, 0), k + 1
    return days


def test_receivables_agree_with_a_ledger_walked_by_hand(book, calendar, as_of, by):
    found = kpis.receivables(book.invoices_frame, book.payments_frame, as_of=as_of, rules=RULES, by=by)
    compared = 0
    for key in {row[by] for row in book.invoices}:
        own = [[row for row in rows if row[by] == key] for rows in (book.invoices, book.payments)]
        expected = oracle(*own, as_of, calendar.back)
        if expected is None:
            assert key not in found.index or found.loc[key, "dso_days"] != found.loc[key, "dso_days"]
            continue
        for metric, value in expected.items():
            assert found.at[key, metric] == pytest.approx(float("nan") if value is None else value, nan_ok=True), (key, metric)
            assert pd.isna(found.at[key, f"{metric}_note"]) == (value is not None), (key, metric)
            compared += value is not None
    assert compared >= 4


MONTHS = [("1", "2026-01-20", "2026-02-19", 300), ("2", "2026-02-20", "2026-05-01", 400), ("3", "2026-03-20", "2026-05-01", 500)]
MARCH = date(2026, 3, 31)


def test_F41_countback_900_over_500_400_300_is_59_days():
    assert measured(MONTHS, [("1", "2026-03-30", 300)], MARCH)["dso_countback_days"] == 59.0


def test_F41_dso_900_of_1200_in_90_days_is_67_5_and_600_not_due_is_45():
    bills = [("1", "2026-01-01", "2026-12-31", 600), ("2", "2026-01-01", "2026-01-15", 300), ("3", "2026-01-02", "2026-02-01", 300)]
    ledger = frames(bills, [("3", "2026-01-20", 300)])
    found = kpis.receivables(*ledger, as_of=MARCH, rules=RULES.model_copy(update={"minimum_points": 3})).loc["A"]
    assert found[["open_balance_mean_amount", "invoiced_amount", "receivables_window_days"]].tolist() == [900, 1200, 90]
    assert (found["dso_days"], found["dso_best_possible_days"]) == (67.5, 45.0)


@pytest.mark.parametrize(
    ("paid", "days"),
    [
        pytest.param(0, 90.0, id="test_F41_everything_open_is_all_its_days"),
        pytest.param(1200, 0.0, id="test_F41_nothing_open_is_0"),
        pytest.param(1300, 0.0, id="test_F41_overpaid_is_0"),
        pytest.param(700, 31.0, id="test_F41_exactly_one_month"),
        pytest.param(950, 15.5, id="test_F41_half_of_the_latest_month"),
    ],
)
def test_F41_countback_days(paid, days):
    assert measured(MONTHS, [("1", "2026-03-30", paid)], MARCH)["dso_countback_days"] == pytest.approx(days)


def test_F41_countback_months_without_invoicing_add_their_days():
    found = measured([("1", "2026-01-20", "2026-02-19", 300), ("3", "2026-03-20", "2026-05-01", 500)], [("1", "2026-03-30", 150)], MARCH)
    assert found["dso_countback_days"] == pytest.approx(31 + 28 + 15.5)


def test_F41_countback_is_not_measured_where_history_ends_first():
    found = measured([("1", "2026-03-20", "2026-05-01", 500)], [("1", "2026-03-30", -100)], MARCH)
    assert (pd.isna(found["dso_countback_days"]), found["dso_countback_days_note"]) == (True, "history_ends_first")


@pytest.mark.parametrize(
    ("first", "points", "is_measured"),
    [
        pytest.param("2026-03-31", 4, True, id="test_F41_four_balances_are_enough"),
        pytest.param("2026-04-01", 3, False, id="test_F41_three_are_not"),
        pytest.param("2020-01-01", 13, True, id="test_F41_at_most_thirteen"),
    ],
)
def test_F41_young_accounts(first, points, is_measured):
    found = measured([("1", first, "2026-09-30", 100), ("2", "2026-06-01", "2026-09-30", 100)])
    assert found["balance_points_count"] == points
    assert pd.isna(found["dso_days"]) != is_measured
    assert (found["dso_days_note"] == "short_history") != is_measured


def test_F41_a_steady_young_account_that_owes_a_month_has_a_dso_of_a_month():
    bills = [(f"{m}", f"2026-{m:02d}-15", "2026-12-31", 100) for m in range(1, 7)]
    paid = [(f"{m}", f"2026-{m + 1:02d}-15", 100) for m in range(1, 6)]
    found = measured(bills, paid)
    assert found["receivables_window_days"] == 167
    assert found["dso_days"] == pytest.approx(167 * 100 / 600)


@pytest.mark.parametrize(
    ("due", "overdue"),
    [
        pytest.param("2026-06-29", 1.0, id="test_F41_due_yesterday_is_overdue"),
        pytest.param("2026-06-30", 0.0, id="test_F41_due_today_is_not"),
    ],
)
def test_F41_overdue_means_due_before_the_date(due, overdue):
    assert measured([("1", "2026-05-01", due, 100)])["overdue_share"] == overdue


def test_F41_days_late_weighs_payments_of_the_year_and_what_is_overdue():
    bills = [("1", "2025-08-01", "2025-09-01", 300), ("2", "2026-05-01", "2026-06-20", 100), ("3", "2024-01-01", "2024-02-01", 900)]
    paid = [("1", "2025-09-11", 100), ("1", "2025-08-20", 200), ("3", "2024-12-31", 900)]
    assert measured(bills, paid)["days_late_days"] == pytest.approx((100 * 10 + 200 * 0 + 100 * 10) / 400)


def test_F41_a_paid_up_account_has_no_turnover_and_a_dso_of_nought():
    found = measured(
        [(str(m), f"2026-{m:02d}-05", "2026-12-31", 100) for m in range(1, 7)], [(str(m), f"2026-{m:02d}-05", 100) for m in range(1, 7)]
    )
    assert (found["dso_days"], found["dso_countback_days"]) == (0, 0)
    assert (pd.isna(found["receivables_turnover_ratio"]), found["receivables_turnover_ratio_note"]) == (True, "open_balance_none")
    assert found["overdue_share_note"] == "open_balance_none"


def test_law_L6_an_invoice_and_its_credit_note_change_nothing(book):
    extra = [("x", "2025-10-01", "2025-11-01", 500), ("y", "2025-10-01", "2025-11-01", -500)]
    bills = pd.concat([book.invoices_frame, frames(extra)[0].assign(account_id="A2", manager_id="M1", portfolio="all")], ignore_index=True)
    plain = kpis.receivables(book.invoices_frame, book.payments_frame, as_of=D, rules=RULES)
    cancelled = kpis.receivables(bills, book.payments_frame, as_of=D, rules=RULES)
    counted_apart = ["late_amount", "late_amount_days", "days_late_days", "days_late_days_note"]
    pd.testing.assert_frame_equal(cancelled.drop(columns=counted_apart), plain.drop(columns=counted_apart))


def test_nothing_known_yet_gives_no_row(book):
    assert kpis.receivables(book.invoices_frame, book.payments_frame, as_of=date(2020, 1, 1), rules=RULES).empty


def test_receivables_refuse():
    bills, paid = frames(MONTHS, [("1", "2026-03-30", 300)])
    with pytest.raises(ValueError, match="invoices lacks due_date"):
        kpis.receivables(bills.drop(columns="due_date"), paid, as_of=D, rules=RULES)
    with pytest.raises(ValueError, match="payments lacks account_id"):
        kpis.receivables(bills, paid.drop(columns="account_id"), as_of=D, rules=RULES)
    with pytest.raises(ValueError, match="invoice_id must be unique; 1 stands twice"):
        kpis.receivables(pd.concat([bills, bills.head(1)]), paid, as_of=D, rules=RULES)
    with pytest.raises(ValueError, match="account_id must be given in every row"):
        kpis.receivables(bills.assign(account_id=["A", None, "A"]), paid, as_of=D, rules=RULES)
