"""Figures of finished frames: each draws on an axes and returns it, none computes a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.transforms import Transform, offset_copy
from PIL import Image

from kamlib.show import text, theme

WIDTH_INCHES, DOTS_AN_INCH = 7.2, theme.STYLE["savefig.dpi"]
POINTS_AN_INCH = 72
QUARTERS_A_YEAR = 4
SMALL, LABEL = 7.5, 8.5
ROOM_POINTS = 16  # a label and its distance from the point
HALF_BAR = 0.31
RATE_PLACES = 6
LEAST_RANGE = 0.02  # a rate that hardly moves is drawn flat
RUN_LENGTHS = 3  # zlib's strategy for even areas: smaller and faster than its default

# Axes cost more than everything drawn on them, so a figure that is written is emptied and drawn on again
_spent: defaultdict[int, list[Figure]] = defaultdict(list)


def panels(*heights_inches: float) -> tuple[Figure, list[Axes]]:
    """Return an empty figure of aligned panels, one under the other, with fixed margins and no scales.

    Parameters
    ----------
    *heights_inches : float
        Height of each panel, from the top.

    Returns
    -------
    tuple of Figure and list of Axes
    """
    gap, foot = 0.42, 0.45
    top = total = sum(heights_inches) + gap * len(heights_inches) + foot
    spent = _spent[len(heights_inches)]
    figure = spent.pop() if spent else _blank(len(heights_inches))
    figure.set_size_inches(WIDTH_INCHES, total)
    for ax, height in zip(figure.axes, heights_inches, strict=True):
        top -= gap + height
        ax.set_position((0.002, top / total, 0.996, height / total))
    return figure, figure.axes


def plot_revenue(
    quarters: pd.DataFrame,
    ax: Axes | None = None,
    *,
    heading: str,
    scale: float,
    places: int,
    spans: list[str],
    language: str,
    foot: bool = True,
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
    foot : bool
        Whether the quarters stand beneath; not where a panel under this one has them.

    Returns
    -------
    Axes
    """
    ax = ax or panels(1.5)[1][0]
    amounts = quarters["revenue_amount"].astype(float).to_numpy() / scale
    drawn = np.nan_to_num(amounts)
    top, bottom = max(drawn.max(), 0), min(drawn.min(), 0)
    fit(ax, bottom, top, above=2 * ROOM_POINTS, below=ROOM_POINTS if bottom < 0 else 0)
    colours = [theme.ACCENT if x >= len(amounts) - QUARTERS_A_YEAR else theme.FAINT for x in range(len(amounts))]
    ax.add_collection(PolyCollection([_bar(x, amount) for x, amount in enumerate(drawn)], facecolors=colours, linewidths=0), autolim=False)
    _label(ax, amounts, lambda amount: text.decimal(amount, places, language=language), below=amounts < 0)
    _spans(ax, spans, len(amounts))
    return _framed(ax, quarters, heading, foot=foot)


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
    middle, half = (np.nanmax(rates) + np.nanmin(rates)) / 2, max(np.nanmax(rates) - np.nanmin(rates), LEAST_RANGE) / 2
    fit(ax, middle - half, middle + half, above=ROOM_POINTS, below=ROOM_POINTS)
    ax.plot(np.arange(len(rates)), rates, color=theme.INK, linewidth=1.2, marker="o", markersize=3.2, clip_on=False)
    beside = [np.nanmean(rates[max(x - 1, 0) : x + 2]) if np.isfinite(rate) else rate for x, rate in enumerate(rates)]
    below = np.round(rates, RATE_PLACES) < np.round(beside, RATE_PLACES)
    _label(ax, rates, lambda rate: text.number(rate, "rate", language=language), below=below)
    return _framed(ax, quarters, heading)


def plot_walk(parts: pd.DataFrame, ax: Axes | None = None, *, heading: str, places: int, language: str) -> Axes:
    """Draw the way from a first amount to a last one: each part begins where the one before ended.

    Parameters
    ----------
    parts : DataFrame
        ``label amount``: the first and last row are levels, those between are changes.
    ax : Axes, optional
        Where to draw; a panel of its own if there is none.
    heading : str
        What is drawn, with its unit.
    places : int
        Decimal places of the amounts.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
    """
    ax = ax or panels(1.7)[1][0]
    amounts = parts["amount"].astype(float).to_numpy()
    ends = np.concatenate([np.cumsum(amounts[:-1]), amounts[-1:]])
    starts = np.concatenate([[0.0], ends[:-2], [0.0]])
    fit(ax, min(ends.min(), starts.min(), 0), max(ends.max(), starts.max(), 0), above=ROOM_POINTS, below=ROOM_POINTS)
    inside = amounts[1:-1]
    colours = [theme.FAINT, *(theme.ACCENT if amount > 0 else theme.ALERT for amount in inside), theme.INK]
    bars = [_step(x, low, high) for x, (low, high) in enumerate(zip(starts, ends, strict=True))]
    ax.add_collection(PolyCollection(bars, facecolors=colours, linewidths=0), autolim=False)
    tops, below = np.maximum(starts, ends), np.concatenate([[False], inside < 0, [False]])
    levels = np.where(below, np.minimum(starts, ends), tops)
    words = [text.decimal(amount, places, language=language) for amount in amounts]
    words = [f"+{word}" if 0 < x < len(words) - 1 and amounts[x] > 0 else word for x, word in enumerate(words)]
    over, under = shifted(ax, up=4), shifted(ax, up=-4)
    for x, (level, word, is_below) in enumerate(zip(levels, words, below, strict=True)):
        place, align = (under, "top") if is_below else (over, "bottom")
        ax.text(x, level, word, transform=place, ha="center", va=align, fontsize=LABEL, color=theme.INK)
    ax.add_collection(LineCollection([((-HALF_BAR, 0), (len(parts) - 1 + HALF_BAR, 0))], colors=theme.SOFT, linewidths=0.6), autolim=False)
    ax.set_axis_off()
    ax.set_xlim(-0.5, len(parts) - 0.5)
    write_heading(ax, heading)
    write_foot(ax, range(len(parts)), [drawable(label) for label in parts["label"]])
    return ax


