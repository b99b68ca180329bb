"""M21: what people are paid for, exactly; and what a pay plan makes them do."""

from kamlib.incentives.book import default_book, load_book
from kamlib.incentives.commission import Commission, TierPay, commission, split_pay
from kamlib.incentives.credit import NOBODY, Credit, credits_of
from kamlib.incentives.plan import CommissionPlan, PayBook, PayoutCurve, SalaryPlan, SharePlan, Tier
from kamlib.incentives.principles import alignment, kpi_kind, six_principles
from kamlib.incentives.salary import Tranche, VariablePay, granted_units, payout, variable_pay, vesting
from kamlib.incentives.shape import cliffs, compare_plans, dead_zones, pay_at, pay_curve, score_at, swing
from kamlib.incentives.statement import PeriodBase, PlanPay, Step, clawback, commission_steps

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
    "alignment",
    "clawback",
    "cliffs",
    "commission",
    "commission_steps",
    "compare_plans",
    "credits_of",
    "dead_zones",
    "default_book",
    "granted_units",
    "kpi_kind",
    "load_book",
    "pay_at",
    "pay_curve",
    "payout",
    "score_at",
    "six_principles",
    "split_pay",
    "swing",
    "variable_pay",
    "vesting",
]
