"""Signals of what we deliver: tickets past their limit, answers that turn worse."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from kamlib.checks import require_columns
from kamlib.lifecycle.service import judged_tickets
from kamlib.periods import trailing_window
from kamlib.policy import LifecycleCuts, WarningRules
from kamlib.warning.ramp import ramp


def service(tickets: pd.DataFrame, accounts: pd.DataFrame, *, as_of: date, rules: WarningRules, cuts: LifecycleCuts) -> pd.DataFrame:
    """Share of the tickets opened lately that missed any limit which applied to them.

    Parameters
    ----------
    tickets : DataFrame
        As for `lifecycle.service_levels`.
    accounts : DataFrame, one row per account
        ``account_id signed_on first_order_date``.
    as_of : date
    rules : WarningRules
    cuts : LifecycleCuts
        From which stage the green channel is granted.

    Returns
    -------
    DataFrame
        Indexed by account: ``service_signal`` in [0, 1] and its parts ``tickets_late_count tickets_judged_count``; 0 where no
        ticket is judged yet.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b]; M17, ruling F33.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> policy = load_policy()
    >>> tickets = pd.DataFrame({"account_id": ["A", "A"], "opened_at": pd.to_datetime(["2026-06-01T09:00", "2026-06-02T09:00"]),
    ...                         "first_response_at": pd.to_datetime(["2026-06-01T09:40", "2026-06-03T10:00"]),
    ...                         "resolved_at": pd.to_datetime(["2026-06-02T09:00", "2026-06-03T12:00"]), "kind": "complaint"})
    >>> accounts = pd.DataFrame({"account_id": ["A"], "signed_on": pd.to_datetime(["2024-01-01"]),
    ...                          "first_order_date": pd.to_datetime([None])})
    >>> service(tickets, accounts, as_of=date(2026, 6, 30), rules=policy.warning, cuts=policy.lifecycle).iloc[0].tolist()
    [0.5, 1.0, 2.0]
    """
    since = pd.Timestamp(as_of - timedelta(days=rules.windows.recent_days))
    lately = tickets[tickets["opened_at"] >= since + pd.Timedelta(days=1)]
    verdicts = judged_tickets(lately, accounts, as_of=as_of, cuts=cuts)
    owner = lately["account_id"].astype("str")
    ids = pd.Index(accounts["account_id"].astype("str"), name="account_id")
    late = (verdicts.eq(0).any(axis=1)).groupby(owner).sum().reindex(ids).fillna(0).astype(float)
    judged = verdicts.notna().any(axis=1).groupby(owner).sum().reindex(ids).fillna(0).astype(float)
    signal = (late / judged.where(judged > 0)).fillna(0.0)
    return pd.DataFrame({"service_signal": signal, "tickets_late_count": late, "tickets_judged_count": judged})


def satisfaction_drop(surveys: pd.DataFrame, accounts: pd.Index, *, as_of: date, rules: WarningRules) -> pd.DataFrame:
    """Compare the mean of the last wave of answers with that of the wave before.

    Parameters
    ----------
    surveys : DataFrame, one row per answer
        ``account_id date score scale_min scale_max``.
    accounts : Index of str
    as_of : date
    rules : WarningRules

    Returns
    -------
    DataFrame
        Indexed by `accounts`: ``satisfaction_drop_signal`` and its parts ``satisfaction_change_score last_wave_score
        before_wave_score last_wave_answers_count``; NaN with fewer than two waves in two years.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    A wave is a calendar quarter with an answer. Answers are rescaled to 0-100.

    References
    ----------
    [S2b]; M17, ruling F56.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> surveys = pd.DataFrame({"account_id": "A", "date": pd.to_datetime(["2026-01-05", "2026-05-05"]), "score": [9.0, 7.25],
    ...                         "scale_min": 0.0, "scale_max": 10.0})
    >>> satisfaction_drop(surveys, pd.Index(["A"]), as_of=date(2026, 6, 30), rules=load_policy().warning).iloc[0].tolist()
    [0.5, -17.5, 72.5, 90.0, 1.0]
    """
    require_columns(surveys, ["account_id", "date", "score", "scale_min", "scale_max"], table="surveys")
    given = surveys[trailing_window(as_of, rules.windows.survey_months).contains(surveys["date"]) & surveys["score"].notna()]
    points = 100 * (given["score"] - given["scale_min"]) / (given["scale_max"] - given["scale_min"])
    waves = pd.DataFrame({"account_id": given["account_id"].astype("str"), "wave": given["date"].dt.to_period("Q").astype("int64")})
    means = points.groupby([waves["account_id"], waves["wave"]]).agg(["mean", "count"]).reset_index()
    newest = means.groupby("account_id").cumcount(ascending=False)
    last, before = (means[newest == place].set_index("account_id").reindex(accounts) for place in (0, 1))
    change = last["mean"] - before["mean"]
    return pd.DataFrame(
        {
            "satisfaction_drop_signal": ramp(change, rule=rules.satisfaction_drop),
            "satisfaction_change_score": change,
            "last_wave_score": last["mean"],
            "before_wave_score": before["mean"],
            "last_wave_answers_count": last["count"],
        }
    )
