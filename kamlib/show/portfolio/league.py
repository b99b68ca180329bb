"""Who does how well: the portfolio's KPIs, managers and accounts in league tables, movers, groups."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kamlib.packs import review
from kamlib.playbook import playbook
from kamlib.show import facts, html, reading, tables, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import MOST_ROWS, lead, note, word
from kamlib.show.portfolio.left_out import leave_out
from kamlib.show.publish import payload, publish

MOST_MANAGERS = MOST_ACCOUNTS = 15
FEWEST_TO_RANK = 3
OF_MANY = ("new_customer_rate", "retention_rate")  # a single account has none (F12)


def kpis(portfolio) -> None:
    """Publish the ten KPIs of the whole portfolio with change and trend."""
    title, rows = word(portfolio, "portfolio_kpis"), tables.kpi_rows(portfolio)
    columns, data = tables.kpi_data(portfolio, rows)
    day = text.day(portfolio.as_of, language=portfolio.language)
    markup = html.page("portfolio/kpis", portfolio, title=title, rows=rows, notes=reading.say(portfolio, "kpi_notes", day=day))
    publish(payload("section", "portfolio_kpis", title=title, columns=columns, rows=data), html=markup, plain=title)


def managers(portfolio) -> None:
    """Publish the ten KPIs of each manager, the portfolio below; of more than fifteen, the largest."""
    found = portfolio.managers
    if leave_out(portfolio, "portfolio_managers"):
        return None
    shown, rest = found.head(MOST_MANAGERS), found.iloc[MOST_MANAGERS:]
    names = [_manager_name(portfolio, *pair) for pair in shown[["manager_id", "name"]].astype(object).to_numpy()]
    ten, blind = measured_by_some(found, list(facts.KPIS))
    metrics = [*ten, *measured_by_some(found, ["scorecard_score"])[0]]
    rows = [[name, *row] for name, row in zip(names, shown[["accounts_count", *metrics]].to_numpy().tolist(), strict=True)]
    further = [word(portfolio, "further_managers", count=len(rest)), rest["accounts_count"].sum(), *_sums(rest, metrics)]
    whole = [word(portfolio, "whole"), float(len(portfolio.accounts)), *(reading.figure(portfolio, metric) for metric in metrics)]
    columns = [
        ("manager", word(portfolio, "manager"), "text"),
        ("accounts_count", word(portfolio, "accounts_count"), "count"),
        *_columns(portfolio, metrics),
    ]
    marks = best_and_worst(shown, metrics, places=range(2, 2 + len(metrics)))
    board = blocks.table(portfolio, columns, rows, rest=[further] if len(rest) else [], whole=whole, marks=marks, style="kam-dense")
    scored = [word(portfolio, "score_note")] if "scorecard_score" in metrics else []
    said = text.paragraph([_league_note(portfolio, blind), *scored], language=portfolio.language)
    return blocks.section(portfolio, "portfolio_managers", [board, note(said)])


def accounts(portfolio) -> None:
    """Publish the KPIs of the fifteen largest accounts, the rest in sum."""
    found = portfolio.accounts
    shown, rest = found.head(MOST_ACCOUNTS), found.iloc[MOST_ACCOUNTS:]
    metrics, blind = measured_by_some(found, [metric for metric in facts.KPIS if metric not in OF_MANY])
    classes = [_class(portfolio, key, "segment") for key in shown["segment"].astype(object)]
    values = shown[["name", *metrics]].to_numpy(dtype=object).tolist()
    rows = [[name, key, *row] for key, (name, *row) in zip(classes, values, strict=True)]
    further = [word(portfolio, "further", count=blocks.count(portfolio, len(rest))), None, *_sums(rest, metrics)]
    whole = [word(portfolio, "whole"), "", *(reading.figure(portfolio, metric) for metric in metrics)]
    columns = [("name", word(portfolio, "account"), "text"), ("segment", word(portfolio, "segment"), "text"), *_columns(portfolio, metrics)]
    marks = best_and_worst(shown, metrics, places=range(2, 2 + len(metrics)))
    board = blocks.table(portfolio, columns, rows, rest=[further] if len(rest) else [], whole=whole, marks=marks, style="kam-dense")
    blocks.section(portfolio, "portfolio_accounts", [board, note(_league_note(portfolio, blind))])


def movers(portfolio) -> None:
    """Publish the largest gains and losses of revenue against the year before."""
    if leave_out(portfolio, "portfolio_movers"):
        return None
    sides = zip(review.movers(portfolio.accounts), ("gains", "losses_revenue"), ("nobody_gained", "nobody_lost"), strict=True)
    found = [(_moved(portfolio, side, key) if len(side) else None, empty) for side, key, empty in sides]
    shown = [table for table, _ in found if table]
    said = [lead(word(portfolio, empty)) for table, empty in found if not table]
    return blocks.section(portfolio, "portfolio_movers", [*said, blocks.side_by_side(*shown), note(word(portfolio, "movers_note"))])


def groups(portfolio) -> None:
    """Publish the largest groups of accounts, their ratios from summed parts."""
    found = portfolio.groups
    if leave_out(portfolio, "portfolio_groups"):
        return None
    metrics, _ = measured_by_some(found, [metric for metric in facts.KPIS if metric not in OF_MANY])
    shown, rest = found.head(MOST_ROWS), found.iloc[MOST_ROWS:]
    rows = shown[["name", "members_count", *metrics]].to_numpy(dtype=object).tolist()
    further = [word(portfolio, "further", count=blocks.count(portfolio, len(rest))), rest["members_count"].sum(), *_sums(rest, metrics)]
    columns = [
        ("name", word(portfolio, "group"), "text"),
        ("members_count", word(portfolio, "members"), "count"),
        *_columns(portfolio, metrics),
    ]
    return blocks.section(
        portfolio, "portfolio_groups", [blocks.table(portfolio, columns, rows, rest=[further] if len(rest) else [], style="kam-dense")]
    )


def _moved(portfolio, side: pd.DataFrame, key: str) -> dict:
    units = {"name": "text", "revenue_prior_amount": "amount", "revenue_amount": "amount", "change_amount": "amount"}
    labels = {"name": "account", "revenue_prior_amount": "before", "revenue_amount": "now", "change_amount": "change"}
    columns = [(name, word(portfolio, labels[name]), unit) for name, unit in units.items()]
    rest = side.iloc[MOST_ROWS:]
    further = [word(portfolio, "further", count=blocks.count(portfolio, len(rest))), *(rest[name].sum() for name in list(units)[1:])]
    rows = side[list(units)].head(MOST_ROWS).to_numpy(dtype=object).tolist()
    return blocks.table(
        portfolio, columns, rows, rest=[further] if len(rest) else [], heading=word(portfolio, key), key=key, style="kam-dense"
    )


def measured_by_some(found: pd.DataFrame, metrics: list[str]) -> tuple[list[str], list[str]]:
    """Split metrics into those that somebody has and those that nobody has."""
    return [metric for metric in metrics if found[metric].notna().any()], [metric for metric in metrics if found[metric].isna().all()]


def _columns(portfolio, metrics: list[str]) -> list[tuple[str, str, str]]:
    return [(metric, word(portfolio, f"short_{metric}"), text.metric_unit(metric)) for metric in metrics]


def _sums(rest: pd.DataFrame, metrics: list[str]) -> list:
    return [rest[metric].sum() if metric == "revenue_amount" else None for metric in metrics]


def best_and_worst(shown: pd.DataFrame, metrics: list[str], *, places: Sequence[int]) -> dict[tuple[int, int], str]:
    """Mark the best and the worst of each ratio, where three or more are measured; `places` are the columns of the table."""
    marks = {}
    for place, metric in zip(places, metrics, strict=True):
        values = shown[metric].reset_index(drop=True).dropna()
        better = playbook("metrics")[metric]["better"]
        if metric == "revenue_amount" or better == "none" or len(values) < FEWEST_TO_RANK or values.nunique() < FEWEST_TO_RANK:
            continue
        low, high = int(values.idxmin()), int(values.idxmax())
        best, worst = (high, low) if better == "higher" else (low, high)
        marks |= {(best, place): "kam-best", (worst, place): "kam-worse"}
    return marks


def _league_note(portfolio, blind: list[str]) -> str:
    names = blocks.names(portfolio, [reading.inside(portfolio, metric) for metric in blind])
    return word(portfolio, "league_note", names=names) if blind else word(portfolio, "league_note_all")


def _manager_name(portfolio, manager_id: str, name) -> str:
    if manager_id == "(none)":
        return word(portfolio, "unassigned")
    return name if isinstance(name, str) else manager_id


def _class(portfolio, key, metric: str) -> str:
    return reading.class_words(key, metric, language=portfolio.language) if isinstance(key, str) else reading.say(portfolio, "nothing")
