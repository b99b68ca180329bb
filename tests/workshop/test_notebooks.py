"""The notebooks of the workshop as a room opens them: each runs to its panel, and none is committed with what a room saw."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from kamlib.workshop import TOPICS

FOLDER = Path(__file__).resolve().parents[2] / "notebooks" / "workshop"


@pytest.mark.parametrize("topic", TOPICS)
def test_it_runs_to_its_panel_and_holds_no_output(topic, engagement, monkeypatch):
    notebook = nbformat.read(FOLDER / f"{topic}.ipynb", as_version=4)
    assert all(cell.get("outputs", []) == [] and cell.get("execution_count") is None for cell in notebook.cells)
    assert all(cell.metadata["jupyter"]["source_hidden"] for cell in notebook.cells if cell.cell_type == "code")
    monkeypatch.setenv("KAM_ENGAGEMENT", str(engagement))
    done = NotebookClient(notebook, timeout=180, kernel_name="python3").execute()
    assert "application/vnd.jupyter.widget-view+json" in done.cells[-1].outputs[-1]["data"]
