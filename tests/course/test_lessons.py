"""Every lesson: its answers are judged as it says, both languages say the same, its notebook asks everything once."""

from __future__ import annotations

import ast
import re
from itertools import combinations, pairwise
from string import Formatter

import nbformat
import pytest
from papermill import inspect_notebook

from kamlib.course.build import lesson_notebooks
from kamlib.course.figures import figures
from kamlib.course.lesson import EDITIONS
from kamlib.course.load import lesson_numbers, load_lesson
from kamlib.course.verdicts import judge
from kamlib.course.words import words as course_words
from kamlib.show import text

LESSONS, NOTEBOOKS, LANGUAGES = lesson_numbers(), lesson_notebooks(), ("en", "zh")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH_SENTENCE = re.compile(r"(?:\b[a-z]{2,}\b[ ,]+){3,}")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!](?!\w)")
ONE_OR_MANY = re.compile(r"{(\w+)\|[^{}]*}")
TYPED_FIGURE = re.compile(r"[¥$€]\s?\d|\d[\d.,]*\s?(?:%|％|万|亿|million\b|m\b|bn\b)")
CODE = re.compile(r"\bS\d[abc]?\b|\bM\d+\b|\b[A-Z]{2,}\b")
WIDE = str.maketrans("0123456789.,%-", "０１２３４５６７８９．，％－")
DEFAULTS = {"engagement": "params/sample.yaml", "language": "en", "edition": "participant"}
MOST_LINES = 10


def texts(number: int):
    """Yield place, both texts and the names of the values that they may use, for every text of a lesson's file."""
    content = load_lesson(number).content
    for key, story in content.stories.items():
        yield f"stories.{key}", story, set(story.values)
    for key, task in content.exercises.items():
        for part, known in (("ask", ()), ("hint", ()), ("worked", ("answer",))):
            yield f"{key}.{part}", getattr(task, part), {*task.values, *known}
        for option, words in task.options.items():
            yield f"{key}.options.{option}", words, set(task.values)
        for place, mistake in enumerate(task.wrong):
            yield f"{key}.wrong[{place}]", mistake, {*task.values, "answer"}


def number_forms(value: float, unit: str) -> list[str]:
    """Write a number as people do, in every unit and script that they use."""
    if unit in ("share", "rate", "index"):
        percent = f"{100 * value:.6f}"
        return [f"{value:.8f}", f"{percent}%", f"{percent} %", f"{percent}%".translate(WIDE), f"{percent.replace('.', ',')} %"]
    if unit == "amount":
        grouped = f"{value:,.2f}"
        forms = [
            f"{value:.2f}",
            grouped,
            grouped.replace(",", " "),
            f"¥{grouped}" if value >= 0 else grouped,
            f"{value:.10e}",
            f"{value}元",
        ]
        return [*forms, f"{value / 1e6:.9f} m", f"{value / 1e4:.7f}万", f"{value / 1e8:.11f}亿元", f"{value / 1e3:.6f}k"]
    after = {
        "count": ("家", " accounts"),
        "days": ("天", " days"),
        "months": ("个月", " months"),
        "score": ("分", " points"),
        "ratio": ("倍",),
    }
    plain = f"{value:.6f}"
    return [plain, f" {plain} ", plain.translate(WIDE), plain.replace(".", ","), *(f"{plain}{words}" for words in after.get(unit, ()))]


def written_forms(exercise, answer) -> list:
    """Return the ways in which an answer may be typed or handed over by a control."""
    if exercise.kind == "number":
        return [answer, *number_forms(answer, exercise.unit)]
    letters = dict(zip(exercise.options, "ABCDEFGHIJ", strict=False))
    names = [letters.get(key, key) for key in (answer if exercise.kind == "order" else sorted(answer))]
    joined = [sign.join(names) for sign in (", ", "、", ";", " ", "；")]
    wide = [words.lower() for words in joined] + [joined[0].translate(WIDE)]
    shuffled = [", ".join(reversed(names))] if exercise.kind != "order" else [" → ".join(names), "".join(names)]
    return [*joined, *wide, *shuffled, list(answer)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", LESSONS)
def test_every_right_answer_passes_in_every_form(opened, number, language):
    for exercise in opened(number, language).exercises.values():
        for form in written_forms(exercise, exercise.answer):
            assert judge(exercise, form).right is True, f"{exercise.key}: {form}: {judge(exercise, form).message}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", LESSONS)
def test_every_listed_mistake_fails_with_its_own_words(opened, number, language):
    for exercise in opened(number, language).exercises.values():
        assert len({wrong.message for wrong in exercise.wrong}) == len(exercise.wrong), exercise.key
        for wrong in exercise.wrong:
            for form in written_forms(exercise, wrong.answer):
                verdict = judge(exercise, form)
                assert (verdict.right, verdict.message) == (False, wrong.message), f"{exercise.key}: {form}: {verdict}"


