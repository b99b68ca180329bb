"""Figures: every label on the canvas and clear of the others, flat colours as the theme has them, nothing left over from the last."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib import rcParams
from matplotlib.colors import to_rgb
from PIL import Image

from kamlib.show import figures, sections, theme
from kamlib.show.portfolio import figures as review

LABELS = ["2024 Q3", "2024 Q4", "2025 Q1", "2025 Q2", "2025 Q3", "2025 Q4", "2026 Q1", "2026 Q2"]
LONGEST = "Share of revenue held by the largest accounts, groups not joined, thousands of BHD"
SERIES = 80
CURVES = 40
CURRENCIES = ("CNY", "GBP", "BHD", "IDR", "")


@pytest.fixture(autouse=True)
def style():
    theme.register_fonts()
    rcParams.update(theme.STYLE)


def quarters(random: np.random.Generator) -> pd.DataFrame:
    """Return a series of any size, with losses and gaps."""
    amounts = random.lognormal(0, 1, 8) * 10 ** random.uniform(0, 13)
    amounts *= np.where(random.random(8) < random.choice([0, 0.3, 1]), -1, 1)
    rates = random.normal(0.3, random.choice([0.001, 0.1, 3]), 8)
    gaps = random.random((2, 8)) < random.choice([0, 0.3, 0.9], (2, 1))
    gaps[0, 7] = False
    return pd.DataFrame(
        {"label": LABELS, "revenue_amount": np.where(gaps[0], np.nan, amounts), "margin_rate": np.where(gaps[1], np.nan, rates)}
    )


def troubles(figure) -> list[str]:
    """Return what is clipped by the canvas and which labels overlap."""
    drawn = [words for ax in figure.axes for words in ax.texts]
    left, bottom, right, top = np.array([words.get_window_extent().extents for words in drawn]).T
    inside = (left >= 0) & (bottom >= 0) & (right <= figure.bbox.x1) & (top <= figure.bbox.y1)
    meets = (left[:, None] < right) & (left < right[:, None]) & (bottom[:, None] < top) & (bottom < top[:, None])
    assert len(drawn) > 4 and meets.diagonal().sum() == len(drawn) - sum(not words.get_text() for words in drawn)
    clash = [f"{drawn[one].get_text()} on {drawn[other].get_text()}" for one, other in np.argwhere(np.triu(meets, 1))]
    return [words.get_text() for words, is_inside in zip(drawn, inside, strict=True) if not is_inside] + clash


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_label_of_the_quarters_is_clipped_or_covers_another(make_pack, monkeypatch, language):
    random, pack, found = np.random.default_rng(4), make_pack("rich", language), []
    monkeypatch.setattr(figures, "png", lambda figure: found.append(troubles(figure)) or figures._empty(figure))
    for number in range(SERIES):
        pack.data["currency"] = CURRENCIES[number % len(CURRENCIES)]
        sections.quarters_png(pack, quarters(random))
    assert [trouble for trouble in found if trouble] == []
    assert len(found) == SERIES


def on_curve(ax, curve: pd.DataFrame) -> list[str]:
    """Return the labels that the curve runs through."""
    fine = np.linspace(0, 1, 2000)
    held = np.interp(fine, curve["accounts_share"], curve["revenue_share"])
    xs, ys = ax.transData.transform(np.column_stack([fine, held])).T
    boxes = [(words.get_text(), words.get_window_extent()) for words in ax.texts]
    return [words for words, box in boxes if ((box.x0 < xs) & (xs < box.x1) & (box.y0 < ys) & (ys < box.y1)).any()]


def on_the_line_of_equals(ax) -> list[str]:
    """Return the labels that the line of equals runs through without giving way."""
    lines = [words for words in ax.texts if words.get_bbox_patch() is None]
    xs, ys = ax.transData.transform(np.column_stack([np.linspace(0, 1, 500)] * 2)).T
    boxes = [(words.get_text(), words.get_window_extent()) for words in lines]
    return [words for words, box in boxes if ((box.x0 < xs) & (xs < box.x1) & (box.y0 < ys) & (ys < box.y1)).any()]


@pytest.mark.parametrize(
    "words",
    [
        ("claim: {:.0%} make {:.0%}", "{:.0%} of accounts: {:.1%}", "if all were equal"),
        ("文献说法：{:.0%}占{:.0%}", "{:.0%}的客户：{:.1%}", "完全均等"),
    ],
    ids=["en", "zh"],
)
def test_no_label_of_the_concentration_is_clipped_or_covers_another(words):
    random, (claimed, marked, even) = np.random.default_rng(4), words
    claims = [(heads, share, claimed.format(heads, share)) for heads, share in ((0.2, 0.8), (0.1, 0.38))]
    for _ in range(CURVES):
        revenue = np.sort(random.pareto(random.uniform(0.2, 5), random.integers(5, 200)) + 1e-9)[::-1]
        curve = pd.DataFrame(
            {"accounts_share": np.linspace(0, 1, len(revenue) + 1), "revenue_share": [0, *revenue.cumsum() / revenue.sum()]}
        )
        at = [float(np.interp(heads, curve["accounts_share"], curve["revenue_share"])) for heads in (0.1, 0.2)]
        marks = [(heads, share, marked.format(heads, share)) for heads, share in zip((0.1, 0.2), at, strict=True)]
        ax = review.plot_concentration(curve, marks=marks, claims=claims, even=even, across="Accounts", heading=LONGEST)
        assert troubles(ax.figure) == [] and on_curve(ax, curve) == [] and on_the_line_of_equals(ax) == []
        figures._empty(ax.figure)


def test_no_label_of_the_whale_is_clipped_or_covers_another():
    random = np.random.default_rng(4)
    for _ in range(CURVES):
        held = np.sort(random.normal(random.uniform(-2, 2), 1, random.integers(2, 200)))[::-1].cumsum()
        held *= 10 ** random.uniform(0, 4) / np.abs(held).max()
        curve = pd.DataFrame({"accounts_share": np.arange(1, len(held) + 1) / len(held), "cumulative_margin_amount": held})
        end = "left ¥12.3 m" if held[-1] < 0.97 * held.max() else ""
        ax = review.plot_whale(curve, peak="peak ¥23.9 m", end=end, scale=1.0, across="Accounts", heading=LONGEST)
        assert troubles(ax.figure) == []
        figures._empty(ax.figure)


def test_no_label_of_the_loss_curve_is_clipped_or_covers_another():
    random = np.random.default_rng(4)
    for _ in range(CURVES):
        amounts, chances = random.pareto(1.5, random.integers(1, 60)) + 0.01, random.uniform(0, 0.5)
        lost = np.sort((random.random((400, len(amounts))) < chances) @ amounts) * 10 ** random.uniform(0, 4)
        curve = pd.DataFrame({"revenue_amount": lost, "beyond_share": np.linspace(1, 0, len(lost))})
        places = (lost.mean(), lost[int(0.95 * len(lost))], amounts.max())
        marks = [
            (amount, words) for amount, words in zip(places, ("Average 1,234.5", "Bad year 2,345.6", "Largest leaves 999.9"), strict=True)
        ]
        ax = review.plot_exceedance(curve, marks=marks, across="Revenue lost", heading=LONGEST)
        assert troubles(ax.figure) == []
        assert {words for _, words in marks} <= {label.get_text() for label in ax.texts}
        figures._empty(ax.figure)


def test_paper_is_white_and_bars_have_the_theme_s_colours(make_pack):
    pack = make_pack()
    image = Image.open(BytesIO(sections.quarters_png(pack, pd.DataFrame(pack.quarters))))
    counts = {colour: count for count, colour in image.convert("RGB").getcolors(256)}
    shades = {name: tuple(round(255 * part) for part in to_rgb(name)) for name in (theme.ACCENT, theme.FAINT, theme.INK, theme.SOFT)}
    assert max(counts, key=counts.get) == (255, 255, 255)
    assert all(counts[shade] > 50 for shade in shades.values())
    assert image.size[0] == figures.WIDTH_INCHES * theme.STYLE["savefig.dpi"]


def test_a_figure_drawn_on_again_shows_nothing_of_the_last(make_pack):
    pack = make_pack()
    frame = pd.DataFrame(pack.quarters)
    figures._spent.clear()
    first = sections.quarters_png(pack, frame)
    figure, (upper, lower) = figures.panels(3.0, 0.5)
    upper.set_title("Another account", loc="left")
    lower.plot([0, 1], [5, 7])
    upper.bar([0, 1], [5, 7])
    lower.text(0, 5, "Another account")
    assert figures.png(figure) != first
    assert sections.quarters_png(pack, frame) == first


def test_a_figure_is_not_drawn_on_again_before_it_is_written():
    (one, _), (other, _) = figures.panels(1.0), figures.panels(1.0)
    assert one is not other


def test_equal_rates_have_their_labels_on_one_side():
    frame = pd.DataFrame({"label": LABELS, "margin_rate": 0.1})
    ax = figures.plot_margin(frame, heading="Margin", language="en")
    levels = [words.get_window_extent().y0 for words in ax.texts if words.get_text() == "10.0%"]
    assert len(levels) == len(LABELS) and max(levels) - min(levels) < 0.01
