"""Laws: the fast conversion and the one that explains agree; a file corrupted in one place is never read with other totals in silence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kamlib.checks import InvalidInput
from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.data.read.convert import Binder, Cell, exact_sql, number_sql, timestamp_sql
from kamlib.data.read.explain import date_reason, number_reason
from kamlib.data.sources import ValueFormat

STYLES = [
    ValueFormat(),
    ValueFormat(thousands=","),
    ValueFormat(decimal=","),
    ValueFormat(decimal=",", thousands=" "),
    ValueFormat(negative="parentheses", unit_suffixes={"万": 10_000, "k": 1000}),
]
DATE_STYLES = [
    ValueFormat(),
    ValueFormat(date_format="%d.%m.%Y"),
    ValueFormat(date_format="%m/%d/%y"),
    ValueFormat(date_format="%Y%m%d"),
    ValueFormat(date_format="%d-%b-%Y %H:%M"),
    ValueFormat(excel_serial=1900),
    ValueFormat(excel_serial=1904),
]


@pytest.fixture(scope="module")
def database():
    with duckdb.connect() as con:
        yield con


def converted(con, make, text, style):
    bind = Binder()
    sql = make(Cell(bind(text)), style, bind)
    return con.execute(f"SELECT {sql}", bind.values).fetchone()[0]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: f"{style.decimal}{style.grouping}{style.negative}")
@given(text=st.text("0123456789.,-+() eEkK万x'", min_size=1, max_size=12).map(str.strip).filter(bool))
@settings(max_examples=60)
@example("1.234,56")
@example("1,234.56")
@example("(12.5万)")
@example("1e400")
@example("-")
def test_a_number_converts_exactly_where_nothing_speaks_against_it(database, style, text):
    number = converted(database, number_sql, text, style)
    assert (number is None) == (number_reason(text, style) is not None), text
    if number is not None:
        assert float(converted(database, exact_sql, text, style)) == pytest.approx(number, rel=1e-12, abs=1e-6)


@settings(max_examples=60)
@given(amount=st.decimals(-(10**12), 10**12, places=2), style=st.sampled_from(STYLES))
def test_an_amount_written_in_the_declared_format_is_read_back_to_the_cent(database, amount, style):
    text = f"{amount:,.2f}".replace(",", "\0").replace(".", style.decimal).replace("\0", style.grouping)
    assert converted(database, exact_sql, text, style) == amount


@pytest.mark.parametrize("style", DATE_STYLES, ids=lambda style: style.date_format or str(style.excel_serial))
@given(text=st.text("0123456789.-/:T JanFeb", min_size=1, max_size=19).map(str.strip).filter(bool))
@settings(max_examples=60)
@example("2024-02-30")
@example("2024-02-29T23:59")
@example("2024-02-29 24:00")
@example("29.02.2023")
@example("31.12.1899")
@example("20240230")
@example("200011")
@example("2000111")
@example("02/29/23")
@example("01-Jan-2024 10:61")
@example("60")
@example("59.5")
@example("2958466")
def test_a_date_converts_where_nothing_speaks_against_it(database, style, text):
    moment = converted(database, timestamp_sql, text, style)
    assert (moment is None) == (date_reason(text, style) is not None), (text, moment)


@settings(max_examples=40)
@given(day=st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_every_day_is_read_back_from_every_format(database, day):
    for style in DATE_STYLES[1:4]:
        if style.date_format.endswith("%y") and not 1970 <= day.year <= 2067:
            continue
        assert converted(database, timestamp_sql, day.strftime(style.date_format), style).date() == day


ROWS = [
    ("1", "A1", "2024-03-01", "100.00"),
    ("2", "A2", "2024-03-02", "50.50"),
    ("3", "A1", "2024-03-03", "-20.25"),
    ("4", "A3", "2024-03-04", "7"),
]
HEADER = "order_id,line,account_id,order_date,product,quantity,net_revenue"
SOUND = (
    "\n".join([HEADER, *(f"{order},1,{account},{day},nut,{-1 if net[0] == '-' else 1},{net}" for order, account, day, net in ROWS)]) + "\n"
)


def corrupted(data, kind, at, sign):
    position = at % len(data)
    if kind == "byte":
        return data[:position] + bytes([sign]) + data[position + 1 :]
    if kind == "lost":
        return data[:position] + data[position + 1 :]
    if kind == "more":
        return data[:position] + bytes([sign]) + data[position:]
    return data[:position]


@given(
    kind=st.sampled_from(["byte", "lost", "more", "cut"]), at=st.integers(0, 400), sign=st.sampled_from(list(b'",;\n\r\t \x00\xff\xb1.Xe('))
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_corrupted_file_is_refused_set_aside_or_read_with_a_change_that_can_be_seen(bench, kind, at, sign):
    data = corrupted(SOUND.encode(), kind, at, sign)
    path = bench.write({"accounts.csv": "account_id,name\nA1,A\nA2,B\nA3,C\n", "orders.csv": data}, bench.two())
    try:
        tables = read(load_engagement(path))
    except InvalidInput as error:
        assert all(problem.file in ("orders.csv", "accounts.csv") and problem.code.startswith("KAM-") for problem in error.problems)
        return
    found = tables.quality.tables["orders"]
    assert found.rows_read == found.rows_used + sum(found.rows_refused.values())
    assert all(problem.line and problem.column and problem.fix for problem in tables.quality.problems)
    # Each amount is one that the file's text spells; none is lost without its row being counted as refused.
    written = {line.rsplit(",", 1)[-1].strip().strip('"') for line in data.decode().replace("\r", "\n").split("\n")[1:]}
    assert {format(Decimal(str(amount)).normalize(), "f") for amount in tables["orders"]["net_revenue"]} <= {
        format(Decimal(text).normalize(), "f") for text in written if number_reason(text, ValueFormat()) is None
    }
