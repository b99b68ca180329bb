"""A built lesson in a real browser: it runs, a right answer is right, a wrong one is told why, and nobody else is called."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from kamlib.course import open_lesson
from kamlib.course.build import build_lessons, lesson_notebooks
from kamlib.course.lesson import EDITIONS
from tests.browser.ground import kernel_bytes, met, page, run_all, served, waits_told
from tests.faults.ground import Finding

LANGUAGES = ("en", "zh")
EXERCISE, SAID = ".kam-exercise", ".kam-said.kam-{}"


def lessons(count: int, seed: int) -> list[Finding]:
    """Take every lesson, at most `count` of them, through a browser, editions and languages in turn."""
    chosen = list(lesson_notebooks())[:count]
    return [tried(number, EDITIONS[(number + seed) % len(EDITIONS)], LANGUAGES[(number + seed) % 2]) for number in chosen]


def tried(number: int, edition: str, language: str) -> Finding:
    """Build a lesson, open it in JupyterLab, and answer its first exercise of a number rightly and wrongly."""
    found = Finding(f"lesson {number} ({edition}, {language}): runs, judges right and wrong, calls nobody", 1)
    right, wrong, told, place = _answers(number, language)
    with tempfile.TemporaryDirectory() as folder:
        built = next(build_lessons(Path(folder), edition=edition, language=language, lessons=[number], formats=["ipynb"]))
        since = time.monotonic()
        with served(["lab", str(built)], Path(folder)) as (address, server), page(address) as (view, seen), waits_told(found):
            run_all(view)
            view.locator(EXERCISE).nth(place).wait_for()
            waited = time.monotonic() - since
            field = view.locator(".widget-vbox", has=view.locator(EXERCISE)).nth(place)
            for answer, verdict in ((right, "right"), (wrong, "wrong")):
                field.locator("input[type=text]").fill(answer)
                field.locator("button").first.click()
                field.locator(SAID.format(verdict)).wait_for()
            said = field.locator(SAID.format("wrong")).inner_text()
            found.broken += [] if told in said else [f"the misconception is not named: {said}"]
            found.broken += met(seen)
            found.figures = f"first exercise after {waited:.0f} s, kernel {kernel_bytes(server) / 1e6:.0f} MB"
    return found


def _answers(number: int, language: str) -> tuple[str, str, str, int]:
    """Return a right and a wrong answer to the lesson's first exercise of a number, what is said to the wrong one, and its place."""
    exercises = list(open_lesson(number, language=language).exercises.values())
    place, exercise = next((place, found) for place, found in enumerate(exercises) if found.kind == "number")
    wrong = exercise.wrong[0]
    return repr(exercise.answer), repr(wrong.answer), wrong.message, place
