"""What was read, table by table, to be reconciled with the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kamlib.data.engagement import Engagement
    from kamlib.data.read import Tables


def reconciled(engagement: Engagement, tables: Tables) -> dict:
    """Return the totals of every table over all time, JSON-ready.

    Parameters
    ----------
    engagement : Engagement
    tables : Tables
        As read; rows later than the engagement's date are among them.

    Returns
    -------
    dict
        Sums as text, to the last digit; rows read are used, filtered, duplicate or refused.
    """
    from kamlib import kpis

    revenue = kpis.revenue(tables["orders"], as_of=engagement.as_of)["revenue_amount"]
    return {
        "engagement": engagement.name,
        "as_of": engagement.as_of.isoformat(),
        "currency": engagement.currency,
        "active_accounts": int((revenue > 0).sum()),
        "set_aside": sorted(tables.quarantined),
        "tables": {name: _table(name, found, tables) for name, found in tables.quality.tables.items()},
        "problems": [problem.as_dict() for problem in tables.quality.problems],
    }


def _table(name: str, found, tables: Tables) -> dict:
    frame = tables.get(name)
    return {
        "rows_read": found.rows_read,
        "rows_used": found.rows_used,
        "rows_filtered": found.rows_filtered,
        "rows_duplicate": found.rows_duplicate,
        "rows_refused": sum(found.rows_refused.values()),
        "rows_after_as_of": found.rows_after_as_of,
        "refused": dict(found.rows_refused),
        "accounts": found.accounts,
        "orders": int(frame["order_id"].nunique()) if frame is not None and "order_id" in frame else None,
        "sums": {column: str(total) for column, total in found.totals.items()},
        "first_date": found.first_date and found.first_date.isoformat(),
        "last_date": found.last_date and found.last_date.isoformat(),
    }
