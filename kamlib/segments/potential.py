"""M4: how much more an account could buy, as a score over what is measured."""

from __future__ import annotations

import pandas as pd

from kamlib.checks import require_columns
from kamlib.policy import OutlookScores, PotentialRules, RateScale
from kamlib.selection import reached

MEASURES = ("industry_growth", "headroom", "revenue_growth", "outlook")
INPUTS = ("industry_growth", "wallet_share", "growth_rate", "outlook")


def potential_score(accounts: pd.DataFrame, *, rules: PotentialRules, minimum_coverage: float) -> pd.DataFrame:
    """Weigh industry growth, headroom, own growth and outlook into the potential of each account.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        Columns ``industry_growth`` and ``growth_rate`` (fractions a year), ``wallet_share`` (fraction),
        ``outlook`` (growing, stable or declining); a blank is not measured.
    rules : PotentialRules
        Weights and scales.
    minimum_coverage : float
        Least share of the weights that must be measured (policy ``coverage.minimum_share``).

    Returns
    -------
    DataFrame
        With the index of `accounts`: ``potential_score`` in [0, 100], ``potential_score_coverage`` in
        [0, 1], ``potential_score_note`` (``low_coverage`` where there is no score), and the score of each
        measure (``industry_growth_score headroom_score revenue_growth_score outlook_score``).

    Raises
    ------
    ValueError
        A column is missing, or an outlook is none of the three.

    Notes
    -----
    Weights are renormalised over the measured scores. Headroom = max(0, 1 - share of wallet).

    References
    ----------
    [S2b]; M4, rulings F5, F25.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"industry_growth": [0.1, None], "wallet_share": [0.25, None],
    ...                          "growth_rate": [None, 0.05], "outlook": [None, "stable"]}, index=["A", "B"])
    >>> potential_score(accounts, rules=load_policy().potential, minimum_coverage=0.5).iloc[:, :2]
       potential_score  potential_score_coverage
    A             62.5                       0.6
    B              NaN                       0.4
    """
    require_columns(accounts, INPUTS, table="accounts")
    scores = pd.DataFrame(
        {
            "industry_growth": _linear(accounts["industry_growth"], rules.industry_growth),
            "headroom": 100 * (1 - accounts["wallet_share"].astype(float)).clip(0, 1),
            "revenue_growth": _linear(accounts["growth_rate"], rules.revenue_growth),
            "outlook": _outlook(accounts["outlook"], rules.outlook),
        }
    )
    weights = pd.Series(rules.weights.model_dump(), dtype=float)[list(MEASURES)]
    measured_weight = scores.notna().astype(float) @ weights
    coverage = measured_weight / weights.sum()
    enough = reached(coverage, minimum_coverage)
    score = (scores.fillna(0) @ weights / measured_weight.where(measured_weight > 0)).where(enough)
    note = pd.Series("low_coverage", index=accounts.index, dtype="str").mask(enough)
    result = {"potential_score": score, "potential_score_coverage": coverage, "potential_score_note": note}
    return pd.DataFrame(result).join(scores.add_suffix("_score"))


def _linear(rates: pd.Series, scale: RateScale) -> pd.Series:
    return (100 * (rates.astype(float) - scale.zero_rate) / (scale.full_rate - scale.zero_rate)).clip(0, 100)


def _outlook(outlook: pd.Series, scores: OutlookScores) -> pd.Series:
    known = {name: getattr(scores, f"{name}_score") for name in ("growing", "stable", "declining")}
    unknown = outlook[outlook.notna() & ~outlook.isin(known)]
    if len(unknown):
        raise ValueError(f"outlook must be one of {', '.join(known)}; {unknown.index[0]} has {unknown.iloc[0]!r}")
    return outlook.map(known).astype(float)
