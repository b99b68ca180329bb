"""Dates as the reader writes them."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date, format_skeleton, get_month_names

from kamlib.show.text.words import LOCALES


def day(moment: date, *, language: str) -> str:
    """Write a date in full.

    Examples
    --------
    >>> day(date(2026, 6, 30), language="en"), day(date(2026, 6, 30), language="zh")
    ('30 June 2026', '2026年6月30日')
    """
    return format_date(moment, "long", locale=LOCALES[language])


def short_day(moment: date, *, language: str) -> str:
    """Write a date for a table.

    Examples
    --------
    >>> short_day(date(2026, 7, 5), language="en")
    '5 Jul 2026'
    """
    return format_date(moment, "medium", locale=LOCALES[language])


def iso_day(moment: str, *, language: str) -> str:
    """Write an ISO date of the pack for a reader.

    Examples
    --------
    >>> iso_day("2023-03-15", language="zh")
    '2023年3月15日'
    """
    return short_day(date.fromisoformat(moment[:10]), language=language)


def month(moment: date, *, language: str) -> str:
    """Write the month of a date with its year.

    Examples
    --------
    >>> month(date(2025, 9, 30), language="en"), month(date(2025, 9, 30), language="zh")
    ('September 2025', '2025年9月')
    """
    return format_skeleton("yMMMM", moment, locale=LOCALES[language])


def month_name(number: int, *, language: str) -> str:
    """Write the short name of a month of the year.

    Examples
    --------
    >>> month_name(5, language="en"), month_name(5, language="zh")
    ('May', '5月')
    """
    return get_month_names("abbreviated", context="stand-alone", locale=LOCALES[language])[number]
