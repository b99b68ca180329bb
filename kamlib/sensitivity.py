"""What would change if a cut or a weight of the policy were moved a little."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from kamlib.checks import KamError, require_columns, require_unique
from kamlib.policy import Policy, load_policy
from kamlib.segments import potential_score, tier, value_potential_matrix
from kamlib.selection import abc_class

CLASSIFICATIONS = {"abc": "abc_class", "matrix": "segment", "potential": "segment", "tiers": "tier"}
WEIGHTS = "potential.weights."
MOVE_COLUMNS = ["path", "change_rate", "value", "classification", "account_id", "from", "to", "is_by_coverage"]
COUNTS = ["moved_count", "accounts_count", "moved_revenue_amount"]
SUMMARY_COLUMNS = ["path", "classification", "change_rate", "value_before", "value", *COUNTS, "by_coverage_count", "note"]
WEIGHED = {"industry_growth": "industry_growth", "headroom": "wallet_share", "revenue_growth": "growth_rate", "outlook": "outlook"}
INPUTS = ["account_id", "revenue_amount", *WEIGHED.values()]


def cut_paths(policy: Policy, *, currency: str) -> list[str]:
    """Name the cuts and weights that decide the class of an account.

    Parameters
    ----------
    policy : Policy
    currency : str
        ISO code of the engagement; only its tiers are cut.

    Returns
    -------
    list of str
        Paths of the policy: ABC, matrix, weights of the potential, tiers.

    Examples
    --------
    >>> cut_paths(load_policy(), currency="CNY")[:3]
    ['abc.a_share', 'abc.b_share', 'matrix.top_share']
    """
    groups = ("abc.", "matrix.", WEIGHTS, f"tiers.{currency}.")
    return [path for path in policy.leaves() if path.startswith(groups)]


def segment_moves(
    accounts: pd.DataFrame, *, policy: Policy, currency: str, change_rate: float | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell which accounts change class, and to what, when a cut or a weight is a tenth higher or lower.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``account_id``, ``revenue_amount``, and what the potential is made of: ``wallet_share growth_rate
        industry_growth outlook``.
    policy : Policy
        The engagement's own; every path is moved alone.
    currency : str
        ISO code of the engagement.
    change_rate : float, optional
        Part of itself by which each value moves up and down; the policy's ``sensitivity.change_rate``.

    Returns
    -------
    moves : DataFrame, one row per account that moves
        ``path change_rate value classification account_id from to``, by path, change and account;
        ``is_by_coverage`` where a weight does no more than move the measured part of the potential across
        the least share, so that it is measured before or after only.
    summary : DataFrame, one row per path and change
        ``path classification change_rate value_before value moved_count accounts_count
        moved_revenue_amount by_coverage_count note``; `note` is ``out_of_range`` where the policy refuses the
        moved value (a share above 1, cuts in the wrong order) and ``no_input`` for the weight of a measure
        that no account has; both move nobody: their counts are NaN.

    Raises
    ------
    ValueError
        A column is missing, or an account stands twice.

    References
    ----------
    M1, M4, M5, rulings F5, F8.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["A", "B"], "revenue_amount": [1_050_000.0, 80_000.0], "wallet_share": None,
    ...                          "growth_rate": None, "industry_growth": None, "outlook": None})
    >>> moves, summary = segment_moves(accounts, policy=load_policy(), currency="CNY")
    >>> moves[["path", "change_rate", "account_id", "from", "to"]].to_numpy().tolist()
    [['abc.b_share', -0.1, 'B', 'B', 'C'], ['tiers.CNY.key', 0.1, 'A', 'key', 'basic']]
    """
    require_columns(accounts, INPUTS, table="accounts")
    require_unique(accounts["account_id"], name="account_id")
    facts = accounts.set_index("account_id").sort_index()
    rate = policy.sensitivity.change_rate if change_rate is None else change_rate
    before = {name: classify(facts, policy, currency) for name, classify in _CLASSIFY.items()}
    moves, summary = [], []
    for path in cut_paths(policy, currency=currency):
        for change in (-rate, rate):
            moved, line = _one_change(facts, before, policy, currency, path, change)
            moves.append(moved)
            summary.append(line)
    listed = pd.concat(moves, ignore_index=True) if moves else pd.DataFrame(columns=MOVE_COLUMNS)
    return listed[MOVE_COLUMNS], pd.DataFrame(summary, columns=SUMMARY_COLUMNS)


