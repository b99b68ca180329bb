"""The account workbook as an Excel file: the page, KPIs with live formulas, actions to edit, the calendar, receipts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import BytesIO

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from kamlib.data.plan_rows import COLUMNS, SNAPSHOT, action_rows
from kamlib.packs.pack import Pack
from kamlib.playbook import line_words, playbook
from kamlib.render.sheets import FORMATS, SAFE, Sheets, midnight
from kamlib.show import decisions, facts, page, reading, text
from kamlib.show.tables import receipted

STATES = ("proposed", "accepted", "edited", "dismissed")
WIDTHS = {"text": 90, "id": 26, "owner": 22, "due": 12, "done_on": 12, "objective": 12, "decision": 12, "cause": 28}
ROWS_BELOW = 200  # empty rows that take new actions, with the same lists to choose from


def account_xlsx(data: Mapping, language: str) -> bytes:
    """Write one account as an Excel workbook.

    Parameters
    ----------
    data : mapping
        The account pack.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    bytes
        The same for the same pack: its dates of creation are the pack's own day. Texts are texts, whatever they begin with.
    """
    account, out = Pack(dict(data), language=language), BytesIO()
    with xlsxwriter.Workbook(out, SAFE) as book:
        book.set_properties({"title": account.name, "created": midnight(account.as_of)})
        sheets = _Account(book, account, ORDER)
        sheets.page()
        cells = sheets.receipts()
        sheets.kpis(cells)
        sheets.actions()
        sheets.calendar()
        sheets.quarters()
    return out.getvalue()


ORDER = ("page", "kpis", "actions", "calendar", "quarters", "receipts", "snapshot")


class _Account(Sheets):
    """The sheets of one account, written one after the other."""

    def page(self) -> None:
        """Write the plan on a page: identity, three numbers, risks, chances, next moves."""
        sheet, account = self.sheets["page"], self.account
        sheet.set_column(0, 0, 90)
        sheet.set_column(1, 3, 22)
        sheet.set_column(4, 4, 40)
        sheet.set_row(0, 28)
        self.put(sheet, 0, 0, account.name, bold=True, font_size=18)
        self.put(sheet, 1, 0, reading.say(account, "as_of", day=text.day(account.as_of, language=self.language)))
        row = 3
        for label, words in page.identity(account):
            self.put(sheet, row, 0, f"{label}{reading.say(account, 'colon')}{words}", font_color="#5d6b78")
            row += 1
        row += 1
        for metric in facts.three_numbers(account):
            self.put(sheet, row, 0, reading.label(account, metric), bold=True)
            self.put(sheet, row, 1, reading.figure(account, metric), text.metric_unit(metric), bold=True)
            row += 1
        for key, entries in (("risks_title", decisions.risks(account)), ("chances_title", decisions.chances(account))):
            row += 1
            self.put(sheet, row, 0, self.say(key), bold=True)
            for entry in entries:
                row += 1
                self.put(sheet, row, 0, entry.striptags())
            row += 1
        row += 1
        labels = [
            self.say("next_move"),
            self.say("move_money"),
            reading.say(account, "owner"),
            reading.say(account, "due"),
            self.say("move_why"),
        ]
        self.head(sheet, row, labels)
        for move in decisions.listed_moves(account):
            row += 1
            self.put(sheet, row, 0, move.action)
            self.put(sheet, row, 1, move.money, "amount")
            self.put(sheet, row, 2, move.owner)
            self.put(sheet, row, 3, move.due)
            self.put(sheet, row, 4, move.reason)

    def receipts(self) -> dict[str, str]:
        """Write every number that the workbook prints; return the cell of each."""
        return self.write_receipts(receipted(self.account))

    def kpis(self, cells: Mapping[str, str]) -> None:
        """Write the ten KPIs with change, and a target to play with: gap and attainment follow it."""
        sheet, account = self.sheets["kpis"], self.account
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 6, 20)
        keys = ("metric", "now", "then", "change", "target", "gap", "reached")
        self.head(sheet, 0, [self.say(f"kpi_{key}") for key in keys])
        sheet.freeze_panes(1, 1)
        row = 0
        for metric in facts.KPIS:
            now, then = reading.figure(account, metric), reading.year_ago(account, metric)
            if now is None:
                continue
            row += 1
            unit = text.metric_unit(metric)
            self.put(sheet, row, 0, reading.label(account, metric))
            if metric in cells:
                sheet.write_formula(row, 1, f"={cells[metric]}", self.style(num_format=FORMATS.get(unit, "General")), now)
            else:
                self.put(sheet, row, 1, now, unit)
            self.put(sheet, row, 2, then, unit)
            here, before, target = (xl_rowcol_to_cell(row, column) for column in (1, 2, 4))
            if unit in ("share", "rate"):  # a share moves by points, an amount by a part of itself
                change, formula = "" if then is None else now - then, f'=IF({before}="","",{here}-{before})'
            else:
                change, formula = "" if not then else now / then - 1, f'=IF(OR({before}="",{before}=0),"",{here}/{before}-1)'
            sheet.write_formula(row, 3, formula, self.style(num_format="+0.0%;-0.0%;0.0%"), change)
            sheet.write_number(row, 4, now, self.style(num_format=FORMATS.get(unit, "General"), bg_color="#fff7d6", border=1))
            sheet.write_formula(row, 5, f"={target}-{here}", self.style(num_format=FORMATS.get(unit, "General")), 0)
            sheet.write_formula(row, 6, f'=IF({target}=0,"",{here}/{target})', self.style(num_format="0.0%"), 1 if now else "")
        self.put(sheet, row + 2, 0, self.say("kpi_note"), font_color="#5d6b78", italic=True)

    def actions(self) -> None:
        """Write the plan's actions and the proposed moves, to be edited and read back; what was written lies in a hidden sheet."""
        sheet, account = self.sheets["actions"], self.account
        rows = action_rows(account.data, [(move.id, move.action, move.owner, move.due, move.state, move.cause) for move in self._moves()])
        self.head(sheet, 0, [self.say(f"action_{key}") for key in COLUMNS])
        for column, key in enumerate(COLUMNS):
            sheet.set_column(column, column, WIDTHS.get(key, 12))
        sheet.freeze_panes(1, 1)
        last = len(rows) + ROWS_BELOW
        sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
        sheet.data_validation(1, COLUMNS.index("decision"), last, COLUMNS.index("decision"), {"validate": "list", "source": list(STATES)})
        goals = [goal["id"] for goal in (account.data.get("plan") or {}).get("objectives", [])]
        if goals:
            place = COLUMNS.index("objective")
            sheet.data_validation(1, place, last, place, {"validate": "list", "source": goals, "error_type": "warning"})
        for name in ("due", "done_on"):
            place, day = COLUMNS.index(name), date(2000, 1, 1)
            rule = {"validate": "date", "criteria": ">", "value": midnight(day), "error_type": "stop"}
            sheet.data_validation(1, place, last, place, rule | {"error_message": self.say("action_day")})
        hidden = self.sheets["snapshot"]
        hidden.hide()
        self.put(hidden, 0, 0, SNAPSHOT)
        self.put(hidden, 0, 1, account.account_id)
        self.put(hidden, 0, 2, str((account.data.get("plan") or {}).get("revision", 0)))
        self.put(hidden, 0, 3, account.as_of.isoformat())
        for number, row in enumerate(rows, start=1):
            for column, key in enumerate(COLUMNS):
                self.put(sheet, number, column, row[key])
                self.put(hidden, number, column, row[key])

    def _moves(self) -> list:
        known = {move["id"] for move in self.account.data.get("moves", [])}
        return [move for move in decisions.listed_moves(self.account) if move.id in known]

    def calendar(self) -> None:
        """Write the dated actions of the next twelve months."""
        sheet, account = self.sheets["calendar"], self.account
        sheet.set_column(0, 0, 12)
        sheet.set_column(1, 1, 80)
        sheet.set_column(2, 3, 20)
        self.head(
            sheet, 0, [reading.say(account, "due"), reading.say(account, "move"), reading.say(account, "owner"), self.say("manager_hours")]
        )
        sheet.freeze_panes(1, 0)
        planned = account.data.get("care", {}).get("plan", [])
        for row, entry in enumerate(planned, start=1):
            self.put(sheet, row, 0, date.fromisoformat(entry["due_on"]))
            self.put(sheet, row, 1, line_words(entry["action"], self.language))
            self.put(sheet, row, 2, playbook("roles")[entry["owner"]][self.language])
            self.put(sheet, row, 3, entry["hours"], "count")
        sheet.autofilter(0, 0, max(len(planned), 1), 3)

    def quarters(self) -> None:
        """Write revenue and margin by quarter with a native chart."""
        sheet, account = self.sheets["quarters"], self.account
        sheet.set_column(0, 2, 16)
        self.head(sheet, 0, [reading.say(account, "quarter"), reading.say(account, "revenue"), reading.say(account, "margin")])
        for row, quarter in enumerate(account.quarters, start=1):
            self.put(sheet, row, 0, quarter["label"])
            self.put(sheet, row, 1, quarter["revenue_amount"], "amount")
            self.put(sheet, row, 2, quarter["margin_rate"], "rate")
        chart, last, name = self.book.add_chart({"type": "column"}), len(account.quarters), self.say("sheet_quarters")
        where = {"categories": [name, 1, 0, last, 0], "values": [name, 1, 1, last, 1], "name": [name, 0, 1]}
        chart.add_series(where | {"fill": {"color": "#0072b2"}, "gap": 60})
        chart.set_legend({"none": True})
        chart.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#dde3e8"}}})
        sheet.insert_chart(1, 4, chart)
