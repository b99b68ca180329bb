"""The page of the backtest in the room: hits, misses and false alarms by name with money, and how often a flag came true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from kamlib.backtest import share_at
from kamlib.policy import WarningRules
from kamlib.show import reading, text, theme
from kamlib.show.figures import LABEL, SMALL, drawable, shifted, write_foot, write_heading
from kamlib.warning import SIGNALS
from kamlib.workshop.cuts import listed
from kamlib.workshop.drawing import drawn
from kamlib.workshop.panel import say, table
from kamlib.workshop.session import Workshop

FLAGS = {"red": ("red",), "flagged": ("red", "amber")}
FEW_EVENTS, MOST_ROWS = 10, 10
HEIGHT_INCHES, FULL, SLACK = 1.5, 100, 1e-9
TICKS = (0, 20, 40, 60, 80, 100)
INKS = (theme.ACCENT, theme.SOFT)


def outcome_groups(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Sort accounts by whether they were flagged and whether they were lost, the most money first.

    Parameters
    ----------
    rows : DataFrame, one row per account
        ``risk_level is_lost base_amount after_amount``.

    Returns
    -------
    dict of str to DataFrame
        ``hits`` (flagged and lost), ``misses`` (lost without a flag), ``false_alarms`` (flagged and still there), each with
        ``change_amount``, what was bought less than in the same months a year before.

    References
    ----------
    M18, ruling F77.

    Examples
    --------
    >>> rows = pd.DataFrame({"risk_level": ["red", "green", "amber"], "is_lost": [1.0, 1.0, 0.0], "base_amount": 9.0, "after_amount": 1.0},
    ...                     index=["A", "B", "C"])
    >>> {name: group.index.tolist() for name, group in outcome_groups(rows).items()}
    {'hits': ['A'], 'misses': ['B'], 'false_alarms': ['C']}
    """
    told = rows.assign(change_amount=rows["after_amount"] - rows["base_amount"])
    ordered = told.sort_index().sort_values("base_amount", ascending=False, kind="stable")
    flagged, lost = ordered["risk_level"].isin(FLAGS["flagged"]), ordered["is_lost"] == 1
    return {"hits": ordered[flagged & lost], "misses": ordered[~flagged & lost], "false_alarms": ordered[flagged & ~lost]}


def risk_page(
    workshop: Workshop,
    day: date,
    months: int,
    known: Mapping[date, pd.DataFrame],
    before: pd.DataFrame,
    rules: WarningRules,
    names: Mapping[str, str],
) -> Iterator[Markup]:
    """Yield the page of one past day.

    Parameters
    ----------
    workshop : Workshop
    day : date
    months : int
        Observed after it.
    known : mapping of date to DataFrame
        Every day scored so far, under the levels on the slider; `day` among them.
    before : DataFrame
        The same day under the levels that hold.
    rules : WarningRules
    names : mapping of str to str
        By account.

    Returns
    -------
    iterator of Markup
    """
    rows = known[day]
    groups = outcome_groups(rows)
    yield Markup("<p class='kam-lead'>{}</p>").format(_lead(workshop, day, months, rows, groups))
    for words in (*_changed(workshop, rows, before, names), *_money(workshop, groups)):
        yield Markup("<p>{}</p>").format(words)
    yield _rates(workshop, rows)
    flags = flags_by_threshold(rows)
    yield drawn(lambda ax: plot_thresholds(ax, flags, rules, **_figure_words(workshop)), say(workshop, "risk.figure"), HEIGHT_INCHES)
    for name, group in groups.items():
        yield Markup("<h3>{}</h3>").format(say(workshop, f"risk.{name}", count=len(group)))
        if len(group):
            yield _group(workshop, group, rules, names)
    yield Markup("<h3>{}</h3>").format(say(workshop, "risk.by_day"))
    yield _by_day(workshop, known)
    yield Markup("<p class='kam-note'>{}</p>").format(
        say(workshop, "risk.note", months=text.counted(months, "months", language=workshop.language))
    )


