"""Rows by SQL: from SQLite and from a PostgreSQL that the test starts, as exact as the database types them, and no password told."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from kamlib.checks import InvalidInput
from kamlib.data.engagement import load_engagement
from kamlib.data.read import read, sql_query

LINES = """create table lines (order_id text, line integer, account_id text, day text, product text, n integer, net numeric);
insert into lines values ('00123', 1, 'A1', '2024-03-01', ' 螺母 ', 10, 100.25), ('00123', 2, 'A1', '2024-03-01', 'bolt', 5, 0.1);
insert into lines values ('NA', 1, 'A2', '2024-04-15', 'nut', -1, -9.99), ('7', 1, 'A3', '2024-05-20', 'nut', 1, 3)"""
SELECT = "select order_id, line, account_id, day as order_date, product, n as quantity, net as net_revenue from lines"
BROKEN = "' -- no end"


def sqlite(path: Path, statements: str = LINES) -> str:
    with sqlite3.connect(path) as database:
        database.executescript(statements)
    database.close()
    return f"sqlite:///{path.name}"


def orders_of(bench, url: str, sql: str = SELECT, **options):
    return bench.plain(tables={"orders": {"file": None, "sql": sql, "url": url, **options}})


def refused_by(bench, url: str, sql: str = SELECT, **options):
    with pytest.raises(InvalidInput) as error:
        orders_of(bench, url, sql, **options)
    return error.value.problems


def test_sqlite_beside_the_engagement_file_is_read_exactly(bench):
    tables = orders_of(bench, sqlite(bench.folder / "shop.db"))
    found = tables.quality.tables["orders"]
    assert tables["orders"]["order_id"].tolist() == ["00123", "00123", "NA", "7"]
    assert tables["orders"]["product"].tolist() == ["螺母", "bolt", "nut", "nut"]
    assert found.totals == {"quantity": Decimal(15), "net_revenue": Decimal("93.36")} and found.files == ("query of orders",)


def test_rows_of_a_query_are_mapped_filtered_and_joined_like_those_of_a_file(bench):
    (bench.folder / "products.csv").write_text("sku,group\nbolt,g1\nnut,g2\n螺母,g2\n")
    columns = {name: name for name in ("order_id", "line", "account_id", "product")} | {"order_date": "day", "quantity": "n"}
    tables = orders_of(
        bench,
        sqlite(bench.folder / "shop.db"),
        "select * from lines order by rowid",
        columns={**columns, "net_revenue": {"product": ["n", "net"]}, "product_line": "product.group"},
        where=[{"column": "net", "op": ">", "value": 0}],
        join=[{"file": "products.csv", "on": {"product": "sku"}, "many_to_one": True, "as": "product"}],
    )
    assert tables["orders"]["net_revenue"].tolist() == [1002.5, 0.5, 3.0]
    assert tables["orders"]["product_line"].tolist() == ["g2", "g1", "g2"] and tables.quality.tables["orders"].rows_filtered == 1


def test_a_file_and_a_query_make_one_table(bench):
    more = "order_id,line,account_id,order_date,product,quantity,net_revenue\n9,1,A1,2024-01-01,nut,1,1.01\n"
    sources = [{"file": "more.csv"}, {"sql": SELECT, "url": sqlite(bench.folder / "shop.db")}]
    tables = bench.plain(files={"more.csv": more}, tables={"orders": {"file": None, "files": sources}})
    assert tables.quality.tables["orders"].totals["net_revenue"] == Decimal("94.37")
    assert tables.quality.tables["orders"].files == ("more.csv", "query of orders.files[1]")


def test_a_bad_cell_is_told_with_its_row_and_column(bench):
    url = sqlite(bench.folder / "shop.db", LINES + "; insert into lines values ('8', 1, 'A2', '15.04.2024', 'nut', 1, 'ten')")
    tables = orders_of(bench, url, SELECT + " order by rowid")
    told = [(problem.code, problem.file, problem.line, problem.column, problem.value) for problem in tables.quality.problems]
    assert told == [
        ("KAM-V02", "query of orders", 5, "order_date", "15.04.2024"),
        ("KAM-V01", "query of orders", 5, "net_revenue", "ten"),
    ]
    assert tables.quarantined.keys() == {"A2"}


def test_numbers_among_texts_are_never_read_with_another_decimal_sign(bench):
    url = sqlite(bench.folder / "shop.db", LINES + "; update lines set net = 'ten' where order_id = '7'")
    (problem,) = refused_by(bench, url, decimal=",")
    assert (problem.code, problem.column, problem.fix) == ("KAM-F10", "net_revenue", "cast the column in tables.orders.sql")


def test_rows_come_in_chunks_and_stop_behind_the_limit(bench, monkeypatch):
    fetched = []
    monkeypatch.setattr(sql_query, "ROWS_AT_ONCE", 10)
    monkeypatch.setattr(sql_query, "_store", lambda con, name, columns: fetched.append(len(columns[0])))
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select i as order_id from n"
    settings = bench.two({"orders": {"file": None, "sql": endless, "url": sqlite(bench.folder / "shop.db")}})
    path = bench.write({"accounts.csv": "account_id,name\nA1,A\n"}, settings, policy_overrides={"limits": {"order_lines": 25}})
    with pytest.raises(InvalidInput):
        read(load_engagement(path))
    assert fetched == [10, 10, 10]


def test_the_database_is_opened_for_reading_only(bench):
    url = sqlite(bench.folder / "shop.db")
    (problem,) = refused_by(bench, url, "with x as (select 1) delete from lines")
    assert problem.code == "KAM-F10" and "readonly database" in problem.why
    assert len(orders_of(bench, url)["orders"]) == 4


@pytest.mark.parametrize(
    ("url", "sql", "code", "why"),
    [
        pytest.param("sqlite:///none.db", SELECT, "KAM-F03", "there is no such file", id="no file"),
        pytest.param("sqlite:///shop.db", "select * from nowhere", "KAM-F10", "no such table: nowhere", id="no table"),
        pytest.param("sqlite:///shop.db", "select 1 where " + BROKEN, "KAM-F10", "unrecognized token", id="no SQL"),
        pytest.param("sqlite:///shop.db", SELECT + " where 1 = 0", "KAM-F02", "0 data rows", id="no rows"),
        pytest.param("sqlite:///shop.db", "select 1 as a", "KAM-F05", "is not a column", id="no column"),
        pytest.param("oracle://host/db", SELECT, "KAM-F10", "needs the driver", id="no driver"),
        pytest.param("nonsense://host/db", SELECT, "KAM-F10", "nonsense", id="no such database"),
        pytest.param("env:KAM_NO_SUCH_DB", SELECT, "KAM-P04", "variable KAM_NO_SUCH_DB is not set", id="no variable"),
        pytest.param("env:KAM_BAD_DB", SELECT, "KAM-P04", "KAM_BAD_DB holds no database URL", id="no URL in it"),
    ],
)
def test_what_cannot_be_queried_is_told_in_one_sentence(bench, monkeypatch, url, sql, code, why):
    monkeypatch.setenv("KAM_BAD_DB", "secret-of-the-house")
    sqlite(bench.folder / "shop.db")
    problems = refused_by(bench, url, sql)
    assert problems[0].code == code and why in str(problems[0]) and problems[0].fix and problems[0].severity == "file"
    assert "secret-of-the-house" not in str(problems[0]) and "Traceback" not in str(problems[0])


def test_one_missing_variable_of_two_tables_is_one_error(bench):
    table = {"sql": "select 1", "url": "env:KAM_NO_SUCH_DB"}
    (problem,) = bench.refused({}, {"accounts": table, "orders": table})
    assert str(problem).startswith("the environment variable KAM_NO_SUCH_DB is not set. Fix: set it, as KAM_NO_SUCH_DB=")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@host/db",
        "postgresql://host/db?password=hunter2",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3Dhunter2",
        "postgresql://me:hunter2@host:port/db",
        "env:hunter2-x",
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(bench, url):
    with pytest.raises(InvalidInput) as error:
        load_engagement(bench.write({}, bench.two({"orders": {"file": None, "sql": SELECT, "url": url}})))
    (problem,) = error.value.problems
    assert (problem.code, problem.column, problem.line) == ("KAM-P03", "tables.orders.url", 1) and "env:KAM_DB" in problem.fix
    assert "hunter2" not in str(error.value) and problem.value is None


@pytest.mark.parametrize(
    ("table", "why"),
    [
        pytest.param({"sql": SELECT}, "sql and url go together", id="no url"),
        pytest.param({"file": "a.csv", "url": "env:KAM_DB"}, "sql and url go together", id="no sql"),
        pytest.param({"file": "a.csv", "sql": SELECT, "url": "env:KAM_DB"}, "needs exactly one of", id="two origins"),
        pytest.param({"sql": "drop table lines", "url": "env:KAM_DB"}, "begins with select or with", id="no query"),
        pytest.param({"files": [{"sql": SELECT}]}, "sql and url go together", id="no url of a part"),
        pytest.param({"files": [{"encoding": "utf-8"}]}, "needs exactly one of file, sql", id="nothing"),
    ],
)
def test_half_a_query_is_refused(bench, table, why):
    with pytest.raises(InvalidInput) as error:
        load_engagement(bench.write({}, {"accounts": {"file": "a.csv"}, "orders": table}))
    assert why in str(error.value)


BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
PASSWORD = "p@ss/wörd:1"
TYPES = """create sequence numbers;
create table lines (order_id text, line int, account_id varchar(9), day date, at timestamp, product text, n smallint,
  net numeric(18,2), cost double precision, list numeric, unit char(4));
