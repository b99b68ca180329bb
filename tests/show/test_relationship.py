"""How to speak with those who decide: the style on file, the most influential first, never a score."""

import pytest
from bs4 import BeautifulSoup

from kamlib import show
from kamlib.packs import Pack, PackBuilder
from kamlib.playbook import playbook
from kamlib.scores import score


@pytest.fixture(scope="module")
def builder(sample_engagement, sample_tables):
    return PackBuilder(sample_engagement, sample_tables, score(sample_tables, sample_engagement))


def spoken(published, pack, language="en"):
    show.stakeholders(Pack(pack, language=language))
    page = BeautifulSoup(published[-1]["text/html"], "html.parser")
    return [line.get_text() for line in page.select("ul li")]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_three_most_influential_of_those_who_decide_are_told_by_style(builder, sample_tables, published, language):
    told = 0
    for account_id in ("A001", "A005", "A012", "A059"):
        lines = spoken(published, builder.build(account_id), language)
        there = sample_tables["contacts"]
        there = there[(there["account_id"] == account_id) & there["left_on"].isna()].sort_values("contact_id")
        deciders = [row for row in there.to_dict("records") if row["influence"] >= 4]
        first = sorted(deciders, key=lambda row: -row["influence"])[:3]
        assert len(lines) == len({row["style"] for row in first})
        for row in first:
            style = playbook("styles")[row["style"]]
            line = next(line for line in lines if row["name"] in line)
            assert style["name"][language].lower() in line.lower() and style["speak"][language] in line
        told += len(lines)
    assert told >= 3


def test_nothing_is_said_where_no_style_is_on_file_or_nobody_decides(builder, published):
    pack = builder.build("A005")
    unknown = pack | {"people": [entry | {"style": None} for entry in pack["people"]]}
    users = pack | {"people": [entry | {"influence": 3.0} for entry in pack["people"]]}
    assert spoken(published, pack) and not spoken(published, unknown) and not spoken(published, users)


def test_a_style_changes_no_score(sample_engagement, sample_tables):
    before = score(sample_tables, sample_engagement)
    contacts = sample_tables["contacts"]
    now = contacts["style"]
    try:
        contacts["style"] = "checker"
        after = score(sample_tables, sample_engagement)
    finally:
        contacts["style"] = now
    assert before.frame().equals(after.frame())
