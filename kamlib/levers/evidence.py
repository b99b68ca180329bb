"""M23: what the data say of the checks: shares of key accounts, speed of answers, who left after poor service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from kamlib import coverage, selection
from kamlib.lifecycle.service import judged_tickets
from kamlib.periods import trailing_window
from kamlib.policy import Policy

Frames = Mapping[str, pd.DataFrame]
NAN = float("nan")
PORTFOLIO_METRICS = ("within_authority_share", "solved_48h_rate", "first_contact_rate", "promises_kept_rate", "cadence_compliance_rate")
DECIDED = ("qualified", "candidate", "not_key")
KINDS_OF_EVENT = ("round_table", "social")
MINUTE = pd.Timedelta(minutes=1)


def lever_evidence(
    frames: Frames,
    values: pd.DataFrame,
    portfolio: pd.Series,
    needs: pd.DataFrame,
    *,
    as_of: date,
    policy: Policy,
    price_effect: float,
    has_channel: bool,
) -> dict[str, float]:
    """Measure the checks that can be measured.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Tables as known at the date; ``accounts`` with ``first_order_date``.
    values : DataFrame, one row per account
        Its metrics.
    portfolio : Series
        The portfolio's metrics.
    needs : DataFrame, one row per need of the plans
        ``hidden evidence``.
    as_of : date
    policy : Policy
    price_effect : float
        Price part of the margin walk of all accounts ÷ the margin before; NaN without costs.
    has_channel : bool
        Whether anybody said how accounts are served.

    Returns
    -------
    dict of str to float
        By the names that ``levers.yaml`` measures its checks by; NaN where the data say nothing.

    References
    ----------
    [S1]; M23, addition A28.
    """
    active, key = values["revenue_amount"] > 0, selection.key_accounts(values)
    accounts = frames["accounts"].set_index("account_id").reindex(values.index)
    rated = frames.get("assessments")
    recent = rated[trailing_window(as_of).contains(rated["assessed_on"])] if rated is not None else None
    revenue, lost = portfolio.get("revenue_amount", NAN), portfolio.get("below_cost_amount", NAN)
    given, justified = portfolio.get("price_exceptions_amount", NAN), portfolio.get("justified_discounts_amount", NAN)
    found = {name: float(portfolio.get(name, NAN)) for name in PORTFOLIO_METRICS}
    return found | {
        "criterion_share": _share(_criterion_applies(values, policy), active),
        "classified_share": _share(values["segment"].notna(), active),
        "reviewed_share": NAN if recent is None else _share(values.index.isin(recent["account_id"].astype("str")), key),
        "key_file_share": float(values.loc[key, "file_completeness_share"].mean()),
        "hidden_needs_share": float((needs["hidden"].notna() & needs["evidence"].notna()).mean()) if len(needs) else NAN,
        "influence_met_share": float(values.loc[key, "influence_coverage_share"].mean()),
        "below_cost_share": float(lost / revenue) if revenue else NAN,
        "price_effect_rate": price_effect,
        "justified_share": float(justified / (justified + given)) if justified + given > 0 else NAN,
        "sensitivity_share": _share(values["price_tolerance_score"].notna(), key),
        "managed_share": _share(accounts["manager_id"].notna(), active),
        "conflict_share": _conflicts(frames["accounts"], active, policy) if has_channel else NAN,
        "key_answer_ratio": answer_ratio(frames.get("tickets"), key, as_of=as_of, least=policy.levers.key_answer_least),
        "lost_to_service_share": lost_to_service_share(frames, values, as_of=as_of, policy=policy),
        "file_share": float(values["file_completeness_share"].mean()),
        "relationship_rated_share": NAN if recent is None else _share(_rated(recent, values.index), key),
        "office_targets_share": _targets(frames),
        "events_share": _events(frames, key, as_of),
    }


def answer_ratio(tickets: pd.DataFrame | None, key: pd.Series, *, as_of: date, least: int) -> float:
    """Compare how fast key accounts are answered with how fast all others are.

    Parameters
    ----------
    tickets : DataFrame or None
        ``account_id opened_at first_response_at``.
    key : Series of bool
        By account.
    as_of : date
    least : int
        Answered tickets that each side needs.

    Returns
    -------
    float
        Median time to the first answer of key accounts ÷ that of the others, over twelve months; below 1 is faster.

    References
    ----------
    [S1] Company A; M23, addition A28.

    Examples
    --------
    >>> opened = pd.to_datetime(["2026-06-01T09:00"] * 4)
    >>> tickets = pd.DataFrame({"account_id": ["K", "K", "B", "B"], "opened_at": opened,
    ...                         "first_response_at": opened + pd.to_timedelta([1, 3, 4, 4], unit="h")})
    >>> answer_ratio(tickets, pd.Series({"K": True, "B": False}), as_of=date(2026, 6, 30), least=2)
    0.5
    """
    if tickets is None:
        return NAN
    timed = tickets[trailing_window(as_of).contains(tickets["opened_at"]) & tickets["first_response_at"].notna()]
    minutes = (timed["first_response_at"] - timed["opened_at"]) / MINUTE
    is_key = timed["account_id"].astype("str").map(key).astype("boolean").fillna(False).astype(bool)
    ours, others = minutes[is_key], minutes[~is_key]
    return float(ours.median() / others.median()) if min(len(ours), len(others)) >= least and others.median() > 0 else NAN


def lost_to_service_share(frames: Frames, values: pd.DataFrame, *, as_of: date, policy: Policy) -> float:
    """Return what share of the great accounts of a year ago left after tickets that missed their limits.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        ``accounts tickets``.
    values : DataFrame, one row per account
        ``revenue_amount revenue_prior_amount last_order_days``.
    as_of : date
    policy : Policy

    Returns
    -------
    float
        Of the class A of the year before: those without an order since, half or more of whose tickets in the 90 days before their
        last order missed a limit; NaN without tickets or without such accounts.

    References
    ----------
    [S1] Company A; M23, addition A28.
    """
    before = selection.abc_class(values["revenue_prior_amount"], cuts=policy.abc)
    great = values.index[before == "A"]
    if "tickets" not in frames or not len(great):
        return NAN
    lapsed = values.loc[great].query("revenue_amount <= 0 and last_order_days == last_order_days")
    tickets = frames["tickets"]
    since = (pd.Timestamp(as_of) - tickets["opened_at"].dt.normalize()).dt.days
    days = since - tickets["account_id"].astype("str").map(lapsed["last_order_days"]).astype(float)
    near = tickets[(days >= 0) & (days < policy.warning.windows.recent_days)]
    verdicts = judged_tickets(near, frames["accounts"], as_of=as_of, cuts=policy.lifecycle)
    judged = verdicts.notna().any(axis=1)
    late = verdicts.eq(0).any(axis=1)[judged].groupby(near.loc[judged, "account_id"].astype("str")).mean()
    return float((late >= policy.levers.poor_service).sum() / len(great))


def _criterion_applies(values: pd.DataFrame, policy: Policy) -> pd.Series:
    """Tell accounts that the written criterion decides on facts: most of its weight is known, not only what orders say."""
    weights = policy.qualification.weights.model_dump()
    known = sum(values[f"{name}_score"].notna() * weight for name, weight in weights.items())
    return values["qualification_verdict"].isin(DECIDED) & (known >= policy.levers.criterion_share * sum(weights.values()) - 1e-9)


def _share(holds, among: pd.Series) -> float:
    return float(pd.Series(holds, index=among.index)[among].mean()) if among.any() else NAN


def _rated(recent: pd.DataFrame, ids: pd.Index):
    dimensions = recent[recent["item"].astype("str").str.startswith("relationship.")]
    return ids.isin(dimensions["account_id"].astype("str"))


def _conflicts(accounts: pd.DataFrame, active: pd.Series, policy: Policy) -> float:
    pairs = coverage.channel_conflicts(accounts[accounts["account_id"].map(active).fillna(False).astype(bool)], rules=policy.coverage_hours)
    return len(set(pairs["account_id"]) | set(pairs["other_id"])) / active.sum() if active.any() else NAN


def _targets(frames: Frames) -> float:
    named = [frames[table][column] for table, column in (("tickets", "department"), ("promises", "from_department")) if table in frames]
    departments = set(pd.concat(named).dropna()) if named else set()
    if not departments:
        return NAN
    targets = frames.get("targets")
    held = set(targets.loc[targets["scope"] == "department", "id"]) if targets is not None else set()
    return len(departments & held) / len(departments)


def _events(frames: Frames, key: pd.Series, as_of: date) -> float:
    touched = []
    for table, kinds in (("events", KINDS_OF_EVENT), ("interactions", ("event", "executive_meeting"))):
        if table in frames:
            rows = frames[table][trailing_window(as_of).contains(frames[table]["date"])]
            touched.append(rows.loc[rows["kind"].astype("str").isin(kinds), "account_id"].astype("str"))
    return _share(key.index.isin(pd.concat(touched)), key) if touched else NAN
