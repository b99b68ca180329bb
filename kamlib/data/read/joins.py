"""Rows put together from several files: each takes at most one row of every joined file, and says so where it finds none."""

from __future__ import annotations

from pathlib import Path

import duckdb

from kamlib.checks import InvalidInput
from kamlib.data.read import files
from kamlib.data.read.convert import Binder, Cell, text_sql
from kamlib.data.read.csv_file import require_delimiter
from kamlib.data.read.mapping import Layout, Part, condition_sql
from kamlib.data.read.raw import Head, Place, Raw
from kamlib.data.schema import Column
from kamlib.data.sources import FileSource, JoinSource

MOST_KEYS = 1000


def join_heads(con: duckdb.DuckDBPyConnection, folder: Path, place: Place, source: FileSource) -> list[Head]:
    """Return the headers of the files that a file is joined to."""
    heads = []
    for number, join in enumerate(source.join):
        found, *others = files.places(join, f"{place.setting}.join[{number}]", folder)
        if others:
            names = ", ".join(other.shown for other in (found, *others))
            raise InvalidInput(
                [found.problem("KAM-F03", f"is one of several files of this name ({names})", "name one file in {setting}.file")]
            )
        heads.append(files.head(con, found))
        if files.is_delimited(heads[-1]):
            require_delimiter(heads[-1], join.pairs.values())
    return heads


def joined_rows(layout: Layout, raws: list[Raw], bind: Binder) -> tuple[str, list[str]]:
    """Return the FROM clause, and for each join whether a row has a key that the joined file lacks."""
    clause, lacking = f"FROM {raws[0].relation} s0", []
    for number, join in enumerate(layout.source.join, 1):
        relation = _join_relation(layout.heads[number], raws[number], join, bind)
        pairs = [(layout.find(ours), layout.heads[number].number(theirs)) for ours, theirs in join.pairs.items()]
        keys = [(_key(raws[file], position, f"s{file}"), _key(raws[number], theirs, f"s{number}")) for (file, position), theirs in pairs]
        clause += f" LEFT JOIN {relation} s{number} ON {' AND '.join(f'{ours} = {theirs}' for ours, theirs in keys)}"
        lacking.append(f"({' AND '.join(f'{ours} IS NOT NULL' for ours, _ in keys)} AND s{number}.record IS NULL) AS u{number}")
    return clause, lacking


def _join_relation(head: Head, raw: Raw, join: JoinSource, bind: Binder) -> str:
    """Return the rows of a joined file that meet its own conditions."""
    kept = []
    for condition in join.where:
        part = Part(0, head.number(condition.column), condition.column, Column(condition.column, condition.kind), head.place.dialect)
        kept.append(condition_sql(condition, part, [raw], bind)[0])
    return f"(SELECT * FROM {raw.relation} s0 WHERE {' AND '.join(kept)})" if kept else raw.relation


def _key(raw: Raw, number: int, alias: str) -> str:
    return text_sql(Cell(f"{alias}.c{number}", raw.type(number)))


def require_many_to_one(con: duckdb.DuckDBPyConnection, layout: Layout, raws: list[Raw]) -> None:
    """Raise KAM-K03 for every key that stands twice in a joined file: its rows would be counted twice."""
    problems = []
    for join, head, raw in zip(layout.source.join, layout.heads[1:], raws[1:], strict=True):
        bind = Binder()
        relation = _join_relation(head, raw, join, bind)
        keys = [_key(raw, head.number(name), "j") for name in join.pairs.values()]
        known = " AND ".join(f"{key} IS NOT NULL" for key in keys)
        found = con.execute(
            f"SELECT concat_ws(', ', {', '.join(keys)}) AS shown, min(record), max(record), count(*) FROM {relation} j WHERE {known} "
            f"GROUP BY {', '.join(keys)} HAVING count(*) > 1 ORDER BY 2 LIMIT {MOST_KEYS}",
            bind.values,
        ).fetchall()
        lines = raw.lines({record for row in found for record in row[1:3]})
        for key, first, last, count in found:
            why = f"stands on {count} lines ({lines[first]} and {lines[last]}), so a row of the table would be counted {count} times"
            fix = f"keep one of them, or add columns to {head.place.setting}.on"
            names = ", ".join(join.pairs.values())
            problems.append(head.place.problem("KAM-K03", why, fix, line=lines[last], column=names, value=key))
    if problems:
        raise InvalidInput(problems)
