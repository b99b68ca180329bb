"""What a synthetic client's own tables say of an account or a manager: the readings behind the answer key, added up line by line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from kamlib.data.client.cast import Cast
from kamlib.data.client.judgement import ON_TIME_MEASURE
from kamlib.data.client.pay import Threshold, threshold
from kamlib.data.client.trade import quarter_start
from kamlib.data.sample.profiles import AS_OF
from kamlib.data.sample.trade import month_start

YEAR_AGO = date(2025, 6, 30)
TWELVE_MONTHS = (YEAR_AGO + timedelta(days=1), AS_OF)
LAST_QUARTER, SAME_QUARTER = (quarter_start(11), AS_OF), (quarter_start(7), YEAR_AGO)
MONTH_ENDS = [month_start(index) - timedelta(days=1) for index in range(24, 37)]  # thirteen, from a year ago to the as-of date
YEAR_DAYS = 365
QUARTER_END_DAYS, QUARTER_END_QUARTERS = 5, range(4, 12)
JUST_REACHED = (1.0, 1.04)
LAST_FOUR = range(8, 12)
MET_FROM = date(2026, 1, 1)


@dataclass(frozen=True)
class Books:
    """The tables of a client, asked about one account or manager at a time.

    Parameters
    ----------
    cast : Cast
    tables : dict of str to list of dict
        As the generator drew them.
    """

    cast: Cast
    tables: dict

    @cached_property
    def threshold(self) -> Threshold:
        """What is paid at once at the quota, where that story is planted."""
        return threshold(self.cast, self.tables)

    @cached_property
    def _lines(self) -> dict[str, list[dict]]:
        found: dict = defaultdict(list)
        for line in self.tables["orders"]:
            found[line["account_id"]].append(line)
        return found

    def of_manager(self, manager_id: str) -> list[str]:
        """Name the accounts of a manager."""
        return [account.account_id for account in self.cast.accounts if account.manager_id == manager_id]

    def amount(self, account_id: str, column: str = "net_revenue", span: tuple[date, date] = TWELVE_MONTHS) -> float:
        """Add up a column of an account's order lines, both days inside."""
        return sum(float(line[column] or 0) for line in self._lines[account_id] if span[0] <= line["order_date"] <= span[1])

    def rank(self, account_id: str) -> int:
        """Return the place by revenue of twelve months."""
        mine = self.amount(account_id)
        return 1 + sum(self.amount(other.account_id) > mine for other in self.cast.accounts)

    def margin_rate(self, account_id: str | None = None) -> float:
        """Return the margin of an account, or of all."""
        ids = [account_id] if account_id else [account.account_id for account in self.cast.accounts]
        sold, cost = (sum(self.amount(one, column) for one in ids) for column in ("net_revenue", "cost"))
        return 1 - cost / sold

    def discount(self, account_id: str) -> float:
        """Return what an account paid below list in twelve months."""
        return 1 - self.amount(account_id) / self.amount(account_id, "list_price")

    def use(self, account_id: str, months: tuple[str, ...]) -> float:
        """Add up an account's use of some months."""
        return sum(float(row["amount"]) for row in self.tables["usage"] if row["account_id"] == account_id and row["month"] in months)

    def complaints(self, account_id: str) -> int:
        """Count an account's complaints of twelve months."""
        mine = [row for row in self.tables["tickets"] if row["account_id"] == account_id and row["kind"] == "complaint"]
        return sum(row["opened_at"][:10] > YEAR_AGO.isoformat() for row in mine)

    def on_time(self, account_id: str) -> tuple[float, float]:
        """Return the share of lines on time by our dates, and by the customer's own measure in its last quarter."""
        due = [line for line in self._lines[account_id] if line["promised_on"] and YEAR_AGO < line["promised_on"] <= AS_OF]
        kept = sum(bool(line["delivered_on"]) and line["delivered_on"] <= line["promised_on"] for line in due)
        told = [row for row in self.tables["outcomes"] if row["account_id"] == account_id and row["measure"] == ON_TIME_MEASURE]
        return kept / len(due), told[-1]["actual"]

    def met(self, account_id: str) -> tuple[list[str], int]:
        """Return the names of those who were met in six months, and how many are on file."""
        mine = [row for row in self.tables["contacts"] if row["account_id"] == account_id]
        seen = {row["contact_id"] for row in self.tables["interactions"] if row["account_id"] == account_id and row["date"] >= MET_FROM}
        return [row["name"] for row in mine if row["contact_id"] in seen], len(mine)

    def balances(self, account_id: str) -> list[float]:
        """Return what an account owed at thirteen month ends."""
        mine = {row["invoice_id"]: row for row in self.tables["invoices"] if row["account_id"] == account_id}
        paid = [row for row in self.tables["payments"] if row["invoice_id"] in mine]
        return [
            sum(float(row["amount"]) for row in mine.values() if row["invoice_date"] <= end)
            - sum(float(row["amount"]) for row in paid if row["paid_on"] <= end)
            for end in MONTH_ENDS
        ]

    def dso(self, account_id: str) -> tuple[float, float, float]:
        """Return DSO on the mean balance, DSO counted back from the last one, and what was invoiced in twelve months."""
        rows = [row for row in self.tables["invoices"] if row["account_id"] == account_id]
        months = [
            ((end - start).days, sum(float(row["amount"]) for row in rows if start < row["invoice_date"] <= end))
            for start, end in zip(MONTH_ENDS, MONTH_ENDS[1:], strict=False)
        ]
        balances, invoiced = self.balances(account_id), sum(amount for _, amount in months)
        left, counted = round(balances[-1], 2), 0.0
        for days, amount in reversed(months):
            if left > 0:
                counted += min(1.0, left / amount if amount > 0 else 1.0) * days
                left = round(left - max(0.0, amount), 2)
        return YEAR_DAYS * sum(balances) / len(balances) / invoiced, counted, invoiced

    def quarter_end_share(self, manager_ids: list[str]) -> float:
        """Return the share of two years' revenue that was booked on the last five days of a quarter."""
        ends = [
            (quarter_start(quarter + 1) - timedelta(days=QUARTER_END_DAYS), quarter_start(quarter + 1)) for quarter in QUARTER_END_QUARTERS
        ]
        accounts = [account_id for manager_id in manager_ids for account_id in self.of_manager(manager_id)]
        late = sum(self.amount(one, span=(first, after - timedelta(days=1))) for one in accounts for first, after in ends)
        return late / sum(self.amount(one, span=(quarter_start(QUARTER_END_QUARTERS[0]), AS_OF)) for one in accounts)

    def just_reached(self, manager_id: str) -> dict[str, float]:
        """Return the quotas of the last four quarters that were reached by less than 4 %, by period."""
        found = {}
        quotas = {row["period"]: row["target"] for row in self.tables["targets"] if row["id"] == manager_id and "Q" in row["period"]}
        for quarter in LAST_FOUR:
            first, after = quarter_start(quarter), quarter_start(quarter + 1)
            period = f"{first.year}Q{(first.month + 2) // 3}"
            sold = sum(self.amount(one, span=(first, after - timedelta(days=1))) for one in self.of_manager(manager_id))
            if JUST_REACHED[0] <= sold / quotas[period] < JUST_REACHED[1]:
                found[period] = quotas[period]
        return found
