"""M21: whether a pay plan keeps the six principles, and whether it rewards what the account plans are after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import months_before
from kamlib.playbook import playbook
from kamlib.policy import PrincipleRules

STATES = ("kept", "broken", "open")


def kpi_kind(metric: str) -> str | None:
    """Return whether a KPI is financial, of the customer or of the process.

    Parameters
    ----------
    metric : str

    Returns
    -------
    str or None

    Examples
    --------
    >>> kpi_kind("dso_days"), kpi_kind("on_time_rate"), kpi_kind("gini_ratio")
    ('financial', 'process', None)
    """
    return next((kind for kind, metrics in playbook("principles")["kinds"].items() if metric in metrics), None)


def six_principles(
    card: pd.DataFrame,
    values: pd.DataFrame,
    *,
    objectives: Iterable[str],
    office: Iterable[str],
    variable_share: float | None,
    target_pay: float | None,
    budget: float | None,
    as_of: date,
    rules: PrincipleRules,
) -> pd.DataFrame:
    """Check a card that pay follows against the six principles.

    Parameters
    ----------
    card : DataFrame, one row per KPI
        ``metric weight`` (share of the whole) ``measured_share`` (of the accounts), ``target``, ``history_mean history_deviation``
        (blank where unknown) and ``until`` (last day of the target).
    values : DataFrame, one row per account
        A column per KPI that is measured by account.
    objectives : iterable of str
        Measures that the account plans are after.
    office : iterable of str
        KPIs of the back office.
    variable_share : float or None
        Of target pay; None where the plan is a commission alone.
    target_pay, budget : float or None
        Of everybody who is paid by the card.
    as_of : date
    rules : PrincipleRules

    Returns
    -------
    DataFrame
        ``principle rule state found``: state kept, broken, or open where something is not known; `found` names the KPIs or figures.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2a] six principles; M21, ruling F69.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> card = pd.DataFrame({"metric": ["revenue_amount"], "weight": [1.0], "measured_share": [1.0], "target": [9.0],
    ...                      "history_mean": [8.0], "history_deviation": [1.0], "until": pd.to_datetime(["2026-12-31"])})
    >>> found = six_principles(card, pd.DataFrame(), objectives=["revenue_amount"], office=[], variable_share=0.3, target_pay=None,
    ...                        budget=None, as_of=date(2026, 6, 30), rules=load_policy().principles)
    >>> found.loc[found["state"] == "broken", "rule"].tolist()
    ['three_kinds', 'shared_office', 'weights']
    """
    require_columns(card, ["metric", "weight", "measured_share", "target", "history_mean", "history_deviation", "until"], table="card")
    kinds = {kpi_kind(metric) for metric in card["metric"]}
    missing = [kind for kind in ("financial", "customer", "process") if kind not in kinds]
    weighted = card[card["weight"] > 0]
    shared = sorted(set(card["metric"]) & set(office))
    out = weighted.loc[(weighted["weight"] < rules.least_weight - 1e-9) | (weighted["weight"] > rules.most_weight + 1e-9), "metric"]
    tests = {
        "three_kinds": (_state(not missing), missing),
        "told_apart": _told_apart(values, card["metric"], rules),
        "targets_real": _targets_real(card, rules),
        "measured": _named(card.loc[card["measured_share"] < rules.measured_share - 1e-9, "metric"]),
        "in_plans": _named(weighted.loc[~weighted["metric"].isin(list(objectives)), "metric"]),
        "shared_office": (_state(bool(shared)), [] if shared else sorted(office)),
        "few": (_state(len(card) <= rules.most_kpis), [str(len(card))]),
        "weights": _named(out),
        "variable": _between(variable_share, rules.least_variable, rules.most_variable),
        "budget": ("open", []) if target_pay is None or budget is None else (_state(target_pay <= budget + 1e-9), []),
        "dated": _named(card.loc[_undated(card, as_of, rules), "metric"]),
    }
    return pd.DataFrame(list(_rows(tests)), columns=["principle", "rule", "state", "found"])


def alignment(objectives: pd.DataFrame, rewarded: Iterable[str]) -> pd.DataFrame:
    """Set what the account plans are after beside what pay rewards.

    Parameters
    ----------
    objectives : DataFrame, one row per objective
        ``account_id measure``; a blank measure is left out.
    rewarded : iterable of str
        Metrics that pay follows.

    Returns
    -------
    DataFrame
        ``measure accounts_count is_rewarded``: the measures of the plans, the commonest first, then rewarded metrics that no plan names.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S2a]; M21.

    Examples
    --------
    >>> objectives = pd.DataFrame({"account_id": ["A", "B"], "measure": ["wallet_share", "revenue_amount"]})
    >>> alignment(objectives, ["revenue_amount", "dso_days"]).to_numpy().tolist()
    [['revenue_amount', 1, True], ['wallet_share', 1, False], ['dso_days', 0, True]]
    """
    require_columns(objectives, ["account_id", "measure"], table="objectives")
    paid = sorted(set(rewarded))
    counted = objectives.dropna(subset=["measure"]).groupby("measure")["account_id"].nunique()
    rows = [(measure, int(counted.get(measure, 0)), measure in paid) for measure in sorted(set(counted.index) | set(paid))]
    found = pd.DataFrame(rows, columns=["measure", "accounts_count", "is_rewarded"])
    return found.sort_values(["accounts_count", "measure"], ascending=[False, True], ignore_index=True)


def _rows(tests: dict[str, tuple[str, list[str]]]) -> Iterator[tuple[str, str, str, list[str]]]:
    for principle in playbook("principles")["principles"]:
        for rule in principle["rules"]:
            state, found = tests[rule["id"]]
            yield principle["id"], rule["id"], state, found


def _state(holds: bool) -> str:
    return "kept" if holds else "broken"


def _named(metrics: pd.Series) -> tuple[str, list[str]]:
    return _state(metrics.empty), metrics.tolist()


def _told_apart(values: pd.DataFrame, metrics: pd.Series, rules: PrincipleRules) -> tuple[str, list[str]]:
    """Compare the ranks of every two KPIs over the accounts that have both."""
    known = [metric for metric in metrics if metric in values]
    pairs, compared = [], False
    for place, first in enumerate(known):
        for second in known[place + 1 :]:
            both = values[[first, second]].dropna()
            if len(both) < rules.least_accounts or both.nunique().min() < 2:
                continue
            compared = True
            if abs(both[first].rank().corr(both[second].rank())) > rules.most_correlation + 1e-9:
                pairs.append(f"{first} ~ {second}")
    return ("open", []) if not compared else (_state(not pairs), pairs)


def _targets_real(card: pd.DataFrame, rules: PrincipleRules) -> tuple[str, list[str]]:
    known = card.dropna(subset=["history_mean", "history_deviation", "target"])
    if known.empty:
        return "open", []
    far = (known["target"] - known["history_mean"]).abs() > rules.most_deviations * known["history_deviation"] + 1e-9
    return _named(known.loc[far, "metric"])


def _between(share: float | None, low: float, high: float) -> tuple[str, list[str]]:
    if share is None:
        return "open", []
    return _state(low - 1e-9 <= share <= high + 1e-9), [f"{share:.0%}"]


def _undated(card: pd.DataFrame, as_of: date, rules: PrincipleRules) -> pd.Series:
    return card["until"].isna() | (card["until"] > pd.Timestamp(months_before(as_of, -rules.dated_months)))
