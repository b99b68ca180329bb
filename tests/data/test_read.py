"""Files in, tables out: every kind of file, every part of the mapping, and every row accounted for."""

from __future__ import annotations

import gzip
import zipfile
from datetime import date, datetime
from decimal import Decimal

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest

from kamlib.data.schema import TABLES

ORDER_COLUMNS = {
    "order_id": "Nr",
    "line": {"row_number": True},
    "account_id": "Kunde",
    "order_date": "Datum",
    "product": "Artikel",
    "quantity": "Menge",
    "net_revenue": "Umsatz",
}


def codes(problems):
    return [problem.code for problem in problems]


def accounted(quality):
    return quality.rows_used + quality.rows_filtered + quality.rows_duplicate + sum(quality.rows_refused.values())


def test_two_plain_files(bench):
    tables = bench.plain()
    assert list(tables.frames) == ["accounts", "orders"] and "invoices" not in tables and tables.get("invoices") is None
    assert tables["orders"]["net_revenue"].tolist() == [100.0, 50.5, 9.99, -20.0]
    found = tables.quality.tables["orders"]
    assert found.totals == {"quantity": Decimal(14), "net_revenue": Decimal("140.49")}
    assert (found.accounts, found.first_date, found.last_date) == (3, date(2024, 3, 1), date(2024, 5, 20))
    assert tables.mapped["accounts"] == {"account_id", "name"}


def test_every_frame_has_every_column_in_its_type(bench):
    tables = bench.plain()
    kinds = {"number": "float64", "integer": "float64", "flag": "float64", "date": "datetime64[us]", "timestamp": "datetime64[us]"}
    for name, frame in tables.frames.items():
        assert list(frame) == [column.name for column in TABLES[name].columns]
        for column in TABLES[name].columns:
            text = "category" if name == "orders" else "str"
            assert str(frame[column.name].dtype) == kinds.get(column.kind, text), column.name
    assert tables["orders"]["product_line"].isna().all() and tables["accounts"]["industry"].isna().all()


def test_rows_after_the_as_of_date_stay_and_are_counted(bench):
    tables = bench.plain(as_of="2024-04-15")
    assert len(tables["orders"]) == 4 and tables.quality.tables["orders"].rows_after_as_of == 1


@pytest.mark.parametrize(
    ("options", "content"),
    [
        pytest.param({}, "account_id,name\nA1,Ä\n".encode("utf-8-sig"), id="byte order mark"),
        pytest.param({}, "account_id,name\r\nA1,Ä\r\n".encode(), id="Windows line ends"),
        pytest.param({}, "account_id,name\rA1,Ä\r".encode(), id="old Mac line ends"),
        pytest.param({}, 'account_id,name\nA1,"Ä"\r\n'.encode(), id="mixed line ends"),
        pytest.param({}, "account_id,name\n\nA1,Ä\n\n\n".encode(), id="empty lines"),
        pytest.param({}, "account_id,name\nA1,Ä\n,\n,\n".encode(), id="lines of empty cells"),
        pytest.param({}, "account_id,name\n A1\u3000,\u00a0Ä \n".encode(), id="white space of all kinds"),
        pytest.param({"encoding": "utf-16"}, "account_id,name\nA1,Ä\n".encode("utf-16"), id="utf-16"),
        pytest.param({"encoding": "cp1252"}, "account_id,name\nA1,Ä\n".encode("cp1252"), id="Western"),
        pytest.param({"delimiter": "tab"}, "account_id\tname\nA1\tÄ\n".encode(), id="tab"),
        pytest.param({"header": 3}, "Kundenliste\nStand: Mai\naccount_id,name\nA1,Ä\n".encode(), id="header on line 3"),
    ],
)
def test_dialects(bench, options, content):
    orders = "order_id,line,account_id,order_date,product,quantity,net_revenue\n1,1,A1,2024-01-01,nut,1,1\n"
    tables = bench.plain(content, orders, tables={"accounts": options})
    assert tables["accounts"][["account_id", "name"]].to_numpy().tolist() == [["A1", "Ä"]]
    assert tables.quality.tables["accounts"].rows_read == 1


def test_a_file_of_one_column(bench):
    tables = bench.plain("account_id\nA1\n\nA2\nA3\n", tables={"accounts": {"columns": {"account_id": "account_id", "name": "account_id"}}})
    assert tables["accounts"]["name"].tolist() == ["A1", "A2", "A3"]


def test_gz_and_text_in_quotes(bench):
    packed = gzip.compress(b'account_id,name\nA1,"Acme, ""the"" Inc\nBerlin"\nA2,7" nails\nA3,NA\n')
    tables = bench.plain(files={"accounts.csv.gz": packed}, tables={"accounts": {"file": "accounts.csv.gz"}})
    assert tables["accounts"]["name"].tolist() == ['Acme, "the" Inc\nBerlin', '7" nails', "NA"]


