"""KPI 7: share of wallet from summed parts, market share over the very same twelve months."""

from datetime import date
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib import kpis

D = date(2025, 12, 31)


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "product_line", "order_date", "net_revenue"])
    return frame.assign(order_date=pd.to_datetime(frame["order_date"]), net_revenue=frame["net_revenue"].astype(float))


def accounts(*rows):
    return pd.DataFrame(rows, columns=["account_id", "manager_id", "annual_wallet"])


SALES = orders(
    ("A", "Pumps", "2025-03-01", 30), ("B", "Pumps", "2025-03-01", 90), ("C", "Valves", "2025-03-01", 60), ("A", "Valves", "2024-12-31", 7)
)


def test_wallet_share_of_accounts():
    book = accounts(("A", "M", 120.0), ("B", "M", 60.0), ("C", "M", None), ("D", "M", 40.0), ("E", "M", 0.0))
    found = kpis.wallet_share(SALES, book, as_of=D)
    assert [None if pd.isna(share) else share for share in found["wallet_share"]] == [0.25, 1.5, None, 0.0, None]
    assert found["wallet_share_note"].fillna("").tolist() == ["", "wallet_understated", "", "", ""]


def test_F25_share_above_one_is_kept_and_noted():
    found = kpis.wallet_share(SALES, accounts(("B", "M", 60.0)), as_of=D).loc["B"]
    assert (found["wallet_share"], found["wallet_share_note"]) == (1.5, "wallet_understated")


def test_D09_negative_revenue_has_no_share_of_wallet():
    found = kpis.wallet_share(orders(("A", "Pumps", "2025-03-01", -5)), accounts(("A", "M", 60.0)), as_of=D).loc["A"]
    assert (pd.isna(found["wallet_share"]), found["wallet_share_note"]) == (True, "base_not_positive")


def test_M30_manager_share_comes_from_summed_parts_over_known_wallets():
    book = accounts(("A", "M", 120.0), ("B", "M", 80.0), ("C", "M", None), ("D", "N", None))
    found = kpis.wallet_share(SALES, book, as_of=D, by="manager_id")
    assert found.loc["M", ["wallet_share", "wallet_share_coverage"]].tolist() == pytest.approx([120 / 200, 120 / 180])
    assert found.loc["N"].drop("wallet_share_note").isna().all()


def test_wallet_share_agrees_with_plain_sums(book, calendar, as_of):
    wallets = {"A1": 900.0, "A2": 5000.0, "A3": None, "A4": 70.5, "A5": 12.0, "A6": None}
    frame = pd.DataFrame(
        [(key, book.manager_of[key], wallet) for key, wallet in wallets.items()], columns=["account_id", "manager_id", "annual_wallet"]
    )
    found = kpis.wallet_share(book.orders_frame, frame, as_of=as_of, by="manager_id")["wallet_share"]
    for manager in set(book.manager_of.values()):
        known = [key for key, wallet in wallets.items() if wallet and book.manager_of[key] == manager]
        rows = [row for row in book.orders if row["account_id"] in known and calendar.within(row["order_date"], as_of)]
        sold = sum(round(row["net_revenue"] * 100) for row in rows) / 100
        expected = sold / sum(wallets[key] for key in known) if known and sold >= 0 else float("nan")
        assert found[manager] == pytest.approx(expected, nan_ok=True)


def market(*rows):
    return pd.DataFrame(rows, columns=["product_line", "period", "size"])


@pytest.mark.parametrize(
    ("rows", "as_of", "expected"),
    [
        pytest.param([("Pumps", "2025", 1200.0)], D, 0.1, id="test_F45_a_year"),
        pytest.param([("Pumps", f"2025Q{q}", 300.0) for q in range(1, 5)], D, 0.1, id="test_F45_four_quarters"),
        pytest.param([("Pumps", f"2025-{m:02d}", 100.0) for m in range(1, 13)], D, 0.1, id="test_F45_twelve_months"),
        pytest.param([("Pumps", f"2025-{m:02d}", 100.0) for m in range(1, 12)], D, None, id="test_F45_a_month_missing"),
        pytest.param([("Pumps", "2025", 1200.0)], date(2025, 12, 30), None, id="test_F45_not_the_same_twelve_months"),
        pytest.param([("Pumps", "2025", 0.0)], D, None, id="no market"),
        pytest.param([("Pumps", "2025", 1200.0), ("Pumps", "2024", 1.0)], D, 0.1, id="another year does not add"),
        pytest.param([("Gears", "2025", 50.0)], D, 0.0, id="a market without us"),
    ],
)
def test_F45_market_share(rows, as_of, expected):
    found = kpis.market_share(SALES, market(*rows), as_of=as_of).iloc[0]
    assert found["market_share"] == pytest.approx(float("nan") if expected is None else expected, nan_ok=True)
    assert (found["market_share_note"] == "no_rows") == (expected is None)


def test_F45_total_is_over_the_lines_whose_market_is_known():
    sizes = market(("Pumps", "2025", 1000.0), ("Gears", "2025", 200.0))
    found = kpis.market_share(SALES.assign(total="total"), sizes, as_of=D, by="total").loc["total"]
    assert found["market_share"] == pytest.approx(120 / 1200)


