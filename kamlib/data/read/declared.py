"""What is wrong with the declaration rather than with a cell: a header, a date form, a unit or words that no row fits are told once."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import duckdb

from kamlib.checks import InvalidInput, KamError
from kamlib.data.read.convert import ISO, Cell, text_sql
from kamlib.data.read.explain import Reason, reason, undeclared_fix
from kamlib.data.read.mapping import Layout, Part
from kamlib.data.read.raw import Head
from kamlib.data.schema import Table
from kamlib.data.sources import ColumnSource

if TYPE_CHECKING:
    from kamlib.data.read.stage import Staged, StagedFile

SAMPLES, MOST_WORDS = 3, 12
FEWEST_CELLS = 5  # as many unreadable cells and not one readable: the declaration is wrong, not the cells
TOTAL = re.compile(r"((grand|sub) ?-?)?totals?|sums?|summe|gesamt|累计|[总合小]\s*计|[總合小]\s*計", re.IGNORECASE)
_MONEY = r"(eur|usd|gbp|cny|rmb|[€$£¥])"
_UNITS = {
    "千万": 10_000_000,
    "百万": 1_000_000,
    "亿": 100_000_000,
    "万": 10_000,
    "千元": 1000,
    rf"\bmillions?\b|\bmio\b|\bmn\b|\bm ?{_MONEY}": 1_000_000,
    rf"\bthousands?\b|\b000s?\b|\bk ?{_MONEY}|{_MONEY} ?k\b|\bteur\b": 1000,
}


def require_header(head: Head, wanted: Collection[str]) -> None:
    """Raise KAM-F05 if the header has none of the wanted columns but another of the first lines has most of them.

    Parameters
    ----------
    head : Head
        The file.
    wanted : collection of str
        The columns that the mapping and the conditions name.
    """
    wanted = set(wanted)
    found = {line: len(wanted & set(names)) for line, names in head.early}
    best = max(found, key=found.get, default=head.line)
    if wanted & set(head.columns) or 2 * found.get(best, 0) <= len(wanted):
        return
    why = f"does not hold the column names ({_listed(head.columns)}); line {best} does"
    fix = f"set {{setting}}.header: {best}"
    raise InvalidInput([head.place.problem("KAM-F05", why, fix, line=head.line, sheet=head.sheet)])


def unscaled(layout: Layout, table: Table, mapping: dict[str, ColumnSource]) -> Iterator[KamError]:
    """Yield a warning for each amount whose header speaks of 万, thousands or millions while no factor is declared."""
    head = layout.heads[0]
    for name, given in mapping.items():
        if table.by_name[name].unit != "money" or given.name is None or given.factor:
            continue
        word, factor = next(((found[0], times) for unit, times in _UNITS.items() if (found := re.search(unit, given.name, re.I))), ("", 1))
        if word:
            why = f'speaks of "{word}", but its numbers are read as they stand'
            fix = f"write {{setting}}.columns.{name}: {{name: {_quoted(given.name)}, factor: {factor}}}, or factor: 1 if they are in full"
            at = {"line": head.line, "sheet": head.sheet, "column": given.name, "severity": "warning"}
            yield head.place.problem("KAM-V08", why, fix, **at)


def totals_row(file: StagedFile, records: list[int], cells: list[dict]) -> tuple[Part, str] | None:
    """Return the cell that marks a row as a sum over the others, such as 合计 or Total; None if there is none."""
    for part in (part for parts in file.parts.values() for part in parts):
        text = cells[part.source].get((records[part.source], part.number)) or ""
        if part.column.kind in ("id", "text") and TOTAL.fullmatch(text.strip(" :：")):
            return part, text
    return None


def left_out(part: Part, text: str) -> str:
    """Return the condition that leaves a row out, as the engagement file takes it."""
    return f'set {{setting}}.where: [{{column: {_quoted(part.name)}, op: "!=", value: {_quoted(text)}}}]'


def undeclared(con: duckdb.DuckDBPyConnection, staged: Staged, number: int, file: StagedFile) -> dict[int, KamError]:
    """Return one problem for each column none of whose cells fits: the file's, not a row's.

    One date that is not ISO is enough where no format is declared; all else takes five cells.
    """
    found = {}
    for bit, parts in file.parts.items():
        if bit >= len(staged.table.columns) or not staged.bad >> bit & 1 or len(parts) != 1 or parts[0].column.kind in ("id", "text"):
            continue
        part, raw = parts[0], file.raws[parts[0].source]
        if _any_fits(con, staged, number, staged.table.columns[bit].name):
            continue
        rows = _texts(con, staged, number, file, part)
        if not rows or any(text.startswith("\x00") for text, *_ in rows):
            continue
        texts = [text for text, *_ in rows]
        why = _why(part, texts, sum(count for *_, count in rows))
        if why:
            line = raw.lines([rows[0][1]])[rows[0][1]]
            at = {"sheet": raw.head.sheet, "line": line, "column": part.name, "value": texts[0]}
            found[bit] = raw.head.place.problem(why.code, why.why, why.fix, **at)
    return found


def _any_fits(con: duckdb.DuckDBPyConnection, staged: Staged, number: int, name: str) -> bool:
    test = f'SELECT count(*) FROM {staged.name} WHERE file = $file AND "{name}" IS NOT NULL'
    return con.execute(test, {"file": number}).fetchone()[0] > 0


def _texts(con: duckdb.DuckDBPyConnection, staged: Staged, number: int, file: StagedFile, part: Part) -> list[tuple[str, int, int]]:
    """Return the first different texts of a column in the rows kept, each with its first record and its count."""
    raw = file.raws[part.source]
    text = text_sql(Cell(f"c{part.number}", raw.type(part.number)))
    link = "record" if part.source == 0 else f"j{part.source}"
    return con.execute(
        f"SELECT {text}, min(r.record), count(*) FROM {raw.relation} r WHERE {text} IS NOT NULL AND r.record IN "
        f"(SELECT {link} FROM {staged.name} WHERE file = $file) GROUP BY 1 ORDER BY 2 LIMIT {MOST_WORDS}",
        {"file": number},
    ).fetchall()


def _why(part: Part, texts: list[str], cells_count: int) -> Reason | None:
    """Return what is to be declared, None if it may be the cells that are wrong."""
    column, words, also = part.column, dict(part.words), f" (also {', '.join(texts[1:SAMPLES])})" if len(texts) > 1 else ""
    is_date = column.kind in ("date", "timestamp")
    if is_date and not (part.style.date_format or part.style.excel_serial) and not re.fullmatch(ISO, texts[0]):
        readings, fix = undeclared_fix(texts[:SAMPLES])
        return Reason("KAM-V02", f"is a date whose form is not declared{also}{readings and f': {readings}'}", fix)
    found = [reason(words.get(text, text), column, part.style) for text in texts]
    if cells_count < FEWEST_CELLS or not all(found):
        return None
    fix = undeclared_fix(texts[:SAMPLES])[1] if is_date else found[0].fix
    if column.kind == "choice":
        ours = ", ".join(f"{_quoted(text)}: …" for text in texts)
        fix = f"translate the source's words: {{setting}}.columns.{column.name}: {{name: {_quoted(part.name)}, values: {{{ours}}}}}"
    return Reason(found[0].code, f"{found[0].why}; nor does any other cell of the column fit{also}", fix)


def _listed(names: list[str]) -> str:
    filled = [name for name in names if name]
    return f"it has {', '.join(filled[:5])}{' …' if len(filled) > 5 else ''}" if filled else "it is blank"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