@pytest.mark.parametrize("number", LESSONS)
def test_answers_can_be_told_apart(opened, number):
    for exercise in opened(number, "en").exercises.values():
        answers = [exercise.answer, *(wrong.answer for wrong in exercise.wrong)]
        for one, two in combinations(answers, 2):
            distance = abs(one - two) if exercise.kind == "number" else float(one != two)
            assert distance > exercise.tolerance, f"{exercise.key}: {one} and {two}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", LESSONS)
def test_the_lesson_checks_itself_and_leaves_no_place_open(opened, number, language):
    lesson = opened(number, language)
    lesson.check()
    for exercise in lesson.exercises.values():
        told = [exercise.ask, exercise.hint, exercise.worked, *exercise.options.values(), *(wrong.message for wrong in exercise.wrong)]
        assert not any(re.search(r"[{}]|\bnan\b", words) for words in told), exercise.key
    for key, story in lesson.written.content.stories.items():
        known = figures(story.values, lesson.client, language=language)
        assert not re.search(r"[{}]|\bnan\b", text.fill(getattr(story, language), **known)), key


@pytest.mark.parametrize("number", LESSONS)
def test_both_languages_are_there_and_use_values_that_exist(number):
    for place, words, known in texts(number):
        for language in LANGUAGES:
            told = getattr(words, language)
            named = {name for _, name, _, _ in Formatter().parse(ONE_OR_MANY.sub("", told)) if name} | set(ONE_OR_MANY.findall(told))
            assert named <= known, f"{place}.{language} names {named - known}"
        bare = {language: re.sub(r"{[^}]*}", "", getattr(words, language)) for language in LANGUAGES}
        assert only_names_are_chinese(bare["en"]), f"{place}: Chinese in the English text"
        if re.search(r"[A-Za-z]{3,}", CODE.sub("", bare["en"])) and bare["en"] != bare["zh"]:
            assert CHINESE.search(bare["zh"]), f"{place}: no Chinese"
        assert not ENGLISH_SENTENCE.search(bare["zh"]), f"{place}: English in the Chinese text: {ENGLISH_SENTENCE.search(bare['zh'])[0]}"
        assert not HALF_WIDTH.search(bare["zh"]), f"{place}: half-width sign: {HALF_WIDTH.search(bare['zh'])[0]}"


def only_names_are_chinese(words: str) -> bool:
    """Tell whether all Chinese in an English text is names of two to four signs, as the client's people have."""
    return all(len(run) <= 4 for run in re.findall(r"[\u4e00-\u9fff]+", words))


@pytest.mark.parametrize("number", LESSONS)
def test_no_figure_is_typed_into_a_story(number):
    for key, story in load_lesson(number).content.stories.items():
        for language in LANGUAGES:
            found = TYPED_FIGURE.search(re.sub(r"{[^}]*}", "", getattr(story, language)))
            assert not found, f"{key}.{language}: {found and found[0]}"


@pytest.mark.parametrize("number", LESSONS)
def test_the_same_figures_are_told_in_both_languages(number):
    for place, words, _ in texts(number):
        told = {language: set(re.findall(r"{(\w+)", getattr(words, language))) for language in LANGUAGES}
        assert told["en"] == told["zh"], f"{place}: {told['en'] ^ told['zh']}"


def test_every_word_of_the_course_is_there_in_both_languages():
    for key, entry in course_words().items():
        places = [set(re.findall(r"{(\w+)", str(entry[language]))) for language in LANGUAGES]
        assert set(entry) == {"en", "zh"} and places[0] == places[1], key
        assert CHINESE.search(entry["zh"]) or entry["zh"].startswith(("如", "A")), key


@pytest.fixture(scope="module", params=sorted(NOTEBOOKS), ids=lambda number: f"lesson {number}")
def notebook(request):
    return nbformat.read(NOTEBOOKS[request.param], as_version=4)


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def code(notebook, *wanted: str) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and set(wanted) <= set(tags(cell))]


def test_every_lesson_has_its_notebook():
    assert set(NOTEBOOKS) <= set(LESSONS)
    assert set(LESSONS) <= set(NOTEBOOKS) | {number for number in LESSONS if number > max(NOTEBOOKS)}


