"""M19: the yearly chance to keep an account, what it is worth at that chance, and the most to spend on keeping it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamlib.checks import require_columns, require_within
from kamlib.policy import ValueRules

POINT = 0.01
NEXT_STAGE = {"early": "mid", "mid": "partnership", "partnership": "synergistic", "synergistic": "synergistic"}


def retention_rate_by_stage(stage: pd.Series, *, rules: ValueRules) -> pd.Series:
    """Return the yearly retention that is assumed for a stage of the relationship.

    Parameters
    ----------
    stage : Series of str
        early, mid, partnership, synergistic, or blank where not staged.
    rules : ValueRules

    Returns
    -------
    Series of float
        A rate a year; an assumption, not a measurement.

    Raises
    ------
    ValueError
        A stage is none of the four.

    References
    ----------
    M19, ruling F78.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> retention_rate_by_stage(pd.Series(["early", "synergistic", None], dtype="str"), rules=load_policy().value).tolist()
    [0.8, 0.96, 0.8]
    """
    unknown = stage[stage.notna() & ~stage.isin(NEXT_STAGE)]
    if len(unknown):
        raise ValueError(f"relationship_stage must be one of {', '.join(NEXT_STAGE)}; {unknown.index[0]} has {unknown.iloc[0]!r}")
    rates = {name: getattr(rules, f"retention_{name}") for name in NEXT_STAGE}
    return stage.map(rates).astype(float).fillna(rules.retention_unstaged)


def loss_probability(stage: pd.Series, risk: pd.Series, *, rules: ValueRules, calibration: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the chance to lose an account within a year.

    Parameters
    ----------
    stage : Series of str
        Of the relationship; blank where not staged.
    risk : Series of float
        The early warning's index in [0, 1]; blank where it is not measured.
    rules : ValueRules
    calibration : DataFrame, optional
        ``risk`` (rising) and ``loss_rate`` as a backtest has measured them; replaces the assumption wherever there is a risk.

    Returns
    -------
    DataFrame
        With the index of `stage`: ``loss_probability_rate`` in [0, 1], ``stage_retention_rate``, and
        ``loss_probability_rate_note``: ``assumption`` or ``calibrated``.

    Raises
    ------
    ValueError
        A stage is none of the four, a risk lies outside 0 to 1, or a calibration is not rising.

    Notes
    -----
    p_loss = 1 - p_stage * (1 - 0.5 * risk); an unmeasured risk leaves the stage's retention as it is. The index itself is
    no probability and is never used as one.

    References
    ----------
    M19, rulings F53, F78.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> stage = pd.Series(["partnership", None], dtype="str")
    >>> loss_probability(stage, pd.Series([0.5, None]), rules=load_policy().value)["loss_probability_rate"].round(2).tolist()
    [0.31, 0.2]
    """
    require_within(risk.dropna(), 0, 1, name="loss_risk")
    kept = retention_rate_by_stage(stage, rules=rules)
    lost = 1 - kept * (1 - rules.risk_weight * risk.astype(float).fillna(0.0))
    note = pd.Series("assumption", index=stage.index, dtype="str")
    if calibration is not None:
        _require_rising(calibration)
        measured = pd.Series(np.interp(risk.astype(float), calibration["risk"], calibration["loss_rate"]), index=risk.index)
        lost, note = lost.mask(risk.notna(), measured), note.mask(risk.notna(), "calibrated")
    return pd.DataFrame({"loss_probability_rate": lost, "stage_retention_rate": kept, "loss_probability_rate_note": note})


def annuity(first: pd.Series, later: pd.Series, *, rules: ValueRules) -> pd.Series:
    """Return what 1 a year is worth today if it comes only as long as the account is kept.

    Parameters
    ----------
    first, later : Series of float
        Chance to keep the account in the first year and in each later one; clipped to at most 1.
    rules : ValueRules
        Years and rate of interest.

    Returns
    -------
    Series of float
        Years' worth. Cash counts at the end of a year (the investment case, M3, counts it at the start).

    References
    ----------
    [L] Ryals & Knox, Gupta et al.; M19, rulings F24, F78.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> rate = pd.Series([0.80, 0.85])
    >>> annuity(rate, rate, rules=load_policy().value).round(4).tolist()
    [2.1241, 2.4633]
    """
    begin, rest = first.clip(upper=1.0), later.clip(upper=1.0)
    years = range(1, rules.years + 1)
    return sum(begin * rest ** (year - 1) / (1 + rules.discount_rate) ** year for year in years)


