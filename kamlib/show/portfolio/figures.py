"""Figures of the review: the concentration curve and the whale curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from kamlib.show import text, theme
from kamlib.show.figures import LABEL, ROOM_POINTS, SMALL, drawable, fit, panels, shifted, write_foot, write_heading

HEIGHT_INCHES = 2.9
LEFT, WIDTH = 0.06, 0.90
POINTS = 200
LINE = 0.07  # of the curve's height: a label and the room between it and the next
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
MOST_STEPS = 7
NARROW = 0.19  # of the accounts: further left a label does not fit between the scale and its point
CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # behind a label that the line of equals would run through


def thinned(curve: pd.DataFrame, *, points: int = POINTS) -> pd.DataFrame:
    """Keep evenly spread rows of a long curve, the first and the last among them.

    Examples
    --------
    >>> len(thinned(pd.DataFrame({"x": range(5900)}))), len(thinned(pd.DataFrame({"x": range(60)})))
    (200, 60)
    """
    if len(curve) <= points:
        return curve
    return curve.iloc[np.linspace(0, len(curve) - 1, points).round().astype(int)]


def plot_concentration(
    curve: pd.DataFrame, ax: Axes | None = None, *, marks: list[tuple], claims: list[tuple], even: str, across: str, heading: str
) -> Axes:
    """Draw the Lorenz curve from the largest account on: the share of revenue that the first accounts hold.

    Parameters
    ----------
    curve : DataFrame
        ``accounts_share`` and ``revenue_share`` from (0, 0) to (1, 1), the largest account first.
    ax : Axes, optional
        Where to draw; a panel of its own if there is none.
    marks, claims : list of (x, y, words)
        Points on the curve that are named, and points that others claim.
    even, across, heading : str
        What stands at the line of equals, under the axis and above.

    Returns
    -------
    Axes
    """
    ax = _framed(ax or panels(HEIGHT_INCHES)[1][0], heading, across)
    ax.set_ylim(0, 1.04)
    ax.plot((0, 1), (0, 1), color=theme.FAINT, linewidth=0.9)
    ax.text(0.62, 0.62, drawable(even), transform=shifted(ax, 6, -4), fontsize=SMALL, color=theme.SOFT, va="top")
    ax.plot(curve["accounts_share"], curve["revenue_share"], color=theme.ACCENT, linewidth=1.8)
    _points(ax, marks, theme.ACCENT)
    _points(ax, claims, theme.SOFT, markerfacecolor="white")
    held = {claim: float(np.interp(claim[0], curve["accounts_share"], curve["revenue_share"])) for claim in claims}
    beside = [(x, y, words) for (x, y, words), share in held.items() if y > share and x > NARROW]
    for x, y, words in beside:
        ax.text(x, y, drawable(words), transform=shifted(ax, -7), fontsize=SMALL, color=theme.SOFT, va="center", ha="right")
    _label_downwards(ax, marks, [(x, min(y, share), words) for (x, y, words), share in held.items() if (x, y, words) not in beside])
    _scale_up(ax, TICKS, _percent(TICKS))
    return ax


def plot_whale(curve: pd.DataFrame, ax: Axes | None = None, *, peak: str, end: str, scale: float, across: str, heading: str) -> Axes:
    """Draw the cumulative margin from the most profitable account on, its peak and its end named.

    Parameters
    ----------
    curve : DataFrame
        ``accounts_share`` and ``cumulative_margin_amount``.
    ax : Axes, optional
        Where to draw; a panel of its own if there is none.
    peak, end, across, heading : str
        What stands at the highest and the last point, under the axis and above.
    scale : float
        What amounts are divided by, from `text.money_scale`.

    Returns
    -------
    Axes
    """
    ax = _framed(ax or panels(HEIGHT_INCHES)[1][0], heading, across)
    shares = np.array([0.0, *curve["accounts_share"]])
    held = np.array([0.0, *curve["cumulative_margin_amount"]]) / scale
    top, low, high = int(np.argmax(held)), held.min(), held.max()
    is_low = end and held[-1] < low + 0.2 * (high - low)
    fit(ax, low, high, above=ROOM_POINTS + 6, below=ROOM_POINTS if is_low else 0)
    ax.plot((0, 1), (0, 0), transform=ax.get_yaxis_transform(), color=theme.SOFT, linewidth=0.6)
    ax.plot(shares, held, color=theme.INK, linewidth=1.6)
    ax.fill_between(shares[top:], held[top:], held[top], color=theme.ALERT, alpha=0.18, linewidth=0)
    for place, words, up, colour in ((top, peak, 6, theme.ALERT), (len(held) - 1, end, -7, theme.INK)):
        if words:
            ax.plot(shares[place], held[place], marker="o", markersize=4.5, color=colour)
            side, align = "right" if shares[place] > 0.5 else "left", "bottom" if up > 0 else "top"
            spot, place_transform = (shares[place], held[place]), shifted(ax, up=up)
            ax.text(*spot, drawable(words), transform=place_transform, fontsize=LABEL, color=theme.INK, ha=side, va=align)
    ticks = _even_steps(*ax.get_ylim())
    _scale_up(ax, ticks, _amounts(ticks))
    return ax


def plot_exceedance(curve: pd.DataFrame, ax: Axes | None = None, *, marks: list[tuple], across: str, heading: str) -> Axes:
    """Draw in what share of the years more than an amount is lost, with amounts that are named.

    Parameters
    ----------
    curve : DataFrame
        ``revenue_amount`` (rising) and ``beyond_share`` (falling from 1 to 0).
    ax : Axes, optional
        Where to draw; a panel of its own if there is none.
    marks : list of (amount, words)
        Amounts that are named.
    across, heading : str
        What stands under the axis and above.

    Returns
    -------
    Axes
    """
    ax = _framed(ax or panels(HEIGHT_INCHES)[1][0], heading, across, has_percent=False)
    most = max(curve["revenue_amount"].max(), *(amount for amount, _ in marks)) or 1.0
    ax.set_xlim(-0.004 * most, 1.01 * most)
    ax.set_ylim(0, 1.04)
    ax.plot(curve["revenue_amount"], curve["beyond_share"], color=theme.ACCENT, linewidth=1.8)
    for level, (amount, words) in zip((0.97, 0.86, 0.75), sorted(marks), strict=False):
        is_far = amount > 0.6 * most
        ax.plot((amount, amount), (0, level), color=theme.SOFT, linewidth=0.8)
        place, align = shifted(ax, -4 if is_far else 4), "right" if is_far else "left"
        ax.text(amount, level, drawable(words), transform=place, fontsize=LABEL, color=theme.INK, ha=align, va="top", bbox=CLEAR)
    ticks = _even_steps(0, most)
    write_foot(ax, ticks, _amounts(ticks), up=-6)
    _scale_up(ax, TICKS, _percent(TICKS))
    return ax


def plot_calibration(
    curve: pd.DataFrame, ax: Axes | None = None, *, base: float, base_words: str, even: str, across: str, heading: str
) -> Axes:
    """Draw what share of the accounts was lost at each index, beside the line on which an index would be a chance.

    Parameters
    ----------
    curve : DataFrame
        ``risk`` (rising) and ``loss_rate``, fractions.
    ax : Axes, optional
        Where to draw; a panel of its own if there is none.
    base : float
        Share of all accounts that was lost.
    base_words, even, across, heading : str
        What stands at that share, at the line of equals, under the axis and above.

    Returns
    -------
    Axes
    """
    ax = _framed(ax or panels(HEIGHT_INCHES)[1][0], heading, across)
    ax.set_ylim(0, 1.04)
    ax.plot((0, 1), (0, 1), color=theme.FAINT, linewidth=0.9)
    ax.text(0.72, 0.72, drawable(even), transform=shifted(ax, 6, -4), fontsize=SMALL, color=theme.SOFT, va="top", bbox=CLEAR)
    ax.plot((0, 1), (base, base), color=theme.SOFT, linewidth=0.8)
    ax.text(1, base, drawable(base_words), transform=shifted(ax, up=4), fontsize=SMALL, color=theme.SOFT, ha="right", bbox=CLEAR)
    ax.plot(curve["risk"], curve["loss_rate"], color=theme.ACCENT, linewidth=1.8)
    _scale_up(ax, TICKS, _percent(TICKS))
    return ax


def _framed(ax: Axes, heading: str, across: str, *, has_percent: bool = True) -> Axes:
    box = ax.get_position()
    ax.set_position((LEFT, box.y0 + 0.05, WIDTH, box.height - 0.05))
    ax.set_axis_off()
    ax.set_xlim(-0.004, 1.01)
    ax.plot((0, 1), (0, 0), transform=ax.transAxes, color=theme.FAINT, linewidth=0.8)
    write_heading(ax, heading, x=-0.05)
    if has_percent:
        write_foot(ax, TICKS, _percent(TICKS), up=-6)
    ax.text(0, 0, drawable(across), transform=shifted(ax, up=-17, base=ax.transAxes), va="top", fontsize=SMALL, color=theme.SOFT)
    return ax


def _points(ax: Axes, places: list[tuple], colour: str, **marker) -> None:
    xs, ys = [x for x, *_ in places], [y for _, y, _ in places]
    ax.plot(xs, ys, marker="o", markersize=4.5, color=colour, linestyle="none", **marker)


def _label_downwards(ax: Axes, marks: list[tuple], claims: list[tuple]) -> None:
    """Write labels to the right of points and under the curve, the highest first, each clear of the one before."""
    entries = [(*mark, LABEL, theme.INK) for mark in marks] + [(*claim, SMALL, theme.SOFT) for claim in claims]
    level, place = np.inf, shifted(ax, 9, -12)
    for x, y, words, size, colour in sorted(entries, key=lambda entry: -entry[1]):
        level = min(y, level - LINE)
        ax.text(x, level, drawable(words), transform=place, fontsize=size, color=colour, va="center", bbox=CLEAR)


def _scale_up(ax: Axes, ticks: list[float], words: list[str]) -> None:
    place = shifted(ax, -3.5, base=ax.get_yaxis_transform())
    for tick, word in zip(ticks, words, strict=True):
        ax.text(0, tick, word, transform=place, ha="right", va="center_baseline", fontsize=SMALL, color=theme.SOFT)


def _even_steps(low: float, high: float) -> list[float]:
    steps = MaxNLocator(MOST_STEPS, steps=[1, 2, 5, 10]).tick_values(low, high)
    return [step for step in steps if low <= step <= high]


def _amounts(ticks: list[float]) -> list[str]:
    places = max(0, -int(np.floor(np.log10(ticks[1] - ticks[0])))) if len(ticks) > 1 else 0
    return [text.decimal(tick, places, language="en") for tick in ticks]


def _percent(ticks: tuple[float, ...]) -> list[str]:
    return [f"{tick:.0%}" for tick in ticks]
