"""Figures of the workshop: discounts against authority, pay over attainment, hours against the hours there are."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from io import BytesIO

import matplotlib
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from kamlib.show import text, theme
from kamlib.show.figures import LABEL, SMALL, drawable, panels, shifted, write_foot, write_heading
from kamlib.workshop.session import Workshop

WIDTH_INCHES = 5.8  # beside the controls a figure has less room than on a page of its own
FIRST_WIDTH = 0.34  # of the scale: where the names of the rows stand
HALF_ROW = 0.28


def drawn(draw, words: str, *heights_inches: float) -> Markup:
    """Return a figure in the theme's font as an image of the page.

    Parameters
    ----------
    draw : callable
        Takes the axes of as many panels as there are heights.
    words : str
        What a screen reader says.
    *heights_inches : float

    Returns
    -------
    Markup
    """
    theme.register_fonts()
    with matplotlib.rc_context(theme.STYLE):
        figure, axes = panels(*heights_inches)
        figure.set_size_inches(WIDTH_INCHES, figure.get_figheight())
        draw(*axes)
        return picture(figure, words)


def picture(figure: Figure, words: str) -> Markup:
    """Return a figure as an image of the page.

    Parameters
    ----------
    figure : Figure
    words : str
        What a screen reader says.

    Returns
    -------
    Markup
    """
    out = BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    data = base64.b64encode(out.getvalue()).decode()
    return Markup('<img alt="{}" style="max-width:100%" src="data:image/png;base64,{}">').format(words, data)


def alternative(workshop: Workshop, title: str, told: Sequence[str]) -> str:
    """Return what a screen reader says of a figure.

    Parameters
    ----------
    workshop : Workshop
    title : str
    told : sequence of str
        What it shows, one entry after the other.

    Returns
    -------
    str
    """
    series = text.say("semicolon", language=workshop.language).join(told)
    return text.say("figure_alt", language=workshop.language, title=title, series=series)


def plot_authority(
    ax: Axes, orders: pd.DataFrame, limits: Mapping[str, float], names: Mapping[str, str], *, heading: str, language: str
) -> Axes:
    """Draw every order's discount in the row of whoever approved it, with the limit as a bar; what lies beyond is in the colour of alerts.

    Parameters
    ----------
    ax : Axes
    orders : DataFrame
        ``level discount_rate``.
    limits : mapping of str to float
        Largest discount by level.
    names : mapping of str to str
        What stands before each row, by level, from the top.
    heading, language : str

    Returns
    -------
    Axes
    """
    widest = 1.12 * max(*limits.values(), orders["discount_rate"].max() if len(orders) else 0.0)
    ax.set_axis_off()
    ax.set_xlim(-FIRST_WIDTH * widest, widest)
    ax.set_ylim(len(limits) - 0.5, -0.5)
    for row, (level, limit) in enumerate(limits.items()):
        rates = orders.loc[orders["level"] == level, "discount_rate"].clip(lower=0).to_numpy()
        marks = [((rate, row - HALF_ROW), (rate, row + HALF_ROW)) for rate in rates]
        colours = [theme.ALERT if rate > limit + 1e-9 else theme.SOFT for rate in rates]
        ax.add_collection(LineCollection(marks, colors=colours, linewidths=0.7, alpha=0.7), autolim=False)
        ax.plot((0, widest), (row + 0.42, row + 0.42), color=theme.FAINT, linewidth=0.6)
        ax.plot((limit, limit), (row - 0.4, row + 0.4), color=theme.INK, linewidth=2.2, solid_capstyle="butt")
        word = text.number(limit, "share", language=language)
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}
        ax.text(limit, row, word, transform=shifted(ax, right=4), fontsize=SMALL, color=theme.INK, va="center", bbox=ground)
        ax.text(-FIRST_WIDTH * widest, row, drawable(names[level]), fontsize=LABEL, color=theme.INK, va="center")
    write_heading(ax, heading)
    ticks = np.arange(0, widest, 0.05)
    write_foot(ax, ticks, [f"{tick:.0%}" for tick in ticks])
    return ax


def plot_pay(
    ax: Axes,
    curves: Sequence[pd.DataFrame],
    *,
    cliffs: Sequence[tuple[float, str]],
    flats: Sequence[tuple[float, float, str]],
    now: tuple[float, float, str] | None,
    names: Sequence[str],
    heading: str,
    scale: float,
    places: int,
    language: str,
) -> Axes:
    """Draw pay over attainment: the terms in force in grey, those tried in the accent colour, jumps and flats named where they are.

    Parameters
    ----------
    ax : Axes
    curves : sequence of DataFrame
        ``attainment pay_amount``: in force, then tried.
    cliffs : sequence of (attainment, words)
    flats : sequence of (start, end, words)
    now : tuple of (attainment, amount, words), optional
        Where the person stands.
    names : sequence of str
        Of the curves.
    heading : str
    scale, places : float, int
        Of amounts, from `text.money_scale`.
    language : str

    Returns
    -------
    Axes
    """
    high = max(float(curve["pay_amount"].max()) for curve in curves) / scale or 1.0
    ax.set_axis_off()
    ax.set_xlim(0.56, 1.44)
    ax.set_ylim(-0.02 * high, 1.18 * high)
    ax.plot((0.6, 1.4), (0, 0), color=theme.FAINT, linewidth=0.8)
    for start, end, words in flats:
        ax.axvspan(start, end, ymin=0.017, ymax=0.86, color=theme.ALERT, alpha=0.10, linewidth=0)
        ax.text((start + end) / 2, 1.03 * high, drawable(words), ha="center", va="bottom", fontsize=SMALL, color=theme.ALERT)
    for curve, colour, width in zip(curves, (theme.SOFT, theme.ACCENT), (1.2, 2.2), strict=True):
        ax.plot(curve["attainment"], curve["pay_amount"] / scale, color=colour, linewidth=width)
        end = float(curve["pay_amount"].iloc[-1]) / scale
        ax.text(1.4, end, f" {text.decimal(end, places, language=language)}", fontsize=SMALL, color=colour, va="center")
    for at, words in cliffs:
        level = float(np.interp(at, curves[1]["attainment"], curves[1]["pay_amount"])) / scale
        place = shifted(ax, right=-5, up=2)
        ax.text(at, level, drawable(words), transform=place, ha="right", fontsize=SMALL, fontweight="bold", color=theme.ALERT)
    if now is not None:
        at, amount, words = now
        ax.plot([at], [amount / scale], marker="o", markersize=6, color=theme.INK, linestyle="none")
        place = shifted(ax, right=7, up=-9 if amount / scale > 0.15 * high else 5)
        ax.text(at, amount / scale, drawable(words), transform=place, fontsize=LABEL, color=theme.INK)
    write_heading(ax, heading)
    for place, (name, colour) in enumerate(zip(names, (theme.SOFT, theme.ACCENT), strict=True)):
        ax.text(0.6, high * (1.02 - 0.09 * place), drawable(name), fontsize=LABEL, color=colour, va="top")
    ticks = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4)
    write_foot(ax, ticks, [f"{tick:.0%}" for tick in ticks])
    return ax


def plot_hours(ax: Axes, parts: Sequence[tuple[float, str, str]], capacity: float, *, there: str) -> Axes:
    """Draw hours as one bar of parts, with the hours that are there as a line across it and what is too much in the colour of alerts.

    Parameters
    ----------
    ax : Axes
    parts : sequence of (hours, words, colour)
    capacity : float
    there : str
        What stands at the line.

    Returns
    -------
    Axes
    """
    whole = sum(hours for hours, *_ in parts)
    ax.set_axis_off()
    ax.set_xlim(0, 1.14 * max(whole, capacity, 1.0))
    ax.set_ylim(0, 1)
    start = 0.0
    for hours, _, colour in parts:
        ax.barh(0.6, hours, left=start, height=0.4, color=colour, linewidth=0)
        start += hours
    if whole > capacity:
        ax.barh(0.34, whole - capacity, left=capacity, height=0.08, color=theme.ALERT, linewidth=0)
    ax.plot((capacity, capacity), (0.3, 0.9), color=theme.INK, linewidth=2, solid_capstyle="butt")
    ax.text(capacity, 0.9, drawable(there), transform=shifted(ax, up=3), ha="center", fontsize=LABEL, color=theme.INK)
    place = 0.0
    for hours, words, colour in parts:
        if hours:
            ax.text(place, 0.0, drawable(f"■ {words}"), transform=ax.transAxes, fontsize=LABEL, color=colour)
            place += 0.3
    return ax
