"""The score of a diagnosis: a corner table, laws over every diagnosis, and refusals that say where and how to mend."""

from __future__ import annotations

import math
from functools import cache

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from kamlib.checks import InvalidInput, KamError
from kamlib.cli.client import client as command
from kamlib.course.diagnosis import Named, read_diagnosis, score_diagnosis
from kamlib.data.client import STORY_KEYS, AnswerKey, Decoy, Planted, client_files, open_key, story_words, write_client

CODE = "birds-of-a-feather"
BOTH = {"en": "-", "zh": "-"}


def planted(story, *subjects, amount):
    return Planted(story, subjects, tuple(f"Name of {one}" for one in subjects), amount, {}, BOTH, BOTH, BOTH, BOTH)


STORIES = (
    planted("unprofitable_star", "A1", amount=100.0),
    planted("silent_churner", "A2", amount=200.0),
    planted("channel_conflict", "A3", "A4", amount=50.0),
    planted("pay_cliff", "M1", "project", amount=50.0),
)
DECOYS = (Decoy("silent_churner", ("A5",), ("Name of A5",), BOTH),)
SUBJECTS = {one: f"Name of {one}" for one in ("A1", "A2", "A3", "A4", "A5", "A6", "M1", "M2")} | {"project": "project"}
KEY = AnswerKey(1, "Acme", "2026-06-30", "CNY", 7, "hard", SUBJECTS, STORIES, DECOYS)
NOTHING_PLANTED = AnswerKey(1, "Acme", "2026-06-30", "CNY", 7, "hard", SUBJECTS, (), ())
NAN = float("nan")


def entries(*pairs):
    return [{"account": account, "story": story} for account, story in pairs]


@pytest.mark.parametrize(
    ("named", "precision", "recall", "f1", "money"),
    [
        pytest.param([], NAN, 0.0, 0.0, 0.0, id="nothing named"),
        pytest.param([("A1", "unprofitable_star")], 1.0, 0.25, 0.4, 100.0, id="one right"),
        pytest.param([("A6", "unprofitable_star")], 0.0, 0.0, 0.0, 0.0, id="one wrong"),
        pytest.param([("A1", "unprofitable_star"), ("A6", "silent_churner")], 0.5, 0.25, 1 / 3, 100.0, id="one right, one wrong"),
        pytest.param([("A1", "unprofitable_star")] * 3, 1.0, 0.25, 0.4, 100.0, id="right thrice counts once"),
        pytest.param([("A6", "silent_churner")] * 2 + [("A2", "silent_churner")], 0.5, 0.25, 1 / 3, 200.0, id="wrong twice counts once"),
        pytest.param([("A3", "channel_conflict"), ("A4", "channel_conflict")], 1.0, 0.25, 0.4, 50.0, id="both accounts of one story"),
        pytest.param([("A4", "channel_conflict")], 1.0, 0.25, 0.4, 50.0, id="the other account"),
        pytest.param([("M1", "pay_cliff")], 1.0, 0.25, 0.4, 50.0, id="the manager"),
        pytest.param([("project", "pay_cliff")], 1.0, 0.25, 0.4, 50.0, id="the pay plan"),
        pytest.param([("A1", story) for story in STORY_KEYS], 1 / 7, 0.25, 2 / 11, 100.0, id="every story of one account"),
        pytest.param([(one.subjects[0], one.story) for one in STORIES], 1.0, 1.0, 1.0, 400.0, id="all"),
    ],
)
def test_score(named, precision, recall, f1, money):
    found = score_diagnosis(entries(*named), KEY)
    assert (found.precision, found.recall, found.f1) == pytest.approx((precision, recall, f1), nan_ok=True)
    assert (found.money_found_amount, found.money_total_amount, found.money_share) == (money, 400.0, money / 400)


@pytest.mark.parametrize(
    ("named", "precision", "f1"),
    [pytest.param([], NAN, NAN, id="nothing named"), pytest.param([("A1", "pay_cliff")], 0.0, 0.0, id="one named")],
)
def test_nothing_planted(named, precision, f1):
    found = score_diagnosis(entries(*named), NOTHING_PLANTED)
    assert (found.precision, found.f1) == pytest.approx((precision, f1), nan_ok=True)
    assert math.isnan(found.recall) and math.isnan(found.money_share)


@pytest.mark.parametrize(
    ("account", "story", "reason", "told"),
    [
        pytest.param("A1", "silent_churner", "wrong_story", "unprofitable_star", id="right account, wrong story"),
        pytest.param("A4", "unprofitable_star", "wrong_story", "channel_conflict", id="second account, wrong story"),
        pytest.param("A5", "silent_churner", "decoy", "", id="decoy"),
        pytest.param("A5", "unprofitable_star", "wrong_account", "", id="decoy of another story"),
        pytest.param("A6", "unprofitable_star", "wrong_account", "", id="right story, wrong account"),
        pytest.param("A6", "disputed_on_time", "not_there", "", id="neither"),
        pytest.param("M2", "pay_cliff", "wrong_account", "", id="another manager"),
    ],
)
def test_what_is_wrong_is_told_apart(account, story, reason, told):
    found = score_diagnosis(entries((account, story)), KEY)
    assert [(one.reason, one.told, one.named.account) for one in found.false] == [(reason, told, account)]
    assert (found.found, found.missed) == ((), STORIES)


