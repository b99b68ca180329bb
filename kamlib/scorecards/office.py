"""M15: the card of the departments behind the managers: response, solution, promises to each other."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.kpis.shared import ratio
from kamlib.lifecycle import service_levels
from kamlib.money import exact_sums
from kamlib.periods import trailing_window
from kamlib.policy import LifecycleCuts

NO_DEPARTMENT = "(none)"
RATES = ["answered_24h_rate", "solved_48h_rate", "green_channel_rate", "promises_kept_rate"]
TICKET_COUNTS, PROMISE_COUNTS = ["tickets_count"], ["promises_due_count", "promises_kept_count"]


def back_office(
    tickets: pd.DataFrame | None, promises: pd.DataFrame | None, accounts: pd.DataFrame, *, as_of: date, cuts: LifecycleCuts
) -> pd.DataFrame:
    """Measure each department over twelve months: its tickets answered and solved in time, its promises kept.

    Parameters
    ----------
    tickets : DataFrame, one row per ticket, or None
        ``department`` (blank: nobody's) and the columns of `lifecycle.service_levels`; None where tickets name
        no department.
    promises : DataFrame, one row per promise, or None
        ``from_department``, ``due``, ``kept_on``.
    accounts : DataFrame, one row per account
        ``account_id``, ``signed_on``, ``first_order_date``.
    as_of : date
        Last day of the twelve months.
    cuts : LifecycleCuts

    Returns
    -------
    DataFrame
        Indexed by ``department``: ``tickets_count``, ``answered_24h_rate solved_48h_rate green_channel_rate
        promises_kept_rate`` in [0, 1] (NaN where nothing is judged), ``promises_due_count promises_kept_count``.
        Counts are 0 where a department has no row in a table that is there, NaN where the table is not. Tickets
        of nobody stand under ``(none)``.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S1] 后台支撑部门KPI考核; M15, M11, rulings F13, F33, F51, additions A2, A3.

    Examples
    --------
    >>> promises = pd.DataFrame({"from_department": "quality", "due": pd.to_datetime(["2026-05-02"] * 2),
    ...                          "kept_on": pd.to_datetime(["2026-05-02", None])})
    >>> from kamlib.policy import load_policy
    >>> back_office(None, promises, pd.DataFrame(), as_of=date(2026, 6, 30), cuts=load_policy().lifecycle)["promises_kept_rate"]
    department
    quality    0.5
    Name: promises_kept_rate, dtype: float64
    """
    frames = []
    if tickets is not None:
        require_columns(tickets, ["department"], table="tickets")
        named = tickets.assign(department=tickets["department"].fillna(NO_DEPARTMENT))
        frames.append(service_levels(named, accounts, as_of=as_of, cuts=cuts, by="department"))
    if promises is not None:
        frames.append(promises_kept(promises, as_of=as_of))
    card = pd.concat([pd.DataFrame(), *frames], axis=1).sort_index().rename_axis("department")
    card = card.reindex(columns=[*TICKET_COUNTS, *PROMISE_COUNTS, *RATES]).astype(float)
    counted = [*(TICKET_COUNTS if tickets is not None else []), *(PROMISE_COUNTS if promises is not None else [])]
    return card.assign(**card[counted].fillna(0.0))


def promises_kept(promises: pd.DataFrame, *, as_of: date, by: str = "from_department") -> pd.DataFrame:
    """Share of the internal promises due in the trailing twelve months that were kept in time.

    Parameters
    ----------
    promises : DataFrame, one row per promise
        `by`, ``due``, ``kept_on`` (blank: not kept).
    as_of : date
        A promise due on it and not kept by its end is broken.
    by : str
        Column whose values are measured: the department that promised, or one to which it was promised.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``promises_kept_rate`` in [0, 1] (NaN where none was due), ``promises_kept_count
        promises_due_count``.

    Raises
    ------
    ValueError
        A column is missing, or a promise names no `by`.

    References
    ----------
    [S1] 内部客户承诺; M15, ruling F51, addition A3.

    Examples
    --------
    >>> promises = pd.DataFrame({"from_department": "quality", "due": pd.to_datetime(["2026-05-02"] * 3),
    ...                          "kept_on": pd.to_datetime(["2026-05-02", "2026-05-03", None])})
    >>> promises_kept(promises, as_of=date(2026, 6, 30))["promises_kept_rate"].round(3).tolist()
    [0.333]
    """
    require_columns(promises, [by, "due", "kept_on"], table="promises")
    due = trailing_window(as_of).contains(promises["due"])
    kept = due & (promises["kept_on"].dt.normalize() <= promises["due"].dt.normalize())
    counts = promises[[by]].assign(promises_kept_count=kept.astype(float), promises_due_count=due.astype(float))
    sums = exact_sums(counts, ["promises_kept_count", "promises_due_count"], by=by)
    return sums.assign(promises_kept_rate=ratio(sums["promises_kept_count"], sums["promises_due_count"]))
