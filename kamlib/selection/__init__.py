"""M1, M2, M33: which accounts carry revenue, margin and growth, how concentrated it is, and what sets key accounts apart."""

from kamlib.selection.concentration import accounts_for_share_count, concentration, gini_ratio, hhi_ratio, lorenz_curve, top_revenue_share
from kamlib.selection.pattern import main_product_line, order_rhythm, product_mix, seasonality
from kamlib.selection.profile import attribute_mix, attribute_ranking, key_accounts
from kamlib.selection.profit import growth_pareto, loss_making, profit_pareto, whale_curve
from kamlib.selection.qualification import COMPONENTS, SELLER_ITEMS, VERDICTS, continuity, high_margin, qualification
from kamlib.selection.ranks import abc_class, head_count, percentile_score, reached, revenue_rank
from kamlib.selection.stress import stress_test, weight_moves

__all__ = [
    "COMPONENTS",
    "SELLER_ITEMS",
    "VERDICTS",
    "abc_class",
    "accounts_for_share_count",
    "attribute_mix",
    "attribute_ranking",
    "concentration",
    "continuity",
    "gini_ratio",
    "growth_pareto",
    "head_count",
    "hhi_ratio",
    "high_margin",
    "key_accounts",
    "lorenz_curve",
    "loss_making",
    "main_product_line",
    "order_rhythm",
    "percentile_score",
    "product_mix",
    "profit_pareto",
    "qualification",
    "reached",
    "revenue_rank",
    "seasonality",
    "stress_test",
    "top_revenue_share",
    "weight_moves",
    "whale_curve",
]
