"""What a workshop decides lies on the disk, with who and when, is never written over somebody else's, and can be taken back."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pytest

from kamlib.checks import KamError
from kamlib.data.engagement import load_engagement
from kamlib.data.overrides import fingerprint, overrides_of, save_overrides
from kamlib.data.plan import Risk
from kamlib.workshop import open_workshop, practice_copy
from kamlib.workshop.journal import FILE, read_entries
from kamlib.workshop.session import ENGAGEMENT, LANGUAGE, WHO


def with_risk(plan, name="W1"):
    return plan.model_copy(update={"risks": [*plan.risks, Risk(id=name, text="The buyer retires")]})


def test_a_practice_copy_is_made_once_and_kept(tmp_path):
    path = practice_copy(tmp_path)
    path.write_text(path.read_text("utf-8").replace("name: Sample", "name: My"), encoding="utf-8")
    assert practice_copy(tmp_path) == path and load_engagement(path).name == "My machinery group"


def test_what_kam_workshop_was_started_with_is_opened(engagement, monkeypatch):
    for name, value in {ENGAGEMENT: str(engagement), LANGUAGE: "zh", WHO: "王敏"}.items():
        monkeypatch.setenv(name, value)
    room = open_workshop()
    assert (room.path, room.language, room.by) == (engagement, "zh", "王敏")
    assert open_workshop(language="en", by="Li").language == "en"


def test_the_largest_account_comes_first(room):
    revenue = room.scores.values["account"]["revenue_amount"]
    assert next(iter(room.accounts)) == revenue.idxmax() and len(room.accounts) == len(revenue)


def test_a_plan_is_saved_with_who_and_when(room):
    written = room.save_plan(with_risk(room.plan("A001")), "a risk")
    entry = read_entries(room.folder)[-1]
    assert (written.revision, entry.by, entry.kind, entry.subject, entry.what) == (2, "Li Na", "plan", "A001", "a risk")
    assert date.fromisoformat(entry.at[:10]) and entry.at.endswith("+00:00")
    assert open_workshop(str(room.path)).plan("A001").risks[-1].id == "W1"


def test_a_plan_that_somebody_wrote_since_is_left_as_it_is(room):
    mine = with_risk(room.plan("A001"), "MINE")
    room.save_plan(with_risk(room.plan("A001"), "THEIRS"), "theirs")
    with pytest.raises(KamError, match="was written by somebody else: revision 2 lies there, 1 was read"):
        room.save_plan(mine, "mine")
    assert [risk.id for risk in room.plan("A001").risks] == ["R1", "THEIRS"] and len(room.journal()) == 1


def test_decisions_are_taken_back_one_by_one_and_each_only_once(room, engagement):
    before, first = engagement.read_text("utf-8"), room.plan("A001")
    room.save_plan(with_risk(room.plan("A001"), "W1"), "first")
    room.save_policy({"abc.a_share": 0.75}, "second")
    room.save_plan(with_risk(room.plan("A001"), "W2"), "third")
    assert [room.undo().what for _ in range(3)] == ["third", "second", "first"] and room.undo() is None
    assert engagement.read_text("utf-8") == before
    assert room.plan("A001").model_copy(update={"revision": 1}) == first
    room.save_plan(with_risk(room.plan("A001"), "W3"), "fourth")
    assert room.undo().what == "fourth"


def test_nothing_is_taken_back_over_what_somebody_wrote_since(room):
    room.save_plan(with_risk(room.plan("A001"), "W1"), "mine")
    other = open_workshop(str(room.path), by="Zhao")
    other.save_plan(with_risk(other.plan("A001"), "W2"), "theirs")
    (room.folder / FILE).write_text("\n".join((room.folder / FILE).read_text("utf-8").splitlines()[:1]) + "\n", "utf-8")
    with pytest.raises(KamError, match="was changed by somebody else after this decision"):
        room.undo()
    assert [risk.id for risk in room.plan("A001").risks] == ["R1", "W1", "W2"]


def test_a_policy_value_goes_into_the_engagement_file_and_every_comment_stays(room, engagement):
    before = engagement.read_text("utf-8").splitlines()
    room.save_policy({"abc.a_share": 0.75, "stars.cuts.CNY.three": 31000}, "cuts")
    after = engagement.read_text("utf-8").splitlines()
    assert [line for line in before if line not in after] == ["  stars: {cuts: {CNY: {three: 30000, four: 100000, five: 300000}}}"]
    assert [line.strip() for line in after if line not in before] == [
        "abc:",
        "a_share: 0.75",
        "stars: {cuts: {CNY: {three: 31000, four: 100000, five: 300000}}}",
    ]
    assert room.engagement.policy.abc.a_share == 0.75 and open_workshop(str(engagement)).engagement.policy.abc.a_share == 0.75


def test_a_value_that_does_not_fit_is_refused_and_nothing_is_written(room, engagement):
    before = engagement.read_bytes()
    with pytest.raises(KamError, match="a_share"):
        room.save_policy({"abc.a_share": "three quarters"}, "nonsense")
    with pytest.raises(KamError, match="nowhere"):
        room.save_policy({"nowhere.a_share": 0.7}, "nonsense")
    assert engagement.read_bytes() == before and room.journal() == []


def test_an_engagement_that_somebody_wrote_since_is_left_as_it_is(room, engagement):
    with engagement.open("a", encoding="utf-8") as file:
        file.write("# a note of a colleague\n")
    before = engagement.read_bytes()
    with pytest.raises(KamError, match="was written by somebody else since it was read"):
        room.save_policy({"abc.a_share": 0.75}, "cuts")
    assert engagement.read_bytes() == before
    room.reload()
    room.save_policy({"abc.a_share": 0.75}, "cuts")
    assert "# a note of a colleague" in engagement.read_text("utf-8")


@pytest.mark.parametrize(
    ("taken_out", "changes"),
    [
        pytest.param("", {"abc.a_share": 0.7}, id="beside others"),
        pytest.param("", {"stars.cuts.CNY.three": 20000, "stars.rule_months": None}, id="in place, and one that is not there"),
        pytest.param(
            "policy_overrides:\n  stars: {cuts: {CNY: {three: 30000, four: 100000, five: 300000}}}\n", {"abc.a_share": 0.7}, id="the first"
        ),
    ],
)
def test_taking_a_value_out_again_gives_the_same_bytes(engagement, taken_out, changes):
    assert taken_out in engagement.read_text("utf-8")
    engagement.write_text(engagement.read_text("utf-8").replace(taken_out, ""), encoding="utf-8")
    before, was = engagement.read_bytes(), overrides_of(engagement, list(changes))
    changed = {name: value for name, value in changes.items() if value is not None}
    read = save_overrides(engagement, changed, read=fingerprint(engagement))
    assert engagement.read_bytes() != before
    save_overrides(engagement, was, read=read)
    assert engagement.read_bytes() == before


def test_a_journal_that_was_cut_off_loses_its_last_line_only(room):
    room.save_policy({"abc.a_share": 0.75}, "cuts")
    with (room.folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": "2026-06-30"})[:9])
    assert [entry.what for entry in room.journal()] == ["cuts"]


def test_an_account_that_is_not_there_is_named(room):
    with pytest.raises(KamError, match="is not an account of this engagement"):
        room.plan("A999")


def test_the_journal_is_no_plan(room, engagement, tmp_path):
    room.save_policy({"abc.a_share": 0.75}, "cuts")
    shutil.copytree(engagement.parent, tmp_path / "copy")
    assert open_workshop(str(tmp_path / "copy" / engagement.name)).tables.quality.problems == room.tables.quality.problems


def test_nobody_takes_back_what_another_group_has_decided(room):
    room.by = "Li Na"
    room.save_policy({"abc.a_share": 0.75}, "hers")
    room.by = "Wang"
    assert room.undo() is None and room.engagement.policy.leaf("abc.a_share")["value"] == 0.75
    room.save_policy({"abc.b_share": 0.95}, "his")
    room.by = "Li Na"
    assert room.undo().what == "hers" and room.engagement.policy.leaf("abc.b_share")["value"] == 0.95
    assert room.undo() is None
