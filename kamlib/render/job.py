"""One account in its own process: execute the notebook, prove that it finished, write it and its page into staging."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from kamlib.render.proof import why_unfinished, without_traces
from kamlib.render.startup import import_jsonschema_quickly

REASON_NAME = "reason.txt"
START_SECONDS = 60


class Unfinished(RuntimeError):
    """The notebook was executed without an error and yet did not finish."""


def main(path: Path) -> int:
    """Do the job written down in a file.

    Parameters
    ----------
    path : Path
        JSON: ``template``, ``stem``, ``title``, ``parameters`` (names to text), ``formats`` and
        ``cell_seconds``.
        What is made goes beside it; on failure ``reason.txt``, one sentence.

    Returns
    -------
    int
        0 when the files are there, else 1.
    """
    job = json.loads(path.read_text("utf-8"))
    import_jsonschema_quickly()
    try:
        notebook = executed(job)
        write(notebook, job, path.parent)
    except Exception as error:
        traceback.print_exc()
        (path.parent / REASON_NAME).write_text(reason(error, job["cell_seconds"]), "utf-8")
        return 1
    return 0


def executed(job: dict) -> Any:
    """Run the template with the account's parameters and return the finished notebook.

    Raises
    ------
    Unfinished
        No cell failed, but one did not run, or the completion mark is not there.
    """
    import nbformat
    import papermill
    from papermill.translators import translate_parameters

    given, kernel = job["parameters"], "python3"
    notebook = papermill.execute_notebook(
        nbformat.read(job["template"], as_version=4),
        None,
        parameters=given,
        kernel_name=kernel,
        language="python",
        progress_bar=False,
        request_save_on_cell_execute=False,
        start_timeout=START_SECONDS,
        execution_timeout=job["cell_seconds"],
        record_timing=False,
        config=_private_transport(),
    )
    trouble = why_unfinished(notebook)
    if trouble:
        raise Unfinished(trouble)
    return without_traces(notebook, translate_parameters(kernel, "python", {**given, "pack": ""}, "Parameters"))


def write(notebook: Any, job: dict, folder: Path) -> None:
    """Write the notebook, and its page and calendar if wanted, into the folder."""
    import nbformat

    nbformat.write(notebook, folder / f"{job['stem']}.ipynb")
    if "html" in job["formats"]:
        from kamlib.render.html import export_html

        page = export_html(notebook, title=job["title"], language=job["parameters"]["language"])
        (folder / f"{job['stem']}.html").write_text(page, "utf-8", newline="\n")
    if "ics" in job["formats"]:
        from kamlib.render.calendar import calendar_file

        pack = json.loads(Path(job["parameters"]["pack"]).read_text("utf-8"))
        (folder / f"{job['stem']}.ics").write_bytes(calendar_file(pack, job["parameters"]["language"]))


def reason(error: Exception, cell_seconds: int) -> str:
    """Say in one sentence, without a traceback, why the job failed."""
    kind = type(error).__name__
    if kind == "DeadKernelError":
        return "The notebook's process died before it finished; it was killed, or ran out of memory."
    if kind == "CellTimeoutError":
        return f"A cell ran longer than {cell_seconds} seconds and was stopped."
    if kind == "PapermillExecutionError":
        return f"Cell {error.cell_index + 1} stopped with {error.ename}: {error.evalue}"
    return str(error) if isinstance(error, Unfinished) else f"{kind}: {error}"


def _private_transport() -> Any:
    """Let client and kernel talk through files that only this user can open; a TCP port can be listened to by anybody."""
    from traitlets.config import Config

    return Config() if os.name == "nt" else Config({"KernelManager": {"transport": "ipc"}})


def _end_with_parent() -> None:
    """End with everything started here as soon as the supervisor is gone: it holds the other end of this input."""
    from kamlib.render.supervise import stop_tree

    def wait() -> None:
        os.read(sys.stdin.fileno(), 1)
        shutil.rmtree(os.environ["JUPYTER_RUNTIME_DIR"], ignore_errors=True)
        stop_tree(os.getpid())

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    _end_with_parent()
    sys.exit(main(Path(sys.argv[1])))
