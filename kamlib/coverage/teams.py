"""M22: the team that a tier needs, one face to the customer, and an owner for every incident."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import trailing_window
from kamlib.playbook import playbook
from kamlib.policy import CoverageHours

HELD_BY = {"manager": "manager_id", "adviser": "manager_id", "technician": "technician_id", "executive": "executive_line_flag"}


def missing_roles(accounts: pd.DataFrame) -> pd.Series:
    """Name the roles that an account's tier asks for and nobody holds.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``tier manager_id technician_id executive_line_flag``; a line that is open (1) stands for the executive.

    Returns
    -------
    Series of str
        Named ``missing_roles``: roles parted by blanks, empty where the team is whole, blank without a tier.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b], [S4c]; M5, M22, ruling F18, addition A27.

    Examples
    --------
    >>> accounts = pd.DataFrame({"tier": ["strategic"], "manager_id": ["M1"], "technician_id": [None], "executive_line_flag": [0.0]})
    >>> missing_roles(accounts).tolist()
    ['executive technician']
    """
    require_columns(accounts, ["tier", "manager_id", "technician_id", "executive_line_flag"], table="accounts")
    held = {role: (accounts[column] == 1 if column.endswith("_flag") else accounts[column].notna()) for role, column in HELD_BY.items()}
    teams = {tier: entry["team"] for tier, entry in playbook("tiers").items()}
    rows = []
    for place, tier in zip(accounts.index, accounts["tier"], strict=True):
        rows.append(" ".join(role for role in teams[tier] if not held[role][place]) if isinstance(tier, str) else None)
    return pd.Series(rows, index=accounts.index, dtype="str", name="missing_roles")


def uncoordinated_touches(interactions: pd.DataFrame, managers: pd.Series, *, as_of: date, rules: CoverageHours) -> pd.Series:
    """Count the times when two of our people went to an account within a week and its manager was not among them.

    Parameters
    ----------
    interactions : DataFrame, one row per touch
        ``account_id date our_person_id``; touches of nobody in particular are left out.
    managers : Series of str
        Manager of each account.
    as_of : date
    rules : CoverageHours

    Returns
    -------
    Series of float
        Named ``uncoordinated_count``, indexed like `managers`: over twelve months; NaN where no touch of the account names a person.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    A time is a pair of touches by different people, neither the manager, a week apart at most, with no touch of the manager from the
    first to the last.

    References
    ----------
    [S3], [S4a] single interface; addition A15.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> days = pd.to_datetime(["2026-05-01", "2026-05-06", "2026-05-20"])
    >>> touches = pd.DataFrame({"account_id": "A", "date": days, "our_person_id": ["P1", "P2", "P1"]})
    >>> uncoordinated_touches(touches, pd.Series({"A": "M1"}), as_of=date(2026, 6, 30), rules=load_policy().coverage_hours).tolist()
    [1.0]
    """
    require_columns(interactions, ["account_id", "date", "our_person_id"], table="interactions")
    inside = trailing_window(as_of).contains(interactions["date"]) & interactions["our_person_id"].notna()
    touches = interactions.loc[inside, ["account_id", "date", "our_person_id"]].astype({"account_id": "str", "our_person_id": "str"})
    is_manager = touches["our_person_id"] == touches["account_id"].map(managers)
    others, own = touches[~is_manager], touches[is_manager]
    pairs = others.merge(others, on="account_id", suffixes=("", "_later"))
    week = pd.Timedelta(days=rules.joint_days)
    pairs = pairs[(pairs["our_person_id"] < pairs["our_person_id_later"]) & ((pairs["date_later"] - pairs["date"]).abs() <= week)]
    first, last = pairs[["date", "date_later"]].min(axis=1), pairs[["date", "date_later"]].max(axis=1)
    spans = pairs.assign(number=range(len(pairs)), first=first, last=last)
    among = spans.merge(own[["account_id", "date"]].rename(columns={"date": "met"}), on="account_id")
    joined = set(among.loc[(among["met"] >= among["first"]) & (among["met"] <= among["last"]), "number"])
    alone = spans[~spans["number"].isin(joined)].groupby("account_id").size()
    named = touches["account_id"].unique()
    return alone.reindex(managers.index).fillna(0.0).where(managers.index.isin(named)).astype(float).rename("uncoordinated_count")


def incident_owners(levels: pd.Series) -> pd.DataFrame:
    """List who owns each kind of incident before it happens, and which kinds nobody owns.

    Parameters
    ----------
    levels : Series of float
        Of the company's assessed items ``incident.<kind>``: 1 or more where an owner is named in writing; others are ignored.

    Returns
    -------
    DataFrame
        Indexed by kind: ``role`` that should own it, ``second`` line beside it, ``is_owned`` (1, 0 or blank where nobody looked).

    References
    ----------
    [S3]; M22, addition A27.

    Examples
    --------
    >>> incident_owners(pd.Series({"incident.network": 1.0}))["is_owned"].notna().sum()
    np.int64(1)
    """
    kinds = playbook("coverage")["incidents"]
    owned = [levels.get(f"incident.{entry['id']}") for entry in kinds]
    found = {"role": [entry["role"] for entry in kinds], "second": [entry["second"] for entry in kinds]}
    flags = [float("nan") if level is None or level != level else float(level >= 1) for level in owned]
    return pd.DataFrame(found | {"is_owned": flags}, index=pd.Index([entry["id"] for entry in kinds], name="kind"))
