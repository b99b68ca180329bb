"""The table of bad inputs: each is refused with code, place, value and fix, or accepted and right to the cent."""

from __future__ import annotations

import base64
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from kamlib.checks import InvalidInput
from kamlib.data.engagement import load_engagement

SHARED = Path(__file__).resolve().parents[3] / "shared/bad_inputs.json"
OUR_CASES = ("D02", "D03", "D04", "D05", "D06", "D07", "D08", "D12", "D13", "D14", "D15", "D16", "D17", "D24", "D25")
GBK = base64.b64decode("YWNjb3VudF9pZCxuYW1lLHJldmVudWUKMDAxLLGxvqm/xry8LDEK")


def place(problem):
    return problem.code, problem.severity, problem.file, problem.line, problem.column, problem.value


def only(problems, code):
    found = [problem for problem in problems if problem.code == code]
    assert len(found) == 1, [str(problem) for problem in problems]
    return found[0]


def with_revenue(cell):
    """Two accounts, the first with a cell to be refused, the second sound."""
    return f'account_id,name,revenue\nA1,Acme,"{cell}"\nA2,Bolt,7\n'


def test_every_case_of_the_shared_table_is_here():
    if not SHARED.is_file():
        pytest.skip("../shared/bad_inputs.json is not there: the shared list of cases was not compared")
    cases = {case["id"]: case["code"] for case in json.loads(SHARED.read_text("utf-8"))}
    refused = {name for name, code in cases.items() if name <= "D17" or name in ("D24", "D25") if not code.startswith(("none", "KAM-C"))}
    assert refused == set(OUR_CASES)


def test_d01_ids_are_text_from_end_to_end(bench):
    tables = bench.read({"crm.csv": "account_id,name,revenue\n00123,A,1\n123,B,2\n"}, bench.one_file("crm.csv"))
    assert list(tables["accounts"]["account_id"]) == ["00123", "123"]
    assert dict(zip(tables["orders"]["account_id"], tables["orders"]["net_revenue"], strict=True)) == {"00123": 1.0, "123": 2.0}


def test_d02_an_unquoted_comma_is_named(bench):
    problems = bench.refused({"crm.csv": "account_id,name,revenue\n1,Acme, Inc,900\n2,B,3\n"}, bench.one_file("crm.csv"))
    assert place(problems[0]) == ("KAM-F04", "file", "crm.csv", 2, "name", None)
    assert '4 fields, header has 3; probably an unquoted "," in "name" ("Acme, Inc")' in str(problems[0])
    assert problems[0].fix == "quote the field or re-export with ; as delimiter"


def test_d03_another_delimiter_and_a_decimal_comma_are_named_with_the_two_lines_to_add(bench):
    problems = bench.refused({"erp.csv": "account_id;name;revenue\n1;A;1.234,56\n"}, bench.one_file("erp.csv"))
    assert place(problems[0]) == ("KAM-F07", "file", "erp.csv", 1, None, None)
    assert problems[0].fix == 'set tables.accounts.delimiter: ";" and tables.accounts.decimal: ","'
    assert problems[1].fix == 'set tables.orders.delimiter: ";" and tables.orders.decimal: ","'


def test_d03_declared_it_is_read_exactly(bench):
    tables = bench.read({"erp.csv": "account_id;name;revenue\n1;A;1.234,56\n"}, bench.one_file("erp.csv", delimiter=";", decimal=","))
    assert tables.quality.tables["orders"].totals["net_revenue"] == Decimal("1234.56")
    assert tables["orders"]["net_revenue"].tolist() == [1234.56]


def test_d04_bytes_that_are_not_utf_8_are_placed_and_their_encoding_is_named(bench):
    problems = bench.refused({"crm.csv": GBK}, bench.one_file("crm.csv"))
    assert place(problems[0]) == ("KAM-F01", "file", "crm.csv", 2, None, None)
    assert "byte offset 28 (0xb1) is not UTF-8; it decodes as GB18030" in str(problems[0])
    assert problems[0].fix == "set tables.accounts.encoding: gb18030"


def test_d04_declared_it_is_read(bench):
    tables = bench.read({"crm.csv": GBK}, bench.one_file("crm.csv", encoding="gb18030"))
    assert tables["accounts"]["name"].tolist() == ["北京科技"]


def test_a_western_text_is_not_taken_for_chinese(bench):
    text = "account_id,name,revenue\n001,Müller & Söhne,1\n".encode("cp1252")
    assert "it decodes as Windows-1252" in str(bench.refused({"crm.csv": text}, bench.one_file("crm.csv"))[0])


