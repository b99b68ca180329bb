"""KPI 7: share of wallet from summed parts, market share over the very same twelve months."""

from datetime import date

import pandas as pd
import pytest

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
    return pd.DataFrame(rows, columns=["product_line", "period", "size"]).assign(total="total")


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
    found = kpis.market_share(SALES, market(("Pumps", "2025", 1000.0), ("Gears", "2025", 200.0)), as_of=D, by="total").loc["total"]
    assert found["market_share"] == pytest.approx(120 / 1200)


def test_shares_refuse():
    with pytest.raises(ValueError, match="accounts lacks annual_wallet"):
        kpis.wallet_share(SALES, accounts(("A", "M", 1.0)).drop(columns="annual_wallet"), as_of=D)
    with pytest.raises(ValueError, match='a period reads like "2026", .* got "next year"'):
        kpis.market_share(SALES, market(("Pumps", "next year", 1.0)), as_of=D)
