"""How a reading becomes a signal."""

from __future__ import annotations

import pandas as pd

from kamlib.policy import Ramp


def ramp(reading: pd.Series, *, rule: Ramp) -> pd.Series:
    """Turn readings into signals: 0 up to one reading, 1 from another on, straight between.

    Parameters
    ----------
    reading : Series of float
        In any unit; blank is not measured.
    rule : Ramp
        The readings of 0 and of 1; the second may be the smaller.

    Returns
    -------
    Series of float
        In [0, 1].

    References
    ----------
    M17.

    Examples
    --------
    >>> ramp(pd.Series([-0.05, -0.35, -0.8, None]), rule=Ramp(zero=-0.10, full=-0.60)).round(9).tolist()
    [0.0, 0.5, 1.0, nan]
    """
    return ((reading - rule.zero) / (rule.full - rule.zero)).clip(0, 1)
