"""Policy values that a workshop decides, written into the engagement file beside its comments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from kamlib.checks import KamError
from kamlib.data.disk import lock, write_whole
from kamlib.data.engagement import load_engagement

KEY, AFTER_SCHEMA = "policy_overrides", 1


def fingerprint(path: Path) -> str:
    """Return what tells one state of a file from another: its SHA-256.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
    """
    return hashlib.sha256(path.read_bytes()).hexdigest()


def overrides_of(path: Path, names: Mapping[str, Any] | list[str]) -> dict[str, Any]:
    """Return what the engagement file sets under each dotted path; None where it sets nothing.

    Parameters
    ----------
    path : Path
        The engagement file.
    names : dotted paths

    Returns
    -------
    dict of str to value
    """
    there = load_engagement(path).policy_overrides
    return {name: _found(there, name.split(".")) for name in names}


def save_overrides(path: Path, changes: Mapping[str, Any], *, read: str) -> str:
    """Write policy values into an engagement file that nobody has written since it was read.

    Parameters
    ----------
    path : Path
        The engagement file.
    changes : mapping of str to value
        Dotted policy path, such as ``abc.a_share``, to the value; None takes the engagement's own value out, so that the default holds.
    read : str
        `fingerprint` of the file when it was read.

    Returns
    -------
    str
        The fingerprint of what was written.

    Raises
    ------
    KamError
        ``KAM-P06``: somebody has written the file since; nothing was written. ``KAM-P03``: a value does not fit; nothing was written.
    """
    with open(path.parent / ".lock", "a+", encoding="utf-8") as handle:
        lock(handle, wait=True)
        if fingerprint(path) != read:
            raise KamError(
                "KAM-P06", "was written by somebody else since it was read", "read it again and repeat the change", file=path.name
            )
        load_engagement(path).overridden({name: value for name, value in changes.items() if value is not None})
        write_whole(path, _with(path, changes).encode("utf-8"), mode=path.stat().st_mode & 0o777)
        return fingerprint(path)


def _with(path: Path, changes: Mapping[str, Any]) -> str:
    yaml = YAML(typ="rt")
    yaml.width, yaml.allow_unicode, yaml.preserve_quotes = 4096, True, True
    tree = yaml.load(path.read_text(encoding="utf-8-sig"))
    for name, value in changes.items():
        _put(tree, [KEY, *name.split(".")], value, at=AFTER_SCHEMA)
    out = StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def _put(node: Any, steps: list[str], value: Any, *, at: int = 0) -> None:
    """Set or take out one leaf, and with it the groups that hold nothing else.

    What is new comes first in its group: a comment hangs on the entry before it, and would go with the last one.
    """
    name, *rest = steps
    if name not in node:
        if value is None:
            return
        node.insert(at, name, CommentedMap() if rest else value)
    if rest:
        _put(node[name], rest, value)
    elif value is not None:
        node[name] = value
    if value is None and (not rest or not node[name]):
        del node[name]


def _found(node: Any, steps: list[str]) -> Any:
    for step in steps:
        if not isinstance(node, dict) or step not in node:
            return None
        node = node[step]
    return node
