"""What every Excel workbook of ours is made of: sheets in the reader's language, cells that are what they say, a way to write receipts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from kamlib.packs.pack import Pack
from kamlib.playbook import playbook
from kamlib.receipts import excel_formula, is_arithmetic
from kamlib.show import reading, text
from kamlib.show.portfolio.blocks import word

SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": True}
FORMATS = {"amount": "#,##0", "share": "0.0%", "rate": "0.0%", "days": "0", "months": "0", "count": "0", "score": "0", "ratio": "0.00"}
FORMATS |= {"index": "0.00", "flag": "0"}


class Sheets:
    """The sheets of one workbook, written one after the other."""

    def __init__(self, book: xlsxwriter.Workbook, account: Pack, order: Iterable[str]) -> None:
        self.book, self.account, self.language = book, account, account.language
        self.formats: dict[tuple, object] = {}
        self.sheets = {key: book.add_worksheet(self.say(f"sheet_{key}")) for key in order}
        for sheet in self.sheets.values():
            sheet.hide_gridlines(2)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)

    def style(self, **options) -> object:
        """Return a cell format, made once."""
        key = tuple(sorted(options.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"valign": "top", "font_name": "Calibri"} | options)
        return self.formats[key]

    def say(self, key: str, **places) -> str:
        """Return a text of the workbook."""
        return word(self.account, key, **places)

    def put(self, sheet, row: int, column: int, value, unit: str = "text", **options) -> None:
        """Write a cell: a text as a text, a number in its unit, nothing where there is nothing."""
        if value is None or value == "":
            sheet.write_blank(row, column, None, self.style(**options))
        elif isinstance(value, str):
            sheet.write_string(row, column, value, self.style(**options))
        elif isinstance(value, date):
            sheet.write_datetime(row, column, midnight(value), self.style(num_format="yyyy-mm-dd", align="left", **options))
        else:
            sheet.write_number(row, column, value, self.style(num_format=FORMATS.get(unit, "General"), **options))

    def head(self, sheet, row: int, labels: Iterable[str]) -> None:
        """Write a row of headings."""
        for column, label in enumerate(labels):
            self.put(sheet, row, column, label, bold=True, bottom=1, bg_color="#eef2f5")

    def write_receipts(self, metrics: Iterable[str]) -> dict[str, str]:
        """Write every number with its formula, parts and source; return the cell of each, for formulas elsewhere."""
        sheet, account = self.sheets["receipts"], self.account
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 4, 16)
        sheet.set_column(5, 5, 70)
        keys = ("metric", "value", "unit", "class", "note", "formula", "source")
        self.head(sheet, 0, [self.say(f"receipt_{key}") for key in keys])
        sheet.freeze_panes(1, 1)
        wanted = list(metrics)
        listed = dict.fromkeys([*wanted, *(part for metric in wanted for part in playbook("metrics")[metric]["parts"])])
        cells, name = {}, self.say("sheet_receipts")
        for row, metric in enumerate(listed, start=1):
            if reading.score_of(account, metric) is None:
                continue
            receipt, unit = account.receipt(metric), text.metric_unit(metric)
            cells[metric] = f"'{name}'!{xl_rowcol_to_cell(row, 1, row_abs=True, col_abs=True)}"
            self.put(sheet, row, 0, reading.label(account, metric))
            self.put(sheet, row, 1, receipt.value, unit)
            self.put(sheet, row, 2, unit)
            self.put(sheet, row, 3, receipt.text and reading.class_words(receipt.text, metric, language=self.language))
            self.put(sheet, row, 4, receipt.note and reading.code_words(receipt.note, language=self.language))
            self.put(sheet, row, 5, receipt.formula)
            self.put(sheet, row, 6, receipt.source)
        sheet.autofilter(0, 0, len(listed), len(keys) - 1)
        self._live_receipts(sheet, listed, cells)
        return cells

    def _live_receipts(self, sheet, listed: Mapping[str, None], cells: Mapping[str, str]) -> None:
        """Let every number whose formula is arithmetic compute itself from the cells of its parts."""
        for row, metric in enumerate(listed, start=1):
            entry, value = playbook("metrics")[metric], reading.figure(self.account, metric)
            if value is None or metric not in cells or not entry["parts"] or not is_arithmetic(entry["formula"]):
                continue
            parts = {part: reading.figure(self.account, part) for part in entry["parts"]}
            if all(part in cells and parts[part] is not None for part in parts):
                style = self.style(num_format=FORMATS.get(text.metric_unit(metric), "General"))
                sheet.write_formula(row, 1, excel_formula(entry["formula"], cells), style, value)


def midnight(day: date) -> datetime:
    """Return the first moment of a day, as Excel keeps days."""
    return datetime.combine(day, time())
