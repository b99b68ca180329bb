"""Cutting the matrix in a room: who moves where, what it costs in hours, and what is saved."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest

from kamlib import coverage, lifecycle
from kamlib.data.engagement import load_engagement
from kamlib.scores.facts import daily_facts
from kamlib.workshop import open_workshop
from kamlib.workshop.segment import hours_there, segment
from tests.workshop.panels import in_chinese, soup, told

MATRIX = {  # M4 as the method prints it
    "top": {"high": "core", "stable": "core", "declining": "maintain"},
    "mid": {"high": "grow", "stable": "maintain", "declining": "maintain"},
    "low": {"high": "grow", "stable": "optimise", "declining": "optimise"},
}
NAMES = {"core": "Core account", "grow": "Growth account", "maintain": "Maintain account", "optimise": "Account to optimise"}


@pytest.fixture
def panel(room):
    return segment(room)


def rows_of(table):
    return [[cell.get_text(strip=True) for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]


def by_hand(room, share, stable, high):
    """M4 once more: the largest share of the active accounts is top, up to the median is low; no potential counts as stable."""
    values = room.scores.values["account"]
    revenue, potential = values["revenue_amount"], values["potential_score"]
    active = revenue[revenue > 0]
    rank, top = active.rank(ascending=False, method="min").reindex(revenue.index), math.ceil(share * len(active) - 1e-9)
    found = {}
    for account in revenue.index:
        value = "low" if not revenue[account] > active.median() else "mid"
        value = "top" if rank[account] <= top else value
        score = potential[account]
        level = "stable" if pd.isna(score) or stable <= score < high else "high" if score >= high else "declining"
        found[account] = (value, level, MATRIX[value][level])
    return pd.DataFrame.from_dict(found, orient="index", columns=["value", "potential", "segment"])


def hours_by_hand(room, segments):
    """M22 once more: the dated plan of the coming year for these very segments, and the fixed hours."""
    policy, accounts = room.engagement.policy, daily_facts(room.tables, room.as_of)["accounts"]
    planned = lifecycle.cadence_plan(accounts.assign(segment=accounts["account_id"].map(segments)), as_of=room.as_of, cuts=policy.lifecycle)
    return coverage.account_hours(planned, segments, rules=policy.coverage_hours)["workload_hours"] / 12


def test_untouched_the_matrix_is_the_saved_one(panel, room):
    saved = room.scores.values["account"]["segment"]
    assert (by_hand(room, 0.10, 35, 60)["segment"] == saved).all()
    counts = saved.value_counts()
    assert ", ".join(f"{NAMES[key]} {counts[key]}" for key in NAMES) + ". Nobody changes segment." in told(panel)
    assert f"asks for {hours_by_hand(room, saved).sum():.0f} hours a month" in told(panel)
    assert panel.controls["top_share"].value == 10 and panel.controls["potential"].value == (35, 60)


@pytest.mark.parametrize("share, stable, high", [(20, 35, 60), (10, 50, 55), (5, 20, 45)])
def test_a_cut_moves_accounts_as_worked_by_hand(panel, room, share, stable, high):
    panel.controls["top_share"].value, panel.controls["potential"].value = share, (stable, high)
    now, saved, names = by_hand(room, share / 100, stable, high), room.scores.values["account"]["segment"], room.accounts
    moved = saved.index[now["segment"] != saved]
    assert len(moved) and f"Changing segment: {len(moved)} (" in told(panel)
    matrix, moves, segments, tiers = soup(panel).find_all("table")
    cells = [cell.find(class_="kam-count").get_text() for cell in matrix.find_all("td", class_="kam-cell")]
    counts = now.groupby(["value", "potential"]).size()
    expected = [counts.get((value, level), 0) for value in MATRIX for level in ("high", "stable", "declining")]
    assert [0 if words == "–" else int(words.split()[0]) for words in cells] == expected
    shown = {row[0]: (row[1], row[2]) for row in rows_of(moves)}
    largest = room.scores.values["account"].loc[moved, "revenue_amount"].sort_values(ascending=False, kind="stable").index[:15]
    assert shown == {names[account]: (NAMES[saved[account]], NAMES[now.loc[account, "segment"]]) for account in largest}
    hours, before = hours_by_hand(room, now["segment"]), hours_by_hand(room, saved)
    lead = re.search(r"would ask for ([\d,]+) hours a month, ([\d,]+) (more|less) than as saved", told(panel))
    assert float(lead[1].replace(",", "")) == round(hours.sum())
    assert float(lead[2].replace(",", "")) * {"more": 1, "less": -1}[lead[3]] == round(hours.sum() - before.sum())
    by_segment = hours.groupby(now["segment"]).sum()
    assert {row[0]: row[2] for row in rows_of(segments)} == {NAMES[key]: f"{value:,.0f}" for key, value in by_segment.items()}
    assert sum(float(row[2].replace(",", "")) for row in rows_of(tiers)) == pytest.approx(hours.sum(), abs=2)


def test_the_hours_there_are_those_of_all_managers(panel, room):
    managers = room.tables["managers"]
    there = managers["capacity_hours"].sum() / 12
    assert hours_there(room) == pytest.approx(there) and f"There are {there:.0f}: 159 too few" in told(panel)


def test_without_managers_nothing_is_said_of_hours_there(room):
    class Without:
        engagement, tables = room.engagement, {}

    assert hours_there(Without) is None


def test_an_account_that_has_moved_says_from_where(panel, room):
    panel.controls["top_share"].value = 20
    marked = [mark.get_text() for mark in soup(panel).find_all(class_="kam-marker")]
    assert marked and all(words.endswith("← Maintain account") for words in marked)


@pytest.mark.parametrize("language, words", [("en", "must begin above stable"), ("zh", "必须高于平稳潜力")])
def test_cuts_that_cross_are_refused_in_the_words_of_the_room(room, language, words):
    panel = segment(in_chinese(room) if language == "zh" else room)
    before = panel.page.value
    panel.controls["potential"].value = (50, 50)
    assert words in panel.status.value and panel.page.value == before


def test_saved_cuts_are_what_everybody_sees_from_then_on(panel, room, engagement):
    before, saved = engagement.read_bytes(), room.scores.values["account"]["segment"]
    panel.save()
    assert "Nothing was moved" in panel.status.value and engagement.read_bytes() == before
    panel.controls["top_share"].value, panel.controls["potential"].value = 20, (40, 60)
    promised = by_hand(room, 0.20, 40, 60)["segment"]
    panel.save_button.click()
    assert "Saved: cuts of the matrix: Top value: first 20.0% (11), Stable from 40, high from 60 (Li Na)" in panel.status.value
    assert "Nobody changes segment" in told(panel)
    cuts = load_engagement(engagement).policy.matrix
    assert (cuts.top_share, cuts.stable_score, cuts.high_score) == (0.2, 40, 60)
    again = open_workshop(str(engagement), by="Li Na")
    assert again.scores.values["account"]["segment"].to_dict() == promised.to_dict()
    moved = promised.index[promised != saved][0]
    assert again.pack(moved).score("segment").text == promised[moved]
    fresh = segment(again)
    assert fresh.controls["top_share"].value == 20 and fresh.controls["potential"].value == (40, 60)
    fresh.undo_button.click()
    assert engagement.read_bytes() == before and fresh.controls["top_share"].value == 10


def test_an_engagement_that_somebody_wrote_since_is_refused(panel, engagement):
    engagement.write_text(engagement.read_text("utf-8") + "# a colleague's line\n", encoding="utf-8")
    written = engagement.read_bytes()
    panel.controls["top_share"].value = 20
    panel.save()
    assert "was written by somebody else since it was read" in panel.status.value and engagement.read_bytes() == written


def test_a_saved_value_between_the_steps_is_shown_and_kept(room, engagement):
    panel = segment(room)
    room.save_policy({"matrix.top_share": 0.125}, "an eighth")
    panel.load()
    assert panel.controls["top_share"].value == 12.5 and "first 12.5%" in panel.controls["top_share"].description
    panel.controls["potential"].value = (30, 60)
    panel.save()
    matrix = load_engagement(engagement).policy.matrix
    assert (matrix.top_share, matrix.stable_score) == (0.125, 30)


def test_a_chinese_room_reads_no_english_sentence(room):
    panel = segment(in_chinese(room))
    panel.controls["top_share"].value = 20
    left = " ".join([told(panel), *(control.description for control in panel.controls.values())])
    for name in sorted(room.accounts.values(), key=len, reverse=True):
        left = left.replace(name, "")
    assert "5家换类别" in left and not re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", left)
