"""The built course: editions and languages by tag, no solution in a participant's hands, the same bytes again, every lesson runs."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from kamlib.checks import KamError
from kamlib.cli.course import course
from kamlib.course import build as building
from kamlib.course.build import build_lessons, filtered, lesson_notebooks
from kamlib.course.lesson import EDITIONS
from kamlib.course.page import lesson_page

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "zh")
NOTEBOOKS = lesson_notebooks()
EVERYTHING = bool(os.environ.get("KAM_ALL_LESSONS"))
# A run costs seconds: by default lesson 1 in all editions and languages, of the others one each.
RUNS = [(1, edition, language) for edition in EDITIONS for language in LANGUAGES]
RUNS += [
    (number, edition, language)
    for number in NOTEBOOKS
    for place, (edition, language) in enumerate((edition, language) for edition in EDITIONS for language in LANGUAGES)
    if number > 1 and (EVERYTHING or place == number % 6)
]


@pytest.fixture(scope="module")
def built(tmp_path_factory, client):
    """Return what builds a lesson once: texts of notebook and page. All are told of the client that the session has read."""
    folder, done = tmp_path_factory.mktemp("course"), {}

    def build(number: int, edition: str, language: str) -> dict[str, str]:
        key = (number, edition, language)
        if key not in done:
            paths = build_lessons(folder, edition=edition, language=language, lessons=[number])
            done[key] = {path.suffix[1:]: path.read_text("utf-8") for path in paths}
        return done[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kamlib.course.lesson.open_client", lambda engagement: client)
        patch.chdir(ROOT)
        yield build


def secrets(opened, number: int, language: str) -> dict[str, list[str]]:
    """Return the texts that only some may read: worked answers, misconceptions, the facilitator's notes."""
    exercises = opened(number, language).exercises.values()
    notebook = nbformat.read(NOTEBOOKS[number], as_version=4)
    notes = [cell.source for cell in notebook.cells if {"facilitator", language} <= set(cell.metadata.get("tags", []))]
    lines = [re.sub(r"[*_`|#]", "", line).strip() for note in notes for line in note.splitlines() if len(line) > 30 and "|" not in line]
    return {
        "worked": [exercise.worked for exercise in exercises],
        "heard": [wrong.message for exercise in exercises for wrong in exercise.wrong],
        "notes": lines,
    }


def bare(page: str) -> str:
    """Return the words of a page."""
    words = html.unescape(re.sub(r"<[^>]*>", "", page)).replace("\u2060", "")
    return re.sub(r"\s+", " ", words)


def squeezed(words: str) -> str:
    return re.sub(r"\s+", " ", words)


def sources(notebook: str) -> str:
    return "\n".join(cell.source for cell in nbformat.reads(notebook, as_version=4).cells)


@pytest.mark.parametrize(("number", "edition", "language"), RUNS, ids=lambda value: str(value))
def test_a_lesson_runs_and_shows_to_each_edition_what_is_meant_for_it(built, opened, number, edition, language):
    made = built(number, edition, language)
    page, hidden = bare(made["html"]), secrets(opened, number, language)
    assert made["html"].rstrip().endswith("<!-- kam:end -->")
    for exercise in opened(number, language).exercises.values():
        assert all(squeezed(line) in page for line in exercise.ask.splitlines() if line.strip()), exercise.key
    seen = {"worked": edition != "participant", "heard": edition == "facilitator", "notes": edition == "facilitator"}
    for kind, is_seen in seen.items():
        assert hidden[kind]
        for words in hidden[kind]:
            for line in (line for line in words.splitlines() if line.strip()):
                assert (squeezed(line) in page) == is_seen or not is_seen and _is_told_elsewhere(line, opened, number, language), line


def _is_told_elsewhere(line: str, opened, number: int, language: str) -> bool:
    """A worked answer may be no more than a number or an option, which the question names too."""
    exercises = opened(number, language).exercises.values()
    return any(line in exercise.ask or line in exercise.options.values() for exercise in exercises)


