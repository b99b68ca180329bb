"""From a bad row back to its cells: file, sheet, line, column, value, why, fix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import duckdb

from kamlib.checks import KamError
from kamlib.data.read.convert import Cell, text_sql
from kamlib.data.read.declared import left_out, totals_row, undeclared
from kamlib.data.read.excel_file import address
from kamlib.data.read.explain import Reason, reason
from kamlib.data.read.mapping import JOIN_BIT, RATE_BIT, SIGN_BIT, Part
from kamlib.data.read.raw import Raw
from kamlib.data.read.stage import Staged, StagedFile

MOST_PROBLEMS = 1000

Cells = dict[tuple[int, int], str | None]


def cell_problems(con: duckdb.DuckDBPyConnection, staged: Staged, owner: str) -> list[KamError]:
    """Return the problems of a table's bad rows, at most 1,000 per file and then their number.

    Parameters
    ----------
    con : DuckDBPyConnection
        The database.
    staged : Staged
        The table.
    owner : str
        SQL of the account that a row belongs to; NULL where it cannot be told, and the problem then stops the run.
    """
    problems: list[KamError] = []
    if not staged.bad & ~(1 << RATE_BIT):
        return problems
    for number, file in enumerate(staged.files):
        silent = undeclared(con, staged, number, file)
        problems += silent.values()
        silenced = sum(1 << bit for bit in silent)
        problems += _file_problems(con, staged, number, file, owner, silenced)
    return problems


def _file_problems(
    con: duckdb.DuckDBPyConnection, staged: Staged, number: int, file: StagedFile, owner: str, silenced: int
) -> list[KamError]:
    links = ", ".join(f"j{link}" for link in range(1, len(file.raws))) or "0"
    where = {"file": number, "silenced": silenced}
    bad = f"FROM {staged.name} s WHERE file = $file AND bad & ~CAST($silenced AS BIGINT) <> 0"
    total = con.execute(f"SELECT count(*) {bad}", where).fetchone()[0]
    if not total:
        return []
    order = f"ORDER BY {owner} IS NULL DESC, record LIMIT {MOST_PROBLEMS}"
    rows = con.execute(f"SELECT bad & ~CAST($silenced AS BIGINT), {owner}, record, {links} {bad} {order}", where).fetchall()
    records = [{row[2 + source] for row in rows if row[2 + source]} for source in range(len(file.raws))]
    lines = [raw.lines(wanted) for raw, wanted in zip(file.raws, records, strict=True)]
    cells = [_cells(con, raw, wanted, _numbers(file, source)) for source, (raw, wanted) in enumerate(zip(file.raws, records, strict=True))]
    found: dict[tuple, KamError] = {}
    for bits, account, *links_of in rows:
        for problem in _row_problems(staged, file, bits, account, links_of, cells, lines):
            found.setdefault((problem.file, problem.line, problem.column, problem.code), problem)
    problems = sorted(found.values(), key=lambda problem: (problem.file or "", problem.line or 0))
    if total > MOST_PROBLEMS:
        why = f"has {total} rows with problems; those of the first {MOST_PROBLEMS} are listed"
        problems.append(KamError("KAM-V00", why, "mend these and read again", severity="warning", file=file.place.shown))
    return problems


def _numbers(file: StagedFile, source: int) -> list[int]:
    return sorted({part.number for parts in file.parts.values() for part in parts if part.source == source})


def _cells(con: duckdb.DuckDBPyConnection, raw: Raw, records: set[int], numbers: list[int]) -> Cells:
    if not records or not numbers:
        return {}
    texts = ", ".join(text_sql(Cell(f"c{number}", raw.type(number))) for number in numbers)
    wanted = {"records": sorted(records)}
    rows = con.execute(f"SELECT record, {texts} FROM {raw.relation} WHERE list_contains($records, record)", wanted).fetchall()
    return {(record, number): text for record, *found in rows for number, text in zip(numbers, found, strict=True)}


def _row_problems(
    staged: Staged, file: StagedFile, bits: int, account: str | None, records: list[int], cells: list[Cells], lines: list[dict[int, int]]
) -> Iterator[KamError]:
    severity = "account" if account is not None else "file"
    unmatched = {bit - JOIN_BIT for bit in range(JOIN_BIT, SIGN_BIT) if bits >> bit & 1}
    for source in sorted(unmatched):
        yield _unmatched(file, source, records, lines)
    if unmatched:
        return
    if bits >> SIGN_BIT & 1:
        texts = [f"{part.name} {cells[part.source].get((records[part.source], part.number))}" for part in file.parts[SIGN_BIT]]
        why = f"{', '.join(texts)} have different signs; on a return quantity and all amounts are negative"
        fix = "correct the row, or map the quantity that belongs to the amounts"
        yield file.place.problem("KAM-V06", why, fix, line=lines[0][records[0]], record=account, severity=severity)
    sums = totals_row(file, records, cells) if _blanks(staged, file, bits, records, cells) else None
    if sums:
        part, text = sums
        why = Reason("KAM-V07", "marks a row of totals, not a record", left_out(part, text))
        yield _problem(file, part, why, text, account, severity, lines[part.source].get(records[part.source]))
        return
    for bit, parts in file.parts.items():
        if bit < RATE_BIT and bit != SIGN_BIT and bits >> bit & 1:
            yield from _part_problems(file, parts, account, severity, records, cells, lines)


def _blanks(staged: Staged, file: StagedFile, bits: int, records: list[int], cells: list[Cells]) -> bool:
    needed = [file.parts[bit][0] for bit, column in enumerate(staged.table.columns) if column.required and bits >> bit & 1]
    return any(cells[part.source].get((records[part.source], part.number)) is None for part in needed)


def _part_problems(file, parts: tuple[Part, ...], account, severity, records, cells, lines) -> Iterator[KamError]:
    explained = False
    for part in parts:
        record = records[part.source]
        text = cells[part.source].get((record, part.number))
        translated = dict(part.words).get(text, text)
        why = reason(translated, part.column, part.style)
        if why is None:
            continue
        explained = True
        yield _problem(file, part, why, text, account, severity, lines[part.source].get(record))
    if not explained and parts:
        part = parts[0]
        text = cells[part.source].get((records[part.source], part.number))
        why = Reason("KAM-V01", f"cannot be read as {part.column.kind}", "correct the cell in the source")
        yield _problem(file, part, why, text, account, severity, lines[part.source].get(records[part.source]))


def _problem(file: StagedFile, part: Part, why: Reason, text: str | None, account, severity: str, line: int | None) -> KamError:
    head = file.raws[part.source].head
    told = f"{why.why} (cell {address(part.number, line)})" if head.sheet and line else why.why
    shown = None if text is None else text.split("\x00refused:", 1)[-1]
    at = {"sheet": head.sheet, "line": line, "record": account, "column": part.name, "value": shown, "severity": severity}
    return head.place.problem(why.code, told, why.fix, **at)


def _unmatched(file: StagedFile, source: int, records: list[int], lines: list[dict[int, int]]) -> KamError:
    joined = file.raws[source].head.place
    names = ", ".join(joined.dialect.pairs)
    why = f"{names} of this line has no row in {joined.shown}"
    return file.place.problem(
        "KAM-K03", why, f"complete {joined.shown}, or leave the line out by a where", line=lines[0][records[0]], column=names
    )


def by_account(problems: list[KamError]) -> dict[str, list[KamError]]:
    """Return the problems of each account that is set aside."""
    found: dict[str, list[KamError]] = defaultdict(list)
    for problem in problems:
        if problem.severity == "account" and problem.record is not None:
            found[problem.record].append(problem)
    return dict(found)
