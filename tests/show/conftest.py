"""Two account packs by hand: one where nearly everything is measured, one with orders alone."""

from __future__ import annotations

import json

import pytest

from kamlib.packs import Pack, canonical
from kamlib.playbook import playbook
from kamlib.policy import load_policy

DATES = ["2024-09-30", "2024-12-31", "2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30"]
LABELS = ["2024 Q3", "2024 Q4", "2025 Q1", "2025 Q2", "2025 Q3", "2025 Q4", "2026 Q1", "2026 Q2"]
NUMBERS = {
    "revenue_amount": 12_345_000.0,
    "revenue_prior_amount": 10_980_000.0,
    "quantity_count": 41_250.0,
    "margin_rate": 0.2874,
    "receivables_turnover_ratio": 5.14,
    "dso_days": 71.0,
    "dso_countback_days": 66.3,
    "dso_best_possible_days": 44.0,
    "overdue_share": 0.381,
    "days_late_days": 14.2,
    "growth_rate": 0.1243,
    "forecast_accuracy_rate": 0.812,
    "forecast_bias_rate": 0.064,
    "satisfaction_score": 78.3,
    "respondents_count": 20.0,
    "nps_score": 15.0,
    "nps_low_score": -22.4,
    "nps_high_score": 52.4,
    "wallet_share": 0.342,
    "on_time_rate": 0.831,
    "order_accuracy_rate": 0.968,
    "perfect_order_rate": 0.812,
    "stars_count": 4.0,
    "tenure_months": 22.0,
    "potential_score": 71.0,
    "loss_risk": 0.62,
    "risk_coverage_share": 0.8,
    "order_drop_signal": 0.5,
    "order_change_rate": -0.35,
    "recent_orders_count": 3.0,
    "earlier_orders_count": 6.0,
    "order_rhythm_signal": 0.0,
    "no_backup_signal": 0.5,
    "single_threaded_flag": 1.0,
    "our_backup_missing_flag": 0.0,
    "rated_count": 6.0,
    "relationship_score": 33.3,
    "stage_lag": 2.0,
    **{f"{name}_rating_count": 2.0 for name in ("contacts", "authority", "trust", "process", "measures", "team")},
    "contacts_evidence": 4.0,
    "known_contacts_count": 3.0,
    "active_contacts_count": 1.0,
    "influence_coverage_share": 0.4,
    "executive_line_flag": 0.0,
    "decider_effort_share": 0.1,
    "revenue_at_risk_amount": 4_000_000.0,
    "loss_probability_rate": 0.32,
    "clv_amount": 7_000_000.0,
    "clv_unadjusted_amount": 13_000_000.0,
    "retention_point_amount": 90_000.0,
    "spend_ceiling_amount": 300_000.0,
    "stage_retention_rate": 0.86,
    "next_retention_rate": 0.92,
    "qualification_score": 71.5,
    "purchase_volume_score": 98.0,
    "central_purchasing_score": 100.0,
    "continuity_score": 91.7,
    "fit_gate_flag": 1.0,
    "purchasing_gate_flag": 1.0,
    "largest_order_share": 0.12,
    "seller_score": 43.8,
    "bargaining_flag": 1.0,
    "top_draws_share": 0.98,
    "whitespace_amount": 450_000.0,
    "file_completeness_share": 0.41,
    "confidence_share": 0.5,
    "filled_facts_count": 8.0,
    "whitespace_lines_count": 1.0,
}
CLASSES = {
    "segment": "core",
    "tier": "strategic",
    "lifecycle_stage": "deep",
    "value_class": "top",
    "potential_class": "high",
    "abc_class": "A",
    "customer_status": "kept",
    "risk_level": "red",
    "relationship_stage": "mid",
    "qualification_verdict": "candidate",
}
TRENDS = {
    "revenue_amount": [9.1e6, 9.6e6, 10.2e6, 10.98e6, 11.1e6, 11.9e6, 12.1e6, 12.345e6],
    "margin_rate": [0.324, 0.321, 0.322, 0.318, 0.311, 0.302, 0.293, 0.2874],
    "dso_days": [52.0, 51.0, 54.0, 55.0, 58.0, 63.0, 69.0, 71.0],
    "growth_rate": [None, None, None, 0.08, 0.09, 0.11, 0.12, 0.1243],
    "forecast_accuracy_rate": [0.70, 0.72, 0.74, 0.77, 0.78, 0.80, 0.81, 0.812],
    "satisfaction_score": [80.0, 80.0, None, 79.0, 79.0, 78.0, 78.0, 78.3],
    "wallet_share": [None] * 7 + [0.342],
    "on_time_rate": [0.94, 0.95, 0.93, 0.93, 0.90, 0.88, 0.85, 0.831],
}
BENCHMARKS = {
    "revenue_amount": (240_000.0, 610_000.0, 2_100_000.0),
    "margin_rate": (0.27, 0.31, 0.36),
    "dso_days": (41.0, 48.0, 57.0),
    "overdue_share": (0.05, 0.12, 0.22),
    "growth_rate": (-0.06, 0.04, 0.15),
    "forecast_accuracy_rate": (0.61, 0.73, 0.84),
    "satisfaction_score": (70.0, 79.0, 86.0),
    "wallet_share": (0.18, 0.29, 0.44),
    "on_time_rate": (0.88, 0.93, 0.97),
    "order_accuracy_rate": (0.95, 0.97, 0.99),
}


