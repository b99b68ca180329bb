"""The departments behind the managers: how they serve, whether they keep their word, what they were held to."""

from __future__ import annotations

import pandas as pd

from kamlib.scorecards import NO_DEPARTMENT
from kamlib.show import reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import note, word
from kamlib.show.portfolio.league import best_and_worst, measured_by_some
from kamlib.show.portfolio.left_out import leave_out

COLUMNS = (
    "tickets_count",
    "answered_24h_rate",
    "solved_48h_rate",
    "green_channel_rate",
    "promises_due_count",
    "promises_kept_rate",
    "scorecard_score",
)
MOST_TARGETS, MET = 40, 100


def back_office(portfolio) -> None:
    """Publish the card of each department and what became of its targets; one line where no department is named."""
    if leave_out(portfolio, "portfolio_back_office"):
        return
    found, language = portfolio.departments, portfolio.language
    absent = blocks.names(portfolio, [text.input_name(name, language=language) for name in portfolio.departments_missing])
    table = _targets(portfolio)
    day = text.day(portfolio.as_of, language=portfolio.language)
    notes = [word(portfolio, "back_office_note")]
    notes.append(word(portfolio, "department_targets_note", day=day) if table else word(portfolio, "no_department_targets"))
    notes += [word(portfolio, "back_office_more", inputs=absent)] if absent else []
    shown = [_card(portfolio, found), *table, note(text.paragraph(notes, language=portfolio.language))]
    blocks.section(portfolio, "portfolio_back_office", shown)


def _card(portfolio, found: pd.DataFrame) -> dict:
    metrics, _ = measured_by_some(found, [metric for metric in COLUMNS if metric in found])
    rates = [metric for metric in metrics if not metric.endswith("_count")]
    named = found[found["department"] != NO_DEPARTMENT]
    rows = [[_name(portfolio, key), *row] for key, row in zip(found["department"], found[metrics].to_numpy().tolist(), strict=True)]
    whole = [word(portfolio, "all_departments"), *(_company(portfolio, found, metric) for metric in metrics)]
    columns = [("department", word(portfolio, "department"), "text")]
    columns += [(metric, word(portfolio, f"short_{metric}"), text.metric_unit(metric)) for metric in metrics]
    marks = best_and_worst(named, rates, places=[metrics.index(metric) + 1 for metric in rates])
    return blocks.table(portfolio, columns, rows, whole=whole, marks=marks, style="kam-dense")


def _company(portfolio, found: pd.DataFrame, metric: str) -> float | None:
    if metric == "scorecard_score":
        return None
    return found[metric].sum() if metric.endswith("_count") else reading.figure(portfolio, metric)


def _targets(portfolio) -> list[dict]:
    rows = portfolio.table("department_targets")
    if rows.empty:
        return []
    labels = ("department", "measure", "period", "floor", "target", "reached", "score")
    units = {"floor": "written", "target": "written", "reached": "written", "score": "score"}
    columns = [(key, word(portfolio, key), units.get(key, "text")) for key in labels]
    shown = rows.sort_values(["score", "department", "metric"], na_position="last", kind="stable").head(MOST_TARGETS)
    listed = [_target_row(portfolio, entry) for entry in shown.to_dict("records")]
    short = {(place, labels.index("score")): "kam-worse" for place, score in enumerate(shown["score"]) if score < MET}
    return [blocks.table(portfolio, columns, listed, marks=short, heading=word(portfolio, "department_targets"), key="targets")]


def _target_row(portfolio, entry: dict) -> list:
    metric, company = entry["metric"], entry["is_company"] == 1
    name = word(portfolio, "of_the_company", name=reading.label(portfolio, metric)) if company else reading.label(portfolio, metric)
    period = word(portfolio, "so_far", period=entry["period"]) if entry["is_running"] == 1 else entry["period"]
    numbers = [reading.write(portfolio, metric, entry[key]) for key in ("floor", "target", "value")]
    return [_name(portfolio, entry["department"]), name, period, *numbers, entry["score"]]


def _name(portfolio, department: str) -> str:
    return word(portfolio, "no_department") if department == NO_DEPARTMENT else department
