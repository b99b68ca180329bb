"""The value report: nothing internal gets in, every section speaks both languages, and its figures are those of the files."""

from __future__ import annotations

import ast
import csv
import json
import re
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papermill import inspect_notebook

from kamlib import lifecycle, value
from kamlib.packs.build import canonical
from kamlib.packs.value_report import ValueReport, ValueReportBuilder
from kamlib.render.run import render
from kamlib.scores import score
from kamlib.show import publish, value_report
from tests.notebooks.planting import MARK, NUMBER, planted

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "notebooks" / "value_report.ipynb"
SECTIONS = ("report_page", "measures", "service", "knowledge", "attention", "next_steps", "sources")
IDS = ["value_first_page", "value_measures", "value_service", "value_knowledge", "value_attention", "value_next", "receipts"]
DAY = date(2026, 6, 30)
READ = {  # what the customer may see of each table; everything else is planted
    "accounts": {"account_id", "name", "manager_id", "contract_end", "valid_from"},
    "managers": {"manager_id", "name"},
    "orders": {"order_id", "account_id", "promised_on", "delivered_on", "correct", "order_date"},
    "tickets": {"account_id", "opened_at", "first_response_at", "resolved_at", "kind"},
    "interactions": {"account_id", "date", "kind"},
    "outcomes": {"account_id", "period", "measure", "baseline", "actual", "unit", "better", "agreed_contribution"},
    "usage": {"account_id", "period", "metric", "value"},
}
LEFT = ("account_id", "manager_id", "period", "month", "invoice_id")  # what rows are found by
INTERNAL = {"margin_rate", "revenue_amount", "loss_risk", "segment", "tier", "relationship_stage", "potential_score", "clv_amount"}
TEXTS = (("accounts", "industry"), ("contacts", "name"), ("assessments", "source"), ("orders", "product"), ("managers", "skills"))
NUMBERS = (("orders", "cost"), ("accounts", "annual_wallet"), ("managers", "base_salary"), ("targets", "target"))


@pytest.fixture(scope="module")
def builder(sample_engagement, sample_tables):
    return ValueReportBuilder(sample_engagement, sample_tables, score(sample_tables, sample_engagement))


def opened(data, language="en"):
    return ValueReport(json.loads(canonical(data)), language=language, edition="customer")


def test_the_notebook_is_clean_and_made_for_the_customer():
    notebook = nbformat.read(PATH, as_version=4)
    nbformat.validate(notebook)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells)
    calls = [cell.source for cell in notebook.cells if cell.source.startswith("value_report.")]
    assert calls == [f"value_report.{name}(report)" for name in SECTIONS]
    assert notebook.metadata.kamlib.sections == IDS and notebook.metadata.kamlib.editions == ["customer"]
    assert ast.literal_eval(inspect_notebook(str(PATH))["edition"]["default"]) == "customer"


@pytest.mark.parametrize("account_id", ["A001", "A008", "A019", "A026"])
def test_nothing_internal_gets_in_and_what_is_for_the_customer_does(builder, sample_engagement, sample_tables, bundles_of, account_id):
    tables = planted(sample_tables, READ, kept=LEFT, with_numbers=True)
    kept = ValueReportBuilder(sample_engagement, tables, builder.scores)
    data = kept.build(account_id)
    text = canonical(data)
    pages = json.dumps(bundles_of(value_report, SECTIONS, opened(data)), ensure_ascii=False, default=str)
    for place in (text, pages):
        assert MARK not in place and "817263" not in place and "817,263" not in place
    assert text == canonical(builder.build(account_id)), "it reads nothing of what was planted"
    metrics = {entry["metric"] for entry in data["scores"]}
    assert not metrics & INTERNAL


