"""Stage: the room rates six dimensions, beside what the data say; what it agrees on is the rating from then on (M12)."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets as widgets
import numpy as np
import pandas as pd
from markupsafe import Markup

from kamlib import lifecycle
from kamlib.data.plan import Assessment
from kamlib.lifecycle import AGREED, DIMENSIONS, ITEM_PREFIX, RELATIONSHIP_STAGES
from kamlib.playbook import playbook
from kamlib.show import reading, text
from kamlib.workshop.panel import Panel, choose_account, label, page, say, table
from kamlib.workshop.session import Workshop


def stage(workshop: Workshop, account_id: str = "") -> Panel:
    """Return the panel on which a room stages one relationship after the other.

    Parameters
    ----------
    workshop : Workshop
    account_id : str
        Where it starts; blank for the largest account.

    Returns
    -------
    Panel
        Controls ``account`` and one per dimension.
    """
    chooser = choose_account(workshop, account_id)
    rated = {entry["id"]: _anchors(workshop, entry) for entry in playbook("relationship")["dimensions"]}
    named = {entry["id"]: entry["name"][workshop.language] for entry in playbook("relationship")["dimensions"]}
    controls = {"account": chooser}
    for name, control in rated.items():
        controls |= {f"{name}_label": label(named[name]), name: control}

    def ratings() -> pd.Series:
        return pd.Series({name: np.nan if control.value is None else float(control.value) for name, control in rated.items()})

    def load() -> None:
        for name, control in rated.items():
            control.value = _now(workshop, chooser.value, name)

    def draw() -> Markup:
        return page(workshop, _page(workshop, chooser.value, ratings(), named))

    def save() -> str:
        found = ratings().dropna()
        source = f"{say(workshop, 'stage.source')}: {workshop.by}" if workshop.by else say(workshop, "stage.source")
        agreed = [
            Assessment(item=f"{ITEM_PREFIX}{name}", level=int(level), source=source, assessed_on=workshop.as_of, assessor=AGREED)
            for name, level in found.items()
        ]
        plan = workshop.plan(chooser.value)
        kept = [
            entry
            for entry in plan.assessments
            if not (entry.assessor == AGREED and entry.assessed_on == workshop.as_of and _is_dimension(entry.item))
        ]
        what = say(workshop, "stage.saved", account=workshop.accounts[chooser.value], rated=len(found))
        workshop.save_plan(plan.model_copy(update={"assessments": [*kept, *agreed]}), what)
        return what

    panel = Panel(workshop, "stage", controls, draw, save=save, load=load)
    chooser.observe(lambda _: panel.load(), "value")
    return panel


def _anchors(workshop: Workshop, entry: dict) -> widgets.RadioButtons:
    """Return the four sentences of a dimension; a room picks a sentence, not a number."""
    said = [(f"{level} {entry['anchors'][name][workshop.language]}", level) for level, name in enumerate(RELATIONSHIP_STAGES, 1)]
    return widgets.RadioButtons(options=[*said, (say(workshop, "stage.open"), None)], layout={"width": "auto"})


def _is_dimension(item: str) -> bool:
    return item.removeprefix(ITEM_PREFIX) in DIMENSIONS and item.startswith(ITEM_PREFIX)


def _value(workshop: Workshop, account_id: str, metric: str) -> float | None:
    row = workshop.scores.values["account"].loc[account_id]
    return float(row[metric]) if metric in row and text.is_measured(row[metric]) else None


def _now(workshop: Workshop, account_id: str, dimension: str) -> int | None:
    found = _value(workshop, account_id, f"{dimension}_rating_count")
    return None if found is None else int(found)


def _page(workshop: Workshop, account_id: str, ratings: pd.Series, named: dict[str, str]) -> Iterator[Markup]:
    rules, name = workshop.engagement.policy.relationship, workshop.accounts[account_id]
    frame = ratings.rename(account_id).to_frame().T
    found = lifecycle.relationship_stage(frame, rules=rules).loc[account_id]
    counted = {"account": name, "rated": int(found["rated_count"]), "all": len(DIMENSIONS)}
    if pd.isna(found["relationship_stage_number"]):
        yield Markup("<p class='kam-lead'>{}</p>").format(say(workshop, "stage.few", least=rules.fewest_rated, **counted))
    else:
        words = reading.class_words(found["relationship_stage"], "relationship_stage", language=workshop.language)
        score = text.decimal(found["relationship_score"], 0, language=workshop.language)
        yield Markup("<p class='kam-lead'>{}</p>").format(say(workshop, "stage.verdict", stage=words, score=score, **counted))
    yield from _gap(workshop, frame, found["relationship_stage_number"], named)
    against = [named[dimension] for dimension in DIMENSIONS if _is_apart(workshop, account_id, dimension, ratings[dimension])]
    if against:
        names = say(workshop, "bar.comma").join(against)
        yield Markup("<p class='kam-worse'>{}</p>").format(say(workshop, "stage.against", names=names))
    heads = [say(workshop, f"stage.{key}") for key in ("dimension", "room", "data", "before")]
    yield table(heads, [_row(workshop, account_id, dimension, ratings[dimension], named) for dimension in DIMENSIONS])


def _gap(workshop: Workshop, frame: pd.DataFrame, number: float, named: dict[str, str]) -> Iterator[Markup]:
    """Yield what keeps the relationship from the next stage, each as the sentence that has to become true."""
    if pd.isna(number):
        return
    if number == len(RELATIONSHIP_STAGES):
        yield Markup("<p>{}</p>").format(say(workshop, "stage.highest"))
        return
    anchors = {entry["id"]: entry["anchors"] for entry in playbook("relationship")["dimensions"]}
    short = lifecycle.stage_gap(frame, pd.Series(number, index=frame.index))
    following = RELATIONSHIP_STAGES[int(number)]
    lines = [
        Markup("<li><b>{}</b> {}</li>").format(named[dimension], anchors[dimension][following][workshop.language])
        for dimension in short["dimension"]
    ]
    yield Markup("<p>{}</p><ul>{}</ul>").format(say(workshop, "stage.short"), Markup("").join(lines))


def _row(workshop: Workshop, account_id: str, dimension: str, rating: float, named: dict[str, str]) -> list:
    evidence, dash = _value(workshop, account_id, f"{dimension}_evidence"), say(workshop, "bar.dash")
    now = dash if pd.isna(rating) else f"{rating:g}"
    told = dash if evidence is None else f"{evidence:g}"
    apart = _is_apart(workshop, account_id, dimension, rating)
    return [
        named[dimension],
        now,
        Markup("<b class='kam-worse'>{}</b>").format(told) if apart else told,
        _rated_before(workshop, account_id, dimension),
    ]


def _is_apart(workshop: Workshop, account_id: str, dimension: str, rating: float) -> bool:
    """Tell whether the data speak against a rating."""
    evidence = _value(workshop, account_id, f"{dimension}_evidence")
    return evidence is not None and abs(evidence - rating) >= workshop.engagement.policy.relationship.evidence_gap


def _rated_before(workshop: Workshop, account_id: str, dimension: str) -> str:
    """Return the newest rating of each assessor in one line: agreement as one number, disagreement as its span."""
    rated = workshop.tables.get("assessments")
    mine = (
        None if rated is None else rated[(rated["account_id"].astype(str) == account_id) & (rated["item"] == f"{ITEM_PREFIX}{dimension}")]
    )
    if mine is None or mine.empty:
        return say(workshop, "bar.dash")
    newest = mine.sort_values("assessed_on", kind="stable").groupby(mine["assessor"].fillna(""))["level"].last()
    if newest.min() == newest.max():
        return f"{newest.min():g}"
    return say(workshop, "stage.apart", low=f"{newest.min():g}", high=f"{newest.max():g}")
