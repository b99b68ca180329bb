"""What the people of a period are credited with, their quotas, and the periods before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import cached_property

import pandas as pd

from kamlib import incentives
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.incentives import CommissionPlan, Credit, PayBook, PeriodBase
from kamlib.money import exact_units, unit_scale
from kamlib.periods import Window, fiscal_quarter, period_window

EVER = date(1900, 1, 1)
QUOTA_METRICS = {"revenue": "revenue_amount", "margin": "margin_amount", "cash": "cash_amount"}


class Bases:
    """Bases and quotas of one period and those before it, each worked out once.

    Parameters
    ----------
    tables : Tables
        As known on the last day of the period.
    engagement : Engagement
    book : PayBook
    period : str
    """

    def __init__(self, tables: Tables, engagement: Engagement, book: PayBook, period: str) -> None:
        self.tables, self.book, self.period = tables, book, period
        self.year_start = engagement.fiscal_year_start
        self.window = period_window(period, self.year_start)
        accounts = tables["accounts"].set_index("account_id")["manager_id"]
        self.manager_of = {account: manager for account, manager in accounts.items() if isinstance(manager, str)}
        self._credits: dict[tuple[str, str, bool], list[Credit]] = {}

    def credits(self, base: str, period: str, *, late: bool = False) -> list[Credit]:
        """Return who is credited with what in a period; `late` leaves out what a clawback takes back."""
        if (base, period, late) not in self._credits:
            window = period_window(period, self.year_start)
            lines = self._lines(base)
            lines = lines[~self._is_late(lines, window)] if late else lines
            start = self.year_start
            shares = self.tables.get("credits")
            self._credits[base, period, late] = incentives.credits_of(
                lines, self.manager_of, shares, window=window, fiscal_year_start=start
            )
        return self._credits[base, period, late]

    def checks(self, paid: Mapping[str, set[str]]) -> Iterator[dict]:
        """Add up the lines of each base, its accounts and its people; `paid` names by base who has a commission on it."""
        for base in self.used():
            credits, lines = self.credits(base, self.period), self._lines(base)
            inside = lines[self.window.contains(lines["date"])]
            scale, units = unit_scale(inside["amount"]), exact_units(inside["amount"])
            by_account = units.groupby(inside["account_id"].astype("str")).sum()
            credited: dict[str, Fraction] = dict.fromkeys(by_account.index, Fraction(0))
            for credit in credits:
                credited[credit.account_id] += credit.amount
            apart = [account for account, sum_ in by_account.items() if Fraction(int(sum_), scale) != credited[account]]
            total, people = Fraction(int(units.sum()), scale), sum((credit.amount for credit in credits), Fraction(0))
            yield {
                "base": base,
                "lines_count": len(inside),
                "lines": total,
                "accounts": sum(credited.values(), Fraction(0)),
                "people": people,
                "unpaid": sum((credit.amount for credit in credits if credit.person not in paid.get(base, ())), Fraction(0)),
                "difference": total - people,
                "accounts_apart": apart,
            }

    def used(self) -> list[str]:
        """Return the bases that some plan pays and the tables hold."""
        named = {name for names in (self.book.default, *self.book.people.values()) for name in names}
        named |= {team.plan for team in self.book.teams.values()}
        used = {plan.base for plan in self.book.plans if plan.kind == "commission" and plan.id in named}
        return [base for base in QUOTA_METRICS if base in used and self.has(base)]

    def has(self, base: str) -> bool:
        """Tell whether the tables hold a base."""
        needed = {"revenue": (), "margin": (), "cash": ("payments", "invoices")}[base]
        return all(name in self.tables for name in needed) and (base != "margin" or "cost" in self.tables.mapped["orders"])

    def base(self, person: str, plan: CommissionPlan, period: str) -> PeriodBase:
        """Return base and quota of a person in a period."""
        credits = self.credits(plan.base, period, late=plan.returns == "clawback")
        base = sum((credit.amount for credit in credits if credit.person == person), Fraction(0))
        return PeriodBase(period, base, self.quotas.get((person, QUOTA_METRICS[plan.base], period)))

    def earlier(self, base: str) -> list[str]:
        """Return the periods of this kind before this one in its fiscal year, in order of time."""
        start = self.year_start
        year = fiscal_quarter(self.window.until, start)[0]
        return [
            name
            for name, window in self._all_periods(base)
            if window.until < self.window.first_day and fiscal_quarter(window.until, start)[0] == year
        ]

    def clawed_back(self, person: str, plan, own: dict) -> Fraction:
        """Add up what late returns of this period take back, by the period in which the goods were sold."""
        lines, taken = self._lines(plan.base), Fraction(0)
        returned = lines[self._is_late(lines, self.window)]
        sold = returned["returns_of"].astype("str").map(self._sold_on) if len(returned) else pd.Series(dtype="datetime64[us]")
        for period, window in self._all_periods(plan.base):
            later = returned["date"] > pd.Timestamp(window.until)  # what came back in the period itself lowered its base
            rows = returned[window.contains(sold) & later] if len(returned) else returned
            if window.until >= self.window.first_day or rows.empty:
                continue
            now, before = (
                self._returned(person, plan, rows[keep])
                for keep in (self.window.contains(rows["date"]), rows["date"] < pd.Timestamp(self.window.first_day))
            )
            if now > 0:
                taken += incentives.clawback(self.base(person, plan, period), now, before, plan=plan, **own)
        return taken

    @cached_property
    def quotas(self) -> dict[tuple[str, str, str], Fraction]:
        """Targets of managers above 0, by person, metric and period."""
        targets = self.tables.get("targets")
        if targets is None:
            return {}
        rows = targets[(targets["scope"] == "manager") & targets["metric"].isin(QUOTA_METRICS.values()) & (targets["target"] > 0)]
        return {(row.id, row.metric, row.period): Fraction(repr(float(row.target))) for row in rows.itertuples()}

    def _lines(self, base: str) -> pd.DataFrame:
        if base == "cash":
            account_of = self.tables["invoices"].set_index("invoice_id")["account_id"]
            paid = self.tables["payments"]
            return pd.DataFrame({"account_id": paid["invoice_id"].map(account_of), "date": paid["paid_on"], "amount": paid["amount"]})
        orders = self.tables["orders"]
        amount = orders["net_revenue"] if base == "revenue" else orders["net_revenue"] - orders["cost"]
        columns = [name for name in ("manager_id", "returns_of") if name in orders]
        lines = orders[["account_id", *columns]].assign(date=orders["order_date"], amount=amount)
        return lines[amount.notna()]

    def _is_late(self, lines: pd.DataFrame, window: Window) -> pd.Series:
        """Tell which lines return what was sold before the window (F66)."""
        if "returns_of" not in lines:
            return pd.Series(False, index=lines.index)
        sold = lines["returns_of"].astype("str").map(self._sold_on)
        return (lines["amount"] < 0) & (sold < pd.Timestamp(window.first_day))

    @cached_property
    def _sold_on(self) -> pd.Series:
        orders = self.tables["orders"]
        return orders.groupby(orders["order_id"].astype("str"))["order_date"].min()

    def _returned(self, person: str, plan, rows: pd.DataFrame) -> Fraction:
        span, shares = Window(EVER, self.window.until), self.tables.get("credits")
        credits = incentives.credits_of(rows, self.manager_of, shares, window=span, fiscal_year_start=self.year_start)
        return -sum((credit.amount for credit in credits if credit.person == person), Fraction(0))

    def _all_periods(self, base: str) -> list[tuple[str, Window]]:
        """Return the periods like this one for which anybody has a quota of the base."""
        form = _form(self.period)
        named = {period for _, metric, period in self.quotas if metric == QUOTA_METRICS[base] and _form(period) == form}
        spans = [(name, period_window(name, self.year_start)) for name in named | {self.period}]
        return sorted(spans, key=lambda pair: pair[1].until)


def _form(period: str) -> str:
    return "span" if "/" in period else "quarter" if "Q" in period else "month" if "-" in period else "year"
