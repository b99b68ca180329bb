"""Who decides and how deep the relationship is, per account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from kamlib import lifecycle, stakeholders
from kamlib.lifecycle import DIMENSIONS, EMBEDDING_ITEM, ITEM_PREFIX, LIFECYCLE_STAGES
from kamlib.periods import months_before
from kamlib.policy import Policy

HALF_A_YEAR = 6
RATED = [f"{ITEM_PREFIX}{name}" for name in DIMENSIONS]


def people(facts: Mapping[str, pd.DataFrame], values: pd.DataFrame, policy: Policy, as_of: date, fiscal_year_start: int) -> pd.DataFrame:
    """Return decision chain, relationship stage, phase, embedding and reciprocity of every account.

    Parameters
    ----------
    facts : mapping of str to DataFrame
        The tables as known at the date, `daily_facts`.
    values : DataFrame, one row per account
        What is measured so far: ``lifecycle_stage tenure_months revenue_amount revenue_prior_amount``.
    policy : Policy
    as_of : date
    fiscal_year_start : int

    Returns
    -------
    DataFrame
        With the index of `values`; a column only where its table is supplied.
    """
    accounts = facts["accounts"].set_index("account_id").reindex(values.index)
    frames = [_chain(facts, policy, as_of), _stage(facts, values, policy, as_of, fiscal_year_start)]
    if "purchases_from" in facts:
        frames.append(lifecycle.reciprocity(facts["purchases_from"], values["revenue_amount"], as_of=as_of))
    if "events" in facts:
        frames.append(lifecycle.complaint_line_told(facts["events"], values.index, as_of=as_of))
    if len(facts.get("interactions", ())):
        starts = accounts["signed_on"].fillna(accounts["first_order_date"])
        frames.append(lifecycle.care_after_signing(facts["interactions"], starts, as_of=as_of))
    found = pd.concat([frame.reindex(values.index) for frame in frames], axis=1)
    blank = pd.Series(float("nan"), index=values.index)
    number = found.get("relationship_stage_number", blank)
    found = found.join(lifecycle.phase(number, values["tenure_months"], cuts=policy.phase))
    shares = [found.get(name, blank) for name in ("influence_coverage_share", "influence_coverage_before_share")]
    known = values[["revenue_amount", "revenue_prior_amount"]].assign(
        influence_coverage_share=shares[0], influence_coverage_before_share=shares[1], contract_end=accounts["contract_end"]
    )
    return found.join(lifecycle.uncoupling_signs(known, events=facts.get("events"), as_of=as_of, rules=policy.relationship))


def new_effort(facts: Mapping[str, pd.DataFrame], tenure: pd.Series, policy: Policy, as_of: date, by: str) -> pd.DataFrame:
    """Return how much of the time goes to new accounts; `facts` carry the owner's column.

    Parameters
    ----------
    facts : mapping of str to DataFrame
    tenure : Series of float
        By account.
    policy : Policy
    as_of : date
    by : str

    Returns
    -------
    DataFrame
        Indexed by owner; empty where no touch is recorded.
    """
    if not len(facts.get("interactions", ())):
        return pd.DataFrame()
    return stakeholders.effort_on_new(facts["interactions"], tenure, as_of=as_of, rules=policy.stakeholders, by=by)


def _chain(facts: Mapping[str, pd.DataFrame], policy: Policy, as_of: date) -> pd.DataFrame:
    if "contacts" not in facts:
        return pd.DataFrame()
    contacts, interactions, rules = facts["contacts"], facts.get("interactions"), policy.stakeholders
    now = stakeholders.decision_chain(contacts, interactions, as_of=as_of, rules=rules)
    if interactions is None:
        return now
    then = months_before(as_of, HALF_A_YEAR)
    earlier = contacts[~(contacts["since"] > pd.Timestamp(then))]
    before = stakeholders.decision_chain(earlier, interactions, as_of=then, rules=rules)["influence_coverage_share"]
    effort = stakeholders.effort_on_deciders(interactions, contacts, as_of=as_of, rules=rules)
    return now.join(before.rename("influence_coverage_before_share")).join(effort)


def _stage(facts: Mapping[str, pd.DataFrame], values: pd.DataFrame, policy: Policy, as_of: date, fiscal_year_start: int) -> pd.DataFrame:
    evidence = lifecycle.suggested_ratings(
        values.index,
        contacts=facts.get("contacts"),
        interactions=facts.get("interactions"),
        outcomes=facts.get("outcomes"),
        as_of=as_of,
        fiscal_year_start=fiscal_year_start,
    )
    if "assessments" not in facts:
        return evidence
    levels = lifecycle.item_levels(facts["assessments"], [*RATED, EMBEDDING_ITEM]).reindex(values.index)
    ratings = levels[RATED].set_axis(DIMENSIONS, axis=1)
    staged = lifecycle.relationship_stage(ratings, rules=policy.relationship)
    lag = lifecycle.stage_lag(values["lifecycle_stage"], staged["relationship_stage_number"], stages=LIFECYCLE_STAGES)
    spread = levels[[f"{item}_spread" for item in RATED]].max(axis=1).rename("rating_spread_count")
    rated = ratings.add_suffix("_rating_count")
    return pd.concat([evidence, rated, spread, staged, lag, lifecycle.embedding_level(levels[EMBEDDING_ITEM])], axis=1)
