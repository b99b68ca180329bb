"""M2: whether an account is a key account: gates, a score over what is measured, a verdict with its reasons."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_sums
from kamlib.periods import full_months_between, trailing_window, window_numbers
from kamlib.policy import QualificationRules
from kamlib.selection.ranks import SLACK, percentile_score, reached

COMPONENTS = (
    *(
        "purchase_volume",
        "order_frequency",
        "high_margin",
        "central_purchasing",
        "continuity",
        "service_need",
        "price_tolerance",
        "partnership",
    ),
)
GATES = ("fit_gate", "purchasing_gate", "continuity_gate")
VERDICTS = ("qualified", "candidate", "not_key", "insufficient")
PURCHASING = {"central": 100.0, "mixed": 50.0, "dispersed": 0.0}
YEAR_MONTHS, QUARTER_MONTHS, QUARTERS_A_YEAR = 12, 3, 4
MOST_QUARTERS, LEAST_QUARTERS = 12, 4
SELLER_ITEMS = ("seller.size_match", "seller.industry_knowledge", "seller.tailored_solution", "seller.references")


def continuity(orders: pd.DataFrame, accounts: pd.Index, *, as_of: date, rules: QualificationRules) -> pd.DataFrame:
    """Tell whether an account buys year after year, and not once.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        ``account_id order_id order_date net_revenue``, and where known ``returns_of``.
    accounts : Index of str
    as_of : date
    rules : QualificationRules

    Returns
    -------
    DataFrame
        Indexed by `accounts`: ``continuity_gate_flag`` (1 revenue in each of the last years and no order above 80 % of
        it, else 0; NaN with fewer than two full years of orders), ``largest_order_share``, and ``continuity_score``, the
        share of the last quarters with revenue times 100 (NaN with fewer than four).

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    [S3], [S4c] continuous purchasing; M2 (c), rulings F20, F21.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> days = pd.to_datetime(["2023-06-30", "2024-08-01", "2025-08-01"])
    >>> orders = pd.DataFrame({"account_id": "A", "order_id": list("123"), "order_date": days, "net_revenue": 10.0})
    >>> found = continuity(orders, pd.Index(["A"]), as_of=date(2026, 6, 30), rules=load_policy().qualification)
    >>> found[["continuity_gate_flag", "continuity_score"]].iloc[0].round(1).tolist()
    [0.0, 16.7]
    """
    require_columns(orders, ["account_id", "order_id", "order_date", "net_revenue"], table="orders")
    owner = orders["account_id"].astype("str")
    bought = orders["net_revenue"] > 0
    first = orders.loc[bought, "order_date"].groupby(owner[bought]).min().reindex(accounts)
    age = full_months_between(first, as_of)
    years = (age // YEAR_MONTHS).clip(upper=rules.years)
    quarters = _quarter_sums(orders, owner, accounts, as_of, max(rules.years * QUARTERS_A_YEAR, MOST_QUARTERS))
    sums = [
        quarters[range(start, start + QUARTERS_A_YEAR)].sum(axis=1) for start in range(0, rules.years * QUARTERS_A_YEAR, QUARTERS_A_YEAR)
    ]
    counted = [years > number for number in range(rules.years)]
    every = np.logical_and.reduce([(total > 0) | ~within for total, within in zip(sums, counted, strict=True)])
    revenue = sum(total.where(within, 0.0) for total, within in zip(sums, counted, strict=True))
    share = _largest_order(orders, owner, years, as_of) / revenue.where(revenue > 0)
    passed = every & ~(share > rules.largest_order_share * (1 + SLACK)) & (revenue > 0)
    return pd.DataFrame(
        {
            "continuity_gate_flag": passed.astype(float).where(years >= rules.fewest_years),
            "largest_order_share": share.where(years >= rules.fewest_years),
            "continuity_score": _continuity_score(quarters, age),
        }
    )


def high_margin(orders: pd.DataFrame, accounts: pd.Index, *, as_of: date, minimum_coverage: float) -> pd.Series:
    """Share of an account's revenue of twelve months on products that earn at least what the middle of revenue earns.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        ``account_id product order_date net_revenue cost``.
    accounts : Index of str
    as_of : date
    minimum_coverage : float
        Least share of the account's revenue whose cost must be known.

    Returns
    -------
    Series of float
        Named ``high_margin_score``, 0 to 100; NaN where too little cost is known or nothing was bought.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    The middle is the revenue-weighted median of the products' margin rates over all accounts.

    References
    ----------
    [S3]; M2, ruling F20.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A", "A", "B"], "product": ["x", "y", "y"], "net_revenue": [30.0, 70.0, 50.0],
    ...                        "cost": [10.0, 60.0, 42.0], "order_date": pd.to_datetime("2026-05-01")})
    >>> high_margin(orders, pd.Index(["A", "B"]), as_of=date(2026, 6, 30), minimum_coverage=0.8).tolist()
    [100.0, 100.0]
    """
    require_columns(orders, ["account_id", "product", "order_date", "net_revenue", "cost"], table="orders")
    lines = orders.loc[trailing_window(as_of).contains(orders["order_date"]), ["account_id", "product", "net_revenue", "cost"]]
    lines = lines.astype({"account_id": "str", "product": "str"})
    known = lines["cost"].notna()
    products = lines[known].groupby("product")[["net_revenue", "cost"]].sum()
    products = products[products["net_revenue"] > 0]
    rate = (1 - products["cost"] / products["net_revenue"]).sort_values()
    weight = products["net_revenue"].reindex(rate.index).cumsum()
    middle = rate[weight >= weight.max() / 2 - 1e-9].min() if len(rate) else np.nan
    is_high = lines["product"].map(rate >= middle - 1e-9).eq(True)
    revenue = lines["net_revenue"].groupby(lines["account_id"]).sum().reindex(accounts)
    high = lines["net_revenue"].where(is_high, 0.0).groupby(lines["account_id"]).sum().reindex(accounts)
    size = lines["net_revenue"].abs()
    covered = size.where(known, 0.0).groupby(lines["account_id"]).sum() / size.groupby(lines["account_id"]).sum()
    share = (100 * high / revenue.where(revenue > 0)).clip(0, 100)
    return share.where(reached(covered.reindex(accounts), minimum_coverage)).rename("high_margin_score")


def qualification(accounts: pd.DataFrame, *, rules: QualificationRules, minimum_coverage: float, minimum_values: int) -> pd.DataFrame:
    """Score every account and say whether it is a key account.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``revenue_amount orders_count fit purchasing_mode service_need price_sensitivity partnership_desire continuity_gate_flag
        continuity_score high_margin_score``; a blank is not measured.
    rules : QualificationRules
        Weights and cuts.
    minimum_coverage : float
        Least share of the weights that must be measured.
    minimum_values : int
        Least number of active accounts that a percentile compares.

    Returns
    -------
    DataFrame
        With the index of `accounts`: ``qualification_score`` in [0, 100] with ``qualification_score_coverage`` and its note,
        ``qualification_verdict``, the component scores (``<component>_score``) and gates (``<gate>_flag``).

    Raises
    ------
    ValueError
        A column is missing, or a purchasing mode is none of the three.

    Notes
    -----
    In this order: a measured gate fails: not_key; no score: insufficient; below 40: not_key; below 60, or a gate
    unmeasured: candidate; else qualified.

    References
    ----------
    [S3], [S4c], [S2a] frequency; M2, rulings F5, F9, F20, F22, addition A9 (frequency may take part of volume's weight).

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> given = {"revenue_amount": 9.0, "orders_count": 2.0, "fit": 4.0, "purchasing_mode": "central", "service_need": 5.0,
    ...          "price_sensitivity": 1.0, "partnership_desire": 5.0, "continuity_gate_flag": 1.0, "continuity_score": 100.0,
    ...          "high_margin_score": None}
    >>> found = qualification(pd.DataFrame([given]), rules=load_policy().qualification, minimum_coverage=0.5, minimum_values=5)
    >>> found["qualification_score"].tolist(), found["qualification_verdict"].tolist()
    ([100.0], ['qualified'])
    """
    needed = ["revenue_amount", "orders_count", "fit", "purchasing_mode", "service_need", "price_sensitivity", "partnership_desire"]
    require_columns(accounts, [*needed, "continuity_gate_flag", "continuity_score", "high_margin_score"], table="accounts")
    _require_modes(accounts["purchasing_mode"])
    revenue = accounts["revenue_amount"]
    scores = pd.DataFrame(
        {
            "purchase_volume": percentile_score(revenue.where(revenue > 0), minimum_values=minimum_values),
            "order_frequency": percentile_score(accounts["orders_count"].where(revenue > 0), minimum_values=minimum_values),
            "high_margin": accounts["high_margin_score"],
            "central_purchasing": accounts["purchasing_mode"].map(PURCHASING),
            "continuity": accounts["continuity_score"],
            "service_need": (accounts["service_need"] - 1) * 25,
            "price_tolerance": (5 - accounts["price_sensitivity"]) * 25,
            "partnership": (accounts["partnership_desire"] - 1) * 25,
        }
    ).astype(float)
    weights = pd.Series(rules.weights.model_dump(), dtype=float)[list(COMPONENTS)]
    measured = scores.notna().astype(float) @ weights
    coverage = measured / weights.sum()
    score = (scores.fillna(0) @ weights / measured.where(measured > 0)).where(reached(coverage, minimum_coverage))
    gates = pd.DataFrame(
        {
            "fit_gate": (accounts["fit"] >= rules.fit_from).astype(float).where(accounts["fit"].notna()),
            "purchasing_gate": (accounts["purchasing_mode"] != "dispersed").astype(float).where(accounts["purchasing_mode"].notna()),
            "continuity_gate": accounts["continuity_gate_flag"].astype(float),
        }
    )
    note = pd.Series("low_coverage", index=accounts.index, dtype="str").where(score.isna())
    result = {
        "qualification_score": score,
        "qualification_score_coverage": coverage,
        "qualification_score_note": note,
        "qualification_verdict": _verdict(score, gates, rules),
    }
    return pd.DataFrame(result).join(scores.add_suffix("_score")).join(gates.add_suffix("_flag"))


def _verdict(score: pd.Series, gates: pd.DataFrame, rules: QualificationRules) -> pd.Series:
    failed, unmeasured = (gates == 0).any(axis=1), gates.isna().any(axis=1)
    low, high = ~reached(score, rules.candidate_score), reached(score, rules.qualified_score)
    tests = [failed, score.isna(), low, ~high | unmeasured]
    found = np.select(tests, ["not_key", "insufficient", "not_key", "candidate"], default="qualified")
    return pd.Series(found, index=score.index, dtype="str")


def _quarter_sums(orders: pd.DataFrame, owner: pd.Series, accounts: pd.Index, as_of: date, count: int) -> pd.DataFrame:
    """Return the revenue of each quarter before the date, the latest first."""
    windows = [trailing_window(as_of, QUARTER_MONTHS, offset_months=QUARTER_MONTHS * number) for number in range(count)]
    number = window_numbers(orders["order_date"], windows[::-1])
    rows = pd.DataFrame({"account_id": owner, "number": count - 1 - number, "net_revenue": orders["net_revenue"]})[number >= 0]
    sums = exact_sums(rows, ["net_revenue"], by=["account_id", "number"])
    return sums.pivot(index="account_id", columns="number", values="net_revenue").reindex(accounts, columns=range(count)).fillna(0.0)


def _largest_order(orders: pd.DataFrame, owner: pd.Series, years: pd.Series, as_of: date) -> pd.Series:
    """Return the largest order of the years that count for the account itself, its returns taken off."""
    windows = {number: trailing_window(as_of, YEAR_MONTHS * number) for number in years[years >= 1].astype(int).unique()}
    counted, within = owner.map(years), pd.Series(data=False, index=orders.index)
    for number, window in windows.items():
        within |= (counted == number) & window.contains(orders["order_date"])
    order = orders.loc[within, "order_id"].astype("str")
    if "returns_of" in orders and orders["returns_of"].notna().any():
        order = orders.loc[within, "returns_of"].astype("str").fillna(order)
    rows = pd.DataFrame({"account_id": owner[within], "order": order, "net_revenue": orders.loc[within, "net_revenue"]})
    sums = rows.groupby(["account_id", "order"], observed=True)["net_revenue"].sum()
    return sums.groupby(level="account_id").max().reindex(years.index)


def _continuity_score(quarters: pd.DataFrame, age: pd.Series) -> pd.Series:
    allowed = (age // QUARTER_MONTHS).clip(upper=MOST_QUARTERS)
    numbers = np.arange(quarters.shape[1])
    lit = ((quarters.to_numpy() > 0) & (allowed.to_numpy()[:, None] > numbers)).sum(axis=1)
    return (100 * lit / allowed.where(allowed >= LEAST_QUARTERS)).rename("continuity_score")


def _require_modes(modes: pd.Series) -> None:
    unknown = modes[modes.notna() & ~modes.isin(PURCHASING)]
    if len(unknown):
        raise ValueError(f"purchasing_mode must be one of {', '.join(PURCHASING)}; {unknown.index[0]} has {unknown.iloc[0]!r}")
