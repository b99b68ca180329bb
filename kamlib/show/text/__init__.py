"""Words, numbers and dates as the reader writes them, in English or Chinese."""

from kamlib.show.text.dates import day, iso_day, month, month_name, short_day
from kamlib.show.text.numbers import change, change_size, counted, decimal, is_measured, money, money_scale, number, symbol
from kamlib.show.text.words import (
    LOCALES,
    chart_text,
    closed,
    fill,
    input_name,
    inside,
    metric_meaning,
    metric_name,
    metric_unit,
    paragraph,
    say,
    words,
)

__all__ = [
    "LOCALES",
    "change",
    "change_size",
    "chart_text",
    "closed",
    "counted",
    "day",
    "decimal",
    "fill",
    "is_measured",
    "input_name",
    "inside",
    "iso_day",
    "metric_meaning",
    "metric_name",
    "metric_unit",
    "money",
    "money_scale",
    "month",
    "month_name",
    "number",
    "paragraph",
    "say",
    "short_day",
    "symbol",
    "words",
]
