"""Workbooks out: one notebook per account, executed, exported, published and listed."""

from __future__ import annotations

import importlib

_HOMES = {"render": "run", "RunSummary": "batch"}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the process of one account needs none of the batch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kamlib.render' has no attribute {name!r}")
    return getattr(importlib.import_module(f"kamlib.render.{_HOMES[name]}"), name)
