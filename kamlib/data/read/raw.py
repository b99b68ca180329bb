"""A source file in the database: its cells as text under numbered columns, and the way back to file, sheet and line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from kamlib.checks import InvalidInput, KamError
from kamlib.data.sources import Dialect

NO_ROWS = "header found, 0 data rows"
EARLY_LINES = 20
_BLANK = r"[\s\p{Z}\x0B\x1C-\x1F\x{85}]"


def trimmed_sql(sql: str) -> str:
    """Return a text without white space around it, NULL if nothing is left; clean cells, nearly all, are only looked at."""
    stripped = f"nullif(regexp_replace({sql}, '^{_BLANK}+|{_BLANK}+$', '', 'g'), '')"
    return f"CASE WHEN regexp_matches({sql}, '^{_BLANK}|{_BLANK}$|^$') THEN {stripped} ELSE {sql} END"


def load_frame(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, name: str) -> None:
    """Copy a frame of texts into the database."""
    con.register("frame_to_load", frame)
    con.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM frame_to_load")
    con.unregister("frame_to_load")


@dataclass(frozen=True)
class Place:
    """A source file as the engagement file speaks of it.

    Parameters
    ----------
    path : Path
        Where it lies; of a query the folder that an SQLite file is looked for in.
    shown : str
        How the engagement file writes it.
    setting : str
        The part of the engagement file that declares it, as ``tables.orders.files[1]``.
    dialect : Dialect
        How it is to be read.
    is_query : bool
        Whether it is no file but a query of a database.
    most_rows : int
        One row more than these is read at most, and then refused.
    """

    path: Path
    shown: str
    setting: str
    dialect: Dialect
    is_query: bool = False
    most_rows: int = sys.maxsize - 1

    def problem(self, code: str, why: str, fix: str, **place) -> KamError:
        """Return a problem of this file; it stops the run."""
        return KamError(code, why, fix.replace("{setting}", self.setting), file=self.shown, **place)


@dataclass(frozen=True)
class Head:
    """What is known of a source file before its rows are loaded.

    Parameters
    ----------
    place : Place
        The file.
    columns : list of str
        Its column names as they stand.
    line : int
        The line of the header.
    rows : object
        What the reader of this kind of file needs to go on.
    types : tuple of str
        ``text``, ``number`` or ``timestamp`` per column; empty where all are text.
    sheet : str, optional
        The sheet of an Excel file.
    early : tuple
        The first lines as they stand, each with its number: the column names may be among them.
    """

    place: Place
    columns: list[str]
    line: int
    rows: Any = None
    types: tuple[str, ...] = ()
    sheet: str | None = None
    early: tuple[tuple[int, list[str]], ...] = ()

    def number(self, name: str) -> int:
        """Return the number of a column that stands once in the header."""
        if self.columns.count(name) != 1:
            raise InvalidInput([self.lacking(name)])
        return self.columns.index(name)

    def lacking(self, name: str) -> KamError:
        """Return KAM-F05 for a name that the header lacks, with what comes near, or has twice."""
        at = {"line": self.line, "sheet": self.sheet, "value": name}
        if name in self.columns:
            positions = " and ".join(str(number) for number, other in enumerate(self.columns, 1) if other == name)
            return self.place.problem("KAM-F05", f"stands in the header twice (columns {positions})", "rename one in the source", **at)
        folded = {_folded(other): other for other in self.columns}
        near = [folded[key] for key in get_close_matches(_folded(name), folded, n=1)]
        filled = [other for other in self.columns if other]
        why = f"is not a column; the header has {', '.join(filled[:20])}{' …' if len(filled) > 20 else ''}"
        fix = f'did you mean "{near[0]}"? Correct {{setting}}.columns' if near else "correct {setting}.columns"
        return self.place.problem("KAM-F05", why, fix, **at)


@dataclass(frozen=True)
class Raw:
    """The cells of one source file in the database, not yet typed.

    Parameters
    ----------
    head : Head
        The file.
    relation : str
        SQL of rows with ``record``, ``blank`` and the loaded columns ``c0``, ``c1`` …; text is trimmed, a blank is NULL.
    lines : callable
        From record numbers to the physical lines (rows in Excel and Parquet) they begin on.
    marked : frozenset of int
        Columns in which Excel marks cells as errors.
    """

    head: Head
    relation: str
    lines: Callable[[Iterable[int]], dict[int, int]]
    marked: frozenset[int] = frozenset()

    def type(self, number: int) -> str:
        """Return what the cells of a column are: text, marked, number or timestamp."""
        return "marked" if number in self.marked else self.head.types[number] if self.head.types else "text"


def _folded(name: str) -> str:
    return name.casefold().replace(" ", "").replace("_", "")
