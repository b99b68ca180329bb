"""The controls of a live notebook: driven as a reader drives them."""

from __future__ import annotations

import json
import re

import pytest

from kamlib.course.controls import ExerciseControl
from kamlib.course.load import lesson_numbers
from kamlib.show.publish import MIME

VIEW = "application/vnd.jupyter.widget-view+json"


def fill(control: ExerciseControl, answer) -> None:
    """Put an answer into a control as a reader does."""
    exercise, field = control.exercise, control.field
    if exercise.kind == "number":
        field.value = f"{100 * answer:.4f} %" if exercise.unit in ("share", "rate", "index") else f"{answer:.4f}"
    elif exercise.is_several:
        for key, box in zip(exercise.options, field.children, strict=True):
            box.value = key in answer
    elif exercise.kind == "choice":
        field.value = next(iter(answer))
    elif exercise.kind == "accounts":
        field.children[2].value = tuple(sorted(answer))
    else:
        listed, buttons = field.children[0], field.children[1].children
        for place, key in enumerate(answer):
            listed.value = key
            while listed.index > place:
                buttons[0].click()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("number", lesson_numbers())
def test_right_and_wrong_answers_are_judged_by_the_button(opened, number, language):
    for exercise in opened(number, language).exercises.values():
        control = ExerciseControl(exercise)
        assert control.verdict is None and control.said.value == ""
        fill(control, exercise.answer)
        control.check.click()
        assert control.verdict.right is True and "kam-right" in control.said.value, exercise.key
        for wrong in exercise.wrong:
            again = ExerciseControl(exercise)
            fill(again, wrong.answer)
            again.check.click()
            assert again.verdict.right is False and again.verdict.message == wrong.message, exercise.key
            assert "kam-wrong" in again.said.value
        control.hint.click()
        assert re.sub(r"<[^>]*>", "", control.said.value).startswith(("Hint: ", "提示："))


@pytest.fixture
def by_kind(opened):
    """Return one exercise of each kind out of all lessons."""
    found = {}
    for number in lesson_numbers():
        for exercise in opened(number, "en").exercises.values():
            found.setdefault("several" if exercise.is_several else exercise.kind, exercise)
    return found


@pytest.mark.parametrize("kind", ["number", "choice", "accounts"])
def test_nothing_given_is_not_wrong(by_kind, kind):
    control = ExerciseControl(by_kind[kind])
    control.check.click()
    assert control.verdict.right is None and "kam-unread" in control.said.value


def test_ids_may_be_typed_as_well_as_picked(by_kind):
    exercise = by_kind["accounts"]
    control = ExerciseControl(exercise)
    control.field.children[0].value = "；".join(sorted(exercise.answer)).lower()
    control.check.click()
    assert control.verdict.right is True
    control.field.children[2].value = (next(iter(exercise.accounts)),)
    assert control.field.children[0].value == next(iter(exercise.accounts))


def test_an_entry_at_the_end_of_the_list_stays_there(by_kind):
    control = ExerciseControl(by_kind["order"])
    listed, (up, down) = control.field.children[0], control.field.children[1].children
    before = listed.options
    listed.index = 0
    up.click()
    listed.index = len(before) - 1
    down.click()
    assert listed.options == before
    listed.index = None
    up.click()
    assert listed.options == before


def test_foreign_text_is_escaped_in_every_control(by_kind):
    from dataclasses import replace

    bad = "<img src=x onerror=alert(1)>"
    exercise = replace(by_kind["number"], ask=bad, hint=bad, answer_words=bad)
    control = ExerciseControl(exercise)
    control.hint.click()
    shown = [control.children[0].value, control.said.value]
    control.field.value = bad
    control.check.click()
    shown.append(control.said.value)
    assert not any("<img" in words for words in shown) and all("&lt;img" in words for words in shown)


@pytest.mark.parametrize("edition", ["participant", "solutions", "facilitator"])
def test_one_bundle_serves_the_live_notebook_and_the_page(opened, monkeypatch, edition):
    from kamlib.course import lesson as module
    from kamlib.show import publish

    bundles = []
    for place in (module, publish):
        monkeypatch.setattr(place, "display", lambda bundle, raw: bundles.append(bundle))
    lesson = opened(1, "en", edition)
    lesson.ask("largest_share")
    asked = bundles[-1]
    assert {VIEW, MIME, "text/html", "text/plain"} <= asked.keys() and re.fullmatch("[0-9a-f]{32}", asked[VIEW]["model_id"])
    exercise = lesson.exercises["largest_share"]
    assert exercise.ask in asked["text/plain"] and "kam-line" in asked["text/html"] and "<input" not in asked["text/html"]
    secret = json.dumps([asked["text/html"], asked["text/plain"], asked[MIME]], ensure_ascii=False)
    assert exercise.worked not in secret and not any(wrong.message in secret for wrong in exercise.wrong)
    count = len(bundles)
    lesson.worked("largest_share")
    lesson.misconceptions("largest_share")
    shown = bundles[count:]
    assert len(shown) == {"participant": 0, "solutions": 1, "facilitator": 2}[edition]
    assert edition == "participant" or "<details" in shown[0]["text/html"] and "<details open" not in shown[0]["text/html"]
