"""Writing a plan in a room: the critic follows every word, moves are decided, hours are counted, and nothing of the plan is lost."""

from __future__ import annotations

import re
from copy import copy
from datetime import date

import pytest
from bs4 import BeautifulSoup

from kamlib.data.names import file_stem
from kamlib.data.plan import Plan
from kamlib.data.plans import read_plan, save_plan
from kamlib.packs.manager_build import ManagerBuilder
from kamlib.show.decisions import listed_moves
from kamlib.workshop import open_workshop
from kamlib.workshop.plan import plan
from kamlib.workshop.plan_draft import BLANK, REQUIRED, Draft
from kamlib.workshop.plan_forms import FIELDS
from tests.workshop.panels import told

RICH = "A001"  # a plan of the sample with something in every part


@pytest.fixture
def panel(room):
    return plan(room, RICH)


def rows_of(panel, place):
    table = BeautifulSoup(panel.page.value, "html.parser").find_all("table")[place]
    return [[cell.get_text(" ", strip=True).replace("\xa0", " ") for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]


def left_open(panel):
    """What the critic says, by where."""
    heading = BeautifulSoup(panel.page.value, "html.parser").find("h3", string="What the plan leaves open")
    return [[cell.get_text(" ", strip=True) for cell in row.find_all("td")] for row in heading.find_next("table").find_all("tr")[1:]]


def quality(panel):
    return int(re.search(r"quality of the plan (\d+) of 100", told(panel))[1])


def plain(found):
    return found.model_dump(mode="json", by_alias=True)


def test_the_forms_show_what_lies_on_the_disk(panel, room):
    there = room.plan(RICH)
    for section in REQUIRED:
        form = panel.controls[section]
        assert [name for _, name in form.list.options] == [entry.id for entry in getattr(there, section)]
    goal = panel.controls["objectives"].fields
    assert (goal["text"].value, goal["target"].value, goal["date"].value) == (
        "Widen the contact base beyond the buyer",
        "4",
        date(2026, 12, 31),
    )
    assert goal["measure"].value == "Active contacts (active_contacts_count)" and goal["agreed_by_customer"].value is False
    panel.controls["objectives"].list.value = "O2"
    assert goal["target"].value == "15300000" and goal["agreed_by_customer"].value is True
    assert panel.controls["needs"].fields["sources"].value == "meeting 2026-05\nsite visit 2026-03"
    action = panel.controls["actions"].fields
    assert (action["objective"].value, action["owner"].value, action["due"].value) == ("O1", "Lin Zhiyuan (M02)", date(2026, 7, 10))


def test_looking_at_everything_changes_nothing(panel, room):
    for section in (*REQUIRED, "moves"):
        panel.controls["section"].value = section
        for _, name in panel.controls[section].list.options:
            panel.controls[section].list.value = name
    panel.save()
    assert "Nothing was changed" in panel.status.value and room.plan(RICH).revision == 1


def test_the_critic_comments_while_one_types(panel):
    before = quality(panel)
    form = panel.controls["objectives"]
    form.add.click()
    assert "O3 (no text yet)" in told(panel) and quality(panel) == before, "what is not written is not judged"
    form.fields["text"].value = "Win the new hall"
    assert ["An objective has no measure, target or date", "O3", "grave"] in [row[:3] for row in left_open(panel)]
    assert ["No action serves an objective", "O3", "plain"] in [row[:3] for row in left_open(panel)] and quality(panel) < before
    form.fields["measure"].value, form.fields["target"].value = "revenue_amount", "2,000,000"
    form.fields["date"].value = date(2027, 3, 31)
    assert "An objective has no measure, target or date" not in told(panel)
    assert ["O3 Win the new hall", "Revenue", "¥2.00 m", "31 Mar 2027", "no", "–"] in rows_of(panel, 0)
    acts = panel.controls["actions"]
    acts.add.click()
    acts.fields["text"].value = "Ask for the hall plan"
    assert ["An action has no owner or no date", "A4", "grave"] in [row[:3] for row in left_open(panel)]
    acts.fields["owner"].value, acts.fields["due"].value, acts.fields["objective"].value = "Lin Zhiyuan (M02)", date(2026, 8, 1), "O3"
    assert "An action has no owner" not in told(panel) and "No action serves" not in told(panel)
    acts.fields["due"].value = date(2026, 6, 1)
    assert ["An action is overdue", "A4"] in [row[:2] for row in left_open(panel)]


def test_a_belief_is_confirmed_by_two_sources_only(panel):
    panel.controls["section"].value = "beliefs"
    form = panel.controls["beliefs"]
    form.list.value = "B1"
    form.fields["state"].value = "confirmed"
    assert "confirmed, yet fewer than two sources" in told(panel)
    assert ["A belief is called confirmed with fewer than two sources", "B1", "grave"] in [row[:3] for row in left_open(panel)]
    form.fields["sources"].value = "our manager\nannual report 2025"
    assert "fewer than two sources" not in told(panel)


def test_who_is_there_and_who_was_met_stands_beside_the_beliefs(panel, room):
    panel.controls["section"].value = "beliefs"
    contacts = room.tables["contacts"].query("account_id == @RICH and left_on.isna()")
    rows = rows_of(panel, 0)
    assert sorted(row[0] for row in rows) == sorted(contacts["name"])
    touched = room.tables["interactions"].query("account_id == @RICH and date > '2025-12-31' and date <= '2026-06-30'")["contact_id"]
    met = {
        row.name: row.contact_id in set(touched)
        for row in contacts[["name", "contact_id"]].set_index("name", drop=False).itertuples(index=False)
    }
    assert {row[0]: row[4] == "met" for row in rows} == met and set(met.values()) == {True, False}


def fill_in(form, section):
    """Say something in every field of a new entry, and return its id."""
    form.add.click()
    for field, kind in FIELDS[section].items():
        widget = form.fields[field]
        said = {"day": date(2026, 6, 1), "flag": True, "choice": widget.options[-1][1] if kind == "choice" else None}
        widget.value = said.get(kind, f"{field} of the room")
    return form.list.value


def test_entries_are_added_changed_and_taken_out_and_the_rest_of_the_plan_stays(panel, room):
    before, path = room.plan(RICH), room.folder / f"{file_stem(RICH)}.yaml"
    names = {section: fill_in(panel.controls[section], section) for section in REQUIRED}
    panel.save_button.click()
    assert "Saved: 澜岳精密机械有限公司, Objectives, Needs, People and facts, Risks, Actions (Li Na)." in panel.status.value
    written, others = read_plan(path), plain(read_plan(path)) | {"revision": 1}
    for section, name in names.items():
        mine = next(entry for entry in getattr(written, section) if entry.id == name).model_dump()
        assert set(mine) == {"id", *BLANK[section]} and mine[REQUIRED[section]] == f"{REQUIRED[section]} of the room"
        assert all(value not in (None, [], "") for value in mine.values())
        others[section] = [entry for entry in others[section] if entry["id"] != name]
    assert others == plain(before)
    for section in ("actions", "objectives", "needs", "beliefs", "risks"):
        panel.controls[section].list.value = names[section]
        panel.controls[section].remove.click()
    assert plain(panel.controls["risks"].draft.plan()) | {"revision": 1} == plain(before)


def test_an_objective_that_is_taken_out_leaves_its_actions_without_one_and_says_so(panel, room):
    form = panel.controls["objectives"]
    form.list.value = "O1"
    form.remove.click()
    assert "These actions serve no objective now: A1, A2." in told(panel)
    assert ["An action serves no objective", "A1, A2"] in [row[:2] for row in left_open(panel)]
    panel.save()
    assert [(action.id, action.objective) for action in room.plan(RICH).actions] == [("A1", None), ("A2", None), ("A3", "O2")]


def test_a_text_that_is_missing_is_named_and_nothing_is_written(panel, room):
    panel.controls["objectives"].fields["text"].value = " "
    panel.controls["risks"].add.click()
    panel.save()
    assert "Write the text first, or take out: O1, R2" in panel.status.value and room.plan(RICH).revision == 1


def test_moves_are_accepted_put_differently_and_dismissed(panel, room):
    panel.controls["section"].value = "moves"
    form = panel.controls["moves"]
    proposed = [name for _, name in form.list.options]
    assert [row[4] for row in rows_of(panel, 0)] == ["open"] * len(proposed)
    accepted, edited, gone = proposed[:3]
    form.list.value = accepted
    form.accept.click()
    form.list.value = edited
    form.fields["text"].value, form.fields["owner"].value, form.fields["due"].value = (
        "Bring the engineers together",
        "Helen Gu (M04)",
        date(2026, 7, 20),
    )
    form.list.value = gone
    form.dismiss.click()
    assert f"{len(proposed) - 3} moves to decide" in told(panel)
    rows = rows_of(panel, 0)
    assert rows[-1][4] == "dismissed" and [
        "Bring the engineers together Early warning: no backup",
        "Helen Gu",
        "20 Jul 2026",
        "edited",
    ] in [[row[0], *row[2:]] for row in rows]
    panel.save_button.click()
    fresh = open_workshop(str(room.path), language="en")
    moves = fresh.plan(RICH).moves
    assert {name: move.state for name, move in moves.items()} == {accepted: "accepted", edited: "edited", gone: "dismissed"}
    assert {(move.by, move.at) for move in moves.values()} == {("Li Na", fresh.as_of)}
    assert (moves[edited].text, moves[edited].owner, moves[edited].due) == ("Bring the engineers together", "M04", date(2026, 7, 20))
    pack = fresh.pack(RICH)
    shown = {move.id: (move.state, move.action) for move in listed_moves(pack)}
    assert shown[accepted][0] == "accepted" and shown[edited] == ("edited", "Bring the engineers together") and gone not in shown
    assert pack.data["dismissed_count"] == 1 and len(shown) == 5
    assert set(shown) <= set(proposed)
    again = plan(fresh, RICH)
    again.controls["moves"].list.value = edited
    assert again.controls["moves"].fields["text"].value == "Bring the engineers together"
    panel.controls["moves"].list.value = gone
    panel.controls["moves"].reopen.click()
    panel.save()
    assert gone not in room.plan(RICH).moves


def test_the_moves_in_the_panel_are_those_of_the_pack(panel, room):
    panel.controls["section"].value = "moves"
    stand = [name for _, name in panel.controls["moves"].list.options]
    pack = room.pack(RICH)
    assert stand[: len(pack.data["moves"])] == [move["id"] for move in pack.data["moves"]]
    assert [row[0] for row in rows_of(panel, 0)][:5] == [f"{move.action} {move.reason}".replace("\xa0", " ") for move in listed_moves(pack)]
    assert quality(panel) == round(pack.data["critic"]["quality_score"])
    assert len(left_open(panel)) == len(pack.data["critic"]["found"])


def test_the_words_of_the_rules_are_no_edit(panel):
    form = panel.controls["moves"]
    words = form.fields["text"].value
    form.fields["text"].value = words + "!"
    form.fields["text"].value = words
    form.accept.click()
    assert panel.controls["moves"].draft.data["moves"][form.list.value]["state"] == "accepted"
    assert panel.controls["moves"].draft.data["moves"][form.list.value]["text"] is None


def test_a_plan_that_mends_what_a_rule_asks_for_takes_its_move_away(panel):
    form = panel.controls["beliefs"]
    form.list.value = "B1"
    assert "lint.belief_stale" in [name for _, name in panel.controls["moves"].list.options]
    form.fields["date"].value = date(2026, 6, 30)
    assert "lint.belief_stale" not in [name for _, name in panel.controls["moves"].list.options]


def test_hours_are_those_of_the_manager_and_the_actions(panel, room):
    there = ManagerBuilder(room.engagement, room.tables, room.scores).build("M02")
    mine = {"M02", "Lin Zhiyuan"}
    open_ = sum(action.owner in mine and action.done_on is None for one in room.tables.plans.values() for action in one.actions)
    capacity = there["capacity"]
    hours, needed = round(capacity["hours"]), capacity["hours"] + 4 * open_
    words = f"asks for {hours:,} hours a year over {len(there['accounts']['name'])} accounts, {open_} open actions take {4 * open_}"
    assert words in told(panel) and f"{capacity['capacity']:,.0f} are there: {100 * needed / capacity['capacity']:.1f}%" in told(panel)
    assert f"{needed - capacity['capacity']:,.0f} hours too many" in told(panel)
    panel.controls["hours"].value = 10.0
    assert f"{open_} open actions take {10 * open_}" in told(panel)
    panel.controls["actions"].add.click()
    fields = panel.controls["actions"].fields
    fields["text"].value, fields["owner"].value = "Visit", "Lin Zhiyuan (M02)"
    assert f"{open_ + 1} open actions take {10 * open_ + 10}" in told(panel)
    fields["done_on"].value = date(2026, 6, 30)
    assert f"{open_} open actions take {10 * open_}" in told(panel)


def test_undo_brings_the_plan_back(panel, room):
    before = room.plan(RICH)
    panel.controls["objectives"].fields["text"].value = "Another goal"
    panel.save()
    assert room.plan(RICH).objectives[0].text == "Another goal" and room.journal()[-1].by == "Li Na"
    panel.undo_button.click()
    assert plain(room.plan(RICH)) | {"revision": 1} == plain(before)
    assert panel.controls["objectives"].fields["text"].value == before.objectives[0].text and "Taken back" in panel.status.value
    panel.undo()
    assert "Nothing to take back" in panel.status.value


def test_what_somebody_wrote_in_another_part_since_is_kept_beside_ours(panel, room):
    panel.controls["objectives"].fields["text"].value = "Another goal"
    there = room.plan(RICH)
    save_plan(room.folder, there.model_copy(update={"risks": there.risks[:1], "actions": there.actions[:1]}))
    panel.save()
    now = room.plan(RICH)
    assert "Saved" in panel.status.value and now.objectives[0].text == "Another goal"
    assert (now.risks, now.actions) == (there.risks[:1], there.actions[:1])


def test_a_second_click_while_it_is_saved_is_none(panel, room):
    panel.controls["objectives"].fields["text"].value = "Another goal"
    for _ in range(2):
        panel.save_button.click()
    assert "Saved" in panel.status.value and len(room.journal()) == 1 and not panel.save_button.disabled


def test_what_somebody_wrote_since_is_refused_and_the_draft_stays(panel, room):
    panel.controls["objectives"].fields["text"].value = "Another goal"
    there = room.plan(RICH)
    theirs = there.objectives[1].model_copy(update={"text": "Their goal"})
    save_plan(room.folder, there.model_copy(update={"objectives": [there.objectives[0], theirs]}))
    panel.save()
    assert "was written by somebody else since it was read" in panel.status.value
    assert panel.controls["objectives"].fields["text"].value == "Another goal" and room.plan(RICH).objectives[0].text != "Another goal"
    panel.reload_button.click()
    assert panel.controls["objectives"].fields["text"].value == "Widen the contact base beyond the buyer"
    panel.controls["objectives"].fields["text"].value = "Another goal"
    panel.save()
    assert room.plan(RICH).objectives[0].text == "Another goal"


def test_a_draft_waits_while_the_room_looks_at_another_account(panel, room):
    panel.controls["objectives"].fields["text"].value = "Another goal"
    panel.controls["account"].value = "A018"
    assert panel.controls["objectives"].fields["text"].value == "Meet the technical and the executive side" and "Not saved yet" not in told(
        panel
    )
    panel.controls["account"].value = RICH
    assert panel.controls["objectives"].fields["text"].value == "Another goal" and "Not saved yet: Objectives." in told(panel)


def test_the_first_plan_of_an_account_is_a_new_file(room):
    fresh = next(account for account in room.accounts if account not in room.tables.plans)
    panel = plan(room, fresh)
    assert "nobody has written a plan yet" in told(panel)
    panel.controls["risks"].add.click()
    panel.controls["risks"].fields["text"].value = "The buyer leaves"
    assert ["A risk has no counter-move", "R1"] in [row[:2] for row in left_open(panel)]
    panel.save()
    assert (room.folder / f"{file_stem(fresh)}.yaml").exists() and room.plan(fresh).risks[0].text == "The buyer leaves"


def test_a_draft_never_uses_an_id_twice():
    draft = Draft(
        Plan.model_validate({"schema": 1, "account_id": "A1", "actions": [{"id": "A9", "text": "x"}, {"id": "call", "text": "y"}]})
    )
    assert [draft.add("actions", date(2026, 6, 30)) for _ in range(2)] == ["A10", "A11"]
    assert draft.missing() == [("actions", "A10"), ("actions", "A11")] and [action.id for action in draft.plan().actions] == ["A9", "call"]


def test_what_is_typed_is_never_markup(panel):
    panel.controls["objectives"].fields["text"].value = "<img src=x onerror=alert(1)>"
    assert "<img src=x" not in panel.page.value and "&lt;img src=x" in panel.page.value


def test_a_chinese_room_reads_no_english_sentence(room):
    chinese = copy(room)
    chinese.language = "zh"
    panel = plan(chinese, "A005")
    pages = []
    for section in (*REQUIRED, "moves"):
        panel.controls["section"].value = section
        pages.append(told(panel))
        pages += [widget.description for widget in panel.controls[section].fields.values()]
    left = " ".join(pages)
    own = [
        name
        for entry in room.plan("A005").model_dump(mode="json").values()
        if isinstance(entry, list)
        for one in entry
        for name in one.values()
    ]
    own += [source for belief in room.plan("A005").beliefs for source in belief.sources] + list(room.accounts.values())
    own += (
        list(room.tables["managers"]["name"]) + list(room.tables["contacts"]["name"]) + list(room.tables["orders"]["product_line"].unique())
    )
    for name in sorted((name for name in own if isinstance(name, str)), key=len, reverse=True):
        left = left.replace(name, "")
    assert "计划质量" in left and not re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", left)
