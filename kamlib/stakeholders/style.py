"""M9: how to talk to a person, a note and never a score."""

from __future__ import annotations

MIDPOINT = 3
STYLES = {(True, True): "leader", (False, True): "influencer", (True, False): "checker", (False, False): "follower"}


def suggested_style(task: int, fast: int) -> str:
    """Suggest a decision-maker's style from two observations.

    Parameters
    ----------
    task : int
        1 to 5: from people first to task first.
    fast : int
        1 to 5: from careful to fast.

    Returns
    -------
    str
        leader, influencer, checker or follower; ``unclear`` where an observation is the midpoint.

    Raises
    ------
    ValueError
        An observation is not a whole number from 1 to 5.

    Notes
    -----
    The four styles are the source's; telling them apart by these two observations is kamlib's own and not validated.

    References
    ----------
    [S4b]; M9, ruling F38.

    Examples
    --------
    >>> suggested_style(5, 4), suggested_style(2, 1), suggested_style(3, 5)
    ('leader', 'follower', 'unclear')
    """
    for name, value in (("task", task), ("fast", fast)):
        if value not in (1, 2, 3, 4, 5):
            raise ValueError(f"{name} must be 1, 2, 3, 4 or 5, got {value!r}")
    return "unclear" if MIDPOINT in (task, fast) else STYLES[task > MIDPOINT, fast > MIDPOINT]
