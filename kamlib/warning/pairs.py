"""Which events have been answered by another: a leaver by a handover, a change asked for by its confirmation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable

import pandas as pd


def open_pairs(events: pd.DataFrame, *, opening: str, closing: str) -> pd.DataFrame:
    """Pair each opening event with the one that closes it.

    Parameters
    ----------
    events : DataFrame, one row per event
        ``account_id kind date ref contact_id``.
    opening, closing : str
        Kinds, such as ``contact_left`` and ``handover_done``.

    Returns
    -------
    DataFrame
        One row per opening event, by account and date: ``account_id opened closed``; ``closed`` is blank while it is open.

    Notes
    -----
    Paired by account and ``ref``, else by account and contact, else first in, first out; never with a closing event of an
    earlier day. Events are few, so this is a plain loop.

    References
    ----------
    M17, ruling F54.

    Examples
    --------
    >>> events = pd.DataFrame({"account_id": "A", "kind": ["contact_left", "handover_done"], "ref": None, "contact_id": ["c1", "c1"],
    ...                        "date": pd.to_datetime(["2026-06-01", "2026-06-03"])})
    >>> open_pairs(events, opening="contact_left", closing="handover_done")["closed"].dt.day.tolist()
    [3]
    """
    columns = ["account_id", "date", "ref", "contact_id"]
    opened = events.loc[events["kind"] == opening, columns].sort_values(columns, kind="stable").reset_index(drop=True)
    closed = events.loc[events["kind"] == closing, columns].sort_values(columns, kind="stable").reset_index(drop=True)
    partner: dict[int, int] = {}
    keys: list[Callable] = [
        lambda row: (row.account_id, row.ref) if pd.notna(row.ref) else None,
        lambda row: (row.account_id, row.contact_id) if pd.notna(row.contact_id) else None,
        lambda row: row.account_id,
    ]
    for key in keys:
        _pair(opened, closed, key, partner)
    days = pd.Series({place: closed["date"].iloc[other] for place, other in partner.items()}, dtype=opened["date"].dtype)
    return pd.DataFrame({"account_id": opened["account_id"], "opened": opened["date"], "closed": days.reindex(opened.index)})


def _pair(opened: pd.DataFrame, closed: pd.DataFrame, key: Callable[[object], Hashable], partner: dict[int, int]) -> None:
    """Give every opening event that has no partner yet the first free closing event of its key, not earlier than itself."""
    free, taken = defaultdict(list), set(partner.values())
    for row in closed.itertuples():
        if row.Index not in taken and key(row) is not None:
            free[key(row)].append((row.date, row.Index))
    for row in opened.itertuples():
        if row.Index in partner or key(row) is None:
            continue
        found = next(((day, place) for day, place in free[key(row)] if day >= row.date), None)
        if found:
            free[key(row)].remove(found)
            partner[row.Index] = found[1]
