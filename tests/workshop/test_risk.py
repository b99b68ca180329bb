"""Looking back in a room: what would have been flagged, what came of it, and where the levels stand from then on."""

from __future__ import annotations

import re
from copy import copy
from datetime import date
from importlib import import_module

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from kamlib.backtest import backtest
from kamlib.data.engagement import load_engagement
from kamlib.periods import months_before
from kamlib.workshop import open_workshop
from kamlib.workshop import risk_page as pages
from kamlib.workshop.risk import past_days, risk
from tests.workshop.panels import in_chinese, told

MODULE = import_module("kamlib.workshop.risk")  # the function of that name hides it
LATEST, EARLIER = date(2025, 6, 30), date(2025, 3, 31)


@pytest.fixture(scope="module")
def tested(scored):
    """The backtest of two days, as the command line runs it."""
    return backtest(scored.tables, scored.engagement, dates=[EARLIER, LATEST])


@pytest.fixture(scope="module")
def looked_at(scored):
    """A panel that only looks: each day is scored once for all tests."""
    room = copy(scored)
    room.by = ""
    return risk(room)


@pytest.fixture
def looking(looked_at):
    looked_at.controls["day"].value = LATEST
    looked_at.load()
    return looked_at


def rows_of(panel, heading):
    title = next(found for found in BeautifulSoup(panel.page.value, "html.parser").find_all("h3") if found.get_text().startswith(heading))
    table = title.find_next_sibling()
    return [[cell.get_text(strip=True) for cell in row.find_all("td")] for row in table.find_all("tr")[1:]] if table.name == "table" else []


def bought(room, account, start, end):
    """What an account bought after one day up to another, by hand."""
    orders = room.tables["orders"]
    mine = orders[orders["account_id"].astype(str) == account]
    return mine.loc[(mine["order_date"] > pd.Timestamp(start)) & (mine["order_date"] <= pd.Timestamp(end)), "net_revenue"].sum()


@pytest.mark.parametrize("day", [LATEST, EARLIER])
def test_a_past_day_says_what_the_backtest_says(looking, tested, day):
    looking.controls["day"].value = day
    found = tested.per_date.set_index("day").loc[pd.Timestamp(day)]
    hits = round(found["precision_share"] * found["flagged_count"])
    said = re.search(
        r"(\d+) of (\d+) accounts would have been flagged.* (\d+) of these .*\(hits\) and (\d+) .*\(misses\): (\d+)\.", told(looking)
    )
    expected = [found["flagged_count"], found["rows_count"], hits, found["flagged_count"] - hits, found["events_count"] - hits]
    assert [int(number) for number in said.groups()] == expected
    assert f"{hits} of {found['flagged_count']:.0f} ({100 * found['precision_share']:.1f}%)" in told(looking)
    assert f"{hits} of {found['events_count']:.0f} ({100 * found['recall_share']:.1f}%)" in told(looking)


def test_names_and_money_are_those_of_the_orders(looking, scored, tested):
    looking.controls["day"].value = EARLIER
    accounts = {name: account for account, name in scored.accounts.items()}
    lost = {"hits": rows_of(looking, "Hits"), "misses": rows_of(looking, "Misses"), "alarms": rows_of(looking, "False alarms")}
    assert [len(rows) for rows in lost.values()] == [1, 4, 5]
    losses = {"hits": 0.0, "misses": 0.0}
    for kind, rows in lost.items():
        for row in rows:
            account = accounts[row[0]]
            before = bought(scored, account, months_before(EARLIER, 12), EARLIER)
            after = bought(scored, account, EARLIER, months_before(EARLIER, -12))
            assert (after < before / 2) == (kind != "alarms")
            scale = {"m": 1e6, "k": 1e3}[row[4][-1]]
            assert float(row[4][1:-2]) * scale == pytest.approx(before, rel=0.006)
            if kind != "alarms":
                losses[kind] += before - after
    whole = sum(losses.values())
    share = re.search(r"of the ¥([\d.]+) m that were lost \(([\d.]+)%\)", told(looking).replace("\xa0", " "))
    assert float(share[1]) == pytest.approx(whole / 1e6, abs=0.006) and float(share[2]) == pytest.approx(
        100 * losses["hits"] / whole, abs=0.06
    )


