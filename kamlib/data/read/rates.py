"""Amounts in other currencies: the last rate on or before the day, not older than 31 days (F10); without one, no amount."""

from __future__ import annotations

import duckdb

from kamlib.checks import KamError
from kamlib.data.read.mapping import RATE_BIT
from kamlib.data.read.stage import Staged

OLDEST_DAYS = 31
MOST_PROBLEMS = 1000


def convert_money(con: duckdb.DuckDBPyConnection, staged: dict[str, Staged], currency: str) -> None:
    """Turn the amounts of every table with a currency into the engagement currency; rows without a rate become bad.

    Payments take the rate of their invoice, so that an invoice paid in full leaves no balance.
    """
    for table in staged.values():
        if "currency" in table.mapped and table.table.money and table.table.date:
            _rate_rows(con, staged, table, currency)
            _apply(con, table, f"FROM rated_{table.table.name} r WHERE {table.name}.rowid = r.row")
    if {"invoices", "payments"} <= staged.keys() and "currency" in staged["invoices"].mapped:
        invoices, payments = staged["invoices"].name, staged["payments"].name
        con.execute(
            f"CREATE TEMP TABLE rated_payments AS SELECT invoice_id, r.rate FROM rated_invoices r JOIN {invoices} i ON i.rowid = r.row"
        )
        _apply(con, staged["payments"], f"FROM rated_payments r WHERE r.invoice_id = {payments}.invoice_id")


def _rate_rows(con: duckdb.DuckDBPyConnection, staged: dict[str, Staged], table: Staged, currency: str) -> None:
    day, rates = table.table.date, staged.get("rates")
    foreign = f'SELECT rowid AS row, currency, "{day}" AS day FROM {table.name} WHERE currency <> $currency'
    if rates is None:
        rated = f"SELECT row, CAST(NULL AS DOUBLE) AS rate FROM ({foreign})"
    else:
        fresh = f"CASE WHEN f.day - r.date <= {OLDEST_DAYS} THEN r.rate END"
        known = f"SELECT * FROM {rates.name} WHERE rate IS NOT NULL AND date IS NOT NULL AND currency IS NOT NULL"
        rated = (
            f"SELECT f.row, {fresh} AS rate FROM ({foreign}) f ASOF LEFT JOIN ({known}) r ON f.currency = r.currency AND f.day >= r.date"
        )
    con.execute(f"CREATE TEMP TABLE rated_{table.table.name} AS {rated}", {"currency": currency})
    con.execute(
        f"UPDATE {table.name} SET bad = bad | {1 << RATE_BIT} FROM rated_{table.table.name} r "
        f'WHERE {table.name}.rowid = r.row AND r.rate IS NULL AND "{day}" IS NOT NULL'
    )


def _apply(con: duckdb.DuckDBPyConnection, table: Staged, rows: str) -> None:
    amounts = ", ".join(f'"{name}" = "{name}" * r.rate' for name in table.table.money if name in table.stored)
    con.execute(f"UPDATE {table.name} SET {amounts} {rows}")


def rate_problems(con: duckdb.DuckDBPyConnection, table: Staged, owner: str, currency: str) -> list[KamError]:
    """Return KAM-V04 for every row without a rate, with its line, currency and month."""
    if not table.bad & (1 << RATE_BIT):
        return []
    found = []
    position = [column.name for column in table.table.columns].index("currency")
    bad = f"FROM {table.name} s WHERE file = $file AND bad & {1 << RATE_BIT} <> 0"
    for number, file in enumerate(table.files):
        columns = f"{owner}, record, currency, strftime(\"{table.table.date}\", '%Y-%m')"
        rows = con.execute(f"SELECT {columns} {bad} ORDER BY record LIMIT {MOST_PROBLEMS}", {"file": number}).fetchall()
        lines = file.raws[0].lines([record for _, record, *_ in rows])
        parts = file.parts.get(position, ())
        for account, record, code, month in rows:
            why = f"has no rate to reporting currency {currency} for {month}"
            fix = f"add its rates to tables.rates (a rate holds for {OLDEST_DAYS} days)"
            at = {"line": lines[record], "column": parts[0].name if parts else "currency", "value": code, "record": account}
            found.append(file.place.problem("KAM-V04", why, fix, severity="file" if account is None else "account", **at))
    return found
