"""Numbers at the precision a reader can use, with their units, as English and Chinese readers write them."""

from __future__ import annotations

import math

from babel.numbers import format_decimal, format_percent, get_currency_symbol

from kamlib.show.text.words import LOCALES, say

SPACE = "\u00a0"
MINUS = "−"
OWN_SYMBOLS = {"CNY": "¥"}  # outside China the locale data print CN¥
SCALES = {"en": ((1e9, f"{SPACE}bn"), (1e6, f"{SPACE}m"), (1e3, f"{SPACE}k")), "zh": ((1e8, "亿"), (1e4, "万"))}
WHOLE_UP_TO = 1e4  # smaller amounts are written out
PLACES = {"亿": 2, "万": 1}
RELATIVE_UNITS = ("amount", "count")


def is_measured(value: float | None) -> bool:
    """Tell whether there is a finite number.

    Examples
    --------
    >>> is_measured(0.0), is_measured(float("nan")), is_measured(None)
    (True, False, False)
    """
    return value is not None and math.isfinite(value)


def number(value: float | None, unit: str, *, language: str, currency: str = "") -> str:
    """Write a number at the precision a reader can use, with its unit.

    Parameters
    ----------
    value : float or None
        Shares and rates as fractions, money in `currency`, time in days or months.
    unit : str
        Unit of the registry: amount, share, rate, ratio, days, months, count or score; an index from 0 to 1 is written as 0 to 100.
    language : str
        ``en`` or ``zh``.
    currency : str
        ISO code; used for amounts only.

    Returns
    -------
    str
        The words for "not measured" where there is no number.

    Examples
    --------
    >>> number(12_345_000, "amount", language="en", currency="CNY")
    '¥12.3\\xa0m'
    >>> number(12_345_000, "amount", language="zh", currency="CNY")
    '¥1,234.5万'
    >>> number(0.3124, "rate", language="en"), number(None, "rate", language="zh")
    ('31.2%', '未测量')
    """
    if not is_measured(value):
        return say("not_measured", language=language)
    if unit == "amount":
        return money(value, currency, language=language)
    if unit in ("share", "rate"):
        pattern = "#,##0%" if abs(value) >= 9.995 else "#,##0.0%"
        return _sign(format_percent(value, pattern, locale=LOCALES[language]))
    if unit in ("days", "months"):
        return counted(value, unit, language=language)
    if unit == "index":
        return decimal(100 * value, 0, language=language)
    return decimal(value, 1 if unit == "ratio" else 0, language=language)


def decimal(value: float, places: int, *, language: str) -> str:
    """Write a plain number with a fixed count of decimal places.

    Examples
    --------
    >>> decimal(-1234.56, 1, language="en")
    '−1,234.6'
    """
    rounded = round(value, places) + 0.0
    return _sign(format_decimal(rounded, "#,##0" + ("." + "0" * places if places else ""), locale=LOCALES[language]))


def money(value: float, currency: str, *, language: str) -> str:
    """Write an amount short: millions in English, 万 and 亿 in Chinese.

    Parameters
    ----------
    value : float
        Amount in `currency`.
    currency : str
        ISO code.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str

    Examples
    --------
    >>> money(-845_210, "USD", language="en"), money(1234.5, "GBP", language="en")
    ('−US$845\\xa0k', '£1,234')
    >>> money(123_456_789, "CNY", language="zh")
    '¥1.23亿'
    """
    lead = symbol(currency, language=language)
    sign, size = (MINUS if value < 0 else ""), abs(value)
    for scale, suffix in SCALES[language]:
        if size >= WHOLE_UP_TO and _shortened(size, language) >= scale:
            return f"{sign}{lead}{_scaled(size / scale, suffix, language)}{suffix}"
    figure = decimal(size, 0, language=language)
    return f"{'' if figure == '0' else sign}{lead}{figure}"