@pytest.mark.parametrize("amber, red", [(35, 60), (10, 45), (20, 25)])
def test_a_level_that_moves_flags_whom_the_index_reaches(looking, tested, scored, amber, red):
    looking.controls["levels"].value = (amber, red)
    rows = tested.rows[tested.rows["day"] == pd.Timestamp(LATEST)].set_index("account_id")
    flagged, before = rows["loss_risk"] >= amber / 100 - 1e-9, rows["loss_risk"] >= 0.3 - 1e-9
    reds = rows["loss_risk"] >= red / 100 - 1e-9
    assert f"{flagged.sum()} of {len(rows)} accounts would have been flagged" in told(looking)
    hits = (flagged & (rows["is_lost"] == 1)).sum()
    assert f"Red or amber {flagged.sum()} {hits} of {flagged.sum()}" in told(looking)
    red_hits = (reds & (rows["is_lost"] == 1)).sum()
    assert f"Red {reds.sum()} {red_hits} of {reds.sum()}" in told(looking)
    for words, who in (
        ("Flagged only with these levels", flagged & ~before),
        ("Flagged as saved, not with these levels", before & ~flagged),
    ):
        assert (words in told(looking)) == bool(who.any())
        assert not who.any() or scored.accounts[rows.index[who][0]] in told(looking)


def test_every_day_scored_so_far_is_listed_and_added_up(looking, tested):
    looking.controls["day"].value = EARLIER
    rows = rows_of(looking, "Every day scored so far")
    assert [row[0] for row in rows] == ["31 Mar 2025", "30 Jun 2025", "Together"]
    assert [int(row[1]) for row in rows] == [*tested.per_date["rows_count"], len(tested.rows)]
    assert [int(row[3]) for row in rows] == [*tested.per_date["flagged_count"], tested.per_date["flagged_count"].sum()]


def test_a_day_is_scored_only_once(looking, monkeypatch):
    looking.controls["day"].value = EARLIER

    def again(*_):
        raise AssertionError("scored a second time")

    monkeypatch.setattr(MODULE, "predictions", again)
    for day in (LATEST, EARLIER):
        looking.controls["day"].value = day
    looking.controls["levels"].value = (25, 70)
    assert "31 March 2025" in told(looking) and not looking.status.value


def test_levels_keep_what_was_scored_and_weights_do_not(room, monkeypatch, tested):
    rows, asked = tested.rows[tested.rows["day"] == pd.Timestamp(LATEST)].set_index("account_id"), []
    monkeypatch.setattr(MODULE, "with_outcomes", lambda _, day, months: asked.append(day) or rows)
    panel = risk(room)
    panel.controls["levels"].value = (20, 45)
    panel.save()
    assert asked == [LATEST]
    room.save_policy({"warning.weights.service": 0.1}, "service counts less")
    panel.load()
    assert asked == [LATEST, LATEST]


def test_only_days_whose_outcome_is_known_are_offered(looking, scored):
    months, days = past_days(scored)
    offered = [day for _, day in looking.controls["day"].options]
    assert offered == days[::-1] and months == 12 and max(days) == months_before(scored.as_of, 12)


def test_flags_of_each_threshold_are_those_of_the_index(tested):
    rows = tested.rows[tested.rows["day"] == pd.Timestamp(LATEST)]
    found = pages.flags_by_threshold(rows)
    for threshold in (1, 30, 33, 34, 52, 67, 100):
        reached = rows[rows["loss_risk"] >= threshold / 100 - 1e-9]
        assert found.loc[threshold].tolist() == [(reached["is_lost"] == 1).sum(), (reached["is_lost"] == 0).sum()]
    assert 'src="data:image/png;base64,' in str(pages.drawn(lambda ax: pages.plot_thresholds(ax, found, _Rules, **WORDS), "flags", 1.5))