def test_it_is_clean_and_says_which_lesson_it_is(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kamlib.editions == list(EDITIONS) and notebook.metadata.kamlib.lesson in LESSONS
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in code(notebook):
        assert len(cell.source.splitlines()) <= MOST_LINES or "setup" in tags(cell), cell.id
        ast.parse(cell.source)


def test_papermill_sees_the_parameters_as_written(notebook):
    seen = inspect_notebook(str(NOTEBOOKS[notebook.metadata.kamlib.lesson]))
    given = {name: ast.literal_eval(entry["default"]) for name, entry in seen.items()}
    assert given.items() >= DEFAULTS.items()
    opening = f"open_lesson({notebook.metadata.kamlib.lesson}, engagement=engagement, language=language, edition=edition)"
    assert any(opening in cell.source for cell in code(notebook, "setup"))


def test_every_prose_cell_stands_twice_and_says_the_same(notebook):
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    assert len(prose) % 2 == 0
    for english, chinese in zip(prose[::2], prose[1::2], strict=True):
        assert [name for name in tags(english) if name != "en"] == [name for name in tags(chinese) if name != "zh"], english.id
        assert "en" in tags(english) and "zh" in tags(chinese), english.id
        assert CHINESE.search(chinese.source) and only_names_are_chinese(english.source), english.id
        assert not ENGLISH_SENTENCE.search(re.sub(r"`[^`]*`", "", chinese.source)), chinese.id
        assert not HALF_WIDTH.search(re.sub(r"`[^`]*`", "", chinese.source)), chinese.id
        shape = [re.findall(r"^#+(?= )", cell.source, flags=re.M) for cell in (english, chinese)]
        assert shape[0] == shape[1], english.id
        assert not re.search(r"\$[^$\n]+\$|\\frac|\\sum", english.source + chinese.source), f"{english.id}: the page sets no formulas"


def test_every_exercise_is_asked_once_in_its_order_and_solved_behind_its_tag(notebook):
    keys = list(load_lesson(notebook.metadata.kamlib.lesson).content.exercises)
    assert 3 <= len(keys) <= 5

    def calls(method: str, *wanted: str) -> list[str]:
        found = [re.findall(rf'lesson\.{method}\("(\w+)"\)', cell.source) for cell in code(notebook, *wanted)]
        return [key for run in found for key in run]

    assert calls("ask") == keys
    assert calls("worked") == calls("worked", "solution") == keys
    assert calls("misconceptions") == calls("misconceptions", "facilitator") == keys
    places = {key: [cell.id for cell in notebook.cells if f'("{key}")' in cell.source and cell.cell_type == "code"] for key in keys}
    assert all(len(found) == 3 for found in places.values()), "each is asked, solved and commented once"
    assert not any("solution" in tags(cell) or "facilitator" in tags(cell) for cell in code(notebook) if "lesson.ask" in cell.source)


def test_every_story_is_told(notebook):
    told = re.findall(r'lesson\.tell\("(\w+)"\)', "\n".join(cell.source for cell in code(notebook)))
    assert sorted(told) == sorted(load_lesson(notebook.metadata.kamlib.lesson).content.stories)


def test_it_shows_checks_and_ends_as_it_should(notebook):
    sources = [cell.source for cell in code(notebook)]
    assert any("lesson.check()" in cell.source for cell in code(notebook, "check"))
    assert sources[-2:] == ["show.versions()", "show.done(lesson)"] and any("lesson.use_style()" in source for source in sources)
    assert any(re.search(r"^(portfolio|show|manager|backtest|figures|review)\.\w+\(|lesson\.(table|by_class|grid)\(", source, flags=re.M)
               for source in sources)  # fmt: skip


def test_the_facilitator_has_a_page_with_minutes(notebook):
    pages = [[cell for cell in notebook.cells if cell.cell_type == "markdown" and {"facilitator", language} <= set(tags(cell))]
             for language in LANGUAGES]  # fmt: skip
    minutes = []
    for page, word in zip(pages, ("minutes", "分钟"), strict=True):
        words = "\n".join(cell.source for cell in page)
        assert word in words
        minutes.append([int(found) for found in re.findall(r"^\|[^|]*\| *(\d+) *\|", words, flags=re.M)])
    assert minutes[0] == minutes[1] and len(minutes[0]) >= 4 and sum(minutes[0]) >= 30
    goal = next(cell.source for cell in notebook.cells if cell.cell_type == "markdown" and re.search(r"\d+ minutes", cell.source))
    assert str(sum(minutes[0])) in re.findall(r"(\d+) minutes", goal), f"the parts add up to {sum(minutes[0])} minutes"


def test_headings_are_numbered_alike_in_both_languages(notebook):
    numbered = [[int(n) for cell in notebook.cells if language in tags(cell) for n in re.findall(r"^## (\d+)\.", cell.source, flags=re.M)]
                for language in LANGUAGES]  # fmt: skip
    assert numbered[0] == numbered[1]
    assert all(later == earlier + 1 for earlier, later in pairwise(numbered[0]))
