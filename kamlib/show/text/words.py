"""Interface words, names of measures, and foreign text made safe to draw."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from markupsafe import Markup
from ruamel.yaml import YAML

from kamlib.playbook import playbook

LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
PERSONS = ("Gini",)
ONE_OR_MANY = re.compile(r"{(\w+)\|([^|{}]*)\|([^|{}]*)}")
TWO_STOPS = re.compile(r"(?<!\.)\.\.(?=\s|<|$)")


@cache
def words() -> dict:
    """Read the interface words, every entry with ``en`` and ``zh``.

    Examples
    --------
    >>> words()["words"]["not_measured"]["zh"]
    '未测量'
    """
    return YAML(typ="safe").load(files("kamlib.show").joinpath("words.yaml").read_text(encoding="utf-8"))


def say(key: str, *, language: str, group: str = "words", **values) -> str:
    """Return an interface text in the reader's language, with its values filled in.

    Parameters
    ----------
    key : str
        Entry of `group` in ``words.yaml``.
    language : str
        ``en`` or ``zh``.
    group : str
        ``words``, ``notes``, ``tables``, ``classes`` or ``units``.
    **values : str
        Texts for the places in braces. They are text, not markup: the page escapes them.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        The language is not shipped, or there is no such text.

    Examples
    --------
    >>> say("fell", language="en", name="Revenue", now="¥9 m", then="¥10 m")
    'Revenue is ¥9 m, down from ¥10 m a year ago.'
    """
    if language not in LOCALES:
        raise ValueError(f"language must be en or zh, got {language!r}")
    entry = words()[group].get(key)
    if entry is None:
        raise ValueError(f"words.yaml has no text {key!r} under {group}")
    return fill(entry[language], **values)


def fill(template: str, **values) -> str:
    """Fill the places of a text: ``{count}``, and ``{count|account|accounts}`` for the word that goes with a count.

    Parameters
    ----------
    template : str
        Text, or Markup whose values are then escaped.
    **values : str
        Texts for the places in braces.

    Returns
    -------
    str
        Of the template's kind. A name that ends in a stop closes the sentence: the stop is not written twice.

    Examples
    --------
    >>> [fill("{count} {count|account|accounts} won.", count=count) for count in (1, 2)]
    ['1 account won.', '2 accounts won.']
    >>> fill("Served by {name}.", name="Hengtai Co., Ltd.")
    'Served by Hengtai Co., Ltd.'
    """
    kind = type(template)

    def chosen(found: re.Match) -> str:
        return found[2] if Markup(values[found[1]]).striptags().lstrip("−+") == "1" else found[3]

    template = kind(ONE_OR_MANY.sub(chosen, template)) if "|" in template else template
    filled = template.format(**values)
    return kind(TWO_STOPS.sub(".", filled)) if ".." in filled else filled


def paragraph(sentences: Iterable[str], *, language: str) -> str:
    """Join sentences: with a space in English, without one in Chinese.

    Examples
    --------
    >>> paragraph(["One.", "Two."], language="en"), paragraph(["一。", "二。"], language="zh")
    ('One. Two.', '一。二。')
    """
    return ("" if language == "zh" else " ").join(sentences)


def metric_name(metric: str, *, language: str) -> str:
    """Return the name of a metric from the registry.

    Examples
    --------
    >>> metric_name("margin_rate", language="en"), metric_name("top10_revenue_share", language="en")
    ('Profit margin', 'Top 10%')
    """
    return closed(playbook("metrics")[metric][language]["name"])


def metric_meaning(metric: str, *, language: str) -> str:
    """Return what a metric means, from the registry; blank where it says nothing.

    Examples
    --------
    >>> metric_meaning("top20_margin_share", language="en")
    'Share of the margin earned that the best 20% of accounts bring'
    """
    return closed(playbook("metrics")[metric][language].get("meaning", ""))


def closed(words: str) -> str:
    """Write percentages and Chinese around digits as the page does, without a space.

    Examples
    --------
    >>> closed("Top 10 %"), closed("前 10% 客户占比")
    ('Top 10%', '前10%客户占比')
    """
    return re.sub(r"(?<=\d) (?=%)|(?<=[\u4e00-\u9fff]) (?=\d)|(?<=[\d%]) (?=[\u4e00-\u9fff])", "", words)


def inside(name: str) -> str:
    """Write a name as it stands within a sentence: small, unless it is an abbreviation or named after a person.

    Examples
    --------
    >>> inside("Forecast accuracy"), inside("DSO"), inside("Gini"), inside("利润率")
    ('forecast accuracy', 'DSO', 'Gini', '利润率')
    """
    is_word = name[1:2].islower() and not name.startswith(PERSONS)
    return name[0].lower() + name[1:] if is_word else name


def input_name(name: str, *, language: str) -> str:
    """Name a table or column of the data as a reader calls it, with the name in the file behind it.

    Examples
    --------
    >>> input_name("orders.promised_on", language="en"), input_name("invoices", language="en"), input_name("invoices", language="zh")
    ('promised date (orders.promised_on)', 'the table invoices', '发票（invoices）')
    """
    group = "columns" if "." in name else "tables"
    if name not in words()[group]:
        return name
    known = inside(say(name, language=language, group=group))
    return say("the_table" if known == name else "name_and_key", language=language, name=known, raw=name)


def metric_unit(metric: str) -> str:
    """Return the unit of a metric from the registry.

    Examples
    --------
    >>> metric_unit("margin_rate")
    'rate'
    """
    return playbook("metrics")[metric]["unit"]


def chart_text(text: str, *, drawable: frozenset[int] | None = None) -> str:
    """Make a foreign text safe to draw: no mathematics, no control characters, no glyph that the font lacks.

    Parameters
    ----------
    text : str
        Any text.
    drawable : frozenset of int, optional
        Code points of the font; others become a white square.

    Returns
    -------
    str

    Examples
    --------
    >>> chart_text("A$^2$\\u202e B")
    'A\\\\$^2\\\\$ B'
    """
    visible = "".join(char for char in str(text) if unicodedata.category(char)[0] != "C" or char == "\n")
    known = visible if drawable is None else "".join(char if ord(char) in drawable or char == "\n" else "□" for char in visible)
    return known.replace("\\", "＼").replace("$", "\\$")
