"""M18: what would the early warning have flagged then, and what happened?"""

from kamlib.backtest.calibration import calibrated_loss, calibration_table, isotonic_loss
from kamlib.backtest.history import backtest_dates, horizon_months, outcomes, predictions
from kamlib.backtest.judge import Backtest, backtest, judged
from kamlib.backtest.measures import auc, lift, resampled, share_at

__all__ = [
    "Backtest",
    "auc",
    "backtest",
    "calibrated_loss",
    "calibration_table",
    "horizon_months",
    "isotonic_loss",
    "judged",
    "lift",
    "outcomes",
    "predictions",
    "resampled",
    "share_at",
    "backtest_dates",
]
