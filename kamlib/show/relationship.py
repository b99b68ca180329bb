"""How deep the relationship is, and with whom: the ladder of four stages and the map of those who decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from markupsafe import Markup

from kamlib.lifecycle import DIMENSIONS, RELATIONSHIP_STAGES
from kamlib.playbook import playbook
from kamlib.show import html, reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, note, told, word
from kamlib.show.publish import column, payload, publish

ATTITUDES, INFLUENCES = (-2, -1, 0, 1, 2), (5, 4, 3, 2, 1)
ROLES = ("procurement", "user", "technical", "finance", "executive")
MOST_NAMES = 3
SHOWN_METRICS = (
    *("relationship_stage", "relationship_score", "rated_count", "stage_lag", "phase", "known_contacts_count", "active_contacts_count"),
    *(
        "influence_coverage_share",
        "role_coverage_share",
        "support_ratio",
        "single_threaded_flag",
        "executive_line_flag",
        "decider_effort_share",
    ),
)


def stage_ladder(account) -> None:
    """Publish the stage of the relationship, each of its six dimensions with what the data say, and the way to the next.

    Parameters
    ----------
    account : Pack
    """
    if reading.figure(account, "rated_count") is None or not reading.figure(account, "rated_count"):
        return blocks.section(account, "stage_ladder", [lead(_open_words(account, "relationship_stage", "stage_open"))])
    keys = ("stage_dimension", "stage_today", "stage_evidence", "stage_further")
    columns = [(key, word(account, key), "text") for key in keys]
    sentences = [lead(_verdict(account)), *(lead(words) for words in _lag(account))]
    return blocks.section(
        account, "stage_ladder", [*sentences, blocks.table(account, columns, list(_dimensions(account))), *_notes(account)]
    )


def stakeholders(account) -> None:
    """Publish who decides there: influence by attitude, whom we met, which roles nobody has met.

    Parameters
    ----------
    account : Pack
        Its pack carries ``people`` (`packs.people.People`).
    """
    title = word(account, "stakeholders")
    if not account.people:
        words = _open_words(account, "known_contacts_count", "stakeholders_none")
        blocks.section(account, "stakeholders", [lead(words)])
        return
    sentences = [_chain_words(account), *_thread_words(account)]
    rows = [{"label": text.decimal(level, 0, language=account.language), "cells": _cells(account, level)} for level in INFLUENCES]
    heads = [word(account, f"attitude_{attitude + 2}") for attitude in ATTITUDES]
    unplaced = [_called(account, entry) for entry in account.people if entry["influence"] is None or entry["attitude"] is None]
    view = {"title": title, "sentences": sentences, "rows": rows, "heads": heads, "unplaced": reading.say(account, "comma").join(unplaced)}
    view["spoken"] = list(_spoken(account))
    markup = html.page("stakeholders", account, word=lambda key, **places: word(account, key, **places), **view)
    columns = [column(key, word(account, f"contact_{key}")) for key in ("name", "role", "influence", "attitude", "met")]
    values = [[_called(account, entry), entry["role"], entry["influence"], entry["attitude"], entry["met"]] for entry in account.people]
    publish(payload("section", "stakeholders", title=title, columns=columns, rows=values), html=markup, plain=title)


def _open_words(account, metric: str, key: str) -> str:
    score = reading.score_of(account, metric)
    is_missing = score and (score.note or "").startswith(("no_table", "no_column"))
    return word(account, key) if not is_missing else word(account, "section_open", reason=reading.value_words(account, metric))


def _verdict(account) -> Markup:
    stage = reading.class_of(account, "relationship_stage")
    if not stage:
        return told(account, "stage_few", rated=figure(account, "rated_count"))
    short = [
        name for name in DIMENSIONS if _rating(account, name) is not None and _rating(account, name) <= RELATIONSHIP_STAGES.index(stage) + 1
    ]
    places = {"stage": figure(account, "relationship_stage"), "score": figure(account, "relationship_score")}
    if stage == RELATIONSHIP_STAGES[-1]:
        return told(account, "stage_highest", **places)
    listed = reading.say(account, "comma").join(_names()[name][account.language].lower() for name in _ranked(account, short)[:MOST_NAMES])
    following = RELATIONSHIP_STAGES[RELATIONSHIP_STAGES.index(stage) + 1]
    words = reading.class_words(following, "relationship_stage", language=account.language)
    return told(account, "stage_verdict", next=text.inside(words), short=listed, **places)


def _lag(account) -> Iterator[Markup]:
    lag = reading.figure(account, "stage_lag")
    wide = account.policy["relationship.wide_lag"]["value"]
    if lag is not None and abs(lag) >= wide:
        yield told(account, "stage_old" if lag > 0 else "stage_young", tenure=figure(account, "tenure_months"))


def _ranked(account, names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: (_rating(account, name), DIMENSIONS.index(name)))


def _rating(account, dimension: str) -> float | None:
    return reading.figure(account, f"{dimension}_rating_count")


def _names() -> dict[str, dict]:
    return {entry["id"]: entry["name"] for entry in playbook("relationship")["dimensions"]}


def _dimensions(account) -> Iterator[list]:
    language = account.language
    for entry in playbook("relationship")["dimensions"]:
        rating = _rating(account, entry["id"])
        if rating is None:
            yield [entry["name"][language], reading.say(account, "not_measured"), _evidence(account, entry["id"], None), ""]
            continue
        place = int(rating) - 1
        today = word(account, "stage_level", level=int(rating), words=entry["anchors"][RELATIONSHIP_STAGES[place]][language])
        further = entry["anchors"][RELATIONSHIP_STAGES[place + 1]][language] if place + 1 < len(RELATIONSHIP_STAGES) else ""
        yield [entry["name"][language], today, _evidence(account, entry["id"], rating), further]


def _evidence(account, dimension: str, rating: float | None) -> str:
    found = reading.figure(account, f"{dimension}_evidence") if reading.score_of(account, f"{dimension}_evidence") else None
    if found is None:
        return reading.say(account, "nothing")
    apart = rating is not None and abs(found - rating) >= account.policy["relationship.evidence_gap"]["value"]
    return word(account, "evidence_apart" if apart else "evidence_level", level=int(found))


def _notes(account) -> list[dict]:
    stage = reading.class_of(account, "relationship_stage")
    found = [note(word(account, "stage_assessed"))]
    if stage:
        entry = next(entry for entry in playbook("relationship")["stages"] if entry["id"] == stage)
        keys = ("tasks", "next", "signs")
        lines = {key: entry[key][account.language] for key in keys}
        found = [note(told(account, f"stage_note_{key}", words=words)) for key, words in lines.items()] + found
    phase = reading.class_of(account, "phase")
    if phase:
        entry = next(entry for entry in playbook("phases")["phases"] if entry["id"] == phase)
        places = {"phase": figure(account, "phase"), "focus": entry["focus"][account.language]}
        found = [note(told(account, "stage_phase", **places)), *found]
    return found


def _chain_words(account) -> Markup:
    if reading.figure(account, "active_contacts_count") is None:
        return told(account, "chain_untouched", known=figure(account, "known_contacts_count"))
    places = {"met": "active_contacts_count", "known": "known_contacts_count", "share": "influence_coverage_share"}
    met = {entry["role"] for entry in account.people if entry["met"]}
    missed = [word(account, f"role_{role}") for role in ROLES if role not in met]
    shown = {place: figure(account, metric) for place, metric in places.items()}
    key = "chain_met" if not missed else "chain_missed"
    return told(account, key, missed=reading.say(account, "comma").join(missed), **shown)


def _thread_words(account) -> Iterator[str]:
    if reading.figure(account, "single_threaded_flag"):
        yield word(account, "thread_single")
    line = reading.figure(account, "executive_line_flag")
    if line is not None:
        yield word(account, "line_open" if line else "line_closed")
    share = reading.figure(account, "decider_effort_share")
    if share is not None and share < account.policy["stakeholders.outer_circle_share"]["value"]:
        yield told(account, "outer_circle" if share else "outer_circle_none", share=figure(account, "decider_effort_share"))


def _cells(account, influence: int) -> list[dict]:
    cells = []
    for attitude in ATTITUDES:
        there = [entry for entry in account.people if entry["influence"] == influence and entry["attitude"] == attitude]
        named = [{"words": _called(account, entry), "role": word(account, f"role_{entry['role']}"), "met": entry["met"]} for entry in there]
        cells.append({"people": named[:MOST_NAMES], "more": max(0, len(named) - MOST_NAMES)})
    return cells


def _spoken(account) -> Iterator[str]:
    """Say how those who decide like to be spoken with, the most influential first."""
    least = account.policy["stakeholders.decider_influence"]["value"]
    deciders = [entry for entry in account.people if entry["style"] and (entry["influence"] or 0) >= least]
    called = defaultdict(list)
    for entry in sorted(deciders, key=lambda entry: -entry["influence"])[:MOST_NAMES]:
        called[entry["style"]].append(_called(account, entry))
    for style, names in called.items():
        entry = playbook("styles")[style]
        words = {"style": text.inside(entry["name"][account.language]), "words": entry["speak"][account.language]}
        yield word(account, "spoken_with", names=reading.say(account, "comma").join(names), **words)


def _called(account, entry: dict) -> str:
    """Return a contact's name; where the policy keeps names out, role and running number."""
    if entry["name"]:
        return entry["name"]
    return word(account, "contact_alias", role=word(account, f"role_{entry['role']}"), number=int(entry["number"]))
