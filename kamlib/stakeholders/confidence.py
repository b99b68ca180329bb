"""M10: how much of what we think we know of an account is confirmed, and how complete its file is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

import pandas as pd

from kamlib.checks import require_columns
from kamlib.playbook import playbook

CONFIRMED_FROM = 2
STATES = ("unknown", "unverified", "confirmed")


def independent_sources(sources: Iterable[str | None]) -> int:
    """Count sources that differ after trimming, folding of case and width.

    Parameters
    ----------
    sources : iterable of str or None

    Returns
    -------
    int

    References
    ----------
    [S4b]; M10, ruling F30.

    Examples
    --------
    >>> independent_sources(["Buyer", " buyer ", "annual report", None])
    2
    """
    folded = {unicodedata.normalize("NFKC", source).strip().casefold() for source in sources if isinstance(source, str)}
    return len(folded - {""})


def fact_state(sources: Iterable[str | None]) -> str:
    """Name the state of a fact by its sources.

    Parameters
    ----------
    sources : iterable of str or None

    Returns
    -------
    str
        unknown, unverified or confirmed.

    References
    ----------
    [S4b]; M10, ruling F30.

    Examples
    --------
    >>> fact_state([]), fact_state(["buyer"]), fact_state(["buyer", "annual report"])
    ('unknown', 'unverified', 'confirmed')
    """
    return STATES[min(independent_sources(sources), CONFIRMED_FROM)]


def confidence(facts: pd.DataFrame, *, by: str = "account_id") -> pd.DataFrame:
    """Share of the filled facts that two independent sources confirm.

    Parameters
    ----------
    facts : DataFrame, one row per fact
        `by`, ``source`` and ``source_2``; further sources in further columns named ``source_…``.
    by : str

    Returns
    -------
    DataFrame
        Indexed by `by`: ``confidence_share`` with its parts ``confirmed_facts_count filled_facts_count``.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S4b]; M10, ruling F30.

    Examples
    --------
    >>> facts = pd.DataFrame({"account_id": ["A", "A"], "source": ["buyer", "fair"], "source_2": ["Buyer ", "press"]})
    >>> confidence(facts)["confidence_share"].tolist()
    [0.5]
    """
    require_columns(facts, [by, "source", "source_2"], table="facts")
    names = [name for name in facts if name.startswith("source")]
    folded = facts[names].apply(lambda column: column.astype("str").str.normalize("NFKC").str.strip().str.casefold().replace("", None))
    confirmed = (folded.nunique(axis=1) >= CONFIRMED_FROM).astype(float)
    found = confirmed.groupby(facts[by].astype("str")).agg(["sum", "size"]).astype(float)
    found = found.set_axis(["confirmed_facts_count", "filled_facts_count"], axis=1).rename_axis(by)
    return found.assign(confidence_share=found["confirmed_facts_count"] / found["filled_facts_count"])


def source_types(sources: pd.Series) -> pd.Series:
    """Name what kind of source each one is: a meeting, a report, the press, a partner, a user, our own data.

    Parameters
    ----------
    sources : Series of str
        As people wrote them.

    Returns
    -------
    Series of str
        Ids of playbook/account_file.yaml; blank where no word of any kind is in it.

    References
    ----------
    [S4b]; M10, addition A16.

    Examples
    --------
    >>> source_types(pd.Series(["Annual report 2025", "visit 2026-03", "hearsay"], dtype="str")).tolist()
    ['report', 'meeting', nan]
    """
    folded = sources.astype("str").str.normalize("NFKC").str.casefold()
    kinds = {word: entry["id"].removeprefix("source_") for entry in playbook("account_file")["source_types"] for word in entry["words"]}
    found = folded.str.extract(f"({'|'.join(map(re.escape, kinds))})", expand=False)
    return found.map(kinds).astype("str").rename("source_type")


def filled_fields(tables: Mapping[str, pd.DataFrame], judged: Mapping[str, set[str]], accounts: pd.Index) -> pd.DataFrame:
    """Tell which fields of the account file are filled, by a table or by the plan.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables with ``account_id``.
    judged : mapping of str to set of str
        Account to the fields that its plan fills.
    accounts : Index of str

    Returns
    -------
    DataFrame of bool
        Indexed by `accounts`, a column per field of playbook/account_file.yaml.

    References
    ----------
    [S1], [S3]; M10, addition A13.

    Examples
    --------
    >>> tables = {"accounts": pd.DataFrame({"account_id": ["A"], "industry": ["steel"], "company_size": [None]})}
    >>> found = filled_fields(tables, {"A": {"needs_hidden"}}, pd.Index(["A"]))
    >>> found.loc["A", ["profile_industry", "profile_size", "needs_hidden"]].tolist()
    [True, False, True]
    """
    found = {}
    for section in playbook("account_file")["sections"]:
        for field in section["fields"]:
            in_plan = pd.Series([field["id"] in judged.get(account, ()) for account in accounts], index=accounts)
            found[field["id"]] = in_plan | _in_table(tables, field.get("column"), accounts)
    return pd.DataFrame(found)


def _in_table(tables: Mapping[str, pd.DataFrame], column: str | None, accounts: pd.Index) -> pd.Series:
    table, _, name = (column or "").partition(".")
    frame = tables.get(table)
    if frame is None or name not in frame:
        return pd.Series(False, index=accounts)
    known = frame.loc[frame[name].notna(), "account_id"].astype("str").unique()
    return pd.Series(accounts.isin(known), index=accounts)
