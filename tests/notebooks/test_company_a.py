"""Company A: the five findings are discovered; leaving one planted problem out removes exactly its finding."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import papermill
import pytest

from kamlib.data.sample.company_a import PLANTED, write_company_a
from kamlib.packs.case import audited, open_case
from kamlib.playbook import playbook
from kamlib.show import case as company_a
from kamlib.show import portfolio, publish

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "notebooks/cases/company_a.ipynb"
IDS = ["case_story_page", "case_evidence", "portfolio_six_levers", "case_counter_test", "receipts"]


@pytest.fixture(scope="module")
def case():
    return open_case()


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_five_findings_of_the_method_are_all_discovered(case):
    assert case.levers["findings"] == list(PLANTED) == [entry["id"] for entry in playbook("levers")["findings"]]


@pytest.mark.parametrize("problem", PLANTED)
def test_leaving_one_problem_out_removes_exactly_its_finding(case, problem):
    assert case.without[problem] == [name for name in PLANTED if name != problem]


def test_a_company_without_the_problems_has_no_finding(tmp_path):
    assert audited(tmp_path, without=PLANTED)["levers"]["findings"] == []


@pytest.mark.parametrize("problem, table", [("no_criterion", "accounts"), ("price_war", "orders"), ("ordinary_service", "tickets")])
def test_a_problem_changes_only_its_own_cells(tmp_path, problem, table):
    write_company_a(tmp_path / "all")
    write_company_a(tmp_path / "less", without=(problem,))
    for name in ("accounts", "managers", "orders", "tickets"):
        before, after = (rows(tmp_path / folder / f"{name}.csv") for folder in ("all", "less"))
        assert len(before) == len(after) and (before != after) == (name == table)
    columns = {
        "accounts": {"purchasing_mode", "price_sensitivity", "service_need", "partnership_desire", "fit"},
        "orders": {"net_revenue"},
        "tickets": {"first_response_at", "resolved_at"},
    }[table]
    for one, two in zip(*(rows(tmp_path / folder / f"{table}.csv") for folder in ("all", "less")), strict=True):
        assert {key for key in one if one[key] != two[key]} <= columns


def test_the_case_is_the_same_on_every_call_and_refuses_an_unknown_problem(tmp_path):
    for folder in ("one", "two"):
        write_company_a(tmp_path / folder)
    for name in ("accounts.csv", "orders.csv", "tickets.csv", "company.yaml", "company_a.yaml"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    with pytest.raises(ValueError, match="is not planted"):
        write_company_a(tmp_path, without=("rain",))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_section_speaks_both_languages(case, bundles_of, language):
    told = type(case)(case.data, language=language)
    sections = {
        "story": company_a.story,
        "evidence": company_a.evidence,
        "six_levers": portfolio.six_levers,
        "counter_test": company_a.counter_test,
        "receipts": company_a.receipts,
    }
    bundles = bundles_of(SimpleNamespace(**sections), sections, told)
    assert [bundle[publish.MIME]["id"] for bundle in bundles] == IDS
    assert not any(re.search(r"\bnan\b|None|[{}]", re.sub(r"<[^>]*>", " ", bundle["text/html"])) for bundle in bundles)


def test_papermill_runs_the_notebook(tmp_path):
    notebook = nbformat.read(PATH, as_version=4)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells) and notebook.metadata.kamlib.sections == IDS
    out = tmp_path / "out.ipynb"
    ran = papermill.execute_notebook(str(PATH), str(out), parameters={"language": "zh"}, progress_bar=False, cwd=str(ROOT))
    shown = [output.get("data", {}) for cell in ran.cells for output in cell.get("outputs", [])]
    assert [data[publish.MIME]["kind"] for data in shown if publish.MIME in data][-1] == "done"
