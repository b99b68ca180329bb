"""Exports as clients send them: a title above, totals below, amounts in 万, own words; what is not declared is told once."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import openpyxl
import pytest
from ruamel.yaml import YAML

from kamlib.checks import InvalidInput
from kamlib.data.engagement import load_engagement

NAMES = ("客户编号", "单号", "行", "日期", "品名", "数量", "金额(万元)", "类型")
COLUMNS = dict(zip(("account_id", "order_id", "line", "order_date", "product", "quantity", "net_revenue"), NAMES, strict=False))
ROWS = [(f"00{number}", f"S{number}", 1, f"2024/3/{number}", "泵", number, number / 8, "Fault") for number in range(1, 8)]


def export(rows: list[tuple]) -> str:
    return "".join(",".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)


def orders(**options) -> dict:
    """Return the declaration of orders.csv under the client's names, and of accounts made from it."""
    columns = options.pop("columns", COLUMNS)
    return {"accounts": {"distinct": "orders"}, "orders": {"file": "orders.csv", "columns": columns, "date_format": "%Y/%m/%d", **options}}


def sheet(folder, rows: list[tuple]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "orders.xlsx")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_title_above_the_column_names_is_told_with_their_line(bench, kind):
    rows = [("华东区 订单明细",), ("单位：万元", "2024-05"), NAMES, *ROWS]
    sheet(bench.folder, rows)
    options = {"file": f"orders.{kind}"}
    (problem,) = bench.refused({"orders.csv": export(rows)}, orders(**options))
    assert (problem.code, problem.line, problem.fix) == ("KAM-F05", 1, "set tables.orders.header: 3")
    assert "does not hold the column names (it has 华东区 订单明细); line 3 does" in problem.why
    tables = bench.read({"orders.csv": export(rows)}, orders(**options, header=3))
    assert tables.quality.tables["orders"].rows_read == len(ROWS)


def test_a_header_that_was_declared_too_low_is_told_as_well(bench):
    (problem,) = bench.refused({"orders.csv": export([NAMES, *ROWS])}, orders(header=3))
    assert (problem.line, problem.fix) == (3, "set tables.orders.header: 1")


def test_names_that_stand_nowhere_are_still_names_to_correct(bench):
    problems = bench.refused({"orders.csv": export([("a", "", "b"), (1, 2, 3)])}, orders())
    assert {problem.fix for problem in problems} == {"correct tables.orders.columns"}
    assert len(problems) == len(COLUMNS) and "the header has a, b" in problems[0].why


def test_a_blank_first_row_of_a_sheet_is_told_with_the_line_of_the_names(bench):
    sheet(bench.folder, [(), (), NAMES, *ROWS])
    (problem,) = bench.refused({}, orders(file="orders.xlsx"))
    assert (problem.code, problem.fix) == ("KAM-F02", "set tables.orders.header: 3") and "row 1 has no column names" in problem.why


@pytest.mark.parametrize("word", ["合计", "Total", "Grand total:", "小 计", "Sum"])
def test_a_row_of_totals_is_told_once_and_the_told_condition_leaves_it_out(bench, word):
    rows = [NAMES, *ROWS, (None, word, None, None, None, None, 3.5, None)]
    (problem,) = bench.refused({"orders.csv": export(rows)}, orders())
    assert (problem.code, problem.line, problem.value) == ("KAM-V07", 9, word) and "marks a row of totals" in problem.why
    path, _, condition = problem.fix.removeprefix("set ").partition(": ")
    found = bench.read({"orders.csv": export(rows)}, orders(where=YAML(typ="safe").load(condition)))
    assert path == "tables.orders.where" and found.quality.tables["orders"].rows_filtered == 1
    assert found.quality.tables["orders"].totals["net_revenue"] == Decimal("3.5")


def test_totals_in_the_place_of_an_account_set_only_that_aside(bench):
    rows = [NAMES, *ROWS, ("合计", None, None, None, None, None, 3.5, None)]
    tables = bench.read({"orders.csv": export(rows)}, orders(columns={**COLUMNS, "net_revenue": {"name": "金额(万元)", "factor": 10_000}}))
    (problem,) = tables.quality.problems
    assert problem.fix == 'set tables.orders.where: [{column: "客户编号", op: "!=", value: "合计"}]'
    assert tables.quarantined.keys() == {"合计"} and tables.quality.tables["orders"].totals["net_revenue"] == 35_000


def test_an_account_called_total_is_an_account(bench):
    tables = bench.plain("account_id,name\nA1,Total\nA2,Bolt\nA3,Cord\n")
    assert tables["accounts"]["name"].tolist() == ["Total", "Bolt", "Cord"] and tables.quality.problems == []


