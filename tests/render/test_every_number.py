"""Every number of a rendered workbook opens to a receipt that is there, and arithmetic receipts give their number again (M28)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from kamlib.playbook import playbook
from kamlib.receipts import is_arithmetic, recompute
from kamlib.render.run import render
from kamlib.show import text
from kamlib.show.publish import MIME

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "adventureworks"
NO_NUMBERS = ("style", "script", "title", "nav")
TEMPLATE_TEXT = re.compile(r"^python \d")  # the line that says what the workbook was made with
CASES = [("sample", "A001", "en"), ("sample", "A005", "zh"), ("sample", "A019", "en"), ("sample", "A050", "zh")]
IF_THERE = pytest.mark.skipif(not SHARED.exists(), reason="AdventureWorks is not there: its workbook is NOT walked")
CASES += [pytest.param("adventureworks", "29825", "en", marks=IF_THERE)]


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    """Render an account once and give its page and notebook."""
    made = {}

    def of(client, account_id, language):
        key = (client, account_id, language)
        if key not in made:
            out = tmp_path_factory.mktemp("walk")
            summary = render(ROOT / f"params/{client}.yaml", accounts=[account_id], language=language, jobs=1, out=out)
            files = summary.records[0].files
            page = (out / files["html"]["path"]).read_text(encoding="utf-8")
            made[key] = page, nbformat.read(out / files["ipynb"]["path"], as_version=4)
        return made[key]

    return of


def receipts_of(notebook):
    contents = [output.data[MIME] for cell in notebook.cells for output in cell.get("outputs", []) if MIME in output.get("data", {})]
    return next(content["receipts"] for content in contents if content["id"] == "receipts")


@pytest.mark.parametrize("client, account_id, language", CASES)
def test_no_digit_stands_outside_a_receipt(workbook, client, account_id, language):
    soup = BeautifulSoup(workbook(client, account_id, language)[0], "html.parser")
    there = {element["id"] for element in soup.find_all(id=True)}
    walked, lost = 0, []
    for node in soup.find_all(string=re.compile(r"\d")):
        if any(parent.name in NO_NUMBERS for parent in node.parents) or TEMPLATE_TEXT.match(node.strip()):
            continue
        walked += 1
        named = next((parent["data-receipt"] for parent in node.parents if parent.has_attr("data-receipt")), None)
        if named is None or f"receipt-{named}" not in there:
            lost.append((named, node.strip()[:60]))
    assert walked > 300 and lost == []


@pytest.mark.parametrize("client, account_id, language", CASES)
def test_every_arithmetic_receipt_gives_its_number_again(workbook, client, account_id, language):
    page, notebook = workbook(client, account_id, language)
    soup, computed = BeautifulSoup(page, "html.parser"), 0
    for receipt in receipts_of(notebook):
        metric, known = receipt["metric"], receipt["value"]
        parts = receipt["parts"]
        if known is None or not parts or not is_arithmetic(receipt["formula"]) or None in parts.values():
            continue
        computed += 1
        again = recompute(receipt["formula"], parts)
        assert again == pytest.approx(known, rel=1e-6, abs=1e-6), metric
        summary = soup.find(id=f"receipt-{metric}").find_previous("summary")
        currency = "CNY" if client == "sample" else "USD"
        assert summary.find("b").text == text.number(again, text.metric_unit(metric), language=language, currency=currency), metric
    assert computed >= 10


def test_every_section_of_the_workbook_has_a_receipt_of_its_own():
    declared = json.loads((ROOT / "notebooks/account_workbook.ipynb").read_text(encoding="utf-8"))["metadata"]["kamlib"]["sections"]
    assert [*playbook("sections"), "receipts"] == declared
    for entry in playbook("sections").values():
        assert entry["en"] and re.search("[\u4e00-\u9fff]", entry["zh"]) and entry["source"]
