"""A query of a database: its rows streamed, each column as exact as the database types it, texts trimmed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd

from kamlib.checks import InvalidInput
from kamlib.data.database_url import database_url, without_secrets
from kamlib.data.read.raw import NO_ROWS, Head, Place, Raw, trimmed_sql
from kamlib.data.sources import ValueFormat

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, CursorResult

ROWS_AT_ONCE = 20_000
MOST_DIGITS = 38  # of a DuckDB decimal
LONGEST_MESSAGE = 200


@dataclass
class _Seen:
    """What the cells of a column have been so far: the kinds, the digits before the point and those behind it."""

    kinds: set[str]
    whole: int = 1
    places: int = 0

    def text(self, value: Any) -> str | None:
        """Return a value as text and remember its kind; a number that is none is a blank, as data frames write it."""
        if value is None or isinstance(value, float | Decimal) and math.isnan(value):
            return None
        kind, text = _kind_and_text(value)
        self.kinds.add(kind)
        if kind in ("int", "decimal"):
            whole, _, places = text.lstrip("-").partition(".")
            self.whole, self.places = max(self.whole, len(whole)), max(self.places, len(places))
        return text

    def type(self) -> tuple[str, str]:
        """Return what all cells are (text, number, timestamp), and as what DuckDB stores them."""
        if self.kinds and self.kinds <= {"int", "decimal"} and self.whole + min(self.places, 6) <= MOST_DIGITS:
            places = min(self.places, MOST_DIGITS - self.whole)
            return "number", f"DECIMAL({MOST_DIGITS},{places})" if places else "HUGEINT"
        if self.kinds and self.kinds <= {"int", "decimal", "float"} and "float" in self.kinds:
            return "number", "DOUBLE"
        return ("timestamp", "TIMESTAMP") if self.kinds and self.kinds <= {"date", "timestamp"} else ("text", "VARCHAR")


def head(con: duckdb.DuckDBPyConnection, place: Place) -> Head:
    """Run a query, put its rows into the database, and return its columns with their types.

    Raises
    ------
    InvalidInput
        KAM-P04 no environment variable, F02 no rows, F03 no such SQLite file, F10 refused by the database.
    """
    url = database_url(place.dialect.url, place.path)
    name = "query_" + "".join(sign if sign.isalnum() else "_" for sign in place.setting)
    with _answering(place, url) as result:
        columns, rows = list(result.keys()), 0
        seen = [_Seen(set()) for _ in columns]
        con.execute(f"CREATE TEMP TABLE {name} ({', '.join(f'c{number} VARCHAR' for number in range(len(columns)))})")
        while rows <= place.most_rows and (found := result.fetchmany(ROWS_AT_ONCE)):
            texts = [[column.text(value) for value in cells] for column, cells in zip(seen, zip(*found, strict=True), strict=True)]
            _store(con, name, texts)
            rows += len(found)
    if not rows:
        raise InvalidInput([place.problem("KAM-F02", NO_ROWS, "correct {setting}.sql, or take the table out")])
    return Head(place, columns, 1, rows=(name, seen), types=tuple(column.type()[0] for column in seen))


def load(con: duckdb.DuckDBPyConnection, head: Head, styles: dict[int, ValueFormat], *, name: str) -> Raw:
    """Type some columns of a query; a row's line is its number in the answer.

    Raises
    ------
    InvalidInput
        KAM-F10: a column has both texts and numbers, and the declared decimal sign is not that of the numbers.
    """
    query, seen = head.rows
    for number, style in styles.items():
        if head.types[number] == "text" and seen[number].kinds & {"decimal", "float"} and style.decimal != ".":
            why, fix = "has both texts and numbers, so its decimal sign is unclear", "cast the column in {setting}.sql"
            raise InvalidInput([head.place.problem("KAM-F10", why, fix, column=head.columns[number])])
    cells = [f"{_cell(number, seen[number])} AS c{number}" for number in sorted(styles)] + ["false AS blank"]
    con.execute(f"CREATE TEMP TABLE {name} AS SELECT {', '.join(cells)} FROM {query}")
    return Raw(head, f"(SELECT rowid + 1 AS record, * FROM {name})", lambda wanted: {record: record for record in wanted})


def _cell(number: int, seen: _Seen) -> str:
    kind, stored = seen.type()
    return trimmed_sql(f"c{number}") if kind == "text" else f"CAST(c{number} AS {stored})"


@contextmanager
def _answering(place: Place, url: URL) -> Iterator[CursorResult]:
    """Yield the answer to a query that can change nothing; whatever goes wrong is told without the password."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    try:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            yield _reading(connection).exec_driver_sql(place.dialect.sql)
    except ImportError as error:
        fix = f"install the Python package {error.name}, or name another driver in the URL"
        raise InvalidInput([place.problem("KAM-F10", f"needs the driver {error.name}, which is not installed", fix)]) from None
    except (SQLAlchemyError, OSError) as error:
        told = " ".join(str(getattr(error, "orig", None) or error).split())[:LONGEST_MESSAGE]
        why = f"is refused by the database: {without_secrets(told, url)}"
        raise InvalidInput([place.problem("KAM-F10", why, "correct {setting}.sql or the URL, or ask who runs the database")]) from None


def _reading(connection: Connection) -> Connection:
    options = {"stream_results": True, "no_parameters": True}
    if connection.dialect.name == "postgresql":
        options["postgresql_readonly"] = True
    return connection.execution_options(**options)


def _kind_and_text(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return "text", "true" if value else "false"
    if isinstance(value, int):
        return "int", str(value)
    if isinstance(value, Decimal):
        return ("decimal", format(value, "f")) if value.is_finite() else ("float", str(float(value)))
    if isinstance(value, float):
        return "float", repr(value)
    if isinstance(value, datetime):
        return "text" if value.tzinfo else "timestamp", value.isoformat(sep=" ")
    if isinstance(value, date):
        return "date", value.isoformat()
    return "text", bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _store(con: duckdb.DuckDBPyConnection, name: str, columns: list[list[str | None]]) -> None:
    frame = pd.DataFrame({f"c{number}": pd.Series(cells, dtype=object) for number, cells in enumerate(columns)})
    con.register("rows_to_store", frame)
    con.execute(f"INSERT INTO {name} SELECT * FROM rows_to_store")
    con.unregister("rows_to_store")


def place_of(dialect: Any, setting: str, folder: Path) -> Place:
    """Return the place of a query, as messages speak of it."""
    return Place(folder, f"query of {setting.removeprefix('tables.')}", setting, dialect, is_query=True)
