"""The canonical tables under their names, in the order of the data dictionary."""

from __future__ import annotations

from kamlib.data.schema import people, trade
from kamlib.data.schema.columns import Table

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *(trade.ACCOUNTS, trade.ORDERS, trade.INVOICES, trade.PAYMENTS, trade.FORECASTS, trade.TARGETS),
        *(people.SURVEYS, people.CONTACTS, people.INTERACTIONS, people.TICKETS, people.USAGE, people.EVENTS),
        *(people.ASSESSMENTS, people.OUTCOMES, people.MANAGERS, people.PROMISES),
        *(trade.APPROVALS, trade.PURCHASES_FROM, trade.CREDITS, trade.WALLETS, trade.MARKET, trade.RATES),
    )
}
