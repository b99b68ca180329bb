"""How the account buys: the pack's product mix and seasons summed again from the file, and what the section says of them."""

import csv
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from kamlib import show
from kamlib.packs import Pack, PackBuilder
from kamlib.scores import score

ORDERS = Path(__file__).resolve().parents[2] / "params/sample/orders.csv"
IN_EUROS = "A033"


@pytest.fixture(scope="module")
def builder(sample_engagement, sample_tables):
    return PackBuilder(sample_engagement, sample_tables, score(sample_tables, sample_engagement))


@pytest.fixture(scope="module")
def lines():
    with ORDERS.open(encoding="utf-8-sig", newline="") as file:
        found = defaultdict(list)
        for row in csv.DictReader(file):
            found[row["account_id"]].append((row["order_date"], row["product_line"], Decimal(row["net_revenue"])))
    return found


def shown(published, pack, language):
    show.buying(Pack(pack, language=language))
    return published[-1]


def test_product_mix_of_every_account_agrees_with_the_file(builder, lines):
    compared = 0
    for account_id in set(builder.account_ids()) - {IN_EUROS}:
        sums = defaultdict(Decimal)
        for day, line, amount in lines[account_id]:
            if "2025-07-01" <= day <= "2026-06-30":
                sums[line] += amount
        bought = {line: amount for line, amount in sums.items() if amount > 0}
        mix = builder.build(account_id)["buying"]["mix"]
        assert {line: pytest.approx(float(amount / sum(bought.values()))) for line, amount in bought.items()} == {
            row[0]: row[2] for row in mix
        }
        assert [row[1] for row in mix] == sorted((row[1] for row in mix), reverse=True)
        compared += len(mix)
    assert compared > 100


def test_seasons_of_every_account_agree_with_the_file(builder, lines):
    measured = 0
    for account_id in set(builder.account_ids()) - {IN_EUROS}:
        mine = lines[account_id]
        window = [(day, amount) for day, _, amount in mine if "2024-07-01" <= day <= "2026-06-30"]
        months = [sum(amount for day, amount in window if int(day[5:7]) == n) for n in range(1, 13)]
        latest = sum(amount for day, amount in window if day >= "2025-07-01")
        began = any(day <= "2024-07-31" and amount > 0 for day, _, amount in mine)
        season = builder.build(account_id)["buying"]["season"]
        assert bool(season) == (began and latest > 0 and sum(months) > latest), account_id
        if season:
            assert season == pytest.approx([float(12 * amount / sum(months)) for amount in months])
            measured += 1
    assert measured > 40


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_story_of_the_seasonal_buyer_is_told(builder, published, language):
    bundle = shown(published, builder.build("A014"), language)
    data = bundle["application/vnd.kamlib+json"]
    (season,) = data["rows"]
    assert len(data["columns"]) == 12 and season.index(max(season)) == 4 and max(season) > 6
    assert data["columns"][4]["label"] == {"en": "May", "zh": "5月"}[language]
    assert bundle["text/html"].count("kam-best") == 1


@pytest.mark.parametrize(
    ("account_id", "words", "silent"),
    [
        pytest.param("A001", ["Between two orders lie", "Product lines of the last 12 months"], ["not measured"], id="rich"),
        pytest.param(
            "A046", ["Too few orders to tell a rhythm", "Seasons are not measured"], ["Between two orders lie"], id="nine weeks old"
        ),
        pytest.param("A042", ["It bought nothing in the last 12 months", "Seasons are not measured"], ["<table"], id="lapsed"),
        pytest.param("A059", ["It has not ordered yet."], ["Seasons", "Product lines"], id="prospect: one line"),
    ],
)
def test_what_the_data_do_not_allow_is_said_in_one_line(builder, published, account_id, words, silent):
    markup = shown(published, builder.build(account_id), "en")["text/html"]
    assert all(part in markup for part in words) and not any(part in markup for part in silent)


def test_without_product_lines_the_section_names_the_column(builder, published, sample_engagement, sample_tables):
    orders = sample_tables["orders"].assign(product_line=None)
    tables = replace(sample_tables, frames=sample_tables.frames | {"orders": orders})
    pack = PackBuilder(sample_engagement, tables, builder.scores).build("A001")
    assert pack["buying"]["mix"] is None
    assert "needs product line (orders.product_line)" in shown(published, pack, "en")["text/html"]


def test_a_product_line_is_never_markup(builder, published):
    pack = builder.build("A001")
    pack["buying"]["mix"][0][0] = "<script>{name}"
    assert "<script>" not in shown(published, pack, "en")["text/html"]
