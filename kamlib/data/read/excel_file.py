"""Excel: each cell as the text it stands for, errors and formulas without a value refused, the row kept as its line."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pandas as pd
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from kamlib.checks import InvalidInput, KamError
from kamlib.data.read.raw import EARLY_LINES, NO_ROWS, Head, Place, Raw, load_frame
from kamlib.data.sources import ValueFormat

# What calamine, zipfile and the XML parser raise on bytes that are no sound workbook.
DAMAGED = (
    *(CalamineError, zipfile.BadZipFile, zlib.error, ElementTree.ParseError, EOFError, KeyError, ValueError, OSError),
    *(NotImplementedError, RuntimeError),
)
MOST_BYTES, MOST_RATIO = 500 * 1024**2, 100
REFUSED = "\x00refused:"
_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def head(place: Place) -> Head:
    """Return the header of a sheet, with its rows.

    Raises
    ------
    InvalidInput
        KAM-F02 no rows, F06 not a workbook, F08 too large, F09 sheet unclear.
    """
    sheet, rows, refused = _opened(place)
    first = place.dialect.header
    columns = [str(cell).strip() for cell in rows[first - 1]] if len(rows) >= first else []
    wrong = {row for row, _ in refused}
    behind = [(line, row) for line, row in enumerate(rows[first:], first + 1) if line in wrong or any(cell != "" for cell in row)]
    early = tuple((line, [str(cell).strip() for cell in row]) for line, row in enumerate(rows[:EARLY_LINES], 1))
    if not any(columns) or not behind:
        likely = next((line for line, names in early if sum(map(bool, names)) > 1), None)
        why = NO_ROWS if any(columns) else f"row {first} has no column names"
        fix = "fill in its rows, or correct {setting}.header" if any(columns) or not likely else f"set {{setting}}.header: {likely}"
        raise InvalidInput([place.problem("KAM-F02", why, fix, sheet=sheet)])
    return Head(place, columns, first, rows=(behind, refused), sheet=sheet, early=early)


def load(con: duckdb.DuckDBPyConnection, head: Head, styles: dict[int, ValueFormat], *, name: str) -> Raw:
    """Load some columns of a sheet as text.

    Numbers and dates are written in the format declared for their column, so that they are read like texts
    beside them; an id 123.0 becomes ``123``.
    """
    behind, refused = head.rows
    cells = {
        f"c{number}": [refused.get((line, number)) or _text(row[number], style) for line, row in behind] for number, style in styles.items()
    }
    frame = pd.DataFrame(cells, index=range(len(behind)), dtype=object)
    load_frame(con, frame.assign(record=[line for line, _ in behind], blank=False), name)
    marked = frozenset(int(key[1:]) for key, texts in cells.items() if any(text and text.startswith(REFUSED) for text in texts))
    return Raw(head, name, lambda wanted: {record: record for record in wanted}, marked)


def address(column: int, row: int) -> str:
    """Return a cell's address.

    Examples
    --------
    >>> address(27, 3)
    'AB3'
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def _opened(place: Place) -> tuple[str, list[list], dict[tuple[int, int], str]]:
    """Return the name of the sheet, its rows, and the cells that Excel marks as wrong."""
    try:
        sheet = _sheet(place)
        return sheet.name, sheet.to_python(skip_empty_area=False), _refused(place, sheet.name)
    except (InvalidInput, PermissionError):
        raise
    except DAMAGED:
        why = "cannot be opened as an Excel workbook; it may be damaged, protected by a password or of the old .xls form"
        raise InvalidInput([place.problem("KAM-F06", why, "save it as .xlsx without a password")]) from None


