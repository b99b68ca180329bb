"""An engagement from nothing: the folder that `kam new` writes is filled in with Excel and read as it is."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import nbformat
import openpyxl
import pytest
from click.testing import CliRunner

from kamlib.checks import InvalidInput
from kamlib.cli import cli
from kamlib.data.engagement import engagement_schema, load_engagement
from kamlib.data.new import new_engagement
from kamlib.data.read import read
from kamlib.data.schema import TABLES
from kamlib.render.run import render

ROOT = Path(__file__).resolve().parents[2]
FILLED = {
    "accounts": [
        {"account_id": "00123", "name": "北京科技", "channel": "direct", "signed_on": date(2024, 2, 29), "fit": 4, "annual_wallet": 5e6},
        {"account_id": "NA", "name": "North & Sons", "status": "active"},
    ],
    "orders": [
        dict(zip(("order_id", "line", "account_id", "order_date", "product", "quantity", "net_revenue", "cost"), row, strict=True))
        for row in (
            ("0", 1, "NA", date(2024, 6, 24), "p", 2, 500.0, 380.0),
            ("1", 1, "00123", date(2025, 3, 1), "p", 4, 1000.0, 700.0),
            ("2", 1, "00123", date(2026, 3, 1), "p", 2, 1200.1, 900.1),
            ("2", 2, "00123", date(2026, 3, 1), "q", 1, 300.2, 150.0),
            ("3", 1, "NA", date(2024, 12, 24), "p", 3, 812.3, 600.0),
            ("4", 1, "NA", date(2026, 5, 9), "p", 2, 617.55, 400.0),
            ("5", 1, "NA", date(2026, 6, 1), "p", -1, -7.55, -5.0),
        )
    ],
    "invoices": [
        {"invoice_id": "I1", "account_id": "NA", "invoice_date": date(2026, 3, 2), "due_date": date(2026, 4, 1), "amount": 1234567.89}
    ],
    "tickets": [{"ticket_id": "T1", "account_id": "NA", "opened_at": datetime(2026, 3, 2, 9, 30), "kind": "fault", "severity": 3}],
}


def fill(book_path: Path, sheets: dict[str, list[dict]]) -> None:
    """Type rows under the headers of the workbook, as a reader of it would."""
    book = openpyxl.load_workbook(book_path)
    for name, rows in sheets.items():
        sheet = book[name]
        numbers = {cell.value: cell.column for cell in sheet[1]}
        for line, row in enumerate(rows, 2):
            for column, value in row.items():
                sheet.cell(line, numbers[column], value)
    book.save(book_path)


def totals(column: str) -> Decimal:
    """Sum a column of the orders as they were typed."""
    return sum(Decimal(str(row[column])) for row in FILLED["orders"])


def year_sum(column: str, *accounts: str, ago: int = 0) -> float:
    """Sum a column over the twelve months that end on 30 June 2026, or some years earlier."""
    first, last = date(2025 - ago, 7, 1), date(2026 - ago, 6, 30)
    return float(
        sum(Decimal(str(row[column])) for row in FILLED["orders"] if row["account_id"] in accounts and first <= row["order_date"] <= last)
    )


def expected(*accounts: str) -> dict[str, list[float]]:
    """Work out by hand what the ten KPIs show now and a year ago."""
    revenue, before = (year_sum("net_revenue", *accounts, ago=ago) for ago in (0, 1))
    margins = [1 - year_sum("cost", *accounts, ago=ago) / amount for ago, amount in ((0, revenue), (1, before))]
    quantities = [year_sum("quantity", *accounts, ago=ago) for ago in (0, 1)]
    return {
        "revenue_amount": [revenue, before],
        "quantity_count": quantities,
        "margin_rate": margins,
        "growth_rate": [revenue / before - 1, None],
    }


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """The filled engagement rendered: the summaries of both runs, and the output folder."""
    params, _, book, *_ = new_engagement(tmp_path_factory.mktemp("rendered") / "client")
    fill(book, FILLED)
    out = params.parent / "reports"
    return {name: render(params, notebook=name, out=out) for name in ("account_workbook", "portfolio_review")}, out


def published(notebook: Path) -> dict[str, dict]:
    """Return what each section of a rendered notebook published, by its id; every code cell has run."""
    cells = [cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells) and not any(out.output_type == "error" for cell in cells for out in cell.outputs)
    bundles = [out.data.get("application/vnd.kamlib+json") for cell in cells for out in cell.outputs if "data" in out]
    return {bundle["id"]: bundle for bundle in bundles if bundle}


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """The files of a new engagement, not filled in."""
    return new_engagement(tmp_path_factory.mktemp("new") / "client")


def test_a_filled_workbook_is_read_as_it_is(tmp_path):
    params, _, book, *_ = new_engagement(tmp_path / "client")
    fill(book, FILLED)
    tables = read(load_engagement(params))
    assert tables.frames.keys() == FILLED.keys() and tables.quality.problems == []
    assert tables["accounts"]["account_id"].tolist() == ["00123", "NA"] and tables["accounts"]["name"].tolist()[0] == "北京科技"
    found = tables.quality.tables["orders"]
    assert found.totals == {name: totals(name) for name in ("quantity", "net_revenue", "cost")} and found.rows_read == len(FILLED["orders"])
    assert tables.mapped["orders"] == FILLED["orders"][0].keys() and "valid_from" not in tables.mapped["accounts"]
    assert tables["tickets"]["opened_at"].tolist() == [datetime(2026, 3, 2, 9, 30)]


def test_the_filled_workbook_renders_every_account_and_the_portfolio(rendered):
    summaries, out = rendered
    assert [(summary.exit_code, len(summary.done), summary.failed) for summary in summaries.values()] == [(0, 2, []), (0, 1, [])]
    pages = sorted(out.glob("*/en-internal/*.html"))
    assert len(pages) == 3 and all(page.with_suffix(".ipynb").is_file() for page in pages)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        anchors = re.findall(r'href="#([^"]+)"', text)
        assert "</html>" in text[-40:] and len(anchors) >= 8 and all(f'id="{anchor}"' in text for anchor in anchors)
        assert not re.search(r">\s*(nan|NaN|NaT|None|-?inf)\b", text) and "done" in published(page.with_suffix(".ipynb"))
    index = (out / "index.html").read_text(encoding="utf-8")
    assert all(page.name in index for page in pages) and "North &amp; Sons" in index and "北京科技" in index


@pytest.mark.parametrize("accounts", [("00123",), ("NA",), ("00123", "NA")])
def test_the_numbers_on_the_page_are_those_of_the_cells(rendered, accounts):
    pattern = f"account_workbook/*/acct_{accounts[0].lower()}_*.ipynb" if len(accounts) == 1 else "portfolio_review/*/*.ipynb"
    (notebook,) = rendered[1].glob(pattern)
    found = published(notebook)
    table = found["kpi_table" if len(accounts) == 1 else "portfolio_kpis"]
    rows = {row[0]: row[2:4] for row in table["rows"]}
    wanted = expected(*accounts)
    for metric, (now, before) in wanted.items():
        assert rows[metric][0] == pytest.approx(now, rel=1e-9) and (before is None or rows[metric][1] == pytest.approx(before, rel=1e-9))
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", notebook.with_suffix(".html").read_text(encoding="utf-8")))
    (revenue, before), growth, margin = wanted["revenue_amount"], wanted["growth_rate"][0], wanted["margin_rate"][0]
    assert f"Revenue ¥{revenue:,.0f} {growth:+.1%} from ¥{before:,.0f}".replace("-", "−") in page and f"Profit margin {margin:.1%}" in page


def test_from_new_to_check_by_the_commands(tmp_path):
    kam = CliRunner()
    made = kam.invoke(cli, ["new", str(tmp_path / "client")])
    assert made.exit_code == 0 and "kam check" in made.output
    params = str(tmp_path / "client" / "client.yaml")
    assert f"kam render {params} (into reports/client)" in made.output
    assert kam.invoke(cli, ["check", params]).exit_code == 2
    fill(tmp_path / "client" / "data.xlsx", FILLED)
    checked = kam.invoke(cli, ["check", params])
    assert (
        checked.exit_code == 0
        and f"sum of net_revenue: {totals('net_revenue').normalize():,f}" in checked.output
        and "invoices: 1 rows read" in checked.output
    )


def test_a_word_outside_the_list_is_told_with_its_cell(tmp_path):
    params, _, book, *_ = new_engagement(tmp_path / "client")
    fill(book, {**FILLED, "tickets": [{**FILLED["tickets"][0], "kind": "wish"}]})
    (problem,) = read(load_engagement(params)).quality.problems
    assert (problem.file, problem.sheet, problem.line, problem.column) == ("data.xlsx", "tickets", 2, "kind") and "(cell " in problem.why


def test_a_sheet_whose_header_is_gone_is_no_empty_sheet(tmp_path):
    params, _, book, *_ = new_engagement(tmp_path / "client")
    fill(book, {**FILLED, "surveys": []})
    changed = openpyxl.load_workbook(book)
    changed["surveys"].insert_rows(1)
    changed.save(book)
    with pytest.raises(InvalidInput, match="row 1 has no column names"):
        read(load_engagement(params))


def test_every_table_has_its_sheet_with_its_columns_and_lists(empty):
    book = openpyxl.load_workbook(empty[2])
    assert book.sheetnames == [*TABLES, "dictionary"]
    for name, table in TABLES.items():
        sheet = book[name]
        assert [cell.value for cell in sheet[1]] == list(table.by_name) and sheet.max_row == 1
        assert all(cell.comment.text for cell in sheet[1])
        lists = {
            next(iter(rule.sqref.ranges)).min_col: rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"
        }
        wanted = {
            number: f'"{",".join(column.choices or ("yes", "no"))}"'
            for number, column in enumerate(table.columns, 1)
            if column.kind == "flag" or 0 < len(",".join(column.choices)) <= 255
        }
        assert lists == wanted
    rows = list(book["dictionary"].iter_rows(min_row=2, values_only=True))
    assert [row[:2] for row in rows] == [(name, column) for name, table in TABLES.items() for column in table.by_name]


def test_the_new_file_names_only_what_exists_and_finds_its_plans(empty):
    engagement = load_engagement(empty[0])
    assert list(engagement.tables) == list(TABLES) and engagement.plans == empty[3]
    assert {name for name, table in engagement.tables.items() if not table.may_be_empty} == {"accounts", "orders"}


def test_what_the_comments_teach_is_accepted(empty, tmp_path):
    text = empty[0].read_text(encoding="utf-8")
    taught = text.split("which of its columns is which:\n")[1].split("\n# or ask")[0].replace("#   ", "  ").replace("\n#  ", "\n  ")
    policy = text.split("under the same path:\n")[1].split("\n\n")[0].replace("# ", "")
    query = next(line for line in text.splitlines() if line.startswith("#   invoices:")).replace("#   ", "  ")
    head = "schema: 1\nname: T\nas_of: 2026-06-30\ncurrency: CNY\n"
    (tmp_path / "t.yaml").write_text(f"{head}{policy}\ntables:\n  accounts: {{distinct: orders}}\n{taught}\n{query}\n", encoding="utf-8")
    engagement = load_engagement(tmp_path / "t.yaml")
    assert engagement.policy.abc.a_share == 0.75 and engagement.tables["invoices"].url == "env:KAM_DB"
    assert engagement.tables["orders"].columns["net_revenue"].unit_suffixes == {"万": 10000}


def test_the_same_workbook_is_written_each_time(empty, tmp_path):
    again = new_engagement(tmp_path / "client")
    assert [path.read_bytes() for path in again[:3]] == [path.read_bytes() for path in empty[:3]]


@pytest.mark.parametrize("found", ["folder", "file"])
def test_what_is_there_is_never_written_over(tmp_path, found):
    target = tmp_path / "client"
    if found == "folder":
        target.mkdir()
        (target / "mine.txt").write_text("kept")
    else:
        target.write_text("kept")
    result = CliRunner().invoke(cli, ["new", str(target)])
    assert result.exit_code == 2 and "KAM-P05" in result.output and "name a new folder" in result.output
    assert sorted(path.name for path in target.parent.rglob("*")) == (["client", "mine.txt"] if found == "folder" else ["client"])


def test_the_schema_in_params_is_that_of_the_program():
    written = (ROOT / "params/engagement.schema.json").read_text(encoding="utf-8")
    assert written == engagement_schema(), "write it anew: python -m kamlib.data.schema"
    schema = json.loads(written)
    assert {"schema", "name", "as_of", "currency", "tables"} == set(schema["required"]) and schema["additionalProperties"] is False
    assert set(TABLES) == set(schema["properties"]["tables"]["propertyNames"]["enum"])
    assert {"file", "sql", "url", "may_be_empty"} <= set(schema["$defs"]["TableSource"]["properties"])
