"""M11: how long an account has been with us, and the lifecycle stage that follows."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import ONE_DAY, full_months_between, months_after
from kamlib.policy import LifecycleCuts

LIFECYCLE_STAGES = ("initial", "steady", "deep", "symbiosis")


def tenure_months(accounts: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """Count the full months since an account signed, or first ordered where no signing is known.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        Columns ``signed_on`` and ``first_order_date`` (first positive order, see `kpis.first_order_date`).
    as_of : date

    Returns
    -------
    DataFrame
        With the index of `accounts`: ``tenure_months`` (NaN without a start or before it) and
        ``tenure_months_note`` (``not_yet_signed`` where the start lies after `as_of`).

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b]; M11, ruling F31.

    Examples
    --------
    >>> accounts = pd.DataFrame({"signed_on": pd.to_datetime(["2026-03-31", None, "2026-09-01"]),
    ...                          "first_order_date": pd.to_datetime(["2026-05-02", "2024-06-30", None])})
    >>> tenure_months(accounts, as_of=date(2026, 6, 30))
       tenure_months tenure_months_note
    0            3.0                NaN
    1           24.0                NaN
    2            NaN     not_yet_signed
    """
    require_columns(accounts, ["signed_on", "first_order_date"], table="accounts")
    start = accounts["signed_on"].fillna(accounts["first_order_date"])
    later = start >= pd.Timestamp(as_of + ONE_DAY)
    note = pd.Series("not_yet_signed", index=accounts.index, dtype="str").where(later)
    return pd.DataFrame({"tenure_months": full_months_between(start, as_of), "tenure_months_note": note})


def lifecycle_stage(tenure: pd.Series, *, cuts: LifecycleCuts) -> pd.Series:
    """Name the lifecycle stage that a tenure has reached.

    Parameters
    ----------
    tenure : Series of float
        Full months, as `tenure_months` counts them.
    cuts : LifecycleCuts
        Months from which the stages begin.

    Returns
    -------
    Series of str
        Named ``lifecycle_stage``: initial, steady, deep or symbiosis; blank where the tenure is.

    References
    ----------
    [S2b] the four lifecycle stages; M11.

    Examples
    --------
    >>> cuts = LifecycleCuts(steady_from_months=3, deep_from_months=12, symbiosis_from_months=36)
    >>> lifecycle_stage(pd.Series([0.0, 3.0, 12.0, 36.0, None]), cuts=cuts).tolist()
    ['initial', 'steady', 'deep', 'symbiosis', nan]
    """
    begins = [cuts.steady_from_months, cuts.deep_from_months, cuts.symbiosis_from_months]
    names = np.array(LIFECYCLE_STAGES)[np.searchsorted(begins, tenure, side="right")]
    return pd.Series(names, index=tenure.index, dtype="str", name="lifecycle_stage").where(tenure.notna())


def stage_entries(starts: pd.Series, *, cuts: LifecycleCuts) -> pd.DataFrame:
    """Give the day on which an account enters each lifecycle stage.

    Parameters
    ----------
    starts : Series of datetime64
        Day of signing, else of the first positive order.
    cuts : LifecycleCuts
        Months from which the stages begin.

    Returns
    -------
    DataFrame of datetime64
        With the index of `starts`, a column per stage: the first day whose tenure has reached it; blank
        where there is no start.

    References
    ----------
    [S2b]; M11, ruling F31.

    Examples
    --------
    >>> cuts = LifecycleCuts(steady_from_months=3, deep_from_months=12, symbiosis_from_months=36)
    >>> stage_entries(pd.Series(pd.to_datetime(["2025-11-30"])), cuts=cuts).iloc[0].dt.strftime("%Y-%m-%d").tolist()
    ['2025-11-30', '2026-02-28', '2026-11-30', '2028-11-30']
    """
    begins = [0, cuts.steady_from_months, cuts.deep_from_months, cuts.symbiosis_from_months]
    days = starts.dt.normalize().to_numpy().astype("datetime64[D]")
    entered = {stage: _filled(days, n).astype("datetime64[s]") for stage, n in zip(LIFECYCLE_STAGES, begins, strict=True)}
    return pd.DataFrame(entered, index=starts.index)


def _filled(starts: np.ndarray, months: int) -> np.ndarray:
    """Return the first day so many full months after each start: a start on 30 November fills a month on 30 December."""
    later = months_after(starts, months)
    begins, began = (days.astype("datetime64[M]").astype("datetime64[D]") for days in (later, starts))
    return begins + np.minimum(later - begins, starts - began)
