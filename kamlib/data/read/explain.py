"""Why a cell does not fit, in one sentence, and what to declare or mend."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from kamlib.data.read.convert import FIRST_YEAR, ISO, LARGEST, is_dense, number_pattern
from kamlib.data.read.excel_file import refused_reason
from kamlib.data.schema import Column
from kamlib.data.schema.columns import FLAGS, FORMS
from kamlib.data.sources import ValueFormat

CORRECT = "correct the cell in the source"
_DIRECTIVES = {
    "Y": r"(?P<Y>\d{1,4})",
    "y": r"(?P<y>\d{1,2})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"\d{1,2}",
    "I": r"\d{1,2}",
    "M": r"\d{1,2}",
    "S": r"\d{1,2}",
    "f": r"\d{1,6}",
    "p": "[AaPp][Mm]",
    "b": r"(?P<b>[A-Za-z]{3})",
    "B": r"(?P<B>[A-Za-z]+)",
    "%": "%",
}
_OTHER_NUMBERS = (
    *(ValueFormat(decimal=",", thousands="."), ValueFormat(thousands=","), ValueFormat(decimal=",", thousands=" ")),
    *(ValueFormat(thousands=" "), ValueFormat(thousands="'"), ValueFormat(decimal=",", thousands="\u00a0")),
)
_PLAIN_DATES = ("%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d", "%Y年%m月%d日", "%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
_PLAIN_FORMS = [date + clock for date in _PLAIN_DATES for clock in ("", " %H:%M", " %H:%M:%S")]  # each with one reading
_SUFFIXES = {"万": 10_000, "亿": 100_000_000, "k": 1000, "K": 1000, "M": 1_000_000, "千": 1000}


@dataclass(frozen=True)
class Reason:
    """Code, what is wrong, and what to do; ``{setting}`` stands for the place in the engagement file."""

    code: str
    why: str
    fix: str


def reason(text: str | None, column: Column, style: ValueFormat) -> Reason | None:
    """Return why a cell's text does not fit a column; None where it does."""
    if text is None:
        return Reason("KAM-V07", f"is blank, and {column.name} may not be", "fill the cell in the source") if column.required else None
    marked = refused_reason(text)
    if marked:
        return Reason(marked.code, marked.why, marked.fix)
    if column.kind in {"number", "integer"}:
        return number_reason(text, style) or _bounds_reason(text, column, style)
    if column.kind in {"date", "timestamp"}:
        return date_reason(text, style)
    return _list_reason(text, column)


def number_reason(text: str, style: ValueFormat) -> Reason | None:
    """Return why a text is no number in the declared format."""
    if text.lower().lstrip("+-") in {"inf", "infinity", "nan"}:
        return Reason("KAM-V05", "is not a finite number", "look for a division by zero in the source and correct the cell")
    if _matches(text, style):
        too_large = abs(_value(text, style)) >= LARGEST
        return Reason("KAM-V05", "is too large to be an amount (the limit is 10^15)", CORRECT) if too_large else None
    return Reason("KAM-V01", f"is not a number with {_declared(style)}", _number_fix(text, style))


def _declared(style: ValueFormat) -> str:
    groups = f'thousands "{style.grouping}"' if style.grouping else "no thousands sign"
    return f'decimal "{style.decimal}" and {groups}'


def _bare(text: str, style: ValueFormat) -> tuple[str, float]:
    """Return the digits with their sign, and the factor of the suffix."""
    if style.negative == "parentheses" and re.fullmatch(r"\(.*\)", text):
        text = "-" + text[1:-1]
    for suffix in sorted(style.unit_suffixes, key=len, reverse=True):
        if text.endswith(suffix):
            return text.removesuffix(suffix).rstrip(), float(style.unit_suffixes[suffix])
    return text, 1.0


def _matches(text: str, style: ValueFormat) -> bool:
    return re.fullmatch(number_pattern(style), _bare(text, style)[0], re.ASCII) is not None


def _value(text: str, style: ValueFormat) -> float:
    digits, factor = _bare(text, style)
    return (
        float(digits.replace(style.grouping, "").replace(style.decimal, ".") if style.grouping else digits.replace(style.decimal, "."))
        * factor
    )


def _number_fix(text: str, style: ValueFormat) -> str:
    suffix = next((suffix for suffix in _SUFFIXES if text.endswith(suffix) and text != suffix), None)
    if suffix and suffix not in style.unit_suffixes:
        return f"add {suffix}: {_SUFFIXES[suffix]} to {{setting}}.unit_suffixes"
    if re.fullmatch(r"\(.*\)", text) and style.negative != "parentheses":
        return "set {setting}.negative: parentheses"
    for other in _OTHER_NUMBERS:
        if _matches(text, other):
            return f'if all its numbers are so, set {{setting}}.decimal: "{other.decimal}" and {{setting}}.thousands: "{other.grouping}"'
    return CORRECT


def _bounds_reason(text: str, column: Column, style: ValueFormat) -> Reason | None:
    value = _value(text, style)
    if column.kind == "integer" and not value.is_integer():
        return Reason("KAM-V01", "is not a whole number", CORRECT)
    if (column.low is not None and value < column.low) or (column.high is not None and value > column.high):
        bounds = f"from {column.low:g} to {column.high:g}" if column.high is not None else f"at least {column.low:g}"
        return Reason("KAM-V03", f"is outside the range of {column.name} ({bounds})", CORRECT)
    return None


