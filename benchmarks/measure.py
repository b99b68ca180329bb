"""What a command costs, and how a result is printed."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
COMPANY = "company"  # stands in place of an account where an assessment is of the company itself
OURS = ("account_id", "order_id", "invoice_id", "payment_id", "contact_id", "ticket_id", "promise_id", "parent_id", "backup_id", "ref")


@dataclass(frozen=True)
class Cost:
    """What something cost.

    Parameters
    ----------
    cpu_seconds, wall_seconds : float
        CPU is user and system time of the whole tree of processes.
    """

    cpu_seconds: float
    wall_seconds: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.cpu_seconds - other.cpu_seconds, self.wall_seconds - other.wall_seconds)

    def each(self, count: int) -> Cost:
        """Return the cost of one of so many."""
        return Cost(self.cpu_seconds / count, self.wall_seconds / count)


def cost_of(command: Sequence[object], **more: object) -> Cost:
    """Run a command to its end and return what it cost with everything it started; a failure stops the benchmark."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, time.monotonic() - start)


def middle(costs: Iterable[Cost]) -> Cost:
    """Return the median of several measurements."""
    found = list(costs)
    return Cost(median(cost.cpu_seconds for cost in found), median(cost.wall_seconds for cost in found))


def kam(*words: object) -> list[object]:
    """Return a command of ours."""
    return [sys.executable, "-m", "kamlib", *words]


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder that goes away."""
    folder = Path(tempfile.mkdtemp(prefix="kam-benchmark-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def replicated(folder: Path, times: int) -> Path:
    """Write the sample engagement with every account so many times, and return its file.

    Parameters
    ----------
    folder : Path
        Where to.
    times : int
        1 gives the sample's 60 accounts.
    """
    tables = folder / "sample"
    tables.mkdir(parents=True)
    for path in (ROOT / "params" / "sample").glob("*.csv"):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        ours = [name for name in OURS if name in frame]
        copies = [frame.assign(**{name: _copied(frame[name], copy) for name in ours}) for copy in range(times if ours else 1)]
        pd.concat(copies).to_csv(tables / path.name, index=False)
    text = (ROOT / "params" / "sample.yaml").read_text("utf-8").replace("plans: sample/plans", f"plans: {ROOT / 'params/sample/plans'}")
    (folder / "sample.yaml").write_text(text, "utf-8")
    return folder / "sample.yaml"


def _copied(ids: pd.Series, copy: int) -> pd.Series:
    return ids.where(ids.isin(["", COMPANY]), ids + f"-{copy}") if copy else ids


def show(title: str, rows: Iterable[Mapping]) -> None:
    """Print a table, and after it what it was measured on."""
    print(f"\n{title}\n{pd.DataFrame(rows).to_string(index=False, float_format='{:,.3f}'.format)}")


def machine() -> str:
    """Return what this is measured on."""
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} × {cpu or platform.machine()}, Python {platform.python_version()}, load {load:.1f} at the start"
