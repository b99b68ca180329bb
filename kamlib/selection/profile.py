"""M33: what sets the key accounts apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.policy import ProfileRules

OTHER = "(other)"
KEY_SEGMENT = "core"  # stands for the verdict of M2 where nobody can be qualified


def key_accounts(values: pd.DataFrame) -> pd.Series:
    """Tell key accounts: the qualified ones; the core segment where nobody is qualified.

    Parameters
    ----------
    values : DataFrame, one row per account
        ``qualification_verdict segment``.

    Returns
    -------
    Series of bool

    References
    ----------
    M2, M4.

    Examples
    --------
    >>> key_accounts(pd.DataFrame({"qualification_verdict": [None, None], "segment": ["core", "grow"]})).tolist()
    [True, False]
    """
    qualified = values["qualification_verdict"] == "qualified"
    return qualified if qualified.any() else values["segment"] == KEY_SEGMENT


def attribute_mix(accounts: pd.DataFrame, *, attributes: Sequence[str], minimum_accounts: int) -> pd.DataFrame:
    """Compare the mix of the key accounts with that of all accounts, attribute by attribute.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``is_key`` (bool: among the chosen) and the attributes as text; a blank is left out of its attribute.
    attributes : sequence of str
        Such as ``industry region company_size channel main_product_line``.
    minimum_accounts : int
        Values that fewer accounts have are pooled under ``(other)``; a pool below it has no lift.

    Returns
    -------
    DataFrame, one row per attribute and value
        ``attribute value key_count all_count key_share all_share lift`` (key_share / all_share; 1: as
        common among the key accounts as among all). Ordered by attribute as given, then by lift, the
        highest first, then by value.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S4a] 大客户构成差异; M33, addition A8.

    Examples
    --------
    >>> accounts = pd.DataFrame({"region": ["N"] * 5 + ["S"] * 5, "is_key": [True] * 4 + [False] * 5 + [True]})
    >>> attribute_mix(accounts, attributes=["region"], minimum_accounts=5)[["value", "key_count", "all_count", "lift"]].to_numpy().tolist()
    [['N', 4, 5, 1.6], ['S', 1, 5, 0.4]]
    """
    require_columns(accounts, ["is_key", *attributes], table="accounts")
    mixes = [_mix(accounts, name, minimum_accounts) for name in attributes]
    return pd.concat(mixes, ignore_index=True)


def attribute_ranking(accounts: pd.DataFrame, *, attributes: Sequence[str], minimum_accounts: int, rules: ProfileRules) -> pd.DataFrame:
    """Rank the attributes by how well they tell key accounts from the others.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        As `attribute_mix` takes it.
    attributes : sequence of str
    minimum_accounts : int
        Rarer values are pooled.
    rules : ProfileRules
        Seed and number of permutations.

    Returns
    -------
    DataFrame, one row per attribute
        ``attribute mutual_information_bits permutation_p values_count accounts_count``, the highest
        information first. permutation_p is the share of draws with as much information by chance: 1 if the
        attribute tells nothing; NaN where it is not given, or all or none of the accounts are key.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    I = sum p(v, k) log2(p(v, k) / (p(v) p(k))). Shuffling the key marks over the accounts makes the count
    of key accounts per value multivariate hypergeometric, which is drawn at once; p = (1 + draws that
    reach I) / (1 + draws). The draws do not depend on the order of the rows.

    References
    ----------
    [S4a] 自然属性; M33, addition A8, ruling F11.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"region": ["N"] * 8 + ["S"] * 8, "size": ["L", "M"] * 8, "is_key": [True] * 8 + [False] * 8})
    >>> rules = load_policy().profile
    >>> attribute_ranking(accounts, attributes=["size", "region"], minimum_accounts=5, rules=rules).iloc[:, :3].round(2).to_numpy().tolist()
    [['region', 1.0, 0.0], ['size', 0.0, 1.0]]
    """
    require_columns(accounts, ["is_key", *attributes], table="accounts")
    rows = [{"attribute": name, **_information(_mix(accounts, name, minimum_accounts), rules)} for name in attributes]
    return pd.DataFrame(rows).sort_values(["mutual_information_bits", "attribute"], ascending=[False, True], ignore_index=True)


def _mix(accounts: pd.DataFrame, name: str, minimum_accounts: int) -> pd.DataFrame:
    """Count key accounts and all accounts per value, the rare values pooled."""
    known = accounts.loc[accounts[name].notna(), [name, "is_key"]]
    values = known[name].astype("str")
    values = values.where(values.map(values.value_counts()) >= minimum_accounts, OTHER)
    counts = known["is_key"].astype(int).groupby(values).agg(key_count="sum", all_count="count")
    shares = counts / counts.sum().where(counts.sum() > 0)
    lift = (shares["key_count"] / shares["all_count"]).where(counts["all_count"] >= minimum_accounts)
    found = counts.assign(key_share=shares["key_count"], all_share=shares["all_count"], lift=lift)
    ordered = found.rename_axis("value").reset_index().sort_values(["lift", "value"], ascending=[False, True], ignore_index=True)
    ordered.insert(0, "attribute", name)
    return ordered


def _information(mix: pd.DataFrame, rules: ProfileRules) -> dict[str, float]:
    counts = mix.sort_values("value")[["key_count", "all_count"]].to_numpy()
    key, everyone = counts.sum(axis=0) if len(counts) else (0, 0)
    found = {"values_count": len(counts), "accounts_count": int(everyone)}
    if not 0 < key < everyone:
        return {"mutual_information_bits": np.nan, "permutation_p": np.nan, **found}
    draws = np.random.Generator(np.random.PCG64(rules.seed)).multivariate_hypergeometric(counts[:, 1], key, size=rules.draws)
    by_chance, seen = _bits(draws, counts[:, 1]), float(_bits(counts[:, 0], counts[:, 1]))
    reached = int((by_chance >= seen - 1e-12).sum())
    return {"mutual_information_bits": max(seen, 0.0), "permutation_p": (1 + reached) / (1 + rules.draws), **found}


def _bits(key_counts: np.ndarray, all_counts: np.ndarray) -> np.ndarray:
    """Mutual information of being key and the value, in bits, for one or many rows of counts."""
    total, rest = all_counts.sum(), all_counts - key_counts
    parts = [(counts, counts.sum(axis=-1, keepdims=True) * all_counts) for counts in (key_counts, rest)]
    terms = [counts / total * np.log2(np.where(counts > 0, counts * total / np.maximum(expected, 1), 1.0)) for counts, expected in parts]
    return sum(term.sum(axis=-1) for term in terms)
