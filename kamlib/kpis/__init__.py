"""M14: the ten KPIs, each per account, manager or portfolio: the same function over another column.

Every function takes tables first and ``as_of`` and ``by`` by name, and returns a frame indexed by the values of
`by`: a column per metric, per part it is made of, and ``<metric>_note`` and ``<metric>_coverage`` where they exist.
"""

from kamlib.kpis.customers import customer_status, new_customer_rate, retention
from kamlib.kpis.delivery import deliveries_by_day, delivery
from kamlib.kpis.forecasts import forecast
from kamlib.kpis.receivables import receivables
from kamlib.kpis.sales import first_order_date, growth, margin, revenue
from kamlib.kpis.satisfaction import nps_interval, satisfaction
from kamlib.kpis.shared import sales_by_day
from kamlib.kpis.shares import known_wallets, market_share, wallet_gain, wallet_share

__all__ = [
    "customer_status",
    "deliveries_by_day",
    "delivery",
    "first_order_date",
    "forecast",
    "growth",
    "known_wallets",
    "margin",
    "market_share",
    "new_customer_rate",
    "nps_interval",
    "receivables",
    "retention",
    "revenue",
    "sales_by_day",
    "satisfaction",
    "wallet_gain",
    "wallet_share",
]
