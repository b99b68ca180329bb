"""Text to number, date, flag or choice, as SQL: what does not fit the declared format becomes NULL and is explained later."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from kamlib.data.read.excel_file import REFUSED
from kamlib.data.schema import Column
from kamlib.data.schema.columns import FLAGS, FORMS
from kamlib.data.sources import ValueFormat

LARGEST = 1e15  # beyond it a double no longer holds cents
FIRST_YEAR = 1900
ISO = r"\d{4}-\d{2}-\d{2}([ T]([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d{1,6})?)?)?"
EXACT, FINE = "DECIMAL(38,6)", "DECIMAL(38,12)"  # six places of the product need more of its parts
SQL_TYPES = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "choice": "VARCHAR",
    "number": "DOUBLE",
    "integer": "DOUBLE",
    "flag": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}


@dataclass
class Binder:
    """The values of a statement, each under a name of its own; nothing of a file or of the engagement file enters SQL text."""

    values: dict[str, Any] = field(default_factory=dict)

    def __call__(self, value: Any) -> str:
        """Return the name that stands for the value."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"

    def used(self, statement: str) -> dict[str, Any]:
        """Return the values that a statement names: DuckDB refuses any other, and not every compiled column enters it."""
        return {name: self.values[name] for name in set(re.findall(r"\$(p\d+)", statement))}


@dataclass(frozen=True)
class Cell:
    """One source cell in SQL: its expression and what the source says it is (text, marked text, number, timestamp)."""

    sql: str
    type: str = "text"


def text_sql(cell: Cell) -> str:
    """Return the cell as text; a whole number loses its ``.0``, so that an id 123.0 is ``123``."""
    if cell.type == "number":
        whole = f"CAST(CAST({cell.sql} AS HUGEINT) AS VARCHAR)"
        return f"CASE WHEN {cell.sql} = trunc({cell.sql}) AND abs({cell.sql}) < 1e18 THEN {whole} ELSE CAST({cell.sql} AS VARCHAR) END"
    if cell.type == "timestamp":
        return f"CASE WHEN {cell.sql} = CAST({cell.sql} AS DATE) THEN strftime({cell.sql}, '%Y-%m-%d') ELSE CAST({cell.sql} AS VARCHAR) END"
    return cell.sql


def exact_sql(cell: Cell, style: ValueFormat, bind: Binder) -> str:
    """Return the cell as a decimal with six places, NULL where it is no number in the declared format."""
    if cell.type == "number":
        times = f" * {_factor(style.unit_suffixes[''], bind)}" if "" in style.unit_suffixes else ""
        exact = f"CAST(CAST({cell.sql} AS {FINE}){times} AS {EXACT})" if times else f"CAST({cell.sql} AS {EXACT})"
        return f"CASE WHEN abs({number_sql(cell, style, bind)}) < {LARGEST} THEN {exact} END"
    return _by_suffix(cell.sql, style, bind, EXACT)


def number_sql(cell: Cell, style: ValueFormat, bind: Binder) -> str:
    """Return the cell as a double, NULL where it is no number in the declared format or not below 10^15."""
    if cell.type == "number":
        number = f"CAST({cell.sql} AS DOUBLE)"
        number += f" * CAST({_factor(style.unit_suffixes[''], bind)} AS DOUBLE)" if "" in style.unit_suffixes else ""
        return f"CASE WHEN abs({number}) < {LARGEST} THEN {number} END"
    number = _by_suffix(cell.sql, style, bind, "DOUBLE")
    return f"CASE WHEN abs({number}) < {LARGEST} THEN {number} END"


def number_pattern(style: ValueFormat) -> str:
    """Return the regular expression of a number in the declared format, without parentheses and suffix."""
    sign, point = style.grouping, re.escape(style.decimal)
    whole = rf"(\d+|\d{{1,3}}({re.escape(sign)}\d{{3}})+)" if sign else r"\d+"
    return rf"[-+]?({whole}({point}\d*)?|{point}\d+)([eE][-+]?\d{{1,3}})?"


def _by_suffix(sql: str, style: ValueFormat, bind: Binder, kind: str) -> str:
    if style.negative == "parentheses":
        sql = f"(CASE WHEN regexp_full_match({sql}, '\\(.*\\)') THEN '-' || substr({sql}, 2, length({sql}) - 2) ELSE {sql} END)"
    branches = ""
    for suffix, factor in sorted(style.unit_suffixes.items(), key=lambda item: -len(item[0])):
        name = bind(suffix)
        times, bare = _factor(factor, bind), f"rtrim(substr({sql}, 1, length({sql}) - length({name})))"
        number = f"({_plain_number(bare, style, 'DOUBLE')} * CAST({times} AS DOUBLE))"
        if kind == EXACT:
            # Beyond the largest amount the product of two decimals no longer fits, which DuckDB takes for an error.
            fine = f"CAST({_plain_number(bare, style, FINE)} * {times} AS {EXACT})"
            number = f"CASE WHEN abs({number}) < {LARGEST} THEN {fine} END"
        branches += f"WHEN ends_with({sql}, {name}) THEN {number} "
    plain = _plain_number(sql, style, kind)
    return f"CASE {branches}ELSE {plain} END" if branches else plain


