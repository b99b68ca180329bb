"""The workbook's face: draws and words finished numbers, computes none of its own.

A notebook calls one function per section; each publishes HTML for the reader and the same content as data.
"""

from __future__ import annotations

from functools import cache, wraps
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


# What the customer's edition shows of an account: the same section, or one of its own. Every other section stays away.
_FOR_CUSTOMER = {
    "first_page": "customer.customer_page",
    "revenue_quarters": "sections.revenue_quarters",
    "buying": "habits.buying",
    "stakeholders": "customer.customer_people",
    "receipts": "customer.customer_receipts",
}
_NO_SECTION = ("use_style", "versions", "done")
_ID = {"sensitivity": "how_firm"}


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return found if name in _NO_SECTION else _by_edition(name, found)


@cache
def _by_edition(name: str, internal):
    """Return a section that shows itself to the reader of the edition: the customer sees only what is meant for the customer."""

    @wraps(internal)
    def section(account) -> None:
        if account.edition != "customer":
            return internal(account)
        if name not in _FOR_CUSTOMER:
            return import_module(f"{__name__}.customer").hidden(account, _ID.get(name, name))
        home, _, function = _FOR_CUSTOMER[name].partition(".")
        return getattr(import_module(f"{__name__}.{home}"), function)(account)

    return section


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(_HOME)
