"""Windows of days and the month ends that bound them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

TTM_MONTHS = 12
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """The days later than one date, up to and with another.

    Parameters
    ----------
    after : date
        The last day before the window.
    until : date
        The last day of the window.

    Raises
    ------
    ValueError
        The window ends before it begins.

    Examples
    --------
    >>> window = Window(date(2026, 3, 31), date(2026, 6, 30))
    >>> window.first_day.isoformat(), window.days
    ('2026-04-01', 91)
    """

    after: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.after:
            raise ValueError(f"a window must not end before it begins, got {self.after} to {self.until}")

    @property
    def first_day(self) -> date:
        """The first day of the window."""
        return self.after + ONE_DAY

    @property
    def days(self) -> int:
        """The number of days in the window."""
        return (self.until - self.after).days

    def contains(self, dates: pd.Series) -> pd.Series:
        """Tell for each date whether its calendar day lies in the window; a blank does not.

        Parameters
        ----------
        dates : Series of datetime64
            Any index, with or without a time of day.

        Returns
        -------
        Series of bool
            With the index of `dates`.

        Examples
        --------
        >>> stamps = pd.Series(pd.to_datetime(["2026-03-31T23:59:59", "2026-04-01T00:00:00", "2026-06-30T23:59:59", None]))
        >>> Window(date(2026, 3, 31), date(2026, 6, 30)).contains(stamps).tolist()
        [False, True, True, False]
        """
        return (dates >= pd.Timestamp(self.first_day)) & (dates < pd.Timestamp(self.until + ONE_DAY))


def months_before(as_of: date, n: int) -> date:
    """Return the date a number of months earlier; the end of a month stays the end of a month.

    Parameters
    ----------
    as_of : date
        Counted from this date itself, never step by step.
    n : int
        Months; a negative number goes forward.

    Returns
    -------
    date

    References
    ----------
    Ruling F1.

    Examples
    --------
    >>> [months_before(date(2026, 6, 30), n).isoformat() for n in (1, 3, 4, 12)]
    ['2026-05-31', '2026-03-31', '2026-02-28', '2025-06-30']
    """
    year, month = divmod(as_of.year * 12 + as_of.month - 1 - n, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, last if _is_month_end(as_of) else min(as_of.day, last))


def trailing_window(as_of: date, months: int = TTM_MONTHS, *, offset_months: int = 0) -> Window:
    """Return the months that end at a date, or so many months before it.

    Parameters
    ----------
    as_of : date
    months : int
        Length of the window; twelve is the trailing twelve months (TTM).
    offset_months : int
        12 gives the prior window of the same length for TTM.

    Returns
    -------
    Window

    Examples
    --------
    >>> trailing_window(date(2026, 6, 30), offset_months=12)
    Window(after=datetime.date(2024, 6, 30), until=datetime.date(2025, 6, 30))
    """
    return Window(months_before(as_of, offset_months + months), months_before(as_of, offset_months))


def quarter_points(as_of: date, count: int = 8) -> list[date]:
    """Return the dates at which a trend is measured: every three months back from a date, oldest first.

    Parameters
    ----------
    as_of : date
        The last point.
    count : int

    Returns
    -------
    list of date

    References
    ----------
    Ruling F40.

    Examples
    --------
    >>> [day.isoformat() for day in quarter_points(date(2026, 6, 30), 3)]
    ['2025-12-31', '2026-03-31', '2026-06-30']
    """
    return [months_before(as_of, 3 * k) for k in reversed(range(count))]


def plain_quarters(as_of: date, count: int = 8) -> list[Window]:
    """Return the windows of three months that end at a date, oldest first, without a gap.

    Parameters
    ----------
    as_of : date
        The end of the last window.
    count : int

    Returns
    -------
    list of Window

    Examples
    --------
    >>> [window.first_day.isoformat() for window in plain_quarters(date(2026, 6, 30), 2)]
    ['2026-01-01', '2026-04-01']
    """
    return [trailing_window(as_of, 3, offset_months=3 * k) for k in reversed(range(count))]


def month_end_points(as_of: date, count: int = 13) -> list[date]:
    """Return the dates at which an open balance is taken: every month back from a date, oldest first.

    Parameters
    ----------
    as_of : date
        The last point.
    count : int
        Thirteen points enclose twelve months.

    Returns
    -------
    list of date

    References
    ----------
    Rulings F1, F41.

    Examples
    --------
    >>> [day.isoformat() for day in month_end_points(date(2026, 3, 31), 3)]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """
    return [months_before(as_of, k) for k in reversed(range(count))]


def complete_months(as_of: date, count: int) -> list[Window]:
    """Return the latest calendar months whose last day is not later than a date, oldest first.

    Parameters
    ----------
    as_of : date
    count : int

    Returns
    -------
    list of Window

    References
    ----------
    Ruling F27.

    Examples
    --------
    >>> [window.until.isoformat() for window in complete_months(date(2026, 6, 29), 2)]
    ['2026-04-30', '2026-05-31']
    """
    last = as_of if _is_month_end(as_of) else as_of.replace(day=1) - ONE_DAY
    return [trailing_window(last, 1, offset_months=k) for k in reversed(range(count))]


def window_numbers(dates: pd.Series, windows: Sequence[Window]) -> np.ndarray:
    """Tell for each date in which of several windows its calendar day lies.

    Parameters
    ----------
    dates : Series of datetime64
    windows : sequence of Window
        Oldest first, without a gap.

    Returns
    -------
    ndarray of int
        Position in `windows`; -1 for a date in none of them or blank.

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2025-12-31", "2026-01-31", "2026-06-30", "2026-07-01", None]))
    >>> window_numbers(days, plain_quarters(date(2026, 6, 30), 2)).tolist()
    [-1, 0, 1, -1, -1]
    """
    first_days = np.array([window.first_day for window in windows], dtype="datetime64[us]")
    inside = Window(windows[0].after, windows[-1].until).contains(dates)
    return np.where(inside, np.searchsorted(first_days, dates.to_numpy().astype("datetime64[us]"), side="right") - 1, -1)


def full_months_between(starts: pd.Series, as_of: date) -> pd.Series:
    """Count the full months from each start to a date.

    Parameters
    ----------
    starts : Series of datetime64
        Any index.
    as_of : date

    Returns
    -------
    Series of float
        The greatest n with start <= as_of - n months; NaN where the start is blank or later than `as_of`.

    References
    ----------
    Ruling F31.

    Examples
    --------
    >>> full_months_between(pd.Series(pd.to_datetime(["2026-03-31", "2026-04-01", "2026-07-01"])), date(2026, 6, 30)).tolist()
    [3.0, 2.0, nan]
    """
    day = starts.dt
    months = (as_of.year - day.year) * 12 + (as_of.month - day.month)
    reached_day = day.days_in_month if _is_month_end(as_of) else day.days_in_month.clip(upper=as_of.day)
    full = months - (day.day > reached_day)
    return full.where(starts < pd.Timestamp(as_of + ONE_DAY)).astype(float)


def _is_month_end(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]
