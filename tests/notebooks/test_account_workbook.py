"""The account workbook is a clean template that papermill reads as its author meant it."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from papermill import inspect_notebook

from kamlib import show

PATH = Path(__file__).resolve().parents[2] / "notebooks" / "account_workbook.ipynb"
DEFAULTS = {"engagement": "params/sample.yaml", "account_id": "A001", "as_of": "", "language": "en", "edition": "internal", "pack": ""}


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(PATH, as_version=4)


def test_it_is_well_formed_and_clean(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(cell.cell_type == "code" and cell.outputs == [] and cell.execution_count is None for cell in notebook.cells)


def test_papermill_sees_the_parameters_as_written(notebook):
    seen = inspect_notebook(str(PATH))
    assert {name: ast.literal_eval(entry["default"]) for name, entry in seen.items()} == DEFAULTS
    assert all(entry["inferred_type_name"] == "str" and entry["help"] for entry in seen.values())
    assert notebook.cells[0].metadata.tags == ["parameters"]
    assert len(notebook.cells[0].source.splitlines()) == len(DEFAULTS)


def test_cells_are_short_and_hold_no_prose(notebook):
    for cell in notebook.cells:
        assert len(cell.source.splitlines()) <= 10
        assert not cell.source.rstrip().endswith(";")
        assert not any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(cell.source)))


def test_every_call_is_public_and_the_last_one_marks_completion(notebook):
    called = [node.attr for cell in notebook.cells for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Attribute)]
    assert set(called) == set(dir(show))
    assert notebook.cells[-1].source == "show.done(account)"


def test_only_style_and_versions_are_left_out_of_the_comparison(notebook):
    ignored = [cell.id for cell in notebook.cells if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    assert ignored == ["setup", "versions"]
