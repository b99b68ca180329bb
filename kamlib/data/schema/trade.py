"""The tables of trade: accounts, orders, money owed and paid, plans, markets (methodology's input tables; A1, F4, F10, F14)."""

from __future__ import annotations

from kamlib.data.schema.columns import Column, Table
from kamlib.data.schema.common import CURRENCY, FIVE, LEVELS, OWNER, VALID_FROM

ACCOUNTS = Table(
    "accounts",
    nature="state-like",
    owner="account_id",
    note="One row per customer account.",
    columns=(
        Column("account_id", "id", key=True, required=True, note="the account's id"),
        VALID_FROM,
        Column("name", "text", required=True, note="the account's name"),
        Column("industry", "text", undated=True, note="its industry", unlocks="peers for whitespace, profile by industry"),
        Column("region", "text", undated=True, note="its region", unlocks="profile by region"),
        Column("parent_id", "id", undated=True, note="the account it belongs to", unlocks="groups, concentration by group"),
        Column("manager_id", "id", undated=True, note="our key account manager", unlocks="every number per manager, workload"),
        Column("deputy_id", "id", undated=True, note="our second contact for it", unlocks="the signal 'no backup' on our side"),
        Column("technician_id", "id", undated=True, note="our technical contact for it", unlocks="the signal 'no backup' on our side"),
        Column("channel", "choice", choices=("direct", "agent"), undated=True, note="how it is served", unlocks="channel conflicts"),
        Column("agent_id", "id", undated=True, note="the agent who serves it", unlocks="channel conflicts"),
        Column("signed_on", "date", note="start of the contract", unlocks="tenure and lifecycle stage (else from the first order)"),
        Column("contract_end", "date", undated=True, note="end of the contract", unlocks="the signal 'renewal'"),
        Column(
            "purchasing_mode",
            "choice",
            choices=("central", "mixed", "dispersed"),
            undated=True,
            note="how it buys",
            unlocks="qualification",
        ),
        Column("price_sensitivity", note="1 hardly, 5 very price-sensitive", unlocks="qualification, price guard", **FIVE),
        Column("service_need", note="how much service it needs", unlocks="qualification", **FIVE),
        Column("partnership_desire", note="how much it wants a partner", unlocks="qualification", **FIVE),
        Column("fit", note="how well product and selling suit it", unlocks="qualification", **FIVE),
        Column(
            "annual_wallet", "number", "money", undated=True, note="what it spends a year on what we sell", unlocks="wallet_share, headroom"
        ),
        Column("industry_growth", "number", "fraction a year", undated=True, note="growth of its industry", unlocks="potential_score"),
        Column(
            "outlook", "choice", choices=("growing", "stable", "declining"), undated=True, note="its own outlook", unlocks="potential_score"
        ),
        Column("company_size", "text", undated=True, note="its size as the source has it", unlocks="profile by size"),
        Column(
            "competitor_share",
            "number",
            "fraction",
            low=0,
            high=1,
            undated=True,
            note="what rivals supply",
            unlocks="the signal 'competitor'",
        ),
        Column(
            "status", "choice", choices=("prospect", "active", "lost"), undated=True, note="a prospect needs no orders", unlocks="prospects"
        ),
        Column(
            *("preferred_status", "choice"),
            choices=("none", "listed", "preferred", "sole"),
            undated=True,
            note="our standing as a supplier",
            unlocks="entry to the partnership stage",
        ),
        Column("tax_id", "id", undated=True, note="its tax number", unlocks="channel conflicts by tax number"),
    ),
)
ORDERS = Table(
    "orders",
    nature="event-like",
    date="order_date",
    owner="account_id",
    note="One row per order line; amounts are line totals without tax; on a return quantity and amounts are negative.",
    columns=(
        Column("order_id", "id", key=True, required=True, note="the order's number"),
        Column("line", "id", key=True, required=True, note="the line within the order"),
        OWNER,
        Column("order_date", "date", required=True, note="day of the order"),
        Column("product", "text", required=True, note="what was bought", unlocks="profile and walk by product"),
        Column("product_line", "text", note="the line it belongs to", unlocks="whitespace, market share"),
        Column("quantity", "number", "units", required=True, note="units bought", unlocks="quantity_count, price and volume effects"),
        Column("unit", "text", note="unit of the quantity", unlocks="quantity_count where units are mixed"),
        Column(
            "net_revenue",
            "number",
            "money",
            required=True,
            note="what the customer pays for the line",
            unlocks="revenue_amount and all that follows",
        ),
        Column("list_price", "number", "money", note="the line at list price", unlocks="discount_rate, price guard"),
        Column("cost", "number", "money", note="what the line costs us", unlocks="margin_rate"),
        CURRENCY,
        Column("freight", "number", "money", note="what the line's freight costs us", unlocks="cost_to_serve_amount"),
        Column("promised_on", "date", note="promised day of delivery", unlocks="on_time_rate"),
        Column("delivered_on", "date", later=True, note="day of delivery", unlocks="on_time_rate"),
        Column(
            "correct", "flag", later=True, known_with="delivered_on", note="1 delivered as ordered, 0 not", unlocks="order_accuracy_rate"
        ),
        Column("manager_id", "id", note="who gets the credit; blank: the account's manager", unlocks="pay by order"),
        Column("returns_of", "id", note="the order that a return belongs to", unlocks="clawback of commission"),
    ),
)
INVOICES = Table(
    "invoices",
    nature="event-like",
    date="invoice_date",
    owner="account_id",
    note="One row per invoice; a credit note is negative.",
    columns=(
        Column("invoice_id", "id", key=True, required=True, note="the invoice's number"),
        OWNER,
        Column("invoice_date", "date", required=True, note="day of the invoice"),
        Column("due_date", "date", required=True, note="day it is due", unlocks="overdue_share, days_late_days"),
        Column(
            "amount", "number", "money", required=True, note="amount owed", unlocks="receivables_turnover_ratio, dso_days (with payments)"
        ),
        CURRENCY,
    ),
)
PAYMENTS = Table(
    "payments",
    nature="event-like",
    date="paid_on",
    owner="invoice_id",
    owner_table="invoices",
    note="One row per payment, in the currency of its invoice and converted at the invoice's rate.",
    columns=(
        Column("payment_id", "id", key=True, required=True, note="the payment's number"),
        Column("invoice_id", "id", required=True, note="the invoice it pays"),
        Column("paid_on", "date", required=True, note="day of payment"),
        Column(
            "amount", "number", "money", required=True, note="amount paid", unlocks="receivables_turnover_ratio, dso_days (with invoices)"
        ),
    ),
)
FORECASTS = Table(
    "forecasts",
    nature="state-like",
    owner="account_id",
    note="One row per account and month.",
    columns=(
        Column("account_id", "id", key=True, required=True, note="whose forecast it is"),
        Column("period", "text", key=True, required=True, form="month", note="the month foretold"),
        Column("forecast", "number", "money", required=True, note="revenue foretold", unlocks="forecast_accuracy_rate, forecast_bias_rate"),
    ),
)
TARGETS = Table(
    "targets",
    nature="state-like",
    note="One row per target; floor above target means that lower is better.",
    columns=(
        Column("scope", "choice", key=True, required=True, choices=("account", "manager", "department"), note="whose target it is"),
        Column("id", "id", key=True, required=True, note="the account, manager or department"),
        Column("metric", "text", key=True, required=True, note="the metric's id"),
        Column("period", "text", key=True, required=True, form="period", note="the period it holds for"),
        Column("floor", "number", "as the metric", required=True, note="scores 0", unlocks="scorecard_score"),
        Column("target", "number", "as the metric", required=True, note="scores 100", unlocks="scorecard_score"),
        Column("stretch", "number", "as the metric", note="scores 120", unlocks="scores above 100"),
    ),
)
APPROVALS = Table(
    "approvals",
    nature="event-like",
    owner="order_id",
    owner_table="orders",
    note="One row per order whose discount was approved.",
    columns=(
        Column("order_id", "id", key=True, required=True, note="the order"),
        Column("level", "choice", required=True, choices=LEVELS, note="who approved", unlocks="price guard by authority"),
    ),
)
PURCHASES_FROM = Table(
    "purchases_from",
    nature="event-like",
    date="date",
    owner="account_id",
    note="One row per purchase that we made from the account.",
    columns=(
        OWNER,
        Column("date", "date", required=True, note="day of our purchase"),
        Column("amount", "number", "money", required=True, note="what we paid", unlocks="reciprocity_ratio"),
    ),
)
CREDITS = Table(
    "credits",
    nature="state-like",
    owner="account_id",
    note="One row per share in the credit for an account.",
    columns=(
        Column("period", "text", key=True, required=True, form="period", note="the period it holds for"),
        Column("account_id", "id", key=True, required=True, note="the account"),
        Column("manager_id", "id", key=True, required=True, note="who shares"),
        Column("share", "number", "fraction", required=True, low=0, high=1, note="the share", unlocks="pay split across a team"),
    ),
)
WALLETS = Table(
    "wallets",
    nature="state-like",
    date="date",
    owner="account_id",
    note="One row per account and day on which its wallet was estimated; the latest counts, before the account's own annual_wallet.",
    columns=(
        Column("account_id", "id", key=True, required=True, note="whose wallet it is"),
        Column("date", "date", key=True, required=True, note="day of the estimate"),
        Column(
            *("annual_wallet", "number", "money"),
            required=True,
            note="what it spends a year on what we sell",
            unlocks="wallet_share in the past, wallet_gain_share at the wallet of each year",
        ),
        CURRENCY,
    ),
)
MARKET = Table(
    "market",
    nature="state-like",
    note="One row per product line and period.",
    columns=(
        Column("product_line", "text", key=True, required=True, note="the product line"),
        Column("period", "text", key=True, required=True, form="period", note="the period measured"),
        Column("size", "number", "money", required=True, note="what all customers spend on it", unlocks="market share"),
    ),
)
RATES = Table(
    "rates",
    nature="state-like",
    date="date",
    note="One row per currency and day; a rate holds for 31 days.",
    columns=(
        Column("currency", "text", key=True, required=True, form="currency", note="the foreign currency"),
        Column("date", "date", key=True, required=True, note="day of the rate"),
        Column("rate", "number", "engagement currency per unit", required=True, note="what one unit is worth", unlocks="conversion"),
    ),
)
