"""What the portfolio review counts: pure tables of the account-level scores, the largest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamlib.selection import head_count, reached

NAMED_IN_CELL = 5
SUMS = ["revenue_amount", "revenue_prior_amount"]


def by_class(accounts: pd.DataFrame, column: str, *, order: Sequence) -> pd.DataFrame:
    """Count accounts and revenue per class of one classification.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        `column`, ``revenue_amount``, ``revenue_prior_amount``; a blank class is counted in the last row.
    column : str
        A classification, such as ``tier``.
    order : sequence
        Its classes, as they are to be listed.

    Returns
    -------
    DataFrame
        Indexed by class (the last row, blank, holds accounts without one): ``accounts_count accounts_share
        revenue_amount revenue_share revenue_prior_amount growth_rate`` (NaN without a positive base); shares are of
        the revenue of active accounts, as in the measures of concentration.

    Examples
    --------
    >>> accounts = pd.DataFrame({"tier": ["key", "key", None], "revenue_amount": [3.0, 1.0, 0.0], "revenue_prior_amount": 1.0})
    >>> by_class(accounts, "tier", order=["key", "none"])[["accounts_count", "revenue_share"]].to_numpy().tolist()
    [[2.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    """
    classes = accounts[column].astype(object).where(accounts[column].notna(), None)
    places = [*order, None]
    masks = [classes.isna() if place is None else classes == place for place in places]
    found = pd.DataFrame([{"accounts_count": float(mask.sum()), **accounts.loc[mask, SUMS].sum()} for mask in masks], index=places)
    count, revenue, prior = found["accounts_count"].sum(), active_revenue(accounts), found["revenue_prior_amount"]
    return found.assign(
        accounts_share=found["accounts_count"] / count if count else np.nan,
        revenue_share=found["revenue_amount"] / revenue if revenue > 0 else np.nan,
        growth_rate=found["revenue_amount"] / prior.where(prior > 0) - 1,
    )


def by_heads(accounts: pd.DataFrame, *, shares: Sequence[float]) -> pd.DataFrame:
    """Count active accounts and revenue in bands by number of customers, the largest customers first.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``revenue_amount``; only positive amounts are active.
    shares : sequence of float
        Upper ends of the bands as shares of the active accounts, ascending, the last 1.

    Returns
    -------
    DataFrame
        Indexed by upper end: ``accounts_count revenue_amount revenue_share``.

    References
    ----------
    Ruling F19: the operator's ABC is a cut by number of customers.

    Examples
    --------
    >>> by_heads(pd.DataFrame({"revenue_amount": [6.0, 3.0, 1.0, 0.0]}), shares=[0.1, 1.0])["revenue_share"].tolist()
    [0.6, 0.4]
    """
    active = accounts.loc[accounts["revenue_amount"] > 0, "revenue_amount"].sort_values(ascending=False)
    ends = [head_count(len(active), share) for share in shares]
    bands = [active.iloc[low:high] for low, high in zip([0, *ends], ends, strict=False)]
    found = pd.DataFrame({"accounts_count": [float(len(band)) for band in bands], "revenue_amount": [band.sum() for band in bands]})
    return found.assign(revenue_share=found["revenue_amount"] / active.sum() if len(active) else np.nan).set_index(pd.Index(shares))


def cells(accounts: pd.DataFrame) -> dict[tuple[str, str], dict]:
    """Return for each cell of the value-potential matrix its accounts: count, revenue, the names of the largest.

    Examples
    --------
    >>> accounts = pd.DataFrame({"name": ["X", "Y"], "value_class": "top", "potential_class": "high", "revenue_amount": [1.0, 2.0]})
    >>> cells(accounts)[("top", "high")]
    {'accounts_count': 2, 'revenue_amount': 3.0, 'names': ['Y', 'X']}
    """
    ordered = largest_first(accounts, "revenue_amount").dropna(subset=["value_class", "potential_class"])
    return {
        key: {
            "accounts_count": len(rows),
            "revenue_amount": float(rows["revenue_amount"].sum()),
            "names": rows["name"].head(NAMED_IN_CELL).tolist(),
        }
        for key, rows in ordered.groupby(["value_class", "potential_class"], observed=True)
    }


def movers(accounts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the accounts that gained revenue over the year before and those that lost some, the largest change first.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["A", "B"], "revenue_amount": [3.0, 1.0], "revenue_prior_amount": [1.0, 2.0]})
    >>> [side["change_amount"].tolist() for side in movers(accounts)]
    [[2.0], [-1.0]]
    """
    change = accounts["revenue_amount"].fillna(0.0) - accounts["revenue_prior_amount"].fillna(0.0)
    moved = largest_first(accounts.assign(change_amount=change, size=change.abs()), "size").drop(columns="size")
    return moved[moved["change_amount"] > 0], moved[moved["change_amount"] < 0]


def stakes(accounts: pd.DataFrame, *, shrunk_share: float, dormant_days: float) -> dict[str, float]:
    """Sum up what is going: who stopped, who has not ordered for so long, who shrank, large accounts whose demand declines.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``revenue_amount revenue_prior_amount last_order_days value_class potential_class``.
    shrunk_share : float
        Part of the year before by which an account buys less, or more than that.
    dormant_days : float
        Days without an order beyond which an account with revenue counts as dormant.

    Returns
    -------
    dict of str to float
        ``stopped_count stopped_amount`` (revenue of the year before), ``dormant_count dormant_amount`` (revenue of
        twelve months), ``shrunk_count shrunk_amount`` (what they buy less), ``declining_count declining_amount``
        (revenue of value ``top``, potential ``declining``).

    Examples
    --------
    >>> accounts = pd.DataFrame({"revenue_amount": [0.0, 5.0], "revenue_prior_amount": [4.0, 8.0], "value_class": [None, "top"],
    ...                          "potential_class": [None, "declining"], "last_order_days": [400.0, 93.0]})
    >>> found = stakes(accounts, shrunk_share=0.1, dormant_days=92)
    >>> found["shrunk_amount"], found["stopped_amount"], found["dormant_count"]
    (3.0, 4.0, 1.0)
    """
    now, then = accounts["revenue_amount"].fillna(0.0), accounts["revenue_prior_amount"].fillna(0.0)
    stopped = (now <= 0) & (then > 0)
    shrunk = (now > 0) & reached(1 - now / then.where(then > 0), shrunk_share)
    declining = (accounts["value_class"] == "top") & (accounts["potential_class"] == "declining")
    dormant = (now > 0) & (accounts["last_order_days"] > dormant_days)
    found = {"stopped": (stopped, then), "dormant": (dormant, now), "shrunk": (shrunk, then - now), "declining": (declining, now)}
    counts = {f"{name}_count": float(mask.sum()) for name, (mask, _) in found.items()}
    return counts | {f"{name}_amount": float(amounts[mask].sum()) for name, (mask, amounts) in found.items()}


def active_revenue(accounts: pd.DataFrame) -> float:
    """Return the revenue of the accounts that have any: what shares are taken of."""
    return float(accounts["revenue_amount"].clip(lower=0).sum())


def largest_first(accounts: pd.DataFrame, column: str) -> pd.DataFrame:
    """Sort by an amount, the largest first; equals in the order of the frame, blanks last."""
    return accounts.sort_values(column, ascending=False, kind="stable", na_position="last")
