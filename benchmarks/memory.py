"""Memory against the number of accounts: ``python -m benchmarks.memory``."""

from __future__ import annotations

import argparse
import subprocess
import time
from pathlib import Path

import psutil

from benchmarks.measure import kam, machine, replicated, scratch, show
from kamlib.render.ledger import read_ledger

POLL_SECONDS = 0.2


def measured(engagement: Path, out: Path) -> dict:
    """Render a whole engagement; peaks of the command itself, of one account's process and of everything together."""
    start, peaks = time.monotonic(), {"parent": 0, "all": 0}
    with subprocess.Popen([str(word) for word in kam("render", engagement, "--out", out, "--jobs", 2)], stderr=subprocess.DEVNULL) as run:
        parent = psutil.Process(run.pid)
        while run.poll() is None:
            try:
                everyone = [parent, *parent.children(recursive=True)]
                shares = [process.memory_full_info().pss for process in everyone]
            except psutil.Error:
                continue
            peaks = {"parent": max(peaks["parent"], shares[0]), "all": max(peaks["all"], sum(shares))}
            time.sleep(POLL_SECONDS)
    records = read_ledger(out).values()
    children = max(record.peak_bytes or 0 for record in records)
    return {
        "accounts": len(records),
        "failed": sum(record.status != "done" for record in records),
        "wall s": time.monotonic() - start,
        "parent MB": peaks["parent"] / 1e6,
        "largest child MB": children / 1e6,
        "all together MB": peaks["all"] / 1e6,
    }


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--times", type=int, nargs="+", default=[1, 4, 17], help="how often the sample's 60 accounts are repeated")
    given = words.parse_args()
    print(machine())
    rows = []
    for times in given.times:
        with scratch() as folder:
            rows.append(measured(replicated(folder / "engagement", times), folder / "out"))
    show("Peaks; memory that processes share counts by share, but in the largest child it counts whole", rows)


if __name__ == "__main__":
    main()
