"""M3, M19, M31, M32: what a relationship is worth, what may be spent on it, what its loss would cost."""

from kamlib.value.comparator import ComparatorRules, Verdicts, health_verdicts
from kamlib.value.drill import LossDrill, concentration_trend, exceedance_curve, loss_drill
from kamlib.value.investment import InvestmentCase, investment_case
from kamlib.value.outcomes import outcome_changes
from kamlib.value.service_cost import cost_to_serve
from kamlib.value.worth import annuity, customer_value, loss_probability, retention_rate_by_stage

__all__ = [
    "ComparatorRules",
    "InvestmentCase",
    "LossDrill",
    "Verdicts",
    "annuity",
    "concentration_trend",
    "cost_to_serve",
    "customer_value",
    "exceedance_curve",
    "health_verdicts",
    "investment_case",
    "loss_drill",
    "loss_probability",
    "outcome_changes",
    "retention_rate_by_stage",
]
