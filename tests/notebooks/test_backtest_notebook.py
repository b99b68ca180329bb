"""The backtest notebook is a clean template; its sections speak both languages, with and without a result."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import nbformat
import pytest
from papermill import inspect_notebook

from kamlib import load_engagement, read
from kamlib.packs import canonical
from kamlib.packs.backtest import Findings, backtest_pack
from kamlib.show import backtest, publish

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "notebooks" / "backtest.ipynb"
DEFAULTS = {"engagement": "params/sample.yaml", "as_of": "", "language": "en", "edition": "internal", "pack": ""}
SECTIONS = ("question", "comparison", "levels", "by_date", "signals", "lift", "calibration", "consequences", "receipts")
IDS = [*(f"backtest_{name}" for name in SECTIONS[:-1]), "receipts"]


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(PATH, as_version=4)


@pytest.fixture(scope="module")
def pack():
    engagement = load_engagement(ROOT / "params" / "sample.yaml")
    return json.loads(canonical(backtest_pack(engagement, read(engagement))))


def test_it_is_well_formed_clean_and_calls_every_section_once(notebook):
    nbformat.validate(notebook)
    assert all(cell.cell_type == "code" and cell.outputs == [] and cell.execution_count is None for cell in notebook.cells)
    calls = [cell.source for cell in notebook.cells if cell.source.startswith("review.")]
    assert calls == [f"review.{name}(tested)" for name in SECTIONS]
    assert notebook.metadata.kamlib.sections == IDS
    assert notebook.cells[-1].source == "show.done(tested)"


def test_papermill_sees_the_parameters_as_written():
    seen = inspect_notebook(str(PATH))
    assert {name: ast.literal_eval(entry["default"]) for name, entry in seen.items()} == DEFAULTS


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("reason", [None, "orders reach back too little"])
def test_every_section_publishes_in_both_languages(pack, bundles_of, language, reason):
    head = {name: cells for name, cells in pack.items() if name in ("as_of", "currency", "engagement", "synthetic", "policy", "rows")}
    tested = Findings(pack if reason is None else head | {"reason": reason}, language=language)
    bundles = bundles_of(backtest, SECTIONS, tested)
    sections = [bundle for bundle in bundles if bundle[publish.MIME]["kind"] == "section"]
    assert [bundle[publish.MIME]["id"] for bundle in sections] == IDS
    assert all("nan" not in bundle["text/plain"].lower() for bundle in sections)
    assert reason is None or reason in sections[0]["text/html"]
    pictures = [bundle for bundle in bundles if bundle.get("image/png")]
    assert len(pictures) == (reason is None)


def test_it_holds_no_account(pack):
    tables = read(load_engagement(ROOT / "params" / "sample.yaml"))
    text = canonical(pack)
    assert not [name for name in tables["accounts"]["name"] if name in text]
