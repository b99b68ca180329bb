"""Disks that fail: every single write, flush and replacement of a run in turn, and disks that are full."""

from __future__ import annotations

import builtins
import errno
import io
import itertools
import mmap
import os
import resource
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults import ground
from tests.faults.ground import Finding, NotRun, Trial

ACCOUNTS = ("A1", "A2")
KILL = 0
HOW = {"ENOSPC from then on": (errno.ENOSPC, True), "EIO once": (errno.EIO, False), "kill -9": (KILL, False)}
CODES = (0, 3, 5)  # the page of a run that has gone well, accounts that failed with a reason, trouble with the machine
STEP_BYTES = 4096
EARLIER, LATER = "params/earlier.yaml", "params/later.yaml"


class Trouble:
    """The n-th step of all processes of a run together goes wrong: a write (half of it is still done), a flush, a replacement."""

    def __init__(self, at: int, code: int, lasting: bool) -> None:
        self.at, self.code, self.lasting = at, code, lasting
        self.shared = mmap.mmap(-1, 8)

    @property
    def steps(self) -> int:
        """Return how many steps there have been."""
        return int.from_bytes(self.shared[:8], "little")

    def install(self) -> None:
        """Take effect in this process and in all its copies."""
        self.open = io.open
        os.fsync, os.replace = self._checked(os.fsync), self._checked(os.replace)
        builtins.open = io.open = self._open

    def step(self) -> None:
        """Count, and fail when it is time."""
        count = self.steps + 1
        self.shared[:8] = count.to_bytes(8, "little")
        if count == self.at or (self.lasting and count > self.at):
            if self.code == KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(self.code, os.strerror(self.code))

    def _checked(self, function: Callable) -> Callable:
        def checked(*given, **more):
            self.step()
            return function(*given, **more)

        return checked

    def _open(self, file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
        if not set(mode) & set("wxa") or (isinstance(file, int) and not stat.S_ISREG(os.fstat(file).st_mode)):
            return self.open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = _Raw(file, mode.replace("b", "").replace("t", ""), closefd, opener)
        raw.trouble = self
        buffered = (io.BufferedRandom if "+" in mode else io.BufferedWriter)(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)


class _Raw(io.FileIO):
    trouble: Trouble

    def write(self, content) -> int:
        try:
            self.trouble.step()
        except OSError:
            if self.trouble.steps == self.trouble.at:
                super().write(memoryview(content)[: len(content) // 2])
            raise
        return super().write(content)


def steps(count: int, seed: int) -> list[Finding]:
    """Let every n-th step go wrong, n from 1 until a run is not touched; `count` is how many ways to go wrong are tried at each n."""
    with ground.place() as base:
        earlier, later = _goldens(base)
        found = {how: Finding(f"the n-th write, flush or replacement ends in {how}: nothing torn, false or lost for good") for how in HOW}
        for number in itertools.count(1):
            untouched = True
            for turn, how in enumerate(HOW):
                if (turn + number) % len(HOW) < count:
                    untouched &= _step(number, how, base, earlier, later, found[how])
            if untouched and number > 1:
                break
        for finding in found.values():
            finding.figures = f"n up to {number}"
        return list(found.values())


def _goldens(base: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Make two folders by undisturbed runs, of what is there before and of what shall replace it, and return their files."""
    both = []
    for params, name in ((EARLIER, "earlier"), (LATER, "later")):
        batch = ground.new_batch(base / name, params=params)
        ground.run_well(Trial(batch, ACCOUNTS))
        both.append(ground.delivered(batch))
    return both[0], both[1]


def _step(number: int, how: str, base: Path, earlier: dict, later: dict, found: Finding) -> bool:
    """Let one step of a run go wrong; return whether the run was over before."""
    code, lasting = HOW[how]
    with ground.place(base) as here:
        shutil.copytree(base / "earlier", here / "out")
        trouble = Trouble(number, code, lasting)
        batch = ground.new_batch(here / "out", params=LATER, at_once=1)
        ended = ground.run(Trial(batch, ACCOUNTS, first=trouble.install))
        found.tried += 1
        wrong = _after(batch, ended, earlier, later) if trouble.steps >= number else []
        wrong += _taken_up(batch, later)
        found.broken += [f"n = {number}: {why}" for why in wrong]
        return trouble.steps < number


def _after(batch, code: int, earlier: dict, later: dict) -> list[str]:
    """Return what is wrong with the folder after a run on a bad disk."""
    files = ground.delivered(batch)
    wrong = [f"{name} is neither the earlier nor the later one" for name in earlier if files.get(name) not in (earlier[name], later[name])]
    wrong += [f"{name} has no place here" for name in files.keys() - earlier.keys()]
    done = [record for record in ground.ledger.read_ledger(batch.folder).values() if record.status == "done"]
    wrong += [f"{record.account_id} is done and not intact" for record in done if _is_false(batch, record)]
    failed = [record for record in ground.ledger.read_ledger(batch.folder).values() if record.status == "failed"]
    wrong += [f"{record.account_id} failed without a reason" for record in failed if not record.reason]
    if code not in (*CODES, -signal.SIGKILL) or (code == 0 and failed):
        wrong.append(f"exit code {code}")
    return wrong


def _is_false(batch, record) -> bool:
    """Tell whether a record promises the later workbook and it is not there; one of the earlier is replaced when the next run ends."""
    is_later = record.input_hash == ground.hash_of(batch, record.account_id)
    return is_later and not ground.ledger.is_intact(batch.folder, record)


def _taken_up(batch, later: dict) -> list[str]:
    """Run again on a good disk and return what is wrong then."""
    code = ground.run(Trial(batch, ACCOUNTS))
    wrong = [] if code == 0 else [f"the next run ends with {code}"]
    return wrong + ground.torn(batch) + ground.false_done(batch) + ([] if ground.delivered(batch) == later else ["not as undisturbed"])


def full(count: int, seed: int) -> list[Finding]:
    """Fill the disk at ten sizes from nothing to enough, under workbooks that are to be replaced."""
    with ground.place() as base:
        earlier, later = _goldens(base)
        found = Finding("a full disk: the earlier workbooks or the later ones, whole, and the next run makes good")
        disk = base / "disk"
        disk.mkdir()
        codes = []
        with _small_disk(disk) as limit:
            for turn in range(count):
                codes.append(_full(disk, limit, turn * STEP_BYTES, earlier, later, found))
        found.figures = f"{limit.__doc__}; exit codes with 0 to {count - 1} pages of memory: {codes}"
        return [found]


def _full(disk: Path, limit: Callable, free: int, earlier: dict, later: dict, found: Finding) -> int:
    with ground.place(disk) as here:
        shutil.copytree(disk.with_name("earlier"), here / "out")
        batch = ground.new_batch(here / "out", params=LATER, at_once=1)
        with limit(free) as more:
            code = ground.run(Trial(batch, ACCOUNTS, log=disk.with_name("full.log"), **more))
            wrong = _after(batch, code, earlier, later)
        wrong += _taken_up(batch, later)
        found.tried += 1
        found.broken += [f"{free} bytes free: {why}" for why in wrong]
        return code


@contextmanager
def _small_disk(place: Path) -> Iterator[Callable]:
    """Give what limits the room on a disk: a disk in memory where this user may mount one, else a limit on every file."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)]
    mounted = bool(shutil.which("mount")) and subprocess.run(mount, capture_output=True).returncode == 0
    if not mounted:
        yield _limited_files
        return

    @contextmanager
    def limited(free: int) -> Iterator[dict]:
        """Disk in memory"""
        used = int(subprocess.run(["du", "-s", "-B1", str(place)], capture_output=True, text=True, check=True).stdout.split()[0])
        _remount(place, used + free)
        yield {}
        _remount(place, 64_000_000)

    try:
        yield limited
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _remount(place: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)


@contextmanager
def _limited_files(size: int) -> Iterator[dict]:
    """Limit on every file, for no disk could be mounted"""
    if not hasattr(resource, "RLIMIT_FSIZE"):
        raise NotRun("no disk can be mounted and no file limited")

    def first() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    yield {"limits": {"file_bytes": size}, "first": first}
