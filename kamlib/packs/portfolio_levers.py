"""The six levers and the company's readiness, as the review shows them."""

from __future__ import annotations

import pandas as pd

from kamlib import levers
from kamlib.data.company import Company, load_company
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.packs.rows import columns
from kamlib.scores import Scores
from kamlib.scores.facts import PORTFOLIO, daily_facts


def known_company(engagement: Engagement, scores: Scores) -> Company | None:
    """Return the company file as it counts on the day; None without one, or where it was rated later."""
    if engagement.company is None:
        return None
    company = load_company(engagement.folder / engagement.company)
    return company if company.rated_on <= scores.as_of else None


def levers_audit(tables: Tables, scores: Scores, engagement: Engagement, walk: dict | None) -> dict:
    """Audit levers and readiness.

    Parameters
    ----------
    tables : Tables
        As known at the date.
    scores : Scores
    engagement : Engagement
    walk : dict or None
        Margin walk of all accounts, `packs.prices.walk_facts`.

    Returns
    -------
    dict
        ``checks levers readiness`` as columns, ``findings`` as ids, ``communication incidents rated`` from the company file.
    """
    rules, company = engagement.policy.levers, known_company(engagement, scores)
    needs = [need.model_dump() for plan in tables.plans.values() for need in plan.known_at(scores.as_of).needs]
    evidence = levers.lever_evidence(
        daily_facts(tables, scores.as_of),
        scores.values["account"],
        scores.values[PORTFOLIO].iloc[0],
        pd.DataFrame(needs, columns=["hidden", "evidence"]),
        as_of=scores.as_of,
        policy=engagement.policy,
        price_effect=walk["parts"]["price"] / walk["before"] if walk and walk["before"] > 0 else float("nan"),
        has_channel="channel" in tables.mapped["accounts"],
    )
    checks = levers.lever_checks(evidence, company.levers if company else {})
    ready = levers.lever_readiness(checks, rules=rules)
    ready = ready.join(levers.effort_shares(ready, checks, rules=rules))
    company_wide = levers.company_readiness(company.readiness if company else {}, rules=rules)
    return {
        "checks": columns(checks.rename_axis("check").reset_index()),
        "levers": columns(ready.rename_axis("lever").reset_index()),
        "readiness": columns(company_wide.rename_axis("obstacle").reset_index()),
        "findings": levers.findings(checks, rules=rules),
        "levels": dict(company.readiness) if company else {},
        "communication": dict(company.communication) if company else {},
        "incidents": dict(company.incidents) if company else {},
        "rated": [company.rated_on.isoformat(), company.rated_by] if company else None,
    }
