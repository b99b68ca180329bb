"""M13: the three phases of a relationship, how deep we are built in, and what each buys from the other."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns, require_within
from kamlib.money import exact_sums
from kamlib.periods import trailing_window
from kamlib.policy import PhaseCuts

PHASES = ("build", "stable", "strengthen")
PHASE_OF_STAGE = {1.0: "build", 2.0: "stable", 3.0: "strengthen", 4.0: "strengthen"}
EMBEDDING_ITEM = "embedding.level"
MOST_EMBEDDED = 6


def phase(stage_number: pd.Series, tenure_months: pd.Series, *, cuts: PhaseCuts) -> pd.DataFrame:
    """Name the phase of each relationship: by its stage, by tenure where it is not staged.

    Parameters
    ----------
    stage_number : Series of float
        Of the relationship, 1 to 4; blank where not staged.
    tenure_months : Series of float
        Full months, with the same index.
    cuts : PhaseCuts
        Months from which the later phases begin.

    Returns
    -------
    DataFrame
        ``phase`` (build, stable or strengthen; blank where neither is known) and ``phase_note`` (``by_tenure``).

    Notes
    -----
    The mapping of stages to phases is kamlib's own and not validated.

    References
    ----------
    [S3] the three phases; M13, rulings F38, F39.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> phase(pd.Series([2.0, None]), pd.Series([50.0, 40.0]), cuts=load_policy().phase)
            phase phase_note
    0      stable        NaN
    1  strengthen  by_tenure
    """
    begins = [cuts.stable_from_months, cuts.strengthen_from_months]
    by_tenure = pd.Series(np.array(PHASES)[np.searchsorted(begins, tenure_months, side="right")], index=tenure_months.index, dtype="str")
    by_tenure = by_tenure.where(tenure_months.notna())
    staged = stage_number.map(PHASE_OF_STAGE).astype("str")
    note = pd.Series("by_tenure", index=staged.index, dtype="str").where(staged.isna() & by_tenure.notna())
    return pd.DataFrame({"phase": staged.fillna(by_tenure), "phase_note": note})


def reciprocity(purchases: pd.DataFrame, revenue: pd.Series, *, as_of: date, by: str = "account_id") -> pd.DataFrame:
    """Compare what we buy from an account with what it buys from us, over twelve months.

    Parameters
    ----------
    purchases : DataFrame, one row per purchase of ours
        `by`, ``date amount``; who is not in it sold us nothing.
    revenue : Series of float
        What each buys from us in the same months, indexed by `by`.
    as_of : date
    by : str

    Returns
    -------
    DataFrame
        With the index of `revenue`: ``reciprocity_ratio`` (NaN where they buy nothing) and ``purchased_amount``.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S3] each the other's customer; M13, rulings F3, F39.

    Examples
    --------
    >>> bought = pd.DataFrame({"account_id": ["A"], "date": pd.to_datetime(["2026-01-05"]), "amount": [30.0]})
    >>> reciprocity(bought, pd.Series([120.0, 50.0, -1.0], index=["A", "B", "C"]), as_of=date(2026, 6, 30))["reciprocity_ratio"].tolist()
    [0.25, 0.0, nan]
    """
    require_columns(purchases, [by, "date", "amount"], table="purchases_from")
    year = purchases[trailing_window(as_of).contains(purchases["date"])]
    bought = exact_sums(year, ["amount"], by=by)["amount"].reindex(revenue.index).fillna(0.0)
    return pd.DataFrame({"reciprocity_ratio": bought / revenue.where(revenue > 0), "purchased_amount": bought})


def embedding_level(levels: pd.Series) -> pd.Series:
    """Return the rung of the embedding ladder, from 0 (vendor) to 6 (seats on boards).

    Parameters
    ----------
    levels : Series of float
        Assessed, blank where nobody did.

    Returns
    -------
    Series of float
        Named ``embedding_level``.

    Raises
    ------
    ValueError
        A level lies outside 0 to 6.

    References
    ----------
    [S3]; M13.

    Examples
    --------
    >>> embedding_level(pd.Series([0.0, 6.0, None])).tolist()
    [0.0, 6.0, nan]
    """
    require_within(levels.dropna(), 0, MOST_EMBEDDED, name="embedding_level")
    return levels.rename("embedding_level")