def png(figure: Figure) -> bytes:
    """Return a figure of `panels` as PNG in the theme's colours, with no version or date inside; the figure is empty then.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    bytes
    """
    canvas, buffer = figure.canvas, BytesIO()
    canvas.draw()
    image = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    flat = image.quantize(palette=theme.palette(), dither=Image.Dither.NONE)
    flat.save(buffer, "PNG", compress_type=RUN_LENGTHS, dpi=(DOTS_AN_INCH, DOTS_AN_INCH))
    _empty(figure)
    return buffer.getvalue()


def drawable(words: str) -> str:
    """Return a text that the shipped font can draw and that is never read as mathematics."""
    return text.chart_text(words, drawable=theme.register_fonts())


def shifted(ax: Axes, right: float = 0, up: float = 0, *, base: Transform | None = None) -> Transform:
    """Return where a text stands that is some points to the right of and above its data, or its place in `base`."""
    return offset_copy(base or ax.transData, ax.figure, right, up, units="points")


def fit(ax: Axes, low: float, high: float, *, above: float, below: float) -> None:
    """Fit values from low to high into the height of a panel, with points left free for labels above and below."""
    height = ax.bbox.height * POINTS_AN_INCH / ax.figure.dpi
    point = (high - low or 1) / (height - above - below)
    ax.set_ylim(low - below * point, high + above * point)


def write_heading(ax: Axes, heading: str, *, x: float = 0) -> None:
    """Write in bold what is drawn, above the panel and at a part of its width."""
    place = shifted(ax, up=8, base=ax.transAxes)
    ax.text(x, 1, drawable(heading), transform=place, fontsize=LABEL, fontweight="bold", color=theme.INK)


def write_foot(ax: Axes, places: Iterable[float], words: Iterable[str], *, up: float = -3.5) -> None:
    """Write some points beneath the panel what stands at places of its horizontal scale."""
    place = shifted(ax, up=up, base=ax.get_xaxis_transform())
    for x, word in zip(places, words, strict=True):
        ax.text(x, 0, word, transform=place, ha="center", va="top", fontsize=SMALL, color=theme.SOFT)


def _blank(count: int) -> Figure:
    figure = Figure(dpi=DOTS_AN_INCH)
    FigureCanvasAgg(figure)
    for _ in range(count):
        figure.add_axes((0, 0, 1, 1)).set_axis_off()
    return figure


def _empty(figure: Figure) -> None:
    """Take off everything drawn and keep the figure for the next."""
    for ax in figure.axes:
        for artist in (*ax.texts, *ax.lines, *ax.collections, *ax.patches):
            artist.remove()
        for side in filter(ax.get_title, ("left", "center", "right")):
            ax.set_title("", loc=side)
    _spent[len(figure.axes)].append(figure)


def _bar(x: float, amount: float) -> list[tuple[float, float]]:
    return [(x - HALF_BAR, 0), (x - HALF_BAR, amount), (x + HALF_BAR, amount), (x + HALF_BAR, 0)]


def _step(x: float, low: float, high: float) -> list[tuple[float, float]]:
    return [(x - HALF_BAR, low), (x - HALF_BAR, high), (x + HALF_BAR, high), (x + HALF_BAR, low)]


def _label(ax: Axes, values: np.ndarray, written: Callable[[float], str], *, below: np.ndarray) -> None:
    over, under = shifted(ax, up=4), shifted(ax, up=-4)
    for x, (value, is_below) in enumerate(zip(values, below, strict=True)):
        if np.isfinite(value):
            place, align = (under, "top") if is_below else (over, "bottom")
            ax.text(x, value, written(value), transform=place, ha="center", va=align, fontsize=LABEL, color=theme.INK)


def _spans(ax: Axes, spans: list[str], count: int) -> None:
    """Draw the zero line, and over each span of four quarters a line with its words."""
    level, place = ax.get_ylim()[1], shifted(ax, up=-3)
    lines = [((-HALF_BAR, 0), (count - 1 + HALF_BAR, 0))]
    for start, words in zip(range(count - QUARTERS_A_YEAR * len(spans), count, QUARTERS_A_YEAR), spans, strict=True):
        lines.append(((start - HALF_BAR, level), (start + QUARTERS_A_YEAR - 1 + HALF_BAR, level)))
        ax.text(start - HALF_BAR, level, drawable(words), transform=place, va="top", fontsize=LABEL, color=theme.SOFT)
    ax.add_collection(LineCollection(lines, colors=theme.SOFT, linewidths=0.6, clip_on=False), autolim=False)


def _framed(ax: Axes, quarters: pd.DataFrame, heading: str, *, foot: bool = True) -> Axes:
    ax.set_axis_off()
    ax.set_xlim(-0.32, len(quarters) - 0.68)
    write_heading(ax, heading)
    if foot:
        write_foot(ax, range(len(quarters)), _quarter_labels(list(quarters["label"])))
    return ax


def _quarter_labels(labels: list[str]) -> list[str]:
    years = [label.partition(" ")[0] for label in labels]
    quarters = [label.partition(" ")[2] for label in labels]
    return [
        drawable(f"{quarter}\n{year if place == 0 or year != years[place - 1] else ''}")
        for place, (year, quarter) in enumerate(zip(years, quarters, strict=True))
    ]
