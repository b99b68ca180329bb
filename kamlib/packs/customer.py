"""The customer's edition of an account pack: built field by field from what the customer may read; nothing else is carried over."""

from __future__ import annotations

from collections.abc import Mapping

from kamlib.packs.value_report import DELIVERED
from kamlib.playbook import playbook

HEAD = ("schema", "account_id", "as_of", "currency", "engagement", "synthetic", "fiscal_year_start", "trend_dates")
OWN = ("revenue_amount", "revenue_prior_amount", "growth_rate", "orders_count", "lines_count")
RHYTHM = ("order_gap_median_days", "order_gap_p90_days", "order_gaps_count", "last_order_days")
QUARTER = ("start", "end", "label", "revenue_amount", "orders_count", "lines_count")
POLICIES = ("profile.season_months",)
TABLES = ("orders", "tickets")


def customer_pack(pack: Mapping, report: Mapping) -> dict:
    """Return the pack that the customer's edition of the workbook may see.

    Parameters
    ----------
    pack : mapping
        The internal pack.
    report : mapping
        The same account's value report (`ValueReportBuilder.build`).

    Returns
    -------
    dict
        What the customer bought, what we delivered, its own people under pseudonyms, what is agreed; no name, rating, price, cost,
        risk, class or plan of ours.

    References
    ----------
    M29, ruling F82.
    """
    registry = playbook("metrics")
    shown = {*OWN, *RHYTHM, *DELIVERED, *(part for metric in DELIVERED for part in registry[metric]["parts"])}
    return {
        **{name: pack[name] for name in HEAD},
        "account": {"account_id": pack["account_id"], "name": pack["account"]["name"], "signed_on": pack["account"].get("signed_on")},
        "manager": {"manager_id": "", "name": report["manager"]["name"]},
        "scores": [entry | {"coverage": None} for entry in pack["scores"] if entry["metric"] in shown],
        "trends": {name: pack["trends"][name] for name in ("revenue_amount", "on_time_rate") if name in pack["trends"]},
        "quarters": [
            {name: quarter[name] for name in QUARTER} | {"cost_amount": None, "margin_rate": None} for quarter in pack["quarters"]
        ],
        "benchmarks": {},
        "buying": pack["buying"],
        "people": [{"role": entry["role"], "number": int(entry["number"]), "met": entry["met"]} for entry in pack["people"]],
        "outcomes": report["outcomes"],
        "agreed": report["agreed"],
        "rows": {name: pack["rows"][name] for name in TABLES if name in pack["rows"]},
        "tables": {},
        "policy": {path: pack["policy"][path] for path in POLICIES},
        "quality": {},
    }
