"""What to decide about each account: risks and chances with money on them, next moves, what the plan leaves open, what has moved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property

import pandas as pd

from kamlib import lifecycle, pricing, review
from kamlib.data.engagement import Engagement
from kamlib.data.plan import Plan
from kamlib.data.tables import Tables
from kamlib.moves import AccountFacts, Decision, Move, critique, decided, next_moves, proposals
from kamlib.packs.prices import walk_facts
from kamlib.packs.rows import plain
from kamlib.periods import Window, months_before, trailing_window
from kamlib.scores import Scores, score
from kamlib.warning import SIGNALS

NUMBERS = ("revenue_amount", "margin_rate", "wallet_share", "loss_risk", "relationship_score", "revenue_at_risk_amount", "clv_amount")
TOP, TOP_LINES = 2, 2
YEAR_MONTHS = 12


class Decisions:
    """Moves, critic and changes, account by account.

    Parameters
    ----------
    engagement : Engagement
    tables : Tables
        As read, with every dated row.
    known : Tables
        As known at the date.
    scores : Scores
    since : date, optional
        The last review; by default as many months ago as the policy says.
    """

    def __init__(self, engagement: Engagement, tables: Tables, known: Tables, scores: Scores, *, since: date | None = None) -> None:
        self.engagement, self.tables, self.known, self.scores = engagement, tables, known, scores
        self.rules = engagement.policy.moves
        self.since = since or months_before(scores.as_of, self.rules.since_months)

    def of(self, account_id: str, *, whitespace: list[dict], kept: list[dict], prices: dict) -> dict:
        """Return what the account's pack carries.

        Parameters
        ----------
        account_id : str
        whitespace, kept, prices
            As the account's pack has them.

        Returns
        -------
        dict
            ``moves dismissed_count risks chances critic moved``, JSON-ready.
        """
        plan = self.plan(account_id)
        facts = self.facts(account_id, whitespace=whitespace, kept=kept, prices=prices)
        stand, gone = self.decided(account_id, facts)
        moves = next_moves(stand, rules=self.rules)
        return {
            "moves": [self.plain_move(move) for move in moves],
            "dismissed_count": len(gone),
            "risks": self._risks(facts),
            "chances": self._chances(facts),
            "critic": self._critic(account_id, plan),
            "moved": self._moved(account_id, plan, undecided=sum(move.state == "proposed" for move in moves)),
        }

    @staticmethod
    def plain_move(move: Move) -> dict:
        """Return a move JSON-ready."""
        places = {name: plain(value) if not isinstance(value, bool) else int(value) for name, value in move.places.items()}
        shown = {name: getattr(move, name) for name in ("id", "rule", "subject", "cause", "owner", "state", "text")}
        return shown | {"due": move.due.isoformat(), "money": plain(move.money), "urgency": move.urgency, "places": places}

    def plan(self, account_id: str) -> Plan | None:
        """Return the account's plan as it stood on the day."""
        plan = self.tables.plans.get(account_id)
        return plan and plan.known_at(self.scores.as_of)

    def decided(self, account_id: str, facts: AccountFacts) -> tuple[list[Move], list[Move]]:
        """Return the account's moves that stand, the weightiest first, and those dismissed."""
        plan = self.plan(account_id)
        choices = {
            name: Decision(choice.state, choice.cause, choice.text, choice.owner, choice.due)
            for name, choice in (plan.moves if plan else {}).items()
        }
        found = proposals(facts, as_of=self.scores.as_of, rules=self.rules)
        return decided(found, choices, as_of=self.scores.as_of, rules=self.rules)

    def facts(self, account_id: str, *, whitespace: list[dict], kept: list[dict], prices: dict) -> AccountFacts:
        """Gather what the rules look at."""
        row, plan = self.scores.values["account"].loc[account_id], self.plan(account_id)
        revenue = _number(row, "revenue_amount")
        weights = self.engagement.policy.warning.weights.model_dump()
        signals = {name: _number(row, f"{name}_signal") for name in SIGNALS}
        rooms = [(line["product_line"], line["estimate_amount"] or 0.0) for line in whitespace[:TOP_LINES]]
        missed = sorted(((entry["line_id"], int(entry["cadence_due_count"] - entry["cadence_done_count"])) for entry in kept), key=_most)
        late = [action for action in (plan.actions if plan else []) if action.due and not action.done_on and action.due < self.scores.as_of]
        return AccountFacts(
            revenue=revenue if revenue == revenue else 0.0,
            signals={name: strength for name, strength in signals.items() if strength == strength},
            weights=weights,
            gaps=self._gaps.get(account_id, []),
            stage_gain=_number(row, "margin_amount") * (_number(row, "next_clv_factor") - _number(row, "clv_factor")),
            whitespace=rooms,
            missed=[entry for entry in missed[:1] if entry[1] > 0],
            overdue=[{"id": action.id, "text": action.text, "owner": action.owner, "due": action.due} for action in late],
            prices={kind: (count, amount) for kind, (count, amount) in prices["kinds"].items()},
            lints=[name for name, _ in self._critique(account_id, plan).found],
        )

    @cached_property
    def _gaps(self) -> dict[str, list[tuple[str, int]]]:
        values = self.scores.values["account"]
        columns = [f"{name}_rating_count" for name in lifecycle.DIMENSIONS]
        if "relationship_stage_number" not in values or not set(columns) <= set(values):
            return {}
        rated = values[columns].set_axis(lifecycle.DIMENSIONS, axis=1)
        found = lifecycle.stage_gap(rated, values["relationship_stage_number"])
        gaps: dict[str, list[tuple[str, int]]] = {}
        for account_id, dimension, rating, shortfall in found.itertuples(index=False):
            gaps.setdefault(account_id, []).append((dimension, int(rating + shortfall)))
        return gaps

    def _critique(self, account_id: str, plan: Plan | None):
        row = self.scores.values["account"].loc[account_id]
        flags = {name: plain(row.get(name)) for name in ("single_threaded_flag", "executive_line_flag", "light_care_flag")}
        data = plan.model_dump(by_alias=True) if plan else None
        return critique(data, flags, tier=plain(row.get("tier")), as_of=self.scores.as_of, rules=self.rules)

    def _critic(self, account_id: str, plan: Plan | None) -> dict:
        found = self._critique(account_id, plan)
        return {"quality_score": plain(found.quality_score), "found": [[name, list(objects)] for name, objects in found.found]}

    def _risks(self, facts: AccountFacts) -> list[list]:
        """Return the two risks with most money on them: lit signals, and prices without a reason."""
        found = [
            ["signal", name, facts.revenue * facts.weights[name] * strength] for name, strength in facts.signals.items() if strength > 0
        ]
        found += [["price", kind, amount] for kind, (_, amount) in facts.prices.items()]
        return sorted(found, key=lambda entry: (-entry[2], entry[0], entry[1]))[:TOP]

    def _chances(self, facts: AccountFacts) -> list[list]:
        """Return the two chances with most money on them: product lines with room, the next stage."""
        sold_out = facts.sells_at_a_loss(self.rules)
        found = [["whitespace", line, amount] for line, amount in facts.whitespace if amount > 0 and not sold_out]
        found += [["gap", next(iter(facts.gaps))[0], facts.stage_gain]] if list(facts.gaps) and facts.stage_gain > 0 else []
        return sorted(found, key=lambda entry: (-entry[2], entry[0], entry[1]))[:TOP]

    @cached_property
    def earlier(self) -> Scores | None:
        """The scores at the last review, without prices; None where nobody had ordered yet."""
        if not (self.tables["orders"]["order_date"] <= pd.Timestamp(self.since)).any():
            return None
        return score(self.tables, self.engagement, as_of=self.since, with_prices=False)

    def _moved(self, account_id: str, plan: Plan | None, *, undecided: int) -> dict | None:
        if self.earlier is None or account_id not in self.earlier.values["account"].index:
            return None
        before, now = self.earlier.values["account"], self.scores.values["account"]
        then, row = before.loc[account_id], now.loc[account_id]
        weights = self.engagement.policy.warning.weights.model_dump()
        lit = [{name: _measured(side, f"{name}_signal") for name in SIGNALS} for side in (then, row)]
        ratings = [(name, plain(then.get(f"{name}_rating_count")), plain(row.get(f"{name}_rating_count"))) for name in lifecycle.DIMENSIONS]
        return {
            "since": self.since.isoformat(),
            "numbers": {name: [plain(side.get(name)) for side in (then, row)] for name in NUMBERS},
            "risk": review.risk_parts(*lit, weights) if _number(then, "loss_risk") == _number(then, "loss_risk") else {},
            "stage": [plain(side.get("relationship_stage")) for side in (then, row)],
            "ratings": [list(entry) for entry in ratings if entry[1] != entry[2]],
            "lines": self._line_parts(account_id),
            "margin": self._margin(account_id),
            "actions": _actions(plan, self.since, self.scores.as_of),
            "undecided_count": undecided,
            "forecast": self._forecast(account_id),
            "risk_due_on": months_before(self.since, -YEAR_MONTHS).isoformat(),
        }

    @cached_property
    def _windows(self) -> tuple[Window, Window]:
        return trailing_window(self.since), trailing_window(self.scores.as_of)

    @cached_property
    def _orders_of(self) -> Mapping[str, object]:
        owner = self.known["orders"]["account_id"].astype("str")
        return owner.groupby(owner).indices

    def _orders(self, account_id: str) -> pd.DataFrame:
        return self.known["orders"].iloc[self._orders_of.get(account_id, [])]

    def _line_parts(self, account_id: str) -> list[list]:
        """Take the change of revenue apart by product line, or by product where lines are not known."""
        orders = self._orders(account_id)
        by = "product_line" if "product_line" in orders and orders["product_line"].notna().any() else "product"
        named = orders[by].astype("str").fillna("")
        sums = [orders.loc[window.contains(orders["order_date"]), "net_revenue"].groupby(named).sum() for window in self._windows]
        found = review.status_parts(*sums)
        return [[state, int(entry["count"]), float(entry["amount"])] for state, entry in found.iterrows()]

    def _margin(self, account_id: str) -> dict | None:
        if "cost" not in self.known.mapped["orders"]:
            return None
        then, now = self._windows
        rates = self.known.get("rates")
        walk = pricing.margin_walk(
            self._orders(account_id), as_of=now.until, currency=self.engagement.currency, before=then, after=now, rates=rates
        )
        return walk_facts(walk) if walk.covered_share == walk.covered_share else None

    def _forecast(self, account_id: str) -> list | None:
        told = self.known.get("forecasts")
        if told is None:
            return None
        mine = told[told["account_id"].astype("str") == account_id]
        wape, bias = review.forecast_grade(mine, self._orders(account_id), since=Window(self.since, self.scores.as_of))
        return [plain(wape), plain(bias)] if wape == wape else None


def _actions(plan: Plan | None, since: date, as_of: date) -> dict:
    """Return the actions done since the last review, and those that were due in it and are not done."""
    actions = plan.actions if plan else []
    done = [action for action in actions if action.done_on and since < action.done_on <= as_of]
    slipped = [action for action in actions if action.due and not action.done_on and action.due < as_of]
    return {name: [action.text for action in listed] for name, listed in (("done", done), ("slipped", slipped))}


def _most(entry: tuple[str, int]) -> tuple:
    return (-entry[1], entry[0])


def _number(row: pd.Series, name: str) -> float:
    found = row.get(name)
    return float("nan") if found is None or pd.isna(found) else float(found)


def _measured(row: pd.Series, name: str) -> float:
    found = _number(row, name)
    return found if found == found else 0.0