def customer_value(accounts: pd.DataFrame, *, rules: ValueRules) -> pd.DataFrame:
    """Value each relationship at its risk, and find the most that may be spent a year to bring it one stage further.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``margin_amount margin_rate_coverage revenue_amount relationship_stage loss_probability_rate
        stage_retention_rate``.
    rules : ValueRules

    Returns
    -------
    DataFrame
        With the index of `accounts`: ``clv_amount`` (risk-adjusted, over the years), ``clv_unadjusted_amount`` (kept for
        certain), ``retention_point_amount`` (worth of one more point of retention), ``spend_ceiling_amount`` (a year),
        ``next_retention_rate`` (of the next stage), ``revenue_at_risk_amount``, and the parts ``clv_factor
        clv_unadjusted_factor next_clv_factor point_clv_factor``. NaN with the note ``low_coverage`` where the cost of too
        little of the revenue is known, no note where nothing was bought. An account without profit has a value of 0 or
        less, and no amount to spend (``no_margin``).

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    p1 = 1 - loss probability, later years p_stage. RA-CLV = cash * A(p). A point: cash * (A(p + 0.01) - A(p)). Most to spend
    a year for reaching the next stage's retention: cash * (A1 - A0) / A1.

    References
    ----------
    [S4a]; [L] Ryals & Knox, Gupta et al.; M19, ruling F78.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"margin_amount": [100.0], "margin_rate_coverage": 1.0, "revenue_amount": 400.0,
    ...     "relationship_stage": "early", "loss_probability_rate": 0.2, "stage_retention_rate": 0.8}, index=["A"])
    >>> customer_value(accounts, rules=load_policy().value)[["clv_amount", "revenue_at_risk_amount"]].round(2).iloc[0].tolist()
    [212.41, 80.0]
    """
    needed = ["margin_amount", "margin_rate_coverage", "revenue_amount", "relationship_stage"]
    require_columns(accounts, [*needed, "loss_probability_rate", "stage_retention_rate"], table="accounts")
    covered = accounts["margin_rate_coverage"] >= rules.minimum_cost_coverage - 1e-9
    cash = accounts["margin_amount"].where(covered)
    first, later = 1 - accounts["loss_probability_rate"], accounts["stage_retention_rate"]
    certain = pd.Series(1.0, index=accounts.index)
    further = retention_rate_by_stage(accounts["relationship_stage"].map(NEXT_STAGE).astype("str").fillna("mid"), rules=rules)
    closer = first * further / later.where(later > 0)  # the same risk, at the next stage
    factor = {
        "clv_factor": annuity(first, later, rules=rules),
        "clv_unadjusted_factor": annuity(certain, certain, rules=rules),
        "point_clv_factor": annuity(first + POINT, later + POINT, rules=rules),
        "next_clv_factor": annuity(closer, further, rules=rules),
    }
    gain = factor["next_clv_factor"] - factor["clv_factor"]
    note = pd.Series("low_coverage", index=accounts.index, dtype="str").where(cash.isna() & accounts["margin_amount"].notna())
    loss = pd.Series("no_margin", index=accounts.index, dtype="str").where(cash <= 0)
    found = {
        "clv_amount": cash * factor["clv_factor"],
        "clv_unadjusted_amount": cash * factor["clv_unadjusted_factor"],
        "retention_point_amount": cash * (factor["point_clv_factor"] - factor["clv_factor"]),
        "spend_ceiling_amount": (cash * gain / factor["next_clv_factor"]).where((cash > 0) & (factor["next_clv_factor"] > 0)),
    }
    noted = {f"{name}_note": note for name in found} | {"spend_ceiling_amount_note": note.fillna(loss)}
    at_risk = (accounts["revenue_amount"] * accounts["loss_probability_rate"]).where(accounts["revenue_amount"] > 0, 0.0)
    return pd.DataFrame({**found, **noted, **factor, "next_retention_rate": further, "revenue_at_risk_amount": at_risk})


def _require_rising(calibration: pd.DataFrame) -> None:
    require_columns(calibration, ["risk", "loss_rate"], table="calibration")
    require_within(calibration["loss_rate"], 0, 1, name="loss_rate")
    if not (calibration["risk"].is_monotonic_increasing and calibration["loss_rate"].is_monotonic_increasing):
        raise ValueError("a calibration must rise: a higher risk may not have a lower loss rate")
