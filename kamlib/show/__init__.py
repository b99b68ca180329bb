"""The workbook's face: draws and words finished numbers, computes none of its own.

A notebook calls one function per section; each publishes HTML for the reader and the same content as data.
"""

from __future__ import annotations

from importlib import import_module

_HOME = {
    "use_style": "theme",
    "first_page": "page",
    "what_moved": "decisions",
    "plan_critic": "decisions",
    "position": "sections",
    "revenue_quarters": "sections",
    "buying": "habits",
    "kpi_table": "sections",
    "lifecycle": "sections",
    "care": "agenda",
    "sensitivity": "firmness",
    "needs": "knowledge",
    "qualification": "selection",
    "whitespace": "selection",
    "price_guard": "prices",
    "stage_ladder": "relationship",
    "stakeholders": "relationship",
    "warning": "early_warning",
    "worth": "customer_value",
    "data_quality": "sections",
    "receipts": "sections",
    "versions": "sections",
    "done": "publish",
}


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(_HOME)
