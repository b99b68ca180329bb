"""Processes under supervision: a few at a time, each with a time limit, none left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

POLL_SECONDS = 0.05
LOG_NAME = "job.log"


@dataclass(frozen=True)
class Job:
    """One account to be rendered in its own process.

    Parameters
    ----------
    account_id : str
        The account.
    stage : Path
        Its private folder, with ``job.json`` and the account pack.
    input_hash : str
        Everything the workbook is made of.
    """

    account_id: str
    stage: Path
    input_hash: str


@dataclass(frozen=True)
class Ended:
    """How the process of a job ended.

    Parameters
    ----------
    job : Job
        Which one.
    exit_code : int or None
        As the system gives it, negative for a signal; None when the time limit stopped it.
    seconds : float
        Wall time.
    """

    job: Job
    exit_code: int | None
    seconds: float


def run_jobs(jobs: Iterable[Job], *, at_once: int, limit_seconds: float) -> Iterator[Ended]:
    """Run each job in a process of its own and yield it when it has ended.

    Parameters
    ----------
    jobs : iterable of Job
        Taken one by one, when a place is free.
    at_once : int
        Number of places.
    limit_seconds : float
        Wall time after which a job is stopped with everything that it has started.

    Yields
    ------
    Ended
        In the order of their ends. When the caller stops early, all that still run are stopped.
    """
    waiting, running = iter(jobs), []
    try:
        while True:
            while len(running) < at_once and (job := next(waiting, None)):
                running.append(_Running(job))
            if not running:
                return
            for process in list(running):
                ended = process.look(limit_seconds)
                if ended:
                    running.remove(process)
                    yield ended
            time.sleep(POLL_SECONDS)
    finally:
        for process in running:
            process.stop()


def stop_tree(process_id: int) -> None:
    """Kill a process and everything that it has started, whatever session that is in."""
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process_id)
        for process in [*parent.children(recursive=True), parent]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


class _Running:
    """A started job: its process, its start and the short private folder of its sockets."""

    def __init__(self, job: Job) -> None:
        self.job, self.start = job, time.monotonic()
        base = "/tmp" if os.path.isdir("/tmp") else None  # a socket's path may not exceed about 100 bytes
        self.runtime = tempfile.mkdtemp(prefix=f"kam-{os.getpid()}-", dir=base)
        with open(job.stage / LOG_NAME, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kamlib.render.job", str(job.stage / "job.json")],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=job.stage,
                env=_environment(self.runtime),
                start_new_session=True,
                umask=0o077,
            )

    def look(self, limit_seconds: float) -> Ended | None:
        """Return how it ended, stopping it first when its time is over; None while it runs."""
        seconds = time.monotonic() - self.start
        exit_code = self.process.poll()
        if exit_code is None and seconds <= limit_seconds:
            return None
        self.stop()
        return Ended(self.job, exit_code, seconds)

    def stop(self) -> None:
        """Leave no process and no socket behind."""
        if self.process.poll() is None:
            stop_tree(self.process.pid)
            self.process.wait()
        self.process.stdin.close()
        shutil.rmtree(self.runtime, ignore_errors=True)


def _environment(runtime: str) -> dict[str, str]:
    """Return the settings of a job: nothing of the user's own notebooks gets in or is written to, one thread each."""
    kept = {name: value for name, value in os.environ.items() if name not in {"MPLBACKEND", "PYTHONWARNINGS"}}
    return kept | {
        "JUPYTER_RUNTIME_DIR": runtime,
        "IPYTHONDIR": str(Path(runtime) / "ipython"),
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
