"""Price: who may grant which discount, which prices remain without a reason, and what moved the margin (M20)."""

from __future__ import annotations

from functools import partial

import ipywidgets as widgets
from markupsafe import Markup

from kamlib.policy import PriceRules
from kamlib.show import text
from kamlib.workshop.cuts import moved, save_moved
from kamlib.workshop.panel import Panel, choose_account, label, page, say
from kamlib.workshop.price_numbers import ALL, PriceNumbers
from kamlib.workshop.price_page import judged_parts, walk_parts
from kamlib.workshop.session import Workshop
from kamlib.workshop.sliders import meant, points_slider, put, share_slider

LEVELS = ("staff", "manager", "director", "executive")
PATHS = {name: f"price.authority.{name}" for name in LEVELS} | {name: f"price.{name}" for name in ("norm_points", "low_sensitivity")}


def price(workshop: Workshop, account_id: str = "") -> Panel:
    """Return the panel on which a room sets who may grant which discount.

    Parameters
    ----------
    workshop : Workshop
    account_id : str
        Where it starts; blank for all accounts.

    Returns
    -------
    Panel
        Controls ``account staff manager director executive norm_points low_sensitivity``.
    """
    held: dict[str, object] = {}
    limits = _sliders(workshop)
    chooser = choose_account(workshop)
    chooser.options = [(say(workshop, "price.all"), ALL), *chooser.options]
    chooser.value = account_id

    def numbers() -> PriceNumbers:
        if "numbers" not in held or held["numbers"].scores is not workshop.scores:
            held.clear()
            held["numbers"] = PriceNumbers(workshop)
        return held["numbers"]

    def walked(account_id: str) -> Markup:
        walk = numbers().walk(account_id)
        key = f"walk {account_id}"
        held[key] = held.get(key) or Markup("").join(walk_parts(workshop, walk))
        return held[key]

    def load() -> None:
        for name, control in limits.items():
            put(control, workshop.engagement.policy.leaf(PATHS[name])["value"])

    def draw() -> Markup:
        account_id, rules = chooser.value, _rules(workshop, limits)
        if not numbers().has_discounts:
            return page(workshop, [Markup("<p class='kam-lead'>{}</p>").format(say(workshop, "price.open")), walked(account_id)])
        sides = [numbers().under(one, account_id) for one in (rules, workshop.engagement.policy.price)]
        return page(workshop, [*judged_parts(workshop, account_id, rules, *sides), walked(account_id)])

    def save() -> str:
        _rules(workshop, limits)
        tried = {path: meant(limits[name]) for name, path in PATHS.items()}
        changed = moved(workshop.engagement, tried)
        names = [name for name, path in PATHS.items() if path in changed]
        listed = [say(workshop, "price.set", name=say(workshop, f"price.{name}"), value=_read(workshop, name, limits)) for name in names]
        return save_moved(workshop, tried, say(workshop, "price.saved", limits=say(workshop, "bar.comma").join(listed)))

    controls = {"account": chooser, "limits": label(say(workshop, "price.limits"))} | {name: limits[name] for name in LEVELS}
    controls |= {"besides": label(say(workshop, "price.besides"))} | {name: limits[name] for name in limits if name not in LEVELS}
    return Panel(workshop, "price", controls, draw, save=save, load=load)


def _sliders(workshop: Workshop) -> dict[str, widgets.Widget]:
    words = partial(say, workshop)
    limits = {name: share_slider(words(f"price.{name}"), 0.005, 0.4, 0.005) for name in LEVELS}
    limits["norm_points"] = share_slider(words("price.norm_points"), 0.0, 0.2, 0.005)
    limits["low_sensitivity"] = points_slider(words("price.low_sensitivity"), 1, 5)
    return limits


def _rules(workshop: Workshop, limits: dict[str, widgets.Widget]) -> PriceRules:
    """Return the rules that the sliders say; limits that do not rise are refused in the language of the room."""
    tried = {name: meant(control) for name, control in limits.items()}
    granted = [tried[name] for name in LEVELS]
    if any(low >= high for low, high in zip(granted, granted[1:], strict=False)):
        written = " < ".join(text.number(rate, "share", language=workshop.language) for rate in granted)
        raise ValueError(say(workshop, "price.rising", limits=written))
    rest = {name: value for name, value in tried.items() if name not in LEVELS}
    return PriceRules.model_validate(
        workshop.engagement.policy.price.model_dump() | {"authority": {name: tried[name] for name in LEVELS}} | rest
    )


def _read(workshop: Workshop, name: str, limits: dict[str, widgets.Widget]) -> str:
    value = meant(limits[name])
    return (
        text.decimal(value, 0, language=workshop.language)
        if name == "low_sensitivity"
        else text.number(value, "share", language=workshop.language)
    )
