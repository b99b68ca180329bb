"""A14: whether our time goes to those who decide, and how it is split between new accounts and old."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import trailing_window
from kamlib.policy import StakeholderRules


def effort_on_deciders(
    interactions: pd.DataFrame, contacts: pd.DataFrame, *, as_of: date, rules: StakeholderRules, by: str = "account_id"
) -> pd.DataFrame:
    """Share of a year's touches that went to contacts of much influence, by minutes where every touch has them.

    Parameters
    ----------
    interactions : DataFrame, one row per touch
        `by`, ``contact_id date minutes``.
    contacts : DataFrame
        ``contact_id influence``, whether or not they are still there.
    as_of : date
    rules : StakeholderRules
        From which influence on a contact decides.
    by : str
        Column whose values are measured.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``decider_effort_share`` in [0, 1] with its parts ``decider_effort known_effort``; NaN where no
        touch names a contact whose influence is known.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S4b] outer circle of people; A14.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> touches = pd.DataFrame({"account_id": "A", "contact_id": ["c1", "c2"], "minutes": [90.0, 30.0],
    ...                         "date": pd.to_datetime("2026-06-01")})
    >>> contacts = pd.DataFrame({"contact_id": ["c1", "c2"], "influence": [2.0, 5.0]})
    >>> effort_on_deciders(touches, contacts, as_of=date(2026, 6, 30), rules=load_policy().stakeholders)["decider_effort_share"].tolist()
    [0.25]
    """
    require_columns(interactions, [by, "contact_id", "date", "minutes"], table="interactions")
    require_columns(contacts, ["contact_id", "influence"], table="contacts")
    year = interactions[trailing_window(as_of).contains(interactions["date"])]
    influence = year["contact_id"].map(contacts.set_index("contact_id")["influence"])
    named = year[influence.notna()]
    effort = named["minutes"] if named["minutes"].notna().all() else pd.Series(1.0, index=named.index)
    owner = named[by].astype("str")
    known = effort.groupby(owner).sum()
    decider = effort.where(influence >= rules.decider_influence, 0.0).groupby(owner).sum()
    parts = {"decider_effort": decider, "known_effort": known, "decider_effort_share": decider / known.where(known > 0)}
    return pd.DataFrame(parts).rename_axis(by)


def effort_on_new(interactions: pd.DataFrame, tenure: pd.Series, *, as_of: date, rules: StakeholderRules, by: str) -> pd.DataFrame:
    """Share of a year's touches that went to accounts younger than a year, by minutes where every touch has them.

    Parameters
    ----------
    interactions : DataFrame, one row per touch
        ``account_id date minutes`` and `by`.
    tenure : Series of float
        Full months with us, by account; a touch of an account without is left out.
    as_of : date
    rules : StakeholderRules
        Below which tenure an account is new.
    by : str
        manager_id, portfolio, …

    Returns
    -------
    DataFrame
        Indexed by `by`: ``new_effort_share`` in [0, 1] with its parts ``new_effort all_effort``; NaN without touches.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S4a] balance of winning and keeping; A14.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> touches = pd.DataFrame({"account_id": ["A", "B"], "all": "x", "minutes": [30.0, 90.0], "date": pd.to_datetime("2026-06-01")})
    >>> rules = load_policy().stakeholders
    >>> effort_on_new(touches, pd.Series({"A": 4.0, "B": 40.0}), as_of=date(2026, 6, 30), rules=rules, by="all")["new_effort_share"].item()
    0.25
    """
    require_columns(interactions, ["account_id", by, "date", "minutes"], table="interactions")
    year = interactions[trailing_window(as_of).contains(interactions["date"])]
    months = year["account_id"].astype("str").map(tenure)
    known = year[months.notna()]
    effort = known["minutes"] if known["minutes"].notna().all() else pd.Series(1.0, index=known.index)
    owner = known[by].astype("str")
    total = effort.groupby(owner).sum()
    new = effort.where(months < rules.new_below_months, 0.0).groupby(owner).sum()
    parts = {"new_effort": new, "all_effort": total, "new_effort_share": new / total.where(total > 0)}
    return pd.DataFrame(parts).rename_axis(by)
