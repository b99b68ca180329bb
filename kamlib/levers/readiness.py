"""M23, M24: readiness of the levers and of the company, what waits for what, and where the effort goes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kamlib.playbook import playbook
from kamlib.policy import LeverRules

MOST_LEVEL, MOST_SCORE = 4, 100.0
PRICE_LEVER = "value_before_price"


def lever_checks(measured: Mapping[str, float], rated: Mapping[str, float]) -> pd.DataFrame:
    """Score every check of the six levers.

    Parameters
    ----------
    measured : mapping of str to float
        What the data say, by the name of the measure; NaN or absent where they say nothing.
    rated : mapping of str to float
        Levels 0 to 4 by the id of the check; a check that is measured is not asked.

    Returns
    -------
    DataFrame
        Indexed by check: ``lever kind`` (``discount`` or blank), ``value`` (the measure), ``level``, ``score`` (0-100; NaN where
        neither is known) and ``evidence`` (data, rating or blank).

    Raises
    ------
    ValueError
        A level is outside 0 to 4, or belongs to no check.

    References
    ----------
    [S1]; M23, ruling F73, addition A28.

    Examples
    --------
    >>> checks = lever_checks({"within_authority_share": 0.95}, {"few_layers": 3})
    >>> checks.loc[["within_authority", "few_layers"], "score"].tolist()
    [100.0, 75.0]
    """
    entries = [(lever["id"], check) for lever in playbook("levers")["levers"] for check in lever["checks"]]
    unknown = set(rated) - {check["id"] for _, check in entries}
    wrong = {name: level for name, level in rated.items() if level == level and not 0 <= level <= MOST_LEVEL}
    if unknown or wrong:
        said = f"names no check: {', '.join(sorted(unknown))}" if unknown else f"must lie in 0 to {MOST_LEVEL}: {wrong}"
        raise ValueError(f"a rating of a lever {said}")
    rows = []
    for lever, check in entries:
        value = measured.get(check.get("measure", ""), float("nan"))
        level = rated.get(check["id"], float("nan"))
        by_data = value == value
        score = _between(value, check["floor"], check["target"]) if by_data else MOST_SCORE * level / MOST_LEVEL
        evidence = "data" if by_data else "rating" if level == level else None
        rows.append((check["id"], lever, check.get("kind"), value, level, score, evidence))
    columns = ["check", "lever", "kind", "value", "level", "score", "evidence"]
    return pd.DataFrame(rows, columns=columns).astype({"kind": "str", "evidence": "str"}).set_index("check")


def lever_readiness(checks: pd.DataFrame, *, rules: LeverRules) -> pd.DataFrame:
    """Say of each lever how ready it is, what it needs, and which levers it waits for.

    Parameters
    ----------
    checks : DataFrame
        `lever_checks`.
    rules : LeverRules

    Returns
    -------
    DataFrame
        Indexed by lever in the playbook's order: ``readiness_score need_score`` (0-100; NaN with fewer than half of the checks),
        ``known_count checks_count`` and ``waits_for``: levers below the limit that it needs, parted by blanks.

    References
    ----------
    [S1]; M23, ruling F73.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> checks = lever_checks({}, {"criterion": 1, "classified": 1, "reviewed": 2, "few_layers": 4, "agent_duties": 4, "partners_used": 4})
    >>> found = lever_readiness(checks, rules=load_policy().levers)
    >>> found.loc["segment_market", "need_score"].round(1), found.loc["channels", "waits_for"]
    (np.float64(66.7), 'segment_market')
    """
    grouped = checks.groupby("lever")["score"]
    known, count = grouped.count().astype(float), grouped.size().astype(float)
    readiness = grouped.mean().where(known >= rules.measured_share * count - 1e-9)
    levers = playbook("levers")["levers"]
    low = {lever for lever, score in readiness.items() if score < rules.waits_below}
    waits = [" ".join(name for name in lever["needs"] if name in low) for lever in levers]
    found = pd.DataFrame({"readiness_score": readiness, "need_score": MOST_SCORE - readiness, "known_count": known, "checks_count": count})
    return found.reindex([lever["id"] for lever in levers]).assign(waits_for=pd.array(waits, dtype="str"))


def effort_shares(levers: pd.DataFrame, checks: pd.DataFrame, *, rules: LeverRules) -> pd.DataFrame:
    """Share the effort by need: a waiting lever gets none, and discounts at most their cap.

    Parameters
    ----------
    levers : DataFrame
        `lever_readiness`.
    checks : DataFrame
        `lever_checks`: the needs of the checks of kind discount decide what part of their lever is price.
    rules : LeverRules

    Returns
    -------
    DataFrame
        Indexed like `levers`: ``effort_share`` and ``discount_share``, the part of it that may go into discounts; NaN where nothing
        is needed anywhere.

    References
    ----------
    [S1]; M23, ruling F73.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> rules = load_policy().levers
    >>> checks = lever_checks({}, {"nothing_below_cost": 0, "within_authority": 0, "price_holds": 0, "bundle_offered": 0})
    >>> effort_shares(lever_readiness(checks, rules=rules), checks, rules=rules).loc["value_before_price"].tolist()
    [1.0, 0.15]
    """
    needs = levers["need_score"].where(levers["waits_for"] == "", 0.0).fillna(0.0)
    total = needs.sum()
    if not total:
        return pd.DataFrame({"effort_share": float("nan"), "discount_share": float("nan")}, index=levers.index)
    shares = needs / total
    wanted = shares[PRICE_LEVER] * _discount_part(checks)
    discount = min(wanted, rules.discount_share)
    shares[PRICE_LEVER] -= wanted - discount
    others = shares.drop(PRICE_LEVER)
    if others.sum() > 0:
        shares[others.index] = others + (wanted - discount) * others / others.sum()
    else:
        shares[PRICE_LEVER] += wanted - discount
    return pd.DataFrame({"effort_share": shares, "discount_share": 0.0}).assign(
        discount_share=lambda found: found["discount_share"].where(found.index != PRICE_LEVER, discount)
    )


def findings(checks: pd.DataFrame, *, rules: LeverRules) -> list[str]:
    """Name the findings of the playbook that the checks show.

    Parameters
    ----------
    checks : DataFrame
        `lever_checks`.
    rules : LeverRules

    Returns
    -------
    list of str
        Ids: every check that the finding names is known and scores below the limit.

    References
    ----------
    [S1] Company A; M23, addition A28.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> findings(lever_checks({"conflict_share": 0.1}, {"agent_duties": 0}), rules=load_policy().levers)
    ['agents_overlap']
    """
    scores = checks["score"]
    return [entry["id"] for entry in playbook("levers")["findings"] if (scores[entry["checks"]] < rules.waits_below).all()]


def company_readiness(rated: Mapping[str, float], *, rules: LeverRules) -> pd.DataFrame:
    """Score the four obstacles of company readiness, the weakest first.

    Parameters
    ----------
    rated : mapping of str to float
        Levels 0 to 4 by ``obstacle.item``.
    rules : LeverRules

    Returns
    -------
    DataFrame
        Indexed by obstacle: ``readiness_score`` (0-100; NaN with fewer than half of the items), ``known_count items_count`` and
        ``weakest``, its lowest rated item.

    Raises
    ------
    ValueError
        A level is outside 0 to 4, or belongs to no item.

    References
    ----------
    [S2a]; M24, addition A29.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> rated = {"strategy.awareness": 1, "strategy.action_plan": 3, "people.career": 0}
    >>> company_readiness(rated, rules=load_policy().levers).loc["strategy", "readiness_score"].item()
    50.0
    """
    items = {f"{home['id']}.{item['id']}": home["id"] for home in playbook("readiness")["obstacles"] for item in home["points"]}
    unknown, wrong = set(rated) - set(items), [name for name, level in rated.items() if not 0 <= level <= MOST_LEVEL]
    if unknown or wrong:
        said = f"names no item: {', '.join(sorted(unknown))}" if unknown else f"must lie in 0 to {MOST_LEVEL}: {', '.join(wrong)}"
        raise ValueError(f"a rating of readiness {said}")
    levels = pd.Series(rated, dtype=float).reindex(list(items))
    home = pd.Series(items)
    known, count = levels.groupby(home).count().astype(float), home.groupby(home).size().astype(float)
    score = (MOST_SCORE / MOST_LEVEL * levels.groupby(home).mean()).where(known >= rules.measured_share * count - 1e-9)
    weakest = {name: part.idxmin().partition(".")[2] for name, part in levels.dropna().groupby(home)}
    order = list(dict.fromkeys(items.values()))
    found = pd.DataFrame({"readiness_score": score, "known_count": known, "items_count": count}).reindex(order)
    found["weakest"] = pd.array([weakest.get(name) for name in order], dtype="str")
    return found.sort_values("readiness_score", kind="stable", na_position="last")


def _discount_part(checks: pd.DataFrame) -> float:
    """Return what part of the need of the price lever lies in its checks of kind discount."""
    own = checks[(checks["lever"] == PRICE_LEVER) & checks["score"].notna()]
    needs = MOST_SCORE - own["score"]
    return float(needs[own["kind"] == "discount"].sum() / needs.sum()) if needs.sum() else 0.0


def _between(value: float, floor: float, target: float) -> float:
    return min(max(MOST_SCORE * (value - floor) / (target - floor), 0.0), MOST_SCORE) + 0.0  # never -0
