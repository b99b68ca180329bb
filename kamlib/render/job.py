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

from kamlib.render.proof import blank_figure, why_unfinished, without_traces
from kamlib.render.startup import adopt_orphans, import_jsonschema_quickly
from kamlib.render.supervise import stop_children

REASON_NAME = "reason.txt"
START_SECONDS = 60


class Unfinished(RuntimeError):
    """The notebook was executed without an error and yet did not finish."""


def main(path: Path, *, engine: str) -> int:
    """Do the job written down in a file.

    Parameters
    ----------
    path : Path
        JSON: ``template``, ``stem``, ``title``, ``parameters`` (names to text), ``formats`` and
        ``cell_seconds``.
        What is made goes beside it; on failure ``reason.txt``, one sentence.
    engine : str
        papermill's name of ours.

    Returns
    -------
    int
        0 when the files are there, else 1.
    """
    job = json.loads(path.read_text("utf-8"))
    (path.parent / REASON_NAME).unlink(missing_ok=True)
    import_jsonschema_quickly()
    try:
        notebook = executed(job, engine)
        write(notebook, job, path.parent)
    except Exception as error:
        traceback.print_exc()
        (path.parent / REASON_NAME).write_text(reason(error, job["cell_seconds"]), "utf-8")
        return 1
    return 0


def executed(job: dict, engine: str) -> Any:
    """Run the template with the account's parameters and return the finished notebook.

    Raises
    ------
    Unfinished
        A cell failed or did not run, or what the template declares is not there.
    """
    from papermill.engines import papermill_engines
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook
    from papermill.translators import translate_parameters

    import kamlib.render.engine  # noqa: F401 - makes both engines known to papermill

    # papermill.execute_notebook does the same and then puts the notebook into text once more, for a file that nobody wants.
    given, kernel = job["parameters"], "python3"
    notebook = parameterize_notebook(load_notebook_node(job["template"]), given, kernel_name=kernel, language="python")
    notebook = papermill_engines.execute_notebook_with_engine(
        engine,
        notebook,
        kernel_name=kernel,
        progress_bar=False,
        start_timeout=START_SECONDS,
        execution_timeout=job["cell_seconds"],
        record_timing=False,
        config=_private_transport(),
    )
    trouble = why_unfinished(notebook) or blank_figure(notebook)
    if trouble:
        outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
        sys.stderr.writelines(f"{line}\n" for output in outputs for line in output.get("traceback", []))
        raise Unfinished(trouble)
    return without_traces(notebook, translate_parameters(kernel, "python", {**given, "pack": ""}, "Parameters").rstrip())


def write(notebook: Any, job: dict, folder: Path) -> None:
    """Write the notebook, and its page and calendar if wanted, into the folder."""
    import nbformat

    nbformat.write(notebook, folder / f"{job['stem']}.ipynb")
    if "html" in job["formats"]:
        from kamlib.render.html import export_html

        page = export_html(notebook, title=job["title"], language=job["parameters"]["language"])
        (folder / f"{job['stem']}.html").write_text(page, "utf-8", newline="\n")
    if "xlsx" in job["formats"]:
        from kamlib.render.portfolio_xlsx import portfolio_xlsx
        from kamlib.render.xlsx import account_xlsx

        pack = json.loads(Path(job["parameters"]["pack"]).read_text("utf-8"))
        made = (account_xlsx if "account_id" in job["parameters"] else portfolio_xlsx)(pack, job["parameters"]["language"])
        (folder / f"{job['stem']}.xlsx").write_bytes(made)
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
    if kind == "MemoryError":
        return "It needed more memory than an account may have."
    return str(error) if kind in ("Unfinished", "TooMuchOutput") else f"{kind}: {error}"


def _private_transport() -> Any:
    """Let client and kernel talk through files that only this user can open; a TCP port can be listened to by anybody."""
    from traitlets.config import Config

    return Config() if os.name == "nt" else Config({"KernelManager": {"transport": "ipc"}})


def _keep_to_limits() -> None:
    """Let this process and its kernel allocate and write no more than they may."""
    if os.name == "nt":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (int(os.environ["KAM_MEMORY_BYTES"]),) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(os.environ["KAM_FILE_BYTES"]),) * 2)


def _end_with_parent() -> None:
    """End with everything started here as soon as the supervisor is gone: it holds the other end of this input."""

    def wait() -> None:
        os.read(sys.stdin.fileno(), 1)
        stop_children()
        shutil.rmtree(os.environ["JUPYTER_RUNTIME_DIR"], ignore_errors=True)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    _end_with_parent()
    _keep_to_limits()
    adopt_orphans()
    code = main(Path(sys.argv[1]), engine="kamlib-kernel")
    stop_children()
    sys.exit(code)
