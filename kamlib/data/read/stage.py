"""One table's rows typed and side by side in the database, each with its file, its record and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from kamlib.checks import InvalidInput, KamError
from kamlib.data.read import files
from kamlib.data.read.convert import EXACT, SQL_TYPES, Binder
from kamlib.data.read.csv_file import require_delimiter
from kamlib.data.read.declared import require_header, unscaled
from kamlib.data.read.joins import join_heads, joined_rows, require_many_to_one
from kamlib.data.read.mapping import (
    CONDITION_BIT,
    JOIN_BIT,
    SIGN_BIT,
    Layout,
    Mapped,
    Part,
    condition_part,
    condition_sql,
    const_problems,
    mapped,
    parts_of,
)
from kamlib.data.read.raw import NO_ROWS, Place, Raw
from kamlib.data.schema import Table
from kamlib.data.sources import ColumnSource, FileSource, TableSource, ValueFormat

SIGNED = ("net_revenue", "list_price", "cost")
MOST_KEYS = 1000


@dataclass
class StagedFile:
    """One file of a table: where it is, the loaded files of its rows, which source cells each bit of a bad row stands for."""

    place: Place
    raws: list[Raw]
    parts: dict[int, tuple[Part, ...]]
    read: int = 0
    kept: int = 0


@dataclass
class Staged:
    """One table in the database.

    Parameters
    ----------
    table : Table
        Its schema.
    name : str
        Its name there, with the columns of the schema, ``x_…`` for exact amounts, ``file``, ``record``, ``j1`` … and ``bad``.
    files : list of StagedFile
        Its files in order.
    mapped, numbered : set of str
        Columns that a source gives; those among them that are running numbers.
    duplicates : int
        Equal rows left out.
    stored : tuple of str
        Columns that any of the files may give; the others are missing throughout.
    links : int
        The largest number of joins of a file.
    bad : int
        Every bit that is set in any row, once all rows are looked at.
    warnings : list of KamError
        What a reader should know and does not stop the run.
    """

    table: Table
    name: str
    files: list[StagedFile] = field(default_factory=list)
    mapped: set[str] = field(default_factory=set)
    numbered: set[str] = field(default_factory=set)
    duplicates: int = 0
    stored: tuple[str, ...] = ()
    links: int = 0
    bad: int = 0
    warnings: list[KamError] = field(default_factory=list)

    @property
    def summed(self) -> list[str]:
        """The stored columns whose exact sums are kept."""
        return [name for name in self.table.summed if name in self.stored]


@dataclass(frozen=True)
class Workplace:
    """The database of one reading, the folder that paths start from, and a private folder for recoded files."""

    con: duckdb.DuckDBPyConnection
    folder: Path
    scratch: Path
    most_order_lines: int


def stage(work: Workplace, table: Table, source: TableSource) -> tuple[Staged, list[KamError]]:
    """Read one table's files into the database.

    Returns
    -------
    tuple of Staged and list of KamError
        The rows, those with unreadable cells marked; the problems that stop the run.
    """
    staged, problems = Staged(table, f"stage_{table.name}"), []
    given = list(source.sources())
    _create(work.con, staged, given)
    for number, part in enumerate(given):
        setting = f"tables.{table.name}" + (f".files[{number}]" if len(given) > 1 else "")
        try:
            for place in files.places(part, setting, work.folder):
                try:
                    _stage_file(work, staged, _limited(work, staged, place), part)
                except InvalidInput as error:
                    problems += error.problems
        except InvalidInput as error:
            problems += error.problems
    if source.may_be_empty:
        problems = [problem for problem in problems if (problem.code, problem.why) != ("KAM-F02", NO_ROWS)]
    if source.distinct is True and not problems:
        _drop_equal_rows(work.con, staged)
    return staged, problems


def _limited(work: Workplace, staged: Staged, place: Place) -> Place:
    """Return the place of a file with the number of rows that are left to it."""
    if staged.table.name != "orders":
        return place
    return replace(place, most_rows=max(work.most_order_lines - sum(file.read for file in staged.files), 0))


def _rows_read(con: duckdb.DuckDBPyConnection, place: Place, raw: Raw, most: int) -> int:
    """Count the rows of a file that are not blank; raise KAM-F08 where they are more than memory is meant for."""
    found, filled = con.execute(f"SELECT count(*), count(*) FILTER (NOT blank) FROM {raw.relation}").fetchone()
    if found > place.most_rows:
        why = f"brings more than {most:,} order lines, the limit of the policy; it was not read to its end"
        fix = "export fewer years, or raise policy_overrides.limits.order_lines where memory allows"
        raise InvalidInput([place.problem("KAM-F08", why, fix)])
    return filled


def _create(con: duckdb.DuckDBPyConnection, staged: Staged, given: list[FileSource]) -> None:
    stored = [column for column in staged.table.columns if any(part.columns is None or column.name in part.columns for part in given)]
    staged.links = max((len(part.join) for part in given), default=0)
    staged.stored = tuple(column.name for column in stored)
    columns = [f'"{column.name}" {SQL_TYPES[column.kind]}' for column in stored]
    columns += [f"x_{name} {EXACT}" for name in staged.summed]
    columns += ["file INTEGER", "record BIGINT", *(f"j{number} BIGINT" for number in range(1, staged.links + 1)), "bad BIGINT"]
    con.execute(f"CREATE TEMP TABLE {staged.name} ({', '.join(columns)})")


def _stage_file(work: Workplace, staged: Staged, place: Place, source: FileSource) -> None:
    layout = Layout(source, (files.head(work.con, place), *join_heads(work.con, work.folder, place, source)))
    mapping = layout.columns(staged.table)
    if files.is_delimited(layout.heads[0]):
        require_delimiter(layout.heads[0], _names(source, mapping))
    require_header(layout.heads[0], _names(source, mapping))
    problems = const_problems(layout, staged.table, mapping)
    parts, conditions = _find_all(layout, staged.table, mapping, problems)
    if problems:
        raise InvalidInput(problems)
    raws = _load_all(work, staged, layout, [*parts.values(), conditions])
    read = _rows_read(work.con, place, raws[0], work.most_order_lines)
    require_many_to_one(work.con, layout, raws)
    _insert(work.con, staged, layout, raws, mapping, parts, conditions)
    staged.files[-1].read = read
    staged.warnings += [*layout.unread(staged.table), *unscaled(layout, staged.table, mapping)]


def _names(source: FileSource, mapping: dict[str, ColumnSource]) -> list[str]:
    names = [name for given in mapping.values() for name in ([given.name] if given.name else given.product or given.join or [])]
    return (
        names
        + [condition.column for condition in source.where if condition.column not in mapping]
        + [n for join in source.join for n in join.pairs]
    )


def _find_all(
    layout: Layout, table: Table, mapping: dict[str, ColumnSource], problems: list[KamError]
) -> tuple[dict[str, tuple[Part, ...]], tuple[Part, ...]]:
    """Find every source column of the mapping, collecting the names that no file has."""
    parts: dict[str, tuple[Part, ...]] = {}
    conditions: list[Part] = []
    for name, given in mapping.items():
        try:
            parts[name] = tuple(parts_of(layout, table.by_name[name], given, mapping.get("quantity")))
        except InvalidInput as error:
            problems += error.problems
    for condition in layout.source.where:
        try:
            conditions.append(condition_part(layout, condition, table, mapping))
        except InvalidInput as error:
            problems += error.problems
    return parts, tuple(conditions)


def _load_all(work: Workplace, staged: Staged, layout: Layout, parts: Iterable[tuple[Part, ...]]) -> list[Raw]:
    """Load from each file the columns that are mapped, compared or joined over."""
    styles: list[dict[int, ValueFormat]] = [{} for _ in layout.heads]
    for number, (join, head) in enumerate(zip(layout.source.join, layout.heads[1:], strict=True), 1):
        for ours, theirs in join.pairs.items():
            source, position = layout.find(ours)
            styles[source][position] = styles[number][head.number(theirs)] = ValueFormat()
        for condition in join.where:
            styles[number][head.number(condition.column)] = head.place.dialect
    for part in (part for group in parts for part in group):
        is_text = part.column.kind in ("id", "text", "choice")
        styles[part.source].setdefault(part.number, ValueFormat() if is_text else part.style)
    prefix = f"raw_{staged.table.name}_{len(staged.files)}"
    return [
        files.load(work.con, head, styles[number], name=f"{prefix}_{number}", scratch=work.scratch)
        for number, head in enumerate(layout.heads)
    ]


def _insert(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    layout: Layout,
    raws: list[Raw],
    mapping: dict[str, ColumnSource],
    parts: dict[str, tuple[Part, ...]],
    conditions: tuple[Part, ...],
) -> None:
    bind, table = Binder(), staged.table
    compiled = {name: mapped(table.by_name[name], mapping[name], parts[name], raws, bind) for name in mapping}
    tests = [condition_sql(condition, part, raws, bind) for condition, part in zip(layout.source.where, conditions, strict=True)]
    inner, traced = _inner(staged, compiled, tests, conditions)
    clause, lacking = joined_rows(layout, raws, bind)
    wanted = [f"v_{name}" if name in compiled else "NULL" for name in staged.stored]
    wanted += [f"x_{name}" if name in compiled else "NULL" for name in staged.summed]
    links = [f"j{number}" if number < len(raws) else "NULL" for number in range(1, staged.links + 1)]
    failing = [*_tests(staged, compiled, mapping, tests), *((JOIN_BIT + number, f"u{number}") for number in range(1, len(raws)))]
    bad = " | ".join(f"(CASE WHEN {test} THEN {1 << bit} ELSE 0 END)" for bit, test in failing) or "0"
    keep = "".join(f" AND k{number}" for number in range(len(tests)))
    records = [f"s{number}.record AS j{number}" for number in range(1, len(raws))]
    rows = f"SELECT s0.record, {', '.join([*inner, *lacking, *records])} {clause}"
    statement = f"SELECT {', '.join([*wanted, bind(len(staged.files)), 'record', *links, bad])} FROM ({rows}) WHERE NOT blank{keep}"
    file = StagedFile(layout.heads[0].place, raws, traced)
    (file.kept,) = con.execute(f"INSERT INTO {staged.name} {statement}", bind.used(statement)).fetchone()
    staged.mapped |= set(compiled) if layout.source.columns else _filled(con, staged, list(compiled))
    staged.files.append(file)
    staged.numbered |= {name for name, given in mapping.items() if given.row_number}


def _filled(con: duckdb.DuckDBPyConnection, staged: Staged, names: list[str]) -> set[str]:
    """Return the columns that a file without a mapping really gives: an optional one in which every cell is blank is only a header."""
    bits = {column.name: bit for bit, column in enumerate(staged.table.columns)}
    given = [f'coalesce(bool_or("{name}" IS NOT NULL OR bad & {1 << bits[name]} <> 0), false)' for name in names]
    found = con.execute(f"SELECT {', '.join(given)} FROM {staged.name} WHERE file = $file", {"file": len(staged.files)}).fetchone()
    return {name for name, filled in zip(names, found, strict=True) if filled or staged.table.by_name[name].required}


def _inner(
    staged: Staged, compiled: dict[str, Mapped], tests: list[tuple[str, str]], conditions: tuple[Part, ...]
) -> tuple[list[str], dict[int, tuple[Part, ...]]]:
    """Return the typed expressions of a row, and which source cells each bit of a bad row is traced to."""
    columns, traced, names = ["s0.blank"], {}, [column.name for column in staged.table.columns]
    for name, found in compiled.items():
        columns += [f"{found.sql} AS v_{name}", f"({found.filled}) AS f_{name}"]
        columns += [f"{found.exact} AS x_{name}"] if name in staged.table.summed else []
        traced[names.index(name)] = found.parts
    for number, (keep, wrong) in enumerate(tests):
        columns += [f"{keep} AS k{number}", f"{wrong} AS w{number}"]
        traced[CONDITION_BIT + number] = (conditions[number],)
    traced[SIGN_BIT] = tuple(part for name in ("quantity", *SIGNED) if name in compiled for part in compiled[name].parts)
    return columns, traced


def _tests(staged: Staged, compiled: dict[str, Mapped], mapping: dict[str, ColumnSource], tests: list) -> list[tuple[int, str]]:
    """Return what makes a row bad: a blank that may not be, a cell that did not convert, a mixed sign (F4)."""
    found = []
    for bit, column in enumerate(staged.table.columns):
        given = compiled.get(column.name)
        if given and given.parts:
            found.append((bit, f"v_{column.name} IS NULL" if column.required else f"f_{column.name} AND v_{column.name} IS NULL"))
    found += [(CONDITION_BIT + number, f"w{number}") for number in range(len(tests))]
    signed = [name for name in SIGNED if name in compiled]
    if staged.table.name == "orders" and "quantity" in compiled and mapping["quantity"].const is None:
        opposite = " OR ".join(f"coalesce(v_{name} * sign(v_quantity) < 0, false)" for name in signed)
        found.append((SIGN_BIT, opposite))
    return found


def _drop_equal_rows(con: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    compared = ", ".join(f'"{name}"' for name in sorted(staged.mapped - staged.numbered))
    before = con.execute(f"SELECT count(*) FROM {staged.name}").fetchone()[0]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {staged.name} AS SELECT * FROM {staged.name} "
        f"QUALIFY row_number() OVER (PARTITION BY {compared} ORDER BY file, record) = 1 ORDER BY file, record"
    )
    staged.duplicates = before - con.execute(f"SELECT count(*) FROM {staged.name}").fetchone()[0]
