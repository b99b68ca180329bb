"""How much of the revenue hangs on how few accounts."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_units, require_groups
from kamlib.selection.ranks import head_count, least_units


def lorenz_curve(revenue: pd.Series) -> pd.DataFrame:
    """Cumulative share of revenue against the cumulative share of active accounts, smallest first.

    Parameters
    ----------
    revenue : Series of float
        Amount per account; only positive amounts count.

    Returns
    -------
    DataFrame
        Columns ``accounts_share`` and ``revenue_share``, from (0, 0) to (1, 1); empty if nobody is active.

    References
    ----------
    M1; L: Lorenz 1905.

    Examples
    --------
    >>> lorenz_curve(pd.Series([3.0, 1.0])).to_numpy().tolist()
    [[0.0, 0.0], [0.5, 0.25], [1.0, 1.0]]
    """
    units = np.sort(_positive(revenue))
    if not len(units):
        return pd.DataFrame({"accounts_share": [], "revenue_share": []}, dtype=float)
    held = np.concatenate([[0], units.cumsum()])
    return pd.DataFrame({"accounts_share": np.arange(len(held)) / len(units), "revenue_share": held / held[-1]})


def gini_ratio(revenue: pd.Series) -> float:
    """How unequally revenue is spread: 0 if all accounts are equal, near 1 if one holds everything.

    Parameters
    ----------
    revenue : Series of float
        Amount per account; only positive amounts count.

    Returns
    -------
    float
        In [0, 1), not corrected for the number of accounts; NaN if nobody is active.

    Notes
    -----
    G = 2 * sum(i * x_i) / (n * sum(x)) - (n + 1) / n over ascending x.

    References
    ----------
    M1, ruling F16; L: Gini 1912.

    Examples
    --------
    >>> gini_ratio(pd.Series([3.0, 1.0]))
    0.25
    """
    units = np.sort(_positive(revenue)).astype(float)
    count = len(units)
    if not count:
        return math.nan
    steps = 2 * np.arange(1, count + 1) - count - 1  # the written formula, gathered so that equals give exactly 0
    return math.fsum(steps * units) / (count * math.fsum(units))


def hhi_ratio(revenue: pd.Series) -> float:
    """Sum of the squared revenue shares: 1 / n if all are equal, 1 for a sole account.

    Parameters
    ----------
    revenue : Series of float
        Amount per account; only positive amounts count.

    Returns
    -------
    float
        In (0, 1]; NaN if nobody is active. Its inverse is the effective number of accounts.

    References
    ----------
    M1; L: Herfindahl-Hirschman.

    Examples
    --------
    >>> hhi_ratio(pd.Series([3.0, 1.0]))
    0.625
    """
    units = _positive(revenue).astype(float)
    return math.fsum((units / math.fsum(units)) ** 2) if len(units) else math.nan


def top_revenue_share(revenue: pd.Series, *, accounts_share: Decimal) -> float:
    """Share of revenue that the largest part of the active accounts holds (the view by heads).

    Parameters
    ----------
    revenue : Series of float
        Amount per account; only positive amounts count.
    accounts_share : Decimal
        Part of the accounts, such as ``Decimal("0.10")``; rounded up to whole accounts.

    Returns
    -------
    float
        In (0, 1]; NaN if nobody is active.

    References
    ----------
    [S4a] 10 % of the customers made 38 %; rulings F16, F19.

    Examples
    --------
    >>> top_revenue_share(pd.Series([6.0, 3.0, 1.0]), accounts_share=Decimal("0.10"))
    0.6
    """
    units = np.sort(_positive(revenue))[::-1]
    return float(units[: head_count(len(units), accounts_share)].sum() / units.sum()) if len(units) else math.nan


def accounts_for_share_count(revenue: pd.Series, *, revenue_share: Decimal) -> float:
    """Smallest number of accounts that together hold a share of revenue.

    Parameters
    ----------
    revenue : Series of float
        Amount per account; only positive amounts count.
    revenue_share : Decimal
        Such as ``Decimal("0.80")``.

    Returns
    -------
    float
        A whole number; NaN if nobody is active.

    References
    ----------
    Ruling F16.

    Examples
    --------
    >>> accounts_for_share_count(pd.Series([80.0, 15.0, 5.0]), revenue_share=Decimal("0.80"))
    1.0
    """
    units = np.sort(_positive(revenue))[::-1]
    if not len(units):
        return math.nan
    return float((units.cumsum() < least_units(revenue_share, units)).sum() + 1)


def concentration(accounts: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Concentration of revenue per manager, group or portfolio.

    Parameters
    ----------
    accounts : DataFrame, one row per account (or group root, F17)
        Columns ``revenue_amount`` and `by`.
    by : str
        Column whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``active_accounts_count gini_ratio hhi_ratio effective_accounts_count
        largest_revenue_share top10_revenue_share top20_revenue_share accounts_for_80_count``;
        NaN where nobody is active.

    Raises
    ------
    ValueError
        A column is missing, or an account names no `by`.

    References
    ----------
    [S2a], [S4a]; M1, rulings F12, F16, F17.

    Examples
    --------
    >>> accounts = pd.DataFrame({"portfolio": ["all"] * 3, "revenue_amount": [6.0, 3.0, 1.0]})
    >>> concentration(accounts, by="portfolio")[["hhi_ratio", "accounts_for_80_count"]].round(2)
               hhi_ratio  accounts_for_80_count
    portfolio
    all             0.46                    2.0
    """
    require_columns(accounts, [by, "revenue_amount"], table="accounts")
    require_groups(accounts, [by])
    rows = {key: _concentration(revenue) for key, revenue in accounts.groupby(by, observed=True)["revenue_amount"]}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(_concentration(pd.Series([1.0])))).rename_axis(by)


def _concentration(revenue: pd.Series) -> dict[str, float]:
    hhi, units = hhi_ratio(revenue), _positive(revenue)
    return {
        "active_accounts_count": float(len(units)),
        "gini_ratio": gini_ratio(revenue),
        "hhi_ratio": hhi,
        "effective_accounts_count": 1 / hhi,
        "largest_revenue_share": float((units / units.sum()).max()) if len(units) else math.nan,
        "top10_revenue_share": top_revenue_share(revenue, accounts_share=Decimal("0.10")),
        "top20_revenue_share": top_revenue_share(revenue, accounts_share=Decimal("0.20")),
        "accounts_for_80_count": accounts_for_share_count(revenue, revenue_share=Decimal("0.80")),
    }


def _positive(revenue: pd.Series) -> np.ndarray:
    units = exact_units(revenue).to_numpy()
    return units[units > 0]
