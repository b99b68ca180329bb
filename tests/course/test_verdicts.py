"""The judgement on an answer: every right form passes, a known mistake gets its own words, nothing unreadable is called wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kamlib.course.checking import check_exercise
from kamlib.course.exercise import Exercise, Mistaken
from kamlib.course.verdicts import answer_text, judge

COMMON = {"key": "x", "place": 1, "source": "S2a", "ask": "?", "hint": "h", "worked": "w", "currency": "CNY", "tolerance": 0.0}
OPTIONS = {"north": "The north", "south": "The south", "west": "The west"}
ACCOUNTS = {"A001": "澜岳精密机械有限公司", "A002": "Ningchuan Rail Components Co., Ltd.", "A003": "Tessarine", "A010": "桓宇"}


def exercise(kind: str, *, answer, wrong=(), language: str = "en", unit: str = "", **more) -> Exercise:
    mistaken = tuple(Mistaken(given, words) for given, words in wrong)
    given = {"kind": kind, "unit": unit, "answer": answer, "wrong": mistaken, "language": language, "answer_words": "the answer"}
    rest = {"options": OPTIONS if kind in ("choice", "order") else {}, "accounts": ACCOUNTS if kind == "accounts" else {}}
    return Exercise(**{**COMMON, **given, **rest, "is_several": False, **more})


SHARE = exercise("number", unit="share", answer=0.382, tolerance=0.005, wrong=[(0.618, "others"), (0.63, "nearly the same")])
AMOUNT = exercise("number", unit="amount", answer=14_202_841.0, tolerance=71_014.0)
ONE = exercise("choice", answer=frozenset({"south"}), wrong=[(frozenset({"north"}), "It snows there.")])
TWO = exercise("choice", answer=frozenset({"north", "west"}), is_several=True)
ORDER = exercise("order", answer=("west", "north", "south"), wrong=[(("north", "south", "west"), "By size.")])
SET = exercise("accounts", answer=frozenset({"A001", "A003"}), wrong=[(frozenset({"A002"}), "That one left.")])


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        *[(SHARE, answer) for answer in ("0.38", "38%", "38 %", "38,2 %", "３８．２％", "38", "百分之38", " +38.2% ", 0.382)],
        *[
            (AMOUNT, answer)
            for answer in ("14.2 m", "1420万", "1.42e7", "0.142亿", "14,202,841", "14 202 841", "¥14.2m", "１４２０万元", 14_200_000)
        ],
        *[(ONE, answer) for answer in ("B", "b", "Ｂ", "b.", "south", "The South", ["south"])],
        *[(TWO, answer) for answer in ("A, C", "ca", "A C", "A、C", "c；a", "AC", ["west", "north"], "north, west")],
        *[(ORDER, answer) for answer in ("C, A, B", "cab", "C>A>B", "C → A → B", "ＣＡＢ", ["west", "north", "south"], "west north south")],
        *[
            (SET, answer)
            for answer in ("A001, A003", "a003 a001", "A003、A001", "Ａ００１；A003", "A001,A001,A003", "A001\nA003", ["A003", "A001"])
        ],
        (SET, "澜岳精密机械有限公司、Tessarine"),
    ],
)
def test_every_right_way_of_writing_is_right(asked, answer):
    assert judge(asked, answer).right is True


@pytest.mark.parametrize(
    ("asked", "answer", "message"),
    [
        pytest.param(SHARE, "61.8%", "others", id="a known mistake"),
        pytest.param(SHARE, "62.6%", "nearly the same", id="the nearer of two mistakes"),
        pytest.param(SHARE, "-38.2%", "The size is right, the sign is not: you wrote −38.2%.", id="sign"),
        pytest.param(SHARE, "0.382%", "The digits are right, the unit is not: you wrote 0.382%.", id="per cent of a fraction"),
        pytest.param(SHARE, "50%", "Not yet: you wrote 50.0%.", id="something else"),
        pytest.param(AMOUNT, "14.2", "The digits are right, the unit is not: you wrote 14.2.", id="millions forgotten"),
        pytest.param(AMOUNT, "1420", "The digits are right, the unit is not: you wrote ¥1,420.", id="wan forgotten"),
        pytest.param(ONE, "A", "It snows there.", id="a known option"),
        pytest.param(ONE, "C", "Not this one; read the numbers again.", id="another option"),
        pytest.param(TWO, "A", "1 of 2 found; none that does not belong.", id="half of several"),
        pytest.param(TWO, "A, B", "1 of 2 found; 1 does not belong.", id="one too many"),
        pytest.param(ORDER, "A, B, C", "By size.", id="a known order"),
        pytest.param(ORDER, "C, B, A", "Right up to place 1; look at place 2.", id="order: from the second place"),
        pytest.param(ORDER, "B, A, C", "Look again at what comes first.", id="order: from the first place"),
        pytest.param(SET, "A002", "That one left.", id="a known set"),
        pytest.param(SET, "A001 A010", "1 of 2 found; 1 does not belong.", id="half of a set"),
    ],
)
def test_a_wrong_answer_is_told_why(asked, answer, message):
    verdict = judge(asked, answer)
    assert verdict.right is False and verdict.message == message


@pytest.mark.parametrize(
    ("asked", "answer", "names"),
    [
        pytest.param(SHARE, "a third", "27.5%", id="words for a number"),
        pytest.param(SHARE, "", "27.5%", id="nothing"),
        pytest.param(SHARE, "14 m", "27.5%", id="another unit"),
        pytest.param(SHARE, True, "27.5%", id="a truth value"),
        pytest.param(SHARE, float("nan"), "27.5%", id="nan"),
        pytest.param(SHARE, ["0.38"], "27.5%", id="a list for a number"),
        pytest.param(ONE, "D", "A to C", id="no such letter"),
        pytest.param(ONE, "A, B", "A to C", id="two where one is asked"),
        pytest.param(ONE, None, "A to C", id="nothing chosen"),
        pytest.param(TWO, [], "A to C", id="nothing ticked"),
        pytest.param(TWO, 3, "A to C", id="a number for letters"),
        pytest.param(ORDER, "C, A", "A to C", id="one left out"),
        pytest.param(ORDER, "C, A, B, A", "A to C", id="one twice"),
        pytest.param(SET, "A001, A999", "A001, A002", id="an unknown account"),
        pytest.param(SET, "  ", "A001, A002", id="blanks"),
        pytest.param(SET, 7, "A001, A002", id="a number for accounts"),
    ],
)
def test_what_cannot_be_read_is_not_wrong_and_says_how_to_write_it(asked, answer, names):
    verdict = judge(asked, answer)
    assert verdict.right is None and names in verdict.message


@pytest.mark.parametrize("asked", [SHARE, AMOUNT, ONE, TWO, ORDER, SET], ids=lambda asked: f"{asked.kind}-{asked.unit}")
def test_messages_speak_chinese(asked):
    told = replace(asked, language="zh")
    for answer in ("", "?", "12345", "A", "A, B, C", "B A C", "A010"):
        assert (
            any("\u4e00" <= sign <= "\u9fff" for sign in judge(told, answer).message) or judge(told, answer).right is False and asked.wrong
        )


@pytest.mark.parametrize("asked", [SHARE, AMOUNT, ONE, TWO, ORDER, SET], ids=lambda asked: f"{asked.kind}-{asked.unit}")
def test_a_written_answer_can_be_read_again(asked):
    assert judge(asked, answer_text(asked, asked.answer)).right is True


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        pytest.param(replace(SHARE, wrong=(Mistaken(0.384, "x"),)), "is not called wrong", id="within the tolerance of the right one"),
        pytest.param(replace(SHARE, wrong=(Mistaken(0.6, "x"), Mistaken(0.604, "y"))), "cannot be told apart", id="two alike"),
        pytest.param(replace(ONE, wrong=(Mistaken(frozenset({"south"}), "x"),)), "is not called wrong", id="the right option"),
        pytest.param(
            replace(ORDER, answer=tuple(OPTIONS), wrong=()), "must not be listed in the right order", id="listed in the right order"
        ),
    ],
)
def test_the_check_finds_an_exercise_that_judges_badly(asked, why):
    with pytest.raises(AssertionError, match=why):
        check_exercise(asked)


@pytest.mark.parametrize("asked", [SHARE, AMOUNT, ONE, TWO, ORDER, SET], ids=lambda asked: f"{asked.kind}-{asked.unit}")
def test_the_check_passes_what_judges_well(asked):
    check_exercise(asked)
