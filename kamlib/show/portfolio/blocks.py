"""What a section of the review is made of: sentences and tables, written for the reader and kept as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from markupsafe import Markup

from kamlib.show import html, reading, text
from kamlib.show.publish import column, payload, publish

MOST_ROWS = 10
NAMES, DAYS = ("name", "manager"), ("day", "due", "by", "last", "next_by")  # columns that are cut, and that never break
LEAST_CHANCE = 0.01  # smaller probabilities are not written out


def word(portfolio, key: str, **places) -> str:
    """Return a text of the review in its language; the customer's edition speaks to the customer where it has words of its own."""
    own = f"{key}_customer" if getattr(portfolio, "edition", "") == "customer" else ""
    return reading.say(portfolio, own if own in text.words()["review"] else key, group="review", **places)


def count(portfolio, value: float) -> str:
    """Write a whole number."""
    return text.decimal(value, 0, language=portfolio.language)


def written(portfolio, value, unit: str) -> str:
    """Write a cell: text as it is, a number in its unit, a dash where there is none."""
    if isinstance(value, str):
        return value
    if value is None or not text.is_measured(float(value)):
        return reading.say(portfolio, "nothing")
    if unit == "chance" and value < LEAST_CHANCE:
        return f"< {text.decimal(LEAST_CHANCE, 2, language=portfolio.language)}"
    if unit in ("decimal", "chance"):
        return text.decimal(value, 3 if unit == "decimal" else 2, language=portfolio.language)
    return text.number(float(value), unit, language=portfolio.language, currency=portfolio.currency)


def told(portfolio, key: str, **places) -> Markup:
    """Fill a sentence whose places are markup or text that is still to be escaped."""
    template = Markup.escape(text.words()["review"][key][portfolio.language])
    return text.fill(template, **places)


def figure(portfolio, metric: str) -> Markup:
    """Write one of the portfolio's numbers so that it opens its receipt."""
    return html.figure_span(metric, reading.value_words(portfolio, metric))


def strong(words: str) -> Markup:
    """Emphasise a number that has no receipt of its own."""
    return Markup("<b>{}</b>").format(words)


def lead(words: str) -> dict:
    """Return a sentence of full size."""
    return {"kind": "lead", "words": words}


def heading(words: str) -> dict:
    """Return a heading within a section."""
    return {"kind": "heading", "words": words}


def line(key: str, words: str) -> dict:
    """Return a sentence that stands for a whole section, under that section's id."""
    return {"kind": "line", "key": key, "words": words}


def note(words: str) -> dict:
    """Return a sentence in small print."""
    return {"kind": "note", "words": words}


def table(
    portfolio,
    columns: Sequence[tuple[str, str, str]],
    rows: Iterable[Sequence],
    *,
    key: str = "",
    heading: str = "",
    rest: Sequence[Sequence] = (),
    whole: Sequence | None = None,
    marks: Mapping[tuple[int, int], str] | None = None,
    style: str = "",
) -> dict:
    """Return a table, written and as data.

    Parameters
    ----------
    portfolio : Portfolio
    columns : sequence of (id, label, unit)
        Numbers that are written already have the unit ``written`` and stand to the right like all numbers.
    rows : iterable of sequences
        Text, numbers or blanks in the order of `columns`.
    key, heading : str
        Id of the published part; what stands above.
    rest : sequence of sequences
        Rows in small print below: what is not listed, in sum.
    whole : sequence, optional
        The last row.
    marks : mapping of (row, column) to str, optional
        Class of single cells.
    style : str
        Class of the table.

    Returns
    -------
    dict
    """
    listed = [*((row, "") for row in rows), *((row, "kam-rest") for row in rest), *([(whole, "kam-whole")] if whole else [])]
    marks = marks or {}
    right = [unit != "text" for _, _, unit in columns]
    shown = [
        {
            "style": style_of,
            "cells": [_cell(portfolio, value, columns[x], right[x], marks.get((y, x), ""), style_of) for x, value in enumerate(row)],
        }
        for y, (row, style_of) in enumerate(listed)
    ]
    return {
        "kind": "table",
        "key": key,
        "heading": heading,
        "style": style,
        "columns": [{"label": label, "right": is_right} for (_, label, _), is_right in zip(columns, right, strict=True)],
        "rows": shown,
        "data": [column(name, label, unit) for name, label, unit in columns],
        "values": [[_value(cell) for cell in row] for row, _ in listed],
    }


def side_by_side(*tables: dict, across: int = 2) -> dict:
    """Return tables beside each other."""
    return {"kind": "tables", "across": across, "tables": list(tables)}


def section(portfolio, key: str, blocks: Sequence[dict]) -> None:
    """Publish a section: the first table is its own, further tables are its parts."""
    title = word(portfolio, key)
    found = [part for block in blocks for part in block.get("tables", [block]) if part["kind"] == "table"]
    parts = [
        payload("table", f"{key}_{part['key'] or place}", title=part["heading"], columns=part["data"], rows=part["values"])
        for place, part in enumerate(found[1:], start=2)
    ]
    first = {"columns": found[0]["data"], "rows": found[0]["values"]} if found else {}
    words = [Markup.escape(block["words"]) for block in blocks if block["kind"] in ("lead", "line")]
    markup = html.page("portfolio/section", portfolio, key=key, title=title, blocks=blocks)
    plain = Markup(" ").join([title, *words]).striptags()
    content = payload("section", key, title=title, parts=parts, **first)
    publish(content, html=markup, plain=plain)


def names(portfolio, found: Iterable[str], *, most: int = 100) -> str:
    """Join names; beyond the most, say how many more there are."""
    listed = list(found)
    joined = reading.say(portfolio, "comma").join(listed[:most])
    return joined if len(listed) <= most else word(portfolio, "more_measures", names=joined, count=len(listed) - most)


def _cell(portfolio, value, entry: tuple, is_right: bool, mark: str, row_style: str) -> dict:
    blank = row_style == "kam-rest" and (value is None or value is pd.NA or (isinstance(value, float) and value != value))
    words = "" if blank else written(portfolio, value, entry[2])
    held = "kam-clip" if entry[0] in NAMES else "kam-nobreak" if entry[0] in DAYS else ""
    return {"words": words, "style": " ".join(name for name in ("kam-right" if is_right else "", mark, held) if name)}


def _value(cell):
    if isinstance(cell, Markup):
        return cell.striptags()
    return cell if isinstance(cell, str) else None if cell is None or pd.isna(cell) else float(cell)
