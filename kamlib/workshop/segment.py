"""Segment: the room moves the cuts of value and potential, and sees who changes segment and what that costs in hours (M4, M22)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from kamlib import coverage, lifecycle, segments
from kamlib.data.history import known_at
from kamlib.policy import Policy
from kamlib.scores.facts import daily_facts
from kamlib.scores.measures import classes
from kamlib.selection import head_count
from kamlib.show import reading, text
from kamlib.show.sections import POTENTIALS, VALUES
from kamlib.workshop.cuts import Cut, listed, moved, once, save_moved, wanted
from kamlib.workshop.panel import Panel, page, say, table
from kamlib.workshop.session import Workshop

CUTS = {
    "top_share": Cut(("matrix.top_share",), 1, 50, scale=0.01),
    "potential": Cut(("matrix.stable_score", "matrix.high_score"), 0, 100),
}
READ = ["revenue_amount", "wallet_share", "growth_rate"]
SEGMENTS = ("core", "grow", "maintain", "optimise")
TIERS = ("strategic", "key", "basic", "none")
YEAR_MONTHS, MOST_MOVES, NAMED_IN_CELL, LEAST_HOURS = 12, 15, 4, 0.5


class Standing(NamedTuple):
    """What the page compares: every account's classes, revenue and hours a month, now and as saved, and the hours that there are."""

    now: pd.DataFrame
    before: pd.DataFrame
    capacity: float | None


def segment(workshop: Workshop) -> Panel:
    """Return the panel on which a room cuts the value-potential matrix.

    Parameters
    ----------
    workshop : Workshop

    Returns
    -------
    Panel
        Controls ``top_share`` and ``potential`` (where stable and where high begin).
    """
    names, values = workshop.accounts, workshop.scores.values["account"][READ]
    facts_of = once(lambda room: daily_facts(known_at(room.tables, room.as_of), room.as_of))
    hours_of = once(lambda room: hours_by_segment(facts_of(room)["accounts"], policy=room.engagement.policy, as_of=room.as_of))
    controls = {name: cut.control() for name, cut in CUTS.items()}

    def classed(room: Workshop, policy: Policy) -> pd.DataFrame:
        found = classes(facts_of(room), values, policy, room.as_of, room.currency, "account")
        found = found.assign(name=pd.Series(names), revenue_amount=values["revenue_amount"])
        return found.assign(hours=hours_in(hours_of(room), found["segment"]))

    before_of = once(lambda room: classed(room, room.engagement.policy))

    def load() -> None:
        for name, cut in CUTS.items():
            cut.put(controls[name], workshop.engagement)

    def draw() -> Markup:
        _describe(workshop, controls, values["revenue_amount"])
        now = classed(workshop, _policy(workshop, controls))
        return page(workshop, _page(workshop, Standing(now, before_of(workshop), hours_there(workshop))))

    def save() -> str:
        _policy(workshop, controls)
        changed = moved(workshop.engagement, wanted(CUTS, controls))
        said = [controls[name].description for name, cut in CUTS.items() if changed.keys() & set(cut.paths)]
        return save_moved(workshop, wanted(CUTS, controls), say(workshop, "segment.saved", names=listed(workshop, said)))

    return Panel(workshop, "segment", controls, draw, save=save, load=load)


def hours_by_segment(accounts: pd.DataFrame, *, policy: Policy, as_of: date) -> pd.DataFrame:
    """Return the hours a month that each account would take in each segment, so that a moved cut only looks them up.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``account_id signed_on first_order_date``.
    policy : Policy
    as_of : date
        The plan of the twelve months after it is counted.

    Returns
    -------
    DataFrame of float
        Indexed by account, a column per segment.

    References
    ----------
    [S2b]; M22, ruling F70.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"account_id": ["A"], "signed_on": pd.to_datetime(["2020-01-01"]), "first_order_date": pd.NaT})
    >>> hours_by_segment(accounts, policy=load_policy(), as_of=date(2026, 6, 30)).loc["A", ["core", "optimise"]].round(1).tolist()
    [25.7, 10.2]
    """
    ids, found = pd.Index(accounts["account_id"].astype("str")), {}
    for name in SEGMENTS:
        planned = lifecycle.cadence_plan(accounts.assign(segment=name), as_of=as_of, cuts=policy.lifecycle)
        yearly = coverage.account_hours(planned, pd.Series(name, index=ids), rules=policy.coverage_hours)["workload_hours"]
        found[name] = yearly / YEAR_MONTHS
    return pd.DataFrame(found)


def hours_in(hours: pd.DataFrame, segment: pd.Series) -> pd.Series:
    """Look up the hours of each account in its segment.

    Parameters
    ----------
    hours : DataFrame
        `hours_by_segment`.
    segment : Series of str
        By account.

    Returns
    -------
    Series of float

    Examples
    --------
    >>> hours = pd.DataFrame({"core": [20.0, 30.0], "grow": [8.0, 9.0]}, index=["A", "B"])
    >>> hours_in(hours, pd.Series({"A": "grow", "B": "core"})).tolist()
    [8.0, 30.0]
    """
    rows, columns = hours.index.get_indexer(segment.index), hours.columns.get_indexer(segment)
    return pd.Series(hours.to_numpy()[rows, columns], index=segment.index)