def scores(numbers: dict, classes: dict, notes: dict) -> list[dict]:
    """Return one score for every metric of the registry that exists for an account."""
    return [
        {
            "metric": metric,
            "value": numbers.get(metric),
            "text": classes.get(metric),
            "unit": entry["unit"],
            "coverage": 0.94 if metric == "margin_rate" and metric in numbers else None,
            "note": notes.get(metric),
            "parts": {part: numbers.get(part) for part in entry.get("parts", [])},
        }
        for metric, entry in playbook("metrics").items()
        if "account" in entry["level"]
    ]


def quarters(revenue: list, margin: list) -> list[dict]:
    """Return eight quarters."""
    return [
        {
            "start": None,
            "end": end,
            "label": label,
            "revenue_amount": amount,
            "cost_amount": None,
            "margin_rate": rate,
            "orders_count": 9,
            "lines_count": 31,
        }
        for end, label, amount, rate in zip(DATES, LABELS, revenue, margin, strict=True)
    ]


def rich() -> dict:
    """Return a pack with nearly every table."""
    counts = {
        "rows_read": 18_204,
        "rows_used": 18_151,
        "rows_filtered": 0,
        "rows_duplicate": 12,
        "rows_refused": {"KAM-V01": 41},
        "rows_after_as_of": 0,
    }
    return {
        "schema": 1,
        "account_id": "A001",
        "as_of": "2026-06-30",
        "currency": "CNY",
        "engagement": "Sample machinery group",
        "synthetic": True,
        "fiscal_year_start": 1,
        "account": {"account_id": "A001", "name": "华北重工 Huabei Heavy Industries", "signed_on": "2024-08-12", "manager_id": "M1"},
        "manager": {"manager_id": "M1", "name": "李伟 Li Wei"},
        "scores": scores(NUMBERS, CLASSES, {}),
        "trend_dates": DATES,
        "trends": {
            metric: [{"as_of": day, "value": value} for day, value in zip(DATES, values, strict=True)] for metric, values in TRENDS.items()
        },
        "quarters": quarters(
            [2.6e6, 2.4e6, 2.9e6, 3.08e6, 2.75e6, 3.1e6, 3.05e6, 3.445e6], [0.325, 0.318, 0.321, 0.309, 0.302, 0.296, 0.281, 0.273]
        ),
        "position": {
            "revenue_rank": 3,
            "active_accounts_count": 58,
            "matrix": {
                "top": {"high": None, "stable": None, "declining": None},
                "mid": {"high": 7, "stable": 11, "declining": None},
                "low": {"high": None, "stable": 14, "declining": 9},
            },
            "cell": ["top", "high"],
        },
        "benchmarks": {metric: {"n": 58, "q1": low, "median": mid, "q3": high} for metric, (low, mid, high) in BENCHMARKS.items()},
        "rows": {"orders": 312, "invoices": 96, "payments": 88, "surveys": 20},
        "tables": {"orders": {"columns": ["order_date"], "rows": [["2024-08-20"], ["2024-09-03"]]}},
        "quality": {"accounts": {**counts, "rows_read": 60, "rows_used": 60, "rows_duplicate": 0, "rows_refused": {}}, "orders": counts},
        "policy": load_policy().leaves(),
        "plan": {
            "needs": [
                {"id": "N1", "layer": "personal", "stated": "Speak at the fair", "hidden": None, "evidence": None, "answer": None},
                {"id": "N2", "layer": "business", "stated": "降本 30%", "hidden": "No stock", "evidence": "fair", "answer": "process"},
            ],
            "beliefs": [{"id": "B1", "text": "No rival is near", "state": "confirmed", "sources": ["buyer", "Buyer "]}],
        },
        "file": ["profile_industry"],
        "spare": [
            {
                "product_line": "泵 Pumps",
                "state": "thin",
                "bought_amount": 20_000.0,
                "estimate_amount": 450_000.0,
                "low_amount": 100_000.0,
                "high_amount": 700_000.0,
                "adoption_share": 0.6,
                "peers_count": 9.0,
                "peers_by": "industry",
            },
            {
                "product_line": "Valves",
                "state": "white",
                "bought_amount": 0.0,
                "estimate_amount": None,
                "low_amount": None,
                "high_amount": None,
                "adoption_share": None,
                "peers_count": 2.0,
                "peers_by": None,
            },
        ],
        "people": [
            {
                "contact_id": "c1",
                "name": "王芳 Wang Fang",
                "role": "procurement",
                "influence": 3.0,
                "attitude": 1.0,
                "style": "checker",
                "met": 1.0,
            },
            {"contact_id": "c2", "name": "Li Lei", "role": "executive", "influence": 5.0, "attitude": -1.0, "style": "leader", "met": 0.0},
            {"contact_id": "c3", "name": "Han Mei", "role": "user", "influence": None, "attitude": 2.0, "style": None, "met": 0.0},
        ],
    }


