"""What safety costs of a batch: fsync, hashes, proofs, cleaning and the ledger, ``python -m benchmarks.safety``.

The batch's own steps are timed while it renders; what an account's process does for safety is timed again on
what it delivered, and there cleaning is given our own markup too, of which a workbook cleans nothing: the share is at most this.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import nbformat

from benchmarks.measure import ROOT, machine, scratch, show
from kamlib.render import batch, ledger, run, verdict
from kamlib.render.html import clean
from kamlib.render.proof import blank_figure, why_unfinished, without_traces

IN_THE_BATCH = {
    "publish: fsync, replace": (verdict, "publish"),
    "hash of what is delivered": (ledger, "fingerprint"),
    "hash of what goes in": (batch, "input_hash"),
    "proof that it finished": (verdict, "why_unfinished"),
    "ledger line, fsync": (ledger, "append"),
}


def timed(spent: Counter, name: str, work: Callable) -> Callable:
    """Return the function with its time added up."""

    def wrapped(*words: object, **more: object) -> object:
        start = time.perf_counter()
        try:
            return work(*words, **more)
        finally:
            spent[name] += time.perf_counter() - start

    return wrapped


def in_an_account(path: Path) -> float:
    """Return the seconds that an account's process spent on proof and cleaning of this notebook."""
    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    why_unfinished(notebook)
    blank_figure(notebook)
    without_traces(notebook, "")
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            clean(output.get("data", {}).get("text/html", ""))
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print(machine())
    spent: Counter = Counter()
    with scratch() as folder:
        for name, (home, function) in IN_THE_BATCH.items():
            patch.object(home, function, timed(spent, name, getattr(home, function))).start()
        start = time.perf_counter()
        summary = run.render(ROOT / "params" / "sample.yaml", out=folder, jobs=1)
        whole = time.perf_counter() - start
        patch.stopall()
        spent["proof and cleaning in the account"] = sum(in_an_account(path) for path in folder.glob("account_workbook/*/*.ipynb"))
        count = len(summary.done)
        account_seconds = sum(record.cpu_seconds for record in summary.done) / count
    rows = [
        {"what": name, "ms an account": 1000 * seconds / count, "% of the run": 100 * seconds / whole} for name, seconds in spent.items()
    ]
    total = {"what": "together", "ms an account": 1000 * spent.total() / count, "% of the run": 100 * spent.total() / whole}
    show(f"{count} accounts, one at a time, in {whole:.1f} s; {account_seconds:.2f} CPU seconds in an account's process", [*rows, total])


if __name__ == "__main__":
    main()