def test_lists_keep_their_order_and_the_first_entry():
    rows = [Named("A4", "channel_conflict", 5.0, line=1), Named("A6", "pay_cliff", line=2), Named("A3", "channel_conflict", 9.0, line=3)]
    found = score_diagnosis(rows, KEY)
    assert [(one.named.line, one.named.money, one.planted.story) for one in found.found] == [(1, 5.0, "channel_conflict")]
    assert [one.story for one in found.missed] == ["unprofitable_star", "silent_churner", "pay_cliff"]
    assert [one.named.line for one in found.false] == [2]


PAIRS = st.lists(st.tuples(st.sampled_from(sorted(SUBJECTS)), st.sampled_from(STORY_KEYS)), max_size=12)


@given(PAIRS)
def test_laws_of_every_diagnosis(pairs):
    found = score_diagnosis(entries(*pairs), KEY)
    assert len(found.found) + len(found.missed) == len(STORIES)
    assert 0 <= found.recall <= 1 and 0 <= found.f1 <= 1 and 0 <= found.money_share <= 1
    assert math.isnan(found.precision) == (not pairs)
    if pairs and found.precision + found.recall > 0:
        assert found.f1 == pytest.approx(2 * found.precision * found.recall / (found.precision + found.recall))
    again = score_diagnosis(entries(*reversed(pairs), *pairs), KEY)
    assert (again.precision, again.recall, again.money_share) == pytest.approx(
        (found.precision, found.recall, found.money_share), nan_ok=True
    )


@given(PAIRS, st.sampled_from(STORIES))
def test_a_right_entry_more_never_scores_lower(pairs, one):
    before = score_diagnosis(entries(*pairs), KEY)
    after = score_diagnosis(entries(*pairs, (one.subjects[0], one.story)), KEY)
    assert after.recall >= before.recall and after.f1 >= before.f1 and after.money_share >= before.money_share


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param({"account": "A7", "story": "pay_cliff"}, r'"A7" is no account, manager or pay plan of this client', id="account"),
        pytest.param({"account": "A1", "story": "slow_payer"}, r'"slow_payer" is no story; there are unprofitable_star, ', id="story"),
        pytest.param({"account": "A1"}, "story is missing from an entry", id="no story"),
        pytest.param({"account": "A1", "story": "pay_cliff", "why": "?"}, "why is unknown in an entry", id="unknown key"),
    ],
)
def test_rows_of_a_program_are_refused(row, message):
    with pytest.raises(InvalidInput, match=message):
        score_diagnosis([row], KEY)


def refusal(tmp_path, text):
    file = tmp_path / "team.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        score_diagnosis(read_diagnosis(file), KEY)
    assert all(isinstance(problem, KamError) for problem in error.value.problems)
    return [str(problem) for problem in error.value.problems]


GOOD = "- {account: A1, story: unprofitable_star}\n"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        pytest.param("account: A1\n", ["team.yaml, line 1: must be a list of entries, got a mapping. Fix: begin each"], id="a mapping"),
        pytest.param("plain words\n", ["team.yaml, line 1: must be a list of entries, got 'plain words'"], id="a text"),
        pytest.param(GOOD + "- A2\n", ["team.yaml, line 2: an entry must have account and story, got 'A2'"], id="no mapping"),
        pytest.param(GOOD + "- {account: A2}\n", ['team.yaml, line 2, column "story": story is missing. Fix: add story'], id="missing"),
        pytest.param(
            GOOD + "- account: A2\n  story: silent_churner\n  mony: 5\n",
            ['team.yaml, line 4: "mony" is unknown in an entry; allowed: account, story, money'],
            id="unknown key",
        ),
        pytest.param(
            "- account: A2\n  story: silent_churner\n  money: much\n",
            ['team.yaml, line 3, column "money": "much" money must be an amount of 0 or more'],
            id="money no number",
        ),
        pytest.param("- {account: A2, story: silent_churner, money: -1}\n", ["money must be an amount of 0 or more"], id="money below 0"),
        pytest.param("- {account: A2, story: silent_churner, money: .nan}\n", ["money must be an amount of 0 or more"], id="money nan"),
        pytest.param("- {account: A2, story: silent_churner, money: true}\n", ["money must be an amount of 0 or more"], id="money a flag"),
        pytest.param("- {account: [A2], story: silent_churner}\n", ["account must be a text"], id="a list for an account"),
        pytest.param(
            GOOD + "\n- {account: A9, story: pay_clif}\n",
            [
                'team.yaml, line 3, column "account": "A9" is no account, manager or pay plan of this client. Fix: take an id of',
                'team.yaml, line 3, column "story": "pay_clif" is no story',
            ],
            id="unknown account and story",
        ),
        pytest.param("- {account: A1, story: pay_cliff\n", ["team.yaml, line"], id="no YAML"),
        pytest.param("- {}\n- {}\n", ["account is missing", "story is missing"] * 2, id="every problem at once"),
    ],
)
def test_files_are_refused_with_line_and_remedy(text, messages, tmp_path):
    said = refusal(tmp_path, text)
    assert len(said) == len(messages)
    for one, wanted in zip(said, messages, strict=True):
        assert wanted in one and "Fix: " in one


