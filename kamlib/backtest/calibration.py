"""From the index to a chance: what share of the accounts at each index was lost, never falling as the index rises."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from kamlib.checks import require_columns

LEAST_EVENTS = 30


def isotonic_loss(risk: pd.Series, is_lost: pd.Series) -> pd.DataFrame:
    """Fit the rising curve that lies closest to what happened.

    Parameters
    ----------
    risk : Series of float
        The index, no blanks.
    is_lost : Series of 0 and 1
        With the same index.

    Returns
    -------
    DataFrame
        ``risk`` (rising, each once) and ``loss_rate`` (never falling), ``rows_count``.

    References
    ----------
    [L] Barlow et al. 1972; M18, ruling F53.

    Examples
    --------
    >>> isotonic_loss(pd.Series([0.1, 0.2, 0.3, 0.3]), pd.Series([1.0, 0.0, 1.0, 1.0]))["loss_rate"].tolist()
    [0.5, 0.5, 1.0]
    """
    grouped = is_lost.groupby(risk).agg(["mean", "size"])
    if not len(grouped):
        return pd.DataFrame({"risk": [], "loss_rate": [], "rows_count": []})
    fitted = isotonic_regression(grouped["mean"].to_numpy(float), weights=grouped["size"].to_numpy(float))
    return pd.DataFrame({"risk": grouped.index.to_numpy(float), "loss_rate": fitted.x, "rows_count": grouped["size"].to_numpy(float)})


def calibration_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Summarise the curve by its steps.

    Parameters
    ----------
    rows : DataFrame
        ``loss_risk is_lost``, of all dates; blanks are left out.

    Returns
    -------
    DataFrame
        ``risk loss_rate rows_count``: the ends of each step; empty with fewer than 30 events.

    References
    ----------
    Ruling F53.

    Examples
    --------
    >>> calibration_table(pd.DataFrame({"loss_risk": [0.1], "is_lost": [1.0]})).empty
    True
    """
    require_columns(rows, ["loss_risk", "is_lost"], table="rows")
    known = rows.dropna(subset=["loss_risk", "is_lost"])
    if known["is_lost"].sum() < LEAST_EVENTS:
        return pd.DataFrame({"risk": [], "loss_rate": [], "rows_count": []})
    curve = isotonic_loss(known["loss_risk"], known["is_lost"])
    step = (curve["loss_rate"].diff().abs() > 1e-12).cumsum().rename("step")
    steps = {"first": ("risk", "min"), "last": ("risk", "max"), "loss_rate": ("loss_rate", "first"), "rows": ("rows_count", "sum")}
    ends = curve.groupby(step).agg(**steps).reset_index(drop=True)
    both = pd.concat([ends.assign(risk=ends["first"]), ends.assign(risk=ends["last"])]).sort_values(["risk", "loss_rate"])
    both = both.drop_duplicates(["risk", "loss_rate"]).rename(columns={"rows": "rows_count"})
    return both[["risk", "loss_rate", "rows_count"]].reset_index(drop=True)


def calibrated_loss(risk: pd.Series, table: pd.DataFrame) -> pd.Series:
    """Return the chance of loss that belongs to an index.

    Parameters
    ----------
    risk : Series of float
    table : DataFrame
        From `calibration_table` or `isotonic_loss`.

    Returns
    -------
    Series of float
        Straight between the rows of the table; NaN where the risk is blank.

    Raises
    ------
    ValueError
        The table is empty.

    References
    ----------
    Ruling F53.

    Examples
    --------
    >>> table = pd.DataFrame({"risk": [0.0, 0.5], "loss_rate": [0.1, 0.4]})
    >>> calibrated_loss(pd.Series([0.25, 0.9, None]), table).round(2).tolist()
    [0.25, 0.4, nan]
    """
    require_columns(table, ["risk", "loss_rate"], table="calibration")
    if not len(table):
        raise ValueError("the calibration has no row: too few events")
    found = np.interp(risk.astype(float), table["risk"], table["loss_rate"])
    return pd.Series(found, index=risk.index, name="loss_rate").where(risk.notna())
