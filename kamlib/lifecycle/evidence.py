"""M12: what the data say of a dimension, shown beside the assessor's rating and never in its place."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import ONE_DAY, period_window, trailing_window
from kamlib.policy import RelationshipRules

ROLES_MET_FROM = (2, 3, 5)  # roles met in a year from which the data suggest 2, 3, 4
MEETINGS_FROM = (1, 2, 4)  # executive meetings in a year
MEASURES_FROM = (1, 3)  # measures agreed with the customer; 4 needs results too
MEASURES_WITH_RESULTS = 6


def suggested_ratings(
    accounts: pd.Index,
    *,
    contacts: pd.DataFrame | None,
    interactions: pd.DataFrame | None,
    outcomes: pd.DataFrame | None,
    as_of: date,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Suggest ratings from the data for the three dimensions that leave traces there.

    Parameters
    ----------
    accounts : Index of str
        Whom to answer for.
    contacts, interactions, outcomes : DataFrame or None
        ``contact_id role``; ``account_id contact_id kind date``; ``account_id period measure actual``. None: not supplied.
    as_of : date
    fiscal_year_start : int
        Month in which the years and quarters of `outcomes` begin.

    Returns
    -------
    DataFrame
        Indexed by `accounts`: ``contacts_evidence``, ``authority_evidence``, ``measures_evidence`` (1 to 4, NaN where the
        table is not supplied), and the counts behind them ``roles_met_count executive_meetings_count
        agreed_measures_count``.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    M12, ruling F36. Trust, process and team leave no trace in data: no suggestion.

    Examples
    --------
    >>> touches = pd.DataFrame({"account_id": ["A"], "contact_id": [None], "kind": ["executive_meeting"],
    ...                         "date": pd.to_datetime(["2026-05-01"])})
    >>> suggested_ratings(pd.Index(["A"]), contacts=None, interactions=touches, outcomes=None, as_of=date(2026, 6, 30)).iloc[0].tolist()
    [nan, 2.0, nan, nan, 1.0, nan]
    """
    blank = pd.Series(np.nan, index=accounts)
    roles = meetings = measures = results = blank
    if interactions is not None:
        require_columns(interactions, ["account_id", "contact_id", "kind", "date"], table="interactions")
        year = interactions[trailing_window(as_of).contains(interactions["date"])]
        meetings = _count(year[year["kind"] == "executive_meeting"], accounts)
        if contacts is not None:
            role = year["contact_id"].map(contacts.set_index("contact_id")["role"]).astype("str")
            roles = _count(year.assign(role=role).dropna(subset="role").drop_duplicates(["account_id", "role"]), accounts)
    if outcomes is not None:
        require_columns(outcomes, ["account_id", "period", "measure", "actual"], table="outcomes")
        measures = _count(outcomes.drop_duplicates(["account_id", "measure"]), accounts)
        done = outcomes[outcomes["actual"].notna() & _in_year(outcomes["period"], as_of, fiscal_year_start)]
        results = _count(done.drop_duplicates(["account_id", "measure"]), accounts)
    full = (measures >= MEASURES_WITH_RESULTS) & (results >= 1)
    return pd.DataFrame(
        {
            "contacts_evidence": _level(roles, ROLES_MET_FROM),
            "authority_evidence": _level(meetings, MEETINGS_FROM),
            "measures_evidence": _level(measures, MEASURES_FROM).mask(full, 4.0),
            "roles_met_count": roles,
            "executive_meetings_count": meetings,
            "agreed_measures_count": measures,
        }
    )