def hours_there(workshop: Workshop) -> float | None:
    """Return the hours a month of all managers; None where no table names them.

    Parameters
    ----------
    workshop : Workshop

    Returns
    -------
    float or None
    """
    managers, usual = workshop.tables.get("managers"), workshop.engagement.policy.coverage_hours.capacity_hours
    if managers is None or not len(managers):
        return None
    given = managers["capacity_hours"] if "capacity_hours" in managers else pd.Series(float("nan"), index=managers.index)
    return float(given.astype(float).fillna(usual).sum()) / YEAR_MONTHS


def _policy(workshop: Workshop, controls: dict[str, widgets.Widget]) -> Policy:
    values = wanted(CUTS, controls)
    low, high = (values[path] for path in CUTS["potential"].paths)
    if low >= high:
        raise ValueError(say(workshop, "segment.rising"))
    return workshop.engagement.overridden(values).policy


def _describe(workshop: Workshop, controls: dict[str, widgets.Widget], revenue: pd.Series) -> None:
    share, (low, high) = controls["top_share"].value / 100, controls["potential"].value
    written, count = text.number(share, "share", language=workshop.language), head_count(int((revenue > 0).sum()), share)
    controls["top_share"].description = say(workshop, "segment.top_share", share=written, count=count)
    controls["potential"].description = say(workshop, "segment.potential", low=f"{low:g}", high=f"{high:g}")


def _page(workshop: Workshop, standing: Standing) -> Iterator[Markup]:
    now, before = standing.now, standing.before
    is_moved = now["segment"] != before["segment"]
    yield Markup("<p class='kam-lead'>{}</p>").format(_lead(workshop, now, is_moved))
    yield Markup("<p>{}</p>").format(_hours_words(workshop, standing))
    yield _matrix(workshop, now, before["segment"].where(is_moved))
    if is_moved.any():
        yield _moves(workshop, now[is_moved], before[is_moved])
    tables = [_hours_table(workshop, standing, by, keys) for by, keys in (("segment", SEGMENTS), ("tier", TIERS))]
    yield Markup('<div class="kam-side kam-side-2">{}</div>').format(Markup("").join(Markup("<div>{}</div>").format(one) for one in tables))
    yield Markup("<p class='kam-note'>{}</p>").format(say(workshop, "segment.note"))


def _lead(workshop: Workshop, now: pd.DataFrame, is_moved: pd.Series) -> str:
    if not is_moved.any():
        counts = now["segment"].value_counts()
        said = [say(workshop, "segment.of", name=_name(workshop, key), value=int(counts.get(key, 0))) for key in SEGMENTS]
        return say(workshop, "segment.same", names=listed(workshop, said))
    largest = now[is_moved].sort_values("revenue_amount", ascending=False, kind="stable")
    amount = text.money(largest["revenue_amount"].sum(), workshop.currency, language=workshop.language)
    return say(workshop, "segment.changed", count=int(is_moved.sum()), names=listed(workshop, largest["name"], most=3), revenue=amount)


def _hours_words(workshop: Workshop, standing: Standing) -> str:
    asked, before = standing.now["hours"].sum(), standing.before["hours"].sum()
    change = asked - before
    key = "hours" if abs(change) < LEAST_HOURS else "hours_more" if change > 0 else "hours_less"
    words = [say(workshop, f"segment.{key}", hours=_hours(workshop, asked), change=_hours(workshop, abs(change)))]
    needed = coverage.managers_needed(standing.now["hours"] * YEAR_MONTHS, rules=workshop.engagement.policy.coverage_hours)
    if standing.capacity is None:
        words.append(say(workshop, "segment.no_managers", needed=needed))
    else:
        gap = asked - standing.capacity
        key = "too_few" if gap > 0 else "enough"
        there = {"there": _hours(workshop, standing.capacity), "gap": _hours(workshop, abs(gap)), "needed": needed}
        words.append(say(workshop, f"segment.{key}", **there))
    return text.paragraph(words, language=workshop.language)