insert into lines values
 ('00123', 1, 'A1', '2024-03-01', '2024-03-01 10:05', '螺母', 10, 123456789012345.67, 0.1, 123456789012345.678901, 'pcs'),
 ('NA', 1, 'A2', '2024-02-29', null, ' bolt ', -5, -0.07, null, null, null)"""
TYPED = "select order_id, line, account_id, day as order_date, product, n as quantity, net as net_revenue, cost, list as list_price, unit"
INVOICES = "select 'I1' as invoice_id, 'A1' as account_id, at as invoice_date, day as due_date, net as amount from lines where n > 0"


def as_server(*words: object) -> None:
    """Run a program of the server, which refuses to work for root, as somebody else where the tests are root's."""
    user = {} if os.getuid() else {"user": "postgres" if _has_postgres() else "nobody", "extra_groups": []}
    subprocess.run([str(word) for word in words], check=True, capture_output=True, cwd="/", **user)


def _has_postgres() -> bool:
    return any(entry.pw_name == "postgres" for entry in pwd.getpwall())


@pytest.fixture(scope="module")
def postgres():
    """Start a PostgreSQL of the test's own, behind a socket in a private folder, and yield its URL with a password."""
    if not BINARIES:
        pytest.skip("NOT TESTED: PostgreSQL is not installed (Debian: apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="kam-"))
    if not os.getuid():
        shutil.chown(folder, "postgres" if _has_postgres() else "nobody")
    secret = folder / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    login = ["-U", "kam", "--auth=scram-sha-256", f"--pwfile={secret}"]
    as_server(BINARIES[-1] / "initdb", "-D", folder / "data", "-E", "UTF8", "--locale=C", "--no-sync", *login)
    settings = f"-k {folder} -c listen_addresses='' -c fsync=off"
    as_server(BINARIES[-1] / "pg_ctl", "-D", folder / "data", "-o", settings, "-l", folder / "log", "-w", "start")
    url = make_url("postgresql+psycopg://kam@/postgres").set(password=PASSWORD, query={"host": str(folder)})
    try:
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.exec_driver_sql(TYPES)
        yield url
    finally:
        as_server(BINARIES[-1] / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def at_postgres(bench, postgres, monkeypatch):
    """Return what reads orders by a query of the server."""
    monkeypatch.setenv("KAM_DB", postgres.render_as_string(hide_password=False))
    return lambda sql=f"{TYPED} from lines order by n desc", **more: orders_of(bench, "env:KAM_DB", sql, **more)


def test_postgres_gives_every_type_exactly(at_postgres):
    tables = at_postgres()
    orders, found = tables["orders"], tables.quality.tables["orders"]
    assert orders["order_id"].tolist() == ["00123", "NA"] and orders["product"].tolist() == ["螺母", "bolt"]
    assert orders["order_date"].tolist() == [datetime(2024, 3, 1), datetime(2024, 2, 29)] and orders["unit"].tolist()[0] == "pcs"
    assert found.totals["net_revenue"] == Decimal("123456789012345.60") and found.totals["list_price"] == Decimal("123456789012345.678901")
    assert found.totals["cost"] == Decimal("0.1") and found.totals["quantity"] == 5


def test_postgres_streams_through_a_server_side_cursor(at_postgres, monkeypatch):
    monkeypatch.setattr(sql_query, "ROWS_AT_ONCE", 1000)
    made = "select i as order_id, 1 as line, 'A1' as account_id, date '2024-01-01' as order_date, 'x' as product, 1 as quantity, "
    tables = at_postgres(made + "i * 0.01 as net_revenue from generate_series(1, 25000) i")
    assert tables.quality.tables["orders"].totals["net_revenue"] == Decimal("3125125.00")


def test_postgres_times_are_local_and_a_zone_is_refused(bench, at_postgres):
    table = {"invoices": {"sql": INVOICES, "url": "env:KAM_DB"}}
    assert bench.plain(tables=table)["invoices"]["invoice_date"].tolist() == [datetime(2024, 3, 1)]
    zoned = INVOICES.replace("at as", "at at time zone 'UTC' as")
    with pytest.raises(InvalidInput, match='column "invoice_date": .* has a time zone, and times here are local'):
        bench.plain(tables={"invoices": {**table["invoices"], "sql": zoned}})


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        pytest.param("select * from nowhere", 'relation "nowhere" does not exist', id="no table"),
        pytest.param("select nextval('numbers')", "read-only transaction", id="a change"),
        pytest.param("select pg_sleep(0), '%s' || ':x' || 1/0", "division by zero", id="signs that a driver could take for its own"),
    ],
)
def test_postgres_refusals_are_told_without_the_password(at_postgres, sql, why):
    with pytest.raises(InvalidInput) as error:
        at_postgres(sql)
    (problem,) = error.value.problems
    assert problem.code == "KAM-F10" and problem.file == "query of orders" and why in problem.why
    assert len(at_postgres()["orders"]) == 2


def test_postgres_a_wrong_password_is_refused_and_not_repeated(bench, postgres, monkeypatch):
    monkeypatch.setenv("KAM_DB", postgres.set(password="wr0ng/one").render_as_string(hide_password=False))
    (problem,) = refused_by(bench, "env:KAM_DB")
    assert problem.code == "KAM-F10" and "authentication failed" in problem.why
    assert "wr0ng" not in str(problem) and problem.__cause__ is None
