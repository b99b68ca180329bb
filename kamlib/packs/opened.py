"""Open an account pack: from the file that the batch wrote, or straight from the engagement."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from kamlib.checks import KamError
from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.packs.build import PackBuilder, canonical
from kamlib.packs.customer import customer_pack
from kamlib.packs.named import require_account, upwards
from kamlib.packs.pack import Pack
from kamlib.packs.value_report import ValueReportBuilder
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
        ``internal`` or ``customer``.
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
    found = load_engagement(upwards(engagement))
    day = date.fromisoformat(as_of) if as_of else found.as_of
    tables = read(found)
    builder = PackBuilder(found, tables, score(tables, found, as_of=day))
    require_account(account_id, builder.account_ids(), tables.quarantined)
    data = builder.build(account_id)
    if edition == "customer":
        data = customer_pack(data, ValueReportBuilder(found, tables, builder.scores).build(account_id))
    return Pack(json.loads(canonical(data)), language=language or found.language, edition=edition)
