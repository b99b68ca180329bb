"""What the course says around its lessons, in the reader's language."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from kamlib.show import text


@cache
def words() -> dict[str, dict[str, str]]:
    """Read the course's own words, every entry with ``en`` and ``zh``.

    Examples
    --------
    >>> words()["worked"]["zh"]
    '参考解答'
    """
    return YAML(typ="safe").load(files("kamlib.course").joinpath("words.yaml").read_text(encoding="utf-8"))


def say(key: str, *, language: str, **places: object) -> str:
    """Return one of the course's own texts with its places filled in.

    Examples
    --------
    >>> say("exercise", language="en", place=2), say("exercise", language="zh", place=2)
    ('Exercise 2', '练习2')
    """
    return text.fill(words()[key][language], **places)
