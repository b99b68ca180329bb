"""Open an account pack: from the file that the batch wrote, or straight from the engagement."""

from __future__ import annotations

from functools import partial

from kamlib.checks import KamError
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.packs.build import PackBuilder
from kamlib.packs.customer import customer_pack
from kamlib.packs.named import opened_pack, require_account
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
    return opened_pack(Pack, partial(_cut, account_id, edition), engagement, as_of=as_of, language=language, edition=edition, pack=pack)


def _cut(account_id: str, edition: str, engagement: Engagement, tables: Tables) -> dict:
    builder = PackBuilder(engagement, tables, score(tables, engagement))
    require_account(account_id, builder.account_ids(), tables.quarantined)
    data = builder.build(account_id)
    return customer_pack(data, ValueReportBuilder(engagement, tables, builder.scores).build(account_id)) if edition == "customer" else data
