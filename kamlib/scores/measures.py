"""Which measure runs on which tables at which level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import pandas as pd

from kamlib import kpis, lifecycle, scorecards, segments, selection
from kamlib.groups import group_concentration, group_root
from kamlib.periods import trailing_window
from kamlib.playbook import playbook
from kamlib.policy import Policy
from kamlib.scores.facts import OWNER_COLUMNS, PORTFOLIO, owners

Facts = Mapping[str, pd.DataFrame]
DEMAND_ITEM = "demand.stable"  # 0 no, 1 yes
SOLD_NOTHING = ["revenue_amount", "revenue_prior_amount", "orders_count", "lines_count", "active_months_count"]


def measured(facts: Facts, policy: Policy, as_of: date, level: str, *, undated: bool = True) -> pd.DataFrame:
    """Return the ten KPIs of every id; who never bought has sold nothing, the rest is not measured."""
    by = OWNER_COLUMNS[level]
    ids = pd.Index(sorted(facts["accounts"][by].unique()), name=by, dtype="str")
    frames = pd.concat([frame.reindex(ids) for frame in _kpis(facts, policy, as_of, by, undated)], axis=1)
    found = frames.loc[:, ~frames.columns.duplicated()]
    return found.assign(**found[SOLD_NOTHING].fillna(0.0))


def measured_with_gain(facts: Facts, policy: Policy, as_of: date, level: str, *, undated: bool = True) -> pd.DataFrame:
    """Return beside the ten KPIs the gain in share of wallet over a year."""
    gain = kpis.wallet_gain(facts["sales"], _with_wallets(facts, as_of), as_of=as_of, by=OWNER_COLUMNS[level])
    return measured(facts, policy, as_of, level, undated=undated).join(gain)


def _kpis(facts: Facts, policy: Policy, as_of: date, by: str, undated: bool) -> Iterator[pd.DataFrame]:
    sales = facts["sales"]
    for measure in (kpis.revenue, kpis.margin, kpis.growth, kpis.retention):
        yield measure(sales, as_of=as_of, by=by)
    yield kpis.new_customer_rate(sales, as_of=as_of, rules=policy.customers, by=by)
    if "payments" in facts and "invoices" in facts:
        yield kpis.receivables(facts["invoices"], facts["payments"], as_of=as_of, rules=policy.receivables, by=by)
    if "forecasts" in facts:
        yield kpis.forecast(sales, facts["forecasts"], as_of=as_of, by=by)
    if "surveys" in facts:
        yield kpis.satisfaction(facts["surveys"], facts.get("contacts"), as_of=as_of, rules=policy.nps, by=by)
    if "deliveries" in facts:
        yield kpis.delivery(facts["deliveries"], as_of=as_of, by=by)
    if undated or "wallets" in facts:  # a wallet without a date says nothing about a past quarter (F2)
        yield kpis.wallet_share(sales, _with_wallets(facts, as_of, undated=undated), as_of=as_of, by=by)


def _with_wallets(facts: Facts, as_of: date, *, undated: bool = True) -> pd.DataFrame:
    return kpis.known_wallets(facts["accounts"], facts.get("wallets"), as_of=as_of, undated=undated)


def classes(facts: Facts, values: pd.DataFrame, policy: Policy, as_of: date, currency: str, level: str) -> pd.DataFrame:
    """Return ABC class, potential, segment, tier and stars; a group has the attributes of its root (F79)."""
    accounts, revenue = (
        facts["accounts"].drop_duplicates("account_id").set_index("account_id").reindex(values.index),
        values["revenue_amount"],
    )
    potential = segments.potential_score(
        values[["wallet_share", "growth_rate"]].join(accounts[["industry_growth", "outlook"]]),
        rules=policy.potential,
        minimum_coverage=policy.coverage.minimum_share,
    )
    demand = _judged_demand(facts, level).reindex(values.index)
    frames = [
        selection.abc_class(revenue, cuts=policy.abc),
        selection.revenue_rank(revenue),
        potential,
        segments.value_potential_matrix(potential.assign(revenue_amount=revenue, demand_stable=demand), cuts=policy.matrix),
        segments.tier(revenue, currency=currency, tiers=policy.tiers),
        segments.stars(facts["sales"], as_of=as_of, currency=currency, rules=policy.stars, by=OWNER_COLUMNS[level]),
    ]
    return pd.concat([frame.reindex(values.index) for frame in frames], axis=1)


def _judged_demand(facts: Facts, level: str) -> pd.Series:
    """Return whether somebody has judged demand to be stable over three years: 1, 0 or blank (A12); no group is judged."""
    if level != "account" or "assessments" not in facts:
        return pd.Series(dtype=float)
    return lifecycle.item_levels(facts["assessments"], [DEMAND_ITEM])[DEMAND_ITEM].clip(upper=1)


def account_only(facts: Facts, policy: Policy, as_of: date) -> pd.DataFrame:
    """Return what only an account has: tenure and lifecycle stage, customer status, the rhythm of its orders."""
    accounts = facts["accounts"].set_index("account_id")
    tenure = lifecycle.tenure_months(accounts, as_of=as_of)
    frames = [
        tenure,
        lifecycle.lifecycle_stage(tenure["tenure_months"], cuts=policy.lifecycle),
        kpis.customer_status(facts["sales"], as_of=as_of, rules=policy.customers),
        selection.order_rhythm(facts["sales"], as_of=as_of, rules=policy.profile),
    ]
    return pd.concat([frame.reindex(accounts.index) for frame in frames], axis=1)


def cadence(facts: Facts, segment: pd.Series, policy: Policy, as_of: date) -> dict[str, pd.DataFrame]:
    """Return the accounts with their segments, and how the playbook's cadence was kept with each."""
    accounts = facts["accounts"].assign(segment=facts["accounts"]["account_id"].map(segment))
    if "interactions" not in facts:
        return {"accounts": accounts}
    slots = lifecycle.cadence_slots(accounts, facts["interactions"], facts.get("events"), as_of=as_of, cuts=policy.lifecycle)
    return {"accounts": accounts, "slots": slots}