@pytest.mark.parametrize(
    ("cell", "options", "code", "why", "fix"),
    [
        pytest.param(
            "1.234,56", {"thousands": ","}, "KAM-V01", 'decimal "." and thousands ","', 'orders.decimal: ","', id="D05 decimal comma"
        ),
        pytest.param("12.5万", {}, "KAM-V01", "is not a number", "add 万: 10000 to tables.orders.unit_suffixes", id="D06 suffix"),
        pytest.param("(500)", {}, "KAM-V01", "is not a number", "set tables.orders.negative: parentheses", id="D07 parentheses"),
        pytest.param("inf", {}, "KAM-V05", "is not a finite number", "correct the cell", id="D08 infinite"),
        pytest.param("nan", {}, "KAM-V05", "is not a finite number", "correct the cell", id="no number"),
        pytest.param("1e16", {}, "KAM-V05", "too large", "correct the cell", id="too large"),
        pytest.param("1,2,3", {"thousands": ","}, "KAM-V01", "is not a number", "correct", id="groups not of three"),
        pytest.param("NA", {}, "KAM-V01", "is not a number", "correct", id="NA is a text"),
        pytest.param("", {}, "KAM-V07", "is blank", "fill the cell", id="blank"),
    ],
)
def test_d05_to_d08_a_cell_that_is_no_number_sets_its_account_aside(bench, cell, options, code, why, fix):
    tables = bench.read({"crm.csv": with_revenue(cell)}, bench.one_file("crm.csv", **options))
    problem = only(tables.quality.problems, code)
    assert place(problem) == (code, "account", "crm.csv", 2, "revenue", cell or None)
    assert why in problem.why and fix in problem.fix and problem.record == "A1"
    assert tables.quarantined.keys() == {"A1"}
    assert tables["orders"]["account_id"].tolist() == tables["accounts"]["account_id"].tolist() == ["A2"]
    assert tables.quality.tables["orders"].rows_refused == {"cell not readable": 1}
    assert tables.quality.tables["accounts"].rows_refused == {"account set aside": 1}


@pytest.mark.parametrize(
    ("cell", "options", "amount"),
    [
        pytest.param("12.5万", {"unit_suffixes": {"万": 10_000, "亿": 100_000_000}}, "125000", id="D06 declared"),
        pytest.param("(500)", {"negative": "parentheses"}, "-500", id="D07 declared"),
        pytest.param("1 234 567.5", {"thousands": " "}, "1234567.5", id="blanks between groups"),
        pytest.param("1'234.5", {"thousands": "'"}, "1234.5", id="Swiss"),
        pytest.param("  42.10 ", {}, "42.1", id="white space around"),
        pytest.param("1e-2", {}, "0.01", id="exponent"),
        pytest.param("-.5", {}, "-0.5", id="no digit before the point"),
    ],
)
def test_declared_formats_are_read_exactly(bench, cell, options, amount):
    tables = bench.read({"crm.csv": with_revenue(cell)}, bench.one_file("crm.csv", **options))
    assert tables["orders"]["net_revenue"][0] == float(amount)
    assert tables.quality.tables["orders"].totals["net_revenue"] == Decimal(amount) + 7


def test_d12_a_file_without_rows(bench):
    problems = bench.refused({"crm.csv": "account_id,name,revenue\n"}, bench.one_file("crm.csv"))
    assert place(problems[0]) == ("KAM-F02", "file", "crm.csv", None, None, None)
    assert str(problems[0]).startswith("crm.csv: header found, 0 data rows")


def dated(cell):
    return f"order_id,line,account_id,order_date,product,quantity,net_revenue\n1,1,A1,{cell},nut,1,5\n2,1,A2,2024-01-31,nut,1,5\n"


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        pytest.param("2024-02-30", "February 2024 has 29 days", id="D13"),
        pytest.param("2023-02-29", "February 2023 has 28 days", id="no leap year"),
        pytest.param("2024-13-01", "there is no month 13", id="month"),
        pytest.param("0024-01-01", "the year 24 lies before 1900", id="year"),
        pytest.param("2024/01/05", "is not a date of the form %Y-%m-%d", id="other form"),
    ],
)
def test_d13_a_day_that_is_not_in_the_calendar(bench, cell, why):
    tables = bench.plain(orders=dated(cell), tables={"orders": {"date_format": "%Y-%m-%d"}})
    problem = only(tables.quality.problems, "KAM-V02")
    assert place(problem) == ("KAM-V02", "account", "orders.csv", 2, "order_date", cell)
    assert why in problem.why


