"""Select: weigh the criteria and set the gates, rate blind, open together and agree; who is a key account follows (M2)."""

from __future__ import annotations

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from kamlib.data.history import known_at
from kamlib.policy import Policy
from kamlib.scores.choice import choice
from kamlib.scores.facts import daily_facts
from kamlib.selection import COMPONENTS
from kamlib.show import text
from kamlib.workshop.blind import Blind, blind_controls
from kamlib.workshop.cuts import Cut, listed, moved, once, save_moved, wanted
from kamlib.workshop.panel import Panel, label, page, say
from kamlib.workshop.ranking import criterion, ranking_page
from kamlib.workshop.session import Workshop

WEIGH, RATE, AGREE = "weigh", "rate", "agree"
READ = ["revenue_amount", "orders_count", "growth_rate", "margin_amount"]
WEIGHTS = {name: Cut((f"qualification.weights.{name}",), 0, 50) for name in COMPONENTS}
GATES = {
    "fit_from": Cut(("qualification.fit_from",), 1, 5),
    "largest_order": Cut(("qualification.largest_order_share",), 20, 100, scale=0.01),
    "years": Cut(("qualification.years",), 2, 5),
    "verdicts": Cut(("qualification.candidate_score", "qualification.qualified_score"), 0, 100),
}
CUTS = WEIGHTS | GATES
TENTHS = 1000  # of a share: weights are written to a tenth of a per cent


def select(workshop: Workshop) -> Panel:
    """Return the panel on which a room decides who is a key account.

    Parameters
    ----------
    workshop : Workshop

    Returns
    -------
    Panel
        Control ``part`` switches between weights and gates (a slider each, by criterion and gate), rating blind and opening
        (``account people assessor reveal`` and one control per criterion that people judge).
    """
    names, values = workshop.accounts, workshop.scores.values["account"][READ]
    facts_of = once(lambda room: daily_facts(known_at(room.tables, room.as_of), room.as_of))
    before_of = once(lambda room: choice(facts_of(room), values, room.engagement.policy, room.as_of))
    parts = [(say(workshop, f"select.{part}"), part) for part in (WEIGH, RATE, AGREE)]
    part = widgets.ToggleButtons(options=parts, style={"button_width": "auto"})
    sliders = {name: cut.control() for name, cut in CUTS.items()}
    heads = {f"{key}_words": label(say(workshop, f"select.{key}")) for key in ("weights", "gates")}
    judged = blind_controls(workshop)
    blind = Blind(workshop, judged, names, values, before_of)

    def load() -> None:
        for control in (*sliders.values(), *heads.values()):
            control.layout.display = None if part.value == WEIGH else "none"
        blind.show(is_rating=part.value == RATE, is_opening=part.value == AGREE)
        for name, cut in CUTS.items():
            cut.put(sliders[name], workshop.engagement)
        blind.load(is_opening=part.value == AGREE)

    def draw() -> Markup:
        if part.value != WEIGH:
            return page(workshop, blind.page(is_opening=part.value == AGREE))
        _describe(workshop, sliders)
        policy = _policy(workshop, sliders)
        found = choice(facts_of(workshop), values, policy, workshop.as_of)
        return page(workshop, ranking_page(workshop, found, before_of(workshop), policy, names, values["revenue_amount"]))

    def save() -> str:
        if part.value == WEIGH:
            _policy(workshop, sliders)
            return save_moved(workshop, wanted(CUTS, sliders), _what(workshop, sliders))
        return blind.agree() if part.value == AGREE else blind.rate()

    weights, gates = ({name: sliders[name] for name in cuts} for cuts in (WEIGHTS, GATES))
    ordered = {"weights_words": heads["weights_words"], **weights, "gates_words": heads["gates_words"], **gates}
    panel = Panel(workshop, "select", {"part": part, **ordered, **judged}, draw, save=save, load=load)
    for control in (part, judged["account"]):
        control.observe(lambda _: panel.load(), "value")
    judged["reveal"].on_click(lambda _: (blind.open(), panel.load()))
    return panel


def shares(weights: pd.Series) -> pd.Series:
    """Return weights as shares in tenths of a per cent that add up to exactly 1.

    Parameters
    ----------
    weights : Series of float
        Not negative, one of them above 0.

    Returns
    -------
    Series of float
        What rounding leaves goes to the largest remainders, equal ones in the order given.

    Examples
    --------
    >>> shares(pd.Series({"a": 1.0, "b": 1.0, "c": 1.0})).tolist()
    [0.334, 0.333, 0.333]
    """
    exact = (weights / weights.sum() * TENTHS).round(6)
    whole = exact // 1
    left = round(TENTHS - whole.sum())
    largest = (exact - whole).sort_values(ascending=False, kind="stable").index[:left]
    return (whole + exact.index.isin(largest)) / TENTHS


def _policy(workshop: Workshop, sliders: dict[str, widgets.Widget]) -> Policy:
    """Return the policy with what the sliders say; what does not go together is said in the words of the room."""
    values = wanted(CUTS, sliders)
    if not any(values[cut.paths[0]] for cut in WEIGHTS.values()):
        raise ValueError(say(workshop, "select.all_zero"))
    low, high = (values[path] for path in GATES["verdicts"].paths)
    if low >= high:
        raise ValueError(say(workshop, "select.rising"))
    return workshop.engagement.overridden(values).policy


def _describe(workshop: Workshop, sliders: dict[str, widgets.Widget]) -> None:
    """Write before each slider what it stands for: weights as shares, gates as rules."""
    weights = pd.Series({name: sliders[name].value for name in WEIGHTS}, dtype=float)
    written = shares(weights) if weights.sum() else weights
    for name, share in written.items():
        value = text.number(share, "share", language=workshop.language)
        sliders[name].description = say(workshop, "select.of", name=criterion(workshop, name), value=value)
    for name in GATES:
        sliders[name].description = say(workshop, f"select.{name}", **_gate_places(workshop, name, sliders[name].value))


def _gate_places(workshop: Workshop, name: str, value: float | tuple[float, float]) -> dict[str, str]:
    if name == "largest_order":
        return {"value": text.number(value / 100, "share", language=workshop.language)}
    ends = value if isinstance(value, tuple) else (value,)
    return dict(zip(("value",) if len(ends) == 1 else ("low", "high"), (f"{end:g}" for end in ends), strict=True))


def _what(workshop: Workshop, sliders: dict[str, widgets.Widget]) -> str:
    changed = moved(workshop.engagement, wanted(CUTS, sliders))
    said = [sliders[name].description for name, cut in CUTS.items() if changed.keys() & set(cut.paths)]
    return say(workshop, "select.saved", names=listed(workshop, said, most=len(CUTS)))
