"""What the plan panel shows: the verdict, the section that is written, what the critic says, and the hours it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from markupsafe import Markup

from kamlib.data.plan import Plan
from kamlib.moves import Critique
from kamlib.packs.decide import Decisions
from kamlib.packs.pack import Pack
from kamlib.playbook import playbook
from kamlib.show import text, theme
from kamlib.show.decisions import ShownMove, shown_move
from kamlib.stakeholders import fact_state
from kamlib.workshop.drawing import alternative, drawn, plot_hours
from kamlib.workshop.panel import say, table
from kamlib.workshop.plan_draft import Draft
from kamlib.workshop.plan_numbers import Load, PlanNumbers, Proposed
from kamlib.workshop.session import Workshop


@dataclass(frozen=True)
class Seen:
    """What the page is drawn from.

    Parameters
    ----------
    account_id, section : str
    draft : Draft
    plan : Plan or None
        The draft without what is still to be written; None where nobody has written anything.
    proposed : Proposed
    words : dict of str to ShownMove
        Every move that stands or is dismissed, in words.
    critique : Critique
    load : Load or None
    hours : float
        That an action takes.
    note : str
    """

    account_id: str
    section: str
    draft: Draft
    plan: Plan | None
    proposed: Proposed
    words: dict[str, ShownMove]
    critique: Critique
    load: Load | None
    hours: float
    note: str = ""


def move_words(view: Pack, proposed: Proposed) -> tuple[dict[str, ShownMove], dict[str, str]]:
    """Return every move in words, as decided, and what the rules ask for, by id."""
    decided = {move.id: shown_move(view, Decisions.plain_move(move)) for move in (*proposed.stand, *proposed.gone)}
    return decided, {name: shown_move(view, Decisions.plain_move(move)).action for name, move in proposed.rules.items()}


def plan_parts(workshop: Workshop, numbers: PlanNumbers, seen: Seen) -> Iterator[Markup]:
    """Yield the page of a plan.

    Parameters
    ----------
    workshop : Workshop
    numbers : PlanNumbers
    seen : Seen

    Yields
    ------
    Markup
    """
    yield from _lead(workshop, seen)
    yield Markup("<h3>{}</h3>").format(say(workshop, f"plan.{seen.section}"))
    yield from SECTIONS[seen.section](workshop, numbers, seen)
    yield from _critic(workshop, seen)
    yield from _hours(workshop, seen)


def _lead(workshop: Workshop, seen: Seen) -> Iterator[Markup]:
    undecided = sum(move.state == "proposed" for move in seen.proposed.stand)
    places = {"account": workshop.accounts[seen.account_id], "undecided": undecided}
    if seen.plan is None or not text.is_measured(seen.critique.quality_score):
        words = say(workshop, "plan.lead_none", **places)
    else:
        score = text.decimal(seen.critique.quality_score, 0, language=workshop.language)
        words = say(workshop, "plan.lead", score=score, open=len(seen.critique.found), **places)
    yield Markup("<p class='kam-lead'>{}</p>").format(words)
    unsaved = _joined(workshop, [say(workshop, f"plan.{section}") for section in seen.draft.changed()])
    notes = [say(workshop, "plan.unsaved", sections=unsaved)] if unsaved else []
    if seen.note or notes:
        shown = text.paragraph([*([seen.note] if seen.note else []), *notes], language=workshop.language)
        yield Markup("<p><b>{}</b></p>").format(shown)


def _listed(workshop: Workshop, heads: list[str], rows: list[list], numbers: set[int] = frozenset()) -> Markup:
    return table(heads, rows, numbers=numbers) if rows else Markup("<p>{}</p>").format(say(workshop, "plan.empty"))


def _objectives(workshop: Workshop, numbers: PlanNumbers, seen: Seen) -> Iterator[Markup]:
    heads = [say(workshop, f"plan.{key}") for key in ("text", "measure", "target", "due", "agreed", "served_by")]
    rows = []
    for goal in seen.draft.entries("objectives"):
        serving = [action["id"] for action in seen.draft.entries("actions") if action["objective"] == goal["id"]]
        named = text.metric_name(goal["measure"], language=workshop.language) if goal["measure"] in playbook("metrics") else goal["measure"]
        rows.append([
            _entry(workshop, goal, "text"), _or_dash(workshop, named), _target(workshop, goal), _day(workshop, goal["date"]),
            say(workshop, "plan.yes" if goal["agreed_by_customer"] else "plan.no"), _joined(workshop, serving) or say(workshop, "bar.dash"),
        ])  # fmt: skip
    yield _listed(workshop, heads, rows)


def _target(workshop: Workshop, goal: dict) -> str:
    """Write a target in the unit of its measure, a class in its words, anything else as it was typed."""
    target, measure, language = goal["target"], goal["measure"], workshop.language
    if isinstance(target, float) and measure in playbook("metrics"):
        unit = text.metric_unit(measure)
        return f"{target:g}" if unit == "class" else text.number(target, unit, language=language, currency=workshop.currency)
    return _or_dash(workshop, f"{target:g}" if isinstance(target, float) else target)


def _needs(workshop: Workshop, numbers: PlanNumbers, seen: Seen) -> Iterator[Markup]:
    answers = {entry["id"].removeprefix("answer_"): entry["name"][workshop.language] for entry in playbook("account_file")["answers"]}
    heads = [say(workshop, f"plan.{key}") for key in ("layer", "stated", "hidden", "evidence", "answer")]
    layers = ("business", "organisational", "personal")
    rows = []
    for need in sorted(seen.draft.entries("needs"), key=lambda need: layers.index(need["layer"])):
        words = [_told(workshop, f"layer_{need['layer']}"), _entry(workshop, need, "stated")]
        words += [_or_dash(workshop, need[key]) for key in ("hidden", "evidence")]
        rows.append([*words, _or_dash(workshop, answers.get(need["answer"]))])
    yield _listed(workshop, heads, rows)


def _beliefs(workshop: Workshop, numbers: PlanNumbers, seen: Seen) -> Iterator[Markup]:
    yield from _contacts(workshop, numbers, seen.account_id)
    names = {field["id"]: field["name"][workshop.language] for part in playbook("account_file")["sections"] for field in part["fields"]}
    heads = [say(workshop, f"plan.{key}") for key in ("field", "fact", "known_as", "count_sources", "date")]
    rows = []
    for fact in seen.draft.entries("beliefs"):
        state = say(workshop, f"plan.{fact['state']}")
        is_thin = fact["state"] == "confirmed" and fact_state(fact["sources"]) != "confirmed"
        held = Markup("<b class='kam-worse'>{}</b>").format(say(workshop, "plan.thin", state=state)) if is_thin else state
        words = [names.get(fact["field"], fact["field"]), _entry(workshop, fact, "text"), held, str(len(fact["sources"]))]
        rows.append([*words, _day(workshop, fact["date"])])
    yield Markup("<p><b>{}</b></p>").format(say(workshop, "plan.facts"))
    yield _listed(workshop, heads, rows, {3})


def _contacts(workshop: Workshop, numbers: PlanNumbers, account_id: str) -> Iterator[Markup]:
    """Yield who is there, the most influential first, and whom we met."""
    found = sorted(numbers.contacts.of(account_id), key=lambda person: -(person["influence"] or 0))
    yield Markup("<p><b>{}</b></p>").format(say(workshop, "plan.contacts"))
    if not found:
        yield Markup("<p>{}</p>").format(say(workshop, "plan.no_contacts"))
        return
    heads = [_told(workshop, f"contact_{key}") for key in ("name", "role", "influence", "attitude", "met")]
    rows = []
    for person in found:
        role = _told(workshop, f"role_{person['role']}") if person["role"] else say(workshop, "bar.dash")
        feeling = person["attitude"]
        attitude = say(workshop, "bar.dash") if feeling is None else _told(workshop, f"attitude_{int(feeling) + 2}")
        met = say(workshop, "bar.dash") if person["met"] is None else say(workshop, "plan.met" if person["met"] else "plan.unmet")
        known = Markup("<b class='kam-worse'>{}</b>").format(met) if person["met"] == 0 else met
        influence = say(workshop, "bar.dash") if person["influence"] is None else f"{person['influence']:.0f}"
        rows.append([person["name"] or f"{role} {person['number']}", role, influence, attitude, known])
    yield table(heads, rows, numbers={2})


def _risks(workshop: Workshop, numbers: PlanNumbers, seen: Seen) -> Iterator[Markup]:
    rows = [[_entry(workshop, risk, "text"), _or_dash(workshop, risk["counter_move"])] for risk in seen.draft.entries("risks")]
    yield _listed(workshop, [say(workshop, f"plan.{key}") for key in ("text", "counter_move")], rows)


def _actions(workshop: Workshop, numbers: PlanNumbers, seen: Seen) -> Iterator[Markup]:
    heads = [say(workshop, f"plan.{key}") for key in ("text", "objective", "owner", "due", "status")]
    rows = []
    for action in seen.draft.entries("actions"):
        if action["done_on"] and action["done_on"] <= workshop.as_of:
            state = say(workshop, "plan.done", day=text.short_day(action["done_on"], language=workshop.language))
        elif action["due"] and action["due"] < workshop.as_of:
            state = Markup("<b class='kam-worse'>{}</b>").format(say(workshop, "plan.overdue"))
        else:
            state = say(workshop, "plan.open")
        owner = numbers.people.get(action["owner"], action["owner"])
        words = [_entry(workshop, action, "text"), _or_dash(workshop, action["objective"]), _or_dash(workshop, owner)]
        rows.append([*words, _day(workshop, action["due"]), state])
    yield _listed(workshop, heads, rows)


def _moves(workshop: Workshop, numbers: PlanNumbers, seen: Seen) -> Iterator[Markup]:
    listed = [(move.id, False) for move in seen.proposed.stand] + [(move.id, True) for move in seen.proposed.gone]
    rows = [_move(workshop, numbers.people, seen.words[name], is_gone=is_gone) for name, is_gone in listed]
    heads = [_told(workshop, f"move_{key}") for key in ("money", "owner", "by", "state")]
    yield _listed(workshop, [say(workshop, "plan.move_text"), *heads], rows, {1})
    yield Markup("<p class='kam-note'>{}</p>").format(say(workshop, "plan.first", most=len(seen.proposed.first)))


def _move(workshop: Workshop, people: dict[str, str], move: ShownMove, *, is_gone: bool) -> list[str | Markup]:
    money = say(workshop, "bar.dash") if move.money is None else _money(workshop, move.money)
    state = say(workshop, "plan.dismissed") if is_gone else _told(workshop, f"move_state_{move.state}")
    mark = Markup("<b>{}</b>").format(state) if not is_gone and move.state != "proposed" else state
    what = Markup("{}<br><span class='kam-faint'>{}</span>").format(move.action, move.reason)
    return [what, money, people.get(move.owner, move.owner), _day(workshop, move.due), mark]


def _critic(workshop: Workshop, seen: Seen) -> Iterator[Markup]:
    """Yield what the plan leaves open, the gravest first, with what mends it."""
    if seen.plan is None or not seen.critique.found:
        return
    book = {entry["id"]: entry for entry in playbook("moves")["critic"]}
    rows = []
    for name, objects in sorted(seen.critique.found, key=lambda pair: -book[pair[0]]["severity"]):
        entry = book[name]
        where = _told(workshop, "critic_account") if objects == ("account",) else _joined(workshop, list(objects))
        grave = _told(workshop, f"critic_severity_{entry['severity']}")
        rows.append([entry["name"][workshop.language], where, grave, entry["fix"][workshop.language]])
    yield Markup("<h3>{}</h3>").format(_told(workshop, "plan_critic"))
    yield table([_told(workshop, f"critic_{key}") for key in ("lint", "where", "severity", "fix")], rows)


def _hours(workshop: Workshop, seen: Seen) -> Iterator[Markup]:
    """Yield the hours of the account's manager against those that are there, in a sentence and as a bar."""
    load, hour = seen.load, partial(text.decimal, places=0, language=workshop.language)
    if load is None:
        yield Markup("<p>{}</p>").format(say(workshop, "plan.no_manager"))
        return
    parts = {"cadence": load.cadence, "here": load.here_count * seen.hours, "elsewhere": load.elsewhere_count * seen.hours}
    whole = sum(parts.values())
    words = [say(
        workshop, "plan.load", manager=load.name, cadence=hour(load.cadence), accounts=load.accounts_count,
        actions=load.here_count + load.elsewhere_count, hours=hour(parts["here"] + parts["elsewhere"]), capacity=hour(load.capacity),
        rate=text.number(whole / load.capacity, "share", language=workshop.language),
    )]  # fmt: skip
    words += [say(workshop, "plan.over", hours=hour(whole - load.capacity))] if whole > load.capacity else []
    heading = say(workshop, "plan.capacity", manager=load.name)
    yield Markup("<h3>{}</h3><p>{}</p>").format(heading, text.paragraph(words, language=workshop.language))
    named = [say(workshop, f"plan.part_{name}", hours=hour(hours)) for name, hours in parts.items()]
    bars = list(zip(parts.values(), named, (theme.SOFT, theme.ACCENT, "#6aa9d1"), strict=True))
    there = say(workshop, "plan.there", hours=hour(load.capacity))
    draw = partial(plot_hours, parts=bars, capacity=load.capacity, there=there)
    yield drawn(draw, alternative(workshop, heading, [*named, there]), 0.6)


SECTIONS = {
    "objectives": _objectives,
    "needs": _needs,
    "beliefs": _beliefs,
    "risks": _risks,
    "actions": _actions,
    "moves": _moves,
}


def _entry(workshop: Workshop, entry: dict, name: str) -> Markup:
    words = entry[name] or say(workshop, "plan.unwritten")
    return Markup("<span class='kam-faint'>{}</span> {}").format(entry["id"], words)


def _or_dash(workshop: Workshop, words: Any) -> str:
    return str(words) if words not in (None, "") else say(workshop, "bar.dash")


def _day(workshop: Workshop, day: date | None) -> str | Markup:
    if day is None:
        return say(workshop, "bar.dash")
    return Markup("<span style='white-space:nowrap'>{}</span>").format(text.short_day(day, language=workshop.language))


def _joined(workshop: Workshop, names: list[str]) -> str:
    return say(workshop, "bar.comma").join(names)


def _told(workshop: Workshop, key: str) -> str:
    return text.say(key, language=workshop.language, group="review")


def _money(workshop: Workshop, amount: float) -> str:
    return text.number(amount, "amount", language=workshop.language, currency=workshop.currency)