def test_d14_a_date_that_can_be_read_two_ways_stops_the_file(bench):
    orders = ORDERS_OF_DAYS.format("03/04/2024", "05/06/2024", "01/02/2024")
    problem = only(bench.refused({"accounts.csv": "account_id,name\nA1,A\n", "orders.csv": orders}, bench.two()), "KAM-V02")
    assert place(problem) == ("KAM-V02", "file", "orders.csv", 2, "order_date", "03/04/2024")
    assert "05/06/2024" in problem.why and "01/02/2024" in problem.why and "3 April or 4 March" in problem.why
    assert problem.fix == 'set tables.orders.date_format: "%d/%m/%Y" or "%m/%d/%Y"'


def test_d14_samples_that_fit_one_reading_only_propose_it(bench):
    orders = ORDERS_OF_DAYS.format("03.04.2024", "25.06.2024", "01.02.2024")
    problem = only(bench.refused({"accounts.csv": "account_id,name\nA1,A\n", "orders.csv": orders}, bench.two()), "KAM-V02")
    assert problem.fix == 'set tables.orders.date_format: "%d.%m.%Y"'


ORDERS_OF_DAYS = """order_id,line,account_id,order_date,product,quantity,net_revenue
1,1,A1,{},nut,1,5
2,1,A1,{},nut,1,5
3,1,A1,{},nut,1,5
"""


def test_d15_excel_day_numbers_need_their_system(bench):
    orders = ORDERS_OF_DAYS.format("45351", "45352", "45353")
    files = {"accounts.csv": "account_id,name\nA1,A\n", "orders.csv": orders}
    problem = only(bench.refused(files, bench.two()), "KAM-V02")
    assert place(problem) == ("KAM-V02", "file", "orders.csv", 2, "order_date", "45351")
    assert "2024-02-29 (1900 system)" in problem.why and problem.fix == "set tables.orders.excel_serial: 1900"
    dates = bench.read(files, bench.two({"orders": {"excel_serial": 1900}}))["orders"]["order_date"]
    assert dates.dt.strftime("%Y-%m-%d").tolist() == ["2024-02-29", "2024-03-01", "2024-03-02"]
    dates = bench.read(files, bench.two({"orders": {"excel_serial": 1904}}))["orders"]["order_date"]
    assert dates[0].strftime("%Y-%m-%d") == "2028-03-01"


def test_d16_a_key_that_stands_twice_names_both_lines(bench):
    files = {
        "accounts.csv": "account_id,name\n1,A\n1,A2\n",
        "orders.csv": ORDERS_OF_DAYS.format(*["2024-01-01"] * 3).replace("A1", "1"),
    }
    problem = only(bench.refused(files, bench.two()), "KAM-K01")
    assert place(problem) == ("KAM-K01", "file", "accounts.csv", 3, "account_id", "1")
    assert "stands on lines 2 and 3" in problem.why and problem.fix


CURRENCIES = """order_id,line,account_id,order_date,product,quantity,net_revenue,currency
1,1,A1,2024-03-05,nut,1,100,EUR
2,1,A1,2024-03-05,nut,1,100,CNY
3,1,A2,2024-03-05,nut,1,10,
"""


def test_d17_an_amount_without_a_rate_is_never_summed(bench):
    tables = bench.plain(orders=CURRENCIES)
    problem = only(tables.quality.problems, "KAM-V04")
    assert place(problem) == ("KAM-V04", "account", "orders.csv", 3, "currency", "CNY")
    assert "has no rate to reporting currency EUR for 2024-03" in problem.why and "tables.rates" in problem.fix
    assert tables.quarantined.keys() == {"A1"} and tables["orders"]["net_revenue"].tolist() == [10.0]
    assert tables.quality.tables["orders"].rows_refused == {"no exchange rate": 1, "account set aside": 1}


def refused_yaml(folder, text):
    path = folder / "engagement.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        load_engagement(path)
    return error.value.problems


def test_d24_a_tag_is_refused_and_nothing_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (problem,) = refused_yaml(tmp_path, 'account: !!python/object/apply:os.system ["touch P"]\n')
    assert str(problem).startswith("engagement.yaml, line 1: tag !!python/object/apply is not allowed.")
    assert (problem.code, problem.severity) == ("KAM-P01", "file") and not os.path.exists("P")


def test_d25_a_name_that_is_code_is_only_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    problems = refused_yaml(tmp_path, "\"account; import os; os.system('touch P')#\": x\n")
    problem = next(problem for problem in problems if problem.value and problem.value.startswith("account;"))
    assert (problem.code, problem.line) == ("KAM-P03", 1)
    assert "is an unknown parameter" in problem.why and "allowed: schema, name, as_of" in problem.why
    assert not os.path.exists("P")
