"""The client that a lesson is told of: its scores by level, id and metric, and what follows from them."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from kamlib.checks import KamError
from kamlib.course.schema import Rule
from kamlib.data.engagement import Engagement, load_engagement
from kamlib.data.read import Tables, read
from kamlib.packs import PackBuilder, canonical, require_account
from kamlib.packs.backtest import backtest_pack
from kamlib.packs.manager import ManagerBuilder, require_manager
from kamlib.packs.named import upwards
from kamlib.packs.portfolio import portfolio_pack
from kamlib.playbook import playbook
from kamlib.scores import Scores, score
from kamlib.scores.facts import NO_MANAGER, PORTFOLIO

PROJECT = Path(__file__).resolve().parents[2]
_COMPARED = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_kept: dict[Path, Client] = {}
_keeping: list[bool] = []


@dataclass(frozen=True)
class Client:
    """An engagement, read and scored.

    Parameters
    ----------
    engagement : Engagement
    tables : Tables
    scores : Scores
    """

    engagement: Engagement
    tables: Tables
    scores: Scores

    @cached_property
    def names(self) -> dict[str, str]:
        """Every account's name by its id, in the order of the ids."""
        known = self.tables["accounts"].set_index("account_id")["name"]
        ids = sorted(self.scores.values["account"].index)
        return {key: str(known[key]) if pd.notna(known.get(key)) else key for key in ids}

    @cached_property
    def portfolio(self) -> dict:
        """The portfolio pack."""
        return json.loads(canonical(portfolio_pack(self.engagement, self.tables, self.scores)))

    @cached_property
    def backtest(self) -> dict:
        """The pack of the backtest."""
        return json.loads(canonical(backtest_pack(self.engagement, self.tables)))

    @cached_property
    def _accounts(self) -> PackBuilder:
        return PackBuilder(self.engagement, self.tables, self.scores)

    @cached_property
    def _managers(self) -> ManagerBuilder:
        return ManagerBuilder(self.engagement, self.tables, self.scores)

    @cached_property
    def _built(self) -> dict[str, dict]:
        return {}

    def account_pack(self, account_id: str) -> dict:
        """Return an account's pack as it stands in a file."""
        if account_id not in self._built:
            require_account(account_id, self._accounts.account_ids(), self.tables.quarantined)
            self._built[account_id] = json.loads(canonical(self._accounts.build(account_id)))
        return self._built[account_id]

    def manager_pack(self, manager_id: str) -> dict:
        """Return a manager's pack as it stands in a file."""
        if manager_id not in self._built:
            require_manager(manager_id, self._managers.manager_ids())
            self._built[manager_id] = json.loads(canonical(self._managers.build(manager_id)))
        return self._built[manager_id]

    def ids(self, level: str) -> list[str]:
        """Return everybody of a level who has a name, in the order of the ids."""
        return sorted(key for key in self.scores.values[level].index if key != NO_MANAGER)

    def name_of(self, level: str, key: str) -> str:
        """Return a name for an id of a level; a group is named by its root."""
        if level == "manager" and "managers" in self.tables:
            known = self.tables["managers"].set_index("manager_id")["name"]
            return str(known[key]) if pd.notna(known.get(key)) else key
        return self.engagement.name if level == PORTFOLIO else self.names.get(key, key)

    def frame(self, level: str, metrics: Sequence[str], ids: Sequence[str]) -> pd.DataFrame:
        """Return metrics of a level, a column each.

        Raises
        ------
        KamError
            ``KAM-R08``: no such metric at this level, or no such id.
        """
        for metric in metrics:
            _require_metric(self.scores.values[level], level, metric)
        for key in ids:
            self._require_id(level, key)
        return self.scores.values[level].loc[list(ids), list(metrics)]

    def score(self, level: str, key: str, metric: str) -> float | str:
        """Return a number or class.

        Raises
        ------
        KamError
            ``KAM-R08``: no such metric at this level, no such id, or it is not measured.
        """
        found = self.frame(level, [metric], [key]).iat[0, 0]
        if pd.isna(found):
            raise KamError("KAM-R08", f"is not measured for {key}", "take a metric that the client's tables measure", value=metric)
        return found if isinstance(found, str) else float(found)

    def chosen(self, rule: Rule) -> list[str]:
        """Return the accounts that a rule names, by id; with ``most`` and ``least`` the largest first.

        Raises
        ------
        KamError
            ``KAM-R08``: an unknown account or metric, or no account fits.
        """
        unknown = [key for key in rule.ids or () if key not in self.names]
        if unknown:
            raise KamError("KAM-R08", f"is no account of {self.engagement.name}", "correct the id", value=unknown[0])
        found = pd.Index(rule.ids if rule.ids is not None else list(self.names))
        for metric, op, limit in rule.where or ():
            values = self._column(metric)[found]
            if isinstance(limit, str) == pd.api.types.is_numeric_dtype(values):
                kind = "a number" if isinstance(limit, str) else "the key of a class"
                raise KamError("KAM-R08", f"cannot be compared with {limit}", f"compare it with {kind}", value=metric)
            found = found[_COMPARED[op](values, limit).to_numpy(dtype=bool) & values.notna().to_numpy()]
        for picked, ascending in ((rule.most, False), (rule.least, True)):
            if picked:
                found = self._column(picked[0])[found].dropna().sort_values(ascending=ascending, kind="stable").index[: picked[1]]
        if not len(found):
            raise KamError("KAM-R08", "no account fits the rule", "change its limits", value=str(rule.model_dump(exclude_none=True)))
        return list(found)

    def _column(self, metric: str) -> pd.Series:
        _require_metric(self.scores.values["account"], "account", metric)
        return self.scores.values["account"][metric].sort_index()

    def _require_id(self, level: str, key: str) -> None:
        known = self.scores.values[level].index
        if key not in known:
            raise KamError("KAM-R08", f"is no {level} of {self.engagement.name}", f"take one of {', '.join(known[:3])} …", value=str(key))


def open_client(engagement: str = "params/sample.yaml") -> Client:
    """Read and score the client of a lesson.

    Parameters
    ----------
    engagement : str
        The engagement file, looked for from the working directory upwards, then beside the package.

    Returns
    -------
    Client

    Raises
    ------
    InvalidInput
        The file or its tables cannot be used.
    """
    found = upwards(engagement)
    path = (found if found.exists() else PROJECT / engagement).resolve()
    if path in _kept:
        return _kept[path]
    opened = load_engagement(path)
    tables = read(opened)
    client = Client(opened, tables, score(tables, opened))
    if _keeping:
        _kept[path] = client
    return client


@contextmanager
def clients_kept() -> Iterator[None]:
    """Read and score each client once for as long as this lasts: the lessons of one build are told of the same client."""
    _keeping.append(True)
    try:
        yield
    finally:
        _keeping.pop()
        if not _keeping:
            _kept.clear()


def _require_metric(frame: pd.DataFrame, level: str, metric: str) -> None:
    entry = playbook("metrics").get(metric)
    if entry is None or level not in entry["level"] or metric not in frame:
        raise KamError("KAM-R08", f"is no metric of the level {level}", "take an id of playbook/metrics.yaml", value=metric)
