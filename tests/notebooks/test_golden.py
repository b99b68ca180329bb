"""The golden workbooks: complete, free of traces, and a changed number in one is seen by nbval."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from kamlib.render.proof import why_unfinished

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = sorted((ROOT / "reports/sample").glob("*.ipynb"))


def test_there_are_three():
    assert len(GOLDEN) == 3


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_code_cell_ran_and_left_no_trace_of_the_run(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert why_unfinished(notebook) is None
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    text = path.read_text(encoding="utf-8")
    assert "papermill" not in notebook.metadata and str(ROOT) not in text and "/tmp/" not in text


@pytest.fixture
def beside_the_golden():
    """A path in the same folder, since a workbook looks for its engagement from there upwards."""
    path = GOLDEN[0].with_name("planted.ipynb")
    yield path
    path.unlink(missing_ok=True)


def test_nbval_sees_one_changed_number(beside_the_golden):
    notebook = json.loads(GOLDEN[0].read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["id"] == "kpi-table")
    published = cell["outputs"][0]["data"]["text/html"]
    lines = published if isinstance(published, list) else published.splitlines(keepends=True)
    place, line = next((place, line) for place, line in enumerate(lines) if "27.9%" in line)
    cell["outputs"][0]["data"]["text/html"] = [*lines[:place], line.replace("27.9%", "28.9%", 1), *lines[place + 1 :]]
    beside_the_golden.write_text(json.dumps(notebook), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--color=no",
        "--nbval",
        "--nbval-current-env",
        "--nbval-cell-timeout",
        "120",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    ran = subprocess.run([*command, str(beside_the_golden)], cwd=ROOT, capture_output=True, text=True, check=False)
    code_cells = sum(cell["cell_type"] == "code" for cell in notebook["cells"])
    assert ran.returncode == 1 and f"1 failed, {code_cells - 1} passed" in ran.stdout, ran.stdout[-2000:]
    assert "28.9%" in ran.stdout and "27.9%" in ran.stdout
