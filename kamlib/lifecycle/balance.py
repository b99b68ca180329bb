"""A17, A19: whether care went on after the signing, and whether the customer knows its complaint line."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import full_months_between, months_after, trailing_window

FIRST_MONTHS = 3
LIGHT_SHARE = 0.5
SLACK = 1e-9


def care_after_signing(interactions: pd.DataFrame, starts: pd.Series, *, as_of: date) -> pd.DataFrame:
    """Compare the touches a month of the first three months with those since: heavy signing, light care.

    Parameters
    ----------
    interactions : DataFrame, one row per touch
        ``account_id date``.
    starts : Series of datetime64
        Day of signing, else of the first order, by account.
    as_of : date

    Returns
    -------
    DataFrame
        Indexed like `starts`: ``first_touches_ratio later_touches_ratio`` (touches a month) and ``light_care_flag``: 1 where
        the later are fewer than half of the first; NaN before the fourth full month, or where the touches are not recorded from
        the start on.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b]; M11, addition A17.

    Examples
    --------
    >>> days = pd.to_datetime(["2026-01-05", "2026-01-20", "2026-02-10", "2026-05-04"])
    >>> touches = pd.DataFrame({"account_id": "A", "date": days})
    >>> care_after_signing(touches, pd.Series(pd.to_datetime(["2026-01-05"]), index=["A"]), as_of=date(2026, 6, 30)).iloc[0].tolist()
    [1.0, 0.5, 0.0]
    """
    require_columns(interactions, ["account_id", "date"], table="interactions")
    months = full_months_between(starts, as_of)
    turn = pd.Series(months_after(starts.to_numpy().astype("datetime64[D]"), FIRST_MONTHS).astype("datetime64[s]"), index=starts.index)
    known = interactions[interactions["date"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)]
    owner = known["account_id"].astype("str")
    begin, middle = owner.map(starts), owner.map(turn)
    early = ((known["date"] >= begin) & (known["date"] < middle)).groupby(owner).sum().reindex(starts.index).fillna(0)
    late = (known["date"] >= middle).groupby(owner).sum().reindex(starts.index).fillna(0)
    counted = (months > FIRST_MONTHS) & (starts >= interactions["date"].min())
    first = (early / FIRST_MONTHS).where(counted)
    later = (late / (months - FIRST_MONTHS)).where(counted)
    light = (later < LIGHT_SHARE * first * (1 - SLACK)).astype(float).where(counted)
    return pd.DataFrame({"first_touches_ratio": first, "later_touches_ratio": later, "light_care_flag": light})


def complaint_line_told(events: pd.DataFrame, accounts: pd.Index, *, as_of: date) -> pd.Series:
    """Tell whether the customer was told its second complaint line within twelve months.

    Parameters
    ----------
    events : DataFrame, one row per event
        ``account_id date kind``.
    accounts : Index of str
    as_of : date

    Returns
    -------
    Series of float
        Named ``complaint_line_flag``: 1 or 0.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S3]; M13, addition A19.

    Examples
    --------
    >>> events = pd.DataFrame({"account_id": ["A"], "date": pd.to_datetime(["2026-01-05"]), "kind": ["complaint_line_told"]})
    >>> complaint_line_told(events, pd.Index(["A", "B"]), as_of=date(2026, 6, 30)).tolist()
    [1.0, 0.0]
    """
    require_columns(events, ["account_id", "date", "kind"], table="events")
    told = events[(events["kind"] == "complaint_line_told") & trailing_window(as_of).contains(events["date"])]
    return pd.Series(accounts.isin(told["account_id"].astype("str")).astype(float), index=accounts, name="complaint_line_flag")
