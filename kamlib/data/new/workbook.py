"""The workbook to fill in: a sheet per table with its header, lists to choose from, and the data dictionary."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kamlib.data.schema import TABLES, Column, Table

DICTIONARY = "dictionary"
_LAST_ROW = 1_048_575
_LONGEST_LIST = 255  # of the text that Excel takes for a list
_MADE = datetime(2026, 1, 1)  # the same bytes whenever it is written
_FORMATS = {"date": "yyyy-mm-dd", "timestamp": "yyyy-mm-dd hh:mm", "number": "#,##0.00", "integer": "0", "flag": "@"}
_HEAD = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
_REQUIRED, _OPTIONAL = {**_HEAD, "bg_color": "#F2C94C"}, {**_HEAD, "bg_color": "#E0E0E0"}
_DICTIONARY = (("table", 16), ("column", 20), ("kind", 11), ("unit", 14), ("needed", 9), ("key", 6), ("meaning", 60), ("measurable", 50))


def write_workbook(path: Path) -> None:
    """Write the workbook with one empty sheet per table.

    Parameters
    ----------
    path : Path
        Where it goes; what is there is replaced.

    Notes
    -----
    The first row of a sheet has the canonical names, needed ones in yellow; what a column means is a comment on its
    name. Ids are formatted as text, so that Excel keeps 00123. The reader takes such a sheet as it is.
    """
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "Data of one engagement", "created": _MADE})
        cells = {kind: book.add_format({"num_format": _FORMATS.get(kind, "@")}) for kind in ("id", "text", "choice", *_FORMATS)}
        heads = {True: book.add_format(_REQUIRED), False: book.add_format(_OPTIONAL)}
        for table in TABLES.values():
            _write_table(book.add_worksheet(table.name), table, cells, heads)
        _write_dictionary(book.add_worksheet(DICTIONARY), heads[False], book.add_format({"text_wrap": True, "valign": "top"}))


def _write_table(sheet: Worksheet, table: Table, cells: dict[str, Format], heads: dict[bool, Format]) -> None:
    sheet.freeze_panes(1, 0)
    for number, column in enumerate(table.columns):
        sheet.set_column(number, number, max(12, len(column.name) + 2), cells[column.kind])
        sheet.write_string(0, number, column.name, heads[column.required])
        sheet.write_comment(0, number, _comment(column), {"x_scale": 2, "author": ""})
        rule = _validation(column)
        if rule:
            sheet.data_validation(1, number, _LAST_ROW, number, {"ignore_blank": True, **rule})


def _comment(column: Column) -> str:
    parts = [column.meaning(), f"unit: {column.unit}" if column.unit else "", "needed" if column.required else "may be blank"]
    return "; ".join(part for part in parts if part)


def _validation(column: Column) -> dict[str, Any] | None:
    """Return what Excel is to refuse at once; the reader refuses it in any case."""
    told = {"error_title": column.name, "error_message": (column.meaning() or column.kind)[:_LONGEST_LIST]}
    choices = column.choices or (("yes", "no") if column.kind == "flag" else ())
    if choices:
        fits = len(",".join(choices)) <= _LONGEST_LIST
        return {"validate": "list", "source": list(choices), **told} if fits else None
    if column.kind in ("date", "timestamp"):
        return {"validate": "date", "criteria": ">=", "value": date(1900, 1, 1), **told}
    if column.kind not in ("number", "integer"):
        return None
    kind = "integer" if column.kind == "integer" else "decimal"
    low, high = -1e15 if column.low is None else column.low, 1e15 if column.high is None else column.high
    return {"validate": kind, "criteria": "between", "minimum": low, "maximum": high, **told}


def _write_dictionary(sheet: Worksheet, head: Format, wrapped: Format) -> None:
    sheet.freeze_panes(1, 2)
    for number, (name, width) in enumerate(_DICTIONARY):
        sheet.set_column(number, number, width, wrapped)
        sheet.write_string(0, number, name, head)
    rows = [(table, column) for table in TABLES.values() for column in table.columns]
    for row, (table, column) in enumerate(rows, 1):
        marks = ("yes" if column.required else "", "yes" if column.key else "")
        texts = (table.name, column.name, column.kind, column.unit, *marks, column.meaning(), column.unlocks)
        for number, text in enumerate(texts):
            sheet.write_string(row, number, text)
    sheet.autofilter(0, 0, len(rows), len(_DICTIONARY) - 1)
