"""Who is a key account and how firm that is, and what an account could still buy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from kamlib import lifecycle, segments, selection
from kamlib.policy import Policy

RATED = ("fit", "service_need", "price_sensitivity", "partnership_desire")
GIVEN = (*RATED, "purchasing_mode")
JUDGED_PREFIX, INNOVATION_ITEM, GIANT_INNOVATION = "qualification.", "qualification.innovation_fit", 5


def choice(facts: Mapping[str, pd.DataFrame], values: pd.DataFrame, policy: Policy, as_of: date) -> pd.DataFrame:
    """Return verdict, score, gates and criteria of every account, and how often it stays among the chosen.

    Parameters
    ----------
    facts : mapping of str to DataFrame
        The tables as known at the date.
    values : DataFrame, one row per account
        ``revenue_amount growth_rate``.
    policy : Policy
    as_of : date

    Returns
    -------
    DataFrame
        With the index of `values`.
    """
    rules, orders, ids = policy.qualification, facts["orders"], values.index
    accounts = facts["accounts"].set_index("account_id").reindex(ids)
    judged = _judged(facts, ids)
    known = accounts[list(GIVEN)].assign(**{name: judged[name].fillna(accounts[name]) for name in RATED})
    known = known.join(values[["revenue_amount", "orders_count"]])
    known = known.join(selection.continuity(orders, ids, as_of=as_of, rules=rules))
    has_cost = "cost" in orders and orders["cost"].notna().any()
    least = policy.value.minimum_cost_coverage
    margin = selection.high_margin(orders, ids, as_of=as_of, minimum_coverage=least) if has_cost else np.nan
    coverage = {"minimum_coverage": policy.coverage.minimum_share, "minimum_values": policy.percentile.minimum_values}
    found = selection.qualification(known.assign(high_margin_score=margin), rules=rules, **coverage)
    found = found.join(known["largest_order_share"]).join(_firmness(found, policy)).join(_seller(facts, ids))
    all_margin = values["margin_amount"].sum()
    earned = values["margin_amount"] / all_margin if all_margin > 0 else np.nan
    found = found.assign(portfolio_margin_amount=all_margin, margin_contribution_share=earned, rating_gap_count=judged["gap"])
    return found.assign(**_watched(found, values, accounts["purchasing_mode"], judged["innovation_fit"], policy))


def _judged(facts: Mapping[str, pd.DataFrame], ids: pd.Index) -> pd.DataFrame:
    """Return the criteria as assessors rated them, which stand before the account's own columns, and how far assessors differ (F23)."""
    names = [*RATED, "innovation_fit"]
    items = [f"{JUDGED_PREFIX}{name}" for name in names]
    if "assessments" not in facts:
        return pd.DataFrame(np.nan, index=ids, columns=[*names, "gap"])
    levels = lifecycle.item_levels(facts["assessments"], items).reindex(ids)
    gap = levels[[f"{item}_spread" for item in items]].max(axis=1)
    return levels[items].set_axis(names, axis=1).assign(gap=gap)


def _watched(found: pd.DataFrame, values: pd.DataFrame, mode: pd.Series, innovation: pd.Series, policy: Policy) -> dict[str, pd.Series]:
    """Flag who can bargain (A10), and who is small but grows or innovates like a giant (A11)."""
    rules, revenue = policy.qualification, values["revenue_amount"]
    share = revenue / revenue.clip(lower=0).sum()
    bargains = ((mode == "central") & (share > rules.bargaining_share)).astype(float).where(mode.notna())
    grows = (values["growth_rate"] >= rules.small_giant_rate - 1e-9) | (innovation >= GIANT_INNOVATION)
    small, known = found["qualification_verdict"].isin(["not_key", "candidate"]), values["growth_rate"].notna() | innovation.notna()
    giant = (grows & small).astype(float).where(known)
    return {"bargaining_flag": bargains, "small_giant_flag": giant}


def _firmness(found: pd.DataFrame, policy: Policy) -> pd.Series:
    """Stress the choice among accounts that no gate shuts out; as many are chosen as are qualified, at least one."""
    open_ = found.loc[found["qualification_verdict"].isin(["qualified", "candidate"]) | _low(found)]
    criteria = open_[[f"{name}_score" for name in selection.COMPONENTS]].set_axis(selection.COMPONENTS, axis=1)
    if not len(criteria):
        return pd.Series(np.nan, index=found.index, name="top_draws_share")
    top = max(1, int((found["qualification_verdict"] == "qualified").sum()))
    weights = policy.qualification.weights.model_dump()
    return selection.stress_test(criteria, weights, top=top, rules=policy.stress).reindex(found.index)


def _low(found: pd.DataFrame) -> pd.Series:
    gates = found[[name for name in found if name.endswith("_gate_flag")]]
    return found["qualification_score"].notna() & ~(gates == 0).any(axis=1)


def _seller(facts: Mapping[str, pd.DataFrame], ids: pd.Index) -> pd.Series:
    """Return how ready we are for each account: the mean of the four assessed items on a scale of 0 to 100."""
    if "assessments" not in facts:
        return pd.Series(np.nan, index=ids, name="seller_score")
    levels = lifecycle.item_levels(facts["assessments"], list(selection.SELLER_ITEMS)).reindex(ids)
    return (levels[list(selection.SELLER_ITEMS)].mean(axis=1) * 25).rename("seller_score")


def spare(facts: Mapping[str, pd.DataFrame], policy: Policy, as_of: date) -> pd.DataFrame:
    """Return how much more each account could buy of the lines that it buys little or nothing of, and of how many.

    Parameters
    ----------
    facts : mapping of str to DataFrame
    policy : Policy
    as_of : date

    Returns
    -------
    DataFrame
        Indexed by account: ``whitespace_amount whitespace_lines_count``; no column where no order names a line.
    """
    orders = facts["orders"]
    if "product_line" not in orders or not orders["product_line"].notna().any():
        return pd.DataFrame()
    accounts = facts["accounts"].set_index("account_id")[["industry", "annual_wallet"]]
    found = segments.whitespace(orders, accounts, as_of=as_of, minimum_peers=policy.whitespace.minimum_peers)
    room = found[found["estimate_amount"] > 0].groupby("account_id")["estimate_amount"].agg(["sum", "size"])
    everyone = found.groupby("account_id")["peers_count"].max()
    room = room.reindex(everyone.index).fillna(0.0).where(everyone >= policy.whitespace.minimum_peers)
    return room.set_axis(["whitespace_amount", "whitespace_lines_count"], axis=1).astype(float)
