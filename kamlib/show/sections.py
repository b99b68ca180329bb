"""The sections behind the first page; each publishes itself, and one line where it has no data."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from platform import python_version

import pandas as pd
from IPython.display import display

from kamlib import segments
from kamlib.show import figures, html, reading, tables, text
from kamlib.show.page import unrated_words
from kamlib.show.provenance import publish_receipts
from kamlib.show.publish import column, payload, publish
from kamlib.show.reading import say

# As the matrix is read: from the top left corner, where value and potential are highest.
VALUES, POTENTIALS = ("top", "mid", "low"), ("high", "stable", "declining")


def position(account) -> None:
    """Publish where the account stands: its rank, and the count of accounts in each cell of the matrix."""
    place = account.position
    rank_key = "rank" if place["revenue_rank"] else "no_rank"
    rank = say(account, rank_key, rank=place["revenue_rank"], count=_count(account, place["active_accounts_count"]))
    view = {"rank": rank, "unrated": unrated_words(account), "cells": _cells(account), "notes": _position_notes(account)}
    markup = html.page("position", account, potentials=POTENTIALS, **view)
    columns = [column("value", say(account, "value"))]
    columns += [column(key, say(account, key, group="classes"), "count") for key in POTENTIALS]
    rows = [[value, *(place["matrix"][value][potential] for potential in POTENTIALS)] for value in VALUES]
    publish(payload("section", "position", title=say(account, "position"), columns=columns, rows=rows), html=markup, plain=rank)


def revenue_quarters(account) -> None:
    """Publish revenue by quarter, and the margin rate beneath where cost is known."""
    quarters = pd.DataFrame(account.quarters)
    key = "purchases_quarters" if account.edition == "customer" else "revenue_quarters"
    title = say(account, key)
    bought = quarters["revenue_amount"].astype(float).abs().sum() > 0
    notes = [
        say(account, "quarters_end", day=text.day(account.as_of, language=account.language)) if bought else say(account, "no_quarters")
    ]
    if bought and quarters["margin_rate"].isna().all() and account.edition != "customer":
        notes.append(say(account, "no_margin"))
    markup = html.page("section", account, key="revenue_quarters", title=title, notes=notes)
    publish(payload("section", "revenue_quarters", title=title), html=markup, plain=title)
    if bought:
        columns = [column("label", say(account, "quarter")), column("revenue_amount", say(account, "revenue"), "amount")]
        columns.append(column("margin_rate", say(account, "margin"), "rate"))
        rows = [[quarter[entry["id"]] for entry in columns] for quarter in account.quarters]
        content = payload("figure", "figure_quarters", title=title, columns=columns, rows=rows)
        publish(content, plain=_quarters_alt(account, title), png=quarters_png(account, quarters))


def quarters_png(account, quarters: pd.DataFrame) -> bytes:
    """Draw the quarters as one figure of aligned panels."""
    language, amounts = account.language, quarters["revenue_amount"].astype(float)
    scale, unit, places = text.money_scale(amounts.abs().max(), account.currency, language=language)
    has_margin = quarters["margin_rate"].astype(float).notna().any()
    figure, axes = figures.panels(*([1.55, 0.8] if has_margin else [1.55]))
    heading = say(account, "purchases_heading" if account.edition == "customer" else "revenue_heading", unit=unit)
    shown = {"heading": heading, "scale": scale, "places": places, "spans": _spans(account), "foot": not has_margin}
    figures.plot_revenue(quarters, axes[0], language=language, **shown)
    if has_margin:
        figures.plot_margin(quarters, axes[1], heading=say(account, "margin_heading"), language=language)
    return figures.png(figure)


def kpi_table(account) -> None:
    """Publish the ten KPIs with their change, their trend and the portfolio beside them."""
    rows, title = tables.kpi_rows(account), say(account, "kpi_table")
    columns, data = tables.kpi_data(account, rows)
    notes = say(account, "kpi_notes", day=text.day(account.as_of, language=account.language))
    content = payload("section", "kpi_table", title=title, columns=columns, rows=data)
    publish(content, html=html.page("kpi_table", account, rows=rows, notes=notes), plain=title)


def lifecycle(account) -> None:
    """Publish the ladder of the four stages and what the account's own stage asks for."""
    title, touches = say(account, "lifecycle"), tables.touches(account)
    reason = "" if touches else say(account, "no_stage", reason=reading.value_words(account, "lifecycle_stage"))
    if account.data.get("care", {}).get("plan"):
        touches = []  # the plan below has the same lines, with their dates
    markup = html.page("lifecycle", account, steps=tables.ladder(account), touches=touches, signs=tables.signs(account), reason=reason)
    columns = [column("action", say(account, "move")), column("owner", say(account, "owner")), column("cadence", say(account, "cadence"))]
    publish(payload("section", "lifecycle", title=title, columns=columns, rows=touches), html=markup, plain=title)


