"""An engagement on one screen: files as texts, tables as a mapping, read from a folder of the test's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kamlib.checks import InvalidInput
from kamlib.data.engagement import load_engagement
from kamlib.data.read import read

ONE_FILE = {
    "order_id": {"row_number": True},
    "line": {"const": 1},
    "account_id": "account_id",
    "order_date": {"const": "2024-03-01"},
    "product": {"const": "all"},
    "quantity": {"const": 1},
    "net_revenue": "revenue",
}
ACCOUNTS = "account_id,name\nA1,Acme\nA2,Bolt\nA3,Cord\n"
ORDERS = """order_id,line,account_id,order_date,product,quantity,net_revenue
1,1,A1,2024-03-01,nut,10,100.00
1,2,A1,2024-03-01,bolt,5,50.50
2,1,A2,2024-04-15,nut,1,9.99
3,1,A3,2024-05-20,nut,-2,-20.00
"""


class Bench:
    """Writes an engagement into a folder and reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, files: dict[str, str | bytes], tables: dict, **head) -> Path:
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path = self.folder / "engagement.yaml"
        settings = {"schema": 1, "name": "Test", "as_of": "2024-05-31", "currency": "EUR", **head, "tables": tables}
        path.write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        return path

    def read(self, files: dict[str, str | bytes], tables: dict, **head):
        return read(load_engagement(self.write(files, tables, **head)))

    def refused(self, files: dict[str, str | bytes], tables: dict, **head) -> list:
        with pytest.raises(InvalidInput) as error:
            self.read(files, tables, **head)
        return error.value.problems

    def plain(self, accounts: str | bytes = ACCOUNTS, orders: str | bytes = ORDERS, **more):
        """Read two CSV files with canonical names, further tables and options beside them."""
        return self.read(
            {"accounts.csv": accounts, "orders.csv": orders, **more.pop("files", {})}, self.two(more.pop("tables", {})), **more
        )

    @staticmethod
    def two(more: dict | None = None) -> dict:
        tables = {"accounts": {"file": "accounts.csv"}, "orders": {"file": "orders.csv"}}
        for name, table in (more or {}).items():
            tables[name] = {**tables.get(name, {}), **table}
        return tables

    @staticmethod
    def one_file(name: str, **options) -> dict:
        """Accounts and orders from one file with the columns account_id, name and revenue."""
        accounts = {"file": name, "columns": {"account_id": "account_id", "name": "name"}, **options}
        return {"accounts": accounts, "orders": {"file": name, "columns": ONE_FILE, **options}}


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)
