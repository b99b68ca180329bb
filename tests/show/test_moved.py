"""What moved: each change in words whose parts are named, and a rating that is new is no change."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kamlib.show import decisions, publish

NUMBERS = {name: [1.0, 1.0] for name in ("revenue_amount", "margin_rate", "loss_risk", "relationship_score")}
NOTHING = {"lines": [], "margin": None, "risk": {}, "ratings": [], "actions": {"done": [], "slipped": []}, "forecast": None}
NOTHING |= {"since": "2026-03-31", "risk_due_on": "2027-03-31", "undecided_count": 0}


def opened(language="en", **moved):
    found = {"moved": {**NOTHING, "numbers": NUMBERS, **moved}}
    return SimpleNamespace(data=found, moved=found["moved"], language=language, currency="CNY", edition="internal", rows={}, policy={})


def rows_of(published, **moved):
    decisions.what_moved(opened(**moved))
    return {row[0]: row[1:] for row in published[-1][publish.MIME]["rows"]}


@pytest.mark.parametrize(
    ("ratings", "language", "said"),
    [
        pytest.param([["contacts", None, 3], ["trust", None, 2]], "en", "first rated: contacts 3, trust and information 2", id="first"),
        pytest.param([["contacts", None, 3], ["trust", None, 2]], "zh", "首次评定：联系面 3、信任与信息 2", id="first, in Chinese"),
        pytest.param([["contacts", 2, 3], ["trust", None, 2]], "en", "contacts 2 → 3; first rated: trust and information 2", id="both"),
        pytest.param([["contacts", 2, 3], ["trust", 3, 2]], "en", "contacts 2 → 3, trust and information 3 → 2", id="changed"),
        pytest.param([["contacts", 2, None]], "en", "contacts 2 → not rated", id="no longer rated"),
    ],
)
def test_a_rating_given_for_the_first_time_is_no_change(published, ratings, language, said):
    numbers = NUMBERS | {"relationship_score": [None, 61.0]}
    (row,) = rows_of(published, ratings=ratings, numbers=numbers, language=language).values()
    assert row == ["–", "61", said]


def test_product_lines_are_counted_by_what_became_of_them(published):
    lines = [["won", 1, 500.0], ["grown", 2, 40.0], ["shrunk", 0, 0.0], ["lost", 1, -90.0]]
    (row,) = rows_of(published, lines=lines).values()
    assert row[2] == "product lines: 1 won (+¥500), 2 grew (+¥40), 1 lost (−¥90)"


def test_the_walk_of_the_margin_names_its_largest_part_first_and_no_part_that_is_nothing(published):
    walk = {"change": -30.0, "parts": {"volume": 10.0, "price": -40.0, "mix": 0.0}}
    (row,) = rows_of(published, margin=walk, numbers=NUMBERS | {"margin_rate": [0.3, 0.2]}).values()
    assert row == ["30.0%", "20.0%", "margin −¥30: price −¥40, volume +¥10"]


def test_where_nothing_moved_it_says_so(published):
    decisions.what_moved(opened())
    assert "none of the headline numbers moved" in published[-1]["text/html"] and "<table" not in published[-1]["text/html"]
