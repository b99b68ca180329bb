"""Early warning of every account, and what the relationship is worth at that risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from kamlib import selection, value, warning
from kamlib.data.history import known_at
from kamlib.data.tables import Tables
from kamlib.periods import months_before
from kamlib.policy import Policy

YEAR_MONTHS = 12
SUMMED = ("revenue_at_risk_amount", "clv_amount", "clv_unadjusted_amount", "retention_point_amount")


def early_warning(facts: Mapping[str, pd.DataFrame], values: pd.DataFrame, policy: Policy, as_of: date) -> pd.DataFrame:
    """Return every signal that the tables allow, the risk index and its level.

    Parameters
    ----------
    facts : mapping of str to DataFrame
        The tables as known at the date; ``accounts`` may carry ``competitor_rise_share``.
    values : DataFrame, one row per account
        ``segment order_gap_p90_days last_order_days``, and where measured ``single_threaded_flag executive_line_flag``.
    policy : Policy
    as_of : date

    Returns
    -------
    DataFrame
        With the index of `values`.
    """
    rules, ids = policy.warning, values.index
    accounts = facts["accounts"].set_index("account_id").reindex(ids)
    frames = [
        warning.order_drop(facts["sales"], ids, as_of=as_of, rules=rules),
        warning.order_rhythm_gap(values[["order_gap_p90_days", "last_order_days"]], values["segment"], rules=rules),
        warning.no_backup(accounts, single_threaded=values.get("single_threaded_flag")).drop(columns="single_threaded_flag"),
    ]
    if "usage" in facts:
        frames.append(warning.usage_drop(facts["usage"], ids, as_of=as_of, rules=rules))
    if "invoices" in facts and "payments" in facts:
        frames.append(warning.payment_delay(facts["invoices"], facts["payments"], ids, as_of=as_of, rules=rules))
    if len(facts.get("interactions", ())):
        frames.append(warning.contact_gap(facts["interactions"], accounts, values["segment"], as_of=as_of, rules=rules))
    frames += _events(facts, accounts, values, policy, as_of)
    if "tickets" in facts:
        frames.append(warning.service(facts["tickets"], facts["accounts"], as_of=as_of, rules=rules, cuts=policy.lifecycle).reindex(ids))
    if "surveys" in facts:
        frames.append(warning.satisfaction_drop(facts["surveys"], ids, as_of=as_of, rules=rules))
    found = pd.concat(frames, axis=1)
    missing = [f"{name}_signal" for name in warning.SIGNALS if f"{name}_signal" not in found]
    return found.join(warning.loss_risk(found.assign(**dict.fromkeys(missing, np.nan)), rules=rules))


def group_warning(facts: Mapping[str, pd.DataFrame], values: pd.DataFrame, policy: Policy, as_of: date) -> pd.DataFrame:
    """Return the early warning of groups, each signal read again on the rows of all its accounts (F79).

    Parameters
    ----------
    facts : mapping of str to DataFrame
        Rows with ``group_id``, as `owned` returns them.
    values : DataFrame, one row per group
        ``segment``.
    policy : Policy
    as_of : date

    Returns
    -------
    DataFrame
        With the index of `values`; what only an account has (backup, contract, a rival's dated share) is left out.
    """
    pooled = {name: frame.assign(account_id=frame["group_id"].astype("str")) for name, frame in facts.items() if "group_id" in frame}
    roots = facts["accounts"].sort_values("account_id").drop_duplicates("group_id").set_index("group_id").reindex(values.index)
    signed = facts["accounts"].groupby("group_id")[["signed_on", "first_order_date"]].min().reindex(values.index)
    alone = roots.assign(**signed, contract_end=pd.NaT, deputy_id=None, technician_id=None, competitor_rise_share=np.nan)
    rhythm = selection.order_rhythm(pooled["sales"], as_of=as_of, rules=policy.profile).reindex(values.index)
    pooled["accounts"] = alone.assign(account_id=alone.index).reset_index(drop=True)
    return early_warning(pooled, values[["segment"]].join(rhythm), policy, as_of)


def _events(facts: Mapping[str, pd.DataFrame], accounts: pd.DataFrame, values: pd.DataFrame, policy: Policy, as_of: date) -> list:
    events, rules, ids = facts.get("events"), policy.warning, values.index
    rise = accounts.get("competitor_rise_share", pd.Series(np.nan, index=ids)).astype(float)
    rival = warning.competitor(events, rise, as_of=as_of, rules=rules)
    if events is None:
        return [rival]
    line = values.get("executive_line_flag")
    return [
        rival,
        warning.contact_change(events, ids, as_of=as_of, rules=rules, executive_line=line),
        warning.unconfirmed_change(events, ids, as_of=as_of, rules=rules),
        warning.renewal(accounts, events, as_of=as_of, rules=rules),
    ]


def worth(values: pd.DataFrame, policy: Policy, *, calibration: Sequence[tuple[float, float]] = ()) -> pd.DataFrame:
    """Return the chance to lose each account, its value at that chance, and the most to spend on keeping it.

    Parameters
    ----------
    values : DataFrame, one row per account
        ``margin_amount margin_rate_coverage revenue_amount loss_risk``, and where it is staged ``relationship_stage``.
    policy : Policy
    calibration : sequence of pairs
        Index and measured loss rate; none: the policy's assumption.

    Returns
    -------
    DataFrame
        With the index of `values`.
    """
    stage = values.get("relationship_stage", pd.Series(np.nan, index=values.index, dtype="str"))
    measured = pd.DataFrame(calibration, columns=["risk", "loss_rate"], dtype=float) if calibration else None
    chance = value.loss_probability(stage, values["loss_risk"], rules=policy.value, calibration=measured)
    known = values[["margin_amount", "margin_rate_coverage", "revenue_amount"]].assign(relationship_stage=stage).join(chance)
    return chance.join(value.customer_value(known, rules=policy.value))


def summed(per_account: pd.DataFrame, owner: pd.Series) -> pd.DataFrame:
    """Add up value and risk over the accounts of each group, manager or the portfolio.

    Parameters
    ----------
    per_account : DataFrame, one row per account
        With `SUMMED`, ``risk_level`` and ``revenue_amount``.
    owner : Series of str
        Whom each account counts for.

    Returns
    -------
    DataFrame
        Indexed by owner: the sums, blank where no account is measured, and accounts and revenue per level.
    """
    of = owner.reindex(per_account.index)
    sums = per_account[list(SUMMED)].groupby(of).sum(min_count=1)
    judged = per_account["risk_level"].notna().groupby(of).any()
    counts = {}
    for level in ("red", "amber"):
        is_level = per_account["risk_level"] == level
        counts[f"{level}_accounts_count"] = is_level.astype(float).groupby(of).sum().where(judged)
        counts[f"{level}_revenue_amount"] = per_account["revenue_amount"].where(is_level, 0.0).groupby(of).sum().where(judged)
    return sums.assign(**counts)


def rival_share_rise(tables: Tables, as_of: date) -> pd.Series | None:
    """Return by how much rivals' share rose within a year.

    Parameters
    ----------
    tables : Tables
        As read, with every dated row of an account.
    as_of : date

    Returns
    -------
    Series of float or None
        By account; None where the share is not dated.

    References
    ----------
    M17, addition A24.
    """
    if not {"valid_from", "competitor_share"} <= tables.mapped.get("accounts", frozenset()):
        return None
    now, then = (
        known_at(tables, day)["accounts"].set_index("account_id")["competitor_share"] for day in (as_of, months_before(as_of, YEAR_MONTHS))
    )
    return now - then
