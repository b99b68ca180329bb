"""The run's ledger: one JSON line per workbook that was made or that failed; the only witness of what is done."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

LEDGER_NAME = "run.jsonl"
DONE, FAILED = "done", "failed"


class Key(NamedTuple):
    """What a workbook is told apart by: which account, which notebook, for whom."""

    account_id: str
    notebook: str
    language: str
    edition: str


@dataclass(frozen=True)
class Record:
    """One line of the ledger.

    Parameters
    ----------
    account_id, notebook, language, edition : str
        The `Key`.
    engagement : str
        Name of the engagement.
    as_of : str
        ISO date at whose end the numbers stand.
    status : str
        ``done`` or ``failed``.
    reason : str
        Why it failed, as one sentence; blank when done.
    input_hash : str
        Everything the workbook is made of; blank when there was no account pack.
    files : dict of str to dict
        Format to ``{path, bytes, sha256}``, the path relative to the ledger's folder.
    seconds : float
        Wall time of this account.
    cpu_seconds, peak_bytes : float or None
        What its process and those started by it used; None where the system does not say.
    doubt : str
        Why a done workbook is suspect; blank mostly.
    finished : str
        UTC time, ISO.
    """

    account_id: str
    notebook: str
    language: str
    edition: str
    engagement: str
    as_of: str
    status: str
    reason: str = ""
    input_hash: str = ""
    files: dict[str, dict] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float | None = None
    peak_bytes: float | None = None
    doubt: str = ""
    finished: str = ""

    @property
    def key(self) -> Key:
        """Return what the workbook is told apart by."""
        return Key(self.account_id, self.notebook, self.language, self.edition)


def read_ledger(folder: Path) -> dict[Key, Record]:
    """Return the last record of each workbook; a torn or foreign line counts as not written.

    Parameters
    ----------
    folder : Path
        The output folder; it may have no ledger yet.

    Returns
    -------
    dict of Key to Record
        In the order in which the workbooks first came up.
    """
    path = folder / LEDGER_NAME
    if not path.exists():
        return {}
    lines = path.read_bytes().split(b"\n")[:-1]
    return {record.key: record for record in map(_parsed, lines) if record}


def mend(folder: Path) -> None:
    """Cut off what a crash has left of an unfinished last line, so that the next line starts on its own."""
    path = folder / LEDGER_NAME
    if path.exists():
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)


def append(folder: Path, record: Record) -> None:
    """Add one line and wait until it is on the disk."""
    line = json.dumps(asdict(record), ensure_ascii=False, sort_keys=True).encode() + b"\n"
    with open(folder / LEDGER_NAME, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as handle:
        handle.write(line)
        handle.flush()
        os.fsync(handle.fileno())


def fingerprint(path: Path) -> dict:
    """Return size and sha256 of a file."""
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def is_intact(folder: Path, record: Record) -> bool:
    """Tell whether every file of a record still lies there as it was written."""
    return record.status == DONE and all(_matches(folder / entry["path"], entry) for entry in record.files.values())


def _matches(path: Path, entry: dict) -> bool:
    try:
        return path.stat().st_size == entry["bytes"] and fingerprint(path)["sha256"] == entry["sha256"]
    except OSError:
        return False


def _parsed(line: bytes) -> Record | None:
    try:
        return Record(**json.loads(line))
    except (ValueError, TypeError):
        return None