def uncoupling_signs(accounts: pd.DataFrame, *, events: pd.DataFrame | None, as_of: date, rules: RelationshipRules) -> pd.DataFrame:
    """Count the signs that a relationship comes apart.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``revenue_amount revenue_prior_amount influence_coverage_share influence_coverage_before_share contract_end``;
        blanks are not measured.
    events : DataFrame or None
        ``account_id kind date``; None: not supplied.
    as_of : date
    rules : RelationshipRules

    Returns
    -------
    DataFrame
        With the index of `accounts`: ``uncoupling_signs_count`` of at most four, and ``uncoupling_flag``, 1 from two on.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Signs: revenue at most 70 % of the year before; influence covered down by 0.3 or more within six months; a new
    tender or a rival's quote within 90 days; a contract that ends within 180 days and whose renewal has not begun.

    References
    ----------
    [L] Millman & Wilson uncoupling; M12, ruling F37.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"revenue_amount": [60.0], "revenue_prior_amount": [100.0], "influence_coverage_share": [0.2],
    ...                          "influence_coverage_before_share": [0.6], "contract_end": pd.NaT}, index=["A"])
    >>> uncoupling_signs(accounts, events=None, as_of=date(2026, 6, 30), rules=load_policy().relationship).iloc[0].tolist()
    [2.0, 1.0]
    """
    needed = ["revenue_amount", "revenue_prior_amount", "influence_coverage_share", "influence_coverage_before_share", "contract_end"]
    require_columns(accounts, needed, table="accounts")
    prior = accounts["revenue_prior_amount"]
    shrunk = (prior > 0) & (accounts["revenue_amount"] <= rules.shrunk_to_share * prior * (1 + 1e-9))
    fell = accounts["influence_coverage_before_share"] - accounts["influence_coverage_share"] >= rules.coverage_fall_share - 1e-9
    days = (accounts["contract_end"] - pd.Timestamp(as_of)).dt.days
    ends = days.between(0, rules.contract_days)
    told = pd.Series(False, index=accounts.index)
    if events is not None:
        lately = events[events["date"] > pd.Timestamp(as_of - timedelta(days=rules.rival_days))]
        told = pd.Series(accounts.index.isin(lately.loc[lately["kind"].isin(["retender", "competitor_quote"]), "account_id"]), told.index)
        ends &= ~renewal_begun(events, accounts["contract_end"], as_of=as_of, within_days=rules.contract_days)
    count = sum(sign.astype(float) for sign in (shrunk, fell, told, ends))
    return pd.DataFrame({"uncoupling_signs_count": count, "uncoupling_flag": (count >= rules.uncoupling_from).astype(float)})


def renewal_begun(events: pd.DataFrame, contract_end: pd.Series, *, as_of: date, within_days: int) -> pd.Series:
    """Tell whether the renewal of the contract that ends has begun: an event since the time in which it is looked for.

    Parameters
    ----------
    events : DataFrame
        ``account_id kind date``.
    contract_end : Series of datetime64
        Indexed by account.
    as_of : date
    within_days : int
        How long before the end a renewal is looked for, and twice that long an event counts.

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> events = pd.DataFrame({"account_id": ["A"], "kind": ["renewal_started"], "date": pd.to_datetime(["2026-05-01"])})
    >>> ends = pd.Series(pd.to_datetime(["2026-09-30"]), index=["A"])
    >>> renewal_begun(events, ends, as_of=date(2026, 6, 30), within_days=180).tolist()
    [True]
    """
    started = events[events["kind"].isin(["renewal_started", "contract_renewed"]) & (events["date"] < pd.Timestamp(as_of + ONE_DAY))]
    newest = started.groupby("account_id")["date"].max().reindex(contract_end.index)
    return newest >= contract_end - pd.Timedelta(days=2 * within_days)


def _in_year(periods: pd.Series, as_of: date, fiscal_year_start: int) -> pd.Series:
    ends = {text: period_window(text, fiscal_year_start=fiscal_year_start).until for text in periods.unique()}
    return trailing_window(as_of).contains(pd.to_datetime(periods.map(ends)))


def _count(rows: pd.DataFrame, accounts: pd.Index) -> pd.Series:
    return rows.groupby("account_id", observed=True).size().reindex(accounts).fillna(0).astype(float)


def _level(counts: pd.Series, begins: tuple[int, ...]) -> pd.Series:
    return pd.Series(1.0 + np.searchsorted(begins, counts, side="right"), index=counts.index).where(counts.notna())
