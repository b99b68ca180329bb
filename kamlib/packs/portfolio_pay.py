"""What the pay plans make people do, as the review shows it: principles, alignment with the account plans, plans side by side."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from kamlib import incentives, scorecards
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.packs.rows import columns
from kamlib.periods import period_window
from kamlib.playbook import playbook
from kamlib.scores import Scores
from kamlib.scores.pay import book_of

METRIC_OF_BASE = {"revenue": "revenue_amount", "margin": "margin_amount", "cash": "cash_amount"}


def pay_design(tables: Tables, scores: Scores, engagement: Engagement, trends: dict) -> dict | None:
    """Judge the pay plans.

    Parameters
    ----------
    tables : Tables
        As known at the date.
    scores : Scores
    engagement : Engagement
    trends : dict of date to DataFrame
        The portfolio's KPIs at past quarters.

    Returns
    -------
    dict or None
        ``principles alignment plans`` as columns; None where no manager has a target of the running year.
    """
    targets = tables.get("targets")
    if targets is None:
        return None
    units = {metric: entry["unit"] for metric, entry in playbook("metrics").items()}
    start, mine = engagement.fiscal_year_start, targets[targets["scope"] == "manager"]
    current = scorecards.current_targets(mine, as_of=scores.as_of, units=units, fiscal_year_start=start)
    if current.empty:
        return None
    book = book_of(engagement)
    card = _card(current, scores, trends, start)
    plans = [plan.known_at(scores.as_of) for plan in tables.plans.values()]
    objectives = pd.DataFrame(
        [(plan.account_id, goal.measure) for plan in plans for goal in plan.objectives], columns=["account_id", "measure"]
    )
    office = sorted(set(targets.loc[targets["scope"] == "department", "metric"]))
    by_salary = [plan for plan in book.plans if plan.kind == "salary"]
    judged = incentives.six_principles(
        card,
        scores.values["account"].select_dtypes("number"),
        objectives=objectives["measure"].dropna().unique(),
        office=office,
        variable_share=1 - float(by_salary[0].fixed_share) if by_salary else None,
        target_pay=None,
        budget=None,
        as_of=scores.as_of,
        rules=engagement.policy.principles,
    )
    rewarded = set(card["metric"]) if by_salary else set()
    rewarded |= {METRIC_OF_BASE[plan.base] for plan in book.plans if plan.kind == "commission" and any(tier.rate for tier in plan.tiers)}
    aligned = incentives.alignment(objectives, rewarded).assign(is_rewarded=lambda found: found["is_rewarded"].astype(float))
    return {
        "principles": columns(judged.assign(found=judged["found"].map(",".join))),
        "alignment": columns(aligned),
        "plans": columns(_beside(book, current, tables, start)),
        "names": {plan.id: dict(plan.name) for plan in book.plans},
    }


def _card(current: pd.DataFrame, scores: Scores, trends: dict, fiscal_year_start: int) -> pd.DataFrame:
    """Return the KPIs of the managers' targets: how they are weighed, measured, and what was reached before."""
    accounts, rows = scores.values["account"], []
    for metric, part in current.groupby("metric"):
        past = pd.Series([float(frame[metric].iloc[0]) for frame in trends.values() if metric in frame], dtype=float).dropna()
        is_rate = not str(metric).endswith(("_amount", "_count"))  # a sum of all accounts is no manager's history
        rows.append(
            {
                "metric": metric,
                "weight": len(part) / len(current),
                "measured_share": float(accounts[metric].notna().mean()) if metric in accounts else 0.0,
                "target": float(part["target"].mean()),
                "history_mean": float(past.mean()) if is_rate and len(past) > 1 else float("nan"),
                "history_deviation": float(past.std()) if is_rate and len(past) > 1 else float("nan"),
                "until": max(pd.Timestamp(period_window(period, fiscal_year_start).until) for period in part["period"]),
            }
        )
    return pd.DataFrame(rows)


def _beside(book: incentives.PayBook, current: pd.DataFrame, tables: Tables, fiscal_year_start: int) -> pd.DataFrame:
    """Set the plans beside one another for a manager in the middle: the median quota and the median salary."""
    sold = current[current["metric"] == "revenue_amount"]
    days = sold["period"].map(lambda period: period_window(period, fiscal_year_start).days)
    quotas = sold.loc[days == days.max(), "target"]
    managers = tables.get("managers")
    quota, salary = int(quotas.median()) if len(quotas) else None, _median(managers, "base_salary")
    own = {"own_rate": _median(managers, "commission_rate"), "own_bonus": _median(managers, "bonus_amount")}
    usable = [plan for plan in book.plans if (quota if plan.kind == "commission" else salary)]
    if not usable or not quota:
        return pd.DataFrame()
    found = incentives.compare_plans(usable, quota=quota, base_salary=salary, **own)
    return found[(found["attainment"] * 10).round().astype(int) % 2 == 0]


def _median(managers: pd.DataFrame | None, column: str) -> Decimal | None:
    """Return what the manager in the middle has; None where nobody has any."""
    known = managers[column].dropna() if managers is not None and column in managers else pd.Series(dtype=float)
    return Decimal(repr(float(known.median()))) if len(known) else None
