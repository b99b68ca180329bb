"""M27: a change between two dates taken apart so that the parts add up to it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

STATES = ("won", "grown", "shrunk", "lost")


def status_parts(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """Take the change of a sum apart by what became of each of its parts: won, grown, shrunk, lost.

    Parameters
    ----------
    before, after : Series of float
        The same money by account or by product line at two dates; absent or blank is 0.

    Returns
    -------
    DataFrame
        Indexed by state: ``count`` and ``amount``; the amounts add up to the change of the sums. Won: nothing before and something
        now; lost: the other way round.

    References
    ----------
    M27.

    Examples
    --------
    >>> found = status_parts(pd.Series({"A": 10.0, "B": 5.0, "C": 2.0}), pd.Series({"A": 12.0, "B": 0.0, "D": 4.0}))
    >>> found["amount"].tolist(), found["count"].tolist()
    ([4.0, 2.0, 0.0, -7.0], [1, 1, 0, 2])
    """
    both = pd.DataFrame({"before": before, "after": after}).fillna(0.0)
    change = both["after"] - both["before"]
    is_won, is_lost = (both["before"] == 0) & (both["after"] != 0), (both["before"] != 0) & (both["after"] == 0)
    stays = ~is_won & ~is_lost
    masks = {"won": is_won, "grown": stays & (change > 0), "shrunk": stays & (change < 0), "lost": is_lost}
    rows = {state: {"count": int(mask.sum()), "amount": math.fsum(change[mask])} for state, mask in masks.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("state")


def risk_parts(before: Mapping[str, float], after: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    """Take the change of the early-warning index apart by signal.

    Parameters
    ----------
    before, after : mapping of str to float
        Strength of each measured signal at two dates, in [0, 1].
    weights : mapping of str to float
        Of every signal, below 1.

    Returns
    -------
    dict of str to float
        Signals that moved, those that drove it up first; the values add up to the change of the index.

    Notes
    -----
    The index is 1 less the product of the safeties (1 - w s). Logarithms of safeties add up, so that each signal is given its share of
    the logarithm's change; where these cancel out to nothing, its change at the present safety.

    References
    ----------
    M17, M27.

    Examples
    --------
    >>> parts = risk_parts({"competitor": 0.0, "service": 1.0}, {"competitor": 1.0, "service": 0.0}, {"competitor": 0.45, "service": 0.3})
    >>> {name: round(part, 4) for name, part in parts.items()}, round(sum(parts.values()), 4)
    ({'competitor': 0.3718, 'service': -0.2218}, 0.15)
    """
    logs = {}
    for name, weight in weights.items():
        then, now = (1 - weight * side.get(name, 0.0) for side in (before, after))
        if then != now:
            logs[name] = math.log(then) - math.log(now)
    safe_then, safe_now = (math.prod(1 - weight * side.get(name, 0.0) for name, weight in weights.items()) for side in (before, after))
    total, change = math.fsum(logs.values()), safe_then - safe_now
    scale = safe_now if math.isclose(total, 0.0, abs_tol=1e-12) else change / total
    return dict(sorted(((name, part * scale) for name, part in logs.items()), key=lambda item: -item[1]))