def test_several_files_each_with_its_own_dialect_and_mapping(bench):
    files = {
        "d/orders-1.csv": "Nr;Kunde;Datum;Artikel;Menge;Umsatz\n1;A1;01.03.2024;螺母;1.000;1.234,56\n".encode("gb18030"),
        "d/orders-2.csv": "Nr;Kunde;Datum;Artikel;Menge;Umsatz\n1;A1;02.03.2024;螺母;2;0,44\n".encode("gb18030"),
        "more.csv": "id,acc,day,what,n,price\n9,A2,2024-04-01,nut,3,5.25\n",
    }
    german = {"encoding": "gb18030", "delimiter": ";", "decimal": ",", "date_format": "%d.%m.%Y", "columns": ORDER_COLUMNS}
    other = {
        "columns": {
            "order_id": "id",
            "line": {"const": "7"},
            "account_id": "acc",
            "order_date": "day",
            "product": "what",
            "quantity": "n",
            "net_revenue": {"name": "price", "per": "unit"},
        }
    }
    tables = bench.plain(
        files=files, tables={"orders": {"file": None, "files": [{"file": "d/orders-*.csv", **german}, {"file": "more.csv", **other}]}}
    )
    orders = tables["orders"]
    assert orders["net_revenue"].tolist() == [1234.56, 0.44, 15.75] and orders["quantity"].tolist() == [1000, 2, 3]
    assert orders["product"].tolist() == ["螺母", "螺母", "nut"]
    assert orders["order_date"].tolist() == [datetime(2024, 3, 1), datetime(2024, 3, 2), datetime(2024, 4, 1)]
    assert tables.quality.tables["orders"].files == ("d/orders-1.csv", "d/orders-2.csv", "more.csv")


def test_a_mapped_line_number_counts_within_the_order(bench):
    columns = {
        name: {"row_number": True} if name == "line" else name for name in ("order_id", "line", "account_id", "order_date", "product")
    }
    tables = bench.plain(tables={"orders": {"columns": {**columns, "quantity": "quantity", "net_revenue": "net_revenue"}}})
    assert tables["orders"][["order_id", "line"]].to_numpy().tolist() == [["1", "1"], ["1", "2"], ["2", "1"], ["3", "1"]]


def test_words_of_the_source_are_translated_and_texts_joined(bench):
    accounts = "account_id,first,last,kind\nA1,Ann,Ash,直销\nA2,Bo,,代理\nA3,Cy,Cole,\n"
    columns = {
        "account_id": "account_id",
        "name": {"join": ["first", "last"]},
        "channel": {"name": "kind", "values": {"直销": "direct", "代理": "agent"}},
    }
    found = bench.plain(accounts, tables={"accounts": {"columns": columns}})["accounts"]
    assert found["name"].tolist() == ["Ann Ash", "Bo", "Cy Cole"]
    assert found["channel"].tolist()[:2] == ["direct", "agent"] and pd.isna(found["channel"][2])


HEADERS = "order_id,account_id,order_date,rep\n1,A1,2024-03-01,M1\n2,A2,2024-03-02,M2\n3,A2,2024-03-03,M2\n"
LINES = "order_id,line,sku,quantity,net_revenue\n1,1,n,1,10\n1,2,b,2,20\n2,1,n,3,30\n"
PRODUCTS = "sku,name,group\nn,Nut,g1\nb,Bolt,g2\n"
GROUPS = "id,name\ng1,Small\ng2,Large\n"
JOINED = {
    "join": [
        {"file": "headers.csv", "on": "order_id", "many_to_one": True},
        {"file": "products.csv", "on": "sku", "many_to_one": True, "as": "product"},
        {"file": "groups.csv", "on": {"group": "id"}, "many_to_one": True, "as": "group"},
    ],
    "columns": {
        "order_id": "order_id",
        "line": "line",
        "account_id": "account_id",
        "order_date": "order_date",
        "quantity": "quantity",
        "product": "product.name",
        "product_line": "group.name",
        "net_revenue": "net_revenue",
        "manager_id": "rep",
    },
}


def joined_files(**changed):
    return {"headers.csv": HEADERS, "products.csv": PRODUCTS, "groups.csv": GROUPS, "orders.csv": LINES} | {
        f"{name}.csv": content for name, content in changed.items()
    }


def test_lines_are_joined_to_headers_products_and_groups(bench):
    orders = bench.plain(orders=LINES, files=joined_files(), tables={"orders": JOINED})["orders"]
    assert orders["account_id"].tolist() == ["A1", "A1", "A2"] and orders["product"].tolist() == ["Nut", "Bolt", "Nut"]
    assert orders["product_line"].tolist() == ["Small", "Large", "Small"] and orders["manager_id"].tolist() == ["M1", "M1", "M2"]


def test_a_line_without_its_header_is_named(bench):
    files = {"accounts.csv": "account_id,name\nA1,A\nA2,B\n", **joined_files(orders=LINES + "9,1,n,1,1\n")}
    (problem,) = bench.refused(files, bench.two({"orders": JOINED}))
    assert (problem.code, problem.severity, problem.file, problem.line) == ("KAM-K03", "file", "orders.csv", 5)
    assert "order_id of this line has no row in headers.csv" in problem.why


