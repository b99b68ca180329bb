"""Staging in a room: the page follows the controls, and what is agreed on is the rating from then on."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from kamlib.data.plan import Assessment
from kamlib.lifecycle import AGREED, DIMENSIONS, RELATIONSHIP_STAGES
from kamlib.playbook import playbook
from kamlib.workshop import open_workshop, stage
from kamlib.workshop.panel import words


def staged(levels):
    """The rule of M12 once more, by hand: the highest stage that two thirds have reached and none misses by more than one."""
    found = 1
    for step in (2, 3, 4):
        if 3 * sum(level >= step for level in levels) >= 2 * len(levels) and min(levels) >= step - 1:
            found = step
    return found


@pytest.fixture
def panel(room):
    return stage(room, "A001")


def rate(panel, levels):
    for name, level in zip(DIMENSIONS, levels, strict=True):
        panel.controls[name].value = level


@pytest.mark.parametrize("levels", [(1, 1, 1, 1, 1, 1), (3, 3, 3, 3, 2, 2), (4, 4, 4, 4, 4, 1), (4, 4, 4, 4, 3, 3), (2, 2, 2, 2, 1, 1)])
def test_the_page_follows_the_controls(panel, levels):
    rate(panel, levels)
    number = staged(levels)
    score = round((sum(levels) / 6 - 1) / 3 * 100)
    named = {"early": "Early", "mid": "Mid", "partnership": "Partnership", "synergistic": "Synergistic"}[RELATIONSHIP_STAGES[number - 1]]
    assert re.search(rf"{named} stage, {score} of 100 points", panel.page.value)
    short = [level for level in levels if level <= number] if number < 4 else []
    assert panel.page.value.count("<li>") == len(short)


def test_every_sentence_of_a_dimension_can_be_picked(panel):
    for entry in playbook("relationship")["dimensions"]:
        offered = [text for text, _ in panel.controls[entry["id"]].options]
        assert offered == [f"{level} {entry['anchors'][name]['en']}" for level, name in enumerate(RELATIONSHIP_STAGES, 1)] + ["Not rated"]


def test_too_few_ratings_are_no_stage(panel):
    rate(panel, (3, 3, None, None, None, None))
    assert "2 of 6 dimensions rated; 4 are needed" in panel.page.value


def test_what_is_agreed_on_is_the_rating_from_then_on(panel, room):
    before = room.scores.values["account"].loc["A001", [f"{name}_rating_count" for name in DIMENSIONS]].tolist()
    assert before == [3, 3, 2, 3, 3, 3]
    rate(panel, (4, 4, 4, 4, 3, 3))
    panel.save_button.click()
    assert "Saved: 澜岳精密机械有限公司, 6 ratings (Li Na)" in panel.status.value
    again = open_workshop(str(room.path))
    row = again.scores.values["account"].loc["A001"]
    assert [row[f"{name}_rating_count"] for name in DIMENSIONS] == [4, 4, 4, 4, 3, 3] and row["relationship_stage"] == "synergistic"
    assert again.pack("A001").score("relationship_stage").text == "synergistic"
    assert [stage(again, "A001").controls[name].value for name in DIMENSIONS] == [4, 4, 4, 4, 3, 3]


def test_saving_twice_keeps_one_agreed_rating_and_all_of_the_plan(panel, room):
    first = room.plan("A001")
    for levels in ((4, 4, 4, 4, 3, 3), (2, 2, 2, 2, 2, None)):
        rate(panel, levels)
        panel.save()
    plan = room.plan("A001")
    agreed = [(entry.item, entry.level) for entry in plan.assessments if entry.assessor == AGREED]
    assert agreed == [(f"relationship.{name}", 2) for name in DIMENSIONS[:5]]
    kept = {"revision": 0, "assessments": []}
    assert plan.model_copy(update=kept) == first.model_copy(update=kept)


def test_undo_brings_the_controls_back(panel):
    rate(panel, (4, 4, 4, 4, 4, 4))
    panel.save()
    panel.undo_button.click()
    assert [panel.controls[name].value for name in DIMENSIONS] == [3, 3, 2, 3, 3, 3] and "Taken back" in panel.status.value
    panel.undo()
    assert "Nothing to take back" in panel.status.value


def test_data_that_speak_against_a_rating_are_named(panel, room):
    evidence = room.scores.values["account"].loc["A001", "contacts_evidence"]
    assert evidence == 1 and "The data say otherwise: Contacts, Authority" in panel.page.value
    panel.controls["contacts"].value = 1
    assert "The data say otherwise: Authority" in panel.page.value


def test_assessors_who_differ_are_shown_as_a_span(room):
    plan = room.plan("A001")
    rated = [
        Assessment(item="relationship.trust", level=level, assessed_on=room.as_of, assessor=name)
        for name, level in {"Zhao": 1, "Qian": 4}.items()
    ]
    room.save_plan(plan.model_copy(update={"assessments": [*plan.assessments, *rated]}), "two ratings")
    assert "1 to 4, assessors differ" in stage(room, "A001").page.value


@pytest.mark.parametrize(("language", "said"), [("en", "was written by somebody else since it was read"), ("zh", "读取之后已被别人改过")])
def test_what_somebody_wrote_since_is_refused_in_the_language_of_the_room(panel, room, monkeypatch, language, said):
    read = room.plan("A001")
    room.save_plan(read, "somebody else")
    monkeypatch.setattr(room, "plan", lambda _: read)
    room.language = language
    panel.save()
    assert said in panel.status.value and ".yaml" in panel.status.value


@pytest.mark.parametrize(("language", "said"), [("en", "was changed by somebody else after this"), ("zh", "之后已被别人改过，保持原样")])
def test_what_somebody_changed_after_the_decision_is_not_taken_back(panel, room, language, said):
    panel.controls["trust"].value = 3
    panel.save()
    path = next(room.folder.glob("*a001*.yaml"))
    path.write_text(path.read_text("utf-8").replace("level: 3", "level: 2"), encoding="utf-8")
    by_hand, room.language = path.read_bytes(), language
    panel.undo()
    assert said in panel.status.value and path.read_bytes() == by_hand


def test_another_account_loads_its_own_ratings(panel, room):
    panel.controls["account"].value = "A019"
    row = room.scores.values["account"].loc["A019"]
    shown = [panel.controls[name].value for name in DIMENSIONS]
    assert shown == [None if pd.isna(row[f"{name}_rating_count"]) else int(row[f"{name}_rating_count"]) for name in DIMENSIONS]
    assert room.accounts["A019"] in panel.page.value.replace("&#39;", "'")


def test_a_foreign_name_is_never_markup(engagement):
    accounts = engagement.parent / "sample" / "accounts.csv"
    accounts.write_text(accounts.read_text("utf-8").replace("澜岳精密机械有限公司", "<img src=x onerror=alert(1)>"), encoding="utf-8")
    panel = stage(open_workshop(str(engagement)), "A001")
    assert "<img src=x" not in panel.page.value and "&lt;img src=x" in panel.page.value


def test_every_text_is_there_in_both_languages():
    for group, entries in words().items():
        for key, entry in entries.items():
            assert set(entry) == {"en", "zh"}, (group, key)
            places = [sorted(re.findall(r"{(\w+)}", entry[language])) for language in ("en", "zh")]
            assert places[0] == places[1], (group, key)
            plain = re.sub(r"{\w+}", "", entry["zh"])
            assert not re.search(r"[A-Za-z]{4,} [A-Za-z]{2,}", plain), (group, key, plain)
