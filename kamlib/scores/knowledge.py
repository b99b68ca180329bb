"""How much we know of every account, and how much of it is confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from kamlib import stakeholders
from kamlib.data.plan import Plan

NEEDS = {"stated": "needs_stated", "hidden": "needs_hidden"}
PERSONAL = "needs_personal"
PLANNED = {"finance_plan": "annual_plan", "chain_tenders": "tenders"}


def knowledge(facts: Mapping[str, pd.DataFrame], plans: Mapping[str, Plan], accounts: pd.Index, as_of: date) -> pd.DataFrame:
    """Return completeness of the account file and the share of confirmed facts.

    Parameters
    ----------
    facts : mapping of str to DataFrame
        The tables as known at the date.
    plans : mapping of str to Plan
    accounts : Index of str
    as_of : date

    Returns
    -------
    DataFrame
        Indexed by `accounts`.
    """
    known = {account: plan.known_at(as_of) for account, plan in plans.items()}
    filled = stakeholders.filled_fields(facts, {account: judged_fields(plan) for account, plan in known.items()}, accounts)
    count = filled.sum(axis=1).astype(float)
    result = pd.DataFrame({"filled_fields_count": count, "fields_count": float(filled.shape[1])})
    result = result.assign(file_completeness_share=count / filled.shape[1])
    sourced = _sourced(facts, known)
    if not len(sourced):
        return result
    return result.join(stakeholders.confidence(sourced).reindex(accounts)).join(_source_types(sourced).reindex(accounts))


def _source_types(sourced: pd.DataFrame) -> pd.Series:
    """Count the kinds of source that what we know of an account comes from (A16)."""
    columns = [name for name in sourced if name.startswith("source")]
    long = sourced.melt("account_id", columns, value_name="named")
    kinds = stakeholders.source_types(long["named"])
    return kinds.groupby(long["account_id"].astype("str")).nunique().astype(float).rename("source_types_count")


def judged_fields(plan: Plan) -> set[str]:
    """Return the fields of the account file that a plan fills: by its beliefs, its needs, and the customer's own plans and tenders.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    set of str
    """
    found = {belief.field for belief in plan.beliefs}
    found |= {field for name, field in NEEDS.items() if any(getattr(need, name) for need in plan.needs)}
    found |= {field for field, name in PLANNED.items() if getattr(plan, name)}
    return found | ({PERSONAL} if any(need.layer == "personal" for need in plan.needs) else set())


def _sourced(facts: Mapping[str, pd.DataFrame], plans: Mapping[str, Plan]) -> pd.DataFrame:
    """Put ratings and beliefs into one list of facts, each with its sources."""
    rows = [
        {"account_id": account, **{"source" if n == 0 else f"source_{n + 1}": source for n, source in enumerate(belief.sources)}}
        for account, plan in plans.items()
        for belief in plan.beliefs
    ]
    frames = [pd.DataFrame(rows, dtype="str")] if rows else []
    if "assessments" in facts:
        frames.append(facts["assessments"][["account_id", "source", "source_2"]])
    if not frames:
        return pd.DataFrame()
    found = pd.concat(frames, ignore_index=True)
    return found.reindex(columns=list(dict.fromkeys(["account_id", "source", "source_2", *found.columns])))
