"""Policy values under a room's hands: what a slider stands for, what it has moved, and frames that are made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from kamlib.data.engagement import Engagement
from kamlib.policy.load import default_leaves
from kamlib.workshop.panel import say
from kamlib.workshop.session import Workshop

PLACES = 6  # of a policy value: finer steps are the noise of binary fractions
LABEL_WIDTH = "225px"


@dataclass(frozen=True)
class Cut:
    """One slider and the policy values that it sets.

    Parameters
    ----------
    paths : tuple of str
        Dotted policy paths: one, or two that bound a span, the lower first.
    low, high, step : float
        Of the slider.
    scale : float
        Policy value of 1 on the slider: 0.01 where the slider counts per cent of a share.
    """

    paths: tuple[str, ...]
    low: float
    high: float
    step: float = 1.0
    scale: float = 1.0

    def values(self, shown: float | tuple[float, float]) -> dict[str, float | int]:
        """Return the policy values that a position of the slider stands for.

        Parameters
        ----------
        shown : float, or two of them
            Value of the slider.

        Returns
        -------
        dict of str to number
            By policy path; whole numbers as such.

        Examples
        --------
        >>> Cut(("matrix.top_share",), 1, 50, scale=0.01).values(7.0)
        {'matrix.top_share': 0.07}
        >>> Cut(("matrix.stable_score", "matrix.high_score"), 0, 100).values((35.0, 60.0))
        {'matrix.stable_score': 35, 'matrix.high_score': 60}
        """
        ends = shown if isinstance(shown, tuple) else (shown,)
        found = [round(end * self.scale, PLACES) for end in ends]
        return {path: int(value) if float(value).is_integer() else value for path, value in zip(self.paths, found, strict=True)}

    def control(self) -> widgets.Widget:
        """Return the slider; what it stands for is written before it, so that both languages write it their way."""
        kind = widgets.FloatSlider if len(self.paths) == 1 else widgets.FloatRangeSlider
        drawn = {"style": {"description_width": LABEL_WIDTH}, "layout": {"width": "auto"}}
        return kind(min=self.low, max=self.high, step=self.step, readout=False, **drawn)

    def put(self, control: widgets.Widget, engagement: Engagement) -> None:
        """Set the slider to what the policy says; a value beyond its ends widens it.

        Parameters
        ----------
        control : Widget
            From `control`.
        engagement : Engagement
        """
        found = [round(engagement.policy.leaf(path)["value"] / self.scale, PLACES) for path in self.paths]
        control.min, control.max = min(self.low, *found), max(self.high, *found)
        control.value = found[0] if len(found) == 1 else tuple(found)


def wanted(cuts: Mapping[str, Cut], controls: Mapping[str, widgets.Widget]) -> dict[str, float | int]:
    """Return the policy values that all sliders together stand for.

    Parameters
    ----------
    cuts : mapping of str to Cut
    controls : mapping of str to Widget
        With every name of `cuts`.

    Returns
    -------
    dict of str to number
    """
    return {path: value for name, cut in cuts.items() for path, value in cut.values(controls[name].value).items()}


def moved(engagement: Engagement, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a decision writes: the values that differ from those that hold.

    Parameters
    ----------
    engagement : Engagement
    values : mapping of str to value
        By policy path.

    Returns
    -------
    dict of str to value
        None where the value is the method's default, so that the engagement no longer says anything of its own there.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> class Room:
    ...     policy = load_policy({"abc": {"a_share": 0.75}})
    >>> moved(Room, {"abc.a_share": 0.8, "abc.b_share": 0.95}), moved(Room, {"abc.b_share": 0.9})
    ({'abc.a_share': None}, {'abc.b_share': 0.9})
    """
    defaults, holds = default_leaves(), engagement.policy.leaves()
    changed = {path: value for path, value in values.items() if round(value - holds[path]["value"], PLACES)}
    return {path: None if value == defaults.get(path, {}).get("value") else value for path, value in changed.items()}


def save_moved(workshop: Workshop, values: Mapping[str, Any], what: str) -> str:
    """Write what has moved into the engagement file.

    Parameters
    ----------
    workshop : Workshop
    values : mapping of str to value
        By policy path.
    what : str
        The decision in words.

    Returns
    -------
    str
        `what`.

    Raises
    ------
    ValueError
        Nothing has moved.
    KamError
        ``KAM-P06``: somebody has written the file since it was read. ``KAM-P03``: a value does not fit.
    """
    changes = moved(workshop.engagement, values)
    if not changes:
        raise ValueError(say(workshop, "cuts.unchanged"))
    workshop.save_policy(changes, what)
    return what


def once(make: Callable[[Workshop], Any]) -> Callable[[Workshop], Any]:
    """Make something from the tables, and make it anew only when they were read anew.

    Parameters
    ----------
    make : callable
        Takes the workshop.

    Returns
    -------
    callable

    Examples
    --------
    >>> class Room:
    ...     tables = ["read"]
    >>> count = once(lambda room: len(room.tables))
    >>> count(Room), count(Room)
    (1, 1)
    """
    kept: dict[str, Any] = {}

    def made(workshop: Workshop) -> Any:
        if kept.get("of") is not workshop.tables:
            kept.update(of=workshop.tables, made=make(workshop))
        return kept["made"]

    return made


def listed(workshop: Workshop, names: Iterable[str], *, most: int = 5, more: str = "more_accounts") -> str:
    """Join names; beyond the most, say how many more there are.

    Parameters
    ----------
    workshop : Workshop
    names : iterable of str
    most : int
    more : str
        Entry of the words for those beyond; ``more`` where no accounts are listed.

    Returns
    -------
    str
    """
    found = list(names)
    joined = say(workshop, "bar.comma").join(found[:most])
    return joined if len(found) <= most else say(workshop, f"cuts.{more}", names=joined, count=len(found) - most)
