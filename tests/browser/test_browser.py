"""One workshop notebook and one lesson in a real browser; all of them: python3 run.py soak workshop lessons."""

from __future__ import annotations

import pytest

from tests.browser import lessons, workshop
from tests.faults.ground import NotRun


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
