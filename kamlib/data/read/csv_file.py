"""CSV: checked byte by byte for encoding, read fast by DuckDB, parsed again line by line where something is wrong."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import duckdb
import pandas as pd

from kamlib.checks import InvalidInput, KamError
from kamlib.data.read.raw import EARLY_LINES, NO_ROWS, Head, Place, Raw, load_frame, trimmed_sql
from kamlib.data.read.text import bytes_problem, open_text

DELIMITERS = (",", ";", "\t", "|")
MOST_PROBLEMS = 1000
SAMPLE_ROWS = 100


def head(place: Place) -> Head:
    """Return the header of a CSV file and its first records.

    Raises
    ------
    InvalidInput
        KAM-F01 encoding, F02 no rows, F06 quotes or NUL.
    """
    problem = bytes_problem(place)
    if problem:
        raise InvalidInput([problem])
    found = records(place, place.dialect.header - 1)
    begins, names = next(found, (0, []))
    if not names:
        raise InvalidInput([place.problem("KAM-F02", "is empty: no header, 0 data rows", "export it again, or take it out of {setting}")])
    first = next(found, None)
    if first is None:
        fix = "export it again with its rows, or take it out of {setting}"
        raise InvalidInput([place.problem("KAM-F02", NO_ROWS, fix)])
    sample = [first[1]] + [fields for _, (_, fields) in zip(range(SAMPLE_ROWS), found, strict=False)]
    return Head(place, [name.strip() for name in names], begins, rows=(first[0] - 1, sample), early=_early(place))


def _early(place: Place) -> tuple[tuple[int, list[str]], ...]:
    try:
        return tuple((line, [name.strip() for name in fields]) for line, fields in islice(records(place), EARLY_LINES))
    except InvalidInput:  # a title above the header may hold any sign
        return ()


def require_delimiter(head: Head, wanted: Iterable[str]) -> None:
    """Raise KAM-F07 if none of the wanted columns is found but another delimiter would find some."""
    wanted, sign, place = set(wanted), head.place.dialect.delimiter, head.place
    if wanted & set(head.columns) or (len(head.columns) > 1 and not wanted):
        return
    for other in DELIMITERS:
        names = [cell.strip(' "') for cell in sign.join(head.columns).split(other)]
        if other != sign and len(names) > 1 and (wanted & set(names) or not wanted):
            cells = [cell for fields in head.rows[1] for cell in sign.join(fields).split(other)]
            comma = next((cell for cell in cells if re.fullmatch(r"-?(\d{1,3}(\.\d{3})*|\d+),\d+", cell)), None)
            shown_sign = "tab" if other == "\t" else other
            why, fix = f'columns are parted by "{shown_sign}", not by "{sign}"', f'set {{setting}}.delimiter: "{shown_sign}"'
            if comma and place.dialect.decimal != ",":
                why += f' and numbers have a decimal comma ("{comma}")'
                fix += ' and {setting}.decimal: ","'
            raise InvalidInput([place.problem("KAM-F07", why, fix, line=head.line)])


def load(con: duckdb.DuckDBPyConnection, head: Head, numbers: Iterable[int], *, name: str, scratch: Path) -> Raw:
    """Load some columns of a CSV file as trimmed text.

    Parameters
    ----------
    con : DuckDBPyConnection
        Where the cells go.
    head : Head
        The file.
    numbers : iterable of int
        The columns to load, counted from 0.
    name : str
        Name for the new table.
    scratch : Path
        A private folder for the file in UTF-8 where it has another encoding.

    Raises
    ------
    InvalidInput
        KAM-F04 fields, F06 quotes.
    """
    numbers = sorted(set(numbers))
    try:
        if len(head.columns) == 1:  # where the fast reader takes an empty line for a row
            raise duckdb.InvalidInputException
        _load_fast(con, head, numbers, name, scratch)
    except duckdb.Error:
        _load_slowly(con, head, numbers, name)
        return Raw(head, name, lambda wanted: {record: record for record in wanted})
    return Raw(head, f"(SELECT rowid + 1 AS record, * FROM {name})", lambda wanted: _lines(head.place, wanted))


def records(place: Place, after: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each record begins and its fields, from behind the header on; lines without a sign are skipped."""
    with open_text(place.path, place.dialect.encoding) as text:
        for _ in range(after):
            text.readline()
        reader = csv.reader(text, delimiter=place.dialect.delimiter, strict=True)
        begins = after + 1
        try:
            for fields in reader:
                if fields:
                    yield begins, fields
                begins = after + reader.line_num + 1
        except csv.Error as error:
            why = "has a quote that is not closed" if "end of data" in str(error) or "limit" in str(error) else f"is no proper CSV: {error}"
            fix = 'close the quote, or write "" for a quote inside a quoted field'
            raise InvalidInput([place.problem("KAM-F06", why, fix, line=begins)]) from None


