"""A lesson's file is refused with its line; figures are looked up, computed, counted and written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kamlib.checks import InvalidInput, KamError
from kamlib.course.exercise import resolve
from kamlib.course.figures import Figure, dug, figures
from kamlib.course.lesson import Lesson, open_lesson
from kamlib.course.load import load_lesson, read_lesson
from kamlib.course.schema import Rule, Value

HEAD = """\
exercises:
"""
NUMBER = """\
  {key}:
    kind: number
    unit: share
    values: {{one: [account, A001, revenue_amount], all: [portfolio, revenue_amount]}}
    answer: one / all
    source: S2a
    ask: {{en: "What share of {{all}}?", zh: "占{{all}}多少？"}}
    hint: {{en: Divide., zh: 相除。}}
    wrong: [{{answer: one / (all - one), en: The others., zh: 其他客户。}}]
    worked: {{en: "{{answer}}", zh: "{{answer}}"}}
"""
GOOD = HEAD + "".join(NUMBER.format(key=key) for key in ("first", "second", "third"))
CHOICE = """\
    kind: choice
    answer: b
    options: {a: {en: One, zh: 一}, b: {en: Two, zh: 二}}
"""


@pytest.fixture
def written(tmp_path: Path):
    def write(words: str):
        path = tmp_path / "lesson_9.yaml"
        path.write_text(words, "utf-8")
        return read_lesson(path)

    return write


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "unit: share", "units: share", r'line 4, column "exercises.first.units": "units" is an unknown key.*did you mean unit', id="key"
        ),
        pytest.param("en: Divide.", "en: 7", r'line 9, column "exercises.first.hint.en": "7" should be a valid string', id="type"),
        pytest.param("    source: S2a\n", "", r'line 2, column "exercises.first": source is missing', id="missing"),
        pytest.param("kind: number", "kind: guess", r"line 3.*should be 'number', 'choice', 'accounts' or 'order'", id="kind"),
        pytest.param("    unit: share\n", "", "line 2.*a number needs a unit", id="no unit"),
        pytest.param(
            "[portfolio, revenue_amount]", "[firm, x]", r"line 5.*must be one of \[account\|group\|manager, id, metric\]", id="value"
        ),
        pytest.param("answer: one / all", "answer: [a]", "line 2.*answer.*must be arithmetic over the values", id="answer"),
        pytest.param("wrong: [{", "wrong: []\n    # [{", "line 10.*at least 1 item", id="no mistakes"),
        pytest.param(
            "    kind: number\n    unit: share\n    values", "    kind: choice\n    values", "choice and order need options", id="options"
        ),
    ],
)
def test_a_bad_file_is_refused_with_its_line(written, old, new, message):
    with pytest.raises(InvalidInput) as caught:
        written(GOOD.replace(old, new, 1))
    assert re.search(f"^lesson_9.yaml, {message}" if message.startswith("line") else message, str(caught.value)), str(caught.value)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        pytest.param("answer: c", "answer 'c' must name options: a, b", id="no such option"),
        pytest.param("answer: {most_first: {a: 1}}", "with every option", id="one option not ranked"),
        pytest.param("answer: {most_first: {a: 1, b: 2}, least_first: {a: 1, b: 2}}", "with every option", id="two directions"),
        pytest.param(
            "options: {b: {en: One, zh: 一}, a: {en: Two, zh: 二}}", "the option b must stand at the place of its letter", id="letter"
        ),
        pytest.param("tolerance: 1", "only a number has a tolerance", id="tolerance"),
    ],
)
def test_a_choice_is_refused_with_its_reason(written, kind, message):
    name = kind.partition(":")[0]
    choice = re.sub(rf"    {name}:.*\n", "", CHOICE) + f"    {kind}\n"
    first = NUMBER.format(key="first")
    first = re.sub(r"    (kind|unit|answer):.*\n", "", first).replace("answer: one / (all - one)", "answer: a") + choice
    with pytest.raises(InvalidInput, match=re.escape(message)):
        written(HEAD + first + NUMBER.format(key="second") + NUMBER.format(key="third"))


def test_two_or_six_exercises_are_refused(written):
    for count in (2, 6):
        with pytest.raises(InvalidInput, match="exercises"):
            written(HEAD + "".join(NUMBER.format(key=f"e{number}") for number in range(count)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "A001", "A999", r'line 5, column "exercises.first.values": "A999" is no account of Sample machinery group', id="account"
        ),
        pytest.param("[portfolio, revenue_amount]", "[portfolio, revenue]", '"revenue" is no metric of the level portfolio', id="metric"),
        pytest.param("answer: one / all", "answer: one / none", r"line 6.*cannot be computed: cannot recompute .one / none.", id="part"),
        pytest.param("answer: one / all", "answer: one / (all - all)", "line 6.*cannot be computed", id="zero"),
        pytest.param(
            "share of {all}", "share of {total}", "line 8.*names total, which values does not have.*take one of one, all", id="place"
        ),
        pytest.param("share of {all}", "share of {all:many}", "line 8.*names", id="form"),
        pytest.param(
            "[account, A001, revenue_amount]", "[account, A046, growth_rate]", '"growth_rate" is not measured for A046', id="open"
        ),
    ],
)
def test_what_the_client_does_not_have_is_refused_with_its_line(written, client, old, new, message):
    with pytest.raises(KamError) as caught:
        resolve("first", written(GOOD.replace(old, new, 1)), client, language="en")
    assert re.search(message, str(caught.value)) and "lesson_9.yaml" in str(caught.value), str(caught.value)


def test_a_good_file_is_told_in_both_languages(written, client):
    for language, ask in (("en", "What share of ¥98.7\u00a0m?"), ("zh", "占¥9,870.7万多少？")):
        found = resolve("second", written(GOOD), client, language=language)
        assert (found.ask, found.place, found.tolerance) == (ask, 2, 0.005)
        assert found.answer == pytest.approx(0.1439, abs=5e-5) and found.worked == found.answer_words == "14.4%"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(["account", "A001", "revenue_amount"], "¥14.2\u00a0m", id="amount"),
        pytest.param(["account", "A001", "segment"], "Core account", id="class"),
        pytest.param(["account", "A001", "name"], "澜岳精密机械有限公司", id="name"),
        pytest.param(["portfolio", "active_accounts_count"], "52", id="count"),
        pytest.param(["policy", "abc.a_share"], "80.0%", id="share of the policy"),
        pytest.param(["policy", "tiers.CNY.key"], "¥1.00\u00a0m", id="amount of the policy"),
        pytest.param(["policy", "warning.weights.order_drop"], "0.5", id="weight of the policy"),
        pytest.param({"of": "first / 2", "unit": "amount"}, "¥7.10\u00a0m", id="computed"),
        pytest.param({"count": {"where": ["tier", "=", "strategic"]}}, "6", id="counted"),
        pytest.param({"names": ["A001", "A003"]}, "澜岳精密机械有限公司 (A001), Tessarine Packaging Systems (A003)", id="named"),
        pytest.param({"total": "revenue_amount", "over": {"most": ["revenue_amount", 2]}}, "¥23.6\u00a0m", id="added up"),
        pytest.param(["pack", "M02", "manager.manager_id", "text"], "M02", id="of a manager's pack"),
        pytest.param(["pack", "A001", "position.revenue_rank", "count"], "1", id="of an account's pack"),
    ],
)
def test_figures(client, value, words):
    values = {"first": Value.model_validate(["account", "A001", "revenue_amount"]), "it": Value.model_validate(value)}
    assert str(figures(values, client, language="en")["it"]) == words


@pytest.mark.parametrize(
    ("form", "value", "unit", "words"),
    [
        ("3", 0.0570183739, "ratio", "0.057"),
        ("0", 0.4473, "share", "45%"),
        ("full", 14_202_840.97, "amount", "¥14,202,841"),
        ("full", -263_421.0, "amount", "−¥263,421"),
        ("1", 14_202_840.97, "score", "14,202,841.0"),
        ("", 62.4, "days", "62\u00a0days"),
        ("", 0.25, "plain", "0.25"),
        ("", 3.0, "plain", "3"),
    ],
)
def test_a_figure_is_written_in_its_form(form, value, unit, words):
    assert format(Figure(value, unit, "en", "CNY"), form) == words


@pytest.mark.parametrize(
    ("rule", "accounts"),
    [
        (["A005", "A001"], ["A005", "A001"]),
        ({"most": ["revenue_amount", 3]}, ["A001", "A008", "A026"]),
        ({"where": ["tier", "=", "strategic"], "least": ["revenue_amount", 1]}, ["A032"]),
        ({"ids": ["A001", "A042"], "where": ["revenue_amount", ">", 0]}, ["A001"]),
        ({"where": [["revenue_amount", "<=", 0], ["revenue_prior_amount", ">=", 500_000]]}, ["A042"]),
    ],
)
def test_rules_choose_accounts(client, rule, accounts):
    assert client.chosen(Rule.model_validate(rule)) == accounts


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (["A001", "B1"], '"B1" is no account'),
        ({"where": ["revenue", ">", 0]}, '"revenue" is no metric of the level account'),
        ({"where": ["revenue_amount", ">", 1e12]}, "no account fits the rule"),
        ({"where": ["segment", ">", 5]}, "cannot be compared with 5"),
        ({"where": ["revenue_amount", "=", "core"]}, "cannot be compared with core"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(client, rule, message):
    with pytest.raises(KamError, match=re.escape(message)):
        client.chosen(Rule.model_validate(rule))


def test_an_account_on_a_limit_and_one_not_measured(client):
    values = client.scores.values["account"]["growth_rate"]
    level = float(values.dropna().iloc[0])
    for op, holds in ((">=", True), ("<=", True), ("=", True), (">", False), ("<", False), ("!=", False)):
        key = values.dropna().index[0]
        rule = Rule.model_validate({"where": [["growth_rate", op, level]]})
        assert (key in client.chosen(rule)) == holds
        assert not set(client.chosen(rule)) & set(values.index[values.isna()])


def test_a_path_into_a_pack_names_what_is_there():
    with pytest.raises(KamError, match="leads nowhere: pay has no plan.*take one of plans"):
        dug({"pay": {"plans": []}}, "pay.plan.0")
    with pytest.raises(KamError, match="is no number and no text"):
        dug({"pay": {"plans": []}}, "pay.plans")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load_lesson(99), '"99" is no lesson of the course'),
        (lambda: open_lesson(1, language="fr"), '"fr" is no language of the course. Fix: take one of en, zh'),
        (lambda: open_lesson(1, edition="teacher"), '"teacher" is no edition of the course'),
    ],
)
def test_what_does_not_exist_is_refused(call, message):
    with pytest.raises(KamError, match=re.escape(message)):
        call()


@pytest.mark.parametrize("method", ["tell", "ask", "worked", "misconceptions"])
def test_a_lesson_names_what_it_has(client, method):
    lesson = Lesson(1, "en", "participant", load_lesson(1), client)
    with pytest.raises(KamError, match='"nothing" is no .* of lesson 1. Fix: take one of'):
        getattr(lesson, method)("nothing")
