"""Every number of every rendered page opens to a receipt that is there, and arithmetic receipts give their number again (M28)."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.packs import PackBuilder, canonical, case
from kamlib.packs.backtest import backtest_pack
from kamlib.packs.case import audited
from kamlib.packs.customer import customer_pack
from kamlib.packs.manager import ManagerBuilder
from kamlib.packs.portfolio import portfolio_pack
from kamlib.packs.value_report import ValueReportBuilder
from kamlib.playbook import playbook
from kamlib.policy import load_policy
from kamlib.receipts import is_arithmetic, recompute
from kamlib.render.html import export_html
from kamlib.render.job import executed
from kamlib.render.run import render
from kamlib.scores import score
from kamlib.show import text
from kamlib.show.publish import MIME

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "adventureworks"
NO_NUMBERS = ("style", "script", "title", "nav")
TEMPLATE_TEXT = re.compile(r"^python \d")  # the line that says what the page was made with
NO_BREAK = "\u2060"
WORKBOOK, REPORT = "account_workbook", "value_report"
NOTEBOOKS = (WORKBOOK, "portfolio_review", "manager_review", REPORT, "backtest", "cases/company_a")
IN_WORDS_ONLY = {"receipts", "backtest_consequences"}
IF_THERE = pytest.mark.skipif(not SHARED.exists(), reason="AdventureWorks is not there: its pages are NOT walked")
# client, notebook, whom it is for, edition, fewest numbers on it, fewest receipts that are arithmetic
PAGES = [
    ("sample", WORKBOOK, "A001", "internal", 800, 10),
    ("sample", WORKBOOK, "A005", "internal", 400, 10),
    ("sample", WORKBOOK, "A050", "internal", 300, 10),
    ("sample", WORKBOOK, "A001", "customer", 40, 1),
    ("sample", WORKBOOK, "A026", "customer", 20, 1),
    ("sample", "portfolio_review", "", "internal", 1000, 15),
    ("sample", "manager_review", "M05", "internal", 150, 6),
    ("sample", "manager_review", "M02", "internal", 150, 6),
    ("sample", REPORT, "A001", "customer", 80, 3),
    ("sample", REPORT, "A019", "customer", 20, 1),
    ("sample", "backtest", "", "internal", 150, 0),
    ("sample", "cases/company_a", "", "internal", 40, 0),
]
OF_ADVENTUREWORKS = [
    (WORKBOOK, "29825", "internal", 300, 10),
    (WORKBOOK, "29825", "customer", 20, 0),
    ("portfolio_review", "", "internal", 400, 5),
    ("manager_review", "276", "internal", 100, 0),
    (REPORT, "29825", "customer", 5, 0),
    ("backtest", "", "internal", 150, 0),
]
EVERY = [pytest.param(*page, language) for page in PAGES for language in ("en", "zh")]
EVERY += [pytest.param("adventureworks", *page, "en", marks=IF_THERE) for page in OF_ADVENTUREWORKS]
CURRENCY = {"sample": "CNY", "adventureworks": "USD"}


class Client:
    """One engagement, read and scored once, and the packs that its notebooks open."""

    def __init__(self, name: str) -> None:
        self.engagement = load_engagement(ROOT / f"params/{name}.yaml")
        self.tables = read(self.engagement)
        given = (self.engagement, self.tables, score(self.tables, self.engagement))
        self.accounts, self.reports, self.managers = PackBuilder(*given), ValueReportBuilder(*given), ManagerBuilder(*given)
        self.all_at_once = {
            "backtest": partial(backtest_pack, self.engagement, self.tables),
            "portfolio_review": partial(portfolio_pack, *given),
        }

    def pack(self, notebook: str, whom: str, edition: str) -> dict:
        if notebook in self.all_at_once:
            return self.all_at_once[notebook]()
        if notebook == "manager_review":
            return self.managers.build(whom)
        if notebook == REPORT:
            return self.reports.build(whom)
        own = self.accounts.build(whom)
        return customer_pack(own, self.reports.build(whom)) if edition == "customer" else own


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return what runs a notebook as the batch does, on packs that are cut once, and gives its page and its receipts."""
    clients, packs, made, audits = {}, {}, {}, {}

    def audited_once(folder, *, without=()):
        return audits.get(without) or audits.setdefault(without, audited(folder, without=without))

    def pack_of(client, notebook, whom, edition):
        if (client, notebook, whom, edition) not in packs:
            kept = clients.get(client) or clients.setdefault(client, Client(client))
            path = tmp_path_factory.mktemp("pack") / "pack.json"
            path.write_text(canonical(kept.pack(notebook, whom, edition)), encoding="utf-8")
            packs[client, notebook, whom, edition] = str(path)
        return packs[client, notebook, whom, edition]

    def run(client, notebook, whom, edition, language):
        key = (client, notebook, whom, edition, language)
        if key not in made:
            given = {"language": language, "edition": edition}
            if not notebook.startswith("cases/"):
                given |= {"engagement": f"params/{client}.yaml", "pack": pack_of(*key[:4])}
            given |= {"manager_id" if notebook == "manager_review" else "account_id": whom} if whom else {}
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(case, "audited", audited_once)  # the audit of a case knows no language
                done = executed({"template": str(ROOT / f"notebooks/{notebook}.ipynb"), "parameters": given, "cell_seconds": 300}, "kamlib")
            made[key] = export_html(done, title=notebook, language=language), receipts_of(done)
        return made[key]

    return run