def date_reason(text: str, style: ValueFormat) -> Reason | None:
    """Return why a text is no date in the declared format."""
    if style.excel_serial:
        return _serial_reason(text, style)
    pattern = _pattern(style.date_format) if style.date_format else None
    if pattern is None:
        return _undeclared_reason(text)
    found = re.fullmatch(pattern, text, re.ASCII)
    if not found:
        return Reason("KAM-V02", f"is not a date of the form {style.date_format}", CORRECT)
    wrong = _calendar_reason(found.groupdict())
    if wrong:
        return Reason("KAM-V02", f"is not a date: {wrong}", CORRECT)
    return None if _parses(text, style.date_format) else Reason("KAM-V02", f"is not a date of the form {style.date_format}", CORRECT)


def _parses(text: str, form: str) -> bool:
    try:
        moment = datetime.strptime(text, form)
        return moment.year >= FIRST_YEAR and (not is_dense(form) or moment.strftime(form) == text)
    except ValueError:
        return False


def _undeclared_reason(text: str) -> Reason | None:
    if re.fullmatch(ISO, text, re.ASCII):
        year, month, day = text[:10].split("-")
        wrong = _calendar_reason({"Y": year, "m": month, "d": day})
        return Reason("KAM-V02", f"is not a date: {wrong}", CORRECT) if wrong else _time_reason(text)
    if re.fullmatch(ISO + r"(Z|[-+]\d{2}:?\d{2})", text, re.ASCII):
        return Reason("KAM-V02", "has a time zone; times here are local wall-clock times", "export local times without a zone")
    return Reason("KAM-V02", "is not an ISO date (2024-03-31), and no date_format is declared", undeclared_fix([text])[1])


def _time_reason(text: str) -> Reason | None:
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        return Reason("KAM-V02", f"is not a time: {error}", CORRECT)
    return None


def undeclared_fix(samples: list[str]) -> tuple[str, str]:
    """Return how dates without a declared format can be read, and what to declare."""
    first = samples[0]
    if re.fullmatch(r"\d{5}(\.\d+)?", first):
        day = datetime(1899, 12, 30) + timedelta(days=float(first))
        return f"as Excel's day number it is {day:%Y-%m-%d} (1900 system)", "set {setting}.excel_serial: 1900"
    if re.fullmatch(ISO + r"(Z|[-+]\d{2}:?\d{2})", first, re.ASCII):
        return "it has a time zone, and times here are local", "export local times without a zone"
    form = next((form for form in _PLAIN_FORMS if all(_parses(sample, form) for sample in samples)), None)
    if form:
        return "", f'set {{setting}}.date_format: "{form}"'
    found = [re.fullmatch(r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})(.*)", sample) for sample in samples]
    if found[0] is None:
        return "", 'set {setting}.date_format, as "%d.%m.%Y"'
    sign, year = found[0][2], "%Y" if len(found[0][4]) == 4 else "%y"
    clock = {0: "", 1: " %H:%M", 2: " %H:%M:%S"}.get(found[0][5].count(":"), "")
    day_first, month_first = f"%d{sign}%m{sign}{year}{clock}", f"%m{sign}%d{sign}{year}{clock}"
    fits = [form for form in (day_first, month_first) if all(_parses(sample, form) for sample in samples)]
    if len(fits) == 1:
        return "one reading fits all samples", f'set {{setting}}.date_format: "{fits[0]}"'
    a, b = int(found[0][1]), int(found[0][3])
    if 1 <= a <= 12 and 1 <= b <= 12:
        readings = f"can be {a} {calendar.month_name[b]} or {b} {calendar.month_name[a]}"
        return readings, f'set {{setting}}.date_format: "{day_first}" or "{month_first}"'
    return "", f'set {{setting}}.date_format, as "{day_first}"'


def _pattern(form: str) -> str:
    parts = re.split(r"%(.)", form)
    return "".join(re.escape(part) if number % 2 == 0 else _DIRECTIVES[part] for number, part in enumerate(parts))


def _calendar_reason(parts: dict[str, str | None]) -> str | None:
    year = int(parts.get("Y") or 0) or (2000 + int(parts["y"]) if parts.get("y") else 0)
    month, day = parts.get("m"), int(parts["d"])
    if year < FIRST_YEAR:
        return f"the year {year} lies before {FIRST_YEAR}"
    if month is None:
        return None
    if not 1 <= int(month) <= 12:
        return f"there is no month {int(month)}"
    length = calendar.monthrange(year, int(month))[1]
    return None if 1 <= day <= length else f"{calendar.month_name[int(month)]} {year} has {length} days"


def _serial_reason(text: str, style: ValueFormat) -> Reason | None:
    if number_reason(text, ValueFormat()):
        return Reason("KAM-V02", f"is not a day number of Excel's {style.excel_serial} system", CORRECT)
    low, high = (1, 2958465) if style.excel_serial == 1900 else (0, 2957003)
    days = float(text)
    if not low <= days <= high or style.excel_serial == 1900 and 60 <= days < 61:
        return Reason("KAM-V02", f"is no day of Excel's {style.excel_serial} system", CORRECT)
    return None


def _list_reason(text: str, column: Column) -> Reason | None:
    if column.kind == "flag" and text.lower() not in FLAGS:
        return Reason("KAM-V03", "is not a flag (1 or 0, yes or no, true or false)", _values_fix(column))
    if column.kind == "choice" and text.lower() not in column.choices:
        near = get_close_matches(text.lower(), column.choices, n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        return Reason("KAM-V03", f"is not one of {', '.join(column.choices)}{guess}", _values_fix(column))
    if column.form and not re.fullmatch(FORMS[column.form][0], text, re.ASCII):
        return Reason("KAM-V04" if column.form == "currency" else "KAM-V02", f"is not {FORMS[column.form][1]}", CORRECT)
    return None


def _values_fix(column: Column) -> str:
    return f"correct the cell, or translate the source's words in {{setting}}.columns.{column.name}.values"
