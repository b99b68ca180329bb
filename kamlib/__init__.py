"""Key account management: exports in, one checked strategy workbook per account out."""

from __future__ import annotations

import importlib

_HOMES = {
    "InvalidInput": "checks",
    "KamError": "checks",
    "load_engagement": "data.engagement",
    "read": "data.read",
    "known_at": "data.history",
    "load_policy": "policy",
    "score": "scores",
    "open_pack": "packs",
    "open_portfolio": "packs.portfolio",
    "open_backtest": "packs.backtest",
    "open_case": "packs.case",
    "open_manager": "packs.manager",
    "open_value_report": "packs.value_report",
}
__all__ = [
    "InvalidInput",
    "KamError",
    "__version__",
    "known_at",
    "load_engagement",
    "load_policy",
    "open_backtest",
    "open_case",
    "open_manager",
    "open_pack",
    "open_portfolio",
    "open_value_report",
    "read",
    "score",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used (PEP 562), so that ``kam --help`` loads no pandas."""
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("kamlib")
    if name not in _HOMES:
        raise AttributeError(f"module 'kamlib' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(f"kamlib.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