def poor() -> dict:
    """Return a pack of an account with two orders and nothing else."""
    known = {"revenue_amount": 8_400.0, "revenue_prior_amount": 0.0, "quantity_count": 12.0, "tenure_months": 5.0}
    needs = {
        "margin_rate": "no_column:orders.cost",
        "dso_days": "no_table:invoices",
        "overdue_share": "no_table:invoices",
        "growth_rate": "new",
        "forecast_accuracy_rate": "no_table:forecasts",
        "satisfaction_score": "no_table:surveys",
        "wallet_share": "no_column:accounts.annual_wallet",
        "on_time_rate": "no_column:orders.promised_on",
        "tier": "currency_without_thresholds",
        "stars_count": "currency_without_thresholds",
    }
    classes = {
        "customer_status": "new",
        "segment": "optimise",
        "lifecycle_stage": "steady",
        "value_class": "low",
        "potential_class": "stable",
    }
    position = {"revenue_rank": 57, "active_accounts_count": 58, "matrix": rich()["position"]["matrix"], "cell": ["low", "stable"]}
    return rich() | {
        "account_id": "B9",
        "currency": "GBP",
        "synthetic": False,
        "account": {"account_id": "B9", "name": "B9 Ltd", "signed_on": None, "manager_id": None},
        "manager": None,
        "scores": scores(known, classes, needs),
        "trends": {},
        "quarters": quarters([None] * 6 + [3_000.0, 5_400.0], [None] * 8),
        "position": position,
        "benchmarks": {},
        "rows": {"orders": 4},
        "people": [],
        "plan": None,
        "file": [],
        "spare": [],
        "tables": {"orders": {"columns": ["order_date"], "rows": [["2026-02-02"]]}},
    }


def empty() -> dict:
    """Return a pack of an account without a single order."""
    position = {"revenue_rank": None, "active_accounts_count": 58, "matrix": rich()["position"]["matrix"], "cell": [None, None]}
    return poor() | {
        "scores": scores({}, {"customer_status": "inactive"}, {"growth_rate": "inactive"}),
        "quarters": quarters([0.0] * 8, [None] * 8),
        "position": position,
        "rows": {},
        "tables": {},
        "quality": {},
    }


PACKS = {"rich": rich, "poor": poor, "empty": empty}


@pytest.fixture
def make_pack():
    """Return a function that builds a pack by name, in a language, with its account renamed on demand."""

    def build(name: str = "rich", language: str = "en", *, account_name: str | None = None) -> Pack:
        data = PACKS[name]()
        if account_name is not None:
            data["account"]["name"] = account_name
            data["manager"] = {"manager_id": account_name, "name": account_name}
        return Pack(json.loads(canonical(data)), language=language)

    return build


@pytest.fixture
def published(monkeypatch) -> list[dict]:
    """Collect what a section publishes, in place of showing it."""
    bundles: list[dict] = []
    for module in ("kamlib.show.publish", "kamlib.show.theme"):
        monkeypatch.setattr(f"{module}.display", lambda bundle, raw: bundles.append(bundle))
    return bundles