def _matrix(workshop: Workshop, now: pd.DataFrame, origin: pd.Series) -> Markup:
    """Draw the matrix: of each cell accounts, share of revenue, hours a month, and names, those first that have moved."""
    pairs = pd.DataFrame([(value, potential) for value in VALUES for potential in POTENTIALS], columns=["value_class", "potential_class"])
    owners, active = segments.segment(pairs), now["revenue_amount"].clip(lower=0).sum()
    ordered = now.assign(origin=origin).sort_values("revenue_amount", ascending=False, kind="stable")
    ordered = ordered.sort_values("origin", key=lambda of: of.isna(), kind="stable")
    found = dict(list(ordered.groupby(["value_class", "potential_class"])))
    marked = [
        _cell(workshop, found.get(tuple(pair), now.iloc[:0]), owner, active) for pair, owner in zip(pairs.to_numpy(), owners, strict=True)
    ]
    heads = Markup("").join(Markup("<th>{}</th>").format(_class(workshop, key, "potential_class")) for key in POTENTIALS)
    rows = [
        Markup("<tr><th>{}</th>{}</tr>").format(_class(workshop, value, "value_class"), Markup("").join(marked[3 * place : 3 * place + 3]))
        for place, value in enumerate(VALUES)
    ]
    head = Markup('<tr><th class="kam-axis">{}</th>{}</tr>').format(say(workshop, "segment.axes"), heads)
    return Markup('<table class="kam-matrix kam-named"><thead>{}</thead><tbody>{}</tbody></table>').format(head, Markup("").join(rows))


def _cell(workshop: Workshop, rows: pd.DataFrame, owner: str, active: float) -> Markup:
    share = rows["revenue_amount"].clip(lower=0).sum() / active if active > 0 else None
    head = say(workshop, "segment.head", name=_name(workshop, owner), share=text.number(share, "share", language=workshop.language))
    words = say(workshop, "segment.cell", count=len(rows), hours=_hours(workshop, rows["hours"].sum()))
    lines = [Markup('<span class="kam-segment">{}</span>').format(head if len(rows) else _name(workshop, owner))]
    lines.append(Markup('<span class="kam-count">{}</span>').format(words if len(rows) else say(workshop, "bar.dash")))
    for row in rows.head(NAMED_IN_CELL).to_dict("records"):
        came = isinstance(row["origin"], str)
        name = say(workshop, "segment.came", name=row["name"], origin=_name(workshop, row["origin"])) if came else row["name"]
        lines.append(Markup('<span class="{}">{}</span>').format("kam-marker" if came else "kam-named", name))
    if len(rows) > NAMED_IN_CELL:
        lines.append(Markup('<span class="kam-named">{}</span>').format(say(workshop, "segment.further", count=len(rows) - NAMED_IN_CELL)))
    return Markup('<td class="kam-cell kam-{}">{}</td>').format(owner, Markup("").join(lines))


def _moves(workshop: Workshop, now: pd.DataFrame, before: pd.DataFrame) -> Markup:
    heads = [say(workshop, f"segment.{key}") for key in ("who", "from", "to", "revenue", "hours_change")]
    shown = now.sort_values("revenue_amount", ascending=False, kind="stable")
    rows = [
        [row["name"], _name(workshop, before.loc[account, "segment"]), Markup("<b>{}</b>").format(_name(workshop, row["segment"]))]
        + [text.money(row["revenue_amount"], workshop.currency, language=workshop.language)]
        + [_signed(workshop, row["hours"] - before.loc[account, "hours"], places=1)]
        for account, row in shown.head(MOST_MOVES).iterrows()
    ]
    left = len(shown) - MOST_MOVES
    more = Markup("<p class='kam-note'>{}</p>").format(say(workshop, "segment.further", count=left)) if left > 0 else Markup("")
    return table(heads, rows, numbers={3, 4}, style="kam-table kam-dense") + more


def _hours_table(workshop: Workshop, standing: Standing, by: str, keys: tuple[str, ...]) -> Markup:
    heads = [say(workshop, f"segment.{key}") for key in (by, "accounts", "hours_month", "hours_change")]
    sums = {side: frame.groupby(by)["hours"].agg(["size", "sum"]) for side, frame in (("now", standing.now), ("before", standing.before))}
    known = [key for key in keys if key in sums["now"].index or key in sums["before"].index]
    filled = {side: found.reindex(known).fillna(0.0) for side, found in sums.items()}
    rows = []
    for key in known:
        now, before = (filled[side].loc[key] for side in ("now", "before"))
        counts = f"{now['size']:.0f}" if now["size"] == before["size"] else f"{before['size']:.0f} → {now['size']:.0f}"
        rows.append([_class(workshop, key, by), counts, _hours(workshop, now["sum"]), _signed(workshop, now["sum"] - before["sum"])])
    return table(heads, rows, numbers={1, 2, 3})


def _name(workshop: Workshop, key: str) -> str:
    return _class(workshop, key, "segment")


def _class(workshop: Workshop, key: str, metric: str) -> str:
    return reading.class_words(key, metric, language=workshop.language)


def _hours(workshop: Workshop, hours: float) -> str:
    return text.decimal(hours, 0, language=workshop.language)


def _signed(workshop: Workshop, hours: float, *, places: int = 0) -> str:
    rounded = round(hours, places) + 0.0
    written = text.decimal(rounded, places, language=workshop.language)
    return f"+{written}" if rounded > 0 else written if rounded else say(workshop, "bar.dash")