def flags_by_threshold(rows: pd.DataFrame) -> pd.DataFrame:
    """Count at every index from 1 to 100 who would be flagged if the lowest level began there.

    Parameters
    ----------
    rows : DataFrame, one row per account
        ``loss_risk`` and ``is_lost``.

    Returns
    -------
    DataFrame
        Indexed by threshold: ``hits_count`` and ``false_alarms_count``.

    References
    ----------
    M17, M18.

    Examples
    --------
    >>> rows = pd.DataFrame({"loss_risk": [0.3, 0.5, 0.0], "is_lost": [1.0, 0.0, 1.0]})
    >>> flags_by_threshold(rows).loc[[1, 30, 31, 51]].to_numpy().tolist()
    [[1, 1], [1, 1], [0, 1], [0, 0]]
    """
    thresholds = np.arange(1, FULL + 1)
    reached = rows["loss_risk"].to_numpy()[None, :] >= thresholds[:, None] / FULL - SLACK
    lost = rows["is_lost"].to_numpy()[None, :] == 1
    counts = {"hits_count": (reached & lost).sum(axis=1), "false_alarms_count": (reached & ~lost).sum(axis=1)}
    return pd.DataFrame(counts, index=pd.Index(thresholds, name="threshold"))


def plot_thresholds(
    ax: Axes, flags: pd.DataFrame, rules: WarningRules, *, heading: str, hits: str, false_alarms: str, amber: str, red: str
) -> Axes:
    """Draw how many hits and how many false alarms each threshold would have brought, with the levels as lines.

    Parameters
    ----------
    ax : Axes
    flags : DataFrame
        `flags_by_threshold`.
    rules : WarningRules
    heading, hits, false_alarms, amber, red : str
        What stands above, at the two areas and at the two levels.

    Returns
    -------
    Axes
    """
    ax.set_axis_off()
    ax.set_xlim(-4, 104)
    steps = flags.reindex([0, *flags.index], method="bfill")  # a step reaches back to the threshold before
    below, most = steps["hits_count"], max(int(steps.sum(axis=1).max()), 1)
    ax.set_ylim(-0.02 * most, 1.22 * most)
    parts = ((0 * below, below, theme.ACCENT, hits), (below, below + steps["false_alarms_count"], theme.FAINT, false_alarms))
    for place, (low, high, colour, words) in enumerate(parts):
        ax.fill_between(steps.index, low, high, step="pre", color=colour, linewidth=0)
        ax.text(FULL, (1.0 - 0.13 * place) * most, drawable(words), fontsize=LABEL, color=INKS[place], ha="right", va="top")
    ax.plot((0, FULL), (0, 0), color=theme.SOFT, linewidth=0.7)
    for cut, words in ((rules.levels.amber_score, amber), (rules.levels.red_score, red)):
        ax.plot((FULL * cut, FULL * cut), (0, 1.1 * most), color=theme.ALERT, linewidth=1.4)
        ax.text(FULL * cut, 1.12 * most, drawable(words), fontsize=SMALL, color=theme.ALERT, ha="center", va="bottom")
    for count in {most, most // 2} - {0}:
        place = shifted(ax, -3, base=ax.transData)
        ax.text(0, count, str(count), transform=place, fontsize=SMALL, color=theme.SOFT, ha="right", va="center")
    write_heading(ax, heading)
    write_foot(ax, TICKS, [str(tick) for tick in TICKS])
    return ax


def _lead(workshop: Workshop, day: date, months: int, rows: pd.DataFrame, groups: Mapping[str, pd.DataFrame]) -> str:
    counts = {name: len(group) for name, group in groups.items()}
    places = {"day": text.day(day, language=workshop.language), "months": text.counted(months, "months", language=workshop.language)}
    return say(workshop, "risk.lead", all=len(rows), flagged=counts["hits"] + counts["false_alarms"], **counts, **places)


def _changed(workshop: Workshop, rows: pd.DataFrame, before: pd.DataFrame, names: Mapping[str, str]) -> Iterator[str]:
    """Say who is flagged, or no longer, against the levels that hold."""
    now, then = (frame["risk_level"].isin(FLAGS["flagged"]) for frame in (rows, before))
    for key, who in (("more", now & ~then), ("fewer", then & ~now)):
        if who.any():
            yield say(workshop, f"risk.{key}", names=listed(workshop, [names[account] for account in rows.index[who]]))


def _money(workshop: Workshop, groups: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    lost = {name: -groups[name]["change_amount"].sum() for name in ("hits", "misses")}
    whole = sum(lost.values())
    if whole > 0:
        amounts = {name: text.money(amount, workshop.currency, language=workshop.language) for name, amount in lost.items()}
        share = text.number(lost["hits"] / whole, "share", language=workshop.language)
        yield say(workshop, "risk.money", share=share, whole=text.money(whole, workshop.currency, language=workshop.language), **amounts)


def _rates(workshop: Workshop, rows: pd.DataFrame) -> Markup:
    events = int(rows["is_lost"].sum())
    heads = [say(workshop, f"risk.{key}") for key in ("level", "flags", "came_true", "caught")]
    found = [[say(workshop, f"risk.of_{key}"), *_counted(workshop, rows, levels)] for key, levels in FLAGS.items()]
    few = Markup("<p class='kam-note'>{}</p>").format(say(workshop, "risk.few", events=events)) if events < FEW_EVENTS else Markup("")
    return table(heads, found, numbers={1, 2, 3}) + few


def _counted(workshop: Workshop, rows: pd.DataFrame, levels: tuple[str, ...]) -> list[str]:
    """Write how many were flagged, of how many flags something came, and how many losses were flagged."""
    flagged, event = rows["risk_level"].isin(levels).to_numpy(float), rows["is_lost"].to_numpy(float)
    shares = [found.item() for found in share_at(flagged, event)]
    parts = [(flagged * event).sum()] * 2
    wholes = [flagged.sum(), event.sum()]
    written = [
        say(workshop, "risk.part", part=f"{part:.0f}", whole=f"{whole:.0f}", share=text.number(share, "share", language=workshop.language))
        if whole
        else say(workshop, "bar.dash")
        for part, whole, share in zip(parts, wholes, shares, strict=True)
    ]
    return [f"{flagged.sum():.0f}", *written]


def _group(workshop: Workshop, group: pd.DataFrame, rules: WarningRules, names: Mapping[str, str]) -> Markup:
    heads = [say(workshop, f"risk.{key}") for key in ("who", "index", "level", "signal", "base", "after", "change")]
    rows = [_row(workshop, names[account], row, rules) for account, row in group.head(MOST_ROWS).iterrows()]
    left = len(group) - MOST_ROWS
    more = Markup("<p class='kam-note'>{}</p>").format(say(workshop, "risk.further", count=left)) if left > 0 else Markup("")
    return table(heads, rows, numbers={1, 4, 5, 6}, style="kam-table kam-dense") + more


def _row(workshop: Workshop, name: str, row: pd.Series, rules: WarningRules) -> list[str]:
    language, lit = workshop.language, {signal: row.get(f"{signal}_signal", 0.0) * weight for signal, weight in rules.weights}
    strongest = max(SIGNALS, key=lambda signal: lit[signal] if lit[signal] > 0 else 0.0)
    signal = text.metric_name(f"{strongest}_signal", language=language) if lit[strongest] > 0 else say(workshop, "bar.dash")
    amounts = [text.money(row[f"{key}_amount"], workshop.currency, language=language) for key in ("base", "after")]
    level = reading.class_words(row["risk_level"], "risk_level", language=language)
    change = text.change(row["after_amount"], row["base_amount"], "amount", language=language)
    return [name, text.number(row["loss_risk"], "index", language=language), level, signal, *amounts, change]


def _by_day(workshop: Workshop, known: Mapping[date, pd.DataFrame]) -> Markup:
    heads = [say(workshop, f"risk.{key}") for key in ("day", "accounts", "losses", "flags", "came_true", "caught")]
    named = {text.short_day(day, language=workshop.language): rows for day, rows in known.items()}
    if len(known) > 1:
        named[say(workshop, "risk.together")] = pd.concat(known.values())
    rows = [
        [name, str(len(part)), f"{part['is_lost'].sum():.0f}", *_counted(workshop, part, FLAGS["flagged"])] for name, part in named.items()
    ]
    return table(heads, rows, numbers={1, 2, 3, 4, 5})


def _figure_words(workshop: Workshop) -> dict[str, str]:
    levels = {level: reading.class_words(level, "risk_level", language=workshop.language) for level in ("amber", "red")}
    parts = {name: say(workshop, f"risk.figure_{name}") for name in ("hits", "false_alarms")}
    return {"heading": say(workshop, "risk.figure"), **parts, **levels}
