"""M30: accounts that belong together, rolled up to the root of their group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamlib.checks import require_columns, require_unique
from kamlib.money import exact_sums
from kamlib.selection import concentration

LEAST_MEMBERS = 2
NAMED_MEMBERS = 20


def group_root(accounts: pd.DataFrame) -> pd.Series:
    """Find the account at the head of each account's group, however many parents lie between.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``account_id`` and ``parent_id`` (blank: no parent).

    Returns
    -------
    Series of str
        Named ``group_id``, indexed by ``account_id``: the root's id; an account without a parent is its own root.

    Raises
    ------
    ValueError
        A column is missing, an account stands twice, a parent is no account (naming both), or parents
        run in a circle (naming its members).

    Notes
    -----
    Each step doubles the number of parents that are jumped over, so a chain of n takes log2(n) steps.

    References
    ----------
    M30, ruling F79.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["A", "B", "C"], "parent_id": [None, "A", "B"]}, dtype="str")
    >>> group_root(accounts).to_dict()
    {'A': 'A', 'B': 'A', 'C': 'A'}
    """
    require_columns(accounts, ["account_id", "parent_id"], table="accounts")
    require_unique(accounts["account_id"], name="account_id")
    ids = pd.Index(accounts["account_id"].astype("str"), name="account_id")
    parent = ids.get_indexer(accounts["parent_id"].fillna(accounts["account_id"]).astype("str"))
    lost = np.flatnonzero(parent < 0)
    if len(lost):
        first = accounts.iloc[lost[0]]
        raise ValueError(f"parent {first['parent_id']} of account {first['account_id']} is not in accounts; {len(lost)} parents are not")
    head = parent
    for _ in range(len(ids).bit_length() + 1):
        head = head[head]
    is_root = parent == np.arange(len(ids))
    if not is_root[head].all():
        raise ValueError(f"accounts must not be their own parents: {_circle(ids, parent, int(head[~is_root[head]][0]))}")
    return pd.Series(ids.to_numpy()[head], index=ids, dtype="str", name="group_id")


def group_of(accounts: pd.DataFrame) -> pd.Series:
    """Name the group of each account that has company.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        As `group_root` takes it.

    Returns
    -------
    Series of str
        Named ``group_id``, indexed by ``account_id``: only accounts of a group of two or more, so that mapping
        the rows of any table and dropping the blanks leaves the rows of groups.

    Raises
    ------
    ValueError
        As `group_root`.

    References
    ----------
    M30, ruling F12.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["A", "B", "C"], "parent_id": [None, "A", None]}, dtype="str")
    >>> group_of(accounts).to_dict()
    {'A': 'A', 'B': 'A'}
    """
    root = group_root(accounts)
    return root[root.map(root.value_counts()) >= LEAST_MEMBERS]


def group_concentration(accounts: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Concentration of revenue on groups, and on accounts beside it.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``group_id`` (the root, see `group_root`), ``revenue_amount`` and `by`.
    by : str
        Column whose values are measured; a group that spans two of them counts with its part in each.

    Returns
    -------
    DataFrame
        Indexed by `by`: the columns of `selection.concentration` over groups, but for
        ``active_accounts_count``, which stays the number of accounts; ``active_groups_count``; and the same
        measures over single accounts with the prefix ``single_`` (``single_gini_ratio`` ...).

    Raises
    ------
    ValueError
        A column is missing, or an account names no `by`.

    Notes
    -----
    A customer with twelve account rows hides concentration, so the headline is the group's.

    References
    ----------
    M1, M30, ruling F17.

    Examples
    --------
    >>> accounts = pd.DataFrame({"group_id": ["A", "A", "C"], "revenue_amount": [1.0, 1.0, 2.0], "portfolio": "all"})
    >>> group_concentration(accounts, by="portfolio")[["largest_revenue_share", "single_gini_ratio"]].round(3)
               largest_revenue_share  single_gini_ratio
    portfolio
    all                          0.5              0.167
    """
    require_columns(accounts, ["group_id", by, "revenue_amount"], table="accounts")
    roots = exact_sums(accounts, ["revenue_amount"], by=list(dict.fromkeys([by, "group_id"])))
    of_groups, of_accounts = concentration(roots, by=by), concentration(accounts, by=by)
    active = of_accounts.pop("active_accounts_count")
    beside = of_accounts.add_prefix("single_")
    return of_groups.rename(columns={"active_accounts_count": "active_groups_count"}).assign(active_accounts_count=active).join(beside)


def _circle(ids: pd.Index, parent: np.ndarray, start: int) -> str:
    """Name the members of the circle through an account, the smallest id first, in the order of parents."""
    members = [start]
    while parent[members[-1]] != start:
        members.append(int(parent[members[-1]]))
    names = [str(ids[member]) for member in members]
    first = names.index(min(names))
    turned = [*names[first:], *names[:first]]
    shown = [*turned[:NAMED_MEMBERS], *(["…"] if len(turned) > NAMED_MEMBERS else []), turned[0]]
    return " → ".join(shown)