def test_a_header_that_stands_twice_would_count_lines_twice(bench):
    files = {"accounts.csv": "account_id,name\nA1,A\nA2,B\n", **joined_files(headers=HEADERS + "1,A1,2024-03-09,M1\n")}
    (problem,) = bench.refused(files, bench.two({"orders": JOINED}))
    assert (problem.code, problem.file, problem.line, problem.column, problem.value) == ("KAM-K03", "headers.csv", 5, "order_id", "1")
    assert "lines (2 and 5)" in problem.why


def test_a_bad_cell_of_a_joined_file_is_placed_there_and_once(bench):
    files = joined_files(headers=HEADERS.replace("2024-03-01", "2024-02-31"))
    tables = bench.plain(orders=LINES, files=files, tables={"orders": JOINED})
    (problem,) = tables.quality.problems
    assert (problem.file, problem.line, problem.column, problem.value) == ("headers.csv", 2, "order_date", "2024-02-31")
    assert tables.quality.tables["orders"].rows_refused == {"cell not readable": 2}


def test_a_name_in_two_joined_files_needs_a_prefix(bench):
    files = {"accounts.csv": "account_id,name\nA1,A\n", **joined_files()}
    columns = {**JOINED["columns"], "product": "name"}
    (problem,) = bench.refused(files, bench.two({"orders": {**JOINED, "columns": columns}}))
    assert problem.code == "KAM-F05" and "stands in products.csv and groups.csv" in problem.why and "product.name" in problem.fix


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        pytest.param({"column": "account_id", "op": "=", "value": "A1"}, [100.0, 50.5], id="equal text"),
        pytest.param({"column": "account_id", "op": "!=", "value": "A1"}, [9.99, -20.0], id="other text"),
        pytest.param({"column": "net_revenue", "op": ">", "value": 50}, [100.0, 50.5], id="canonical number"),
        pytest.param({"column": "quantity", "op": "<=", "value": 1}, [9.99, -20.0], id="number"),
        pytest.param({"column": "product", "op": "in", "value": ["bolt", "screw"]}, [50.5], id="in"),
        pytest.param({"column": "product", "op": "not in", "value": ["bolt", "screw"]}, [100.0, 9.99, -20.0], id="not in"),
        pytest.param({"column": "product", "op": "known"}, [100.0, 50.5, 9.99, -20.0], id="known"),
        pytest.param({"column": "product", "op": "=", "value": "x' OR '1'='1"}, None, id="text of a statement"),
    ],
)
def test_where_keeps_the_rows_that_hold(bench, condition, kept):
    if kept is None:
        problems = bench.refused(
            {"accounts.csv": "account_id,name\nA1,A\n", "orders.csv": LINES_PLAIN}, bench.two({"orders": {"where": [condition]}})
        )
        assert codes(problems) == ["KAM-F02"] and "where leaves none of the 2 rows" in str(problems[0])
        return
    tables = bench.plain(tables={"orders": {"where": [condition]}})
    assert tables["orders"]["net_revenue"].tolist() == kept
    assert tables.quality.tables["orders"].rows_filtered == 4 - len(kept)


LINES_PLAIN = "order_id,line,account_id,order_date,product,quantity,net_revenue\n1,1,A1,2024-01-01,nut,1,1\n1,2,A1,2024-01-01,nut,1,1\n"


def test_where_on_a_date_needs_no_quotes_and_knows_blanks(bench):
    path = bench.write(
        {"accounts.csv": "account_id,name\nA1,A\n", "orders.csv": LINES_PLAIN.replace("01-01,nut,1,1\n1,2", "03-01,,1,1\n1,2")}, bench.two()
    )
    path.write_text(
        "schema: 1\nname: T\nas_of: 2024-05-31\ncurrency: EUR\ntables:\n  accounts: {file: accounts.csv}\n"
        '  orders: {file: orders.csv, where: [{column: order_date, op: "<", value: 2024-02-01}, {column: product, op: known}]}\n'
    )
    from kamlib.data.engagement import load_engagement
    from kamlib.data.read import read

    assert read(load_engagement(path))["orders"]["line"].tolist() == ["2"]


def test_a_cell_that_cannot_be_compared_is_refused_not_dropped(bench):
    orders = LINES_PLAIN.replace("nut,1,1\n1,2", "nut,?,1\n1,2")
    tables = bench.plain(orders=orders, tables={"orders": {"where": [{"column": "quantity", "op": ">", "value": 0}]}})
    assert [(problem.code, problem.line, problem.value) for problem in tables.quality.problems] == [("KAM-V01", 2, "?")]


def test_equal_rows_count_once_where_that_is_declared(bench):
    accounts = "account_id,name,order\nA1,Acme,1\nA2,Bolt,2\nA1,Acme,3\nA3,Cord,4\n"
    tables = bench.plain(accounts, tables={"accounts": {"columns": {"account_id": "account_id", "name": "name"}, "distinct": True}})
    found = tables.quality.tables["accounts"]
    assert tables["accounts"]["account_id"].tolist() == ["A1", "A2", "A3"]
    assert (found.rows_read, found.rows_used, found.rows_duplicate) == (4, 3, 1)


