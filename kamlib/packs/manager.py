"""One manager's pack: what a manager's notebook may see."""

from __future__ import annotations

from functools import cached_property, partial

import pandas as pd

from kamlib.checks import KamError
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.packs.manager_build import ACCOUNT_COLUMNS, CLASSES, ManagerBuilder
from kamlib.packs.named import opened_pack
from kamlib.packs.pack import Pack
from kamlib.scores import score

__all__ = ["ManagerBuilder", "ManagerPack", "open_manager", "require_manager"]


class ManagerPack(Pack):
    """What a manager's notebook may see: the accounts of one manager and the sums over all."""

    @property
    def account_id(self) -> str:
        return self.data["manager"]["manager_id"]

    @property
    def name(self) -> str:
        return self.data["manager"]["name"] or self.account_id

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """One row per account of the manager, the largest first."""
        frame = pd.DataFrame(self.data["accounts"], columns=["account_id", *ACCOUNT_COLUMNS])
        return frame.astype({name: "str" if name in (*CLASSES, "account_id") else float for name in frame})


def open_manager(
    engagement: str = "params/sample.yaml",
    *,
    manager_id: str,
    as_of: str = "",
    language: str = "",
    edition: str = "internal",
    pack: str = "",
) -> ManagerPack:
    """Open the pack that a manager's review works on.

    Parameters
    ----------
    engagement : str
        The engagement file, looked for from the working directory upwards.
    manager_id : str
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
    ManagerPack

    Raises
    ------
    KamError
        ``KAM-R01``: nobody of this id has an account.
    """
    return opened_pack(ManagerPack, partial(_cut, manager_id), engagement, as_of=as_of, language=language, edition=edition, pack=pack)


def _cut(manager_id: str, engagement: Engagement, tables: Tables) -> dict:
    builder = ManagerBuilder(engagement, tables, score(tables, engagement))
    require_manager(manager_id, builder.manager_ids())
    return builder.build(manager_id)


def require_manager(manager_id: str, known: list[str]) -> None:
    """Raise unless somebody of this id has an account."""
    if manager_id not in known:
        raise KamError("KAM-R01", "manages no account of this engagement", f"use one of {', '.join(known[:5])} …", value=str(manager_id))