def test_a_factor_scales_what_has_no_unit_of_its_own_exactly(bench):
    amounts = ["0.1", "12.345678", "1万", "1.23456789"]
    rows = [(*row[:6], amount, row[7]) for row, amount in zip(ROWS, amounts, strict=False)]
    columns = {**COLUMNS, "net_revenue": {"name": "金额(万元)", "factor": 10_000, "unit_suffixes": {"万": 10_000}}}
    tables = bench.read({"orders.csv": export([NAMES, *rows])}, orders(columns=columns))
    assert tables["orders"]["net_revenue"].tolist() == [1000.0, 123456.78, 10000.0, pytest.approx(12345.6789)]
    assert tables.quality.tables["orders"].totals["net_revenue"] == Decimal("146802.4589") and tables.quality.problems == []
    assert tables["orders"]["quantity"].tolist() == [1, 2, 3, 4]


def test_a_factor_holds_for_numbers_of_parquet_and_for_a_price_per_unit(bench):
    path = bench.folder / "orders.parquet"
    query = "SELECT 'A1' account_id, 'S1' order_id, '1' line, DATE '2024-03-01' order_date, 'p' product, 3 quantity, 0.25::DOUBLE price"
    duckdb.sql(query).write_parquet(str(path))
    names = ("account_id", "order_id", "line", "order_date", "product", "quantity")
    for per, amount in (({}, 2500), ({"per": "unit"}, 7500)):
        columns = {name: name for name in names} | {"net_revenue": {"name": "price", "factor": 10_000, **per}}
        source = {"accounts": {"distinct": "orders"}, "orders": {"file": path.name, "columns": columns}}
        tables = bench.read({}, source)
        assert tables["orders"]["net_revenue"].tolist() == [amount]
        assert tables.quality.tables["orders"].totals["net_revenue"] == Decimal(amount)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param({"order_id": {"name": "单号", "factor": 10}}, "order_id is no number", id="of a text"),
        pytest.param({"net_revenue": {"product": ["数量", "金额(万元)"], "factor": 10}}, "factor goes with name", id="of a product"),
        pytest.param({"net_revenue": {"name": "金额(万元)", "factor": 0}}, "should be greater than 0", id="nothing"),
    ],
)
def test_a_factor_that_makes_no_sense_is_refused(bench, given, why):
    path = bench.write({"orders.csv": export([NAMES, *ROWS])}, orders(columns={**COLUMNS, **given}))
    with pytest.raises(InvalidInput, match=why):
        load_engagement(path)


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("金额(万元)", 10_000),
        ("销售额（百万）", 1_000_000),
        ("金额 千元", 1000),
        ("Net kEUR", 1000),
        ("Revenue in thousands", 1000),
        ("USD mn", 1_000_000),
        ("Umsatz TEUR", 1000),
        ("Net $k", 1000),
        ("Net revenue", None),
        ("Amount EUR", None),
        ("Komplett", None),
        ("金额（元）", None),
    ],
)
def test_a_header_that_speaks_of_a_unit_is_no_amount_in_full_without_saying_so(bench, name, factor):
    files = {"orders.csv": export([(*NAMES[:6], name), *(row[:7] for row in ROWS)])}
    columns = {**COLUMNS, "net_revenue": name}
    problems = bench.read(files, orders(columns=columns)).quality.problems
    assert [(problem.code, problem.severity, problem.column) for problem in problems] == ([("KAM-V08", "warning", name)] if factor else [])
    if factor:
        assert f"factor: {factor}}}, or factor: 1" in problems[0].fix
        for declared in (factor, 1):
            columns["net_revenue"] = {"name": name, "factor": declared}
            assert bench.read(files, orders(columns=columns)).quality.problems == []


TICKET = ("ticket_id", "account_id", "opened_at", "kind", "severity")


def tickets(*cells: str, column: str) -> dict:
    rows = [
        {"ticket_id": str(number), "account_id": "A1", "opened_at": "2024-05-01 10:00", "kind": "fault", "severity": 1} | {column: cell}
        for number, cell in enumerate(cells)
    ]
    return {"tickets.csv": export([TICKET, *(tuple(row[name] for name in TICKET) for row in rows)])}


