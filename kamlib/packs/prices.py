"""Prices as workbook and review show them: what needs a reason, and what moved the margin."""

from __future__ import annotations

import pandas as pd

from kamlib import pricing
from kamlib.data.tables import Tables
from kamlib.packs.rows import plain
from kamlib.pricing import MarginWalk
from kamlib.scores import Scores

SHOWN = ["order_id", "order_date", "product", "kind", "rate", "limit_rate", "given_amount", "justified", "by_today"]
MOST_EXCEPTIONS, MOST_PRODUCTS = 40, 5


class PriceFacts:
    """Exceptions and margin walk, account by account.

    Parameters
    ----------
    tables : Tables
        As known at the date.
    scores : Scores
    currency : str
    """

    def __init__(self, tables: Tables, scores: Scores, currency: str) -> None:
        self._tables, self._scores, self._currency = tables, scores, currency
        self._has_cost = "cost" in tables.mapped["orders"]
        found = scores.prices.exceptions if scores.prices is not None else pd.DataFrame(columns=["account_id", *SHOWN])
        self._exceptions = dict(iter(found.sort_values("given_amount", ascending=False, kind="stable").groupby("account_id")[SHOWN]))
        orders = tables["orders"]
        self._lines = orders.groupby(orders["account_id"].astype("str")).indices if self._has_cost else {}

    def of(self, account_id: str) -> dict:
        """Return the dearest exceptions of an account and its margin walk, JSON-ready."""
        rows = self._exceptions.get(account_id, pd.DataFrame(columns=SHOWN))
        listed = [{name: plain(cell) for name, cell in row.items()} for row in rows.head(MOST_EXCEPTIONS).to_dict("records")]
        places = self._lines.get(account_id)
        orders = self._tables["orders"].iloc[places] if places is not None else None
        return {"exceptions": listed, "exceptions_count": len(rows), "kinds": self.kinds(account_id), "walk": self._walk(orders)}

    def kinds(self, account_id: str) -> dict[str, list]:
        """Return count and amount of the exceptions without a reason, by kind."""
        rows = self._exceptions.get(account_id, pd.DataFrame(columns=SHOWN))
        open_ = rows[~rows["justified"].astype(bool)].groupby("kind")["given_amount"].agg(["size", "sum"])
        return {kind: [int(size), float(amount)] for kind, size, amount in open_.itertuples()}

    def of_all(self) -> dict:
        """Return the margin walk of all accounts, JSON-ready."""
        return {"walk": self._walk(self._tables["orders"]) if self._has_cost else None}

    def _walk(self, orders: pd.DataFrame | None) -> dict | None:
        if orders is None:
            return None
        walk = pricing.margin_walk(orders, as_of=self._scores.as_of, currency=self._currency, rates=self._tables.get("rates"))
        return walk_facts(walk) if walk.covered_share == walk.covered_share else None


def walk_facts(walk: MarginWalk) -> dict:
    """Return a margin walk as data: sums as numbers, the products that moved it most.

    Parameters
    ----------
    walk : MarginWalk

    Returns
    -------
    dict
        ``before after change covered_share``, ``parts`` by name, ``products`` by name and change.
    """
    moved = sorted(walk.products.items(), key=lambda item: (-abs(sum(item[1].values())), item[0]))[:MOST_PRODUCTS]
    sums = {name: float(getattr(walk, name)) for name in ("before", "after", "change")}
    parts = {name: float(part) for name, part in walk.parts.items()}
    products = [[name, float(sum(changes.values()))] for name, changes in moved]
    return sums | {"covered_share": walk.covered_share, "parts": parts, "products": products}
