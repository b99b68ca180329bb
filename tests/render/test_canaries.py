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
ATTACK = '<img src=x onerror=alert(1)>=HYPERLINK("http://evil","x")'


def canary(account_id: str) -> str:
    return f"CANARY{account_id}X"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Render accounts whose every text carries their own canary and an attack."""
    folder = tmp_path_factory.mktemp("canaries")
    shutil.copytree(ROOT / "params/sample", folder / "sample")
    shutil.copy(ROOT / "params/sample.yaml", folder / "sample.yaml")
    for table, columns in TEXTS.items():
        path = folder / "sample" / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            for column in columns:
                row[column] = row[column] and f"{row[column]} {canary(row['account_id'])} {ATTACK if column == 'name' else ''}".strip()
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    yaml = YAML()
    for path in (folder / "sample/plans").glob("*.yaml"):
        plan = yaml.load(path)
        for group in ("actions", "needs", "risks", "beliefs"):
            for entry in plan.get(group, []):
                key = "stated" if group == "needs" else "text"
                entry[key] = f"{entry[key]} {canary(plan['account_id'])} {ATTACK}"
        yaml.dump(plan, path)
    with (folder / "sample/accounts.csv").open(encoding="utf-8", newline="") as file:
        accounts = list(csv.DictReader(file))
    chosen = [row["account_id"] for row in accounts][:COUNT]
    parents = {row["account_id"]: row["parent_id"] for row in accounts}
    summary = render(folder / "sample.yaml", accounts=chosen, formats=("html", "ipynb", "xlsx", "ics"), jobs=2, out=folder / "out")
    assert not summary.failed, [record.reason for record in summary.failed]
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
