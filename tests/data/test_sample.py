"""The sample client's files: the same bytes every time, whole references, nothing from the future, plans that fit."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.data.sample import STORIES, write_sample
from kamlib.data.schema import TABLES
from kamlib.packs import file_stem
from kamlib.playbook import playbook

FOLDER = Path(__file__).parents[2] / "params" / "sample"
D = date(2026, 6, 30)


@cache
def table(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day(text):
    return date.fromisoformat(text[:10])


def cny(line):
    known = [float(row["rate"]) for row in table("rates") if day(row["date"]) <= day(line["order_date"])]
    return float(line["net_revenue"]) * (known[-1] if line["currency"] == "EUR" else 1)


def test_written_byte_for_byte(tmp_path):
    write_sample(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in FOLDER.glob("*.csv"))
    assert [path.name for path in sorted(tmp_path.iterdir()) if path.read_bytes() != (FOLDER / path.name).read_bytes()] == []


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_is_there(name):
    # The sample holds attributes as of today, and every quantity is in pieces.
    assert set(table(name)[0]) == set(TABLES[name].by_name) - {"valid_from"} - ({"unit"} if name == "orders" else set())


@pytest.mark.parametrize("name", sorted(TABLES))
def test_cells_keep_to_the_schema(name):
    for column in TABLES[name].columns:
        cells = {row[column.name] for row in table(name) if column.name in row}
        assert not (column.required and "" in cells), column.name
        assert not column.choices or cells <= {*column.choices, ""}, column.name


def test_sizes():
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*.csv")}
    assert sizes["orders.csv"] < 1_000_000
    assert sum(sizes.values()) < 2_500_000
    assert len(table("accounts")) == 60
    assert 7_000 < len(table("orders")) < 9_000


@pytest.mark.parametrize("name", sorted(TABLES))
def test_keys_are_unique(name):
    keys = [key for key in TABLES[name].keys if key != "valid_from"]
    found = [tuple(row[key] for key in keys) for row in table(name)]
    assert len(found) == len(set(found)) or not keys


REFERENCES = [
    ("accounts", "parent_id", "accounts", "account_id"),
    *[("accounts", column, "managers", "manager_id") for column in ("manager_id", "deputy_id")],
    ("orders", "manager_id", "managers", "manager_id"),
    ("orders", "returns_of", "orders", "order_id"),
    ("payments", "invoice_id", "invoices", "invoice_id"),
    ("approvals", "order_id", "orders", "order_id"),
    ("market", "product_line", "orders", "product_line"),
    ("credits", "manager_id", "managers", "manager_id"),
    *[(name, "contact_id", "contacts", "contact_id") for name in ("surveys", "interactions", "events")],
    ("contacts", "backup_id", "contacts", "contact_id"),
    *[
        (name, "account_id", "accounts", "account_id")
        for name, spec in TABLES.items()
        if "account_id" in spec.by_name and name != "assessments"
    ],
]


@pytest.mark.parametrize(("name", "column", "other", "key"), REFERENCES)
def test_references_are_whole(name, column, other, key):
    known = {row[key] for row in table(other)} | {""}
    assert {row[column] for row in table(name)} <= known


def test_contacts_belong_to_the_account_that_names_them():
    owner = {row["contact_id"]: row["account_id"] for row in table("contacts")}
    rows = [row for name in ("surveys", "interactions", "events") for row in table(name) if row["contact_id"]]
    assert [row for row in rows if owner[row["contact_id"]] != row["account_id"]] == []


def test_assessed_are_accounts_or_the_company():
    assert {row["account_id"] for row in table("assessments")} - {row["account_id"] for row in table("accounts")} == {"company"}


AHEAD = {("accounts", "contract_end"), ("orders", "promised_on"), ("invoices", "due_date"), ("promises", "due")}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_nothing_that_happened_lies_after_as_of(name):
    columns = [column.name for column in TABLES[name].columns if column.kind in {"date", "timestamp"} and column.name in table(name)[0]]
    after = {column for column in columns for row in table(name) if row[column] and day(row[column]) > D}
    assert {(name, column) for column in after} <= AHEAD


def test_invoices_add_up_to_delivered_orders():
    orders = defaultdict(list)
    for line in table("orders"):
        orders[line["order_id"][2:]].append(line)
    for row in table("invoices"):
        lines = orders[row["invoice_id"][2:]]
        assert float(row["amount"]) == pytest.approx(sum(cny(line) for line in lines), abs=0.01)
        assert all(line["delivered_on"] or line["returns_of"] for line in lines)


def test_returns_are_smaller_than_what_they_return():
    bought = defaultdict(float)
    for line in table("orders"):
        bought[line["returns_of"] or line["order_id"], line["product"]] += float(line["quantity"])
        signs = {float(line[name]) > 0 for name in ("quantity", "net_revenue", "list_price", "cost") if line[name]}
        assert signs == {not line["returns_of"]}
    assert min(bought.values()) > 0


def test_manager_quotas_add_up_from_their_accounts():
    rows = [row for row in table("targets") if row["scope"] == "manager" and row["metric"] == "revenue_amount"]
    quota = {(row["id"], row["period"]): float(row["target"]) for row in rows}
    manager = {row["account_id"]: row["manager_id"] for row in table("accounts")}
    summed = defaultdict(float)
    for row in table("targets"):
        if row["scope"] == "account":
            summed[manager[row["id"]], row["period"]] += float(row["target"])
    assert summed == {key: pytest.approx(quota[key]) for key in summed}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.key)
def test_every_story_has_a_plan(story):
    path = FOLDER / "plans" / f"{file_stem(story.account_id)}.yaml"
    plan = YAML(typ="safe").load(path)
    names = ("schema", "revision", "account_id", "objectives", "needs", "beliefs", "swot", "risks", "actions", "assessments", "moves")
    assert tuple(name for name in plan if name != "advice") == names
    assert (plan["schema"], plan["account_id"]) == (1, story.account_id)
    assert all(row["measure"] and row["date"] for row in plan["objectives"])
    assert {row["objective"] for row in plan["actions"]} <= {row["id"] for row in plan["objectives"]}


def test_no_plan_without_an_account():
    assert {path.stem for path in (FOLDER / "plans").iterdir()} == {file_stem(story.account_id) for story in STORIES}


@pytest.mark.parametrize("path", sorted((FOLDER / "plans").iterdir()), ids=lambda path: path.stem)
def test_plans_speak_the_playbook(path):
    plan = YAML(typ="safe").load(path)
    fields = {field["id"] for section in playbook("account_file")["sections"] for field in section["fields"]}
    assert {belief["field"] for belief in plan["beliefs"]} <= fields
    assert {f"answer_{need['answer']}" for need in plan["needs"]} <= {answer["id"] for answer in playbook("account_file")["answers"]}
    owners = {row["manager_id"] for row in table("managers")} | {row["technician_id"] for row in table("accounts")}
    assert {action.get("owner") for action in plan["actions"]} <= owners
    assert all(belief["date"] <= D for belief in plan["beliefs"])
    assert all(action["done_on"] <= D for action in plan["actions"] if "done_on" in action)


def test_the_engagement_reads_without_a_problem():
    engagement = load_engagement(FOLDER.parent / "sample.yaml")
    tables = read(engagement)
    assert tables.quality.problems == []
    assert tables.quarantined == {}
    assert {name: len(frame) for name, frame in tables.frames.items()} == {name: len(table(name)) for name in TABLES}
    assert engagement.synthetic
