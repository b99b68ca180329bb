"""Accounts under supervision: a few at a time, each in its own process with limits, none left behind."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

LOG_NAME = "job.log"
WAIT_SECONDS = 0.2
STOPS = (signal.SIGINT, signal.SIGTERM)
STARTS = 2  # an account whose process vanished with the template process is started once more


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
class Exit:
    """How a process ended.

    Parameters
    ----------
    code : int or None
        As the system gives it, negative for a signal; None when nobody knows, for the process vanished.
    cpu_seconds, peak_bytes : float or None
        What it and its children used; None where that is not known.
    """

    code: int | None
    cpu_seconds: float | None = None
    peak_bytes: float | None = None


@dataclass(frozen=True)
class Ended:
    """How a job ended.

    Parameters
    ----------
    job : Job
        Which one.
    how : Exit
        Of its process.
    seconds : float
        Wall time.
    out_of_time : bool
        The time limit stopped it.
    """

    job: Job
    how: Exit
    seconds: float
    out_of_time: bool = False


class Workers(Protocol):
    """Where the processes of jobs run."""

    def start(self, stage: Path) -> None:
        """Start the job of a folder."""

    def wait(self, seconds: float) -> dict[Path, Exit]:
        """Return what has ended, by folder; wait so long if nothing has."""

    def stop(self, stage: Path) -> None:
        """Kill a job with everything that it has started; `wait` reports its end."""

    def close(self) -> None:
        """Leave no process behind."""


@dataclass
class _Running:
    job: Job
    starts: int = 1
    since: float = field(default_factory=time.monotonic)
    out_of_time: bool = False


def run_jobs(jobs: Iterable[Job], workers: Workers, *, at_once: int, limit_seconds: float) -> Iterator[Ended]:
    """Run each job in a process of its own and yield it when it has ended.

    Parameters
    ----------
    jobs : iterable of Job
        Taken one by one, when a place is free.
    workers : Workers
        The caller closes them.
    at_once : int
        Number of places.
    limit_seconds : float
        Wall time after which a job is stopped with everything that it has started.

    Yields
    ------
    Ended
        In the order of their ends.
    """
    waiting, running = iter(jobs), {}
    while True:
        if _stopped.is_set():
            raise KeyboardInterrupt
        while len(running) < at_once and (job := next(waiting, None)):
            workers.start(job.stage)
            running[job.stage] = _Running(job)
        if not running:
            return
        for stage, how in workers.wait(WAIT_SECONDS).items():
            this = running.pop(stage)
            if how.code is None and not this.out_of_time and this.starts < STARTS:
                workers.start(stage)
                running[stage] = _Running(this.job, starts=this.starts + 1)
                continue
            yield Ended(this.job, how, time.monotonic() - this.since, this.out_of_time)
        for stage, this in running.items():
            if not this.out_of_time and time.monotonic() - this.since > limit_seconds:
                this.out_of_time = True
                workers.stop(stage)


_stopped = threading.Event()  # Python drops an exception of a signal's handler that comes while it collects garbage


def _stop(*_: object) -> None:
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)
    _stopped.set()
    raise KeyboardInterrupt


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Turn a polite kill into Ctrl-C; a second one of either no longer disturbs the cleaning up after the first.

    What the process ignores already stays ignored, and within another `stoppable` nothing changes.

    Raises
    ------
    KeyboardInterrupt
        It was stopped; also where a library has made another error of that.
    """
    before = {each: signal.getsignal(each) for each in STOPS}
    before = {each: handler for each, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    if threading.current_thread() is not threading.main_thread() or _stop in before.values() or not before:
        yield
        return
    for each in before:
        signal.signal(each, _stop)
    try:
        yield
    except Exception:
        if _stopped.is_set():
            raise KeyboardInterrupt from None
        raise
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        _stopped.clear()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Put a polite kill and Ctrl-C off until what must not be left half done is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {each: signal.getsignal(each) for each in STOPS}
    for each in STOPS:
        signal.signal(each, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, signal.SIG_DFL if handler is None else handler)
        for number in came[:1]:
            signal.raise_signal(number)


def stop_tree(process_id: int) -> None:
    """Kill a process and everything that it has started, whatever session that is in."""
    with contextlib.suppress(psutil.NoSuchProcess):
        _kill(psutil.Process(process_id))


def stop_children() -> None:
    """Kill everything that this process has started or taken over."""
    for child in psutil.Process().children():
        _kill(child)


def _kill(process: psutil.Process) -> None:
    """Halt a process before looking at what it has started, so that it starts nothing more meanwhile; then kill all."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.suspend()
        for child in process.children():
            _kill(child)
        process.kill()
