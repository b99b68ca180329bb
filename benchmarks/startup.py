"""Start-up and the first workbook: ``python -m benchmarks.startup``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measure import ROOT, cost_of, kam, machine, middle, scratch, show


def first_workbook(out: Path) -> float:
    """Return the seconds until the first page of a fresh run of the sample lies there."""
    start = time.monotonic()
    with subprocess.Popen(
        [str(word) for word in kam("render", ROOT / "params" / "sample.yaml", "--out", out)], stderr=subprocess.DEVNULL
    ) as run:
        while not list(out.glob("account_workbook/*/*.html")) and run.poll() is None:
            time.sleep(0.01)
        seconds = time.monotonic() - start
        run.terminate()
    return seconds


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--rounds", type=int, default=5)
    given = words.parse_args()
    print(machine())
    rows = []
    for name, command in {"kam --help": kam("--help"), "papermill --help": [sys.executable, "-m", "papermill", "--help"]}.items():
        rows.append({"what": name, "wall s": middle(cost_of(command, cwd=ROOT) for _ in range(given.rounds)).wall_seconds})
    with scratch() as folder:
        seconds = sorted(first_workbook(folder / str(number)) for number in range(given.rounds))
    rows.append({"what": "first workbook of the sample, from the command on", "wall s": seconds[len(seconds) // 2]})
    show("Medians", rows)


if __name__ == "__main__":
    main()