def _factor(factor: float, bind: Binder) -> str:
    return f"CAST({bind(str(factor))} AS DECIMAL(18,6))"


def _plain_number(sql: str, style: ValueFormat, kind: str) -> str:
    quoted = number_pattern(style).replace("'", "''")
    cleaned = sql
    if style.grouping:
        cleaned = f"replace({cleaned}, '{style.grouping.replace(chr(39), chr(39) * 2)}', '')"
    if style.decimal == ",":
        cleaned = f"replace({cleaned}, ',', '.')"
    return f"CASE WHEN regexp_full_match({sql}, '{quoted}') THEN try_cast({cleaned} AS {kind}) END"


def is_dense(form: str) -> bool:
    """Tell whether a date format runs two parts together, so that 2000111 could be two days: every digit must then be there."""
    return re.search(r"%[A-Za-z]%[A-Za-z]", form) is not None


def timestamp_sql(cell: Cell, style: ValueFormat, bind: Binder) -> str:
    """Return the cell as a timestamp, NULL where it is no date in the declared format (ISO if none is)."""
    if cell.type == "timestamp":
        return cell.sql
    if cell.type == "number":
        return _serial(f"CAST({cell.sql} AS DOUBLE)", style) if style.excel_serial else "CAST(NULL AS TIMESTAMP)"
    if style.excel_serial:
        return _serial(_plain_number(cell.sql, ValueFormat(), "DOUBLE"), style)
    if style.date_format:
        moment = f"try_strptime({cell.sql}, {bind(style.date_format)})"
        if is_dense(style.date_format):
            moment = f"CASE WHEN strftime({moment}, {bind(style.date_format)}) = {cell.sql} THEN {moment} END"
    else:
        moment = f"CASE WHEN regexp_full_match({cell.sql}, '{ISO}') THEN try_cast({cell.sql} AS TIMESTAMP) END"
    return f"CASE WHEN year({moment}) >= {FIRST_YEAR} THEN {moment} END"


def _serial(days: str, style: ValueFormat) -> str:
    # 1900 has no 29 February, but Excel's first system counts one: day 60 is no day, and before it all are one later.
    if style.excel_serial == 1904:
        return f"CASE WHEN {days} BETWEEN 0 AND 2957003 THEN TIMESTAMP '1904-01-01' + {_span(days)} END"
    fits = f"{days} BETWEEN 1 AND 2958465 AND NOT ({days} >= 60 AND {days} < 61)"
    return f"CASE WHEN {fits} THEN TIMESTAMP '1899-12-30' + {_span(f'({days} + CASE WHEN {days} < 60 THEN 1 ELSE 0 END)')} END"


def _span(days: str) -> str:
    return f"to_microseconds(CAST(round({days} * 86400) AS BIGINT) * 1000000)"


def typed_sql(cell: Cell, column: Column, style: ValueFormat, bind: Binder) -> str:
    """Return the cell as the column's kind, NULL where it does not fit kind, list, bounds or form."""
    if column.kind in {"number", "integer"}:
        return _bounded(number_sql(cell, style, bind), column)
    if column.kind == "timestamp":
        return timestamp_sql(cell, style, bind)
    if column.kind == "date":
        return f"CAST({timestamp_sql(cell, style, bind)} AS DATE)"
    text = text_sql(cell)
    if column.kind == "flag":
        return f"CASE lower({text}) " + " ".join(f"WHEN '{word}' THEN {value}" for word, value in FLAGS.items()) + " END"
    if column.kind == "choice":
        return f"CASE WHEN lower({text}) IN ({', '.join(bind(choice) for choice in column.choices)}) THEN lower({text}) END"
    if column.form:
        return f"CASE WHEN regexp_full_match({text}, '{FORMS[column.form][0]}') THEN {text} END"
    if cell.type == "marked":
        return f"CASE WHEN NOT starts_with({text}, {bind(REFUSED)}) THEN {text} END"
    return text


def _bounded(number: str, column: Column) -> str:
    tests = [f"{number} = trunc({number})"] if column.kind == "integer" else []
    tests += [f"{number} >= {column.low}"] if column.low is not None else []
    tests += [f"{number} <= {column.high}"] if column.high is not None else []
    return f"CASE WHEN {' AND '.join(tests)} THEN {number} END" if tests else number
