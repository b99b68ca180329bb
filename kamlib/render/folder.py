"""The output folder: found usable before anything starts, one run at a time, files that are whole or not there."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from kamlib.checks import KamError
from kamlib.data.disk import UNFINISHED, lock, sync_folder
from kamlib.render.supervise import undisturbed

STAGING_NAME, LOCK_NAME = ".staging", ".lock"
BYTES_PER_ACCOUNT = 1_000_000  # a workbook of the sample takes 0.3 MB in both formats, and as much in staging


def writable(folder: Path) -> Path:
    """Make the output folder if it is not there, and return it absolute with links resolved.

    Raises
    ------
    KamError
        ``KAM-S01``: it cannot be written to.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder.resolve()
    except OSError as error:
        fix = "choose another folder with --out, or have it made writable"
        raise KamError("KAM-S01", f"cannot be written to ({error.strerror})", fix, file=str(folder)) from error


def require_space(folder: Path, accounts_count: int) -> None:
    """Raise unless the disk has room for so many workbooks.

    Raises
    ------
    KamError
        ``KAM-S02``, with the free and the needed space.
    """
    free, needed = shutil.disk_usage(folder).free, accounts_count * BYTES_PER_ACCOUNT
    if free < needed:
        why = f"has {free / 1e6:,.0f} MB free; {accounts_count} accounts need about {needed / 1e6:,.0f} MB"
        raise KamError("KAM-S02", why, "free some space, or choose another folder with --out", file=str(folder))


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold the folder for this run; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    KamError
        ``KAM-S03``: another run holds it.
    """
    with open(folder / LOCK_NAME, "a+", encoding="utf-8", opener=_private) as handle:
        if not lock(handle):
            handle.seek(0)
            raise KamError("KAM-S03", f"is being written to by another run ({_holder(handle.read())})", "wait for it", file=str(folder))
        handle.truncate(0)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        handle.write(json.dumps({"process": os.getpid(), "started": started}))
        handle.flush()
        sweep(folder)
        try:
            yield
        finally:
            try:
                sweep(folder)
            except KeyboardInterrupt:  # it came before `undisturbed` began; no second one comes, see `stoppable`
                sweep(folder)
                raise


@undisturbed()
def sweep(folder: Path) -> None:
    """Remove what an interrupted run has left in staging, and of a page that it was writing."""
    shutil.rmtree(folder / STAGING_NAME, ignore_errors=True)
    for unfinished in folder.glob(f"{UNFINISHED}*"):
        unfinished.unlink(missing_ok=True)


def publish(staged: Iterable[Path], target: Path, root: Path) -> list[Path]:
    """Put finished files under their final names: each is on the disk first, and replaces its predecessor in one step.

    Parameters
    ----------
    staged : iterable of Path
        Whole, validated files on the same file system as `target`.
    target : Path
        Their folder: `root`, or one or two levels below it.
    root : Path
        The output folder, resolved; nothing is ever written outside it.

    Returns
    -------
    list of Path
        The final paths.

    Raises
    ------
    KamError
        ``KAM-S04``: the target leads out of the output folder.
    """
    if not target.resolve().is_relative_to(root):
        raise KamError("KAM-S04", "leads out of the output folder", "remove the link", file=str(target))
    for each in (target.parent, target):
        each.mkdir(mode=0o700, exist_ok=True)
    staged = list(staged)
    for path in staged:
        path.chmod(0o600)
        _sync(path)
    for path in staged:
        os.replace(path, target / path.name)
    sync_folder(target)
    return [target / path.name for path in staged]


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read."""
    with open(path, "w", encoding="utf-8", opener=_private) as handle:
        handle.write(text)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _holder(text: str) -> str:
    try:
        held = json.loads(text)
        return f"process {held['process']}, started {held['started']}"
    except (ValueError, KeyError, TypeError):
        return "just started"


def _sync(path: Path) -> None:
    with open(path, "rb+") as handle:
        os.fsync(handle.fileno())