def test_F12_a_manager_has_the_share_that_its_accounts_bring_and_managers_add_up():
    sizes = market(("Pumps", "2025", 1000.0), ("Valves", "2025", 500.0))
    sold = SALES.assign(manager_id=SALES["account_id"].map({"A": "M", "B": "M", "C": "N"}))
    found = kpis.market_share(sold, sizes, as_of=D, by="manager_id", ids=pd.Index(["M", "N", "O"]))
    assert found["market_share"].tolist() == pytest.approx([120 / 1500, 60 / 1500, 0])
    assert found["market_size_amount"].tolist() == [1500] * 3 and found["market_share_note"].isna().all()


def wallets(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "date", "annual_wallet"])
    return frame.assign(date=pd.to_datetime(frame["date"]))


DATED = wallets(("A", "2024-12-31", 80), ("A", "2025-01-01", 90), ("B", "2025-12-31", 70), ("B", "2026-01-01", 1), ("C", "2020-05-02", 40))


@pytest.mark.parametrize(
    ("undated", "now"),
    [
        pytest.param(True, [90, 70, 40, 60], id="today's wallet stands in"),
        pytest.param(False, [90, 70, 40, None], id="test_F2_in_the_past"),
    ],
)
def test_F49_the_latest_wallet_known_at_the_day_counts(undated, now):
    book = accounts(("A", "M", 5.0), ("B", "M", None), ("C", "M", None), ("D", "M", 60.0))
    found = kpis.known_wallets(book, DATED, as_of=D, undated=undated)
    assert [None if pd.isna(wallet) else wallet for wallet in found["annual_wallet"]] == now
    assert [None if pd.isna(wallet) else wallet for wallet in found["annual_wallet_prior"]] == [80, None, 40, None]
    shuffled = kpis.known_wallets(book, DATED[::-1], as_of=D, undated=undated)
    pd.testing.assert_frame_equal(found, shuffled)


def test_F49_without_dated_wallets_the_accounts_own_stands():
    book = accounts(("A", "M", 5.0))
    assert kpis.known_wallets(book, None, as_of=D)["annual_wallet"].tolist() == [5.0]
    assert kpis.known_wallets(book, None, as_of=D, undated=False)["annual_wallet"].isna().all()


LONG = orders(("Z", "Pumps", "2023-01-02", 1), ("A", "Pumps", "2024-06-03", 20), ("A", "Pumps", "2025-06-03", 45))


@pytest.mark.parametrize(
    ("prior", "expected", "note"),
    [
        pytest.param(40.0, 45 / 90 - 20 / 40, "", id="difference of the two shares"),
        pytest.param(None, (45 - 20) / 90, "constant_wallet", id="known once: taken as constant"),
        pytest.param(0.0, (45 - 20) / 90, "constant_wallet", id="nothing is not known"),
    ],
)
def test_F49_gain_in_share_of_wallet(prior, expected, note):
    book = accounts(("A", "M", 90.0)).assign(annual_wallet_prior=prior).astype({"annual_wallet_prior": float})
    found = kpis.wallet_gain(LONG, book, as_of=D).loc["A"]
    assert found["wallet_gain_share"] == pytest.approx(expected)
    assert ("" if pd.isna(found["wallet_gain_share_note"]) else found["wallet_gain_share_note"]) == note


def test_F49_gain_needs_a_wallet_and_two_years():
    book = accounts(("A", "M", 90.0), ("B", "M", None)).assign(annual_wallet_prior=[40.0, 40.0])
    assert kpis.wallet_gain(LONG, book, as_of=D)["wallet_gain_share_note"].fillna("").tolist() == ["", "no_rows"]
    short = kpis.wallet_gain(LONG[LONG["order_date"] > "2024-03-01"], book, as_of=D)
    assert short["wallet_gain_share"].isna().all() and (short["wallet_gain_share_note"] == "short_history").all()


@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 900), st.none() | st.integers(0, 500), st.none() | st.integers(1, 500)), min_size=1
    )
)
@settings(max_examples=40)
def test_F49_gain_of_a_manager_agrees_with_plain_fractions(rows):
    lines = [
        (f"c{n}", "Pumps", day, amount)
        for n, (now, before, *_) in enumerate(rows)
        for day, amount in (("2025-05-02", now), ("2024-05-02", before))
    ]
    book = accounts(*[(f"c{n}", "M", wallet) for n, (_, _, wallet, _) in enumerate(rows)]).astype({"annual_wallet": float})
    book = book.assign(annual_wallet_prior=[float("nan") if prior is None else float(prior) for *_, prior in rows])
    found = kpis.wallet_gain(orders(("Z", "Pumps", "2023-01-02", 1), *lines), book, as_of=D, by="manager_id").loc["M"]
    known = [row for row in rows if row[2]]
    if not known:
        assert pd.isna(found["wallet_gain_share"])
        return
    now = Fraction(sum(row[0] for row in known), sum(row[2] for row in known))
    then = Fraction(sum(row[1] for row in known), sum(row[3] or row[2] for row in known))
    assert found["wallet_gain_share"] == pytest.approx(float(now - then))


def test_shares_refuse():
    with pytest.raises(ValueError, match="accounts lacks annual_wallet"):
        kpis.wallet_share(SALES, accounts(("A", "M", 1.0)).drop(columns="annual_wallet"), as_of=D)
    with pytest.raises(ValueError, match='a period reads like "2026", .* got "next year"'):
        kpis.market_share(SALES, market(("Pumps", "next year", 1.0)), as_of=D)
