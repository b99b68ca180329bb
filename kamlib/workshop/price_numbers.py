"""What limits of authority would make of the discounts granted: orders and risk once, exceptions under any limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from kamlib import pricing
from kamlib.data.history import known_at
from kamlib.policy import PriceRules
from kamlib.pricing import MarginWalk
from kamlib.scores.facts import daily_facts
from kamlib.scores.price import Prices, levels_before
from kamlib.workshop.session import Workshop

ALL = ""
MOST_KEPT = 32  # a slider that is dragged leaves a trail


@dataclass(frozen=True)
class Judged:
    """Prices under one set of limits, as far as one account or all are concerned.

    Parameters
    ----------
    orders : DataFrame
        `pricing.order_discounts`.
    exceptions : DataFrame
        `pricing.price_exceptions` and `pricing.below_cost`, the dearest first.
    sums : Series
        One row of `pricing.price_summary`.
    """

    orders: pd.DataFrame
    exceptions: pd.DataFrame
    sums: pd.Series

    @property
    def open(self) -> pd.DataFrame:
        """The exceptions without a reason."""
        return self.exceptions[~self.exceptions["justified"].astype(bool)]

    def by_account(self) -> pd.Series:
        """Return how many prices of each account need a reason and have none."""
        ids = pd.Index(self.orders["account_id"].unique()).union(self.exceptions["account_id"].unique())
        return pricing.price_summary(self.orders, self.exceptions, ids)["price_exceptions_count"].fillna(0)


class PriceNumbers:
    """Discounts, risk and margin walks of one state of a workshop's tables, each worked out once.

    Parameters
    ----------
    workshop : Workshop
        Its scores are taken as they are now.
    """

    def __init__(self, workshop: Workshop) -> None:
        self.scores, self._every, self._as_of = workshop.scores, workshop.tables, workshop.as_of
        self._currency, self._policy = workshop.currency, workshop.engagement.policy
        self._known = known_at(workshop.tables, workshop.as_of)
        self._facts = daily_facts(self._known, self._as_of)
        self._walks: dict[str, MarginWalk | None] = {}
        self._seen: dict[tuple[PriceRules, str], Judged] = {}

    @property
    def has_discounts(self) -> bool:
        """Whether orders have a list price."""
        return self.scores.prices is not None

    def under(self, rules: PriceRules, account_id: str = ALL) -> Judged:
        """Judge the prices of twelve months by limits that are tried.

        Parameters
        ----------
        rules : PriceRules
        account_id : str
            Blank for all.

        Returns
        -------
        Judged
        """
        if (rules, account_id) not in self._seen:
            if len(self._seen) >= MOST_KEPT:
                self._seen.clear()
            found = self._judged(rules)
            orders, exceptions = found.orders, found.exceptions.sort_values("given_amount", ascending=False, kind="stable")
            if account_id != ALL:
                orders, exceptions = (frame[frame["account_id"] == account_id] for frame in (orders, exceptions))
            owner = pd.Series(account_id, index=pd.Index(self._facts["accounts"]["account_id"], dtype="str"))
            sums = pricing.price_summary(orders, exceptions, pd.Index([account_id]), owner=owner).iloc[0]
            self._seen[rules, account_id] = Judged(orders, exceptions, sums)
        return self._seen[rules, account_id]

    def walk(self, account_id: str = ALL) -> MarginWalk | None:
        """Return what moved the margin of an account, or of all; None where no cost is known."""
        if account_id not in self._walks:
            orders = self._known["orders"]
            mine = orders if account_id == ALL else orders[orders["account_id"].astype("str") == account_id]
            has_cost = "cost" in self._known.mapped["orders"]
            walk = has_cost and pricing.margin_walk(mine, as_of=self._as_of, currency=self._currency, rates=self._known.get("rates"))
            self._walks[account_id] = walk if walk and walk.covered_share == walk.covered_share else None
        return self._walks[account_id]

    def _judged(self, rules: PriceRules) -> Prices:
        granted = self._granted(rules)
        norms = pricing.tier_norms(granted, self._accounts["tier"], rules=rules)
        found = pricing.price_exceptions(granted, self._accounts, risk=self._risk, rules=rules, norms=norms)
        lost = self._below_cost
        return Prices(granted, pd.concat([found, lost.assign(by_today=False)], ignore_index=True) if len(lost) else found, norms)

    def _granted(self, rules: PriceRules) -> pd.DataFrame:
        return pricing.order_discounts(self._facts["orders"], self._facts.get("approvals"), as_of=self._as_of, rules=rules)

    @cached_property
    def _accounts(self) -> pd.DataFrame:
        values = self.scores.values["account"]
        return self._facts["accounts"].set_index("account_id")[["price_sensitivity"]].join(values[["tier", "risk_level"]])

    @cached_property
    def _risk(self) -> pd.DataFrame:
        """Risk at the end of the month before every order with a discount: any of them may become an exception."""
        granted = self._granted(self._policy.price)
        return levels_before(self._every, granted[granted["discount_rate"] > 0], self._policy)

    @cached_property
    def _below_cost(self) -> pd.DataFrame:
        has_cost = "cost" in self._known.mapped["orders"]
        return pricing.below_cost(self._facts["orders"], as_of=self._as_of) if has_cost else pd.DataFrame()
