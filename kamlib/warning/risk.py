"""The risk of losing an account: an index of what was measured, and never less than that."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamlib.checks import require_columns, require_within
from kamlib.policy import WarningRules

SIGNALS = (
    *("order_drop", "usage_drop", "order_rhythm", "payment_delay", "contact_gap", "contact_change"),
    *("no_backup", "competitor", "unconfirmed_change", "service", "satisfaction_drop", "renewal"),
)
TRADE_SIGNALS = ("order_drop", "usage_drop", "order_rhythm")
SLACK = 1e-9


def loss_risk(signals: pd.DataFrame, *, rules: WarningRules) -> pd.DataFrame:
    """Put the signals together into one index, and name its level.

    Parameters
    ----------
    signals : DataFrame, one row per account
        A column ``<name>_signal`` per name of `SIGNALS`, in [0, 1]; blank is not measured.
    rules : WarningRules
        Weights and levels.

    Returns
    -------
    DataFrame
        With the index of `signals`: ``loss_risk`` in [0, 1) (NaN with the note ``no_trade_signal`` where neither orders nor
        use can be judged), ``risk_coverage_share``, the share of the weights that was measured, and ``risk_level``: red,
        amber or green.

    Raises
    ------
    ValueError
        A column is missing, or a signal lies outside 0 to 1.

    Notes
    -----
    risk = 1 - product of (1 - weight * signal) over the measured signals; never renormalised, so it can only rise when
    more is measured. An index, no probability.

    References
    ----------
    [S2b], [S4a], [S3]; M17, rulings F5, F53.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> signals = pd.DataFrame({f"{name}_signal": [None] for name in SIGNALS}, index=["A"], dtype=float)
    >>> lit = signals.assign(order_drop_signal=1.0, order_rhythm_signal=1.0)
    >>> loss_risk(lit, rules=load_policy().warning)[["loss_risk", "risk_coverage_share", "risk_level"]].round(2)
       loss_risk  risk_coverage_share risk_level
    A        0.7                 0.22        red
    """
    names = [f"{name}_signal" for name in SIGNALS]
    require_columns(signals, names, table="signals")
    for name in names:
        require_within(signals[name].dropna(), 0, 1, name=name)
    weights = pd.Series({f"{name}_signal": weight for name, weight in rules.weights.model_dump().items()})[names]
    left = 1 - signals[names].astype(float).mul(weights, axis=1)
    judged = signals[[f"{name}_signal" for name in TRADE_SIGNALS]].notna().any(axis=1)
    risk = (1 - left.fillna(1.0).prod(axis=1)).where(judged)
    coverage = signals[names].notna().astype(float) @ weights / weights.sum()
    is_red, is_amber = risk >= rules.levels.red_score - SLACK, risk >= rules.levels.amber_score - SLACK
    level = pd.Series(np.select([is_red, is_amber], ["red", "amber"], default="green"), index=risk.index, dtype="str")
    note = pd.Series("no_trade_signal", index=risk.index, dtype="str").mask(judged)
    return pd.DataFrame(
        {
            "loss_risk": risk,
            "risk_coverage_share": coverage,
            "risk_level": level.where(judged),
            "loss_risk_note": note,
            "risk_level_note": note,
        }
    )
