"""Plans are read strictly, written whole and only over what was read; nothing later than the day exists."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kamlib.checks import InvalidInput, KamError
from kamlib.data import disk
from kamlib.data.company import company_schema
from kamlib.data.engagement import load_engagement
from kamlib.data.names import file_stem
from kamlib.data.new import new_engagement
from kamlib.data.plan import Action, Plan, plan_schema
from kamlib.data.plans import read_plan, read_plans, save_plan, with_ratings
from kamlib.data.read import read
from kamlib.incentives.book import pay_schema
from kamlib.lifecycle import DIMENSIONS
from kamlib.scores import score

ROOT = Path(__file__).resolve().parents[2]


def plan(account_id="A1", **given):
    return Plan.model_validate({"schema": 1, "account_id": account_id} | given)


def written(folder, text, name="A1"):
    path = folder / f"{file_stem(name)}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_sample_has_a_plan_per_story_and_no_problem():
    tables = read(load_engagement(ROOT / "params" / "sample.yaml"))
    assert len(tables.plans) == 16 and tables.plans["A001"].needs[0].hidden == "No second source is released yet"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        pytest.param("schema: 1\naccount_id: A1\nobjektives: []\n", 3, "did you mean objectives", id="unknown key"),
        pytest.param("schema: 1\naccount_id: A1\nactions:\n  - {id: a, text: b, due: soon}\n", 4, "soon", id="no date"),
        pytest.param("schema: 1\naccount_id: 00123\n", 2, "in quotes", id="a number that would lose its zeros"),
        pytest.param("schema: 1\naccount_id: A1\nneeds: !!python/none\n", 3, "tag", id="tag"),
        pytest.param(
            "schema: 1\naccount_id: A1\nrisks:\n  - {id: r, text: a}\n  - {id: r, text: b}\n", 1, "risks has the id r twice", id="id twice"
        ),
        pytest.param("schema: 1\naccount_id: A1\nactions:\n  - {id: a, text: b, objective: O9}\n", 1, "O9.*it has none", id="no objective"),
        pytest.param("schema: 2\naccount_id: A1\n", 1, "1", id="another schema"),
    ],
)
def test_what_is_refused_is_told_with_its_line_and_sets_its_account_aside(tmp_path, text, line, why):
    path = written(tmp_path, text)
    with pytest.raises(InvalidInput, match=why) as refused:
        read_plan(path)
    assert refused.value.problems[0].line == line
    plans, problems = read_plans(tmp_path, ["A1", "A2"])
    assert plans == {} and [(problem.severity, problem.record) for problem in problems] == [("account", "A1")]


def test_a_plan_of_nobody_is_told_and_two_files_for_one_account_set_it_aside(tmp_path):
    save_plan(tmp_path, plan("B7"))
    assert [problem.code for problem in read_plans(tmp_path, ["B8"])[1]] == ["KAM-K02"]
    (tmp_path / "copy.yaml").write_text("schema: 1\naccount_id: B7\n", encoding="utf-8")
    plans, problems = read_plans(tmp_path, ["B7"])
    assert plans == {} and problems[0].code == "KAM-K01" and problems[0].record == "B7"


@pytest.mark.parametrize("account_id", ["A1", "00123", "../../etc/x", "大客户", "a b"])
def test_what_was_written_is_read_again_and_stays_in_its_folder(tmp_path, account_id):
    given = plan(account_id, actions=[{"id": "a1", "text": "拜访新对接人", "due": "2026-07-01"}])
    saved = save_plan(tmp_path / "plans", given)
    assert saved.revision == 1 and read_plans(tmp_path / "plans", [account_id])[0] == {account_id: saved}
    assert [path.name for path in tmp_path.iterdir()] == ["plans"]


def test_a_plan_is_written_only_over_the_revision_that_was_read(tmp_path):
    first = save_plan(tmp_path, plan())
    save_plan(tmp_path, first)
    with pytest.raises(KamError, match="revision 2 lies there, 1 was read") as refused:
        save_plan(tmp_path, first)
    assert refused.value.code == "KAM-P06"


def test_comments_stay_with_their_entry_and_the_file_keeps_its_mode(tmp_path):
    text = (
        "schema: 1\nrevision: 1\naccount_id: A1  # ours\nactions:\n  - id: a1\n    text: call\n  - id: a2\n    text: visit  # the plant\n"
    )
    path = written(tmp_path, text)
    path.chmod(0o644)
    found = read_plan(path)
    save_plan(tmp_path, found.model_copy(update={"actions": found.actions[1:]}))
    after = path.read_text("utf-8")
    assert "# ours" in after and "text: visit  # the plant" in after and "a1" not in after and "swot" not in after
    assert path.stat().st_mode & 0o777 == 0o644 and read_plan(path).revision == 2


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_plan_whole(tmp_path, monkeypatch, step):
    first = save_plan(tmp_path, plan())

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, step, fail)
    with pytest.raises(OSError, match="No space"):
        save_plan(tmp_path, first)
    monkeypatch.undo()
    assert read_plans(tmp_path, ["A1"])[0] == {"A1": first} and not list(tmp_path.glob(".unfinished*"))


WRITER = """
import sys
from pathlib import Path
from kamlib.checks import KamError
from kamlib.data.company import company_schema
from kamlib.data.plan import Action
from kamlib.data.plans import read_plans, save_plan, with_ratings
folder, who = Path(sys.argv[1]), sys.argv[2]
for number in range(20):
    while True:
        plan = read_plans(folder, ["A1"])[0]["A1"]
        try:
            save_plan(folder, plan.model_copy(update={"actions": [*plan.actions, Action(id=f"{who}{number}", text="x")]}))
            break
        except KamError:
            pass