def test_the_markers_were_planted_where_internal_things_stand(sample_tables):
    tables = planted(sample_tables, READ, kept=LEFT, with_numbers=True)
    for table, column in TEXTS:
        assert (tables[table][column].dropna() == MARK).all(), (table, column)
    for table, column in NUMBERS:
        assert (tables[table][column].dropna() == NUMBER).all(), (table, column)
    plan = tables.plans["A001"]
    texts = (plan.needs[0].stated, plan.beliefs[0].text, plan.risks[0].text, plan.actions[0].text, plan.swot.strengths[0])
    assert all(MARK in text for text in texts)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_section_speaks_both_languages_for_every_account(builder, bundles_of, language):
    for account_id in builder.account_ids():
        bundles = bundles_of(value_report, SECTIONS, opened(builder.build(account_id), language))
        pages = [re.sub(r"<[^>]*>", " ", bundle["text/html"]) for bundle in bundles if "text/html" in bundle]
        assert not any(re.search(r"\bnan\b|\bNone\b|[{}]|\d\.0 (?:of|/)", page) for page in pages)
        assert [bundle[publish.MIME]["id"] for bundle in bundles] == IDS


def test_measures_are_those_of_the_file(builder):
    with (ROOT / "params/sample/outcomes.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["account_id"] == "A001" and row["period"] == "2026Q2"]
    found = {entry["measure"]: entry for entry in builder.build("A001")["outcomes"]}
    assert found.keys() == {row["measure"] for row in rows}
    for row in rows:
        better = (float(row["actual"]) - float(row["baseline"])) / float(row["baseline"]) * (-1 if row["better"] == "lower" else 1)
        assert found[row["measure"]]["change_rate"] == pytest.approx(better)


def outcomes(*rows):
    columns = ["account_id", "period", "measure", "baseline", "actual", "unit", "better", "agreed_contribution"]
    return pd.DataFrame([("A", *row, "kg", better, 0.5) for *row, better in rows], columns=columns)


@pytest.mark.parametrize(
    "baseline, actual, better, change",
    [
        (100.0, 82.0, "lower", 0.18),
        (100.0, 118.0, "higher", 0.18),
        (-100.0, -82.0, "higher", 0.18),
        (100.0, 118.0, "lower", -0.18),
        (0.0, 5.0, "higher", None),
    ],
)
def test_F52_change_is_counted_in_the_better_direction_over_the_size_of_the_baseline(baseline, actual, better, change):
    found = value.outcome_changes(outcomes(("2026Q2", "scrap", baseline, actual, better)), as_of=DAY)["change_rate"].iloc[0]
    assert found == pytest.approx(float("nan") if change is None else change, nan_ok=True)


@given(st.lists(st.sampled_from(["2025Q4", "2026Q1", "2026Q2", "2026Q3", "2026"]), unique=True, min_size=1))
def test_the_latest_period_that_is_over_counts(periods):
    frame = outcomes(*((period, "scrap", 1.0, float(place), "higher") for place, period in enumerate(periods)))
    over = [period for period in ("2025Q4", "2026Q1", "2026Q2") if period in periods]
    found = value.outcome_changes(frame, as_of=DAY)["period"].tolist()
    assert found == over[-1:]


def test_missing_columns_are_refused():
    with pytest.raises(ValueError, match="outcomes lacks better"):
        value.outcome_changes(outcomes().drop(columns="better"), as_of=DAY)
    with pytest.raises(ValueError, match="touches lacks kind"):
        lifecycle.enablement(pd.DataFrame({"date": []}), pd.DataFrame({"date": [], "kind": []}), as_of=DAY)


@given(st.lists(st.dates(date(2024, 1, 1), date(2026, 12, 31)), max_size=8))
def test_enablement_counts_a_year_and_is_due_an_interval_after_the_last_time(days):
    touches = pd.DataFrame({"date": pd.to_datetime(pd.Series(days, dtype="object")), "kind": "training"})
    found = lifecycle.enablement(touches, pd.DataFrame({"date": [], "kind": []}), as_of=DAY).loc["training"]
    known = [day for day in days if day <= DAY]
    assert found["done_count"] == sum(day > date(2025, 6, 30) for day in known)
    if not known or max(known) < date(2026, 3, 31):
        assert found["next_by"] == pd.Timestamp("2026-07-01")
    else:
        assert found["next_by"] > pd.Timestamp(max(known)) and found["next_by"] > pd.Timestamp(DAY)


def test_the_batch_renders_it_for_the_customer(tmp_path):
    summary = render(ROOT / "params/sample.yaml", notebook="value_report", accounts=["A001"], jobs=1, out=tmp_path)
    assert [(record.status, record.edition) for record in summary.records] == [("done", "customer")]
    assert "value report open" in (tmp_path / "index.html").read_text(encoding="utf-8")
