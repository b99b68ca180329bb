"""Markup: every text is escaped here, at the source, and every number points at its receipt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kamlib.playbook import playbook
from kamlib.show import text
from kamlib.show.reading import say

SIGN_AND_MONEY = re.compile("(?<=[−+])(?=[A-Z]{0,2}[$£¥฿\u20a0-\u20bf]|[A-Z]{3}\u00a0)")
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 96, 22, 3


def page(template: str, account, **values) -> Markup:
    """Fill a template for one account; texts are escaped unless they are Markup already.

    Parameters
    ----------
    template : str
        File in ``templates`` without ending.
    account : Pack
        Gives language and currency.
    **values
        What the template names.

    Returns
    -------
    Markup
    """
    filled = _environment().get_template(f"{template}.html.j2")
    given = {"say": partial(say, account), "mark": partial(section_mark, account), "origin": partial(section_origin, account)}
    return Markup(filled.render(account=account, language=account.language, number=figure_span, **given, **values))


def has_receipt(account, section: str) -> bool:
    """Tell whether a section's numbers have a receipt in the edition of the reader (playbook/sections.yaml)."""
    return ("customer" if account.edition == "customer" else account.language) in playbook("sections").get(section, {})


def section_mark(account, section: str) -> Markup:
    """Return the attribute by which a section names the receipt of its numbers; blank where it has none.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> section_mark(SimpleNamespace(edition="internal", language="en"), "care")
    Markup(' data-receipt="section-care"')
    """
    return Markup(' data-receipt="section-{}"').format(section) if has_receipt(account, section) else Markup("")


def section_origin(account, section: str, *, by_name: bool = False) -> Markup:
    """Return the link from a section to the receipt of its numbers, a dagger or its name; blank where it has none."""
    title = receipts_title(account)
    link = Markup('<a class="kam-from" href="#receipt-section-{}" title="{}">{}</a>')
    return link.format(section, title, title if by_name else "†") if has_receipt(account, section) else Markup("")


def receipts_title(account) -> str:
    """Return what the reader of the edition calls the receipts."""
    return say(account, "receipts_customer" if account.edition == "customer" else "receipts")


def document(template: str, **values) -> str:
    """Fill a template that is a whole page; texts are escaped unless they are Markup already.

    Parameters
    ----------
    template : str
        File in ``templates`` without ending.
    **values
        What the template names.

    Returns
    -------
    str
    """
    return _environment().get_template(f"{template}.html.j2").render(**values)


def figure_span(metric: str, words: str) -> Markup:
    """Wrap a written number so that it opens its receipt.

    Examples
    --------
    >>> figure_span("margin_rate", "<31%>")
    Markup('<a class="kam-n" data-receipt="margin_rate" href="#receipt-margin_rate">&lt;31%&gt;</a>')
    """
    return Markup('<a class="kam-n" data-receipt="{0}" href="#receipt-{0}">{1}</a>').format(metric, words)


def sentence(key: str, metric: str, *, language: str, name: str, numbers: dict[str, str]) -> Markup:
    """Fill an interface sentence whose numbers open the metric's receipt.

    Examples
    --------
    >>> "#receipt-dso_days" in sentence("rose", "dso_days", language="en", name="DSO", numbers={"now": "71", "then": "60"})
    True
    """
    words = Markup.escape(text.words()["words"][key][language])
    return text.fill(words, name=name, **{place: figure_span(metric, number) for place, number in numbers.items()})


def sparkline(values: Sequence[float | None], label: str) -> Markup:
    """Draw a small line of values as SVG, gaps where nothing was measured, a dot on the last point.

    Parameters
    ----------
    values : sequence of float or None
        Oldest first.
    label : str
        What a screen reader says.

    Returns
    -------
    Markup
        Blank where fewer than two values are measured.

    Examples
    --------
    >>> sparkline([1.0, None], "x")
    Markup('')
    """
    known = [entry for entry in values if text.is_measured(entry)]
    if len(known) < 2:
        return Markup("")
    points = [_point(place, entry, len(values), min(known), max(known)) for place, entry in enumerate(values)]
    lines = Markup("").join(Markup('<polyline points="{}"/>').format(" ".join(f"{x:g},{y:g}" for x, y in run)) for run in _runs(points))
    dot = Markup('<circle cx="{:g}" cy="{:g}" r="2.4"/>').format(*points[-1]) if points[-1] else Markup("")
    frame = '<svg class="kam-spark" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">{}{}</svg>'
    return Markup(frame).format(label, SPARK_WIDTH, SPARK_HEIGHT, SPARK_WIDTH, SPARK_HEIGHT, lines, dot)


def compile_templates() -> None:
    """Compile every template, so that a process which draws many pages need not do so again for each."""
    for name in _environment().list_templates():
        _environment().get_template(name)


def _point(place: int, entry: float | None, count: int, low: float, high: float) -> tuple[float, float] | None:
    if not text.is_measured(entry):
        return None
    across, rise = (SPARK_WIDTH - 2 * SPARK_MARGIN) / (count - 1), SPARK_HEIGHT - 2 * SPARK_MARGIN
    share = (entry - low) / (high - low) if high > low else 0.5
    return round(SPARK_MARGIN + place * across, 1), round(SPARK_MARGIN + (1 - share) * rise, 1)


def _runs(points: list) -> list[list]:
    runs = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if len(run) > 1]


@cache
def _environment() -> Environment:
    loader = PackageLoader("kamlib.show", "templates")
    settings = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    return Environment(loader=loader, autoescape=True, finalize=_held, **settings)


def _held(words):
    """Hold a sign and its currency together: browsers break a line between − and ¥, both being prefixes of a number."""
    if not isinstance(words, str) or not ("−" in words or "+" in words):
        return words
    return type(words)(SIGN_AND_MONEY.sub("\u2060", words))
