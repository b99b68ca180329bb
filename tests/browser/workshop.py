"""Every notebook of the workshop in a real browser: it runs, a control moves the page, a decision is on the disk and comes back."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from kamlib.workshop import TOPICS, practice_copy
from tests.browser.ground import kernel_bytes, met, page, restart_and_run_all, run_all, served, waits_told
from tests.faults.ground import Finding

PANEL, SHEET = ".kam-workshop", ".kam-workshop .kam-page .kam"
LANGUAGES = ("en", "zh")
RADIO, SLIDER, FIELD = "input[type=radio]:not(:checked)", ".noUi-handle", "textarea"
KINDS, FIRST = (RADIO, SLIDER), {"plan": (FIELD,)}  # the slider of the plan is an assumption: nothing of it is saved
SLIDE_STEPS = 5
SAVED = {"en": "Saved", "zh": "已保存"}


def workshop(count: int, seed: int) -> list[Finding]:
    """Take the stage and the topics after it, `count` in all, through a browser, languages in turn."""
    topics = ["stage", *(topic for topic in TOPICS if topic != "stage")][:count]
    return [tried(topic, LANGUAGES[(place + seed) % 2]) for place, topic in enumerate(topics)]


def tried(topic: str, language: str) -> Finding:
    """Open a topic on a practice copy and use it as a room does."""
    found = Finding(f"workshop {topic} ({language}): runs, follows its controls, saves, comes back, calls nobody", 1)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        engagement = practice_copy(folder / "client")
        words = ["workshop", str(engagement), "--topic", topic, "--lang", language, "--by", "Li Na"]
        since = time.monotonic()
        with served(words, folder) as (address, server), page(address) as (view, seen), waits_told(found):
            run_all(view)
            view.wait_for_selector(f"{SHEET} p")
            waited = time.monotonic() - since
            found.broken += _used(view, topic, language, engagement)
            found.broken += met(seen)
            found.figures = f"panel after {waited:.0f} s, kernel {kernel_bytes(server) / 1e6:.0f} MB"
    return found


def _used(view, topic: str, language: str, engagement: Path) -> list[str]:
    broken, before = [], view.inner_html(SHEET)
    moved = _move(view, FIRST.get(topic, KINDS))
    view.wait_for_function("([sheet, before]) => document.querySelector(sheet)?.innerHTML !== before", arg=[SHEET, before])
    view.locator(f"{PANEL} button.mod-primary").first.click()
    view.wait_for_selector(f".kam-said:has-text('{SAVED[language]}')")
    journal = next(engagement.parent.rglob("journal.jsonl"), None)
    entry = json.loads(journal.read_text(encoding="utf-8").splitlines()[-1]) if journal else {}
    broken += [] if entry.get("by") == "Li Na" and entry["before"] != entry["after"] else [f"nothing of it is on the disk: {entry}"]
    shown = _state(view)
    restart_and_run_all(view)
    view.wait_for_function("panel => !document.querySelector(panel)", arg=PANEL)
    view.wait_for_selector(f"{SHEET} p")
    again = _state(view)
    return broken + ([] if again == shown else [f"after a restart the controls differ where {moved} was moved: {shown} then {again}"])


def _move(view, kinds: tuple[str, ...]) -> str:
    """Move the first control of the first kind that the panel has, and return the kind."""
    for kind in kinds:
        there = view.locator(PANEL).first.locator(kind).locator("visible=true")
        if there.count():
            there.first.scroll_into_view_if_needed()
            MOVES[kind](there.first)
            return kind
    raise AssertionError(f"the panel has none of {kinds} to move")


def _write(field) -> None:
    field.fill("Win the new hall")
    field.press("Tab")


def _slide(handle) -> None:
    """Move a slider by a few steps, away from the end that it stands at."""
    is_at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    for _ in range(SLIDE_STEPS):
        handle.press("ArrowLeft" if is_at_end else "ArrowRight")


MOVES = {RADIO: lambda control: control.check(), SLIDER: _slide, FIELD: _write}


def _state(view) -> list:
    """Return what every control of the panel shows."""
    return view.evaluate(
        """panel => [...document.querySelectorAll(panel + ' :is(input, select, textarea, .noUi-handle)')].map(
            found => found.matches('.noUi-handle') ? found.getAttribute('aria-valuenow')
                : ['radio', 'checkbox'].includes(found.type) ? found.checked : found.value)""",
        PANEL,
    )
