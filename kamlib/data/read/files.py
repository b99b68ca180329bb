"""Which files the engagement file means, and which reader each one needs."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import duckdb

from kamlib.checks import InvalidInput, KamError
from kamlib.data.read import csv_file, excel_file, parquet_file, sql_query
from kamlib.data.read.raw import Head, Place, Raw
from kamlib.data.sources import Dialect, ValueFormat

_EXCEL = (".xlsx", ".xlsm")
_OTHER_EXCEL = (".xls", ".xlsb", ".ods")


def places(dialect: Dialect, setting: str, folder: Path) -> list[Place]:
    """Return the files that a source names, in alphabetical order.

    Raises
    ------
    InvalidInput
        KAM-F03: there is none.
    """
    if getattr(dialect, "sql", None):
        return [sql_query.place_of(dialect, setting, folder)]
    written = dialect.file
    path = folder / written
    if path.is_file():
        return [Place(path, written, setting, dialect)]
    found = sorted(glob.glob(str(path), recursive=True)) if glob.has_magic(written) else []
    found = [Path(match) for match in found if Path(match).is_file()]
    if not found:
        why = "no file has a name like this" if glob.has_magic(written) else "there is no such file"
        fix = f"put it there, or correct {setting}.file; looked in {os.path.normpath(path.parent)}"
        raise InvalidInput([KamError("KAM-F03", why, fix, file=written)])
    return [Place(match, _shown(match, written, folder), setting, dialect) for match in found]


def _shown(match: Path, written: str, folder: Path) -> str:
    return str(match) if os.path.isabs(written) else Path(os.path.relpath(match, folder)).as_posix()


def head(con: duckdb.DuckDBPyConnection, place: Place) -> Head:
    """Return the header of a file of any kind."""
    if place.is_query:
        return sql_query.head(con, place)
    ending = place.path.suffix.lower()
    if ending in _OTHER_EXCEL:
        raise InvalidInput(
            [place.problem("KAM-F06", f"is a {ending} file, in which errors cannot be told from blanks", "save it as .xlsx")]
        )
    if ending in _EXCEL:
        return excel_file.head(place)
    return parquet_file.head(con, place) if ending == ".parquet" else csv_file.head(place)


def load(con: duckdb.DuckDBPyConnection, head: Head, styles: dict[int, ValueFormat], *, name: str, scratch: Path) -> Raw:
    """Load the columns whose numbers are given, each with the format its cells are declared in."""
    if head.place.is_query:
        return sql_query.load(con, head, styles, name=name)
    ending = head.place.path.suffix.lower()
    if ending in _EXCEL:
        return excel_file.load(con, head, styles, name=name)
    if ending == ".parquet":
        return parquet_file.load(con, head, styles, name=name)
    return csv_file.load(con, head, styles, name=name, scratch=scratch)


def is_delimited(head: Head) -> bool:
    """Tell whether a file is text with a delimiter."""
    return not head.place.is_query and head.place.path.suffix.lower() not in (*_EXCEL, ".parquet")
