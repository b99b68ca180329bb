"""Signals of people and of the market: nobody calls, a contact leaves, nobody stands in, a rival quotes, a contract runs out."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from kamlib.checks import require_columns
from kamlib.lifecycle.evidence import renewal_begun
from kamlib.periods import months_before
from kamlib.policy import WarningRules
from kamlib.warning.pairs import open_pairs
from kamlib.warning.ramp import ramp

EVENT_COLUMNS = ("account_id", "kind", "date", "ref", "contact_id")


def contact_gap(
    interactions: pd.DataFrame, accounts: pd.DataFrame, segment: pd.Series, *, as_of: date, rules: WarningRules
) -> pd.DataFrame:
    """Compare the days since anybody of us had contact with the days that the segment grants.

    Parameters
    ----------
    interactions : DataFrame
        ``account_id date``, not empty.
    accounts : DataFrame, one row per account
        Indexed by account: ``signed_on first_order_date``.
    segment : Series of str
        core, grow, maintain, optimise or blank, indexed by account.
    as_of : date
    rules : WarningRules

    Returns
    -------
    DataFrame
        With the index of `accounts`: ``contact_gap_signal`` and its parts ``contact_gap_ratio last_contact_days
        granted_days``. Who was never contacted counts from the later of its start and the first touch of all.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b] cadence by segment; M17, ruling F55.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> touches = pd.DataFrame({"account_id": ["A"], "date": pd.to_datetime(["2026-04-29"])})
    >>> accounts = pd.DataFrame({"signed_on": pd.to_datetime(["2020-01-01"]), "first_order_date": pd.NaT}, index=["A"])
    >>> contact_gap(touches, accounts, pd.Series({"A": "core"}), as_of=date(2026, 6, 30), rules=load_policy().warning).iloc[0].tolist()
    [0.5, 2.0, 62.0, 31.0]
    """
    require_columns(interactions, ["account_id", "date"], table="interactions")
    start = accounts["signed_on"].fillna(accounts["first_order_date"])
    begin = start.where(start > interactions["date"].min(), interactions["date"].min())
    last = interactions.groupby("account_id", observed=True)["date"].max().reindex(accounts.index).fillna(begin)
    days = (pd.Timestamp(as_of) - last.dt.normalize()).dt.days.clip(lower=0).astype(float)
    granted = segment.reindex(accounts.index).map(rules.granted_days.model_dump()).fillna(rules.granted_days.unknown).astype(float)
    parts = {"contact_gap_ratio": days / granted, "last_contact_days": days, "granted_days": granted}
    return pd.DataFrame({"contact_gap_signal": ramp(days / granted, rule=rules.contact_gap), **parts})


def contact_change(
    events: pd.DataFrame, accounts: pd.Index, *, as_of: date, rules: WarningRules, executive_line: pd.Series | None = None
) -> pd.DataFrame:
    """Find contacts who left within a year and whose work was not handed over by the next day.

    Parameters
    ----------
    events : DataFrame
        ``account_id kind date ref contact_id``.
    accounts : Index of str
    as_of : date
    rules : WarningRules
    executive_line : Series of float, optional
        1 where the executive line is open, which halves the signal.

    Returns
    -------
    DataFrame
        Indexed by `accounts`: ``contact_change_signal`` (1 while a handover is missing, 0.3 for 90 days after a late one,
        else 0; the largest counts) and ``open_leavers_count``.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b] 24 hours; M17, ruling F54, addition A25.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> events = pd.DataFrame({"account_id": ["A"], "kind": "contact_left", "date": pd.to_datetime(["2026-06-01"]), "ref": None,
    ...                        "contact_id": "c1"})
    >>> contact_change(events, pd.Index(["A", "B"]), as_of=date(2026, 6, 30), rules=load_policy().warning)["contact_change_signal"].tolist()
    [1.0, 0.0]
    """
    require_columns(events, EVENT_COLUMNS, table="events")
    pairs = open_pairs(events, opening="contact_left", closing="handover_done")
    pairs = pairs[pairs["opened"] > pd.Timestamp(months_before(as_of, rules.windows.year_months))]
    is_open = pairs["closed"].isna()
    prompt = pairs["closed"] <= pairs["opened"] + pd.Timedelta(days=1)
    fresh = pairs["closed"] > pd.Timestamp(as_of - timedelta(days=rules.windows.recent_days))
    signal = is_open.astype(float).mask(~is_open & ~prompt & fresh, rules.closed_signal)
    largest = signal.groupby(pairs["account_id"]).max().reindex(accounts).fillna(0.0)
    if executive_line is not None:
        largest = largest.mask(executive_line.reindex(accounts) == 1, largest * rules.executive_factor)
    count = is_open.groupby(pairs["account_id"]).sum().reindex(accounts).fillna(0).astype(float)
    return pd.DataFrame({"contact_change_signal": largest, "open_leavers_count": count})


def unconfirmed_change(events: pd.DataFrame, accounts: pd.Index, *, as_of: date, rules: WarningRules) -> pd.DataFrame:
    """Find changes that the customer asked for and nobody has confirmed.

    Parameters
    ----------
    events : DataFrame
        As for `contact_change`.
    accounts : Index of str
    as_of : date
    rules : WarningRules

    Returns
    -------
    DataFrame
        Indexed by `accounts`: ``unconfirmed_change_signal``, the days that the oldest is open over 30, at most 1, and
        ``unconfirmed_days``; 0 where none is open.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b]; M17, ruling F54.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> events = pd.DataFrame({"account_id": ["A"], "kind": "change_request", "date": pd.to_datetime(["2026-06-15"]), "ref": None,
    ...                        "contact_id": None})
    >>> unconfirmed_change(events, pd.Index(["A"]), as_of=date(2026, 6, 30), rules=load_policy().warning).iloc[0].tolist()
    [0.5, 15.0]
    """
    require_columns(events, EVENT_COLUMNS, table="events")
    pairs = open_pairs(events, opening="change_request", closing="change_confirmed")
    waiting = pairs[pairs["closed"].isna()]
    days = (pd.Timestamp(as_of) - waiting["opened"]).dt.days.groupby(waiting["account_id"]).max()
    days = days.reindex(accounts).fillna(0).astype(float)
    return pd.DataFrame({"unconfirmed_change_signal": ramp(days, rule=rules.unconfirmed_change), "unconfirmed_days": days})


def no_backup(accounts: pd.DataFrame, *, single_threaded: pd.Series | None = None) -> pd.DataFrame:
    """Tell where the account hangs on one person, there or with us.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        Indexed by account: ``deputy_id technician_id``, our second and third face.
    single_threaded : Series of float, optional
        1 where fewer than two contacts or roles are active.

    Returns
    -------
    DataFrame
        With the index of `accounts`: ``no_backup_signal``, half for each side, and its parts
        ``single_threaded_flag`` and ``our_backup_missing_flag``; a side that is not measured counts nothing, and NaN where
        neither is. Our side is measured where any account names a deputy or technician.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b] backup contacts; M17, addition A25.

    Examples
    --------
    >>> accounts = pd.DataFrame({"deputy_id": ["M1", None], "technician_id": None}, index=["A", "B"])
    >>> no_backup(accounts, single_threaded=pd.Series({"A": 1.0, "B": 1.0}))["no_backup_signal"].tolist()
    [0.5, 1.0]
    """
    require_columns(accounts, ["deputy_id", "technician_id"], table="accounts")
    named = accounts[["deputy_id", "technician_id"]].notna()
    ours = (~named.any(axis=1)).astype(float).where(pd.Series(bool(named.to_numpy().any()), index=accounts.index))
    theirs = pd.Series(float("nan"), index=accounts.index) if single_threaded is None else single_threaded.reindex(accounts.index)
    signal = (ours.fillna(0) + theirs.fillna(0)) / 2
    parts = {"single_threaded_flag": theirs, "our_backup_missing_flag": ours}
    return pd.DataFrame({"no_backup_signal": signal.where(ours.notna() | theirs.notna()), **parts})


def competitor(events: pd.DataFrame | None, share_rise: pd.Series, *, as_of: date, rules: WarningRules) -> pd.DataFrame:
    """Tell where a rival has quoted lately, or has won share within a year.

    Parameters
    ----------
    events : DataFrame or None
        ``account_id kind date``; None: not supplied.
    share_rise : Series of float
        By how much rivals' share rose in twelve months, indexed by account; blank where it is not dated.
    as_of : date
    rules : WarningRules

    Returns
    -------
    DataFrame
        With the index of `share_rise`: ``competitor_signal`` and its parts ``competitor_quotes_count
        competitor_rise_share``; NaN where neither is measured.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b] poaching by a rival; M17, addition A24.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> events = pd.DataFrame({"account_id": ["A"], "kind": "competitor_quote", "date": pd.to_datetime(["2026-06-01"])})
    >>> rise = pd.Series({"A": None, "B": 0.06, "C": 0.0}, dtype=float)
    >>> competitor(events, rise, as_of=date(2026, 6, 30), rules=load_policy().warning)["competitor_signal"].tolist()
    [1.0, 0.5, 0.0]
    """
    quotes = pd.Series(float("nan"), index=share_rise.index)
    if events is not None:
        require_columns(events, ["account_id", "kind", "date"], table="events")
        lately = events["date"] > pd.Timestamp(as_of - timedelta(days=rules.windows.recent_days))
        found = events[lately & (events["kind"] == "competitor_quote")]
        quotes = found.groupby("account_id").size().reindex(share_rise.index).fillna(0).astype(float)
    rose = (share_rise >= rules.rival_share_rise - 1e-9).astype(float).where(share_rise.notna()) * rules.rival_share_signal
    signal = pd.concat([(quotes > 0).astype(float).where(quotes.notna()), rose], axis=1).max(axis=1)
    parts = {"competitor_quotes_count": quotes, "competitor_rise_share": share_rise}
    return pd.DataFrame({"competitor_signal": signal, **parts})


def renewal(accounts: pd.DataFrame, events: pd.DataFrame, *, as_of: date, rules: WarningRules) -> pd.DataFrame:
    """Tell where a contract runs out and nobody has begun to renew it.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        Indexed by account: ``contract_end``.
    events : DataFrame
        ``account_id kind date``.
    as_of : date
    rules : WarningRules

    Returns
    -------
    DataFrame
        With the index of `accounts`: ``renewal_signal``, 0 at 180 days before the end, 1 from 30 days on until as many
        days after it, and ``contract_days`` left; NaN without a date, or long after it.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    M17, addition A24.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"contract_end": pd.to_datetime(["2026-10-13"])}, index=["A"])
    >>> none = pd.DataFrame({"account_id": [], "kind": [], "date": pd.to_datetime([])})
    >>> renewal(accounts, none, as_of=date(2026, 6, 30), rules=load_policy().warning).iloc[0].tolist()
    [0.5, 105.0]
    """
    require_columns(accounts, ["contract_end"], table="accounts")
    require_columns(events, ["account_id", "kind", "date"], table="events")
    longest = int(rules.renewal.zero)
    days = (accounts["contract_end"] - pd.Timestamp(as_of)).dt.days.astype(float)
    days = days.where(days >= -longest)
    begun = renewal_begun(events, accounts["contract_end"], as_of=as_of, within_days=longest)
    return pd.DataFrame({"renewal_signal": ramp(days, rule=rules.renewal).mask(begun & days.notna(), 0.0), "contract_days": days})
