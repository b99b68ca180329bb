"""What the portfolio notebook may see, opened from the file that the batch wrote or straight from the engagement."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from kamlib import selection
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.packs.cut_moves import moves_by_account, policy_moves
from kamlib.packs.named import opened_pack
from kamlib.packs.pack import Pack
from kamlib.packs.portfolio_build import CLASSES, FACTS, JUDGED, portfolio_pack
from kamlib.scores import score
from kamlib.scores.facts import PORTFOLIO
from kamlib.segments import class_conflicts, class_table

__all__ = ["Portfolio", "moves_by_account", "open_portfolio", "policy_moves", "portfolio_pack"]


class Portfolio(Pack):
    """What the portfolio notebook may see: every account's scores, the portfolio's and the managers', in the reader's language."""

    @property
    def account_id(self) -> str:
        return PORTFOLIO

    @property
    def name(self) -> str:
        return self.data["engagement"]

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """One row per account: facts, KPIs, classes; ``group_id`` is left out where nobody has a parent."""
        return _frame(self.data["accounts"])

    @cached_property
    def managers(self) -> pd.DataFrame:
        return _frame(self.data["managers"])

    @cached_property
    def departments(self) -> pd.DataFrame:
        """One row per department: its tickets and promises, the score of its targets; empty where none is named."""
        return _frame(self.data["departments"])

    @cached_property
    def groups(self) -> pd.DataFrame:
        return _frame(self.data["groups"])

    @cached_property
    def lorenz(self) -> pd.DataFrame:
        return selection.lorenz_curve(self.accounts["revenue_amount"])

    @cached_property
    def whale(self) -> pd.DataFrame:
        """Cumulative margin from the most profitable account on; empty where the margins do not compare."""
        compares = self.score("top20_margin_share").value is not None
        return selection.whale_curve(self.accounts.set_index("account_id")["margin_amount"] if compares else pd.Series(dtype=float))

    @cached_property
    def class_table(self) -> pd.DataFrame:
        return class_table(self.accounts)

    @cached_property
    def conflicts(self) -> pd.DataFrame:
        names = self.accounts.set_index("account_id")["name"]
        found = class_conflicts(self.accounts)
        return found.assign(name=found["account_id"].map(names))

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the pack's further tables: department_targets, profile_mix, profile_ranking, sensitivity, sensitivity_moves."""
        return _frame(self.data[name])


def open_portfolio(
    engagement: str = "params/sample.yaml",
    *,
    as_of: str = "",
    language: str = "",
    edition: str = "internal",
    pack: str = "",
) -> Portfolio:
    """Open the portfolio pack that the review works on.

    Parameters
    ----------
    engagement : str
        The engagement file, looked for from the working directory upwards.
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
    Portfolio

    Raises
    ------
    InvalidInput
        The engagement's tables cannot be used.
    """
    return opened_pack(Portfolio, _cut, engagement, as_of=as_of, language=language, edition=edition, pack=pack)


def _cut(engagement: Engagement, tables: Tables) -> dict:
    return portfolio_pack(engagement, tables, score(tables, engagement))


def _frame(columns: dict[str, list]) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    return frame.astype({name: "str" if _is_text(name, cells) else float for name, cells in columns.items()})


def _is_text(name: str, cells: list) -> bool:
    return name in (*FACTS, *CLASSES, *JUDGED) or any(isinstance(cell, str) for cell in cells)