def receipts_of(notebook):
    contents = [output.data[MIME] for cell in notebook.cells for output in cell.get("outputs", []) if MIME in output.get("data", {})]
    return next(content["receipts"] for content in contents if content["id"] == "receipts")


def lost_numbers(markup: str) -> tuple[int, list]:
    """Return how many texts with a digit were walked, and those that stand under no receipt that is on the page."""
    soup = BeautifulSoup(markup, "html.parser")
    there = {element["id"] for element in soup.find_all(id=True)}
    walked, lost = 0, []
    for node in soup.find_all(string=re.compile(r"\d")):
        if any(parent.name in NO_NUMBERS for parent in node.parents) or TEMPLATE_TEXT.match(node.strip()):
            continue
        walked += 1
        named = next((parent["data-receipt"] for parent in node.parents if parent.has_attr("data-receipt")), None)
        if named is None or f"receipt-{named}" not in there:
            lost.append((named, node.strip()[:60]))
    return walked, lost


@pytest.mark.parametrize("client, notebook, whom, edition, fewest, _, language", EVERY)
def test_no_digit_stands_outside_a_receipt(page, client, notebook, whom, edition, fewest, _, language):
    markup, _ = page(client, notebook, whom, edition, language)
    walked, lost = lost_numbers(markup)
    assert walked >= fewest and lost == []
    assert all(f'id="{anchor}"' in markup for anchor in re.findall(r'href="#([^"]+)"', markup)), "every link leads somewhere"


@pytest.mark.parametrize("client, notebook, whom, edition, _, fewest, language", EVERY)
def test_every_arithmetic_receipt_gives_its_number_again(page, client, notebook, whom, edition, _, fewest, language):
    markup, receipts = page(client, notebook, whom, edition, language)
    soup, computed = BeautifulSoup(markup, "html.parser"), 0
    write = partial(text.number, language=language, currency=CURRENCY[client])
    for receipt in receipts:
        metric, known, parts = receipt["metric"], receipt["value"], receipt["parts"]
        if known is None or not parts or not is_arithmetic(receipt["formula"]) or None in parts.values():
            continue
        computed += 1
        again = recompute(receipt["formula"], parts)
        assert again == pytest.approx(known, rel=1e-6, abs=1e-6), metric
        summary = soup.find(id=f"receipt-{metric}").find_previous("summary")
        assert summary.find("b").text.replace(NO_BREAK, "") == write(again, text.metric_unit(metric)), metric
    assert computed >= fewest


@pytest.mark.parametrize("notebook, whom", [(WORKBOOK, "A001"), (REPORT, "A001")])
def test_the_customer_reads_how_it_was_counted_and_none_of_our_rules(page, notebook, whom):
    markup, receipts = page("sample", notebook, whom, "customer", "en")
    assert all(receipt["policy"] == {} and receipt["source"] == "" for receipt in receipts) and receipts
    section = BeautifulSoup(markup, "html.parser").find("section", id="receipts")
    labels = {element.text for element in section.find_all("dt")}
    assert section.find("h2").text == "How this was measured" and not labels & {"Policy", "Source", "Coverage"}
    assert not re.search(r"\b(?:S\d[abc]?|M\d+|F\d+|A\d{1,2})\b|\w+\.\w+_\w+", section.text), "no key of a source, no path of a rule"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_index_says_where_its_numbers_come_from(tmp_path, language):
    for notebook, accounts in ((WORKBOOK, ["A001", "A050"]), ("manager_review", ["M05"])):
        render(ROOT / "params/sample.yaml", notebook=notebook, accounts=accounts, language=language, jobs=1, out=tmp_path)
    walked, lost = lost_numbers((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert walked > 12 and lost == []


def test_every_section_of_every_notebook_has_a_receipt_that_names_known_rules_and_tables():
    declared = {}
    for notebook in NOTEBOOKS:
        kept = json.loads((ROOT / f"notebooks/{notebook}.ipynb").read_text(encoding="utf-8"))["metadata"]["kamlib"]
        assert kept["sections"][-1] == "receipts", notebook
        part = "customer" if kept.get("editions") == ["customer"] else "en"
        declared |= dict.fromkeys(kept["sections"], part)
    book, leaves = playbook("sections"), load_policy().leaves()
    assert {name for name, part in declared.items() if part not in book.get(name, {})} == IN_WORDS_ONLY
    assert set(book) - set(declared) == {"agreed"}, "a part of the customer's first page"
    for name, entry in book.items():
        for words in (entry, entry.get("customer", entry)):
            assert "en" not in words or (words["en"] and re.search("[\u4e00-\u9fff]", words["zh"])), name
        assert set(entry.get("policy", [])) <= set(leaves), name
        assert set(entry["tables"]) <= {*text.words()["tables"], "plan"}, name
        assert ("en" in entry) == ("source" in entry), name
