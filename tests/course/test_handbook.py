"""The handbook holds every text of the playbook, in one language at a time, and nothing else of the other but the glossary."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from kamlib.cli.course import course
from kamlib.course.handbook import handbook_page
from kamlib.playbook import names, playbook
from kamlib.show import text

ELSEWHERE = {"metrics", "policy", "sections", "pay"}  # what the workbook measures, and where it comes from: docs/method.md, the receipts
LEFT_OUT = {("moves", "rules"), ("stars", 0)}  # sentences of the first page with places to fill; no star, no benefit
TEMPLATES = {"says", "words"}  # sentences with places to fill
HAN = re.compile(r"[\u4e00-\u9fff]")


def texts(node, language, key=""):
    """Yield every text of a playbook file in one language, however deep; owners are roles, which have a place of their own."""
    if isinstance(node, dict):
        if isinstance(node.get(language), str):
            yield node[language]
        for name, child in node.items():
            if name != "owner" and not (name in TEMPLATES and "{" in str(child)):
                yield from texts(child, language, name)
    elif isinstance(node, list):
        for child in node:
            yield from texts(child, language, key)


@pytest.fixture(scope="module")
def pages():
    return {language: BeautifulSoup(handbook_page(language=language), "html.parser") for language in ("en", "zh")}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", sorted(set(names()) - ELSEWHERE))
def test_every_text_of_the_playbook_stands_in_the_handbook(pages, name, language):
    book = {key: entry for key, entry in playbook(name).items() if (name, key) not in LEFT_OUT}
    cells = {found.get_text() for found in pages[language].select("td, li, p, h2, h3, h4, h5")}
    said = [text.closed(words) for words in texts(book, language)]
    missing = [words for words in said if words not in cells and not any(cell.endswith(f" {words}") for cell in cells)]  # after its label
    assert said and not missing


def test_a_page_is_in_its_language(pages):
    english = pages["en"]
    english.find(id="glossary").decompose()
    assert not HAN.search(english.get_text())
    assert pages["zh"].html["lang"] == "zh-Hans" and pages["en"].html["lang"] == "en"


def test_every_head_of_the_layout_is_used_and_no_block_is_empty(pages):
    for page in pages.values():
        for block in page.select("section.kam table, section.kam ul"):
            assert block.select("td, li") and all(found.get_text(strip=True) for found in block.select("th, li"))
        titles = [section.h2.get_text() for section in page.select("section.kam-handbook")]
        assert len(titles) == len(set(titles)) >= 10


def test_the_command_writes_one_file_that_asks_nobody_for_anything(tmp_path):
    ran = CliRunner().invoke(course, ["handbook", "--lang", "zh", "--out", str(tmp_path)])
    assert ran.exit_code == 0 and ran.output.strip() == str(tmp_path / "handbook_zh.html")
    written = (tmp_path / "handbook_zh.html").read_text("utf-8")
    assert "销售冠军不等于好经理" in written and not re.search(r"(src|href)=\"(?!#|data:)", written)
