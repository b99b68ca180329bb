"""The controls: real exports reconcile with their source to the cent. Skipped, and said so, where they are not at hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kamlib.data.engagement import load_engagement
from kamlib.data.read import read

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared/data"


def at_hand(name):
    return pytest.mark.skipif(not (SHARED / name).is_dir(), reason=f"../shared/data/{name} is not there: its controls were not run")


def accounted(tables):
    for quality in tables.quality.tables.values():
        assert quality.rows_read == quality.rows_used + quality.rows_filtered + quality.rows_duplicate + sum(quality.rows_refused.values())
        assert quality.rows_used == len(tables[quality.table])


@pytest.fixture(scope="module")
def adventureworks():
    return read(load_engagement(ROOT / "params/adventureworks.yaml"))


@at_hand("adventureworks")
def test_adventureworks_reconciles(adventureworks):
    orders, found = adventureworks["orders"], adventureworks.quality.tables["orders"]
    assert len(orders) == found.rows_used == 60_919 and orders["order_id"].nunique() == 3_806 and found.accounts == 635
    assert round(found.totals["net_revenue"], 2) == Decimal("80487704.18")
    assert (found.first_date, found.last_date) == (date(2011, 5, 31), date(2014, 5, 1))
    accounted(adventureworks)


@at_hand("adventureworks")
def test_adventureworks_takes_its_attributes_from_the_joined_files(adventureworks):
    accounts, orders = adventureworks["accounts"].set_index("account_id"), adventureworks["orders"]
    assert len(accounts) == 635 and accounts.loc["29825", "name"] == "Better Bike Shop" and accounts["annual_wallet"].notna().all()
    assert set(orders["product_line"].unique()) == {"Bikes", "Components", "Clothing", "Accessories"}
    assert set(orders["manager_id"].unique()) <= set(adventureworks["managers"]["manager_id"])
    assert (orders["list_price"] >= orders["net_revenue"] - 1e-6).all()
    assert set(adventureworks["contacts"]["role"]) == {"executive", "procurement"}
    assert not adventureworks.quality.problems and not adventureworks.quarantined


@at_hand("adventureworks")
def test_adventureworks_has_489_active_accounts_in_twelve_months(adventureworks):
    orders = adventureworks["orders"]
    window = orders[(orders["order_date"] > "2013-05-31") & (orders["order_date"] <= "2014-05-31")]
    assert (window.groupby("account_id", observed=True)["net_revenue"].sum() > 0).sum() == 489


@at_hand("online_retail_ii")
def test_online_retail_has_its_customers():
    tables = read(load_engagement(ROOT / "params/online_retail.yaml"))
    assert len(tables["accounts"]) == 5_942 and tables.quality.tables["orders"].rows_read == 525_461 + 541_909
    accounted(tables)


COLUMNS = {
    "order_id": "InvoiceNo",
    "line": {"row_number": True},
    "account_id": "CustomerID",
    "order_date": "InvoiceDate",
    "product": "StockCode",
    "quantity": "Quantity",
    "net_revenue": {"product": ["Quantity", "UnitPrice"]},
}
KNOWN = {"column": "CustomerID", "op": "known"}
SOLD = [KNOWN, {"column": "Quantity", "op": ">", "value": 0}, {"column": "UnitPrice", "op": ">", "value": 0}]


@at_hand("online_retail_ii")
@pytest.mark.parametrize(
    ("where", "rows", "customers", "invoices", "revenue"),
    [
        pytest.param(SOLD, 397_884, 4_338, 18_532, "8911407.904", id="sales"),
        pytest.param([KNOWN], 406_829, 4_372, 22_190, "8300065.814", id="with returns"),
    ],
)
def test_online_retail_second_file_reconciles(bench, where, rows, customers, invoices, revenue):
    source = {"file": str(SHARED / "online_retail_ii/Year_2010-2011.parquet"), "columns": COLUMNS, "where": where}
    tables = bench.read({}, {"accounts": {"distinct": "orders"}, "orders": source}, currency="GBP", as_of="2011-12-09")
    found = tables.quality.tables["orders"]
    assert (found.rows_used, found.accounts, tables["orders"]["order_id"].nunique()) == (rows, customers, invoices)
    assert found.totals["net_revenue"] == Decimal(revenue)
    accounted(tables)
