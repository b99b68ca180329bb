"""What is asked for by name: an engagement file from a folder upwards, an account that can be rendered, a pack to open."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from kamlib.checks import KamError
from kamlib.data.engagement import Engagement, load_engagement
from kamlib.data.read import read
from kamlib.data.tables import Tables
from kamlib.packs.build import canonical
from kamlib.packs.pack import Pack

Kind = TypeVar("Kind", bound=Pack)


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


def opened_pack(
    kind: type[Kind],
    cut: Callable[[Engagement, Tables], dict],
    engagement: str,
    *,
    as_of: str = "",
    language: str = "",
    edition: str = "internal",
    pack: str = "",
) -> Kind:
    """Open a pack: from the file that the batch wrote, or cut straight from the engagement.

    Parameters
    ----------
    kind : type of Pack
    cut : callable
        Builds the pack from the engagement, as it stands on the day, and its tables as read.
    engagement, as_of, language, edition, pack : str
        As for `open_pack`.

    Returns
    -------
    Pack
        Of the kind.
    """
    if pack:
        return kind(json.loads(Path(pack).read_text(encoding="utf-8")), language=language or "en", edition=edition)
    found = load_engagement(upwards(engagement))
    if as_of:
        found = found.model_copy(update={"as_of": date.fromisoformat(as_of)})
    return kind(json.loads(canonical(cut(found, read(found)))), language=language or found.language, edition=edition)
