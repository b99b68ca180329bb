"""Fault trials in their long form, with a table of what came of them.

python3 run.py soak                           every part; exit code 1 when a promise was broken
python3 run.py soak kills --count 300 --seed 7
"""

from __future__ import annotations

import argparse
import sys
import time

from kamlib.render.template import warm
from tests.browser.lessons import lessons
from tests.browser.workshop import workshop
from tests.faults import crowds, disks, kills, spy, stops
from tests.faults.ground import Finding, NotRun

PARTS = {
    "kills": (kills.kills, 10, 300),
    "steps": (disks.steps, 1, 3),
    "full": (disks.full, 10, 10),
    "twins": (crowds.twins, 2, 20),
    "poisons": (crowds.poisons, 20, 200),
    "eight": (crowds.eight, 24, 200),
    "memory": (crowds.memory, 60, 400),
    "spy": (spy.spy, 1, 5),
    "stops": (stops.stops, 1, 10),
    "anywhere": (stops.anywhere, 15, 10_000),
    "workshop": (workshop, 1, 7),
    "lessons": (lessons, 1, 6),
}
SHOWN = 5


def main(words: list[str]) -> int:
    """Run the parts that are named, all if none is, and return the exit code."""
    parser = argparse.ArgumentParser(prog="run.py soak", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--short", action="store_true", help="as few trials as the tests do")
    parser.add_argument("--count", type=int, help="number of trials of each part")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(words)
    warm()
    broken = 0
    for name in asked.parts or PARTS:
        part, short, long = PARTS[name]
        since = time.monotonic()
        try:
            found = part(asked.count or (short if asked.short else long), asked.seed)
        except NotRun as why:
            print(f"{name:<10}  NOT RUN: {why}", flush=True)
            continue
        tell(name, found, time.monotonic() - since)
        broken += sum(len(finding.broken) for finding in found)
    return int(broken > 0)


def tell(name: str, found: list[Finding], seconds: float) -> None:
    """Print what came of a part."""
    print(f"{name} ({seconds:.0f} s)")
    for finding in found:
        print(f"{finding.tried:>8} tried {len(finding.broken):>4} broken  {finding.promise}")
        if finding.figures:
            print(f"{'':>28}{finding.figures}")
        for why in finding.broken[:SHOWN]:
            print(f"{'':>28}BROKEN: {why}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
