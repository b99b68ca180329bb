"""M20: discounts within authority, prices that need a reason, and what moved the margin."""

from kamlib.pricing.discounts import order_discounts, tier_norms
from kamlib.pricing.exceptions import KINDS, below_cost, price_exceptions, price_summary, site_spreads
from kamlib.pricing.walk import PARTS, MarginWalk, margin_walk

__all__ = [
    "KINDS",
    "PARTS",
    "MarginWalk",
    "below_cost",
    "margin_walk",
    "order_discounts",
    "price_exceptions",
    "price_summary",
    "site_spreads",
    "tier_norms",
]
