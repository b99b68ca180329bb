"""CPU time of a figure, built, drawn and encoded, beside the same content drawn the stock way in the same run.

python -m benchmarks.figures
"""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from statistics import median
from time import process_time

import click
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from kamlib import load_engagement, read, score
from kamlib.packs import Pack, PackBuilder, canonical
from kamlib.packs.portfolio import Portfolio, portfolio_pack
from kamlib.show import figures, sections, text, theme
from kamlib.show.portfolio import figures as portfolio_figures

ROUNDS = 20
MOST_MILLISECONDS = 80
ENGAGEMENT, ACCOUNT = "params/sample.yaml", "A001"
WHALE = {"peak": "peak", "end": "", "across": "Accounts with known cost", "heading": "Cumulative margin, millions"}
LORENZ = {"even": "if all were equal", "across": "Active accounts, the largest first", "heading": "Share of revenue"}
CLAIMS = [(0.2, 0.8, "claim: 20% make 80%"), (0.1, 0.38, "claim: 10% make 38%")]
MILLION = 1e6


def main() -> None:
    """Print CPU milliseconds of every figure, ours and stock, and how many times less ours needs."""
    matplotlib.use("agg")
    theme.register_fonts()
    matplotlib.rcParams.update(theme.STYLE)
    click.echo(f"{'figure':<16}{'ours, median':>14}{'minimum':>9}{'stock, median':>15}{'minimum':>9}{'times less':>12}")
    for name, (ours, stock) in drawings().items():
        a, b = measured(ours, stock)
        ratio = median(b) / median(a)
        click.echo(f"{name:<16}{median(a):>14.1f}{min(a):>9.1f}{median(b):>15.1f}{min(b):>9.1f}{ratio:>12.1f}")
    click.echo(
        f"CPU milliseconds of one warm process, {ROUNDS} drawings each, ours and stock in turn; at most {MOST_MILLISECONDS} is the aim."
    )


def measured(ours: Callable, stock: Callable) -> tuple[list[float], list[float]]:
    """Return CPU milliseconds of each drawing, the two ways in turn."""
    ours(), stock()
    pairs = [(milliseconds(ours), milliseconds(stock)) for _ in range(ROUNDS)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def milliseconds(draw: Callable) -> float:
    """Return the CPU time that one drawing takes."""
    began = process_time()
    draw()
    return 1000 * (process_time() - began)


def drawings() -> dict[str, tuple[Callable, Callable]]:
    """Return for every figure of both notebooks how it is drawn, and the stock way."""
    engagement = load_engagement(ENGAGEMENT)
    tables = read(engagement)
    scores = score(tables, engagement)
    packed = json.loads(canonical(PackBuilder(engagement, tables, scores).build(ACCOUNT)))
    portfolio = Portfolio(json.loads(canonical(portfolio_pack(engagement, tables, scores))), language="en")
    found = {}
    for language in ("en", "zh"):
        account = Pack(packed, language=language)
        frame = pd.DataFrame(account.quarters)
        found[f"quarters, {language}"] = (
            lambda account=account, frame=frame: sections.quarters_png(account, frame),
            lambda account=account, frame=frame: stock_quarters(frame, account.currency, account.language),
        )
    curve, whale = 1 - portfolio.lorenz.iloc[::-1], portfolio.whale
    shares = [(heads, float(np.interp(heads, curve["accounts_share"], curve["revenue_share"]))) for heads in (0.1, 0.2)]
    marks = [(heads, share, f"{heads:.0%} of accounts: {share:.1%}") for heads, share in shares]
    found["concentration"] = (lambda: concentration(curve, marks), lambda: stock_concentration(curve, marks))
    found["whale"] = (lambda: profit(whale), lambda: stock_whale(whale))
    return found


def concentration(curve: pd.DataFrame, marks: list[tuple]) -> bytes:
    """Draw the concentration curve as the portfolio review does."""
    figure, axes = figures.panels(portfolio_figures.HEIGHT_INCHES)
    portfolio_figures.plot_concentration(portfolio_figures.thinned(curve), axes[0], marks=marks, claims=CLAIMS, **LORENZ)
    return figures.png(figure)


def profit(curve: pd.DataFrame) -> bytes:
    """Draw the whale curve as the portfolio review does."""
    figure, axes = figures.panels(portfolio_figures.HEIGHT_INCHES)
    portfolio_figures.plot_whale(portfolio_figures.thinned(curve), axes[0], scale=MILLION, **WHALE)
    return figures.png(figure)


def stock_quarters(quarters: pd.DataFrame, currency: str, language: str) -> bytes:
    """Draw the two panels with plain matplotlib."""
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(figures.WIDTH_INCHES, 3.64), height_ratios=(1.55, 0.8))
    amounts, rates = quarters["revenue_amount"].astype(float), quarters["margin_rate"].astype(float)
    scale, unit, places = text.money_scale(amounts.abs().max(), currency, language=language)
    upper.bar(quarters["label"], amounts / scale, width=0.62, color=[theme.FAINT] * 4 + [theme.ACCENT] * 4)
    lower.plot(quarters["label"], rates, color=theme.INK, marker="o", markersize=3.2)
    for x, (amount, rate) in enumerate(zip(amounts / scale, rates, strict=True)):
        point(upper, x, amount, text.decimal(amount, places, language=language))
        point(lower, x, rate, text.number(rate, "rate", language=language))
    for start in (0, 4):
        upper.plot((start - 0.31, start + 3.31), [1.42 * amounts.max() / scale] * 2, color=theme.SOFT, linewidth=0.6)
        point(upper, start, 1.25 * amounts.max() / scale, text.money(amounts[start : start + 4].sum(), currency, language=language))
    upper.set_title(unit, loc="left")
    lower.set_title("%", loc="left")
    for ax in (upper, lower):
        ax.set_yticks([])
    upper.set_xticks([])
    return saved(figure)


