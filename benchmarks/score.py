"""Scoring against merely reading the files: ``python -m benchmarks.score``.

Both start a process; ours reads, checks, scores and writes every number, pandas only reads the same files.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec

import duckdb
import pandas as pd

from benchmarks.measure import ROOT, cost_of, kam, machine, middle, scratch, show

ENGAGEMENTS = {"Online Retail II": "params/online_retail.yaml", "AdventureWorks": "params/adventureworks.yaml"}


def merely_read(params: str) -> None:
    """Read with pandas the files of an engagement; Parquet through DuckDB where pandas has no reader of its own."""
    from kamlib.data.engagement import load_engagement

    found = load_engagement(params)
    named = {
        file
        for table in found.tables.values()
        for source in table.sources()
        for file in [source.file, *(join.file for join in source.join)]
    }
    for file in sorted(named):
        path = found.folder / file
        if path.suffix != ".parquet":
            pd.read_csv(path, sep=None if path.name.endswith(".txt") else ",", encoding_errors="replace", on_bad_lines="skip")
        elif find_spec("pyarrow"):
            pd.read_parquet(path)
        else:
            duckdb.read_parquet(str(path)).df()


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--read", help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.read:
        merely_read(given.read)
    else:
        compare(given.rounds)


def compare(rounds: int) -> None:
    """Measure both and print the table."""
    print(machine())
    rows = []
    for name, params in ENGAGEMENTS.items():
        ours, stock = [], []
        with scratch() as folder:
            for _ in range(rounds):
                stock.append(cost_of([sys.executable, "-m", "benchmarks.score", "--read", params], cwd=ROOT))
                ours.append(cost_of(kam("score", params, "--out", folder / "scores.csv"), cwd=ROOT))
        read, scored = middle(stock), middle(ours)
        rows.append(
            {
                "engagement": name,
                "pandas reads, s": read.wall_seconds,
                "kam score, s": scored.wall_seconds,
                "times": scored.wall_seconds / read.wall_seconds,
                "CPU times": scored.cpu_seconds / read.cpu_seconds,
            }
        )
    show("Whole processes, medians", rows)


if __name__ == "__main__":
    main()
