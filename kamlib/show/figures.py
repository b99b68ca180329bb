"""Figures of finished frames: each draws on an axes and returns it, none computes a number."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kamlib.show import text, theme

WIDTH_INCHES = 7.2
QUARTERS_A_YEAR = 4
SMALL, LABEL = 7.5, 8.5


def panels(*heights_inches: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of aligned panels, one under the other, with fixed margins.

    Parameters
    ----------
    *heights_inches : float
        Height of each panel, from the top.

    Returns
    -------
    tuple of Figure and list of Axes
    """
    gap, foot = 0.42, 0.45
    total = sum(heights_inches) + gap * len(heights_inches) + foot
    figure = Figure(figsize=(WIDTH_INCHES, total))
    FigureCanvasAgg(figure)
    axes, top = [], total
    for height in heights_inches:
        top -= gap + height
        axes.append(figure.add_axes((0.002, top / total, 0.996, height / total)))
    return figure, axes


def plot_revenue(
    quarters: pd.DataFrame,
    ax: Axes | None = None,
    *,
    heading: str,
    scale: float,
    places: int,
    spans: list[str],
    language: str,
) -> Axes:
    """Draw quarterly revenue as bars, the latest year in the accent colour.

    Parameters
    ----------
    quarters : DataFrame
        Oldest first, with ``label`` and ``revenue_amount``.
    ax : Axes, optional
        Where to draw; a panel of its own if there is none.
    heading : str
        What is drawn, with its unit.
    scale, places : float, int
        What amounts are divided by and their decimal places, from `text.money_scale`.
    spans : list of str
        What stands over each span of four quarters, oldest first.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
    """
    ax = ax or panels(1.5)[1][0]
    amounts = quarters["revenue_amount"].astype(float).to_numpy() / scale
    places_x = np.arange(len(amounts))
    colours = [theme.ACCENT if x >= len(amounts) - QUARTERS_A_YEAR else theme.FAINT for x in places_x]
    ax.bar(places_x, np.nan_to_num(amounts), width=0.62, color=colours)
    top, bottom = max(np.nanmax(amounts), 0), min(np.nanmin(amounts), 0)
    ax.set_ylim(bottom - 0.12 * (top - bottom) * (bottom < 0), top + 0.42 * (top - bottom or 1))
    for x, amount in zip(places_x, amounts, strict=True):
        if np.isfinite(amount):
            _label(ax, x, amount, text.decimal(amount, places, language=language), below=amount < 0)
    for start, words in zip(range(len(amounts) - QUARTERS_A_YEAR * len(spans), len(amounts), QUARTERS_A_YEAR), spans, strict=True):
        _span(ax, start, words)
    ax.axhline(0, color=theme.SOFT, linewidth=0.6)
    return _framed(ax, quarters, heading)


def plot_margin(quarters: pd.DataFrame, ax: Axes | None = None, *, heading: str, language: str) -> Axes:
    """Draw the quarterly margin rate as a line with its values beside the points.

    Parameters
    ----------
    quarters : DataFrame
        Oldest first, with ``label`` and ``margin_rate`` (fraction; blank where no cost is known).
    ax : Axes, optional
        Where to draw; a panel of its own if there is none.
    heading : str
        What is drawn.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
    """
    ax = ax or panels(0.8)[1][0]
    rates = quarters["margin_rate"].astype(float).to_numpy()
    ax.plot(np.arange(len(rates)), rates, color=theme.INK, linewidth=1.2, marker="o", markersize=3.2, clip_on=False)
    low, high = np.nanmin(rates), np.nanmax(rates)
    room = max(high - low, 0.02)
    ax.set_ylim(low - 0.7 * room, high + 0.7 * room)
    for x, rate in enumerate(rates):
        if np.isfinite(rate):
            beside = rates[max(x - 1, 0) : x + 2]
            _label(ax, x, rate, text.number(rate, "rate", language=language), below=rate < np.nanmean(beside))
    return _framed(ax, quarters, heading)


def png(figure: Figure) -> bytes:
    """Return a figure as PNG: fixed margins, 150 dots an inch, no version or date inside."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=theme.STYLE["savefig.dpi"], metadata={"Software": None})
    return buffer.getvalue()


def drawable(words: str) -> str:
    """Return a text that the shipped font can draw and that is never read as mathematics."""
    return text.chart_text(words, drawable=theme.register_fonts())


def _label(ax: Axes, x: float, y: float, words: str, *, below: bool = False) -> None:
    offset, align = ((0, -4), "top") if below else ((0, 4), "bottom")
    ax.annotate(words, (x, y), offset, textcoords="offset points", ha="center", va=align, fontsize=LABEL)


def _span(ax: Axes, start: int, words: str) -> None:
    level = ax.get_ylim()[1]
    ax.plot((start - 0.31, start + QUARTERS_A_YEAR - 1 + 0.31), (level, level), color=theme.SOFT, linewidth=0.6, clip_on=False)
    ax.annotate(drawable(words), (start - 0.31, level), (0, -3), textcoords="offset points", va="top", fontsize=LABEL, color=theme.SOFT)


def _framed(ax: Axes, quarters: pd.DataFrame, heading: str) -> Axes:
    ax.set_title(drawable(heading), loc="left", fontsize=LABEL, fontweight="bold", color=theme.INK, pad=8)
    ax.set_xlim(-0.32, len(quarters) - 0.68)
    ax.set_yticks([])
    ax.set_xticks(range(len(quarters)), _quarter_labels(list(quarters["label"])), fontsize=SMALL)
    ax.spines["bottom"].set_visible(False)
    return ax


def _quarter_labels(labels: list[str]) -> list[str]:
    years = [label.partition(" ")[0] for label in labels]
    quarters = [label.partition(" ")[2] for label in labels]
    return [
        drawable(f"{quarter}\n{year if place == 0 or year != years[place - 1] else ''}")
        for place, (year, quarter) in enumerate(zip(years, quarters, strict=True))
    ]
