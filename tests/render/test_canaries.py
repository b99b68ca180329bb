"""Nothing of one account in another's workbook: canaries in every text, every output opened to its last member."""

from __future__ import annotations

import csv
import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kamlib.render.run import render

ROOT = Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("KAM_CANARIES", "12"))  # 100 on demand: KAM_CANARIES=100 pytest tests/render/test_canaries.py
TEXTS = {
    "accounts": ("name", "industry"),
    "contacts": ("name",),
    "assessments": ("source",),
    "orders": ("product",),
    "outcomes": ("measure",),
}
ROW_IDS = ("order_id", "returns_of", "invoice_id", "payment_id", "contact_id", "backup_id", "ticket_id", "promise_id", "ref", "tax_id")
ATTACK = '<img src=x onerror=alert(1)>=HYPERLINK("http://evil","x")'


def canary(account_id: str) -> str:
    return f"CANARY{account_id}X"


def read_rows(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[dict]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def grown(folder: Path, count: int) -> None:
    """Copy accounts with all their rows under new ids until there are so many; a copy belongs to no group."""
    tables = {path: read_rows(path) for path in folder.glob("*.csv")}
    accounts = [row["account_id"] for row in tables[folder / "accounts.csv"]]
    owner = {row["invoice_id"]: row["account_id"] for row in tables[folder / "invoices.csv"]}
    owner |= {row["order_id"]: row["account_id"] for row in tables[folder / "orders.csv"]}
    for number in range(count - len(accounts)):
        original, copy = accounts[number % len(accounts)], f"C{number:03}"
        for path, rows in tables.items():
            rows += [copied(row, original, copy) for row in rows if whose(row, path.stem, owner) == original]
    for path, rows in tables.items():
        write_rows(path, rows)


def whose(row: dict, table: str, owner: dict[str, str]) -> str | None:
    """Return the account of a row: its own, that of its order or invoice, or whose target it is."""
    if table == "targets":
        return row["id"] if row["scope"] == "account" else None
    by = {"payments": "invoice_id", "approvals": "order_id"}.get(table)
    return owner.get(row[by]) if by else row.get("account_id")


def copied(row: dict, original: str, copy: str) -> dict:
    new = {column: f"{cell}-{copy}" if column in ROW_IDS and cell else cell for column, cell in row.items()}
    return (
        new
        | {column: copy for column in ("account_id", "id") if row.get(column) == original}
        | ({"parent_id": ""} if "parent_id" in row else {})
    )


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Render accounts whose every text carries their own canary and an attack."""
    folder = tmp_path_factory.mktemp("canaries")
    shutil.copytree(ROOT / "params/sample", folder / "sample")
    shutil.copy(ROOT / "params/sample.yaml", folder / "sample.yaml")
    grown(folder / "sample", COUNT)
    for table, columns in TEXTS.items():
        rows = read_rows(folder / "sample" / f"{table}.csv")
        for row in rows:
            for column in columns:
                row[column] = row[column] and f"{row[column]} {canary(row['account_id'])} {ATTACK if column == 'name' else ''}".strip()
        write_rows(folder / "sample" / f"{table}.csv", rows)
    yaml = YAML()
    for path in (folder / "sample/plans").glob("*.yaml"):
        plan = yaml.load(path)
        for group in ("actions", "needs", "risks", "beliefs"):
            for entry in plan.get(group, []):
                key = "stated" if group == "needs" else "text"
                entry[key] = f"{entry[key]} {canary(plan['account_id'])} {ATTACK}"
        yaml.dump(plan, path)
    accounts = read_rows(folder / "sample/accounts.csv")
    chosen = [row["account_id"] for row in accounts][:COUNT]
    parents = {row["account_id"]: row["parent_id"] for row in accounts}
    summary = render(folder / "sample.yaml", accounts=chosen, formats=("html", "ipynb", "xlsx", "ics"), jobs=2, out=folder / "out")
    assert not summary.failed, [record.reason for record in summary.failed]
    assert len(summary.records) == COUNT
    return folder / "out", summary, parents, [row["account_id"] for row in accounts]


def opened(path: Path) -> str:
    """Return everything that a file holds, members of archives included."""
    raw = path.read_bytes()
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    return raw.decode("utf-8").replace("\r\n ", "")  # calendars fold long lines


def family(account_id: str, parents: dict) -> set[str]:
    """Return an account and the accounts of its group: they may know each other."""

    def root(name):
        return root(parents[name]) if parents.get(name) else name

    return {name for name in parents if root(name) == root(account_id)}


def test_no_canary_of_another_account_is_in_any_file(rendered):
    out, summary, parents, everyone = rendered
    for record in summary.records:
        others = [canary(name) for name in everyone if name not in family(record.account_id, parents)]
        for ending, entry in record.files.items():
            held = opened(out / entry["path"])
            assert canary(record.account_id) in held, (record.account_id, ending, "its own canary shows that the file was read")
            assert [mark for mark in others if mark in held] == [], (record.account_id, ending)


def test_foreign_text_is_never_markup_and_never_a_formula(rendered):
    out, summary, *_ = rendered
    for record in summary.records:
        page = (out / record.files["html"]["path"]).read_text(encoding="utf-8")
        assert "<img src=x" not in page and "&lt;img src=x" in page
        sheets = opened(out / record.files["xlsx"]["path"])
        assert "<f>HYPERLINK" not in sheets and "hyperlink " not in sheets and "<hyperlinks" not in sheets
