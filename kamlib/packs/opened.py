"""Open an account pack: from the file that the batch wrote, or straight from the engagement."""

from __future__ import annotations

import json
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from kamlib.checks import KamError
from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.packs.build import PackBuilder, canonical
from kamlib.packs.pack import Pack
from kamlib.scores import score


def open_pack(
    engagement: str = "params/sample.yaml",
    *,
    account_id: str,
    as_of: str = "",
    language: str = "",
    edition: str = "internal",
    pack: str = "",
) -> Pack:
    """Open the account pack that a notebook works on.

    Parameters
    ----------
    engagement : str
        The engagement file, looked for from the working directory upwards.
    account_id : str
        The account.
    as_of : str
        ISO date; blank for the engagement's own.
    language : str
        ``en``, ``zh``, or blank for the engagement's own.
    edition : str
        ``internal``.
    pack : str
        Path of a pack file that the batch has written; blank builds the pack from the engagement.

    Returns
    -------
    Pack

    Raises
    ------
    KamError
        The account is unknown, was set aside, or came as a number.
    InvalidInput
        The engagement's tables cannot be used.
    """
    if not isinstance(account_id, str):
        raise KamError(
            "KAM-P02", "is a number, an account id is text", "papermill: pass it with -r account_id, not -p", value=str(account_id)
        )
    if pack:
        data = json.loads(Path(pack).read_text(encoding="utf-8"))
        return Pack(data, language=language or "en", edition=edition)
    found = load_engagement(_upwards(engagement))
    day = date.fromisoformat(as_of) if as_of else found.as_of
    tables = read(found)
    builder = PackBuilder(found, tables, score(tables, found, as_of=day))
    require_account(account_id, builder.account_ids(), tables.quarantined)
    return Pack(json.loads(canonical(builder.build(account_id))), language=language or found.language, edition=edition)


def require_account(account_id: str, known: list[str], set_aside: dict) -> None:
    """Raise unless the account can be rendered, naming the ids that come near."""
    if account_id in set_aside:
        raise KamError("KAM-R02", f"was set aside: {set_aside[account_id][0]}", value=account_id)
    if account_id not in set(known):
        near = ", ".join(get_close_matches(account_id, known, n=3)) or ", ".join(known[:3])
        raise KamError("KAM-R01", "is not an account of this engagement", f"look at {near} …", value=account_id)


def _upwards(path: str) -> Path:
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / path).exists():
            return folder / path
    return Path(path)