class _Rules:
    class levels:
        amber_score, red_score = 0.3, 0.6


WORDS = {"heading": "Flags", "hits": "hits", "false_alarms": "false alarms", "amber": "Amber", "red": "Red"}


@pytest.mark.parametrize("language, words", [("en", "Red must begin above amber"), ("zh", "红线必须高于黄线")])
def test_levels_that_cross_are_refused_in_the_words_of_the_room(room, monkeypatch, tested, language, words):
    rows = tested.rows[tested.rows["day"] == pd.Timestamp(LATEST)].set_index("account_id")
    monkeypatch.setattr(MODULE, "with_outcomes", lambda *_: rows)
    panel = risk(in_chinese(room) if language == "zh" else room)
    before = panel.page.value
    panel.controls["levels"].value = (60, 60)
    assert words in panel.status.value and panel.page.value == before


def test_saved_levels_are_what_everybody_sees_from_then_on(room, engagement, monkeypatch, tested):
    rows = tested.rows[tested.rows["day"] == pd.Timestamp(LATEST)].set_index("account_id")
    monkeypatch.setattr(MODULE, "with_outcomes", lambda *_: rows)
    panel, before, index = risk(room), engagement.read_bytes(), room.scores.values["account"]["loss_risk"]
    panel.save()
    assert "Nothing was moved" in panel.status.value and engagement.read_bytes() == before
    panel.controls["levels"].value = (20, 45)
    panel.save_button.click()
    assert "Saved: levels of the early warning: Amber from 20, red from 45 (Li Na)" in panel.status.value
    levels = load_engagement(engagement).policy.warning.levels
    assert (levels.amber_score, levels.red_score) == (0.2, 0.45)
    again = open_workshop(str(engagement), by="Li Na")
    found = again.scores.values["account"]["risk_level"].dropna()
    expected = {
        account: "red" if value >= 0.45 - 1e-9 else "amber" if value >= 0.2 - 1e-9 else "green" for account, value in index.dropna().items()
    }
    assert found.to_dict() == expected
    moved = next(account for account, value in index.items() if 0.45 <= value < 0.6)
    assert again.pack(moved).score("risk_level").text == "red"
    fresh = risk(again)
    assert fresh.controls["levels"].value == (20, 45)
    fresh.undo_button.click()
    assert engagement.read_bytes() == before and fresh.controls["levels"].value == (30, 60)


def test_an_engagement_that_somebody_wrote_since_is_refused(room, engagement, monkeypatch, tested):
    rows = tested.rows[tested.rows["day"] == pd.Timestamp(LATEST)].set_index("account_id")
    monkeypatch.setattr(MODULE, "with_outcomes", lambda *_: rows)
    panel = risk(room)
    engagement.write_text(engagement.read_text("utf-8") + "# a colleague's line\n", encoding="utf-8")
    written = engagement.read_bytes()
    panel.controls["levels"].value = (20, 45)
    panel.save()
    assert "was written by somebody else since it was read" in panel.status.value and engagement.read_bytes() == written


def test_a_history_too_short_for_any_day_is_said(engagement):
    engagement.write_text(engagement.read_text("utf-8").replace("as_of: 2026-06-30", "as_of: 2024-03-31"), encoding="utf-8")
    panel = risk(open_workshop(str(engagement), language="en"))
    assert panel.controls["day"].options == () and "The history allows no past day" in told(panel) and not panel.status.value


def test_a_chinese_room_reads_no_english_sentence(room, monkeypatch, tested):
    rows = tested.rows[tested.rows["day"] == pd.Timestamp(EARLIER)].set_index("account_id")
    monkeypatch.setattr(MODULE, "with_outcomes", lambda *_: rows)
    panel = risk(in_chinese(room))
    panel.controls["levels"].value = (20, 45)
    left = " ".join([told(panel), *(getattr(control, "description", "") for control in panel.controls.values())])
    for name in sorted(room.accounts.values(), key=len, reverse=True):
        left = left.replace(name, "")
    assert "漏报" in left and not re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", left)
