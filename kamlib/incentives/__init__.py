"""M21: what people are paid for, exactly; and what a pay plan makes them do."""

from kamlib.incentives.book import default_book, load_book
from kamlib.incentives.commission import Commission, TierPay, commission, split_pay
from kamlib.incentives.credit import NOBODY, Credit, credits_of
from kamlib.incentives.plan import CommissionPlan, PayBook, PayoutCurve, SalaryPlan, SharePlan, Tier
from kamlib.incentives.salary import Tranche, VariablePay, granted_units, payout, variable_pay, vesting
from kamlib.incentives.statement import PeriodBase, PlanPay, Step, clawback, commission_steps, rounded

__all__ = [
    "NOBODY",
    "Commission",
    "CommissionPlan",
    "Credit",
    "PayBook",
    "PayoutCurve",
    "PeriodBase",
    "PlanPay",
    "SalaryPlan",
    "SharePlan",
    "Step",
    "Tier",
    "TierPay",
    "Tranche",
    "VariablePay",
    "clawback",
    "commission",
    "commission_steps",
    "credits_of",
    "default_book",
    "granted_units",
    "load_book",
    "payout",
    "rounded",
    "split_pay",
    "variable_pay",
    "vesting",
]
