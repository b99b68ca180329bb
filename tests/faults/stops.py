"""Ctrl-C and SIGTERM in every phase and at every step of a run: it ends with exit code 4 and leaves nothing but what is finished."""

from __future__ import annotations

import mmap
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from types import CodeType, FrameType

from kamlib.checks import EXIT_INTERRUPTED
from kamlib.render import chosen
from kamlib.render import run as rendering
from kamlib.render.supervise import stoppable
from tests.faults import ground
from tests.faults.ground import ROOT, Finding, Trial

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ACCOUNTS = ("A001", "A002", "A003", "A004")
ENGINES = ("fork", "fork", "fork", "fork", "kernel")
HANGING = ("A002", "A003")
LATEST = {"warming up": 0.4, "reading": 0.3, "scoring": 0.3, "publishing": 0.02, "first page": 0.02, "rendering": 0.3, "last page": 0.02}


def stops(count: int, seed: int) -> list[Finding]:
    """Stop real runs in every phase, `count` times each, every other time twice in a row."""
    chance = random.Random(seed)
    found = Finding("Ctrl-C and SIGTERM: exit code 4; no process, no staging, no private folder, nothing torn")
    missed = 0
    for number in range(count):
        for turn, (phase, latest) in enumerate(LATEST.items()):
            how = SIGNALS[(number + turn) % 2]
            engine, twice = ENGINES[number % len(ENGINES)], number % 2 == 1
            tried, wrong = _stopped(phase, how, chance.uniform(0, latest), twice=twice, engine=engine)
            found.tried, missed = found.tried + tried, missed + (not tried)
            found.broken += [f"{how.name} while {phase}: {why}" for why in wrong]
    found.figures = f"phases: {', '.join(LATEST)}; {missed} times the run was over before"
    return [found]


def _stopped(phase: str, how: signal.Signals, delay: float, *, twice: bool, engine: str) -> tuple[bool, list[str]]:
    """Stop one run; return whether it was stopped in time, and what is wrong then."""
    reading, writing = os.pipe()
    with ground.place() as base, os.fdopen(reading, "r") as told:
        batch = ground.new_batch(base / "out")
        process_id = ground.start(Trial(batch, ACCOUNTS, engine=engine), lambda trial: _render(trial, writing, phase))
        os.close(writing)
        line = told.readline()
        if line.strip() != phase:
            ground.wait(process_id)
            return True, [f"it never came so far: {batch.folder.with_name('trial.log').read_text()[-500:]}"]
        time.sleep(delay)
        everything = ground.tree(process_id)
        for _ in range(1 + twice):
            os.kill(process_id, how)
            time.sleep(0.01 * twice)
        code = ground.wait(process_id, 60)
        if code == 0:
            return False, []
        wrong = [] if code == EXIT_INTERRUPTED else [f"exit code {code}: {batch.folder.with_name('trial.log').read_text()[-500:]}"]
        if code is None:
            ground.kill(everything)
            ground.wait(process_id)
        wrong += ground.survivors(everything[1:]) + ground.left_over(batch, process_id)
        return True, wrong + ground.torn(batch) + ground.false_done(batch)


def _render(trial: Trial, told: int, phase: str) -> None:
    """Render the sample with the tiny notebook, and say when the phase begins."""

    def saying(name: str, function: Callable) -> Callable:
        def said(*given, **more):
            if name == phase:
                os.write(told, f"{name}\n".encode())
            return function(*given, **more)

        return said

    begun = rendering.start_workers
    rendering.start_workers = lambda engine: [begun(engine), saying("warming up", lambda: None)()][0]
    rendering.read, rendering.score = saying("reading", rendering.read), saying("scoring", rendering.score)
    rendering._publish_scores = saying("publishing", rendering._publish_scores)
    write, batch = rendering._Page.write, rendering.run_batch
    rendering._Page.write = saying("first page", write)

    def run_batch(*given, report, **more):
        summary = batch(*given, report=lambda so_far: [saying("rendering", lambda: None)(), report(so_far)], **more)
        rendering._Page.write = saying("last page", write)
        return summary

    rendering.run_batch = run_batch
    rendering.NOTEBOOKS = trial.batch.template.parent
    act = {account_id: "hang" if account_id in HANGING and phase == "rendering" else "work" for account_id in ACCOUNTS}
    whole = chosen.PackBuilder.build
    chosen.PackBuilder.build = lambda self, account_id: whole(self, account_id) | {"act": act[account_id]}
    summary = rendering.render(ROOT / "params" / "sample.yaml", accounts=ACCOUNTS, engine=trial.engine, out=trial.batch.folder)
    sys.exit(summary.exit_code)


class StopAt:
    """Stop this process at its n-th step: where Python lets a signal through, and who called whom to get there, each counted once.

    Parameters
    ----------
    at : int
        Which; 0 for none.
    """

    def __init__(self, at: int = 0) -> None:
        self.at, self.shared = at, mmap.mmap(-1, 8)
        self.seen: set[tuple[CodeType | int, ...]] = set()

    @property
    def steps(self) -> int:
        """Return how many steps there have been, in whichever copy of this process."""
        return int.from_bytes(self.shared[:8], "little")

    def begin(self) -> None:
        """Count from here."""
        sys.setprofile(self._step)

    def end(self) -> None:
        """Count no more."""
        sys.setprofile(None)

    def _step(self, frame: FrameType | None, event: str, _: object) -> None:
        if event not in ("call", "c_return"):
            return
        way: list[CodeType | int] = [event == "call"]
        while frame is not None:
            way += [frame.f_code, frame.f_lasti]
            frame = frame.f_back
        if tuple(way) not in self.seen:
            self.seen.add(tuple(way))
            self.shared[:8] = len(self.seen).to_bytes(8, "little")
            if len(self.seen) == self.at:
                self.end()
                os.kill(os.getpid(), signal.SIGINT)


def anywhere(count: int, seed: int) -> list[Finding]:
    """Stop a run of two accounts at so many of its steps, as far apart as that makes them, on either engine."""
    return [_anywhere(engine, count) for engine in ("fork", "kernel")]


def _anywhere(engine: str, count: int) -> Finding:
    found = Finding(f"Ctrl-C at any step of a run ({engine}): exit code 4; no process, no staging, no private folder, nothing torn")
    total, _ = _stopped_at(0, engine)
    steps = sorted({total - place * total // count for place in range(count)})
    for at in steps:
        reached, wrong = _stopped_at(at, engine)
        found.tried += reached >= at
        found.broken += [f"step {at} of {total}: {why}" for why in wrong if reached >= at]
    found.figures = f"{len(steps)} of {total} steps"
    return found


def _stopped_at(step: int, engine: str) -> tuple[int, list[str]]:
    """Stop a run at a step; return how many steps it did, and what is wrong."""
    stop = StopAt(step)

    @stoppable()
    def run(trial: Trial) -> None:
        stop.begin()
        try:
            ground.render(trial)
        finally:
            stop.end()

    with ground.place() as base:
        batch = ground.new_batch(base / "out")
        process_id = ground.start(Trial(batch, ACCOUNTS[:2], engine=engine), run)
        started: list = []
        while (code := ground.wait(process_id, 0)) is None:
            started = ground.tree(process_id)[1:] or started
            time.sleep(ground.POLL_SECONDS)
        wrong = [] if code == EXIT_INTERRUPTED else [f"exit code {code}: {(base / 'trial.log').read_text()[-500:]}"]
        wrong += ground.survivors(started) + ground.left_over(batch, process_id)
        return stop.steps, wrong + ground.torn(batch) + ground.false_done(batch)