def money_scale(largest: float, currency: str, *, language: str) -> tuple[float, str, int]:
    """Choose one scale for a chart: what to divide by, the unit to print once, the decimal places.

    Parameters
    ----------
    largest : float
        Largest absolute amount in the chart.
    currency : str
        ISO code.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    tuple of float, str, int

    Examples
    --------
    >>> money_scale(3_210_000, "CNY", language="en"), money_scale(3_210_000, "CNY", language="zh")
    ((1000000.0, '¥\\xa0m', 2), (10000.0, '¥\\xa0万', 0))
    """
    scale, suffix = next(((scale, suffix) for scale, suffix in SCALES[language] if largest >= max(scale, WHOLE_UP_TO)), (1.0, ""))
    unit = f"{symbol(currency, language=language).strip(SPACE)}{SPACE}{suffix.strip(SPACE)}".strip(SPACE)
    return scale, unit, max(0, 3 - len(str(int(largest / scale)))) if suffix else 0


def symbol(currency: str, *, language: str) -> str:
    """Return the sign of a currency; a sign in letters keeps a space behind it.

    Examples
    --------
    >>> symbol("CNY", language="en"), symbol("CHF", language="en")
    ('¥', 'CHF\\xa0')
    """
    sign = OWN_SYMBOLS.get(currency) or (get_currency_symbol(currency, locale=LOCALES[language]) if currency else "")
    return sign + SPACE if sign.isascii() and sign.isalpha() else sign


def change(now: float | None, then: float | None, unit: str, *, language: str) -> str:
    """Write how a number moved: in per cent for amounts, in points for shares, else in its own unit.

    Parameters
    ----------
    now, then : float or None
        The two readings.
    unit : str
        Unit of the registry.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str
        With a sign; blank where one of the two is not measured, or an amount has no positive base.

    Examples
    --------
    >>> change(110.0, 100.0, "amount", language="en"), change(0.29, 0.31, "rate", language="en")
    ('+10.0%', '−2.0\\xa0pts')
    """
    step = change_size(now, then, unit)
    if step is None:
        return ""
    if unit in RELATIVE_UNITS:
        return _plus(number(step, "rate", language=language), step)
    if unit in ("share", "rate"):
        return _plus(say("points", language=language, group="units", n=decimal(100 * step, 1, language=language)), step)
    return _plus(number(step, unit, language=language), step)


def change_size(now: float | None, then: float | None, unit: str) -> float | None:
    """Return a change as a fraction of an amount's base, else as a difference; None where undefined.

    Examples
    --------
    >>> change_size(110.0, 100.0, "amount"), change_size(5.0, 0.0, "amount"), change_size(47.0, 40.0, "days")
    (0.1, None, 7.0)
    """
    if not (is_measured(now) and is_measured(then)):
        return None
    if unit not in RELATIVE_UNITS:
        return now - then
    return (now - then) / then if then > 0 else None


def counted(value: float, unit: str, *, language: str) -> str:
    """Write a whole number of days or months with its unit.

    Examples
    --------
    >>> counted(1, "months", language="en"), counted(22, "months", language="zh")
    ('1\\xa0month', '22个月')
    """
    figure = decimal(value, 0, language=language)
    return say(unit, language=language, group="units", n=figure)


def _shortened(size: float, language: str) -> float:
    return float(f"{size:.3g}") if language == "en" else size


def _scaled(size: float, suffix: str, language: str) -> str:
    places = PLACES.get(suffix, max(0, 3 - len(str(int(float(f"{size:.3g}"))))))
    return decimal(size, places, language=language)


def _plus(text: str, step: float) -> str:
    is_nothing = not any(char in "123456789" for char in text)
    return text if text.startswith(MINUS) or step <= 0 or is_nothing else f"+{text}"


def _sign(text: str) -> str:
    return text.replace("-", MINUS, 1) if any(char in "123456789" for char in text) else text.lstrip("-")
