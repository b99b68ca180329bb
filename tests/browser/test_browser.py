"""One workshop notebook, one lesson and printed first pages in a real browser; all of the first: python3 run.py soak workshop lessons."""

from __future__ import annotations

import nbformat
import pytest

from kamlib.render.html import export_html
from tests.browser import lessons, workshop
from tests.browser.ground import ROOT, chromium
from tests.faults.ground import NotRun

A4_PIXELS = (180 / 25.4 * 96, 263 / 25.4 * 96)  # within the margins of page.css
GOLDEN = sorted((ROOT / "reports" / "sample").glob("*.ipynb"))


@pytest.mark.parametrize(
    ("part", "words"),
    [pytest.param(workshop, ("stage", "zh"), id="workshop"), pytest.param(lessons, (1, "participant", "en"), id="lesson")],
)
def test_it_works_in_a_browser_as_it_does_for_a_reader(part, words):
    try:
        found = part.tried(*words)
    except NotRun as why:
        pytest.skip(str(why))
    assert found.tried == 1 and found.broken == [], found


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem[:9])
def test_the_plan_on_a_page_is_one_page_when_printed(path):
    written = export_html(nbformat.read(path, as_version=4), title="Workbook", language="en")
    width, height = A4_PIXELS
    try:
        with chromium() as opened:
            view = opened.new_page(viewport={"width": int(width), "height": int(height)})
            view.set_content(written)
            view.emulate_media(media="print")
            taken = view.locator("#first_page").bounding_box()["height"]
    except NotRun as why:
        pytest.skip(str(why))
    assert 300 < taken <= height