def data_quality(account) -> None:
    """Publish which rows the workbook stands on, and every measure that is missing with its reason."""
    title, missing = say(account, "data_quality"), tables.unmeasured(account)
    columns, rows = tables.quality(account)
    view = tables.quality_view(account, columns, rows)
    markup = html.page("data_quality", account, **view, missing=missing)
    headings = [column("metric", say(account, "measure")), column("reason", say(account, "reason"))]
    pairs = [[measure, reason] for reason, measures in missing.items() for measure in measures]
    part = payload("table", "unmeasured", title=say(account, "what_is_missing"), columns=headings, rows=pairs)
    publish(payload("section", "data_quality", title=title, columns=columns, rows=rows, parts=[part]), html=markup, plain=title)


def receipts(account) -> None:
    """Publish how each number came about, folded."""
    publish_receipts(account, tables.receipted(account))


def versions() -> None:
    """Show what the workbook was made with."""
    names = ("kamlib", "pandas", "numpy", "duckdb", "matplotlib", "papermill")
    shown = " · ".join([f"python {python_version()}", *(f"{name} {_version(name)}" for name in names)])
    display({"text/plain": shown}, raw=True)


_version = cache(version)


def _count(account, value: float) -> str:
    return text.decimal(value, 0, language=account.language)


def _cells(account) -> list[list[dict]]:
    """Return the matrix row by row: whose segment a cell is, how many accounts it holds, whether it is the account's own."""
    language, matrix = account.language, account.position["matrix"]
    pairs = [(value, potential) for value in VALUES for potential in POTENTIALS]
    owners = segments.segment(pd.DataFrame(pairs, columns=["value_class", "potential_class"]))
    cells = [
        {
            "value": value,
            "segment": owner,
            "name": reading.class_words(owner, "segment", language=language),
            "count": _accounts_words(account, matrix[value][potential]),
            "own": [value, potential] == list(account.position["cell"]),
        }
        for (value, potential), owner in zip(pairs, owners, strict=True)
    ]
    return [[cell for cell in cells if cell["value"] == value] for value in VALUES]


def _accounts_words(account, count: int | None) -> str:
    return "" if count is None else say(account, "accounts_here", count=_count(account, count))


def _position_notes(account) -> str:
    inside = all(account.position["cell"])
    floor = int(account.policy["benchmark.minimum_accounts"]["value"])
    notes = [] if inside else [say(account, "no_cell")]
    return text.paragraph([*notes, say(account, "cell_note", count=floor)], language=account.language)


def _spans(account) -> list[str]:
    latest, before = reading.figure(account, "revenue_amount"), reading.figure(account, "revenue_prior_amount")
    pairs = (("span_before_part" if reading.is_short(account) else "span_before", before), ("span_latest", latest))
    return [say(account, key, amount=reading.write(account, "revenue_amount", amount)) for key, amount in pairs]


def _quarters_alt(account, title: str) -> str:
    series = [f"{quarter['label']} {reading.write(account, 'revenue_amount', quarter['revenue_amount'])}" for quarter in account.quarters]
    return say(account, "figure_alt", title=title, series=say(account, "semicolon").join(series))
