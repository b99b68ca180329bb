"""M11: how fast tickets were answered and solved."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.lifecycle.tenure import LIFECYCLE_STAGES, stage_entries
from kamlib.money import exact_sums
from kamlib.periods import ONE_DAY, trailing_window
from kamlib.playbook import playbook
from kamlib.policy import LifecycleCuts

ANSWERED_BY = {"answered_24h_rate": "first_response_at", "solved_48h_rate": "resolved_at", "green_channel_rate": "first_response_at"}
PARTS = {
    "answered_24h_rate": ("answered_in_time_count", "answer_judged_count"),
    "solved_48h_rate": ("solved_in_time_count", "solution_judged_count"),
    "green_channel_rate": ("green_in_time_count", "green_judged_count"),
}
DAY_HOURS = 24


def service_levels(
    tickets: pd.DataFrame, accounts: pd.DataFrame, *, as_of: date, cuts: LifecycleCuts, by: str = "account_id"
) -> pd.DataFrame:
    """Share of the tickets of the trailing twelve months that were answered and solved within their limit.

    Parameters
    ----------
    tickets : DataFrame, one row per ticket
        ``account_id``, `by`, ``opened_at``, ``first_response_at``, ``resolved_at`` (local wall-clock), ``kind``.
    accounts : DataFrame, one row per account
        ``account_id``, ``signed_on``, ``first_order_date``: since when a stage grants the green channel.
    as_of : date
        It ends at 24:00; what happened later is not looked at.
    cuts : LifecycleCuts
    by : str
        Column of `tickets` whose values are measured: an owner, or ``department``.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``tickets_count`` and for ``answered_24h_rate solved_48h_rate green_channel_rate``
        (in [0, 1]; NaN where no ticket is judged) the parts ``answered_in_time_count answer_judged_count
        solved_in_time_count solution_judged_count green_in_time_count green_judged_count``.

    Raises
    ------
    ValueError
        A column is missing, or a ticket names no `by`.

    Notes
    -----
    Limits, kinds and the stage from which they hold stand in playbook/lifecycle.yaml. Elapsed clock hours. An
    open ticket is judged once it is older than its limit, and then missed. A ticket without a time of day
    (midnight) counts days: more of them than the limit, rounded up, prove late; nothing proves in time.

    References
    ----------
    [S2b], [S1]; M11, rulings F13, F33.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> tickets = pd.DataFrame({"account_id": ["A", "A"], "opened_at": pd.to_datetime(["2026-06-01T09:00", "2026-06-02T09:00"]),
    ...                         "first_response_at": pd.to_datetime(["2026-06-01T09:40", "2026-06-03T10:00"]),
    ...                         "resolved_at": pd.to_datetime(["2026-06-02T09:00", None]), "kind": "fault"})
    >>> accounts = pd.DataFrame({"account_id": ["A"], "signed_on": pd.to_datetime(["2024-01-01"]),
    ...                          "first_order_date": pd.to_datetime([None])})
    >>> service_levels(tickets, accounts, as_of=date(2026, 6, 30), cuts=load_policy().lifecycle)[list(ANSWERED_BY)]
                answered_24h_rate  solved_48h_rate  green_channel_rate
    account_id
    A                         0.5              0.5                 0.5
    """
    require_columns(tickets, ["account_id", by, "opened_at", "first_response_at", "resolved_at", "kind"], table="tickets")
    require_columns(accounts, ["account_id", "signed_on", "first_order_date"], table="accounts")
    opened = tickets[trailing_window(as_of).contains(tickets["opened_at"])]
    verdicts = judged_tickets(opened, accounts, as_of=as_of, cuts=cuts)
    parts = opened[[by]].assign(tickets_count=1.0)
    for metric, (in_time, judged) in PARTS.items():
        parts = parts.assign(**{in_time: verdicts[metric], judged: verdicts[metric].notna().astype(float)})
    sums = exact_sums(parts, parts.columns.drop(by), by=by)
    rates = {metric: sums[in_time] / sums[judged].where(sums[judged] > 0) for metric, (in_time, judged) in PARTS.items()}
    return sums.assign(**rates)


def first_contact_ownership(tickets: pd.DataFrame, *, as_of: date, by: str = "account_id") -> pd.DataFrame:
    """Share of the solved tickets of twelve months that whoever took them saw through.

    Parameters
    ----------
    tickets : DataFrame, one row per ticket
        `by`, ``opened_at resolved_at first_contact_id resolved_by_id handoffs``, each of the last three blank where not known.
    as_of : date
    by : str
        Column whose values are measured.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``first_contact_rate`` (in [0, 1]; NaN where no solved ticket says) and its parts
        ``first_contact_count first_contact_judged_count``.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Seen through: at most one hand-over, or solved under the name of the first contact.

    References
    ----------
    [S1] first-contact ownership; addition A2.

    Examples
    --------
    >>> tickets = pd.DataFrame({"account_id": "A", "opened_at": pd.to_datetime(["2026-06-01"] * 3), "handoffs": [0, 2, 3],
    ...                         "resolved_at": pd.to_datetime(["2026-06-02"] * 3), "first_contact_id": ["P", "P", "P"],
    ...                         "resolved_by_id": ["Q", "P", "Q"]})
    >>> first_contact_ownership(tickets, as_of=date(2026, 6, 30))["first_contact_rate"].round(3).tolist()
    [0.667]
    """
    require_columns(tickets, [by, "opened_at", "resolved_at", "first_contact_id", "resolved_by_id", "handoffs"], table="tickets")
    solved = tickets[trailing_window(as_of).contains(tickets["opened_at"]) & (tickets["resolved_at"] < pd.Timestamp(as_of + ONE_DAY))]
    named = solved["first_contact_id"].notna() & solved["resolved_by_id"].notna()
    owned = (solved["handoffs"] <= 1) | (named & (solved["first_contact_id"].astype("str") == solved["resolved_by_id"].astype("str")))
    judged = (solved["handoffs"].notna() | named).astype(float)
    parts = solved[[by]].assign(first_contact_count=owned.astype(float), first_contact_judged_count=judged)
    sums = exact_sums(parts, ["first_contact_count", "first_contact_judged_count"], by=by)
    judged = sums["first_contact_judged_count"]
    return sums.assign(first_contact_rate=sums["first_contact_count"] / judged.where(judged > 0))


def judged_tickets(tickets: pd.DataFrame, accounts: pd.DataFrame, *, as_of: date, cuts: LifecycleCuts) -> pd.DataFrame:
    """Say of each ticket and service level whether it was kept.

    Parameters
    ----------
    tickets, accounts : DataFrame
        As for `service_levels`.
    as_of : date
    cuts : LifecycleCuts

    Returns
    -------
    DataFrame
        With the index of `tickets`, a column per service level: 1 in time, 0 late, NaN where the limit does not apply or the
        ticket cannot be judged yet.

    References
    ----------
    M11, rulings F13, F33.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> tickets = pd.DataFrame({"account_id": ["A"], "opened_at": pd.to_datetime(["2026-06-01T09:00"]), "kind": "complaint",
    ...                         "first_response_at": pd.to_datetime(["2026-06-01T09:40"]), "resolved_at": pd.to_datetime([None])})
    >>> accounts = pd.DataFrame({"account_id": ["A"], "signed_on": pd.to_datetime(["2024-01-01"]),
    ...                          "first_order_date": pd.to_datetime([None])})
    >>> judged_tickets(tickets, accounts, as_of=date(2026, 6, 30), cuts=load_policy().lifecycle).iloc[0].tolist()
    [1.0, 0.0, nan]
    """
    begins = stage_entries(accounts["signed_on"].fillna(accounts["first_order_date"]), cuts=cuts).set_axis(accounts["account_id"])
    known, verdicts = _known(tickets, as_of), {}
    for metric in PARTS:
        home, line = _service_line(metric)
        applies = tickets["kind"].isin(line["kinds"]) & _grants(tickets, begins, home)
        verdicts[metric] = _in_time(tickets["opened_at"], known[ANSWERED_BY[metric]], as_of, line["limit"]["hours"]).where(applies)
    return pd.DataFrame(verdicts)


def _service_line(metric: str) -> tuple[str, dict]:
    """Find the stage that grants a service, and its line in the playbook."""
    lines = ((stage, line) for stage, entry in playbook("lifecycle").items() for line in entry.get("service", []))
    return next((stage, line) for stage, line in lines if line["metric"] == metric)


def _known(tickets: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Blank what came after the date; who was served without a first answer was answered by the solution."""
    end = pd.Timestamp(as_of + ONE_DAY)
    solved = tickets["resolved_at"].where(tickets["resolved_at"] < end)
    answered = tickets["first_response_at"].where(tickets["first_response_at"] < end)
    return pd.DataFrame({"first_response_at": answered.fillna(solved), "resolved_at": solved})


def _grants(tickets: pd.DataFrame, begins: pd.DataFrame, home: str) -> pd.Series:
    if home == LIFECYCLE_STAGES[0]:
        return pd.Series(True, index=tickets.index)
    return tickets["account_id"].astype("str").map(begins[home]) <= tickets["opened_at"]


def _in_time(opened: pd.Series, served: pd.Series, as_of: date, limit_hours: float) -> pd.Series:
    """Return 1 for in time, 0 for late, blank for what cannot be judged yet or at all."""
    until = served.fillna(pd.Timestamp(as_of + ONE_DAY))
    is_timed = (opened != opened.dt.normalize()) & (served.isna() | (served != served.dt.normalize()))
    hours = (until - opened) / pd.Timedelta(hours=1)
    days = (until.dt.normalize() - opened.dt.normalize()) / pd.Timedelta(days=1)
    is_late = np.where(is_timed, hours > limit_hours, days > math.ceil(limit_hours / DAY_HOURS))
    is_in_time = is_timed & served.notna() & (hours <= limit_hours)
    return pd.Series(np.select([is_in_time, is_late], [1.0, 0.0], default=np.nan), index=opened.index)
