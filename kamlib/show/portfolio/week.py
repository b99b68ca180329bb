"""The week on one screen: what moved over all accounts, what became of what was said, the moves that are due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

import pandas as pd
from markupsafe import Markup

from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.show import reading, text
from kamlib.show.decisions import ShownMove, shown_move
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import lead, note, word

MOST = 5


def digest(portfolio) -> None:
    """Publish what moved since the last review, and the moves of the next seven days, the weightiest first."""
    sentences = [lead(words) for words in digest_words(portfolio)]
    columns = [(key, word(portfolio, label), unit) for key, label, unit in COLUMNS]
    rows = [_row(portfolio, name, move) for name, move in week_rows(portfolio)]
    table = [blocks.table(portfolio, columns, rows, heading=word(portfolio, "week_moves"), key="moves")] if rows else []
    blocks.section(portfolio, "portfolio_digest", [*sentences, *table, note(word(portfolio, "moves_note"))])


COLUMNS = (
    ("name", "account", "text"),
    ("move", "next_move", "text"),
    ("money", "move_money", "amount"),
    ("owner", "week_owner", "text"),
    ("due", "week_due", "text"),
)


def digest_words(portfolio) -> Iterator[str | Markup]:
    """Return the sentences of the digest: revenue by what became of accounts, risk, actions, forecasts, gradings."""
    week, language = portfolio.week, portfolio.language
    since = text.day(date.fromisoformat(week["since"]), language=language)
    revenue = week["revenue"]
    moved = [entry for entry in revenue["parts"] if entry[1]]
    parts = [word(portfolio, f"week_{state}", count=count, amount=_signed(portfolio, money)) for state, count, money in moved]
    comma, semicolon = reading.say(portfolio, "comma"), reading.say(portfolio, "semicolon")
    yield word(portfolio, "week_revenue", day=since, then=_money(portfolio, revenue["then"]), now=_money(portfolio, revenue["now"]))
    if parts:
        yield word(portfolio, "week_parts", parts=comma.join(parts))
    risk = week["risk"]
    money = {name: _money(portfolio, amount) for name, amount in zip(("then", "now"), risk["at_risk"], strict=True)}
    yield word(portfolio, "week_risk", **money)
    for key in ("worse", "better"):
        listed = [_level(portfolio, name, level) for name, level in risk[key]]
        if listed:
            yield word(portfolio, f"week_{key}", listed=blocks.names(portfolio, listed, most=MOST))
    done, slipped = week["actions"]["done"], week["actions"]["slipped"]
    if done or slipped:
        listed = [word(portfolio, "week_action", name=name, action=action) for name, action, *_ in slipped[:MOST]]
        counted = word(portfolio, "week_actions", done=len(done), slipped=len(slipped))
        yield text.paragraph([counted, *([semicolon.join(listed)] if listed else [])], language=language)
    if week["forecast"]:
        wape, bias = week["forecast"]
        key = "moved_forecast_high" if (bias or 0) > 0 else "moved_forecast_low"
        yield word(portfolio, key, wape=_rate(portfolio, wape), bias=_rate(portfolio, abs(bias or 0.0)))
    graded = week["graded"]
    if "due_on" in graded:
        yield word(portfolio, "moved_risk_due", day=text.day(date.fromisoformat(graded["due_on"]), language=language))
    elif graded["brier"] is not None:
        scores = {name: text.decimal(graded[name], 3, language=language) for name in ("brier", "base_brier")}
        counts = {name: blocks.count(portfolio, graded[name]) for name in ("lost_count", "graded_count")}
        better = "week_graded_better" if graded["brier"] < graded["base_brier"] else "week_graded_worse"
        yield word(portfolio, better, **scores, **counts)


def printed(week: dict, tables: Tables, engagement: Engagement, *, language: str) -> str:
    """Return the digest as plain lines for a terminal.

    Parameters
    ----------
    week : dict
        `packs.portfolio_moved.moved_since`.
    tables : Tables
    engagement : Engagement
    language : str

    Returns
    -------
    str
    """
    managers = tables["managers"][["manager_id", "name"]] if "managers" in tables else pd.DataFrame(columns=["manager_id", "name"])
    told = SimpleNamespace(week=week, language=language, currency=engagement.currency, managers=managers)
    lines = [Markup.escape(words).striptags() for words in digest_words(told)]
    for name, move in week_rows(told):
        _, action, money, owner, due = _row(told, name, move)
        at_stake = "" if money is None else f"  {_money(told, money)}"
        said = Markup(action.replace(Markup("<br>"), " – ")).striptags()
        lines.append(f"{due}  {owner}  {name}: {said}{at_stake}")
    return "\n".join(lines)


def week_rows(portfolio) -> Iterator[tuple[str, ShownMove]]:
    """Yield the moves that are due within a week, each with its account's name."""
    managers = dict(zip(portfolio.managers.get("manager_id", []), portfolio.managers.get("name", []), strict=False))
    for entry in portfolio.week["week"]:
        manager = entry["manager_id"] and {"manager_id": entry["manager_id"], "name": managers.get(entry["manager_id"])}
        account = SimpleNamespace(language=portfolio.language, currency=portfolio.currency, manager=manager)
        yield entry["name"], shown_move(account, entry)


def _row(portfolio, name: str, move: ShownMove) -> list:
    action = Markup('{}<br><span class="kam-why">{}</span>').format(move.action, move.reason)
    return [name, action, move.money, move.owner, text.short_day(move.due, language=portfolio.language)]


def _level(portfolio, name: str, level: str | None) -> str:
    words = reading.class_words(level, "risk_level", language=portfolio.language) if level else reading.say(portfolio, "nothing")
    return word(portfolio, "week_level", name=name, level=text.inside(words))


def _money(portfolio, amount: float) -> str:
    return text.number(amount, "amount", language=portfolio.language, currency=portfolio.currency)


def _signed(portfolio, amount: float) -> str:
    return f"{'−' if amount < 0 else '+'}{_money(portfolio, abs(amount))}"


def _rate(portfolio, rate: float) -> str:
    return text.number(rate, "rate", language=portfolio.language)
