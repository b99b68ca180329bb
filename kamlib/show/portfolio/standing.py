"""Where the accounts stand: value and potential, tiers and stars, lifecycle."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kamlib import segments
from kamlib.packs import review
from kamlib.playbook import playbook
from kamlib.show import html, reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import lead, note, word
from kamlib.show.portfolio.left_out import leave_out, not_measured
from kamlib.show.portfolio.page import unrated_words
from kamlib.show.publish import column, payload, publish
from kamlib.show.sections import POTENTIALS, VALUES
from kamlib.show.tables import STAGES

TIERS = ("strategic", "key", "basic", "none")
STARS = (5.0, 4.0, 3.0, 0.0)
COUNTED = {
    "accounts_count": "count",
    "accounts_share": "share",
    "revenue_amount": "amount",
    "revenue_share": "share",
    "growth_rate": "rate",
}


def matrix(portfolio) -> None:
    """Publish the value-potential matrix: accounts, revenue and the largest names of each cell."""
    title, found = word(portfolio, "portfolio_matrix"), review.cells(portfolio.accounts)
    revenue = review.active_revenue(portfolio.accounts)
    pairs = [(value, potential) for value in VALUES for potential in POTENTIALS]
    owners = segments.segment(pd.DataFrame(pairs, columns=["value_class", "potential_class"]))
    cells = [_cell(portfolio, found.get(pair), pair, owner, revenue) for pair, owner in zip(pairs, owners, strict=True)]
    rows = [cells[start : start + len(POTENTIALS)] for start in range(0, len(cells), len(POTENTIALS))]
    notes = text.paragraph(_matrix_notes(portfolio), language=portfolio.language)
    view = {"title": title, "unrated": unrated_words(portfolio), "cells": rows, "notes": notes}
    markup = html.page("portfolio/matrix", portfolio, potentials=POTENTIALS, **view)
    columns = [
        column(key, key, unit)
        for key, unit in (("value_class", "text"), ("potential_class", "text"), ("accounts_count", "count"), ("revenue_amount", "amount"))
    ]
    values = [[*pair, entry["accounts_count"], entry["revenue_amount"]] for pair, entry in found.items()]
    publish(payload("section", "portfolio_matrix", title=title, columns=columns, rows=values), html=markup, plain=f"{title}. {notes}")


def tiers(portfolio) -> None:
    """Publish accounts and revenue per spend tier and per number of stars."""
    if leave_out(portfolio, "portfolio_tiers"):
        return
    found = [
        (_tier_table, portfolio.accounts["tier"].notna().any(), "tier"),
        (_star_table, portfolio.accounts["stars_count"].notna().any(), "stars_count"),
    ]
    shown = [make(portfolio) for make, is_measured, _ in found if is_measured]
    why = [lead(not_measured(portfolio, metric)) for _, is_measured, metric in found if not is_measured]
    blocks.section(portfolio, "portfolio_tiers", [*why, *([blocks.side_by_side(*shown)] if shown else [])])


def lifecycle(portfolio) -> None:
    """Publish accounts, revenue and growth per stage of the lifecycle."""
    if leave_out(portfolio, "portfolio_lifecycle"):
        return
    names = [playbook("lifecycle")[stage]["name"][portfolio.language] for stage in STAGES]
    counted = _class_table(portfolio, "lifecycle_stage", STAGES, names, word(portfolio, "stage"), tuple(COUNTED))
    blocks.section(portfolio, "portfolio_lifecycle", [counted, note(reading.say(portfolio, "stage_note"))])


def _cell(portfolio, found: dict | None, pair: tuple[str, str], owner: str, revenue: float) -> dict:
    view = {"value": pair[0], "segment": owner, "name": reading.class_words(owner, "segment", language=portfolio.language)}
    if not found:
        return {**view, "words": "", "names": [], "more": ""}
    share = text.number(found["revenue_amount"] / revenue if revenue > 0 else None, "share", language=portfolio.language)
    words = word(portfolio, "cell_revenue", count=blocks.count(portfolio, found["accounts_count"]), share=share)
    left = found["accounts_count"] - len(found["names"])
    more = word(portfolio, "cell_more", count=blocks.count(portfolio, left)) if left else ""
    return {**view, "words": words, "names": found["names"], "more": more}


def _matrix_notes(portfolio) -> list[str]:
    accounts, notes = portfolio.accounts, [word(portfolio, "matrix_names")]
    inside = accounts[accounts["value_class"].notna()]
    if len(inside) < len(accounts):
        notes.append(word(portfolio, "matrix_outside", count=blocks.count(portfolio, len(accounts) - len(inside))))
    return notes


def _tier_table(portfolio) -> dict:
    names = [playbook("tiers")[key]["name"][portfolio.language] for key in TIERS]
    return _class_table(portfolio, "tier", TIERS, names, word(portfolio, "tier"), ("accounts_count", "revenue_amount", "revenue_share"))


def _star_table(portfolio) -> dict:
    names = ["★" * int(stars) or reading.say(portfolio, "no_stars") for stars in STARS]
    return _class_table(
        portfolio, "stars_count", STARS, names, word(portfolio, "stars"), ("accounts_count", "revenue_amount", "revenue_share")
    )


def _class_table(portfolio, metric: str, order: Sequence, names: list[str], label: str, shown: tuple[str, ...]) -> dict:
    found = review.by_class(portfolio.accounts, metric, order=order)
    rows = [
        [name, *row] for name, row in zip([*names, word(portfolio, "blank_class")], found[list(shown)].to_numpy().tolist(), strict=True)
    ]
    unclassed = rows.pop()
    columns = [(metric, label, "text"), *((key, word(portfolio, key), COUNTED[key]) for key in shown)]
    return blocks.table(
        portfolio, columns, rows, rest=[[reading.say(portfolio, "not_measured"), *unclassed[1:]]] if unclassed[1] else [], key=metric
    )
