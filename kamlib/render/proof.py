"""What proves that a notebook finished, and what a finished one must not carry along."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping

MARK = "application/vnd.kamlib+json"
GIVEN_TAG, GIVEN_ID = "injected-parameters", "parameters-given"


def why_unfinished(notebook: Mapping) -> str | None:
    """Say why an executed notebook does not count as finished; None if it does.

    Parameters
    ----------
    notebook : mapping
        A notebook as JSON holds it, after its execution.

    Returns
    -------
    str or None
        One sentence. The runner's own record of success is not looked at: after a dead kernel or a
        time limit it says that every cell was completed.

    Examples
    --------
    >>> cell = {"cell_type": "code", "source": "1 + 1", "execution_count": None, "outputs": []}
    >>> why_unfinished({"cells": [cell]})
    'Cell 1 did not run.'
    """
    cells = list(enumerate(notebook["cells"], 1))
    code = [(number, cell) for number, cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    for number, cell in code:
        errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
        if errors and errors[0]["ename"] == "MemoryError":
            return f"Cell {number} needed more memory than an account may have."
        if errors:
            return f"Cell {number} stopped with {errors[0]['ename']}: {errors[0]['evalue']}"
        if cell["execution_count"] is None:
            return f"Cell {number} did not run."
        threads = [match for match in map(_thread_error, cell["outputs"]) if match]
        if threads:
            return f"Cell {number}: a thread stopped with {threads[0]}"
    missing = [name for name in declared(notebook) if name not in published(notebook)]
    if missing:
        return f"It lacks what its template declares: {', '.join(missing)}."
    if not code or not any(_is_mark(output) for output in code[-1][1]["outputs"]):
        return "The last cell did not set the completion mark."
    return None


def declared(notebook: Mapping) -> list[str]:
    """Return the ids of the sections that a notebook's metadata promise: ``kamlib.sections``."""
    return notebook.get("metadata", {}).get("kamlib", {}).get("sections", [])


def published(notebook: Mapping) -> set[str]:
    """Return the ids of the sections in a notebook's outputs."""
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", []))
    contents = (output.get("data", {}).get(MARK) for output in outputs)
    return {content["id"] for content in contents if isinstance(content, Mapping) and content.get("kind") == "section"}


def blank_figure(notebook: Mapping) -> str | None:
    """Say which cell shows a picture of one colour only; None if none does.

    Parameters
    ----------
    notebook : mapping
        After its execution.
    """
    from PIL import Image

    for number, cell in enumerate(notebook["cells"], 1):
        for output in cell.get("outputs", []):
            picture = output.get("data", {}).get("image/png")
            if picture:
                with Image.open(io.BytesIO(base64.b64decode("".join(picture)))) as image:
                    if all(low == high for low, high in image.convert("RGB").getextrema()):
                        return f"Cell {number} shows an empty figure."
    return None


def _thread_error(output: Mapping) -> str | None:
    """Return the last line of a traceback that a thread has left on standard error."""
    words = "".join(output.get("text", "")) if output.get("name") == "stderr" else ""
    return words.rstrip().splitlines()[-1] if words.lstrip().startswith("Exception in thread ") else None


def without_traces(notebook: Mapping, given_source: str) -> Mapping:
    """Take the run's times, paths and random ids out of a finished notebook, in place, and return it.

    Parameters
    ----------
    notebook : NotebookNode
        After its execution.
    given_source : str
        What the cell of given parameters shall say, so that it names no file of this machine and the
        delivered notebook runs where it is opened.
    """
    notebook["metadata"].pop("papermill", None)
    for cell in notebook["cells"]:
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        if GIVEN_TAG in cell["metadata"].get("tags", []):
            cell["source"], cell["id"] = given_source, GIVEN_ID
    return notebook


def _is_mark(output: Mapping) -> bool:
    published = output.get("data", {}).get(MARK)
    return isinstance(published, Mapping) and published.get("kind") == "done"
