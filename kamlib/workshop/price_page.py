"""What the price panel shows: the verdict, discounts against authority, what stands out, and the walk of the margin."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import pandas as pd
from markupsafe import Markup

from kamlib.policy import PriceRules
from kamlib.pricing import KINDS, PARTS, MarginWalk
from kamlib.show import text
from kamlib.show.figures import plot_walk
from kamlib.show.statement import money as exact_money
from kamlib.workshop.drawing import alternative, drawn, plot_authority
from kamlib.workshop.panel import say, table
from kamlib.workshop.price_numbers import ALL, Judged
from kamlib.workshop.session import Workshop

LIMIT_OF = {"low_sensitivity": "staff", "above_norm": "of_tier", "site_spread": "of_sites"}  # beyond authority: of who approved it
MOST_ROWS, MOST_NAMES = 10, 4


def judged_parts(workshop: Workshop, account_id: str, rules: PriceRules, tried: Judged, now: Judged) -> Iterator[Markup]:
    """Yield what the limits tried make of the prices, beside those in force.

    Parameters
    ----------
    workshop : Workshop
    account_id : str
        Blank for all.
    rules : PriceRules
        Tried.
    tried, now : Judged
        Under the rules tried, and under those in force.

    Yields
    ------
    Markup
    """
    is_changed = rules != workshop.engagement.policy.price
    yield from _verdict(workshop, account_id, tried, now, is_changed)
    yield _authority(workshop, tried, rules)
    yield from _kinds(workshop, tried, now if is_changed else None)
    yield from _listed(workshop, account_id, tried)


def walk_parts(workshop: Workshop, walk: MarginWalk | None) -> Iterator[Markup]:
    """Yield the way from last year's margin to this year's: in a sentence, as bars, and to the cent.

    Parameters
    ----------
    workshop : Workshop
    walk : MarginWalk or None

    Yields
    ------
    Markup
    """
    yield Markup("<h3>{}</h3>").format(say(workshop, "price.walk"))
    if walk is None:
        yield Markup("<p>{}</p>").format(say(workshop, "price.walk_none"))
        return
    shown = [("before", walk.before), *((name, walk.parts[name]) for name in PARTS if walk.parts[name]), ("after", walk.after)]
    exact = partial(exact_money, currency=workshop.currency, language=workshop.language)
    yield from _moved_most(workshop, walk)
    yield _bars(workshop, shown, exact)
    rows = [[_told(workshop, f"walk_{name}"), exact(amount)] for name, amount in shown]
    rows.insert(-1, [say(workshop, "price.walk_sum"), exact(sum(walk.parts.values(), Decimal(0)))])
    yield table([say(workshop, "price.walk_part"), say(workshop, "price.walk_amount")], rows, numbers={1})
    yield Markup("<p class='kam-note'>{}</p>").format(_told(workshop, "walk_note", share=_share(workshop, walk.covered_share)))


def _moved_most(workshop: Workshop, walk: MarginWalk) -> Iterator[Markup]:
    most = max(walk.parts, key=lambda name: abs(walk.parts[name]))
    if walk.parts[most]:
        key = "walk_up" if walk.parts[most] > 0 else "walk_down"
        places = {name: _money(workshop, float(amount)) for name, amount in (("before", walk.before), ("after", walk.after))}
        part, amount = text.inside(_told(workshop, f"walk_{most}")), _money(workshop, abs(float(walk.parts[most])))
        yield Markup("<p>{}</p>").format(_told(workshop, key, part=part, amount=amount, **places))


def _bars(workshop: Workshop, shown: list[tuple[str, Decimal]], exact) -> Markup:
    largest, language = max(abs(float(amount)) for _, amount in shown) or 1.0, workshop.language
    scale, unit, decimals = text.money_scale(largest, workshop.currency, language=language)
    frame = pd.DataFrame([(_told(workshop, f"walk_{name}"), float(amount) / scale) for name, amount in shown], columns=["label", "amount"])
    heading = _told(workshop, "walk_heading", unit=unit)
    told = [f"{_told(workshop, f'walk_{name}')} {exact(amount)}" for name, amount in shown]
    draw = partial(plot_walk, frame, heading=heading, places=max(decimals, 1), language=language)
    return drawn(lambda ax: draw(ax=ax), alternative(workshop, heading, told), 1.7)


def _verdict(workshop: Workshop, account_id: str, tried: Judged, now: Judged, is_changed: bool) -> Iterator[Markup]:
    whom = say(workshop, "price.all") if account_id == ALL else workshop.accounts[account_id]
    count, amount = _sums(workshop, tried)
    key = "price.verdict" if tried.sums["price_exceptions_count"] > 0 else "price.clean"
    yield Markup("<p class='kam-lead'>{}</p>").format(say(workshop, key, whom=whom, count=count, amount=amount))
    count, amount = _sums(workshop, now)
    words = [say(workshop, "price.in_force", count=count, amount=amount) if is_changed else say(workshop, "price.same")]
    if account_id == ALL and is_changed:
        apart = tried.by_account().sub(now.by_account(), fill_value=0)
        for key, part in (("price.more", apart[apart > 0]), ("price.fewer", -apart[apart < 0])):
            words += [say(workshop, key, names=_names(workshop, part))] if len(part) else []
    if tried.sums["justified_discounts_amount"] > 0:
        words.append(say(workshop, "price.justified", amount=_money(workshop, tried.sums["justified_discounts_amount"])))
    yield Markup("<p>{}</p>").format(text.paragraph(words, language=workshop.language))


def _names(workshop: Workshop, counts: pd.Series) -> str:
    ordered = counts.sort_index().sort_values(ascending=False, kind="stable")
    shown = [
        say(workshop, "price.counted", name=workshop.accounts[account], count=f"{count:.0f}")
        for account, count in ordered.head(MOST_NAMES).items()
    ]
    more = len(ordered) - len(shown)
    return say(workshop, "bar.comma").join([*shown, *([say(workshop, "price.others", count=more)] if more else [])])


def _authority(workshop: Workshop, tried: Judged, rules: PriceRules) -> Markup:
    limits = rules.authority.model_dump()
    levels, beyond = tried.orders["level"], tried.orders["discount_rate"] > tried.orders["authority_rate"] + 1e-9
    counts = {level: {"orders": int((levels == level).sum()), "beyond": int((beyond & (levels == level)).sum())} for level in limits}
    rows = {name: say(workshop, "price.row", level=say(workshop, f"price.{name}"), **counts[name]) for name in limits}
    heading, language = say(workshop, "price.authority"), workshop.language
    told = [
        say(workshop, "price.authority_alt", level=say(workshop, f"price.{name}"), limit=_share(workshop, limits[name]), **counts[name])
        for name in limits
    ]
    draw = partial(plot_authority, orders=tried.orders, limits=limits, names=rows, heading=heading, language=language)
    return drawn(draw, alternative(workshop, heading, told), 1.7)


def _kinds(workshop: Workshop, tried: Judged, now: Judged | None) -> Iterator[Markup]:
    """Yield count and money of each kind of exception without a reason, beside those under the limits in force."""
    sides = [side for side in (tried, now) if side is not None]
    found = [side.open.groupby("kind")["given_amount"].agg(["size", "sum"]) for side in sides]
    kinds = [kind for kind in KINDS if any(kind in side.index for side in found)]
    if not kinds:
        return
    rows = []
    for kind in kinds:
        cells = [side.loc[kind] if kind in side.index else {"size": 0, "sum": 0.0} for side in found]
        figures = [figure for cell in cells for figure in (f"{cell['size']:.0f}", _money(workshop, cell["sum"]))]
        rows.append([_kind(workshop, kind), *figures])
    heads = ["kind", "count", "given", *(["count_now", "given_now"] if now else [])]
    yield Markup("<h3>{}</h3>").format(say(workshop, "price.kinds"))
    yield table([say(workshop, f"price.{key}") for key in heads], rows, numbers={1, 2, 3, 4})
    yield Markup("<p class='kam-note'>{}</p>").format(say(workshop, "price.once"))


def _listed(workshop: Workshop, account_id: str, tried: Judged) -> Iterator[Markup]:
    """Yield the dearest exceptions, each order with all its kinds; those with a reason come last."""
    orders: dict[tuple, list[dict]] = {}
    for place, row in enumerate(tried.exceptions.to_dict("records")):
        line = place if row["kind"] == "below_cost" else -1  # each line below cost stands alone
        orders.setdefault((row["account_id"], row["order_id"], line), []).append(row)
    if not orders:
        return
    listed = sorted(orders.values(), key=_has_reason)
    levels = tried.orders.drop_duplicates("order_id").set_index("order_id")["level"]
    heads = [say(workshop, f"price.{key}") for key in ("order", "why", "limit", "discount", "given")]
    yield Markup("<h3>{}</h3>").format(say(workshop, "price.listed"))
    shown = [_exception(workshop, rows, levels, with_name=account_id == ALL) for rows in listed[:MOST_ROWS]]
    yield table(heads, shown, numbers={3, 4})
    if len(listed) > MOST_ROWS:
        yield Markup("<p class='kam-note'>{}</p>").format(say(workshop, "price.rest", count=len(listed) - MOST_ROWS))


def _exception(workshop: Workshop, rows: list[dict], levels: pd.Series, *, with_name: bool) -> list[str | Markup]:
    """Return one order with all its kinds and its reason, and what lies beyond the limit that it exceeds most."""
    row, is_lost = rows[0], rows[0]["kind"] == "below_cost"
    day = text.short_day(row["order_date"].date(), language=workshop.language)
    named = _told(workshop, "price_order_of", order=row["order_id"], day=day)
    named = _told(workshop, "price_product_of", product=row["product"], order=named) if is_lost else named
    whose = Markup("{}<br>").format(workshop.accounts[row["account_id"]]) if with_name else Markup("")
    why = say(workshop, "bar.comma").join(_kind(workshop, one["kind"]) for one in rows)
    reason = say(workshop, "price.at_risk" if _has_reason(rows) else "price.no_reason")
    limit = say(workshop, "bar.dash")
    if not is_lost:
        whose_limit = LIMIT_OF.get(row["kind"]) or levels[row["order_id"]]
        limit = say(workshop, "price.set", name=say(workshop, f"price.{whose_limit}"), value=_share(workshop, row["limit_rate"]))
    return [
        whose + Markup("<span class='kam-faint' style='white-space:nowrap'>{}</span>").format(named),
        Markup("{}<br><span class='kam-faint'>{}</span>").format(why, reason),
        limit,
        _share(workshop, row["rate"]),
        _money(workshop, row["given_amount"]),
    ]


def _has_reason(rows: list[dict]) -> bool:
    return all(row["justified"] for row in rows)


def _sums(workshop: Workshop, side: Judged) -> tuple[str, str]:
    count = side.sums["price_exceptions_count"]
    return f"{0 if pd.isna(count) else count:.0f}", _money(workshop, side.sums["price_exceptions_amount"])


def _kind(workshop: Workshop, kind: str) -> str:
    return _told(workshop, f"price_kind_{kind}")


def _told(workshop: Workshop, key: str, **places: str) -> str:
    return text.say(key, language=workshop.language, group="review", **places)


def _money(workshop: Workshop, amount: float) -> str:
    return text.number(0.0 if pd.isna(amount) else float(amount), "amount", language=workshop.language, currency=workshop.currency)


def _share(workshop: Workshop, share: float) -> str:
    return text.number(float(share), "share", language=workshop.language)
