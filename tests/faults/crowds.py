"""Many at once: two runs on one folder, poisoned accounts among good ones, two hundred workbooks eight at a time, memory."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

from kamlib.checks import EXIT_DONE, EXIT_ENVIRONMENT, EXIT_SOME_FAILED
from kamlib.render import ledger
from tests.faults import ground
from tests.faults.ground import ROOT, Finding, Trial

POISONS = ("raise", "exit", "kill", "hang", "deaf", "memory", "flood", "huge", "thread", "blank", "small", "file", "no mark")
LIMITS = {"memory_bytes": 500_000_000, "file_bytes": 20_000_000}
PACE = {"fork": {"at_once": 6, "account_seconds": 12}, "kernel": {"at_once": 3, "account_seconds": 40}}
CELL_SECONDS = 8
KERNEL_SHARE = 20  # one poison in so many is tried with the engine that starts a kernel
REFUSED_SECONDS = 2
SETTLED_SECONDS = 0.3
SIZES = (10, 100, 400)
GROWTH_BYTES = 10_000  # per account: a line of the ledger and what Python needs to keep it
LEAST_GROWTH_BYTES = 2_000_000


def twins(count: int, seed: int) -> list[Finding]:
    """Start a second run on a folder that a first one holds; then kill the first and take its folder over."""
    refused = Finding("a second run on a folder is refused and harms nothing")
    taken = Finding("the folder of a killed run is taken over at once")
    longest = 0.0
    with ground.place() as base:
        for number in range(count):
            batch = ground.new_batch(base / f"out-{number}")
            first = ground.start(Trial(batch, ("A", "B:hang")))
            _until(lambda folder=batch.folder: ground.lines_count(folder) == 1 and _staged_count(folder) == 1)
            time.sleep(SETTLED_SECONDS)
            before = {path: path.stat().st_mtime_ns for path in batch.folder.rglob("*")}
            since = time.monotonic()
            second = Trial(batch, ("A", "C"), log=base / f"second-{number}.log")
            code, longest = ground.run(second), max(longest, time.monotonic() - since)
            told = second.log.read_text("utf-8")
            after = {path: path.stat().st_mtime_ns for path in batch.folder.rglob("*")}
            refused.tried += 1
            if code != EXIT_ENVIRONMENT or "KAM-S03" not in told or f"process {first}, started" not in told:
                refused.broken.append(f"exit code {code}: {told.strip()}")
            refused.broken += [f"{path.name} was touched" for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
            everything = ground.tree(first)
            ground.kill(everything)
            ground.wait(first)
            taken.tried += 1
            if ground.run(Trial(batch, ("A", "B"))) != EXIT_DONE or ground.torn(batch) or ground.false_done(batch):
                taken.broken.append("the next run did not make it good")
            taken.broken += ground.survivors(everything[1:]) + ground.rendered_twice(batch)
    refused.figures = f"refused within {longest:.1f} s"
    refused.broken += [f"refused only after {longest:.1f} s"] if longest > REFUSED_SECONDS else []
    return [refused, taken]


def poisons(count: int, seed: int) -> list[Finding]:
    """Mix accounts that fail in any way with good ones; nothing false may be called done, nothing good may fail."""
    chance = random.Random(seed)
    kernel_count = max(3, count // KERNEL_SHARE)
    return [_poisoned("fork", count, chance), _poisoned("kernel", kernel_count, chance)]


def _poisoned(engine: str, count: int, chance: random.Random) -> Finding:
    found = Finding(f"no false done, no good account lost ({engine})")
    acts = [chance.choice(POISONS) for _ in range(count)]
    accounts = [f"P{number}:{act}" for number, act in enumerate(acts)] + [f"G{number}" for number in range(max(2, count // 4))]
    chance.shuffle(accounts)
    with ground.place() as base:
        batch = ground.new_batch(base / "out", cell_seconds=CELL_SECONDS, **PACE[engine])
        code = ground.run(Trial(batch, tuple(accounts), engine=engine, limits=LIMITS))
        told = {record.account_id: record for record in ledger.read_ledger(batch.folder).values()}
        wrong_end = [f"exit code {code}"] if code != EXIT_SOME_FAILED else []
        found.broken = wrong_end + ground.torn(batch) + ground.false_done(batch)
    found.tried = count
    for account_id in accounts:
        record = told.get(account_id)
        status = "untold" if record is None else record.status
        if status != ("failed" if ":" in account_id else "done"):
            found.broken.append(f"{account_id} is {status}: {record and record.reason}")
        elif status == "failed" and not record.reason:
            found.broken.append(f"{account_id} failed without a reason")
    found.figures = f"{len(accounts) - count} good ones among them; " + ", ".join(f"{act} {acts.count(act)}" for act in sorted(set(acts)))
    return found


def eight(count: int, seed: int) -> list[Finding]:
    """Render many workbooks eight at a time."""
    return [_crowd("fork", count), _crowd("kernel", max(8, count // 8))]


def _crowd(engine: str, count: int) -> Finding:
    found = Finding(f"no failure at --jobs 8 ({engine})", tried=count)
    accounts = tuple(f"A{number}" for number in range(count))
    since = time.monotonic()
    with ground.place() as base:
        batch = ground.new_batch(base / "out", at_once=8)
        code = ground.run(Trial(batch, accounts, engine=engine))
        told = ledger.read_ledger(batch.folder).values()
        found.broken = [f"{record.account_id}: {record.reason}" for record in told if record.status != "done"]
        found.broken += ground.torn(batch) + ground.false_done(batch)
        if code != EXIT_DONE or len(told) != count:
            found.broken.append(f"exit code {code}, {len(told)} accounts told of")
    found.figures = f"{(time.monotonic() - since) / count:.2f} s each"
    return found


MEASURED = """
import sys
from contextlib import closing
from pathlib import Path
import psutil
from kamlib.render.batch import run_batch
from kamlib.render.folder import only_run
from kamlib.render.workers import Copies
from tests.faults.ground import build, new_batch
batch, count = new_batch(Path(sys.argv[1]), formats=("ipynb",)), int(sys.argv[2])
with only_run(batch.folder), closing(Copies()) as workers:
    summary = run_batch(batch, build, map(str, range(count)), workers, set_aside={})
    print(psutil.Process().memory_info().rss if len(summary.done) == count else summary.failed)
"""


def memory(count: int, seed: int) -> list[Finding]:
    """Measure the supervisor when its last account has ended; `count` is the greatest number of accounts."""
    sizes = [size for size in SIZES if size < count] + [count]
    with ground.place() as base:
        used = [_memory_bytes(base / f"out-{size}", size) for size in sizes]
    allowed = LEAST_GROWTH_BYTES + GROWTH_BYTES * (sizes[-1] - sizes[0])
    found = Finding(f"the parent's memory is flat from {sizes[0]} to {sizes[-1]} accounts", tried=len(sizes))
    found.figures = ", ".join(f"{size}: {each / 1e6:.1f} MB" for size, each in zip(sizes, used, strict=True))
    found.broken = [f"it grew by {(max(used) - used[0]) / 1e6:.1f} MB"] if max(used) - used[0] > allowed else []
    return [found]


def _memory_bytes(folder, size: int) -> int:
    command = [sys.executable, "-c", MEASURED, str(folder), str(size)]
    return int(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def _staged_count(folder) -> int:
    return sum("job.log" in names for _, _, names in os.walk(folder / ".staging"))


def _until(holds, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("a run did not come as far as it should")
        time.sleep(ground.POLL_SECONDS)
