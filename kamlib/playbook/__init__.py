"""The method as data: who does what by when, in English and Chinese, each entry with its source."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

LANGUAGES = ("en", "zh")
_FOLDER = files(__name__)


@cache
def playbook(name: str) -> dict:
    """Read one file of the playbook.

    Parameters
    ----------
    name : str
        File name without ending: ``segments``, ``lifecycle``, ``tiers``, ``stars``, ``claims`` …

    Returns
    -------
    dict
        As in the file; each ``owner`` is replaced by its entry of ``roles.yaml``
        (``key``, ``en``, ``zh``). The same object on every call: read it, do not change it.

    Raises
    ------
    ValueError
        There is no such file.

    Examples
    --------
    >>> line = playbook("segments")["core"]["lines"][0]
    >>> line["every"], line["owner"]["en"]
    ({'months': 1}, 'Key account manager')
    """
    if name not in names():
        raise ValueError(f"no playbook named {name!r}; there are {', '.join(names())}")
    data = YAML(typ="safe").load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return data if name == "roles" else _with_owners(data)


def names() -> list[str]:
    """List the files of the playbook, in alphabetical order.

    Examples
    --------
    >>> "segments" in names()
    True
    """
    return sorted(file.name.removesuffix(".yaml") for file in _FOLDER.iterdir() if file.name.endswith(".yaml"))


def text(entry: dict, language: str) -> str:
    """Return the words of an entry in one language.

    Parameters
    ----------
    entry : dict
        With the keys ``en`` and ``zh``.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        The language is neither.

    Examples
    --------
    >>> text(playbook("segments")["core"]["name"], "zh")
    '核心价值客户'
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be en or zh, got {language!r}")
    return entry[language]


def line_words(action: str, language: str) -> str:
    """Return the words of a line of the playbook.

    Parameters
    ----------
    action : str
        ``segments.<id>`` or ``lifecycle.<id>``, as `lifecycle.cadence_plan` names it.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str

    Examples
    --------
    >>> line_words("segments.core_visit", "zh")
    '面谈：对目标、理问题、定下一步。'
    """
    book, _, line_id = action.partition(".")
    lines = (line for home in playbook(book).values() for line in home["lines"])
    return text(next(line["action"] for line in lines if line["id"] == line_id), language)


def _with_owners(node):
    if isinstance(node, list):
        return [_with_owners(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    roles = playbook("roles")
    return {key: {"key": value, **roles[value]} if key == "owner" else _with_owners(value) for key, value in node.items()}
