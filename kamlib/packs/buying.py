"""How each account buys: its product lines of twelve months, and its year month by month."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib import selection
from kamlib.packs.rows import plain
from kamlib.policy import Policy


class Buying:
    """The product mix and the seasons, account by account.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        As known at the date.
    policy : Policy
    as_of : date
    """

    def __init__(self, orders: pd.DataFrame, policy: Policy, as_of: date) -> None:
        self._season = selection.seasonality(orders, as_of=as_of, rules=policy.profile)
        self._mix: dict | None = None
        if orders["product_line"].notna().any():
            mix = selection.product_mix(orders, as_of=as_of)
            self._mix = dict(iter(mix.groupby("account_id")[["product_line", "revenue_amount", "revenue_share"]]))

    def of(self, account_id: str) -> dict[str, list | None]:
        """Return ``mix`` (line, amount and share, the largest first; None without product lines) and ``season`` (January first)."""
        season = self._season.loc[account_id] if account_id in self._season.index else pd.Series(dtype=float)
        mix = None
        if self._mix is not None:
            rows = self._mix.get(account_id, pd.DataFrame())
            mix = [[plain(cell) for cell in row] for row in rows.itertuples(index=False)]
        return {"mix": mix, "season": [plain(index) for index in season] if season.notna().any() else []}