@pytest.mark.parametrize(
    ("column", "cells", "code", "fix"),
    [
        pytest.param(
            "kind",
            ["故障", "咨询", "故障", "投诉", "故障"],
            "KAM-V03",
            'translate the source\'s words: tables.tickets.columns.kind: {name: "kind", values: {"故障": …, "咨询": …, "投诉": …}}',
            id="words",
        ),
        pytest.param("severity", ["1级"] * 2 + ["2级"] * 3, "KAM-V01", "correct the cell in the source", id="numbers"),
        pytest.param("severity", ["1万"] * 5, "KAM-V01", "add 万: 10000 to tables.tickets.unit_suffixes", id="suffix"),
        pytest.param("opened_at", ["2024/5/1 9:30"], "KAM-V02", 'set tables.tickets.date_format: "%Y/%m/%d %H:%M"', id="a single time"),
    ],
)
def test_a_column_of_which_no_cell_fits_is_told_once_and_stops(bench, column, cells, code, fix):
    files = {"accounts.csv": "account_id,name\nA1,A\n", "orders.csv": ORDER, **tickets(*cells, column=column)}
    (problem,) = bench.refused(files, bench.two({"tickets": {"file": "tickets.csv"}}))
    assert (problem.code, problem.severity, problem.line, problem.column, problem.value) == (code, "file", 2, column, cells[0])
    assert problem.fix == fix


ORDER = "order_id,line,account_id,order_date,product,quantity,net_revenue\n1,1,A1,2024-03-01,nut,1,1\n"


@pytest.mark.parametrize(
    ("cells", "refused"), [(["wish"] * 4, 4), (["wish"] * 9 + ["fault"], 9)], ids=["too few to tell", "one of ten fits"]
)
def test_where_the_cells_may_be_wrong_they_are_listed(bench, cells, refused):
    files = {"accounts.csv": "account_id,name\nA1,A\n", "orders.csv": ORDER, **tickets(*cells, column="kind")}
    tables = bench.read(files, bench.two({"tickets": {"file": "tickets.csv"}}))
    assert [problem.severity for problem in tables.quality.problems] == ["account"] * refused


def test_a_word_of_a_closed_list_may_begin_with_a_capital(bench):
    files = {"accounts.csv": "account_id,name\nA1,A\n", "orders.csv": ORDER, **tickets("Fault", "QUESTION", column="kind")}
    tables = bench.read(files, bench.two({"tickets": {"file": "tickets.csv"}}))
    assert tables["tickets"]["kind"].tolist() == ["fault", "question"] and tables.quality.problems == []


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["2024/3/1", "2024/12/31"], "%Y/%m/%d"),
        (["2024年3月1日", "2024年12月31日"], "%Y年%m月%d日"),
        (["20240301", "20241231"], "%Y%m%d"),
        (["2024-3-1", "2024-12-9"], "%Y-%m-%d"),
        (["1 Mar 2024", "31 Dec 2024"], "%d %b %Y"),
        (["Mar 1, 2024", "Dec 31, 2024"], "%b %d, %Y"),
        (["1.3.2024", "31.12.2024"], "%d.%m.%Y"),
    ],
)
def test_the_date_form_that_is_proposed_reads_the_dates(bench, texts, form):
    rows = [(*row[:3], f'"{text}"', *row[4:7]) for row, text in zip(ROWS, texts, strict=False)]
    files, undeclared = {"orders.csv": export([NAMES[:7], *rows])}, orders()
    del undeclared["orders"]["date_format"]
    problem = bench.refused(files, undeclared)[0]
    assert problem.code == "KAM-V02" and problem.fix == f'set tables.orders.date_format: "{form}"'
    found = bench.read(files, orders(date_format=form))["orders"]["order_date"]
    assert [str(day.date()) for day in found] == ["2024-03-01", "2024-12-31" if "31" in texts[1] else "2024-12-09"]


def test_a_declared_form_that_no_date_has_is_told_once_with_the_right_one(bench):
    problem = bench.refused({"orders.csv": export([NAMES, *ROWS])}, orders(date_format="%d.%m.%Y"))[0]
    assert problem.severity == "file" and problem.fix == 'set tables.orders.date_format: "%Y/%m/%d"'
    assert "is not a date of the form %d.%m.%Y; nor does any other cell" in problem.why


@pytest.mark.parametrize("text", ["9" * 25 + "万", "1e30万", "1e14万"])
def test_an_amount_that_its_suffix_makes_too_large_is_refused_by_its_cell(bench, text):
    files = {"accounts.csv": "account_id,name\nA1,A\nA2,B\n", "orders.csv": ORDER + f"2,1,A2,2024-03-01,nut,1,{text}\n"}
    (problem,) = bench.read(files, bench.two({"orders": {"unit_suffixes": {"万": 10_000}}})).quality.problems
    assert (problem.code, problem.line, problem.record, problem.value) == ("KAM-V05", 3, "A2", text)


def test_a_needed_column_that_is_not_mapped_is_told_with_the_two_ways_to_give_it(bench):
    columns = {name: source for name, source in COLUMNS.items() if name not in ("line", "product")}
    with pytest.raises(InvalidInput, match=r"no column to line, product.* add to its columns: line: a name of the file, or {const: …}"):
        load_engagement(bench.write({}, orders(columns=columns)))
