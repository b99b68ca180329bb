"""What an account could still buy, line by line, as its workbook shows it."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib import segments
from kamlib.data.tables import Tables
from kamlib.packs.rows import plain
from kamlib.policy import Policy

SHOWN = ["product_line", "state", "bought_amount", "estimate_amount", "low_amount", "high_amount"]
SHOWN += ["adoption_share", "peers_count", "peers_by"]


class Spare:
    """Product lines with room, account by account; of peers only counts and quartiles.

    Parameters
    ----------
    tables : Tables
        As known at the date.
    policy : Policy
    as_of : date
    """

    def __init__(self, tables: Tables, policy: Policy, as_of: date) -> None:
        self._lines: dict[str, pd.DataFrame] = {}
        orders = tables["orders"]
        if "product_line" in orders and orders["product_line"].notna().any():
            accounts = tables["accounts"].set_index("account_id")[["industry", "annual_wallet"]]
            found = segments.whitespace(orders, accounts, as_of=as_of, minimum_peers=policy.whitespace.minimum_peers)
            room = found[found["state"] != "bought"].sort_values(["estimate_amount", "product_line"], ascending=[False, True])
            self._lines = dict(iter(room.groupby("account_id")[SHOWN]))

    def of(self, account_id: str) -> list[dict]:
        """Return the lines that it buys little or nothing of, the largest estimate first, JSON-ready."""
        found = self._lines.get(account_id)
        return [] if found is None else [{name: plain(cell) for name, cell in row.items()} for row in found.to_dict("records")]
