"""KPIs 1, 2 and 4 against sums made by hand in whole cents."""

from datetime import date

import pandas as pd
import pytest

from kamlib import kpis

D = date(2026, 6, 30)


def cents(amount):
    return round(amount * 100)


def lines(*rows, **columns):
    """Give order lines as (account, day, net revenue)."""
    frame = pd.DataFrame(rows, columns=["account_id", "order_date", "net_revenue"])
    return frame.assign(
        order_date=pd.to_datetime(frame["order_date"], format="ISO8601"), net_revenue=frame["net_revenue"].astype(float), **columns
    )


LONG_AGO = ("Z", "2020-01-01", 1)


def grouped(rows, by, keep):
    groups = {}
    for row in rows:
        groups.setdefault(row[by], [])
        if keep(row):
            groups[row[by]].append(row)
    return groups


def test_revenue_agrees_with_plain_sums(book, calendar, as_of, by):
    known = [row for row in book.orders if row["order_date"] <= as_of]
    found = kpis.revenue(book.orders_frame, as_of=as_of, by=by)
    current = grouped(known, by, lambda row: calendar.within(row["order_date"], as_of))
    prior = grouped(known, by, lambda row: calendar.within(row["order_date"], as_of, offset=12))
    assert found.index.tolist() == sorted(current)
    for key, rows in current.items():
        assert cents(found.at[key, "revenue_amount"]) == sum(cents(row["net_revenue"]) for row in rows)
        assert cents(found.at[key, "revenue_prior_amount"]) == sum(cents(row["net_revenue"]) for row in prior[key])
        assert found.at[key, "quantity_count"] == sum(row["quantity"] for row in rows)
        assert found.at[key, "lines_count"] == len(rows)
        months = [
            sum(cents(row["net_revenue"]) for row in rows if calendar.back(as_of, k + 1) < row["order_date"] <= calendar.back(as_of, k))
            for k in range(12)
        ]
        assert found.at[key, "active_months_count"] == sum(month > 0 for month in months)


def test_orders_count_once_on_their_first_positive_day(book, calendar, as_of, by):
    first = {}
    for row in book.orders:
        if row["net_revenue"] > 0 and row["order_date"] <= as_of:
            key = (row[by], row["account_id"], row["order_id"])
            first[key] = min(first.get(key, row["order_date"]), row["order_date"])
    found = kpis.revenue(book.orders_frame, as_of=as_of, by=by)["orders_count"]
    for group, count in found.items():
        assert count == sum(key[0] == group and calendar.within(day, as_of) for key, day in first.items())


def test_margin_agrees_with_plain_sums(book, calendar, as_of, by):
    known = [row for row in book.orders if row["order_date"] <= as_of]
    found = kpis.margin(book.orders_frame, as_of=as_of, by=by)
    for key, rows in grouped(known, by, lambda row: calendar.within(row["order_date"], as_of)).items():
        costed = [row for row in rows if row["cost"] is not None]
        base, cost = (sum(cents(row[name]) for row in costed) for name in ("net_revenue", "cost"))
        size = sum(abs(cents(row["net_revenue"])) for row in rows)
        assert found.at[key, "margin_rate"] == pytest.approx((base - cost) / base if base > 0 else float("nan"), nan_ok=True)
        expected = sum(abs(cents(row["net_revenue"])) for row in costed) / size if size else float("nan")
        assert found.at[key, "margin_rate_coverage"] == pytest.approx(expected, nan_ok=True)


def test_growth_agrees_with_plain_sums(book, calendar, as_of, by):
    known = [row for row in book.orders if row["order_date"] <= as_of]
    is_long = min(row["order_date"] for row in known) <= calendar.back(as_of, 23)
    found = kpis.growth(book.orders_frame, as_of=as_of, by=by)
    current = grouped(known, by, lambda row: calendar.within(row["order_date"], as_of))
    prior = grouped(known, by, lambda row: calendar.within(row["order_date"], as_of, offset=12))
    for key, rows in current.items():
        now, before = (sum(cents(row["net_revenue"]) for row in group) for group in (rows, prior[key]))
        expected = now / before - 1 if before > 0 and is_long else float("nan")
        assert found.at[key, "growth_rate"] == pytest.approx(expected, nan_ok=True)