def _load_fast(con: duckdb.DuckDBPyConnection, head: Head, numbers: list[int], name: str, scratch: Path) -> None:
    place, path, width = head.place, head.place.path, len(head.columns)
    if place.dialect.encoding not in ("utf-8", "ascii", "utf-8-sig"):
        path = scratch / f"{name}.csv"
        with open_text(place.path, place.dialect.encoding) as source, path.open("w", encoding="utf-8", newline="") as target:
            while block := source.read(1 << 22):
                target.write(block)
    trimmed = [trimmed_sql(f"c{number}") + f" AS c{number}" for number in numbers]
    blank = f"coalesce({', '.join(f'c{number}' for number in range(width))}) IS NULL AS blank"
    options = "auto_detect=false, header=false, quote='\"', escape='\"', strict_mode=true, null_padding=false"
    con.execute(
        f"CREATE TEMP TABLE {name} AS SELECT {', '.join([*trimmed, blank])} "
        f"FROM read_csv($path, columns=$columns, delim=$delimiter, skip=$after, {options}) LIMIT {place.most_rows + 1}",
        {
            "path": re.sub(r"([*?\[])", r"[\1]", str(path)),
            "columns": {f"c{number}": "VARCHAR" for number in range(width)},
            "delimiter": place.dialect.delimiter,
            "after": head.rows[0],
        },
    )


def _load_slowly(con: duckdb.DuckDBPyConnection, head: Head, numbers: list[int], name: str) -> None:
    """Parse record by record; either every problem is found, or the file is proper and only beyond the fast reader."""
    place, width = head.place, len(head.columns)
    problems, kept, begins, total = [], [], [], 0
    found = records(place, place.dialect.header - 1)
    next(found)
    try:
        for line, fields in found:
            if len(fields) > width and not any(field.strip() for field in fields[width:]):
                del fields[width:]
            if len(fields) == width:
                kept.append(fields)
                begins.append(line)
                if len(kept) > place.most_rows:
                    break
                continue
            total += 1
            if total <= MOST_PROBLEMS:
                problems.append(_count_problem(head, line, fields))
    except InvalidInput as error:
        problems += error.problems
    if total > MOST_PROBLEMS:
        why = f"has {total} lines with too few or too many fields; the first {MOST_PROBLEMS} are listed"
        problems.append(place.problem("KAM-F04", why, "export it again"))
    if problems:
        raise InvalidInput(problems)
    cells = {f"c{number}": [fields[number].strip() or None for fields in kept] for number in numbers}
    load_frame(con, pd.DataFrame(cells, dtype=object).assign(record=begins, blank=[not any(fields) for fields in kept]), name)


def _count_problem(head: Head, line: int, fields: list[str]) -> KamError:
    place, header, sign = head.place, head.columns, head.place.dialect.delimiter
    why = f"{len(fields)} fields, header has {len(header)}"
    if len(fields) < len(header):
        reason = "the line ends early: a line break inside a field that is not quoted, or a line that is no row"
        return place.problem("KAM-F04", f"{why}; probably {reason}", "quote the field, or take the line out", line=line)
    broken = next((number for number, field in enumerate(fields[1:], 1) if field.startswith(" ") and field.strip()), None)
    column = header[broken - 1] if broken and broken <= len(header) else None
    shown = f' in "{column}" ("{fields[broken - 1]}{sign}{fields[broken]}")' if column else ""
    other = ";" if sign == "," else "|"
    fix = f"quote the field or re-export with {other} as delimiter"
    return place.problem("KAM-F04", f'{why}; probably an unquoted "{sign}"{shown}', fix, line=line, column=column)


def _lines(place: Place, wanted: Iterable[int]) -> dict[int, int]:
    left = set(wanted)
    if not left:
        return {}
    last, found = max(left), {}
    behind = records(place, place.dialect.header - 1)
    next(behind)
    for number, (line, _) in enumerate(behind, 1):
        if number in left:
            found[number] = line
        if number == last:
            break
    return found
