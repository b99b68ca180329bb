"""Cut account packs out of an engagement's tables and scores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cached_property

import pandas as pd

from kamlib import kpis, periods, stakeholders
from kamlib.data.engagement import Engagement
from kamlib.data.history import known_at
from kamlib.data.read import Tables
from kamlib.moves import Move, next_moves
from kamlib.packs.buying import Buying
from kamlib.packs.care import Care
from kamlib.packs.cut_moves import moves_by_account, policy_moves
from kamlib.packs.decide import Decisions
from kamlib.packs.people import People
from kamlib.packs.prices import PriceFacts
from kamlib.packs.rows import AccountRows, owned_frames, plain
from kamlib.packs.spare import Spare
from kamlib.playbook import playbook
from kamlib.scores import Scores, trends
from kamlib.scores.knowledge import judged_fields

TREND_QUARTERS = 8
QUARTER_SUMS = ("net_revenue", "cost", "costed_revenue", "absolute_costed_revenue", "orders_count", "lines_count")
NO_SALES = {"revenue_amount": 0.0, "cost_amount": None, "margin_rate": None, "orders_count": 0, "lines_count": 0}


class PackBuilder:
    """Cut account packs out of an engagement's tables and scores.

    Parameters
    ----------
    engagement : Engagement
    tables : Tables
        As read.
    scores : Scores
        Of the same tables.
    since : date, optional
        The last review; by default as many months ago as the policy says.
    """

    def __init__(self, engagement: Engagement, tables: Tables, scores: Scores, *, since: date | None = None) -> None:
        self.engagement, self.scores = engagement, scores
        self.tables = known_at(tables, scores.as_of)
        self.decisions = Decisions(engagement, tables, self.tables, scores, since=since)
        self.policy = engagement.policy
        self.registry = playbook("metrics")

    def account_ids(self) -> list[str]:
        """Return every account that can be rendered, in the order of its id."""
        return sorted(self.scores.values["account"].index)

    def build(self, account_id: str) -> dict:
        """Return the pack of one account.

        Parameters
        ----------
        account_id : str

        Returns
        -------
        dict
            JSON-ready: finite numbers, ISO dates, None for what is blank.

        Raises
        ------
        KeyError
            There is no such account, or it was set aside.
        """
        account = _record(self._accounts.loc[account_id].to_dict()) | {"account_id": account_id}
        care, spare, prices = (part.of(account_id) for part in (self._care, self._spare, self._prices))
        decide = self.decisions.of(account_id, whitespace=spare, kept=care["kept"], prices=prices)
        return {
            "schema": 1,
            "account_id": account_id,
            "as_of": self.scores.as_of.isoformat(),
            "currency": self.engagement.currency,
            "engagement": self.engagement.name,
            "synthetic": self.engagement.synthetic,
            "fiscal_year_start": self.engagement.fiscal_year_start,
            "account": account,
            "manager": self._manager(account["manager_id"]),
            "scores": list(self._scores(account_id)),
            "trend_dates": [day.isoformat() for day in self._trend_frames],
            "trends": self._trends(account_id),
            "quarters": self._quarters(account_id),
            "position": self._position(account_id),
            "benchmarks": self._benchmarks,
            "buying": self._buying.of(account_id),
            "care": care,
            "people": self._people.of(account_id),
            "spare": spare,
            "prices": prices,
            **decide,
            "plan": self._plan(account_id),
            "file": self._filled(account_id),
            "sensitivity": self._moves.get(account_id, []),
            "rows": {name: rows.count(account_id) for name, rows in self._rows.items()},
            "tables": {name: rows.of(account_id) for name, rows in self._rows.items()},
            "quality": self._quality,
            "policy": self.policy.leaves(),
        }

    def next_moves(self, account_id: str) -> list[Move]:
        """Return the moves of the account's first page, without the rest of its pack."""
        kept, kinds = self._care.of(account_id)["kept"], self._prices.kinds(account_id)
        facts = self.decisions.facts(account_id, whitespace=self._spare.of(account_id), kept=kept, prices={"kinds": kinds})
        stand, _ = self.decisions.decided(account_id, facts)
        return next_moves(stand, rules=self.decisions.rules)

    @cached_property
    def _accounts(self) -> pd.DataFrame:
        return self.tables["accounts"].set_index("account_id")

    @cached_property
    def _rows(self) -> dict[str, AccountRows]:
        return {name: AccountRows(frame) for name, frame in owned_frames(self.tables.frames).items()}

    def _manager(self, manager_id: str | None) -> dict | None:
        if manager_id is None:
            return None
        managers = self.tables.get("managers")
        known = managers is not None and managers.loc[managers["manager_id"] == manager_id]
        return {"manager_id": manager_id, "name": known["name"].iloc[0] if known is not False and len(known) else None}

    def _scores(self, account_id: str) -> Iterator[dict]:
        row = self.scores.values["account"].loc[account_id]
        for metric, entry in self.registry.items():
            if "account" not in entry["level"]:
                continue
            found = plain(row.get(metric))
            yield {
                "metric": metric,
                "value": found if not isinstance(found, str) else None,
                "text": found if isinstance(found, str) else None,
                "unit": entry["unit"],
                "coverage": plain(row.get(f"{metric}_coverage")),
                "note": plain(row.get(f"{metric}_note")),
                "parts": {part: plain(row.get(part)) for part in entry.get("parts", [])},
            }

    @cached_property
    def _trend_frames(self) -> dict:
        frames = trends(self.tables, self.policy, as_of=self.scores.as_of)
        return {day: frame[[name for name in frame if name in self.registry]] for day, frame in frames.items()}

    def _trends(self, account_id: str) -> dict[str, list[dict]]:
        rows = {day.isoformat(): frame.loc[account_id] for day, frame in self._trend_frames.items()}
        metrics = dict.fromkeys(name for row in rows.values() for name in row.index)
        return {metric: [{"as_of": day, "value": plain(row.get(metric))} for day, row in rows.items()] for metric in metrics}

    def _quarters(self, account_id: str) -> list[dict]:
        windows = periods.plain_quarters(self.scores.as_of, TREND_QUARTERS)
        return [
            {
                "start": window.first_day.isoformat(),
                "end": window.until.isoformat(),
                "label": periods.quarter_label(window, self.engagement.fiscal_year_start),
                **self._sums.get((account_id, number), NO_SALES),
            }
            for number, window in enumerate(windows)
        ]

    @cached_property
    def _sums(self) -> dict[tuple[str, int], dict]:
        """Sales per account and plain quarter."""
        orders = self.tables["orders"]
        number = periods.window_numbers(orders["order_date"], periods.plain_quarters(self.scores.as_of, TREND_QUARTERS))
        sales = kpis.sales_by_day(orders.assign(quarter=number)[number >= 0], keys=("account_id", "quarter"))
        sums = sales.groupby(["account_id", "quarter"], observed=True)[list(QUARTER_SUMS)].sum()
        return {key: _quarter(row) for key, row in zip(sums.index, sums.itertuples(index=False), strict=True)}

    def _position(self, account_id: str) -> dict:
        values = self.scores.values["account"]
        active = values["revenue_amount"] > 0
        classes = ("high", "stable", "declining")
        counts = values.groupby(["value_class", "potential_class"]).size()
        shown_from = self.policy.benchmark.minimum_accounts
        cell = [plain(values.at[account_id, name]) for name in ("value_class", "potential_class")]
        matrix = {
            value: {potential: _hidden(counts.get((value, potential), 0), shown_from) for potential in classes}
            for value in ("top", "mid", "low")
        }
        rank = values["revenue_amount"].rank(method="min", ascending=False)[account_id] if active[account_id] else None
        return {"revenue_rank": rank and int(rank), "active_accounts_count": int(active.sum()), "matrix": matrix, "cell": cell}

    @cached_property
    def _benchmarks(self) -> dict[str, dict]:
        values = self.scores.values["account"]
        numeric = values[[name for name in values if name in self.registry]].select_dtypes("number")
        enough = numeric.loc[:, numeric.count() >= self.policy.benchmark.minimum_accounts]
        quartiles = enough.quantile([0.25, 0.5, 0.75])
        return {
            name: {"n": int(enough[name].count()), **dict(zip(("q1", "median", "q3"), map(plain, quartiles[name]), strict=True))}
            for name in enough
        }

    @cached_property
    def _buying(self) -> Buying:
        return Buying(self.tables["orders"], self.policy, self.scores.as_of)

    @cached_property
    def _care(self) -> Care:
        return Care(self.tables, self.scores.values["account"]["segment"], self.policy, self.scores.as_of)

    def _plan(self, account_id: str) -> dict | None:
        plan = self.tables.plans.get(account_id)
        return plan and plan.known_at(self.scores.as_of).model_dump(mode="json", by_alias=True)

    def _filled(self, account_id: str) -> list[str]:
        """Name the fields of the account file that are filled."""
        row = self._filled_fields.loc[account_id]
        return list(row.index[row])

    @cached_property
    def _filled_fields(self) -> pd.DataFrame:
        known = {account: judged_fields(plan.known_at(self.scores.as_of)) for account, plan in self.tables.plans.items()}
        return stakeholders.filled_fields(self.tables.frames, known, self.scores.values["account"].index)

    @cached_property
    def _spare(self) -> Spare:
        return Spare(self.tables, self.policy, self.scores.as_of)

    @cached_property
    def _prices(self) -> PriceFacts:
        return PriceFacts(self.tables, self.scores, self.engagement.currency)

    @cached_property
    def _people(self) -> People:
        return People(self.tables, self.policy, self.scores.as_of)

    @cached_property
    def _moves(self) -> dict[str, list[dict]]:
        moves, _ = policy_moves(self.tables, self.scores, self.engagement)
        return moves_by_account(moves)

    @cached_property
    def _quality(self) -> dict[str, dict]:
        return {name: table.counts() for name, table in self.tables.quality.tables.items()}


def canonical(pack: dict) -> str:
    """Write a pack as canonical JSON: keys sorted, no blanks, finite numbers only.

    Examples
    --------
    >>> canonical({"b": 1.5, "a": "大客户"})
    '{"a":"大客户","b":1.5}'
    """
    return json.dumps(pack, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _quarter(sums) -> dict:
    base = sums.costed_revenue
    return {
        "revenue_amount": plain(sums.net_revenue),
        "cost_amount": plain(sums.cost) if sums.absolute_costed_revenue else None,
        "margin_rate": plain((base - sums.cost) / base) if base > 0 else None,
        "orders_count": int(sums.orders_count),
        "lines_count": int(sums.lines_count),
    }


def _hidden(count: int, shown_from: int) -> int | None:
    return int(count) if count >= shown_from else None


def _record(row: dict) -> dict:
    return {name: plain(cell) for name, cell in row.items()}