def test_daily_sums_give_the_same_as_lines(book, as_of, by):
    daily = kpis.sales_by_day(book.orders_frame, keys=["account_id", "manager_id", "portfolio"])
    for measure in (kpis.revenue, kpis.margin, kpis.growth):
        pd.testing.assert_frame_equal(measure(daily, as_of=as_of, by=by), measure(book.orders_frame, as_of=as_of, by=by))


def test_law_L14_daily_sums_of_daily_sums_are_the_same(book):
    once = kpis.sales_by_day(book.orders_frame)
    pd.testing.assert_frame_equal(kpis.sales_by_day(once), once)


def test_category_and_text_give_the_same(book, by):
    as_category = book.orders_frame.assign(**{by: book.orders_frame[by].astype("category")})
    for measure in (kpis.revenue, kpis.margin, kpis.growth):
        pd.testing.assert_frame_equal(
            measure(as_category, as_of=D, by=by), measure(book.orders_frame, as_of=D, by=by), check_index_type=False
        )


@pytest.mark.parametrize(
    ("rows", "rate", "note"),
    [
        pytest.param([("A", "2025-06-30", 100), ("A", "2026-06-30", 125)], 0.25, None, id="test_M14_growth_of_a_quarter"),
        pytest.param([("A", "2026-01-05", 5000)], None, "new", id="test_D10_nothing_before_is_new"),
        pytest.param([("A", "2026-01-05", -1200)], None, "base_not_positive", id="test_D09_credit_notes_only"),
        pytest.param([("A", "2025-01-05", -1200), ("A", "2026-01-05", 600)], None, "base_not_positive", id="test_D09_negative_base"),
        pytest.param([("A", "2023-01-05", 10)], None, "inactive", id="nothing in both windows"),
        pytest.param([("A", "2025-01-05", 10)], -1.0, "lost", id="nothing now"),
        pytest.param(
            [("A", "2025-01-05", 0.3), ("A", "2025-01-06", -0.1), ("A", "2025-01-07", -0.2)],
            None,
            "inactive",
            id="test_F8_noise_is_no_base",
        ),
    ],
)
def test_growth_and_its_note(rows, rate, note):
    found = kpis.growth(lines(LONG_AGO, *rows), as_of=D).loc["A"]
    assert found["growth_rate"] == pytest.approx(float("nan") if rate is None else rate, nan_ok=True)
    assert (None if pd.isna(found["growth_rate_note"]) else found["growth_rate_note"]) == note


@pytest.mark.parametrize(
    ("first", "growth_note", "revenue_note"),
    [
        pytest.param("2024-07-01", "new", None, id="two whole years"),
        pytest.param("2024-07-31", "new", None, id="first order in the first month"),
        pytest.param("2024-08-01", "short_history", None, id="first month without any order"),
        pytest.param("2025-08-01", "short_history", "short_history", id="less than a year"),
    ],
)
def test_F40_short_history_is_not_growth(first, growth_note, revenue_note):
    orders = lines(("B", first, 1), ("A", "2026-06-01", 50))
    grown, sold = kpis.growth(orders, as_of=D).loc["A"], kpis.revenue(orders, as_of=D).loc["A"]
    assert grown["growth_rate_note"] == growth_note
    assert pd.isna(grown["growth_rate"])
    assert (None if pd.isna(sold["revenue_amount_note"]) else sold["revenue_amount_note"]) == revenue_note
    assert sold["revenue_amount"] == 50


