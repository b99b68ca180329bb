"""Selecting in a room: weights and gates move the ranking, ratings stay closed until everybody has rated, and what is decided is saved."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from kamlib.data.engagement import load_engagement
from kamlib.data.overrides import overrides_of
from kamlib.data.plan import Assessment
from kamlib.lifecycle import AGREED
from kamlib.scores.choice import JUDGED_PREFIX
from kamlib.selection import COMPONENTS, stress_test
from kamlib.workshop import open_workshop
from kamlib.workshop.ratings import CRITERIA
from kamlib.workshop.select import WEIGHTS, select, shares
from tests.workshop.panels import in_chinese, told


@pytest.fixture
def panel(room):
    return select(room)


def rows_of(panel, place=-1):
    table = BeautifulSoup(panel.page.value, "html.parser").find_all("table")[place]
    return [[cell.get_text(strip=True) for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]


def by_hand(room, weights, *, fit_from=3, lines=(40, 60)):
    """M2 once more: the weighted mean over what is measured, then gates and lines in the order of F22."""
    values = room.scores.values["account"]
    scores, weight = (
        values[[f"{name}_score" for name in COMPONENTS]].to_numpy(float),
        np.array([weights[name] for name in COMPONENTS], float),
    )
    known = ~np.isnan(scores)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, scores * weight, 0).sum(axis=1) / (known * weight).sum(axis=1)
    enough = (known * weight).sum(axis=1) >= 0.5 * weight.sum() - 1e-9
    fit = room.tables["accounts"].set_index("account_id")["fit"].reindex(values.index).to_numpy(float)
    others = values[["purchasing_gate_flag", "continuity_gate_flag"]].to_numpy(float)
    failed = (others == 0).any(axis=1) | (fit < fit_from)
    unknown = np.isnan(others).any(axis=1) | np.isnan(fit)
    verdict = np.where(failed, "not_key", np.where(~enough, "insufficient", np.where(mean < lines[0], "not_key", "candidate")))
    verdict = np.where((verdict == "candidate") & (mean >= lines[1]) & ~unknown, "qualified", verdict)
    return pd.Series(verdict, index=values.index), pd.Series(np.where(failed | ~enough, np.nan, mean), index=values.index)


def set_weights(panel, **weights):
    for name, value in weights.items():
        panel.controls[name].value = value


def weights_now(panel):
    return {name: panel.controls[name].value for name in WEIGHTS}


def test_untouched_the_panel_shows_what_is_saved(panel, room):
    counts = room.scores.values["account"]["qualification_verdict"].value_counts()
    assert f"Key accounts: {counts['qualified']} of 60; candidates: {counts['candidate']}. Nobody comes in or falls out." in told(panel)
    assert weights_now(panel) == room.engagement.policy.qualification.weights.model_dump()
    assert panel.controls["verdicts"].value == (40, 60)


@pytest.mark.parametrize("weights", [{"partnership": 40}, {"purchase_volume": 50, "order_frequency": 30, "service_need": 0}])
def test_a_weight_moves_the_ranking_as_worked_by_hand(panel, room, weights):
    set_weights(panel, **weights)
    verdict, score = by_hand(room, weights_now(panel))
    before = room.scores.values["account"]["qualification_verdict"]
    names, revenue = room.accounts, room.scores.values["account"]["revenue_amount"]
    moved = {
        "Comes in": (verdict == "qualified") & (before != "qualified"),
        "Falls out": (verdict != "qualified") & (before == "qualified"),
    }
    assert any(who.any() for who in moved.values())
    for words, who in moved.items():
        found = re.search(rf"{words}: (.+?) \(¥([\d.]+)", told(panel))
        assert bool(found) == bool(who.any())
        if found:
            assert all(names[account] in found[1] for account in score[who].sort_values(ascending=False).index[:5])
            assert float(found[2]) == pytest.approx(revenue[who].sum() / 1e6, abs=0.006)
    shown = {row[1]: row[2] for row in rows_of(panel)}
    assert shown == {names[account]: f"{value:.1f}" if value == value else shown[names[account]] for account, value in score.items()}
    assert f"Key accounts: {(verdict == 'qualified').sum()} of 60" in told(panel)


def test_weights_are_shown_as_shares_that_sum_to_one(panel):
    set_weights(panel, purchase_volume=50, partnership=37, continuity=11)
    written = [float(re.search(r"([\d.]+)%$", panel.controls[name].description)[1]) for name in WEIGHTS]
    whole = sum(weights_now(panel).values())
    assert sum(written) == pytest.approx(100, abs=1e-9)
    assert np.allclose(written, [100 * value / whole for value in weights_now(panel).values()], atol=0.1)


def test_shares_give_what_rounding_leaves_to_the_largest_remainder():
    assert shares(pd.Series([1.0, 2.0, 4.0])).tolist() == [0.143, 0.286, 0.571]
    assert shares(pd.Series([0.0, 5.0])).tolist() == [0.0, 1.0]


def test_a_gate_shuts_out_who_does_not_reach_it(panel, room):
    fit = room.tables["accounts"].set_index("account_id")["fit"]
    panel.controls["fit_from"].value = 5
    verdict, _ = by_hand(room, weights_now(panel), fit_from=5)
    assert 0 < (verdict == "qualified").sum() < 35 and (fit < 5).sum() > 0
    assert f"Key accounts: {(verdict == 'qualified').sum()} of 60, as saved 35" in told(panel)
    ranks = {row[1]: row[0] for row in rows_of(panel)}
    assert all(ranks[room.accounts[account]].startswith("–") for account in fit.index[fit < 5])


def test_how_firm_a_choice_is_comes_from_the_stress_test(panel, room):
    set_weights(panel, partnership=40)
    verdict, score = by_hand(room, weights_now(panel))
    values = room.scores.values["account"].loc[score.notna(), [f"{name}_score" for name in COMPONENTS]]
    firm = stress_test(
        values.set_axis(COMPONENTS, axis=1), weights_now(panel), top=(verdict == "qualified").sum(), rules=room.engagement.policy.stress
    )
    shown = {row[1]: row[4] for row in rows_of(panel)}
    written = [float(shown[room.accounts[account]].rstrip("%")) for account in firm.index]
    assert written == pytest.approx((100 * firm).tolist(), abs=0.051)
    assert firm.nunique() > 5


@pytest.mark.parametrize("language, words", [("en", "must lie above the line for candidates"), ("zh", "合格线必须高于候选线")])
def test_lines_that_cross_are_refused_in_the_words_of_the_room(room, language, words):
    panel = select(in_chinese(room) if language == "zh" else room)
    before = panel.page.value
    panel.controls["verdicts"].value = (60, 60)
    assert words in panel.status.value and panel.page.value == before
    panel.save()
    assert words in panel.status.value and overrides_of(room.path, ["qualification.candidate_score"]) == {
        "qualification.candidate_score": None
    }


def test_weights_that_are_all_nought_are_refused(panel):
    for name in WEIGHTS:
        panel.controls[name].value = 0
    assert "At least one weight must be above 0" in panel.status.value


def test_saved_weights_and_gates_are_what_everybody_sees_from_then_on(panel, room, engagement):
    before = engagement.read_bytes()
    panel.save()
    assert "Nothing was moved" in panel.status.value and engagement.read_bytes() == before
    set_weights(panel, partnership=40, purchase_volume=20)
    panel.controls["fit_from"].value, panel.controls["largest_order"].value = 4, 70
    promised = re.search(r"Key accounts: (\d+) of 60", told(panel))[1]
    panel.save_button.click()
    assert "Saved: weights and gates of the selection" in panel.status.value and "(Li Na)" in panel.status.value
    assert "Nobody comes in or falls out" in told(panel)
    policy = load_engagement(engagement).policy.qualification
    assert (policy.weights.partnership, policy.weights.purchase_volume, policy.fit_from, policy.largest_order_share) == (40, 20, 4, 0.7)
    again = open_workshop(str(engagement), by="Li Na")
    fresh = select(again)
    assert (fresh.controls["partnership"].value, fresh.controls["largest_order"].value) == (40, 70)
    assert again.scores.values["account"]["qualification_verdict"].eq("qualified").sum() == int(promised)
    row = again.scores.values["account"].loc["A036"]
    assert again.pack("A036").score("qualification_score").value == pytest.approx(row["qualification_score"])
    assert f"{row['qualification_score']:.1f}" == {cells[1]: cells[2] for cells in rows_of(fresh)}[again.accounts["A036"]]
    fresh.undo_button.click()
    assert engagement.read_bytes() == before and fresh.controls["partnership"].value == 10


def test_back_at_the_default_the_engagement_says_nothing_of_its_own(panel, engagement):
    set_weights(panel, partnership=40)
    panel.save()
    set_weights(panel, partnership=10)
    panel.save()
    assert overrides_of(engagement, ["qualification.weights.partnership"]) == {"qualification.weights.partnership": None}


def test_an_engagement_that_somebody_wrote_since_is_refused(panel, engagement):
    engagement.write_text(engagement.read_text("utf-8") + "# a colleague's line\n", encoding="utf-8")
    written = engagement.read_bytes()
    set_weights(panel, partnership=40)
    panel.save()
    assert "was written by somebody else since it was read" in panel.status.value and engagement.read_bytes() == written


def rate(panel, who, account="A036", **levels):
    panel.controls["part"].value, panel.controls["account"].value = "rate", account
    panel.controls["assessor"].value = who
    for name, level in levels.items():
        panel.controls[f"{name}_rating"].value = level
    panel.save()


def levels_shown(panel):
    return {name: panel.controls[f"{name}_rating"].value for name in CRITERIA}


def test_ratings_stay_closed_until_everybody_has_rated_and_somebody_opens_them(panel, room):
    rate(panel, "Zhang", fit=4, price_sensitivity=2)
    assert "Saved: ratings of 拓屿智能装备有限公司 by Zhang, closed (2)" in panel.status.value
    assert "1 of 2 have rated (Zhang)" in told(panel) and set(levels_shown(panel).values()) == {None}
    assert room.journal()[-1].by == "Zhang" and room.by == "Li Na"
    panel.controls["part"].value = "agree"
    assert panel.controls["reveal"].disabled and "Zhang 4" not in told(panel)
    panel.save()
    assert "stay closed until everybody has" in panel.status.value
    rate(panel, "Wang", fit=2, price_sensitivity=5)
    panel.controls["part"].value = "agree"
    assert not panel.controls["reveal"].disabled and "Zhang 4" not in told(panel) and "everybody has rated (Wang, Zhang)" in told(panel)
    panel.controls["reveal"].click()
    assert rows_of(panel) == [
        ["拓屿智能装备有限公司", "Price sensitivity", "3", "Zhang 2, Wang 5", "–"],
        ["拓屿智能装备有限公司", "Fit of product and selling", "2", "Wang 2, Zhang 4", "–"],
    ]
    assert panel.controls["reveal"].disabled


def test_a_third_who_has_still_to_rate_keeps_them_closed(panel):
    panel.controls["people"].value = 3
    rate(panel, "Zhang", fit=4)
    rate(panel, "Wang", fit=2)
    panel.controls["part"].value = "agree"
    assert panel.controls["reveal"].disabled and "2 of 3 have rated" in told(panel)
    rate(panel, "Zhao", fit=5)
    panel.controls["part"].value = "agree"
    panel.controls["reveal"].click()
    assert rows_of(panel)[0][2:4] == ["3", "Wang 2, Zhang 4, Zhao 5"]


def test_what_the_room_agrees_on_replaces_the_ratings_and_is_seen_everywhere(panel, room, engagement):
    for who, fit in (("Zhang", 4), ("Wang", 2)):
        rate(panel, who, fit=fit, service_need=5)
    panel.controls["part"].value = "agree"
    panel.controls["reveal"].click()
    assert levels_shown(panel)["service_need"] == 5 and levels_shown(panel)["fit"] is None
    before = room.plan("A036")
    panel.controls["fit_rating"].value = 2
    promised = re.search(r"is: (.+?), (\d+) of 100", told(panel))
    assert promised[1] == "No key account"
    panel.save()
    assert "Saved: agreed ratings of 拓屿智能装备有限公司 (2)" in panel.status.value
    again = open_workshop(str(engagement), by="Li Na")
    found = {entry.item: entry for entry in again.plan("A036").assessments if entry.assessor == AGREED}
    assert {item: entry.level for item, entry in found.items()} == {f"{JUDGED_PREFIX}fit": 2, f"{JUDGED_PREFIX}service_need": 5}
    assert {(entry.source, entry.assessed_on) for entry in found.values()} == {("Workshop: Li Na", room.as_of)}
    row = again.scores.values["account"].loc["A036"]
    assert (row["qualification_verdict"], f"{row['qualification_score']:.0f}", row["service_need_score"]) == ("not_key", promised[2], 100)
    assert again.pack("A036").score("qualification_verdict").text == "not_key"
    fresh = select(again)
    fresh.controls["part"].value, fresh.controls["account"].value = "agree", "A036"
    assert levels_shown(fresh)["fit"] == 2 and rows_of(fresh)[0][4] == "2"
    fresh.undo()
    kept = {"revision": 0}
    assert again.plan("A036").model_copy(update=kept) == before.model_copy(update=kept)


def test_rating_again_replaces_only_the_own_ratings(panel, room):
    rate(panel, "Zhang", fit=4, service_need=3)
    rate(panel, "Wang", fit=2)
    rate(panel, "Zhang", fit=5)
    given = {(entry.assessor, entry.item.removeprefix(JUDGED_PREFIX), entry.level) for entry in room.plan("A036").assessments}
    assert given == {("Zhang", "fit", 5), ("Wang", "fit", 2)}


def test_a_plan_written_since_the_room_looked_is_refused(panel, room):
    for who in ("Zhang", "Wang"):
        rate(panel, who, fit=4)
    panel.controls["part"].value = "agree"
    panel.controls["reveal"].click()
    plan = room.plan("A036")
    late = Assessment(item=f"{JUDGED_PREFIX}fit", level=1, assessed_on=room.as_of, assessor="Zhao")
    room.save_plan(plan.model_copy(update={"assessments": [*plan.assessments, late]}), "a late rating")
    panel.save()
    assert "was written by somebody else" in panel.status.value
    assert not [entry for entry in room.plan("A036").assessments if entry.assessor == AGREED]


@pytest.mark.parametrize(
    "who, levels, words",
    [("", {"fit": 4}, "Whose ratings"), ("Agreed", {"fit": 4}, "kept for the room"), ("Zhao", {}, "Rate at least one")],
)
def test_a_rating_needs_a_name_and_a_level(panel, room, who, levels, words):
    rate(panel, who, **levels)
    assert words in panel.status.value and room.plan("A036").revision == 0


def test_a_chinese_room_reads_no_english_sentence(room):
    panel = select(in_chinese(room))
    set_weights(panel, partnership=40)
    pages = [told(panel)]
    for part in ("rate", "agree"):
        panel.controls["part"].value = part
        pages.append(told(panel))
    said = [control.description for control in panel.controls.values() if hasattr(control, "description")]
    left = " ".join([*pages, *said])
    for name in sorted(room.accounts.values(), key=len, reverse=True):
        left = left.replace(name, "")
    assert "落选" in left and not re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", left)


def test_a_foreign_name_is_never_markup(room):
    plan = room.plan("A036")
    rated = [
        Assessment(item=f"{JUDGED_PREFIX}fit", level=level, assessed_on=room.as_of, assessor=name)
        for name, level in (("<img src=x>", 2), ("Wang", 4))
    ]
    room.save_plan(plan.model_copy(update={"assessments": [*plan.assessments, *rated]}), "two ratings")
    panel = select(room)
    panel.controls["part"].value, panel.controls["account"].value = "agree", "A036"
    panel.controls["reveal"].click()
    assert "<img" not in panel.page.value and "&lt;img src=x&gt; 2, Wang 4" in panel.page.value
