"""The index lists everything, shows foreign text as text, and asks nobody for anything."""

from __future__ import annotations

import base64
import re
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser

import pandas as pd
import pytest

from kamlib.render.index import Facts, _words, index_page, write_index
from kamlib.render.ledger import Record

FACTS = Facts("Sample group", date(2026, 6, 30), "CNY", 60, 55, 123_456_789.0, synthetic=True)
HOSTILE = ["<script>alert(1)</script>", '<img src=x onerror="alert(2)">', "\"' onmouseover=alert(3) x='", "</script><b>", "{{ 7 * 7 }}"]


def record(account_id: str, status: str = "done", **more) -> Record:
    settings = {"language": "en", "engagement": "Sample group", "as_of": "2026-06-30", **more}
    path = f"account_workbook/{settings['language']}-internal/{len(account_id)}"
    files = {ending: {"path": f"{path}.{ending}"} for ending in ("html", "ipynb")} if status == "done" else {}
    return Record(account_id, "account_workbook", settings.pop("language"), "internal", status=status, files=files, **settings)


@pytest.fixture
def accounts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["Small Ltd", "Large Ltd", None],
            "revenue_amount": [1e6, 9e6, None],
            "growth_rate": [0.25, None, None],
            "growth_rate_note": [None, "new", None],
            "segment": ["core", "grow", None],
            "tier": ["key", "none", None],
            "lifecycle_stage": ["deep", "initial", None],
        },
        index=["S", "L", "N"],
    )


class Tags(HTMLParser):
    """Every tag and attribute that a browser would see, and the texts between them."""

    def __init__(self) -> None:
        super().__init__()
        self.found, self.texts = set(), []

    def handle_starttag(self, tag, attrs) -> None:
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}

    def handle_data(self, data) -> None:
        self.texts.append(data)


def rows(page: str) -> list[str]:
    return re.findall(r"<tr data-text=.*?</tr>", page, re.S)


def test_failures_come_first_then_what_is_still_to_come_then_the_largest(accounts):
    ledger = [record("S"), record("L"), record("X", "failed", reason="no rows")]
    page = index_page(FACTS, accounts, ledger, expected=["S", "L", "X", "N"], language="en")
    assert re.findall(r'data-text="[^"]* (\w)"', page) == ["x", "n", "l", "s"]
    assert '<small class="reason">no rows</small>' in rows(page)[0]


def test_a_row_shows_its_account_in_words(accounts):
    (row,) = rows(index_page(FACTS, accounts, [record("S")], language="en"))
    for shown in ("Small Ltd", "¥1.00\u00a0m", "25.0%", "Core account", "Key", "Deep", 'href="account_workbook/en-internal/1.html"'):
        assert shown in row
    (row,) = rows(index_page(FACTS, accounts, [record("S")], language="zh"))
    assert "核心价值客户" in row and "¥100.0万" in row


def test_a_number_that_is_not_there_says_why(accounts):
    (row,) = rows(index_page(FACTS, accounts, [record("L")], language="en"))
    assert '<td class="number" data-receipt="growth_rate" data-sort="">new</td>' in row
    (row,) = rows(index_page(FACTS, accounts, [record("N")], language="en"))
    assert row.count("not measured") == 5 and "nan" not in row.lower() and "None" not in row


def test_the_head_says_how_much_is_listed_and_that_it_is_made_up(accounts):
    page = index_page(FACTS, accounts, [record("S")], language="en")
    assert "55 active accounts of 60; revenue of the last 12 months ¥123\u00a0m" in page
    assert "As of 30 June 2026" in page and "Synthetic data" in page
    real = Facts("Sample group", date(2026, 6, 30), "CNY", 60, 55, 1.0)
    assert "Synthetic data" not in index_page(real, accounts, [record("S")], language="en")


def test_filters_offer_what_occurs_with_its_count(accounts):
    page = index_page(FACTS, accounts, [record("S"), record("L"), record("X", "failed", reason="r")], language="en")
    assert re.findall(r'<option value="(\w+)">(.*?) \((\d)\)', page.split("</form>")[0])[:2] == [
        ("core", "Core account", "1"),
        ("grow", "Growth account", "1"),
    ]
    assert '<option value="failed">failed (1)' in page and '<option value="done">ready (2)' in page


def test_another_engagement_in_the_same_folder_is_not_listed(accounts):
    assert rows(index_page(FACTS, accounts, [record("S", engagement="Other")], language="en")) == []


def test_a_workbook_of_another_date_and_language_says_so(accounts):
    page = index_page(FACTS, accounts, [record("S", as_of="2026-03-31"), record("S", language="zh")], language="en")
    assert "as of 31 Mar 2026" in page and ">English open<" in page and ">Chinese open<" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_shown_as_text(text):
    account_id = f"{text} 1"
    frame = pd.DataFrame({"name": [text]}, index=[account_id])
    facts = Facts(text, date(2026, 6, 30), "CNY", 1, 1, 1.0)
    page = index_page(facts, frame, [record(account_id, "failed", reason=text, engagement=text)], language="en")
    plain, hostile = Tags(), Tags()
    plain.feed(index_page(FACTS, pd.DataFrame({"name": ["Name"]}, index=["A"]), [record("A", "failed", reason="r")], language="en"))
    hostile.feed(page)
    assert hostile.found == plain.found - {"p class"}
    assert hostile.texts.count(text) == 3 and hostile.texts.count(account_id) == 1


def test_only_the_pages_own_script_and_style_may_run(accounts):
    page = index_page(FACTS, accounts, [record("S")], language="en")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'")
    for tag in ("script", "style"):
        content = re.search(f"<{tag}>(.*)</{tag}>", page, re.S)[1]
        assert base64.b64encode(sha256(content.encode()).digest()).decode() in policy
    assert not re.search(r"https?://|url\(|@import|<link|style=", page)


def test_every_word_is_there_in_both_languages():
    assert all(set(word) == {"en", "zh"} and all(word.values()) for word in _words().values())


def test_the_page_is_replaced_in_one_step(tmp_path, accounts):
    write_index(tmp_path, FACTS, accounts, [], expected=["S"], language="en")
    path = write_index(tmp_path, FACTS, accounts, [record("S")], language="en")
    assert path.read_text("utf-8").rstrip().endswith("</html>") and [found.name for found in tmp_path.iterdir()] == ["index.html"]


@pytest.mark.parametrize(("language", "words"), [("en", "far larger, smaller or slower"), ("zh", "请复核")])
def test_a_suspect_workbook_is_marked(accounts, language, words):
    page = index_page(FACTS, accounts, [record("S", doubt="It is 0.1 times as large as the others."), record("L")], language=language)
    assert [words in row for row in rows(page)] == [False, True]