def test_accounts_from_the_orders(bench):
    tables = bench.plain(tables={"accounts": {"file": None, "distinct": "orders"}})
    assert tables["accounts"][["account_id", "name"]].to_numpy().tolist() == [["A1", "A1"], ["A2", "A2"], ["A3", "A3"]]
    assert accounted(tables.quality.tables["accounts"]) == tables.quality.tables["accounts"].rows_read == 3


def test_parquet_with_numbers_for_ids_and_times_for_days(bench):
    duckdb.execute(
        f"COPY (SELECT 7.0::DOUBLE AS id, 'nut ' AS what, 2::BIGINT AS n, 2.55::DOUBLE AS price, 'nan'::DOUBLE AS cost, "
        f"TIMESTAMP '2024-03-01 10:30:00' AS at) "
        f"TO '{bench.folder}/orders.parquet' (FORMAT parquet)"
    )
    columns = {
        "order_id": "id",
        "line": {"const": 1},
        "account_id": "id",
        "order_date": "at",
        "product": "what",
        "quantity": "n",
        "net_revenue": {"product": ["n", "price"]},
        "cost": "cost",
    }
    tables = bench.plain("account_id,name\n7,Seven\n", tables={"orders": {"file": "orders.parquet", "columns": columns}})
    row = tables["orders"].iloc[0]
    assert (row["order_id"], row["account_id"], row["product"], row["net_revenue"]) == ("7", "7", "nut", 5.1)
    assert row["order_date"] == datetime(2024, 3, 1) and pd.isna(row["cost"])
    assert tables.quality.tables["orders"].totals["net_revenue"] == Decimal("5.1")


def test_a_value_in_parquet_that_is_not_finite_is_named_by_its_row(bench):
    duckdb.execute(
        f"COPY (SELECT * FROM (VALUES (1, 2.0::DOUBLE), (2, 'inf'::DOUBLE)) t(id, price)) TO '{bench.folder}/o.parquet' (FORMAT parquet)"
    )
    columns = {
        "order_id": "id",
        "line": {"const": 1},
        "account_id": "id",
        "order_date": {"const": "2024-01-01"},
        "product": {"const": "x"},
        "quantity": {"const": 1},
        "net_revenue": "price",
    }
    tables = bench.plain("account_id,name\n1,A\n2,B\n", tables={"orders": {"file": "o.parquet", "columns": columns}})
    assert [(problem.code, problem.line, problem.value) for problem in tables.quality.problems] == [("KAM-V05", 2, "inf")]


def workbook(path, rows, sheet="Kunden", more=()):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    for name in more:
        book.create_sheet(name)
    book.save(path)
    return book


EXCEL_HEADER = ["account_id", "name", "signed_on", "annual_wallet", "status"]


