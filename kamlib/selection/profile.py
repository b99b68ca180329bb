"""M33: what sets the key accounts apart, and how each account buys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_sums
from kamlib.periods import ONE_DAY, TTM_MONTHS, complete_months, trailing_window, window_numbers
from kamlib.policy import ProfileRules

OTHER = "(other)"


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


def product_mix(orders: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """Share of each product line in what an account bought in the trailing twelve months.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        ``account_id``, ``order_date``, ``product_line`` (blank lines are left out), ``net_revenue``.
    as_of : date

    Returns
    -------
    DataFrame, one row per account and line with positive revenue
        ``account_id product_line revenue_amount revenue_share`` (shares of an account add up to 1); the
        largest line of each account first, equals by name.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S4a] 消费模式; M33, addition A8.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": "A", "order_date": pd.to_datetime(["2026-05-02"] * 2), "product_line": ["Pumps", "Valves"],
    ...                        "net_revenue": [30.0, 10.0]})
    >>> product_mix(orders, as_of=date(2026, 6, 30))["revenue_share"].tolist()
    [0.75, 0.25]
    """
    require_columns(orders, ["account_id", "order_date", "product_line", "net_revenue"], table="orders")
    sold = orders[trailing_window(as_of).contains(orders["order_date"]) & orders["product_line"].notna()]
    keys = ["account_id", "product_line"]
    sums = exact_sums(sold.astype(dict.fromkeys(keys, "str")), ["net_revenue"], by=keys).rename(columns={"net_revenue": "revenue_amount"})
    bought = sums[sums["revenue_amount"] > 0]
    share = bought["revenue_amount"] / bought.groupby("account_id")["revenue_amount"].transform("sum")
    order = ["account_id", "revenue_amount", "product_line"]
    return bought.assign(revenue_share=share).sort_values(order, ascending=[True, False, True], ignore_index=True)


def main_product_line(mix: pd.DataFrame) -> pd.Series:
    """Name the product line that an account buys most of.

    Parameters
    ----------
    mix : DataFrame
        `product_mix`.

    Returns
    -------
    Series of str
        Named ``main_product_line``, indexed by ``account_id``.

    Examples
    --------
    >>> main_product_line(pd.DataFrame({"account_id": ["A", "A"], "product_line": ["Pumps", "Valves"]})).to_dict()
    {'A': 'Pumps'}
    """
    require_columns(mix, ["account_id", "product_line"], table="mix")
    return mix.drop_duplicates("account_id").set_index("account_id")["product_line"].rename("main_product_line")


def seasonality(orders: pd.DataFrame, *, as_of: date, rules: ProfileRules) -> pd.DataFrame:
    """Seasonality index: how much of an average month's revenue an account brings in each month of the year.

    Parameters
    ----------
    orders : DataFrame
        Order lines or daily sums of every account: ``account_id``, ``order_date``, ``net_revenue``.
    as_of : date
    rules : ProfileRules
        Length of the history; complete months only.

    Returns
    -------
    DataFrame
        Indexed by ``account_id``, columns ``1`` to ``12``: 1 is an average month, and the twelve average 1.
        NaN where the revenue is not positive, and for all where the orders do not reach back that far.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S4a] 消费模式; M33, addition A8.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> days = pd.to_datetime(["2024-07-05", "2025-12-05", "2026-06-05"])
    >>> orders = pd.DataFrame({"account_id": "A", "order_date": days, "net_revenue": [10.0, 20.0, 10.0]})
    >>> seasonality(orders, as_of=date(2026, 6, 30), rules=load_policy().profile).loc["A", [6, 7, 8, 12]].tolist()
    [3.0, 3.0, 0.0, 6.0]
    """
    require_columns(orders, ["account_id", "order_date", "net_revenue"], table="orders")
    months = complete_months(as_of, rules.season_months)
    number = window_numbers(orders["order_date"], months)
    known = orders[["account_id", "net_revenue"]].assign(month=(months[0].first_day.month - 1 + number) % 12 + 1)[number >= 0]
    sums = exact_sums(known.astype({"account_id": "str"}), ["net_revenue"], by=["account_id", "month"])
    wide = sums.pivot(index="account_id", columns="month", values="net_revenue").reindex(columns=range(1, 13)).fillna(0.0)
    total = wide.sum(axis=1)
    begins = orders["order_date"].min() <= pd.Timestamp(months[0].until)
    return wide.div(total.where((total > 0) & begins) / TTM_MONTHS, axis=0).rename_axis(columns=None)


def order_rhythm(orders: pd.DataFrame, *, as_of: date, rules: ProfileRules) -> pd.DataFrame:
    """Days between an account's orders: the middle gap, and the one that nine of ten stay below.

    Parameters
    ----------
    orders : DataFrame
        Order lines or daily sums: ``account_id``, ``order_date``, ``net_revenue``; all history up to `as_of`.
    as_of : date
    rules : ProfileRules

    Returns
    -------
    DataFrame
        Indexed by ``account_id``: ``order_gap_median_days order_gap_p90_days`` (NaN below the least number of
        gaps), ``order_gaps_count``, ``last_order_days`` (since the last order).

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Gaps lie between days on which sales outweigh returns; quantiles by linear interpolation.

    References
    ----------
    M33, addition A8, rulings F9, F58.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> days = pd.to_datetime(["2026-01-01", "2026-01-11", "2026-01-21", "2026-01-31", "2026-02-20"])
    >>> orders = pd.DataFrame({"account_id": "A", "order_date": days, "net_revenue": 5.0})
    >>> order_rhythm(orders, as_of=date(2026, 6, 30), rules=load_policy().profile).loc["A"].tolist()
    [10.0, 17.0, 4.0, 130.0]
    """
    require_columns(orders, ["account_id", "order_date", "net_revenue"], table="orders")
    known = orders[orders["order_date"] < pd.Timestamp(as_of + ONE_DAY)]
    dated = known[["net_revenue"]].assign(account_id=known["account_id"].astype("str"), day=known["order_date"].dt.normalize())
    days = exact_sums(dated, ["net_revenue"], by=["account_id", "day"]).query("net_revenue > 0")
    gaps = days.groupby("account_id")["day"].diff().dt.days
    of_account = gaps.groupby(days["account_id"])
    enough = of_account.count() >= rules.minimum_gaps
    last = days.groupby("account_id")["day"].max()
    return pd.DataFrame(
        {
            "order_gap_median_days": of_account.median().where(enough),
            "order_gap_p90_days": of_account.quantile(0.9).where(enough),
            "order_gaps_count": of_account.count().astype(float),
            "last_order_days": (pd.Timestamp(as_of) - last).dt.days.astype(float),
        }
    )


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