@pytest.mark.parametrize("number", sorted(NOTEBOOKS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_participants_notebook_holds_no_solution_and_no_note(opened, number, language):
    source, other = nbformat.read(NOTEBOOKS[number], as_version=4), {"en": "zh", "zh": "en"}[language]
    by_edition = {edition: filtered(source, edition=edition, language=language) for edition in EDITIONS}
    calls = {edition: "\n".join(cell.source for cell in made.cells) for edition, made in by_edition.items()}
    notes = [cell.source for cell in source.cells if {"facilitator", language} <= set(cell.metadata.get("tags", []))]
    assert "lesson.worked" not in calls["participant"] and "lesson.worked" in calls["solutions"] and "lesson.worked" in calls["facilitator"]
    assert [edition for edition in EDITIONS if "lesson.misconceptions" in calls[edition]] == ["facilitator"]
    assert notes and all(note in calls["facilitator"] and note not in calls["solutions"] + calls["participant"] for note in notes)
    for edition, made in by_edition.items():
        nbformat.validate(made)
        assert not any(other in cell.metadata.get("tags", []) for cell in made.cells)
        assert f'language: str = "{language}"' in calls[edition] and f'edition: str = "{edition}"' in calls[edition]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in made.cells if cell.cell_type == "code")
        assert (made.metadata.kamlib.edition, made.metadata.kamlib.language) == (edition, language)


def test_the_source_is_not_changed_by_filtering():
    source = nbformat.read(NOTEBOOKS[1], as_version=4)
    before = nbformat.writes(source)
    filtered(source, edition="participant", language="zh")
    assert nbformat.writes(source) == before


def test_contents_links_lead_somewhere_and_nothing_fetches(built):
    for language, heading in (("en", "1. How much hangs on how few"), ("zh", "1. 销售额靠谁撑着")):
        page = built(1, "facilitator", language)["html"]
        ids = re.findall(r'\bid="([^"]*)"', page)
        assert len(set(ids)) == len(ids)
        assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)
        nav = re.search(r"<nav.*?</nav>", page, flags=re.S)[0]
        assert heading in bare(nav) and len(re.findall("<li>", nav)) == 7
        assert not re.search(r"<script|src=\"(?!data:)|https?://|@import|url\(", page)
        assert "lesson.ask" not in page and "open_lesson" not in page and "Traceback" not in page


def test_the_page_says_once_which_lesson_and_edition_it_is(built):
    page = built(1, "solutions", "zh")["html"]
    assert '@top-right { content: "解答版"; }' in page and '@top-left { content: "大客户管理课程 · 第1课：什么是大客户"; }' in page
    assert page.count("<header") == 1 and page.count("<h1") == 1 and '<html lang="zh-Hans">' in page


def test_the_same_again_byte_by_byte_in_a_process_of_its_own(built, tmp_path):
    expected = built(1, "participant", "zh")
    program = "from kamlib.cli.course import course; course()"
    arguments = ["build", "--edition", "participant", "--lang", "zh", "--out", str(tmp_path), "--lesson", "1"]
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    folder = tmp_path / "zh-participant"
    assert [Path(line).name for line in ran.stdout.split()] == [path.name for path in (NOTEBOOKS[1], NOTEBOOKS[1].with_suffix(".html"))]
    assert {path.suffix[1:]: path.read_text("utf-8") for path in folder.iterdir()} == expected
    assert str(tmp_path) not in "".join(expected.values()) and str(ROOT) not in "".join(expected.values())


def test_a_lesson_that_stops_is_named(monkeypatch, tmp_path):
    source = nbformat.read(NOTEBOOKS[1], as_version=4)
    source.cells = [cell for cell in source.cells if "parameters" in cell.metadata.get("tags", [])]
    source.cells.append(nbformat.v4.new_code_cell("1 / 0", id="stops"))
    path = tmp_path / "lesson_1_stops.ipynb"
    nbformat.write(source, path)
    monkeypatch.setattr(building, "lesson_notebooks", lambda: {1: path})
    with pytest.raises(KamError, match=r"^lesson_1_stops.ipynb: did not run to its end: Cell \d stopped with ZeroDivisionError"):
        list(build_lessons(tmp_path, edition="participant", language="en"))
    assert not list(tmp_path.rglob("*.html"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lesson", "99"], '"99" is no lesson of the course. Fix: take one of 1'),
        (["--edition", "teacher"], "'teacher' is not one of 'participant', 'solutions', 'facilitator'"),
        (["--lang", "fr"], "'fr' is not one of 'en', 'zh'"),
    ],
)
def test_the_command_refuses_what_does_not_exist(tmp_path, options, message):
    ran = CliRunner().invoke(course, ["build", "--out", str(tmp_path), *options])
    assert ran.exit_code != 0 and message in ran.output + str(ran.exception)
    assert not list(tmp_path.iterdir())


def test_a_heading_cannot_leave_the_page_header_or_the_title():
    cells = [nbformat.v4.new_markdown_cell('# A "quoted" </style><script>x</script> title', id="title")]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kamlib": {"lesson": 1}})
    page = lesson_page(notebook, edition="participant", language="en")
    assert "<script" not in page and page.count("</style>") == 1
