"""Many dates moved by months at once."""

from __future__ import annotations

import numpy as np


def months_after(days: np.ndarray, months: np.ndarray | int) -> np.ndarray:
    """Return dates a number of months later; the end of a month stays the end of a month.

    Parameters
    ----------
    days : ndarray of datetime64
        Whole days; a blank stays blank.
    months : ndarray of int or int
        Broadcast against `days`.

    Returns
    -------
    ndarray of datetime64[D]
        What `months_before` gives for each date and the negative number of months.

    References
    ----------
    Ruling F1.

    Examples
    --------
    >>> months_after(np.array(["2026-02-28", "2026-01-30"], dtype="datetime64[D]"), np.array([[1], [12]])).astype(str).tolist()
    [['2026-03-31', '2026-02-28'], ['2027-02-28', '2027-01-30']]
    """
    month = days.astype("datetime64[M]")
    place = days.astype("datetime64[D]") - month.astype("datetime64[D]")
    moved = month + months
    last = _last_place(moved)
    return moved.astype("datetime64[D]") + np.where(place == _last_place(month), last, np.minimum(place, last))


def _last_place(month: np.ndarray) -> np.ndarray:
    """Count the days from the first to the last of each month."""
    return (month + 1).astype("datetime64[D]") - month.astype("datetime64[D]") - 1