def changed_policy(policy: Policy, path: str, value: float) -> Policy:
    """Return a policy in which one value is another, the engagement's own values kept.

    Parameters
    ----------
    policy : Policy
    path : str
        Dotted, such as ``abc.a_share``.
    value : float

    Returns
    -------
    Policy

    Raises
    ------
    KamError
        KAM-P03: there is no such path, or the value is out of range.

    Examples
    --------
    >>> changed_policy(load_policy(), "abc.a_share", 0.72).abc.a_share
    0.72
    """
    policy.leaf(path)
    own = {name: leaf["value"] for name, leaf in policy.leaves().items() if leaf["kind"] == "engagement"}
    return load_policy(_nested({**own, path: value}))


def _one_change(
    facts: pd.DataFrame, before: Mapping[str, pd.Series], policy: Policy, currency: str, path: str, change: float
) -> tuple[pd.DataFrame, dict]:
    name, held = CLASSIFICATIONS[path.split(".")[0]], float(policy.leaf(path)["value"])
    value = round(held * (1 + change), 10)
    line = {"path": path, "classification": name, "change_rate": change, "value_before": held, "value": value}
    nobody = pd.DataFrame(columns=MOVE_COLUMNS).astype({"account_id": "str", "is_by_coverage": bool})
    if path.startswith(WEIGHTS) and facts[WEIGHED[path.removeprefix(WEIGHTS)]].isna().all():
        return nobody, {**line, "note": "no_input"}
    try:
        changed = changed_policy(policy, path, value)
    except KamError:
        return nobody, {**line, "note": "out_of_range"}
    classes = _CLASSIFY[name](facts, changed, currency)
    moved = facts.index[classes.ne(before[name]) & ~(classes.isna() & before[name].isna())]
    rows = pd.DataFrame({"account_id": moved, "from": before[name][moved].to_numpy(), "to": classes[moved].to_numpy()})
    rows = rows.assign(path=path, change_rate=change, value=value, classification=name, is_by_coverage=False)
    if path.startswith(WEIGHTS):
        scored = [_potential(facts.loc[moved], rules)["potential_score"].notna().to_numpy() for rules in (policy, changed)]
        rows["is_by_coverage"] = scored[0] != scored[1]
    counts = {"moved_count": float(len(moved)), "accounts_count": float(len(facts))}
    counts |= {"moved_revenue_amount": float(facts.loc[moved, "revenue_amount"].sum())}
    return rows, {**line, **counts, "by_coverage_count": float(rows["is_by_coverage"].sum())}


def _potential(facts: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    return potential_score(facts, rules=policy.potential, minimum_coverage=policy.coverage.minimum_share)


def _segment(facts: pd.DataFrame, policy: Policy, currency: str) -> pd.Series:
    score = _potential(facts, policy).assign(revenue_amount=facts["revenue_amount"])
    return value_potential_matrix(score, cuts=policy.matrix)["segment"]


_CLASSIFY: dict[str, Callable[[pd.DataFrame, Policy, str], pd.Series]] = {
    "abc_class": lambda facts, policy, currency: abc_class(facts["revenue_amount"], cuts=policy.abc),
    "segment": _segment,
    "tier": lambda facts, policy, currency: tier(facts["revenue_amount"], currency=currency, tiers=policy.tiers)["tier"],
}


def _nested(values: Mapping[str, object]) -> dict:
    nested: dict = {}
    for path, value in values.items():
        *groups, name = path.split(".")
        node = nested
        for group in groups:
            node = node.setdefault(group, {})
        node[name] = value
    return nested
