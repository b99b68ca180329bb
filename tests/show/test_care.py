"""The plan section of the workbook: lines, dates and counts as the pack holds them, in both languages."""

import pytest

from kamlib import show
from kamlib.packs import Pack, PackBuilder
from kamlib.scores import score


@pytest.fixture(scope="module")
def builder(sample_engagement, sample_tables):
    return PackBuilder(sample_engagement, sample_tables, score(sample_tables, sample_engagement))


def shown(published, pack, language):
    show.care(Pack(pack, language=language))
    return published[-1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_line_stands_once_with_what_was_done_of_what_was_due(builder, published, language):
    pack = builder.build("A001")
    data = shown(published, pack, language)["application/vnd.kamlib+json"]
    lines = {entry["line_id"] for entry in pack["care"]["plan"]}
    kept = {entry["line_id"]: entry for entry in pack["care"]["kept"]}
    assert len(data["rows"]) == len(lines) >= 5
    done = sum(entry["cadence_done_count"] for entry in kept.values())
    assert done == next(entry["value"] for entry in pack["scores"] if entry["metric"] == "cadence_done_count")
    assert all(cell for row in data["rows"] for cell in row)


def test_every_day_of_the_plan_lies_in_the_twelve_months_to_come(builder):
    for account_id in builder.account_ids():
        days = [entry["due_on"] for entry in builder.build(account_id)["care"]["plan"]]
        assert days == sorted(days) and all("2026-07-01" <= day <= "2027-06-30" for day in days)


def test_a_prospect_has_no_plan_and_the_section_says_so(builder, published):
    pack = builder.build("A059")
    assert pack["care"] == {"plan": [], "kept": []}
    assert "neither signed nor ordered" in shown(published, pack, "en")["text/html"]