def test_what_is_near_is_proposed(tmp_path):
    said = refusal(tmp_path, "- {account: projekt, story: pay_clif}\n")
    assert ["Fix: did you mean project?" in said[0], "Fix: did you mean pay_cliff?" in said[1]] == [True, True]


@pytest.mark.parametrize("text", ["", "[]\n", "# nothing found\n"])
def test_an_empty_file_names_nothing(text, tmp_path):
    (tmp_path / "team.yaml").write_text(text, encoding="utf-8")
    assert read_diagnosis(tmp_path / "team.yaml") == ()


def test_numbers_as_ids_and_blanks_are_read_as_text(tmp_path):
    (tmp_path / "team.yaml").write_text('- {account: 12, story: " pay_cliff ", money: 12.5}\n', encoding="utf-8")
    assert read_diagnosis(tmp_path / "team.yaml") == (Named("12", "pay_cliff", 12.5, "team.yaml", 1),)


# ---- a real client and the command


@cache
def real():
    return client_files(7, "hard")[1]


def test_the_right_answer_of_a_real_client_scores_full():
    found = score_diagnosis([{"account": one.subjects[-1], "story": one.story} for one in real().stories], real())
    assert (found.precision, found.recall, found.f1, found.money_share) == (1.0, 1.0, 1.0, 1.0)


def test_every_decoy_of_a_real_client_is_called_one():
    found = score_diagnosis([{"account": one.subjects[0], "story": one.story} for one in real().decoys], real())
    assert [one.reason for one in found.false] == ["decoy"] * 7
    assert found.precision == 0.0


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn") / "acme"
    write_client(folder, 7, "hard", code=CODE)
    return folder


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


def test_the_command_prints_the_score_in_both_languages(drawn, tmp_path):
    key, file = open_key(drawn, code=CODE), tmp_path / "team.yaml"
    first, decoy = key.stories[0], key.decoys[1]
    rows = [
        f"- {{account: {first.subjects[0]}, story: {first.story}, money: 750000}}",
        f"- {{account: {decoy.subjects[0]}, story: {decoy.story}}}",
        f"- {{account: {first.subjects[0]}, story: pay_cliff}}",
    ]
    file.write_text("\n".join(rows), encoding="utf-8")
    english = run("score", drawn, file, "--code", CODE)
    assert english.exit_code == 0, english.output
    for text in ("Precision       33.3%", "Recall          14.3%", "F1              20.0%", "Found (1)", "Missed (6)", "Wrongly named (2)"):
        assert text in english.output
    assert "the team's estimate: ¥750\xa0k" in english.output
    assert f"{decoy.names[0]} ({decoy.subjects[0]})" in english.output and "a decoy: healthy" in english.output
    assert f"what is told of it: {first.title['en']}" in english.output
    chinese = run("score", drawn, file, "--code", CODE, "--lang", "zh").output
    for text in ("查准率          33.3%", "已找到（1）", "遗漏（6）", "误报（2）", "本队估计¥75.0万", f"实为“{first.title['zh']}”"):
        assert text in chinese
    assert all(story_words()[one.story]["title"]["zh"] in chinese for one in key.stories)


def test_the_command_says_where_nothing_is_defined(drawn, tmp_path):
    (tmp_path / "team.yaml").write_text("[]", encoding="utf-8")
    assert "Precision       n/a" in run("score", drawn, tmp_path / "team.yaml", "--code", CODE).output
    assert "查准率          无定义" in run("score", drawn, tmp_path / "team.yaml", "--code", CODE, "--lang", "zh").output


def test_the_command_refuses_a_wrong_code_before_it_reads_the_diagnosis(drawn, tmp_path):
    (tmp_path / "team.yaml").write_text("- {}", encoding="utf-8")
    refused = run("score", drawn, tmp_path / "team.yaml", "--code", "birds-of-b-feather")
    assert isinstance(refused.exception, KamError) and refused.exception.code == "KAM-X07"
