"""What is asked for by name: an engagement file from a folder upwards, an account that can be rendered."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from kamlib.checks import KamError


def require_account(account_id: str, known: list[str], set_aside: dict) -> None:
    """Raise unless the account can be rendered, naming the ids that come near."""
    if account_id in set_aside:
        raise KamError("KAM-R02", f"was set aside: {set_aside[account_id][0]}", value=account_id)
    if account_id not in set(known):
        near = ", ".join(get_close_matches(account_id, known, n=3)) or ", ".join(known[:3])
        raise KamError("KAM-R01", "is not an account of this engagement", f"look at {near} …", value=account_id)


def upwards(path: str) -> Path:
    """Return a file that lies below the working directory or a folder above it; the path as it is where there is none."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / path).exists():
            return folder / path
    return Path(path)
