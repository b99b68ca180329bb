"""Months, quarters and years as a firm names them."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd

from kamlib.periods.windows import ONE_DAY, Window, months_before

_PERIOD = re.compile(r"(?P<year>\d{4})(?:Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")


def month_starts(months: pd.Series) -> pd.Series:
    """Return the first day of each month that is written as text or as any date in it.

    Parameters
    ----------
    months : Series of str or datetime64
        Text reads ``2026-06``.

    Returns
    -------
    Series of datetime64
        With the index of `months`; NaT where blank.

    Raises
    ------
    ValueError
        A text is not a month.

    Examples
    --------
    >>> month_starts(pd.Series(["2026-06", "2026-07"])).dt.day.tolist()
    [1, 1]
    """
    if not pd.api.types.is_datetime64_any_dtype(months):
        wrong = months[months.notna() & ~months.astype("str").str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])").fillna(False).astype(bool)]
        if len(wrong):
            raise ValueError(f'a month reads like "2026-06", got "{wrong.iloc[0]}"')
        return pd.to_datetime(months, format="%Y-%m")
    return months.dt.normalize() - pd.to_timedelta(months.dt.day - 1, unit="D")


def fiscal_quarter(day: date, fiscal_year_start: int = 1) -> tuple[int, int]:
    """Return the fiscal year and quarter of a day; a fiscal year is named by the year in which it ends.

    Parameters
    ----------
    day : date
    fiscal_year_start : int
        Month in which the fiscal year begins, 1 to 12.

    Returns
    -------
    tuple of int
        Fiscal year and quarter, 1 to 4.

    Raises
    ------
    ValueError
        `fiscal_year_start` is not a month.

    Examples
    --------
    >>> fiscal_quarter(date(2025, 12, 31), 1), fiscal_quarter(date(2025, 12, 31), 4)
    ((2025, 4), (2026, 3))
    """
    _require_month(fiscal_year_start)
    months_in = (day.month - fiscal_year_start) % 12
    begins_this_year = day.month >= fiscal_year_start
    return day.year + (begins_this_year and fiscal_year_start > 1), months_in // 3 + 1


def quarter_label(window: Window, fiscal_year_start: int = 1) -> str:
    """Name a window of three months: a fiscal quarter, or its last day where it is none.

    Parameters
    ----------
    window : Window
    fiscal_year_start : int
        Month in which the fiscal year begins.

    Returns
    -------
    str

    Examples
    --------
    >>> quarter_label(Window(date(2025, 6, 30), date(2025, 9, 30))), quarter_label(Window(date(2025, 6, 15), date(2025, 9, 15)))
    ('2025 Q3', '2025-09-15')
    """
    year, quarter = fiscal_quarter(window.until, fiscal_year_start)
    is_quarter = period_window(f"{year}Q{quarter}", fiscal_year_start) == window
    return f"{year} Q{quarter}" if is_quarter else window.until.isoformat()


def period_window(period: str, fiscal_year_start: int = 1) -> Window:
    """Return the days of a fiscal year, fiscal quarter, calendar month or of a span of days.

    Parameters
    ----------
    period : str
        ``2026``, ``2026Q2`` or ``2026-06``; where a firm's quotas begin on days of their own, the first and the last day,
        ``2014-03-01/2014-05-31``.
    fiscal_year_start : int
        Month in which the fiscal year begins; a fiscal year is named by the year in which it ends.

    Returns
    -------
    Window

    Raises
    ------
    ValueError
        The text is no such period, or `fiscal_year_start` is not a month.

    Examples
    --------
    >>> period_window("2026Q2").first_day.isoformat(), period_window("2026", 4).first_day.isoformat()
    ('2026-04-01', '2025-04-01')
    """
    _require_month(fiscal_year_start)
    if "/" in period:
        return _span(period)
    found = _PERIOD.fullmatch(period)
    if not found:
        raise ValueError(f'a period reads like "2026", "2026Q2" or "2026-06", got "{period}"')
    year, quarter, month = (int(found[part] or 0) for part in ("year", "quarter", "month"))
    if month:
        first, length = date(year, month, 1), 1
    else:
        begin = date(year - (fiscal_year_start > 1), fiscal_year_start, 1)
        first, length = (months_before(begin, -3 * (quarter - 1)), 3) if quarter else (begin, 12)
    return Window(first - ONE_DAY, months_before(first, -length) - ONE_DAY)


def _span(period: str) -> Window:
    try:
        first, last = (date.fromisoformat(day) for day in period.split("/"))
    except ValueError:
        raise ValueError(f'a span of days reads like "2014-03-01/2014-05-31", got "{period}"') from None
    if first > last:
        raise ValueError(f'a span of days ends on or after its first day, got "{period}"')
    return Window(first - ONE_DAY, last)


def _require_month(month: int) -> None:
    if month not in range(1, 13):
        raise ValueError(f"fiscal_year_start must be a month from 1 to 12, got {month}")
