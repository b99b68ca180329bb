"""What a synthetic client's people wrote down: targets, ratings, results that customers measure."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from kamlib.data.client.cast import Cast
from kamlib.data.client.trade import QUARTERS, Rows
from kamlib.data.sample.judgement import MEASURES, SELLER_ITEMS
from kamlib.data.sample.profiles import DIMENSIONS

# metric, floor, target, stretch of a manager's 2026
MANAGER_TARGETS = (
    ("margin_rate", 0.20, 0.29, 0.33),
    ("dso_days", 80, 55, 45),
    ("growth_rate", 0.0, 0.07, 0.13),
    ("satisfaction_score", 60, 78, 88),
    ("on_time_rate", 0.85, 0.95, 0.99),
)
FLOOR, STRETCH = 0.85, 1.12
MEASURED_REVENUE = 6e5
ON_TIME_MEASURE = "on-time delivery, as the customer measures it"
RESULT_QUARTERS = ("2025Q3", "2025Q4", "2026Q1", "2026Q2")
FIRST_TARGETS = 6  # quarters before the client's calendar year 2025 begins


def targets(cast: Cast, tables: dict) -> Rows:
    """Revenue of managers by quarter and year, and of their accounts, which add up; other KPIs of managers."""
    sold = _sold_by_quarter(cast, tables)
    rows: Rows = []
    for manager_id in [row[0] for row in cast.managers]:
        quota = _quotas(manager_id, sold, cast)
        for place, year in ((0, "2025"), (4, "2026")):
            mine = quota[place : place + 4]
            rows += _account_targets(manager_id, year, sum(mine), sold, place + FIRST_TARGETS, cast)
            rows.append(_target("manager", manager_id, "revenue_amount", year, sum(mine)))
            rows += [_target("manager", manager_id, "revenue_amount", f"{year}Q{number}", part) for number, part in enumerate(mine, 1)]
    names = ("floor", "target", "stretch")
    for manager_id in [row[0] for row in cast.managers]:
        for metric, *three in MANAGER_TARGETS:
            key = {"scope": "manager", "id": manager_id, "metric": metric, "period": "2026"}
            rows.append(key | dict(zip(names, three, strict=True)))
    return rows


def _sold_by_quarter(cast: Cast, tables: dict) -> dict[tuple[str, int], float]:
    """Revenue by account, and by manager, and quarter."""
    manager_of = {account.account_id: account.manager_id for account in cast.accounts}
    sold: dict = defaultdict(float)
    for line in tables["orders"]:
        day = line["order_date"]
        quarter = 4 * (day.year - 2023) + (day.month - 1) // 3 - 2
        for owner in (line["account_id"], manager_of[line["account_id"]]):
            sold[owner, quarter] += float(line["net_revenue"])
    return sold


def _quotas(manager_id: str, sold: dict, cast: Cast) -> list[float]:
    """Eight quarterly quotas from January 2025: last year's quarter and some ambition, but where there is a threshold it is just met."""
    rng, quotas = cast.stream(f"targets {manager_id}"), []
    is_told = manager_id == cast.threshold_manager and "pay_cliff" in cast.stories
    for quarter in range(FIRST_TARGETS, FIRST_TARGETS + 8):
        ambition, reached, short = rng.uniform(-0.04, 0.16), rng.uniform(1.004, 1.03), rng.uniform(0.84, 0.91)
        usual = sold[manager_id, quarter - 4] * (1 + ambition)
        attained = short if quarter in cast.missed else reached
        told = sold[manager_id, quarter] / attained if is_told and quarter < QUARTERS else usual
        quotas.append(round(told if told > 0 else 1e5, -2))
    return quotas


def _account_targets(manager_id: str, year: str, quota: float, sold: dict, first: int, cast: Cast) -> Rows:
    """Share out a manager's year among the accounts by what they bought in the year before."""
    mine = [account.account_id for account in cast.accounts if account.manager_id == manager_id]
    before = {account_id: max(0.0, sum(sold[account_id, quarter] for quarter in range(first - 4, first))) for account_id in mine}
    total = sum(before.values())
    shares = {account_id: round(quota * amount / total, -1) for account_id, amount in before.items() if amount > 0}
    return [_target("account", account_id, "revenue_amount", year, amount) for account_id, amount in shares.items()]


def _target(scope: str, name: str, metric: str, period: str, wanted: float) -> dict:
    numbers = {"floor": round(FLOOR * wanted, 2), "target": round(wanted, 2), "stretch": round(STRETCH * wanted, 2)}
    return {"scope": scope, "id": name, "metric": metric, "period": period, **numbers}


def assessments(cast: Cast, _tables: dict) -> Rows:
    """Ratings of the relationship and of our fitness to serve the account."""
    rows = []
    for account in cast.accounts:
        rng = cast.stream(f"assessments {account.account_id}")
        day = date(2026, 3, 2) + timedelta(days=rng.randrange(100))
        ratings = [(f"relationship.{name}", int(level)) for name, level in zip(DIMENSIONS, account.ratings, strict=False)]
        ratings += [(f"seller.{name}", rng.randrange(2, 5)) for name in SELLER_ITEMS if account.ratings]
        for item, level in ratings:
            sources = {"source": "workshop of the account team", "source_2": "interview with the customer" if level >= 3 else ""}
            of = {"account_id": account.account_id, "item": item, "level": level}
            rows.append(of | sources | {"assessed_on": day, "assessor": account.manager_id})
    return rows


def outcomes(cast: Cast, _tables: dict) -> Rows:
    """What customers got better at, by quarter, where results are measured together."""
    rows = []
    for account in cast.accounts:
        rng = cast.stream(f"outcomes {account.account_id}")
        for measure, unit, better, baseline in MEASURES[: 3 + rng.randrange(3)] if account.revenue >= MEASURED_REVENUE else ():
            gain, contribution = rng.uniform(0.02, 0.06), round(rng.uniform(0.3, 0.7), 1)
            for number, period in enumerate(RESULT_QUARTERS, 1):
                grown = 1 - gain * number if better == "lower" else 1 + gain / 5 * number
                actual = baseline * grown
                if measure == ON_TIME_MEASURE:
                    baseline, actual = 0.93, _on_time(account.customer_on_time, number, gain)
                numbers = {"baseline": baseline, "actual": round(actual, 4), "unit": unit, "better": better}
                agreed = {"agreed_contribution": contribution, "agreed_on": date(2025, 7, 15)}
                rows.append({"account_id": account.account_id, "period": period, "measure": measure, **numbers, **agreed})
    return rows


def _on_time(told: float | None, number: int, gain: float) -> float:
    """The customer's on-time share: rising a little, or down to what is told by the last quarter."""
    return 0.93 + gain / 6 * number if told is None else 0.93 - (0.93 - told) * number / len(RESULT_QUARTERS)
