"""M27: what moved between two dates, in parts that add up; and what became of what was said."""

from kamlib.review.grading import brier_score, forecast_grade
from kamlib.review.moved import risk_parts, status_parts

__all__ = ["brier_score", "forecast_grade", "risk_parts", "status_parts"]
