"""Parquet: numbers and dates as the file types them, texts trimmed."""

from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb

from kamlib.checks import InvalidInput
from kamlib.data.read.raw import NO_ROWS, Head, Place, Raw, trimmed_sql

_NUMBERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*")
_DATES = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")


def head(con: duckdb.DuckDBPyConnection, place: Place) -> Head:
    """Return the columns of a Parquet file with their types.

    Raises
    ------
    InvalidInput
        KAM-F02 no rows, F06 not Parquet.
    """
    try:
        described = con.execute("DESCRIBE SELECT * FROM read_parquet($path)", {"path": _escaped(place)}).fetchall()
        rows = con.execute("SELECT count(*) FROM read_parquet($path)", {"path": _escaped(place)}).fetchone()[0]
    except duckdb.Error:
        raise InvalidInput([place.problem("KAM-F06", "cannot be read as Parquet", "write or copy it again")]) from None
    if not rows:
        raise InvalidInput([place.problem("KAM-F02", NO_ROWS, "export it again with its rows, or take it out of {setting}")])
    types = tuple("number" if _NUMBERS.fullmatch(kind) else "timestamp" if kind in _DATES else "text" for _, kind, *_ in described)
    return Head(place, [name for name, *_ in described], 1, types=types)


def load(con: duckdb.DuckDBPyConnection, head: Head, numbers: Iterable[int], *, name: str) -> Raw:
    """Look at some columns of a Parquet file where they lie, which needs no copy; a row's line is its number."""
    cells = [f"{_cell(head, number)} AS c{number}" for number in sorted(set(numbers))]
    rows = con.cursor().read_parquet(_escaped(head.place)).project(", ".join(["row_number() OVER () AS record", *cells, "false AS blank"]))
    rows.limit(head.place.most_rows + 1).create_view(name)
    return Raw(head, name, lambda wanted: {record: record for record in wanted})


def _cell(head: Head, number: int) -> str:
    quoted = '"' + head.columns[number].replace('"', '""') + '"'
    if head.types[number] == "text":
        return trimmed_sql(f"CAST({quoted} AS VARCHAR)")
    # NaN is how data frames write a blank; infinity is no blank and stays to be refused.
    return f"CAST({quoted} AS TIMESTAMP)" if head.types[number] == "timestamp" else f"CASE WHEN NOT isnan({quoted}) THEN {quoted} END"


def _escaped(place: Place) -> str:
    return re.sub(r"([*?\[])", r"[\1]", str(place.path))
