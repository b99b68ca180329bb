"""The portfolio review as an Excel file: the week, every account with filters and live sums, managers, receipts."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import pandas as pd
import xlsxwriter
from markupsafe import Markup
from xlsxwriter.utility import xl_range

from kamlib.packs.portfolio import Portfolio
from kamlib.render.sheets import FORMATS, SAFE, Sheets, midnight
from kamlib.show import reading, text
from kamlib.show.portfolio.data import receipted
from kamlib.show.portfolio.week import digest_words, week_rows

ORDER = ("week", "accounts", "managers", "receipts")
ACCOUNTS = ("name", "account_id", "manager_id", "segment", "tier", "risk_level", "revenue_amount", "growth_rate", "margin_rate")
ACCOUNTS += ("revenue_at_risk_amount", "discount_rate", "price_exceptions_amount", "qualification_score")
MANAGERS = ("name", "manager_id", "accounts_count", "revenue_amount", "growth_rate", "margin_rate", "scorecard_score")
CLASSES = ("segment", "tier", "risk_level")
FACTS = ("name", "account_id", "manager_id")
SUMMED = ("revenue_amount", "revenue_at_risk_amount", "price_exceptions_amount")
CHARTED = 10


def portfolio_xlsx(data: Mapping, language: str) -> bytes:
    """Write the portfolio as an Excel workbook.

    Parameters
    ----------
    data : mapping
        The portfolio pack.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    bytes
        The same for the same pack; texts are texts, whatever they begin with.
    """
    portfolio, out = Portfolio(dict(data), language=language), BytesIO()
    with xlsxwriter.Workbook(out, SAFE) as book:
        book.set_properties({"title": portfolio.name, "created": midnight(portfolio.as_of)})
        sheets = _Portfolio(book, portfolio, ORDER)
        sheets.week()
        sheets.table("accounts", portfolio.accounts, ACCOUNTS)
        sheets.largest(len(portfolio.accounts))
        if len(portfolio.managers):
            sheets.table("managers", portfolio.managers, MANAGERS)
        sheets.write_receipts(receipted(portfolio))
    return out.getvalue()


class _Portfolio(Sheets):
    """The sheets of a portfolio."""

    def week(self) -> None:
        """Write the digest: what moved, and the moves that are due."""
        sheet = self.sheets["week"]
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 1, 90)
        sheet.set_column(2, 4, 18)
        sheet.set_row(0, 28)
        self.put(sheet, 0, 0, self.account.name, bold=True, font_size=18)
        row = 2
        for words in digest_words(self.account):
            self.put(sheet, row, 0, Markup.escape(words).striptags())
            row += 1
        row += 1
        self.head(sheet, row, [self.say(key) for key in ("account", "next_move", "move_money", "week_owner", "week_due")])
        for name, move in week_rows(self.account):
            row += 1
            for column, (value, unit) in enumerate(((name, "text"), (move.action, "text"), (move.money, "amount"), (move.owner, "text"))):
                self.put(sheet, row, column, value, unit)
            self.put(sheet, row, 4, move.due)

    def table(self, key: str, frame: pd.DataFrame, names: tuple[str, ...]) -> None:
        """Write a frame with filters; sums follow the rows that the filters leave."""
        sheet, shown = self.sheets[key], [name for name in names if name in frame]
        sheet.set_column(0, 0, 36)
        sheet.set_column(1, len(shown) - 1, 18)
        self.head(sheet, 0, [self._label(key, name) for name in shown])
        sheet.freeze_panes(1, 1)
        for row, entry in enumerate(frame[shown].to_dict("records"), start=1):
            for column, name in enumerate(shown):
                self.put(sheet, row, column, *self._cell(name, entry[name]))
        last = len(frame)
        sheet.autofilter(0, 0, last, len(shown) - 1)
        for column, name in enumerate(shown):
            if name in SUMMED and last:
                total = float(frame[name].astype(float).sum())
                style = self.style(num_format=FORMATS["amount"], bold=True, top=1)
                sheet.write_formula(last + 1, column, f"=SUBTOTAL(109,{xl_range(1, column, last, column)})", style, total)

    def largest(self, count: int) -> None:
        """Draw the revenue of the largest accounts as a native chart."""
        name, last = self.say("sheet_accounts"), min(CHARTED, count)
        if not last:
            return
        chart, place = self.book.add_chart({"type": "bar"}), ACCOUNTS.index("revenue_amount")
        chart.add_series({"categories": [name, 1, 0, last, 0], "values": [name, 1, place, last, place], "fill": {"color": "#0072b2"}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        chart.set_title({"name": reading.label(self.account, "revenue_amount")})
        self.sheets["accounts"].insert_chart(1, len(ACCOUNTS) + 1, chart)

    def _label(self, key: str, name: str) -> str:
        if name == "name":
            return self.say("account" if key == "accounts" else "manager")
        return self.say(name) if name in FACTS or name == "accounts_count" else reading.label(self.account, name)

    def _cell(self, name: str, value) -> tuple:
        """Return a cell's value and unit, classes in words."""
        if value is None or value is pd.NA or value != value:
            return None, "text"
        if name in CLASSES:
            return reading.class_words(value, name, language=self.language), "text"
        return (str(value), "text") if name in FACTS else (float(value), "count" if name.endswith("_count") else text.metric_unit(name))
