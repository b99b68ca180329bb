"""From the database to frames, and the account of every row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd

from kamlib.data.read.mapping import RATE_BIT, SIGN_BIT
from kamlib.data.read.stage import Staged
from kamlib.data.schema import Column
from kamlib.data.tables import TableQuality

_DATE_TYPE = "datetime64[us]"


def set_aside(con: duckdb.DuckDBPyConnection, accounts: Iterable[str]) -> None:
    """Note the accounts whose rows are to be left out."""
    frame = pd.DataFrame({"account_id": pd.Series(list(accounts), dtype=object)})
    con.register("accounts_to_leave_out", frame)
    con.execute("CREATE OR REPLACE TEMP TABLE set_aside AS SELECT CAST(account_id AS VARCHAR) AS account_id FROM accounts_to_leave_out")
    con.unregister("accounts_to_leave_out")


def used_sql(owner: str) -> str:
    """Return SQL of whether a row is used: its account is not set aside."""
    return "true" if owner == "NULL" else f"({owner} IS NULL OR {owner} NOT IN (SELECT account_id FROM set_aside))"


def frame(con: duckdb.DuckDBPyConnection, staged: Staged, used: str, *, categories: bool) -> pd.DataFrame:
    """Return the rows used, in the order of the files, with every column of the schema.

    Parameters
    ----------
    con : DuckDBPyConnection
        The database.
    staged : Staged
        The table.
    used : str
        SQL of whether a row is used.
    categories : bool
        Whether texts become categories, which a large table needs.
    """
    given = [column for column in staged.table.columns if column.name in staged.mapped and column.name not in staged.numbered]
    cells = [_cell(con, staged, column, categories) for column in given]
    order = "ORDER BY file, record" if staged.links else ""  # only a join can disturb the order of the files
    rows = con.execute(f"SELECT {', '.join([*cells, '0 AS nothing'])} FROM {staged.name} s WHERE {used} {order}")
    found = rows.df().drop(columns="nothing")
    columns = {column.name: _typed(found.get(column.name), column, len(found), categories) for column in staged.table.columns}
    return _numbered(pd.DataFrame(columns), staged, categories)


def _is_text(column: Column) -> bool:
    return column.kind in ("id", "text", "choice")


def _cell(con: duckdb.DuckDBPyConnection, staged: Staged, column: Column, categories: bool) -> str:
    if not (categories and _is_text(column)):
        return f'"{column.name}"'
    kind = f"{staged.name}_{column.name}"
    con.execute(
        f'CREATE TYPE {kind} AS ENUM (SELECT DISTINCT "{column.name}" FROM {staged.name} WHERE "{column.name}" IS NOT NULL ORDER BY 1)'
    )
    return f'CAST("{column.name}" AS {kind}) AS "{column.name}"'


def _typed(values: pd.Series | None, column: Column, length: int, categories: bool) -> pd.Series:
    if _is_text(column):
        if categories and values is None:
            return pd.Series(pd.Categorical.from_codes(np.full(length, -1, "int8"), pd.Index([], dtype="str")))
        return values if categories else pd.Series(values if values is not None else np.nan, index=range(length), dtype="str")
    if column.kind in ("date", "timestamp"):
        return pd.Series(pd.NaT, index=range(length), dtype=_DATE_TYPE) if values is None else values.astype(_DATE_TYPE)
    return pd.Series(np.nan, index=range(length), dtype="float64") if values is None else values.astype("float64")


def _numbered(found: pd.DataFrame, staged: Staged, categories: bool) -> pd.DataFrame:
    """Fill in running numbers: within the rest of the key where there is one, else over the table."""
    for name in staged.numbered:
        rest = [key for key in staged.table.keys if key != name and key in staged.mapped - staged.numbered]
        numbers = found.groupby(rest, observed=True, sort=False).cumcount() if rest else pd.Series(range(len(found)))
        texts = [str(number) for number in range(1, int(numbers.max()) + 2)] if len(found) else []
        values = pd.Series(pd.Categorical.from_codes(numbers.to_numpy(), pd.Index(texts, dtype="str")))
        found[name] = values if categories else values.astype("str")
    return found


def quality(con: duckdb.DuckDBPyConnection, staged: Staged, owner: str, used: str, as_of: date) -> TableQuality:
    """Return what became of every row of a table, with exact totals of the rows used."""
    table = staged.table
    dated = f'"{table.date}"' if table.date in staged.stored and table.by_name[table.date].kind in ("date", "timestamp") else None
    sums = {name: f"sum(x_{name})" for name in staged.summed if name in staged.mapped}
    parts = ["count(*)", f"count(DISTINCT {owner})", *_span(dated), *sums.values()]
    bind = {"as_of": as_of} if dated else {}
    rows, accounts, after, first, last, *totals = con.execute(
        f"SELECT {', '.join(parts)} FROM {staged.name} s WHERE {used}", bind
    ).fetchone()
    read, kept = sum(file.read for file in staged.files), sum(file.kept for file in staged.files)
    refused = {} if used == "true" else _refused(con, staged, used)
    if not staged.files:  # made from the orders
        read = kept = rows + sum(refused.values())
    return TableQuality(
        table=table.name,
        files=tuple(file.place.shown for file in staged.files),
        rows_read=read,
        rows_used=rows,
        rows_filtered=read - kept,
        rows_duplicate=staged.duplicates,
        rows_after_as_of=after,
        rows_refused=refused,
        totals={name: total or Decimal(0) for name, total in zip(sums, totals, strict=True)},
        accounts=accounts,
        first_date=first,
        last_date=last,
    )


def _span(dated: str | None) -> list[str]:
    if dated is None:
        return ["0", "CAST(NULL AS DATE)", "CAST(NULL AS DATE)"]
    day = f"CAST({dated} AS DATE)"
    return [f"count(*) FILTER (WHERE {day} > $as_of)", f"min({day})", f"max({day})"]


def _refused(con: duckdb.DuckDBPyConnection, staged: Staged, used: str) -> dict[str, int]:
    reason = (
        f"CASE WHEN bad & {(1 << SIGN_BIT) - 1} <> 0 THEN 'cell not readable' WHEN bad & {1 << SIGN_BIT} <> 0 THEN 'mixed sign' "
        f"WHEN bad & {1 << RATE_BIT} <> 0 THEN 'no exchange rate' ELSE 'account set aside' END"
    )
    return dict(con.execute(f"SELECT {reason}, count(*) FROM {staged.name} s WHERE NOT {used} GROUP BY 1 ORDER BY 1").fetchall())
