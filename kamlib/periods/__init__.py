"""The calendar: windows, month ends, quarters and fiscal years. No other module counts days or months."""

from kamlib.periods.fiscal import fiscal_quarter, month_starts, period_window, quarter_label
from kamlib.periods.moved import months_after
from kamlib.periods.windows import (
    ONE_DAY,
    TTM_MONTHS,
    Window,
    complete_months,
    full_months_between,
    month_end_points,
    months_before,
    plain_quarters,
    quarter_points,
    trailing_window,
    window_numbers,
)

__all__ = [
    "ONE_DAY",
    "TTM_MONTHS",
    "Window",
    "complete_months",
    "fiscal_quarter",
    "full_months_between",
    "month_end_points",
    "month_starts",
    "months_after",
    "months_before",
    "period_window",
    "plain_quarters",
    "quarter_label",
    "quarter_points",
    "trailing_window",
    "window_numbers",
]
