"""M9: coverage of the decision chain, support in it, single-threaded accounts and the executive line."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import trailing_window
from kamlib.policy import StakeholderRules

ROLES = ("procurement", "user", "technical", "finance", "executive")
STRONGEST_ATTITUDE = 2
CONTACT_COLUMNS = ("contact_id", "account_id", "role", "influence", "attitude", "left_on")


def met_contacts(contacts: pd.DataFrame, interactions: pd.DataFrame | None, *, as_of: date, months: int) -> pd.DataFrame:
    """Say of each contact who is still there whether anybody of us met them lately.

    Parameters
    ----------
    contacts : DataFrame, one row per contact
        ``contact_id account_id role influence attitude left_on``; other columns are kept.
    interactions : DataFrame or None
        ``contact_id date``; a touch that names nobody counts for no contact. None: nobody wrote touches down.
    as_of : date
        A contact who left on or before it is not there.
    months : int
        How long a touch counts.

    Returns
    -------
    DataFrame
        The contacts present, with ``met``: True or False, missing where `interactions` is None.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2b], [S4c]; M9, ruling F29.

    Examples
    --------
    >>> contacts = pd.DataFrame({"contact_id": ["c1", "c2"], "account_id": "A", "role": "user", "influence": 3.0, "attitude": 0.0,
    ...                          "left_on": pd.to_datetime([None, "2026-05-31"])})
    >>> touches = pd.DataFrame({"contact_id": ["c1"], "date": pd.to_datetime(["2026-04-02"])})
    >>> met_contacts(contacts, touches, as_of=date(2026, 6, 30), months=6)[["contact_id", "met"]]
      contact_id   met
    0         c1  True
    """
    require_columns(contacts, CONTACT_COLUMNS, table="contacts")
    present = contacts[~(contacts["left_on"] <= pd.Timestamp(as_of))]
    if interactions is None:
        return present.assign(met=pd.array([None] * len(present), dtype="boolean"))
    require_columns(interactions, ["contact_id", "date"], table="interactions")
    lately = interactions[trailing_window(as_of, months).contains(interactions["date"])]
    return present.assign(met=present["contact_id"].isin(lately["contact_id"].dropna()).astype("boolean"))


def decision_chain(
    contacts: pd.DataFrame, interactions: pd.DataFrame | None, *, as_of: date, rules: StakeholderRules, by: str = "account_id"
) -> pd.DataFrame:
    """Measure how much of an account's decision chain we know and have behind us.

    Parameters
    ----------
    contacts : DataFrame, one row per contact
        As for `met_contacts`, with `by`.
    interactions : DataFrame or None
        ``contact_id date kind`` and `by`.
    as_of : date
    rules : StakeholderRules
        How long a touch counts, and how few contacts are too few.
    by : str
        Column whose values are measured.

    Returns
    -------
    DataFrame
        Indexed by `by`, a row for each that has or had a contact: ``known_contacts_count active_contacts_count
        active_roles_count``; ``role_coverage_share`` of the five roles; ``influence_coverage_share`` with its parts
        ``influence_met influence_known``; ``support_ratio`` in [-1, 1] with ``support_sum support_most``;
        ``single_threaded_flag`` and ``executive_line_flag``, 1 or 0. NaN where no touch is written down, where nobody
        present has an influence, or, for support, an attitude.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Active = present and met. Influence coverage = sum of influence of contacts met / sum of influence. Support =
    sum of influence * attitude / (2 * sum of influence), met or not. Single-threaded = fewer than two active contacts
    or fewer than two roles among them. The executive line is open after an executive meeting within the time.

    References
    ----------
    [S2b] decision chain, [S4b], [S4c]; M9, rulings F3, F29.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> contacts = pd.DataFrame({"contact_id": list("abcd"), "account_id": "A", "role": ["executive", "finance", "user", "user"],
    ...                          "influence": [5.0, 4, 3, 5], "attitude": [2.0, -1, 1, 0], "left_on": pd.NaT})
    >>> touches = pd.DataFrame({"account_id": "A", "contact_id": list("abc"), "kind": "visit", "date": pd.to_datetime("2026-06-01")})
    >>> chain = decision_chain(contacts, touches, as_of=date(2026, 6, 30), rules=load_policy().stakeholders)
    >>> chain[["influence_coverage_share", "support_ratio", "single_threaded_flag"]].round(3)
                influence_coverage_share  support_ratio  single_threaded_flag
    account_id
    A                              0.706          0.265                   0.0
    """
    people = met_contacts(contacts, interactions, as_of=as_of, months=rules.met_months)
    counted = {
        "known_contacts_count": _sum(people, by, pd.Series(1.0, index=people.index)),
        **_coverage(people, by),
        **_support(people, by),
    }
    everyone = pd.Index(sorted(contacts[by].astype("str").unique()), name=by, dtype="str")
    found = pd.DataFrame(counted).reindex(everyone).fillna({"known_contacts_count": 0.0})
    if interactions is None:
        return found.assign(active_contacts_count=float("nan"), single_threaded_flag=float("nan"), executive_line_flag=float("nan"))
    active = people[people["met"].astype(bool)]
    roles = active.drop_duplicates([by, "role"]).groupby(by, observed=True).size().reindex(found.index).fillna(0.0)
    numbers = active.groupby(by, observed=True).size().reindex(found.index).fillna(0.0)
    thin = (numbers < rules.fewest_contacts) | (roles < rules.fewest_roles)
    meetings = interactions[interactions["kind"] == "executive_meeting"]
    open_line = meetings.loc[trailing_window(as_of, rules.met_months).contains(meetings["date"]), by]
    return found.assign(
        active_contacts_count=numbers,
        active_roles_count=roles,
        role_coverage_share=roles / len(ROLES),
        single_threaded_flag=thin.astype(float),
        executive_line_flag=found.index.isin(open_line).astype(float),
    )


def _coverage(people: pd.DataFrame, by: str) -> dict[str, pd.Series]:
    influence = people["influence"].astype(float)
    known = _sum(people, by, influence)
    met = _sum(people, by, influence.where(people["met"].fillna(False).astype(bool), 0.0).where(people["met"].notna()))
    return {"influence_met": met, "influence_known": known, "influence_coverage_share": met / known.where(known > 0)}


def _support(people: pd.DataFrame, by: str) -> dict[str, pd.Series]:
    judged = people.dropna(subset=["influence", "attitude"])
    weighed = _sum(people, by, (judged["influence"] * judged["attitude"]).reindex(people.index))
    most = _sum(people, by, (STRONGEST_ATTITUDE * judged["influence"]).reindex(people.index))
    return {"support_sum": weighed, "support_most": most, "support_ratio": weighed / most.where(most > 0)}


def _sum(people: pd.DataFrame, by: str, values: pd.Series) -> pd.Series:
    """Add up small whole numbers per owner; blank where none is there."""
    return values.astype(float).groupby(people[by].astype("str")).sum(min_count=1)
