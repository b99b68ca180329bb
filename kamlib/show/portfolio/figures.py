"""Figures of the review: the concentration curve and the whale curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamlib.show import theme
from kamlib.show.figures import LABEL, SMALL, drawable, panels

HEIGHT_INCHES = 2.9
LEFT, WIDTH = 0.06, 0.90
POINTS = 200
CLEAR = 0.11  # below the curve, room for the label of a point on it
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


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
    ax.plot((0, 1), (0, 1), color=theme.FAINT, linewidth=0.9)
    ax.annotate(drawable(even), (0.62, 0.62), (6, -4), textcoords="offset points", fontsize=SMALL, color=theme.SOFT, va="top")
    ax.plot(curve["accounts_share"], curve["revenue_share"], color=theme.ACCENT, linewidth=1.8)
    for x, y, words in marks:
        ax.plot([x], [y], marker="o", markersize=4.5, color=theme.ACCENT)
        ax.annotate(drawable(words), (x, y), (9, -6), textcoords="offset points", fontsize=LABEL, color=theme.INK, va="top")
    for x, y, words in claims:
        ax.plot([x], [y], marker="o", markersize=4.5, markerfacecolor="white", markeredgecolor=theme.SOFT, linestyle="none")
        level = float(np.interp(x, curve["accounts_share"], curve["revenue_share"]))
        spot, place, side = ((x, y), (-7, 0), "right") if y > level else ((x, min(y, level - CLEAR)), (9, -2), "left")
        ax.annotate(drawable(words), spot, place, textcoords="offset points", fontsize=SMALL, color=theme.SOFT, va="center", ha=side)
    ax.set_ylim(0, 1.04)
    _percent(ax)
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
    top = int(np.argmax(held))
    ax.axhline(0, color=theme.SOFT, linewidth=0.6)
    ax.plot(shares, held, color=theme.INK, linewidth=1.6)
    ax.fill_between(shares[top:], held[top:], held[top], color=theme.ALERT, alpha=0.18, linewidth=0)
    for place, words, level, colour in ((top, peak, "bottom", theme.ALERT), (len(held) - 1, end, "top", theme.INK)):
        if words:
            spot, offset = (shares[place], held[place]), (0, -7 if level == "top" else 6)
            ax.plot(*spot, marker="o", markersize=4.5, color=colour)
            ax.annotate(drawable(words), spot, offset, textcoords="offset points", fontsize=LABEL, ha="right", va=level)
    low, high = held.min(), held.max()
    ax.set_ylim(low - 0.14 * (high - low) * (low < 0), high + 0.16 * (high - low or 1))
    ax.set_xticks(TICKS, [f"{tick:.0%}" for tick in TICKS], fontsize=SMALL)
    ax.tick_params(axis="y", labelsize=SMALL)
    return ax


def _framed(ax: Axes, heading: str, across: str) -> Axes:
    box = ax.get_position()
    ax.set_position((LEFT, box.y0 + 0.05, WIDTH, box.height - 0.05))
    ax.set_title(drawable(heading), loc="left", fontsize=LABEL, fontweight="bold", color=theme.INK, pad=8, x=-0.05)
    ax.set_xlabel(drawable(across), loc="left", fontsize=SMALL)
    ax.set_xlim(-0.004, 1.01)
    return ax


def _percent(ax: Axes) -> None:
    words = [f"{tick:.0%}" for tick in TICKS]
    ax.set_xticks(TICKS, words, fontsize=SMALL)
    ax.set_yticks(TICKS, words, fontsize=SMALL)
