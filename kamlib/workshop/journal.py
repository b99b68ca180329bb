"""Who decided what and when in a workshop, one line each, and the way back."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kamlib.data.disk import lock

FILE = "journal.jsonl"


@dataclass(frozen=True)
class Entry:
    """One decision.

    Parameters
    ----------
    at : str
        ISO time, UTC.
    by : str
        Who decided; blank where nobody said.
    kind : str
        ``plan`` or ``policy``.
    subject : str
        The account whose plan was written; blank for the policy.
    what : str
        The decision in words.
    before, after : dict
        The plan, or policy values under their paths, before and after.
    undone : bool
        Whether this entry took an earlier one back.
    """

    at: str
    by: str
    kind: str
    subject: str
    what: str
    before: dict[str, Any]
    after: dict[str, Any]
    undone: bool = False


def stamp() -> str:
    """Return the time of now, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_entry(folder: Path, entry: Entry) -> None:
    """Add one line to the journal; it is on the disk when this returns.

    Parameters
    ----------
    folder : Path
        That of the plans.
    entry : Entry
    """
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps(asdict(entry), ensure_ascii=False, sort_keys=True) + "\n"
    with open(folder / FILE, "a", encoding="utf-8") as handle:
        lock(handle, wait=True)
        handle.write(line)
        handle.flush()
        os.fsync(handle.fileno())


def read_entries(folder: Path) -> list[Entry]:
    """Return the journal, oldest first; a line that a crash has cut off is left out.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of Entry
    """
    path, entries = folder / FILE, []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            entries.append(Entry(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return entries


def last_standing(entries: list[Entry]) -> Entry | None:
    """Return the latest decision that was not taken back; None where there is none.

    Parameters
    ----------
    entries : list of Entry
        Oldest first.

    Returns
    -------
    Entry or None

    Examples
    --------
    >>> first = Entry("2026-06-30T09:00:00+00:00", "Li", "policy", "", "A share", {"abc.a_share": None}, {"abc.a_share": 0.75})
    >>> back = Entry("2026-06-30T09:01:00+00:00", "Li", "policy", "", "A share", first.after, first.before, undone=True)
    >>> last_standing([first]) is first, last_standing([first, back])
    (True, None)
    """
    standing: list[Entry] = []
    for entry in entries:
        if entry.undone and standing:
            standing.pop()
        elif not entry.undone:
            standing.append(entry)
    return standing[-1] if standing else None
