"""Which accounts change class when a cut or a weight of the policy moves."""

from __future__ import annotations

import pandas as pd

from kamlib import sensitivity
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.packs.rows import plain
from kamlib.scores import Scores


def policy_moves(tables: Tables, scores: Scores, engagement: Engagement) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return which accounts change class when a cut or a weight moves, and the counts per cut (`sensitivity.segment_moves`)."""
    undated = tables["accounts"].set_index("account_id")[["industry_growth", "outlook"]]
    values = scores.values["account"]
    facts = values[["revenue_amount", "wallet_share", "growth_rate"]].join(undated).rename_axis("account_id").reset_index()
    return sensitivity.segment_moves(facts, policy=engagement.policy, currency=engagement.currency)


def moves_by_account(moves: pd.DataFrame) -> dict[str, list[dict]]:
    """Return for each account that changes class the list that its own pack carries.

    Parameters
    ----------
    moves : DataFrame
        The first frame of `policy_moves`.

    Returns
    -------
    dict of str to list of dict
        ``path classification change from to is_by_coverage``; `change` is the part by which the value moves.

    Examples
    --------
    >>> moves = pd.DataFrame({"path": ["abc.a_share"], "change_rate": [0.1], "classification": ["abc_class"], "account_id": ["A"],
    ...                       "from": ["B"], "to": ["A"], "is_by_coverage": [False]})
    >>> moves_by_account(moves)["A"]
    [{'path': 'abc.a_share', 'classification': 'abc_class', 'change': 0.1, 'from': 'B', 'to': 'A', 'is_by_coverage': 0}]
    """
    found: dict[str, list[dict]] = {}
    columns = ["account_id", "path", "classification", "change_rate", "from", "to", "is_by_coverage"]
    for account_id, path, classification, change, before, after, flag in moves[columns].itertuples(index=False):
        entry = {"path": path, "classification": classification, "change": change, "from": plain(before), "to": plain(after)}
        found.setdefault(account_id, []).append(entry | {"is_by_coverage": int(flag)})
    return found
