"""M17: early warning: what changed for the worse at an account, and how much it adds up to."""

from kamlib.warning.contact import competitor, contact_change, contact_gap, no_backup, renewal, unconfirmed_change
from kamlib.warning.pairs import open_pairs
from kamlib.warning.quality import satisfaction_drop, service
from kamlib.warning.ramp import ramp
from kamlib.warning.risk import SIGNALS, TRADE_SIGNALS, loss_risk
from kamlib.warning.trade import order_drop, order_rhythm_gap, payment_delay, usage_drop

__all__ = [
    "SIGNALS",
    "TRADE_SIGNALS",
    "competitor",
    "contact_change",
    "contact_gap",
    "loss_risk",
    "no_backup",
    "open_pairs",
    "order_drop",
    "order_rhythm_gap",
    "payment_delay",
    "ramp",
    "renewal",
    "satisfaction_drop",
    "service",
    "unconfirmed_change",
    "usage_drop",
]
