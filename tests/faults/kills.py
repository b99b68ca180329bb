"""kill -9 of a running batch at random moments: of all its processes, of one kind of them, and at every single step of a write."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import psutil

from tests.faults import ground
from tests.faults.ground import Finding, Trial

ACCOUNTS = tuple(f"A{number:02}" for number in range(12))
KINDS = ("everything", "supervisor", "template", "one account")
LONGEST_WAIT = 0.15  # seconds after an account's end: more than an account takes


def kills(count: int, seed: int) -> list[Finding]:
    """Kill running batches, let the next run take them up, and compare with one that nobody killed."""
    chance = random.Random(seed)
    with ground.place() as base:
        wanted = ground.new_batch(base / "undisturbed")
        ground.run_well(Trial(wanted, ACCOUNTS))
        return [_kind(kind, count if kind == "everything" else max(1, count // 10), base, wanted, chance) for kind in KINDS]


def _kind(kind: str, count: int, base: Path, wanted, chance: random.Random) -> Finding:
    found = Finding(f"kill -9 of {kind}: nothing torn, lost, rendered twice or false; the resumed result is the undisturbed one")
    moments = []
    while found.tried < count:
        folder = base / f"{kind}-{found.tried}".replace(" ", "-")
        batch, ended, started = ground.new_batch(folder), False, []
        while not ended:
            ended, moment = _one(kind if found.tried < count else "nothing", batch, found, chance, started)
            moments += moment
        found.broken += ground.rendered_twice(batch)
        found.broken += _differences(batch, wanted) + [why for process_id in started for why in ground.left_over(batch, process_id)]
    found.figures = "while " + ", ".join(f"{step} {moments.count(step)}" for step in sorted(set(moments)))
    return found


def _one(kind: str, batch, found: Finding, chance: random.Random, started: list[int]) -> tuple[bool, list[str]]:
    """Start or resume the batch and kill it at some moment; return whether it reached its end, and where it was hit."""
    before = {record.account_id: record for record in ground.records(batch.folder) if record.status == "done"}
    process_id = ground.start(Trial(batch, ACCOUNTS))
    started.append(process_id)
    moment = _await(process_id, batch, chance) if kind != "nothing" else []
    if moment:
        killed, left = _kill(kind, process_id, chance)
        found.tried, found.broken = found.tried + killed, found.broken + left
    code = ground.wait(process_id)
    found.broken += ground.torn(batch) + ground.false_done(batch)
    now = {record.account_id: record for record in ground.records(batch.folder)}
    found.broken += [f"{account_id} was lost or done again" for account_id, record in before.items() if now.get(account_id) != record]
    if code not in (None, 0, 3, -9):
        found.broken.append(f"it ended with exit code {code}")
    return code == 0, moment


def _await(process_id: int, batch, chance: random.Random) -> list[str]:
    """Wait for a random moment and name it; blank when the batch ended before."""
    lines = ground.lines_count(batch.folder) + chance.randrange(len(ACCOUNTS) // 3)
    rest, since = chance.uniform(0, LONGEST_WAIT), None
    while psutil.pid_exists(process_id) and psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE:
        if since is None and ground.lines_count(batch.folder) >= lines:
            since = time.monotonic()
        if since is not None and time.monotonic() - since >= rest:
            return [_step(batch)]
        time.sleep(ground.POLL_SECONDS)
    return []


def _step(batch) -> str:
    """Say what the batch seems to be doing."""
    staged = {name.rpartition(".")[2] for _, _, names in os.walk(batch.folder / ".staging") for name in names}
    return "publishing" if "html" in staged else "rendering" if staged else "between two accounts"


def _kill(kind: str, process_id: int, chance: random.Random) -> tuple[bool, list[str]]:
    """Kill what the kind says, in any order; return whether there was such a process, and what lives on that must not."""
    everything = ground.tree(process_id)
    supervisor, *below = everything
    templates = supervisor.children()
    accounts = [process for process in below if process not in templates]
    chosen = {"everything": everything, "supervisor": [supervisor], "template": templates, "one account": accounts[:1]}[kind]
    ground.kill(chance.sample(chosen, len(chosen)))
    return bool(chosen), ground.survivors(below if kind in ("everything", "supervisor") else chosen)


def _differences(batch, wanted) -> list[str]:
    files, other = ground.delivered(batch), ground.delivered(wanted)
    differing = [name for name in files.keys() | other.keys() if files.get(name) != other.get(name)]
    return [f"{name} is not as in an undisturbed run" for name in differing] + (
        [] if ground.timeless(batch) == ground.timeless(wanted) else ["the ledger is not as in an undisturbed run"]
    )
