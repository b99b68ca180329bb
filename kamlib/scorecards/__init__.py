"""M15: what was reached of what was set: the cards of accounts, managers and departments."""

from kamlib.scorecards.appraisal import Appraised, appraisal
from kamlib.scorecards.cards import kpi_score, scorecard, target_scores
from kamlib.scorecards.office import NO_DEPARTMENT, back_office, promises_kept
from kamlib.scorecards.quota import targets_off_quota
from kamlib.scorecards.targets import current_targets, period_rows, period_values

__all__ = [
    "NO_DEPARTMENT",
    "Appraised",
    "appraisal",
    "back_office",
    "current_targets",
    "kpi_score",
    "period_rows",
    "period_values",
    "promises_kept",
    "scorecard",
    "target_scores",
    "targets_off_quota",
]