def stock_concentration(curve: pd.DataFrame, marks: list[tuple]) -> bytes:
    """Draw the concentration curve with plain matplotlib."""
    figure, ax = plt.subplots(figsize=(figures.WIDTH_INCHES, 3.77))
    ax.plot((0, 1), (0, 1), color=theme.FAINT)
    ax.plot(curve["accounts_share"], curve["revenue_share"], color=theme.ACCENT)
    for x, y, words in [*marks, *CLAIMS, (0.62, 0.62, LORENZ["even"])]:
        ax.plot([x], [y], marker="o", markersize=4.5, color=theme.ACCENT)
        point(ax, x, y, words)
    stock_scales(ax, LORENZ)
    ax.yaxis.set_major_formatter("{x:.0%}")
    return saved(figure)


def stock_whale(curve: pd.DataFrame) -> bytes:
    """Draw the whale curve with plain matplotlib."""
    figure, ax = plt.subplots(figsize=(figures.WIDTH_INCHES, 3.77))
    held = curve["cumulative_margin_amount"] / MILLION
    top = int(held.argmax())
    ax.axhline(0, color=theme.SOFT, linewidth=0.6)
    ax.plot(curve["accounts_share"], held, color=theme.INK)
    ax.fill_between(curve["accounts_share"].iloc[top:], held.iloc[top:], held.max(), color=theme.ALERT, alpha=0.18)
    ax.plot(curve["accounts_share"].iloc[top], held.max(), marker="o", color=theme.ALERT)
    point(ax, curve["accounts_share"].iloc[top], held.max(), WHALE["peak"])
    stock_scales(ax, WHALE)
    return saved(figure)


def stock_scales(ax: plt.Axes, words: dict[str, str]) -> None:
    """Write heading and scale the plain way."""
    ax.set_title(words["heading"], loc="left")
    ax.set_xlabel(words["across"], loc="left")
    ax.xaxis.set_major_formatter("{x:.0%}")


def point(ax: plt.Axes, x: float, y: float, words: str) -> None:
    """Write a label above a point the plain way."""
    ax.annotate(words, (x, y), (0, 4), textcoords="offset points", ha="center", fontsize=figures.LABEL)


def saved(figure: plt.Figure) -> bytes:
    """Encode as notebooks do: cut to what is drawn, default compression."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    plt.close(figure)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