def test_F4_quantity_in_two_units_is_not_added():
    orders = lines(LONG_AGO, ("A", "2026-06-01", 5), ("A", "2026-06-02", 6), ("B", "2026-06-02", 6), ("A", "2025-01-01", 1))
    found = kpis.revenue(orders.assign(quantity=1.0, unit=["pc", "pc", "kg", "kg", "t"]), as_of=D)
    assert found["quantity_count"].isna().to_dict() == {"A": True, "B": False, "Z": False}
    assert found["quantity_count_note"].fillna("").to_dict() == {"A": "mixed_units", "B": "", "Z": ""}
    assert found.at["A", "revenue_amount"] == 11


def test_F4_units_of_the_prior_window_do_not_mix_in():
    orders = lines(("A", "2025-01-01", 1), ("A", "2026-06-01", 5)).assign(quantity=[9.0, 2.0], unit=["kg", "pc"])
    assert kpis.revenue(orders, as_of=D).at["A", "quantity_count"] == 2


def test_window_edges_and_later_rows():
    orders = lines(("A", "2025-06-30", 1), ("A", "2025-07-01", 10), ("A", "2026-06-30 23:59:59", 100), ("A", "2026-07-01", 1000))
    found = kpis.revenue(orders, as_of=D).loc["A"]
    assert (found["revenue_amount"], found["revenue_prior_amount"]) == (110, 1)


def test_quantity_and_orders_are_not_measured_where_no_column_gives_them():
    found = kpis.revenue(lines(("A", "2026-06-01", 5)), as_of=D).loc["A"]
    assert found[["quantity_count", "orders_count"]].isna().all()


@pytest.mark.parametrize(
    ("cost", "rate", "coverage", "note"),
    [
        pytest.param([60.0, 20.0], 0.2, 1.0, None, id="all known"),
        pytest.param([45.0, None], 0.4, 0.75, None, id="part known"),
        pytest.param([None, None], None, 0.0, "no_cost", id="none known"),
    ],
)
def test_margin_rate_and_its_coverage(cost, rate, coverage, note):
    orders = lines(("A", "2026-06-01", 75), ("A", "2026-06-02", 25)).assign(cost=pd.Series(cost, dtype=float))
    found = kpis.margin(orders, as_of=D).loc["A"]
    assert found["margin_rate"] == pytest.approx(float("nan") if rate is None else rate, nan_ok=True)
    assert (found["margin_rate_coverage"], None if pd.isna(found["margin_rate_note"]) else found["margin_rate_note"]) == (coverage, note)


def test_margin_of_returns_only_is_not_measured():
    found = kpis.margin(lines(("A", "2026-06-01", -75)).assign(cost=-60.0), as_of=D).loc["A"]
    assert (pd.isna(found["margin_rate"]), found["margin_rate_note"]) == (True, "base_not_positive")
    assert kpis.margin(lines(("A", "2020-06-01", 75)).assign(cost=60.0), as_of=D).at["A", "margin_rate_note"] == "no_rows"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([("A", "2026-01-31", -5), ("A", "2026-02-01", 9)], "2026-02-01", id="a return is no first order"),
        pytest.param([("A", "2026-01-31", 9), ("A", "2026-01-31", -9), ("A", "2026-03-01", 1)], "2026-03-01", id="taken back the same day"),
        pytest.param([("A", "2026-07-01", 9)], None, id="later than the date"),
    ],
)
def test_F31_first_positive_order(rows, expected):
    found = kpis.first_order_date(lines(*rows), as_of=D).get("A")
    assert found == (None if expected is None else pd.Timestamp(expected))


@pytest.mark.parametrize("measure", [kpis.revenue, kpis.margin, kpis.growth])
def test_sales_refuse_missing_columns_and_rows_of_nobody(measure):
    with pytest.raises(ValueError, match="orders lacks net_revenue"):
        measure(lines(("A", "2026-06-01", 5)).drop(columns="net_revenue"), as_of=D)
    with pytest.raises(ValueError, match="account_id must be given in every row; 1 of 1 have none"):
        measure(lines((None, "2026-06-01", 5)), as_of=D)
