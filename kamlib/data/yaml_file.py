"""YAML read strictly: 1.2, no tags, no aliases, no key twice, small; every value knows its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.tokens import AliasToken, AnchorToken, DirectiveToken, ScalarToken, TagToken

from kamlib.checks import InvalidInput, KamError

MOST_BYTES = 256 * 1024
MOST_LEVELS = 20
_OPENING = {"BlockMappingStartToken", "BlockSequenceStartToken", "FlowMappingStartToken", "FlowSequenceStartToken"}
_CLOSING = {"BlockEndToken", "FlowMappingEndToken", "FlowSequenceEndToken"}


@dataclass(frozen=True)
class YamlFile:
    """What stands in a YAML file, and where.

    Parameters
    ----------
    name : str
        The file's name for messages.
    data : object
        Plain dicts, lists, texts, numbers, dates.
    """

    name: str
    data: Any
    _root: Any

    def place(self, path: tuple) -> tuple[int, int]:
        """Return line and column, from 1, of the key or item at the end of a path, or of what comes nearest above it."""
        node, found = self._root, (1, 1)
        for step in path:
            step = next((key for key in node if str(key) == step), None) if isinstance(node, CommentedMap) else step
            known = isinstance(node, CommentedMap | CommentedSeq) and step in (node.lc.data or {})
            if not known:
                break
            found = (node.lc.data[step][0] + 1, node.lc.data[step][1] + 1)
            node = node[step]
        return found


def load_yaml(path: Path, *, name: str = "") -> YamlFile:
    """Read a YAML file strictly.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        How messages call it; blank for the file's own name.

    Returns
    -------
    YamlFile

    Raises
    ------
    InvalidInput
        KAM-P01: the file is missing, too large, not UTF-8, not YAML, has a tag, an alias, a key twice, more than
        20 levels, or a number with a leading zero outside quotes.
    """
    name = name or path.name
    text = _text(path, name)
    try:
        for problem in _refused(text, name):
            raise InvalidInput([problem])
        root = YAML(typ="rt", pure=True).load(text)
    except DuplicateKeyError as error:
        key = re.search(r'key "(.*?)"', str(error.problem))
        raise InvalidInput(
            [_problem(name, error.problem_mark, f"{key[1] if key else 'a key'} stands twice", "keep one of the two")]
        ) from None
    except MarkedYAMLError as error:
        raise InvalidInput(
            [_problem(name, error.problem_mark, f"is not YAML: {error.problem}", "look at indents, colons and quotes")]
        ) from None
    except YAMLError as error:
        raise InvalidInput([KamError("KAM-P01", f"is not YAML: {error}", "look at the characters", file=name)]) from None
    return YamlFile(name, _plain(root), root)


def _text(path: Path, name: str) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput([KamError("KAM-P01", "is larger than 256 kB", "keep data in data files", file=name)])
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InvalidInput([KamError("KAM-P01", "is not UTF-8", "save it as UTF-8", file=name, line=line)]) from None
    except OSError as error:
        raise InvalidInput([KamError("KAM-P01", f"cannot be read: {error.strerror}", "correct the path", file=name)]) from None


def _refused(text: str, name: str) -> Iterator[KamError]:
    level = 0
    for token in YAML(typ="safe", pure=True).scan(text):
        kind = type(token).__name__
        level += (kind in _OPENING) - (kind in _CLOSING)
        if isinstance(token, TagToken):
            tag = "".join(part or "" for part in token.value).split(":")[0]
            yield _problem(name, token.start_mark, f"tag {tag} is not allowed", "write the plain value")
        if isinstance(token, DirectiveToken):
            yield _problem(name, token.start_mark, f"the directive %{token.name} is not allowed", "take the line out")
        if isinstance(token, AnchorToken | AliasToken):
            yield _problem(name, token.start_mark, f"the alias {token.value} is not allowed", "write the value out")
        if level > MOST_LEVELS:
            yield _problem(name, token.start_mark, "is nested more than 20 levels deep", "make it flatter")
        if isinstance(token, ScalarToken) and token.plain and re.fullmatch(r"[-+]?0\d+", token.value):
            why = f"{token.value} would lose its leading zero"
            yield _problem(name, token.start_mark, why, f'write "{token.value}" in quotes')


def _problem(name: str, mark: Any, why: str, fix: str) -> KamError:
    return KamError("KAM-P01", why, fix, file=name, line=mark.line + 1 if mark else None)


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if isinstance(node, TaggedScalar):  # a bare = sign, which YAML 1.1 gave a meaning of its own
        return str(node.value)
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
