"""M16: what a customer learns from us: how often it happened, when it did last, and by when it is due again."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import months_before, trailing_window
from kamlib.playbook import playbook

YEAR_MONTHS = 12


def enablement(touches: pd.DataFrame, advice: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """Set what one customer was given in twelve months beside what the playbook grants.

    Parameters
    ----------
    touches : DataFrame, one row per touch of the account
        ``date kind``.
    advice : DataFrame, one row per entry of its plan
        ``date kind``.
    as_of : date

    Returns
    -------
    DataFrame
        Indexed by line of playbook/enablement.yaml: ``done_count granted_count``, ``last_on`` (blank where never) and ``next_by``: an
        interval after the last time, or the day after `as_of` where that is past.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b]; M16, addition A22.

    Examples
    --------
    >>> touches = pd.DataFrame({"date": pd.to_datetime(["2026-05-10"]), "kind": ["training"]})
    >>> found = enablement(touches, pd.DataFrame({"date": [], "kind": []}), as_of=date(2026, 6, 30))
    >>> found.loc["training", "next_by"].date().isoformat()
    '2026-08-10'
    """
    require_columns(touches, ["date", "kind"], table="touches")
    require_columns(advice, ["date", "kind"], table="advice")
    rows = {}
    for line in playbook("enablement")["lines"]:
        found = [frame[frame["kind"].astype("str").isin(line[group])] for frame, group in ((touches, "touches"), (advice, "advice"))]
        days = pd.to_datetime(pd.concat([part["date"] for part in found if len(part)] or [pd.Series(dtype="datetime64[us]")])).sort_values()
        days = days[days <= pd.Timestamp(as_of)]
        last = days.iloc[-1] if len(days) else pd.NaT
        tomorrow = pd.Timestamp(as_of) + pd.Timedelta(days=1)
        due = max(pd.Timestamp(months_before(last.date(), -line["months"])), tomorrow) if len(days) else tomorrow
        done = int(trailing_window(as_of).contains(days).sum()) if len(days) else 0
        rows[line["id"]] = {"done_count": done, "granted_count": YEAR_MONTHS // line["months"], "last_on": last, "next_by": due}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("line")
