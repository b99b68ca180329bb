"""Keys that stand once, rows that belong to a known account, parents and managers that exist."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from kamlib.checks import KamError
from kamlib.data.read.stage import Staged

MOST_KEYS = 1000
SHOWN_LINES = 5
COMPANY = "company"  # assessments of ourselves carry it in place of an account


def owner_sql(staged: dict[str, Staged], table: Staged) -> str:
    """Return SQL of the account that a row of ``<table> s`` belongs to; NULL where there is none."""
    schema = table.table
    if schema.owner not in table.stored:
        return "NULL"
    if schema.owner_table == "accounts":
        return f"nullif(s.{schema.owner}, '{COMPANY}')" if schema.name == "assessments" else f"s.{schema.owner}"
    if schema.owner_table not in staged:
        return "NULL"
    through = staged[schema.owner_table].name
    return f"(SELECT min(o.account_id) FROM {through} o WHERE o.{schema.owner} = s.{schema.owner})"


def key_problems(con: duckdb.DuckDBPyConnection, staged: Staged) -> Iterator[KamError]:
    """Yield KAM-K01 for every key that stands on more than one line."""
    keys = [name for name in staged.table.keys if name in staged.mapped]
    required = [name for name in keys if staged.table.by_name[name].required]
    if not keys or staged.numbered & set(keys):
        return
    named = ", ".join(f'"{name}"' for name in keys)
    known = " AND ".join(f'"{name}" IS NOT NULL' for name in required)
    twice = f"SELECT {named} FROM {staged.name} WHERE {known} GROUP BY {named} HAVING count(*) > 1 LIMIT {MOST_KEYS}"
    if not con.execute(f"SELECT count(*) FROM ({twice})").fetchone()[0]:
        return
    same = " AND ".join(f't."{name}" IS NOT DISTINCT FROM s."{name}"' for name in keys)
    listed = ", ".join(f's."{name}"' for name in keys)
    rows = con.execute(
        f"SELECT {listed}, list(file ORDER BY file, record), list(record ORDER BY file, record) FROM {staged.name} s "
        f"JOIN ({twice}) t ON {same} GROUP BY {listed} ORDER BY min(file), min(record)"
    ).fetchall()
    for *values, files, records in rows:
        shown = ", ".join(str(value) for value in values if value is not None)
        given = [name for name, value in zip(keys, values, strict=True) if value is not None]
        yield _repeated(staged, given, shown, list(zip(files, records, strict=True)))


def _repeated(staged: Staged, names: list[str], shown: str, rows: list[tuple[int, int]]) -> KamError:
    places = [_place(staged, file, record) for file, record in rows[:SHOWN_LINES]]
    first_file, last_file = staged.files[rows[0][0]].place, staged.files[rows[min(len(rows), SHOWN_LINES) - 1][0]].place
    more = f" and {len(rows) - SHOWN_LINES} more" if len(rows) > SHOWN_LINES else ""
    if first_file == last_file:
        where = f"lines {', '.join(str(line) for _, line in places[:-1])} and {places[-1][1]}{more}"
    else:
        where = " and ".join(f"line {line} of {file}" for file, line in places) + more
    columns = ", ".join(_source_name(staged, rows[0][0], name) for name in names)
    fix = "keep one of the rows; where the rows are equal, distinct: true in {setting} counts them once"
    return last_file.problem("KAM-K01", f"stands on {where}, but may stand once", fix, line=places[-1][1], column=columns, value=shown)


def unknown_accounts(con: duckdb.DuckDBPyConnection, staged: dict[str, Staged]) -> Iterator[KamError]:
    """Yield KAM-K02 for every id in a table that the table it refers to lacks: accounts, invoices of payments, orders of approvals."""
    for table in staged.values():
        schema = table.table
        if schema.owner not in table.stored or schema.name == "accounts" or schema.owner_table not in staged:
            continue
        known = "account_id" if schema.owner_table == "accounts" else schema.owner
        ours = f"s.{schema.owner} <> '{COMPANY}'" if schema.name == "assessments" else f"s.{schema.owner} IS NOT NULL"
        yield from _unknown(con, table, schema.owner, staged[schema.owner_table].name, known, ours, schema.owner_table)


def _unknown(con, table: Staged, column: str, other: str, known: str, ours: str, other_table: str) -> Iterator[KamError]:
    rows = con.execute(
        f"SELECT s.{column}, count(*), list(struct_pack(f := file, r := record) ORDER BY file, record)[1:{SHOWN_LINES}] "
        f"FROM {table.name} s "
        f"WHERE {ours} AND s.{column} NOT IN (SELECT {known} FROM {other} WHERE {known} IS NOT NULL) "
        f"GROUP BY 1 ORDER BY min(file), min(record) LIMIT {MOST_KEYS}"
    ).fetchall()
    for value, count, places in rows:
        found = [_place(table, place["f"], place["r"]) for place in places]
        more = f" and {count - len(found)} more" if count > len(found) else ""
        lines = f"line {found[0][1]}" if count == 1 else f"lines {', '.join(str(line) for _, line in found)}{more}"
        why = f"is not in {other_table} ({lines})"
        fix = f"add it to {other_table}, or leave its rows out with a where in {{setting}}"
        file = table.files[places[0]["f"]].place
        yield file.problem(
            "KAM-K02", why, fix, line=found[0][1], column=_source_name(table, places[0]["f"], column), value=value, record=value
        )


def parent_problems(con: duckdb.DuckDBPyConnection, accounts: Staged) -> Iterator[KamError]:
    """Yield KAM-K02 for every parent that is no account, naming both (F79)."""
    if not accounts.files or "parent_id" not in accounts.mapped:
        return
    rows = con.execute(
        f"SELECT account_id, parent_id, file, record FROM {accounts.name} WHERE parent_id IS NOT NULL AND parent_id NOT IN "
        f"(SELECT account_id FROM {accounts.name} WHERE account_id IS NOT NULL) ORDER BY file, record LIMIT {MOST_KEYS}"
    ).fetchall()
    for account, parent, file, record in rows:
        place, (_, line) = accounts.files[file].place, _place(accounts, file, record)
        why = f'is the parent of account "{account}" and is not in accounts'
        fix = "add the parent to accounts, or clear the cell"
        column = _source_name(accounts, file, "parent_id")
        yield place.problem("KAM-K02", why, fix, line=line, column=column, value=parent, record=account)


def manager_warnings(con: duckdb.DuckDBPyConnection, staged: dict[str, Staged]) -> Iterator[KamError]:
    """Yield a warning for every manager of an account or order whom the table of managers lacks."""
    if "managers" not in staged:
        return
    for name in ("accounts", "orders"):
        table = staged.get(name)
        if table is None or not table.files or "manager_id" not in table.mapped:
            continue
        for problem in _unknown(con, table, "manager_id", staged["managers"].name, "manager_id", "s.manager_id IS NOT NULL", "managers"):
            problem.severity, problem.record = "warning", None
            problem.fix = "add the manager to managers; until then only the id is shown"
            yield problem


def _place(staged: Staged, file: int, record: int) -> tuple[str, int]:
    found = staged.files[file]
    return found.place.shown, found.raws[0].lines([record])[record]


def _source_name(staged: Staged, file: int, column: str) -> str:
    position = [other.name for other in staged.table.columns].index(column)
    parts = staged.files[file].parts.get(position, ())
    return parts[0].name if parts else column