def _sheet(place: Place) -> CalamineSheet:
    unpacked, packed = _sizes(place.path)
    if unpacked > MOST_BYTES or unpacked > MOST_RATIO * max(packed, 1) and unpacked > 1 << 24:
        raise InvalidInput([place.problem("KAM-F08", f"unpacks to {unpacked >> 20} MB, more than is safe to open", "export it as CSV")])
    _require_sound(place.path, place.path.stat().st_mtime_ns)
    book = CalamineWorkbook.from_path(str(place.path))
    names = book.sheet_names
    asked = place.dialect.sheet or (names[0] if len(names) == 1 else None)
    if asked not in names:
        why = f"has the sheets {', '.join(names)}" + (f', none called "{asked}"' if asked else "; which one is not said")
        raise InvalidInput([place.problem("KAM-F09", why, "set {setting}.sheet: " + names[0])])
    return book.get_sheet_by_name(asked)


def _sizes(path: Path) -> tuple[int, int]:
    """Return what a workbook unpacks to and what it takes packed, in bytes."""
    with zipfile.ZipFile(path) as archive:
        items = archive.infolist()
    return sum(item.file_size for item in items), sum(item.compress_size for item in items)


@lru_cache(maxsize=8)
def _require_sound(path: Path, changed: int) -> None:
    """Raise unless every part has its checksum; once per file, however many sheets of it are read."""
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged:
        raise zipfile.BadZipFile(damaged)


def _text(cell: Any, style: ValueFormat) -> str | None:
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number_text(cell, style)
    if isinstance(cell, datetime | date):
        return _date_text(cell, style)
    return f"{REFUSED}a time of day, not a date" if isinstance(cell, time | timedelta) else str(cell)


def _number_text(cell: float, style: ValueFormat) -> str:
    if style.excel_serial:
        return repr(cell)
    text = str(int(cell)) if float(cell).is_integer() and abs(cell) < 1e15 else repr(cell)
    return text.replace(".", style.decimal)


def _date_text(cell: date, style: ValueFormat) -> str:
    if style.excel_serial:
        start = datetime(1899, 12, 30) if style.excel_serial == 1900 else datetime(1904, 1, 1)
        moment = cell if isinstance(cell, datetime) else datetime.combine(cell, time())
        return repr((moment - start) / timedelta(days=1))
    if style.date_format:
        return cell.strftime(style.date_format)
    return cell.isoformat(sep=" ") if isinstance(cell, datetime) and cell.time() != time() else cell.isoformat()[:10]


def _refused(place: Place, sheet: str) -> dict[tuple[int, int], str]:
    """Return the cells with an error or a formula that was never computed, which calamine gives as blanks."""
    with zipfile.ZipFile(place.path) as archive:
        with archive.open(_part(archive, sheet)) as part:
            data = part.read()
        if b't="e"' not in data and b"<f" not in data:
            return {}
        return dict(_faulty(ElementTree.fromstring(data)))


def _faulty(root: ElementTree.Element) -> Iterator[tuple[tuple[int, int], str]]:
    for cell in root.iter(f"{_NAMESPACE}c"):
        value, formula = cell.find(f"{_NAMESPACE}v"), cell.find(f"{_NAMESPACE}f")
        computed = value is not None and bool(value.text)
        if cell.get("t") == "e" and computed:
            yield _position(cell.get("r", "")), f"{REFUSED}{value.text}"
        elif formula is not None and not computed and cell.get("t") != "str":
            yield _position(cell.get("r", "")), f"{REFUSED}={formula.text or ''}"


def _position(where: str) -> tuple[int, int]:
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", where).groups()
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(digits), column - 1


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = {link.get("Id"): link.get("Target") for link in links}
    relation = next(item.get(_RELATION) for item in book.iter(f"{_NAMESPACE}sheet") if item.get("name") == sheet)
    path = target[relation]
    return path.lstrip("/") if path.startswith("/") else f"xl/{path}"


def refused_reason(text: str) -> KamError | None:
    """Return what is wrong with a cell that Excel itself marks as wrong."""
    if not text.startswith(REFUSED):
        return None
    found = text.removeprefix(REFUSED)
    if found.startswith("="):
        return KamError("KAM-V01", "is a formula that was never computed", "open the file in Excel, let it compute, save it", value=found)
    return KamError("KAM-V01", "is an Excel error, not a value", "correct the cell", value=found)