def test_excel_cells_become_what_they_stand_for(bench):
    rows = [
        EXCEL_HEADER,
        ["00123", "Text", date(2024, 2, 29), 1234.56, "active"],
        [123.0, "Number", datetime(2024, 3, 1, 10, 5), 7, None],
        [],
        ["NA", "Formula", "2024-03-02", "8.5", None],
    ]
    workbook(bench.folder / "accounts.xlsx", rows)
    orders = LINES_PLAIN.replace("A1", "123")
    accounts = bench.plain(orders=orders, tables={"accounts": {"file": "accounts.xlsx"}})["accounts"]
    assert accounts["account_id"].tolist() == ["00123", "123", "NA"] and accounts["annual_wallet"].tolist() == [1234.56, 7.0, 8.5]
    assert accounts["signed_on"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-29", "2024-03-01", "2024-03-02"]


def test_excel_follows_the_declared_formats_where_cells_are_texts(bench):
    workbook(
        bench.folder / "accounts.xlsx",
        [EXCEL_HEADER, ["A1", "x", date(2024, 2, 29), 1.5, None], ["A2", "y", "01.03.2024", "1.234,5", None]],
    )
    options = {"file": "accounts.xlsx", "decimal": ",", "date_format": "%d.%m.%Y"}
    accounts = bench.plain(orders=LINES_PLAIN, tables={"accounts": options})["accounts"]
    assert accounts["annual_wallet"].tolist() == [1.5, 1234.5]
    assert accounts["signed_on"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-29", "2024-03-01"]


def test_excel_errors_and_formulas_without_a_value_are_refused_with_their_cell(bench):
    book = workbook(
        bench.folder / "accounts.xlsx",
        [EXCEL_HEADER, ["A1", "x", None, "#DIV/0!", None], ["A2", "y", None, "=1+1", None], ["A3", "#N/A", None, 3, None]],
    )
    book.active["D2"].data_type = book.active["B4"].data_type = "e"
    book.save(bench.folder / "accounts.xlsx")
    tables = bench.plain(tables={"accounts": {"file": "accounts.xlsx"}})
    found = [(problem.code, problem.sheet, problem.line, problem.column, problem.value) for problem in tables.quality.problems]
    assert found == [
        ("KAM-V01", "Kunden", 2, "annual_wallet", "#DIV/0!"),
        ("KAM-V01", "Kunden", 3, "annual_wallet", "=1+1"),
        ("KAM-V01", "Kunden", 4, "name", "#N/A"),
    ]
    assert "(cell D2)" in str(tables.quality.problems[0]) and "never computed" in tables.quality.problems[1].why


def test_excel_needs_the_sheet_if_there_are_several(bench):
    workbook(bench.folder / "accounts.xlsx", [EXCEL_HEADER, ["A1", "x", None, 1, None]], more=("Alt",))
    files = {"orders.csv": LINES_PLAIN}
    (problem,) = bench.refused(files, bench.two({"accounts": {"file": "accounts.xlsx"}}))
    assert problem.code == "KAM-F09" and problem.fix == "set tables.accounts.sheet: Kunden"
    assert len(bench.read(files, bench.two({"accounts": {"file": "accounts.xlsx", "sheet": "Kunden"}}))["accounts"]) == 1


@pytest.mark.parametrize(
    ("name", "content", "code", "why"),
    [
        pytest.param(
            "accounts.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "KAM-F06", "protected by a password or of the old .xls form", id="password"
        ),
        pytest.param("accounts.xls", b"\xd0\xcf\x11\xe0", "KAM-F06", "is a .xls file", id="old Excel"),
        pytest.param("accounts.parquet", b"PAR1", "KAM-F06", "cannot be read as Parquet", id="torn Parquet"),
        pytest.param("accounts.csv.gz", b"\x1f\x8b\x08\x00", "KAM-F06", "not a whole gzip file", id="torn gzip"),
        pytest.param("accounts.csv", b"", "KAM-F02", "is empty", id="empty"),
        pytest.param("accounts.csv", b"account_id,name\nA1,a\0b\n", "KAM-F06", "NUL", id="NUL"),
        pytest.param("accounts.csv", b'account_id,name\nA1,"Acme\nA2,Bolt\n', "KAM-F06", "quote that is not closed", id="open quote"),
        pytest.param("accounts.csv", b'account_id,name\nA1,"Ac"me\n', "KAM-F06", "no proper CSV", id="text behind a quote"),
        pytest.param("accounts.csv", b"account_id,name\nA1\nA2,B\n", "KAM-F04", "1 fields, header has 2", id="short line"),
        pytest.param("accounts.csv", b"account_id,account_id,name\nA1,A1,x\n", "KAM-F05", "stands in the header twice", id="double header"),
        pytest.param("accounts.csv", b"Account ID,name\nA1,x\n", "KAM-F05", "is not a column", id="other header"),
    ],
)
def test_files_that_cannot_be_used(bench, name, content, code, why):
    problems = bench.refused({name: content, "orders.csv": LINES_PLAIN}, bench.two({"accounts": {"file": name}}))
    assert problems[0].code == code and problems[0].severity == "file" and problems[0].file == name
    assert why in str(problems[0]) and problems[0].fix


def test_a_near_column_name_is_proposed(bench):
    (problem,) = bench.refused({"accounts.csv": b"Account ID,name\nA1,x\n", "orders.csv": LINES_PLAIN}, bench.two())
    assert problem.value == "account_id" and 'did you mean "Account ID"?' in problem.fix


@pytest.mark.parametrize(
    ("name", "why"), [("../shared/none.csv", "there is no such file"), ("exports/crm-*.csv", "no file has a name like this")]
)
def test_a_missing_file_is_one_clear_message(bench, name, why):
    (problem,) = bench.refused({"orders.csv": LINES_PLAIN}, bench.two({"accounts": {"file": name}}))
    assert (problem.code, problem.file) == ("KAM-F03", name) and why in problem.why and "tables.accounts.file" in problem.fix


def test_a_name_with_the_signs_of_a_pattern(bench):
    tables = bench.plain(files={"crm [1].csv": "account_id,name\nA1,A\nA2,B\nA3,C\n"}, tables={"accounts": {"file": "crm [1].csv"}})
    assert len(tables["accounts"]) == 3


def test_all_problems_of_all_files_come_at_once(bench):
    problems = bench.refused({"accounts.csv": "account_id,name\nA1,a,b\nA2\n", "orders.csv": ""}, bench.two())
    assert [(problem.code, problem.file, problem.line) for problem in problems] == [
        ("KAM-F04", "accounts.csv", 2),
        ("KAM-F04", "accounts.csv", 3),
        ("KAM-F02", "orders.csv", None),
    ]


def test_an_order_of_an_unknown_account_names_the_id_and_its_lines(bench):
    orders = LINES_PLAIN.replace("A1", "A9")
    (problem,) = bench.refused({"accounts.csv": "account_id,name\nA1,A\n", "orders.csv": orders}, bench.two())
    assert (problem.code, problem.severity, problem.file, problem.line) == ("KAM-K02", "file", "orders.csv", 2)
    assert (problem.column, problem.value) == ("account_id", "A9") and "is not in accounts (lines 2, 3)" in problem.why


def test_a_row_whose_account_cannot_be_told_stops_the_file(bench):
    (problem,) = bench.refused({"accounts.csv": "account_id,name\nA1,A\n", "orders.csv": LINES_PLAIN.replace("A1", "", 1)}, bench.two())
    assert (problem.code, problem.severity, problem.line, problem.column) == ("KAM-V07", "file", 2, "account_id")


def test_a_parent_that_is_no_account_names_both(bench):
    files = {"accounts.csv": "account_id,name,parent_id\nA1,A,A2\nA2,B,A7\n", "orders.csv": LINES_PLAIN}
    (problem,) = bench.refused(files, bench.two())
    assert (problem.code, problem.line, problem.column, problem.value) == (
        "KAM-K02",
        3,
        "parent_id",
        "A7",
    ) and 'account "A2"' in problem.why


def test_a_manager_whom_nobody_knows_is_a_warning(bench):
    files = {"managers.csv": "manager_id,name\nM1,Ann\n"}
    tables = bench.plain(
        "account_id,name,manager_id\nA1,A,M1\nA2,B,M2\nA3,C,\n", files=files, tables={"managers": {"file": "managers.csv"}}
    )
    assert [(problem.severity, problem.line, problem.value) for problem in tables.quality.problems] == [("warning", 3, "M2")]
    assert not tables.quarantined and len(tables["accounts"]) == 3


@pytest.mark.parametrize(
    ("cells", "code", "column", "why"),
    [
        pytest.param("A1,Acme,Direkt,3", "KAM-V03", "channel", "is not one of direct, agent; did you mean direct?", id="choice"),
        pytest.param("A1,Acme,direct,6", "KAM-V03", "fit", "from 1 to 5", id="range"),
        pytest.param("A1,Acme,direct,2.5", "KAM-V01", "fit", "whole number", id="whole"),
        pytest.param("A1,,direct,3", "KAM-V07", "name", "is blank", id="blank"),
    ],
)
def test_closed_lists_ranges_and_blanks(bench, cells, code, column, why):
    tables = bench.plain(f"account_id,name,channel,fit\n{cells}\nA2,Bolt,agent,5\nA3,Cord,,\n")
    (problem,) = tables.quality.problems
    assert (problem.code, problem.severity, problem.line, problem.column, problem.record) == (code, "account", 2, column, "A1")
    assert why in problem.why and tables.quarantined.keys() == {"A1"}


def test_flags_in_words_and_one_that_is_none(bench):
    orders = (
        LINES_PLAIN.replace("net_revenue", "net_revenue,correct")
        .replace("nut,1,1", "nut,1,1,Yes", 1)
        .replace("nut,1,1\n", "nut,1,1,maybe\n")
    )
    tables = bench.plain("account_id,name\nA1,A\n", orders)
    assert [(problem.code, problem.line, problem.value) for problem in tables.quality.problems] == [("KAM-V03", 3, "maybe")]


@pytest.mark.parametrize(
    ("quantity", "net", "cost", "refused"),
    [
        pytest.param(-1, -10, -4, False, id="a return"),
        pytest.param(1, 0, 4, False, id="a gift"),
        pytest.param(-1, 10, -4, True, id="positive revenue on a return"),
        pytest.param(-1, -10, 4, True, id="positive cost on a return"),
        pytest.param(1, -10, 4, True, id="negative revenue on a sale"),
    ],
)
def test_signs_must_agree_on_a_return(bench, quantity, net, cost, refused):
    orders = f"order_id,line,account_id,order_date,product,quantity,net_revenue,cost\n1,1,A1,2024-01-01,nut,{quantity},{net},{cost}\n"
    tables = bench.plain("account_id,name\nA1,A\n", orders)
    assert [(problem.code, problem.line) for problem in tables.quality.problems] == ([("KAM-V06", 2)] if refused else [])
    assert tables.quality.tables["orders"].rows_refused == ({"mixed sign": 1} if refused else {})


RATES = "currency,date,rate\nUSD,2024-02-01,0.90\nUSD,2024-03-01,0.95\n"


@pytest.mark.parametrize(
    ("day", "net"),
    [
        pytest.param("2024-02-29", 9.0, id="last rate before"),
        pytest.param("2024-03-01", 9.5, id="rate of the day"),
        pytest.param("2024-04-01", 9.5, id="31 days old"),
        pytest.param("2024-04-02", None, id="32 days old"),
        pytest.param("2024-01-31", None, id="before the first"),
    ],
)
def test_amounts_convert_at_the_last_rate_not_older_than_31_days(bench, day, net):
    orders = (
        f"order_id,line,account_id,order_date,product,quantity,net_revenue,currency\n1,1,A1,{day},nut,1,10,USD\n2,1,A2,{day},nut,1,10,EUR\n"
    )
    tables = bench.plain("account_id,name\nA1,A\nA2,B\n", orders, files={"rates.csv": RATES}, tables={"rates": {"file": "rates.csv"}})
    assert tables["orders"]["net_revenue"].tolist() == ([10.0] if net is None else [net, 10.0])
    assert codes(tables.quality.problems) == (["KAM-V04"] if net is None else [])
    assert tables.quality.tables["orders"].totals["net_revenue"] == (10 if net is None else 20)


def test_a_payment_takes_the_rate_of_its_invoice(bench):
    files = {
        "rates.csv": RATES,
        "invoices.csv": "invoice_id,account_id,invoice_date,due_date,amount,currency\nI1,A1,2024-02-10,2024-03-10,100,USD\n",
        "payments.csv": "payment_id,invoice_id,paid_on,amount\nP1,I1,2024-03-20,100\n",
    }
    tables = bench.plain(files=files, tables={name: {"file": f"{name}.csv"} for name in ("rates", "invoices", "payments")})
    assert tables["invoices"]["amount"].tolist() == tables["payments"]["amount"].tolist() == [90.0]


INVOICES = """invoice_id,account_id,invoice_date,due_date,amount
I1,A1,2024-02-10,2024-03-10,100
I2,A2,2024-02-10,2024-03-10,50
"""


def test_a_bad_payment_sets_the_account_of_its_invoice_aside(bench):
    files = {
        "invoices.csv": INVOICES,
        "payments.csv": "payment_id,invoice_id,paid_on,amount\nP1,I1,2024-03-20,1OO\nP2,I2,2024-03-20,50\n",
    }
    tables = bench.plain(files=files, tables={name: {"file": f"{name}.csv"} for name in ("invoices", "payments")})
    assert tables.quarantined.keys() == {"A1"} and tables["invoices"]["invoice_id"].tolist() == tables["payments"]["invoice_id"].tolist()[
        :0
    ] + ["I2"]
    assert tables["payments"]["payment_id"].tolist() == ["P2"]


def test_a_constant_that_does_not_fit_is_refused_before_any_row(bench):
    tables = bench.one_file("crm.csv")
    tables["orders"] = {**tables["orders"], "columns": {**tables["orders"]["columns"], "order_date": {"const": "2024-02-30"}}}
    (problem,) = bench.refused({"crm.csv": "account_id,name,revenue\nA1,x,1\n"}, tables)
    assert problem.code == "KAM-P03" and problem.fix == "correct tables.orders.columns.order_date.const"


def test_periods_months_and_times(bench):
    files = {
        "forecasts.csv": "account_id,period,forecast\nA1,2024-06,5\nA2,2024-6,5\n",
        "tickets.csv": "ticket_id,account_id,opened_at,kind,severity\nT1,A1,2024-03-01T10:05,fault,2\nT2,A3,2024-03-01 25:00,fault,2\n",
    }
    tables = bench.plain(files=files, tables={name: {"file": f"{name}.csv"} for name in ("forecasts", "tickets")})
    assert [(problem.line, problem.column, problem.value) for problem in tables.quality.problems] == [
        (3, "period", "2024-6"),
        (3, "opened_at", "2024-03-01 25:00"),
    ]
    assert tables["tickets"]["opened_at"].tolist() == [datetime(2024, 3, 1, 10, 5)]


def test_a_thousand_problems_are_listed_and_the_rest_is_counted(bench):
    accounts = "account_id,name\n" + "".join(f"A{number},x\n" for number in range(1300))
    rows = "".join(f"{number},1,A{number},2024-01-01,nut,1,{'?' if number < 1200 else 1}\n" for number in range(1300))
    tables = bench.plain(accounts, "order_id,line,account_id,order_date,product,quantity,net_revenue\n" + rows)
    listed = [problem for problem in tables.quality.problems if problem.code == "KAM-V01"]
    assert len(listed) == 1000 and [problem.line for problem in listed[:2]] == [2, 3]
    assert "1200 rows with problems" in tables.quality.problems[-1].why
    assert len(tables.quarantined) == 1200 and len(tables["orders"]) == 100
    found = tables.quality.tables["orders"]
    assert found.rows_refused == {"cell not readable": 1200} and accounted(found) == found.rows_read == 1300


MIXED_FATES = """2,1,A2,2024-01-01,nut,1,x
3,1,A2,2024-01-01,nut,1,2
4,1,A3,2024-01-01,skip,1,3
5,1,A3,2024-09-01,nut,1,3
5,1,A3,2024-09-01,nut,1,3
"""


def test_every_row_is_accounted_for(bench):
    orders = LINES_PLAIN + MIXED_FATES
    options = {"distinct": True, "where": [{"column": "product", "op": "!=", "value": "skip"}]}
    tables = bench.plain(orders=orders, tables={"orders": options})
    found = tables.quality.tables["orders"]
    assert found.counts() == {
        "rows_read": 7,
        "rows_used": 3,
        "rows_filtered": 1,
        "rows_duplicate": 1,
        "rows_after_as_of": 1,
        "rows_refused": 2,
    }
    assert found.rows_refused == {"cell not readable": 1, "account set aside": 1}
    assert all(accounted(quality) == quality.rows_read for quality in tables.quality.tables.values())


def test_the_order_of_rows_changes_nothing_but_their_order(bench):
    first = bench.plain()
    head, *rows = LINES_ALL.splitlines(keepends=True)
    second = bench.plain(orders=head + "".join(reversed(rows)))
    assert first.quality.tables["orders"].totals == second.quality.tables["orders"].totals
    pd.testing.assert_frame_equal(
        first["orders"].sort_values(["order_id", "line"], ignore_index=True),
        second["orders"].sort_values(["order_id", "line"], ignore_index=True),
    )


LINES_ALL = """order_id,line,account_id,order_date,product,quantity,net_revenue
1,1,A1,2024-03-01,nut,10,100.00
1,2,A1,2024-03-01,bolt,5,50.50
2,1,A2,2024-04-15,nut,1,9.99
3,1,A3,2024-05-20,nut,-2,-20.00
"""


def test_ten_thousand_cents_add_up_exactly(bench):
    rows = "".join(f"{number},1,A1,2024-01-01,nut,1,0.01\n" for number in range(10_000))
    tables = bench.plain("account_id,name\nA1,A\n", "order_id,line,account_id,order_date,product,quantity,net_revenue\n" + rows)
    assert tables.quality.tables["orders"].totals["net_revenue"] == Decimal("100.00")
    assert np.isclose(tables["orders"]["net_revenue"].sum(), 100)


def test_utf_16_without_a_mark_is_not_guessed(bench):
    files = {"accounts.csv": "account_id,name\nA1,A\n".encode("utf-16-le"), "orders.csv": LINES_PLAIN}
    (problem,) = bench.refused(files, bench.two({"accounts": {"encoding": "utf-16"}}))
    assert (problem.code, problem.line) == ("KAM-F01", 1) and "utf-16-le" in problem.fix
    assert len(bench.read(files, bench.two({"accounts": {"encoding": "utf-16-le"}}))["accounts"]) == 1


def test_a_workbook_whose_checksum_fails_is_refused(bench):
    workbook(bench.folder / "accounts.xlsx", [EXCEL_HEADER, ["A1", "x", None, 1, None]])
    with zipfile.ZipFile(bench.folder / "accounts.xlsx") as archive:
        part = archive.getinfo("xl/worksheets/sheet1.xml")
    data = bytearray((bench.folder / "accounts.xlsx").read_bytes())
    data[part.header_offset + 14 + len(part.filename) + 40] ^= 1
    problems = bench.refused({"accounts.xlsx": bytes(data), "orders.csv": LINES_PLAIN}, bench.two({"accounts": {"file": "accounts.xlsx"}}))
    assert problems[0].code == "KAM-F06" and "may be damaged" in problems[0].why


MONTHS = {
    f"{month}/orders-2024-{month}.csv": "\ufeff" + LINES_PLAIN.splitlines()[0] + f"\n{month},1,A1,2024-{month}-03,螺母,1,{net}\n"
    for month, net in (("01", "1.5万"), ("02", "0.25万"), ("03", "7"))
}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_folder_of_monthly_files_in_wan_with_a_mark_is_one_table(bench, encoding):
    files = {name: text.lstrip("\ufeff" if encoding == "gb18030" else "").encode(encoding) for name, text in MONTHS.items()}
    options = {"file": "**/orders-2024-*.csv", "encoding": encoding, "unit_suffixes": {"万": 10000}}
    tables = bench.plain("account_id,name\nA1,A\n", files=files, tables={"orders": options})
    assert tables["orders"]["net_revenue"].tolist() == [15000.0, 2500.0, 7.0] and set(tables["orders"]["product"]) == {"螺母"}
    found = tables.quality.tables["orders"]
    assert found.files == tuple(sorted(MONTHS)) and found.totals["net_revenue"] == 17507


@pytest.mark.parametrize(
    ("limit", "refused"), [pytest.param(3, True, id="one below"), pytest.param(4, False, id="exactly"), pytest.param(5, False, id="above")]
)
@pytest.mark.parametrize("kind", ["csv", "slow csv", "parquet", "two files"])
def test_more_order_lines_than_the_policy_allows_are_refused(bench, limit, refused, kind):
    head, *rows = LINES_ALL.splitlines(keepends=True)
    files = {"accounts.csv": "account_id,name\nA1,Acme\nA2,Bolt\nA3,Cord\n", "orders.csv": LINES_ALL}
    tables = bench.two()
    if kind == "slow csv":
        files["orders.csv"] = LINES_ALL.replace("\n", "\r\n", 1)
    if kind == "two files":
        files |= {"orders.csv": head + "".join(rows[:2]), "orders-2.csv": head + "".join(rows[2:])}
        tables["orders"] = {"file": "orders*.csv"}
    if kind == "parquet":
        bench.write(files, tables)
        duckdb.sql(f"COPY (FROM read_csv('{bench.folder}/orders.csv')) TO '{bench.folder}/orders.parquet'")
        tables["orders"] = {"file": "orders.parquet"}
    limits = {"policy_overrides": {"limits": {"order_lines": limit}}}
    if refused:
        (problem,) = bench.refused(files, tables, **limits)
        assert problem.code == "KAM-F08" and "more than 3 order lines" in problem.why and "limits.order_lines" in problem.fix
    else:
        assert len(bench.read(files, tables, **limits)["orders"]) == 4


def test_a_column_that_is_not_read_is_told_and_an_empty_one_is_only_a_header(bench):
    tables = bench.plain("account_id,name,regoin,industry\nA1,A,North,\nA2,B,South,\nA3,C,,\n")
    (problem,) = tables.quality.problems
    assert (problem.code, problem.severity, problem.value) == ("KAM-F05", "warning", "regoin") and "did you mean region?" in problem.fix
    assert tables.mapped["accounts"] == {"account_id", "name"} and not tables.quarantined