def care(facts: Facts, policy: Policy, as_of: date, level: str) -> pd.DataFrame:
    """Return how the playbook's cadence was kept, and the service levels of tickets."""
    by, frames = OWNER_COLUMNS[level], [pd.DataFrame()]
    if "slots" in facts:
        frames.append(lifecycle.cadence_compliance(facts["slots"], by=by))
    if "tickets" in facts:
        frames.append(lifecycle.service_levels(facts["tickets"], facts["accounts"], as_of=as_of, cuts=policy.lifecycle, by=by))
        if facts["tickets"][["first_contact_id", "handoffs"]].notna().any(axis=None):
            frames.append(lifecycle.first_contact_ownership(facts["tickets"], as_of=as_of, by=by))
    if level == "portfolio" and "promises" in facts:
        frames.append(scorecards.promises_kept(facts["promises"].assign(portfolio=PORTFOLIO), as_of=as_of, by=by))
    return pd.concat(frames, axis=1)


def cards(facts: Facts, today: pd.DataFrame, policy: Policy, as_of: date, level: str, fiscal_year_start: int) -> pd.DataFrame:
    """Return the score against the targets of accounts and managers, each measured in its own period."""
    if "targets" not in facts or level not in ("account", "manager"):
        return pd.DataFrame()
    targets = facts["targets"][facts["targets"]["scope"] == level]
    units = {metric: entry["unit"] for metric, entry in playbook("metrics").items()}
    rows = scorecards.current_targets(targets, as_of=as_of, units=units, fiscal_year_start=fiscal_year_start)

    def measure(part: Facts, day: date) -> pd.DataFrame:
        is_today = part is facts and day == as_of
        return today if is_today else measured_with_gain(part, policy, day, level, undated=day == as_of)

    values = scorecards.period_values(rows, facts, measure, as_of=as_of, fiscal_year_start=fiscal_year_start)
    return scorecards.scorecard(scorecards.target_scores(values, rows), minimum_coverage=policy.coverage.minimum_share)


def spread(accounts: pd.DataFrame, per_account: pd.DataFrame, values: pd.DataFrame, policy: Policy, level: str) -> pd.DataFrame:
    """Return concentration, and who brings margin and growth; managers and portfolio by groups, accounts beside them (F17)."""
    if level == "account":
        return pd.DataFrame()
    by = OWNER_COLUMNS[level]
    sums = per_account[["revenue_amount", "revenue_prior_amount", "margin_amount"]]
    full = accounts.assign(group_id=accounts["account_id"].map(group_root(accounts))).join(sums, on="account_id")
    full = full.assign(**{by: full["account_id"].map(owners(accounts, level))})
    if level == "group":
        return selection.concentration(full[full[by].isin(values.index)], by=by)
    coverage = values["margin_rate_coverage"]
    frames = [
        group_concentration(full, by=by),
        selection.profit_pareto(full, coverage, by=by, rules=policy.profit),
        selection.growth_pareto(full, by=by),
    ]
    return pd.concat(frames, axis=1)


def market(facts: Facts, ids: pd.Index, as_of: date, level: str, fiscal_year_start: int) -> pd.DataFrame:
    """Return the share of the markets that groups, managers and the portfolio sell to (F12, F45)."""
    if "market" not in facts or level == "account":
        return pd.DataFrame()
    by, lines = OWNER_COLUMNS[level], facts["orders"][["account_id", "product_line", "order_date", "net_revenue"]]
    lines = lines[trailing_window(as_of).contains(lines["order_date"])]
    sold = lines.assign(**{by: lines["account_id"].astype("str").map(owners(facts["accounts"], level))})
    return kpis.market_share(sold, facts["market"], as_of=as_of, by=by, ids=ids, fiscal_year_start=fiscal_year_start)