"""


def test_two_writers_lose_nothing(tmp_path):
    save_plan(tmp_path, plan())
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), who], cwd=ROOT, env=os.environ) for who in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    found = read_plans(tmp_path, ["A1"])[0]["A1"]
    assert found.revision == 41 and {action.id for action in found.actions} == {f"{who}{n}" for who in "ab" for n in range(20)}


def rating(item, level, day, assessor):
    return {"item": item, "level": level, "assessed_on": date(2026, 6, day), "assessor": assessor}


ITEMS, WHO = st.sampled_from(["relationship.trust", "qualification.fit"]), st.sampled_from(["a", "b", None])
RATINGS = st.lists(st.builds(rating, ITEMS, st.integers(1, 4), st.integers(1, 3), WHO), max_size=8)


@given(before=RATINGS, after=RATINGS)
@example(before=[rating("i", 1, 1, "a")], after=[rating("i", 1, 1, "a"), rating("i", 4, 1, "b")])
def test_every_rating_of_an_item_is_kept_whoever_gave_it(tmp_path_factory, before, after):
    folder = tmp_path_factory.mktemp("plans")
    first = save_plan(folder, plan("A1", assessments=before))
    written = save_plan(folder, first.model_copy(update={"assessments": plan("A1", assessments=after).assessments}))
    assert read_plan(folder / f"{file_stem('A1')}.yaml") == written and len(written.assessments) == len(after)


def test_F2_nothing_later_than_the_day_exists():
    given = plan(
        actions=[{"id": "a", "text": "x", "done_on": "2026-07-01"}, {"id": "b", "text": "x", "done_on": "2026-06-30"}],
        beliefs=[{"id": "b", "field": "finance_wallet", "text": "x", "date": "2026-07-01"}],
        assessments=[{"item": "i", "level": 1, "assessed_on": "2026-07-01"}],
        moves={"m": {"state": "accepted", "cause": "c", "at": "2026-07-01"}, "n": {"state": "accepted", "cause": "c"}},
    )
    found = given.known_at(date(2026, 6, 30))
    assert [action.done_on for action in found.actions] == [None, date(2026, 6, 30)]
    assert found.beliefs == [] and found.assessments == [] and list(found.moves) == ["n"]
    assert given.actions[0] == Action(id="a", text="x", done_on=date(2026, 7, 1))


def test_a_bad_plan_under_a_foreign_name_sets_aside_the_account_it_names(tmp_path):
    (tmp_path / "mine.yaml").write_text("schema: 1\naccount_id: A1\nrisk: []\n", encoding="utf-8")
    plans, problems = read_plans(tmp_path, ["A1", "A2"])
    assert plans == {} and [(problem.severity, problem.record) for problem in problems] == [("account", "A1")]


def test_a_plan_that_ends_in_yml_is_not_passed_over(tmp_path):
    (tmp_path / f"{file_stem('A1')}.yml").write_text("schema: 1\naccount_id: A1\n", encoding="utf-8")
    plans, problems = read_plans(tmp_path, ["A1"])
    assert plans == {} and f"{file_stem('A1')}.yaml" in str(problems[0])


def test_what_a_workshop_rates_counts_like_the_table_of_assessments(sample_engagement, sample_tables):
    rated = [{"item": f"relationship.{name}", "level": 4, "assessed_on": "2026-06-20", "assessor": "W"} for name in DIMENSIONS]
    judged = [
        {"item": "qualification.fit", "level": level, "assessed_on": "2026-06-20", "assessor": who} for who, level in (("a", 1), ("b", 4))
    ]
    account = next(
        name for name, stage in score(sample_tables, sample_engagement).values["account"]["relationship_stage"].items() if stage != stage
    )
    tables = with_ratings(sample_tables, sample_tables.plans | {account: plan(account, assessments=rated + judged)})
    row = score(tables, sample_engagement).values["account"].loc[account]
    assert row["relationship_stage"] == "synergistic" and row["fit_gate_flag"] == 0 and row["rating_gap_count"] == 3
    assert len(tables["assessments"]) == len(sample_tables["assessments"]) + 8
    without = replace(sample_tables, frames={name: frame for name, frame in sample_tables.frames.items() if name != "assessments"})
    assert len(with_ratings(without, {account: plan(account, assessments=rated)})["assessments"]) == 6
    assert "assessments" not in with_ratings(without, {})


def test_the_example_of_a_new_engagement_is_a_plan(tmp_path):
    example = new_engagement(tmp_path / "client")[4]
    found = read_plan(example)
    assert all(getattr(found, name) for name in ("objectives", "needs", "beliefs", "risks", "actions", "annual_plan", "tenders", "advice"))


def test_the_schema_in_params_is_that_of_the_program():
    for name, schema in (("plan", plan_schema()), ("company", company_schema()), ("pay", pay_schema())):
        assert (ROOT / f"params/{name}.schema.json").read_text(encoding="utf-8") == schema
