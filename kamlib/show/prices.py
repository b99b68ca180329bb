"""Which prices need a reason, and what moved the margin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from kamlib.show import reading, text
from kamlib.show.figures import plot_walk, png
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, note, told, word
from kamlib.show.publish import column, payload, publish

SHOWN_METRICS = (
    *("discount_rate", "within_authority_share", "price_exceptions_count", "price_exceptions_amount"),
    *("justified_discounts_amount", "below_cost_amount"),
)
PARTS = ("volume", "mix", "price", "cost", "new", "lost", "other", "fx")
MOST_ROWS = 8


def price_guard(account) -> None:
    """Publish the dearest prices without a reason, what was sold below cost, and the way from last year's margin to this year's.

    Parameters
    ----------
    account : Pack
        Its pack carries ``prices`` (`packs.prices.PriceFacts`).
    """
    if reading.figure(account, "discount_rate") is None:
        blocks.section(account, "price_guard", [lead(word(account, "prices_open", reason=reading.value_words(account, "discount_rate")))])
    else:
        blocks.section(
            account, "price_guard", [*(lead(words) for words in _verdict(account)), *_exceptions(account), *_walk_words(account)]
        )
    if account.prices["walk"]:
        publish_walk(account, account.prices["walk"])


def publish_walk(account, walk: dict) -> None:
    """Publish the way from one margin to the next as bars, its parts as data."""
    title = word(account, "walk_figure")
    shown = [name for name in PARTS if walk["parts"][name]]
    rows = [("before", walk["before"]), *((name, walk["parts"][name]) for name in shown), ("after", walk["after"])]
    largest = max(abs(amount) for _, amount in rows) or 1.0
    scale, unit, places = text.money_scale(largest, account.currency, language=account.language)
    frame = pd.DataFrame([(word(account, f"walk_{name}"), amount / scale) for name, amount in rows], columns=["label", "amount"])
    ax = plot_walk(frame, heading=word(account, "walk_heading", unit=unit), places=max(places, 1), language=account.language)
    columns = [column("part", title), column("amount", word(account, "walk_heading", unit=account.currency), "amount")]
    content = payload("figure", "figure_walk", title=title, columns=columns, rows=[list(row) for row in rows])
    publish(content, plain=_walk_alt(account, title, rows), png=png(ax.figure))


def _verdict(account) -> Iterator[str]:
    places = {"rate": figure(account, "discount_rate"), "share": figure(account, "within_authority_share")}
    yield told(account, "prices_verdict", **places)
    if reading.figure(account, "price_exceptions_count"):
        shown = {"count": figure(account, "price_exceptions_count"), "amount": figure(account, "price_exceptions_amount")}
        yield told(account, "prices_exceptions", **shown)
    if reading.figure(account, "below_cost_amount"):
        yield told(account, "prices_below_cost", amount=figure(account, "below_cost_amount"))
    if reading.figure(account, "justified_discounts_amount"):
        yield told(account, "prices_justified", amount=figure(account, "justified_discounts_amount"))


def _exceptions(account) -> list[dict]:
    found: dict[tuple, list[dict]] = {}
    for entry in account.prices["exceptions"]:
        if not entry["justified"]:
            line = len(found) if entry["kind"] == "below_cost" else ""  # each line below cost stands alone
            found.setdefault((entry["order_id"], entry["product"], line), []).append(entry)
    listed = list(found.values())[:MOST_ROWS]
    if not listed:
        return []
    columns = [("order", word(account, "price_order"), "text"), ("why", word(account, "price_why"), "text")]
    columns += [("rate", word(account, "price_rate"), "rate"), ("limit", word(account, "price_limit"), "rate")]
    columns += [("given", word(account, "price_given"), "amount")]
    rows = [_exception(account, entries) for entries in listed]
    count = int(reading.figure(account, "price_exceptions_count")) - len(listed)
    more = [note(word(account, "prices_more", count=blocks.count(account, count)))] if count > 0 else []
    today = [note(word(account, "prices_today"))] if any(entry["by_today"] for entries in listed for entry in entries) else []
    return [blocks.table(account, columns, rows), *more, *today]


def _exception(account, entries: list[dict]) -> list:
    """Return one order with all its reasons, its lowest limit and what lies beyond it."""
    entry = max(entries, key=lambda one: one["given_amount"])
    why = reading.say(account, "semicolon").join(word(account, f"price_kind_{one['kind']}") for one in entries)
    day = text.short_day(date.fromisoformat(entry["order_date"][:10]), language=account.language)
    named = word(account, "price_order_of", order=entry["order_id"], day=day)
    if entry["product"]:
        named = word(account, "price_product_of", product=entry["product"], order=named)
    limit = entry["limit_rate"] if entry["kind"] != "below_cost" else None
    return [named, why, entry["rate"], limit, entry["given_amount"]]


def _walk_words(account) -> list[dict]:
    walk = account.prices["walk"]
    if not walk:
        return []
    money = {name: reading.write(account, "margin_amount", walk[name]) for name in ("before", "after")}
    parts = {name: amount for name, amount in walk["parts"].items() if amount}
    if not parts:
        return []
    most = max(parts, key=lambda name: abs(parts[name]))
    amount = reading.write(account, "margin_amount", abs(parts[most]))
    key = "walk_up" if parts[most] > 0 else "walk_down"
    sentence = word(account, key, part=text.inside(word(account, f"walk_{most}")), amount=amount, **money)
    covered = text.number(walk["covered_share"], "share", language=account.language)
    return [lead(sentence), note(word(account, "walk_note", share=covered))]


def _walk_alt(account, title: str, rows: list[tuple[str, float]]) -> str:
    series = [f"{word(account, f'walk_{name}')} {reading.write(account, 'margin_amount', amount)}" for name, amount in rows]
    return reading.say(account, "figure_alt", title=title, series=reading.say(account, "semicolon").join(series))
