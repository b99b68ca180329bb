"""M29: names that give nobody away and stay the same from run to run."""

from __future__ import annotations

import pandas as pd

from kamlib.checks import require_columns


def pseudonyms(contacts: pd.DataFrame) -> pd.Series:
    """Number the contacts of each account within their role, in the order of their ids.

    Parameters
    ----------
    contacts : DataFrame, one row per person
        ``contact_id account_id role``; those who left count too, so that nobody's number changes.

    Returns
    -------
    Series of int
        By contact id: 1, 2, ... within account and role. Role and number are the pseudonym, the same in every edition.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    M29, ruling F82.

    Examples
    --------
    >>> contacts = pd.DataFrame({"contact_id": ["c2", "c1", "c3"], "account_id": "A", "role": ["user", "user", "finance"]})
    >>> pseudonyms(contacts).to_dict()
    {'c1': 1, 'c2': 2, 'c3': 1}
    """
    require_columns(contacts, ["contact_id", "account_id", "role"], table="contacts")
    rows = contacts[["contact_id", "account_id", "role"]].astype("str").sort_values("contact_id", kind="stable")
    numbers = rows.groupby(["account_id", "role"]).cumcount() + 1
    return pd.Series(numbers.to_numpy(), index=pd.Index(rows["contact_id"], name="contact_id"))
