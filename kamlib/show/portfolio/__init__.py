"""The portfolio review's sections: draws and words the portfolio pack, computes nothing that is not counted there.

A notebook calls one function per section; each publishes HTML for the reader and the same content as data.
"""

from __future__ import annotations

from importlib import import_module

_HOME = {
    "first_page": "page",
    "digest": "week",
    "concentration": "spread",
    "profit": "spread",
    "matrix": "standing",
    "tiers": "standing",
    "lifecycle": "standing",
    "qualified": "chosen",
    "risk_radar": "risk",
    "loss_drill": "risk",
    "stage_tenure": "risk",
    "price_guard": "prices",
    "pay_plans": "mix",
    "six_levers": "mix",
    "company_ready": "mix",
    "kpis": "league",
    "managers": "league",
    "back_office": "office",
    "accounts": "league",
    "movers": "league",
    "groups": "league",
    "classes": "agreement",
    "profile": "agreement",
    "sensitivity": "agreement",
    "missing": "data",
    "data_quality": "data",
    "receipts": "data",
}


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """List the sections."""
    return sorted(_HOME)
