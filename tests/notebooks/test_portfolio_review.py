"""The portfolio review is a clean template, and runs on the pack that the batch hands over."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from papermill import inspect_notebook

from kamlib.show import portfolio

PATH = Path(__file__).resolve().parents[2] / "notebooks" / "portfolio_review.ipynb"
DEFAULTS = {"engagement": "params/sample.yaml", "as_of": "", "language": "en", "edition": "internal", "pack": ""}


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


def test_every_section_is_called_once_and_the_last_cell_marks_completion(notebook):
    sources = [cell.source for cell in notebook.cells if cell.source.startswith("review.")]
    calls = [source.removeprefix("review.").removesuffix("(portfolio)") for source in sources]
    assert sorted(calls) == dir(portfolio)
    assert calls[0] == "first_page"
    assert notebook.cells[-1].source == "show.done(portfolio)"


def test_only_style_and_versions_are_left_out_of_the_comparison(notebook):
    ignored = [cell.id for cell in notebook.cells if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    assert ignored == ["setup", "versions"]


def test_the_sample_renders_as_a_page(notebook, tmp_path, monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    from kamlib import load_engagement, read, score
    from kamlib.packs import canonical
    from kamlib.packs.portfolio import portfolio_pack
    from kamlib.show import publish, theme

    found = load_engagement(PATH.parents[1] / "params/sample.yaml")
    tables = read(found)
    path, bundles = tmp_path / "pack.json", []
    path.write_text(canonical(portfolio_pack(found, tables, score(tables, found))), encoding="utf-8")
    for module in (publish, theme):
        monkeypatch.setattr(module, "display", lambda bundle, raw: bundles.append(bundle))
    shell = InteractiveShell()
    for cell in notebook.cells:
        source = cell.source.replace('pack: str = ""', f"pack: str = {str(path)!r}")
        if cell.id != "versions":
            assert shell.run_cell(source).success, cell.id
    published = [bundle[publish.MIME] for bundle in bundles if publish.MIME in bundle]
    assert [content["id"] for content in published if content["kind"] == "figure"] == [
        "figure_lorenz",
        "figure_whale",
        "figure_drill",
        "figure_walk",
    ]
    assert published[-1]["kind"] == "done"
    answers = " ".join(row[1] for row in published[0]["rows"])
    assert "5 of 50" in answers and "¥98.7" in answers
