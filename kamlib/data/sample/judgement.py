"""What the sample's people wrote down by hand: events, targets, assessments, results, promises."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from random import Random

from kamlib.data.sample.people import LEAVERS
from kamlib.data.sample.profiles import AS_OF, DIMENSIONS, MANAGERS, PROFILES, ROLES, START
from kamlib.data.sample.trade import PROFILE, Rows, monthly_revenue

EVENTS = (
    ("A013", date(2025, 1, 2), "manager_changed", "M01 to M02", "MC-1"),
    ("A013", date(2025, 1, 3), "handover_done", "file and open actions handed over", "MC-1"),
    ("A026", date(2026, 5, 21), "competitor_quote", "rival quotes servo drives 12 % below", ""),
    ("A007", date(2026, 2, 10), "change_request", "shaft diameter of SP-240", "CR-7"),
    ("A007", date(2026, 2, 24), "change_confirmed", "both signed", "CR-7"),
    ("A004", date(2025, 9, 8), "change_request", "coating of LG-55", "CR-4"),
    ("A004", date(2025, 9, 19), "change_confirmed", "both signed", "CR-4"),
    ("A051", date(2026, 5, 11), "renewal_started", "frame contract", ""),
    ("A016", date(2025, 12, 1), "contract_renewed", "three more years", ""),
    ("A020", date(2025, 3, 12), "tender_won", "drive trains for two plants", ""),
    ("A044", date(2025, 6, 5), "tender_lost", "optics line, price", ""),
    ("A059", date(2026, 5, 25), "tender_published", "spindles for a new hall", "TN-59"),
    ("A059", date(2026, 6, 18), "bid_submitted", "with two references", "TN-59"),
    ("A019", date(2025, 10, 15), "round_table", "joint battery line", ""),
    ("A007", date(2026, 1, 22), "social", "new year dinner of both teams", ""),
    ("A032", date(2025, 9, 3), "complaint_line_told", "", ""),
    ("A013", date(2025, 11, 20), "complaint_line_told", "", ""),
    ("A037", date(2025, 10, 9), "complaint_line_told", "", ""),
)
# measure, unit, better, value a year ago
MEASURES = (
    ("changeover time", "minutes", "lower", 42.0),
    ("unplanned stops", "count", "lower", 19.0),
    ("on-time delivery, as the customer measures it", "share", "higher", 0.91),
    ("scrap rate", "share", "lower", 0.034),
    ("stock of our parts", "days", "lower", 31.0),
    ("tool life", "hours", "higher", 610.0),
)
# metric, floor, target, stretch of a manager's 2026
MANAGER_TARGETS = (
    ("margin_rate", 0.20, 0.27, 0.30),
    ("dso_days", 80, 60, 50),
    ("growth_rate", 0.0, 0.08, 0.14),
    ("forecast_accuracy_rate", 0.6, 0.85, 0.92),
    ("satisfaction_score", 60, 78, 88),
    ("wallet_share", 0.3, 0.45, 0.55),
    ("retention_rate", 0.8, 0.95, 1.0),
    ("on_time_rate", 0.85, 0.95, 0.99),
)
DEPARTMENT_TARGETS = (
    ("service", "answered_24h_rate", 0.85, 0.95, 0.99),
    ("service", "solved_48h_rate", 0.7, 0.9, 0.97),
    ("logistics", "on_time_rate", 0.85, 0.95, 0.99),
)
READINESS = {"strategy": 3, "organisation": 4, "people": 6, "information": 4}
SELLER_ITEMS = ("size_match", "industry_knowledge", "tailored_solution", "references")


def events(tables: dict, _rng: Random) -> Rows:
    """What happened at an account on a day; leaving contacts come from `contacts`."""
    rows = [dict(zip(("account_id", "date", "kind", "detail", "ref"), event, strict=True)) | {"contact_id": ""} for event in EVENTS]
    for (account_id, letter), (left_on, succeeded) in LEAVERS.items():
        who = next(row for row in tables["contacts"] if row["account_id"] == account_id and row["left_on"] == left_on)["contact_id"]
        left = {"account_id": account_id, "date": left_on, "kind": "contact_left", "detail": ROLES[letter], "ref": "", "contact_id": who}
        taken = left | {"date": left_on + timedelta(days=1), "kind": "handover_done"}
        rows += [left, taken] if succeeded else [left]
    return sorted(rows, key=lambda row: (row["date"], row["account_id"]))


def targets(tables: dict, _rng: Random) -> Rows:
    """Revenue of accounts and of their managers, which add up; other KPIs of managers and departments."""
    revenue, quota = monthly_revenue(tables), defaultdict(float)
    rows = []
    for profile in PROFILES:
        for year in (2025, 2026):
            mine = [amount for (account, month), amount in revenue.items() if account == profile.account_id and month.year == year - 1]
            wanted = round(sum(mine) * 1.08, -3)
            if wanted > 0 and profile.ends == AS_OF:
                quota[profile.manager_id, str(year)] += wanted
                rows.append(_target("account", profile.account_id, "revenue_amount", str(year), 0.85 * wanted, wanted, 1.12 * wanted))
    for manager_id, year in sorted(quota):
        wanted = quota[manager_id, year]
        rows.append(_target("manager", manager_id, "revenue_amount", year, 0.85 * wanted, wanted, 1.12 * wanted))
        for number in (1, 2, 3, 4):
            rows.append(
                _target("manager", manager_id, "revenue_amount", f"{year}Q{number}", 0.85 * wanted / 4, wanted / 4, 1.12 * wanted / 4)
            )
    rows += [_target("manager", manager[0], metric, "2026", *three) for manager in MANAGERS for metric, *three in MANAGER_TARGETS]
    return rows + [_target("department", name, metric, "2026", *three) for name, metric, *three in DEPARTMENT_TARGETS]


def _target(scope: str, name: str, metric: str, period: str, floor: float, target: float, stretch: float) -> dict:
    numbers = {"floor": round(floor, 2), "target": round(target, 2), "stretch": round(stretch, 2)}
    return {"scope": scope, "id": name, "metric": metric, "period": period, **numbers}


def assessments(_tables: dict, rng: Random) -> Rows:
    """Ratings of the relationship, of our fitness to serve the account, and of the company itself."""
    rows = []
    for profile in PROFILES:
        if profile.ratings:
            day = date(2026, 3, 2) + timedelta(days=rng.randrange(100))
            ratings = [(f"relationship.{name}", int(level)) for name, level in zip(DIMENSIONS, profile.ratings, strict=True)]
            ratings += [(f"seller.{name}", rng.randrange(2, 5)) for name in SELLER_ITEMS] + [("embedding.level", rng.randrange(1, 4))]
            rows += [_rating(profile.account_id, item, level, day, profile.manager_id) for item, level in ratings]
    for obstacle, items in READINESS.items():
        names = [f"readiness.{obstacle}.{number}" for number in range(1, items + 1)]
        rows += [_rating("company", name, rng.randrange(0, 4), date(2026, 4, 16), "M01") for name in names]
    return rows


def _rating(account_id: str, item: str, level: int, day: date, assessor: str) -> dict:
    sources = {"source": "workshop of the account team", "source_2": "interview with the customer" if level >= 3 else ""}
    return {"account_id": account_id, "item": item, "level": level, **sources, "assessed_on": day, "assessor": assessor}


def outcomes(_tables: dict, rng: Random) -> Rows:
    """What customers got better at, by quarter, where the rating of `measures` says that somebody measures."""
    rows = []
    for profile in PROFILES:
        agreed = 0 if not profile.ratings and not profile.complaints else {"1": 0, "2": 1, "4": 6}.get(profile.ratings[4:5], 3)
        for measure, unit, better, baseline in MEASURES[:agreed]:
            gain, disputed = rng.uniform(0.02, 0.07), unit == "share" and better == "higher" and profile.complaints
            for number, period in enumerate(("2025Q3", "2025Q4", "2026Q1", "2026Q2"), 1):
                better_by = -0.04 if disputed else gain if better == "lower" else gain / 5
                actual = baseline * (1 - better_by * number if better == "lower" else 1 + better_by * number)
                numbers = {"baseline": baseline, "actual": round(actual, 4), "unit": unit, "better": better}
                contribution = {"agreed_contribution": round(rng.uniform(0.3, 0.7), 1), "agreed_on": date(2025, 7, 15)}
                rows.append({"account_id": profile.account_id, "period": period, "measure": measure, **numbers, **contribution})
    return rows


def purchases_from(_tables: dict, rng: Random) -> Rows:
    """What we bought from customers, by quarter."""
    sizes = {"A008": 220000, "A013": 95000, "A016": 60000, "A025": 140000, "A032": 180000}
    days = [date(year, month, 20) for year in (2023, 2024, 2025, 2026) for month in (2, 5, 8, 11)]
    return [
        {"account_id": account_id, "date": day, "amount": round(size * rng.uniform(0.8, 1.2), 2)}
        for account_id, size in sizes.items()
        for day in days
        if START <= day <= AS_OF
    ]


def promises(_tables: dict, rng: Random) -> Rows:
    """Promises between our departments: nine in ten kept in time."""
    rows = []
    active = [profile.account_id for profile in PROFILES if profile.ratings]
    for number in range(1, 121):
        due = date(2025, 1, 6) + timedelta(days=4 * number + rng.randrange(3))
        kept = due + timedelta(days=rng.randrange(-4, 1) if rng.random() < 0.88 else rng.randrange(1, 9))
        giver, taker = rng.choice((("logistics", "sales"), ("quality", "service"), ("engineering", "sales"), ("finance", "sales")))
        names = {"promise_id": f"PR{number:03d}", "from_department": giver, "to_department": taker, "account_id": rng.choice(active)}
        rows.append(names | {"due": due, "kept_on": kept if kept <= AS_OF else ""})
    return rows


def credits(_tables: dict, _rng: Random) -> Rows:
    """Revenue that two managers share."""
    shares = (("A013", "M02", 0.7), ("A013", "M01", 0.3), ("A033", "M02", 0.6), ("A033", "M04", 0.4))
    names = ("account_id", "manager_id", "share")
    return [{"period": f"2026Q{quarter}", **dict(zip(names, row, strict=True))} for quarter in (1, 2) for row in shares]


def wallets(tables: dict, rng: Random) -> Rows:
    """What customers spend on our kind of goods, estimated every April; the last estimate is the one in `accounts`."""
    rows = []
    for row in tables["accounts"]:
        wallet, growth = row["annual_wallet"], row["industry_growth"]
        for age in (2, 1, 0):
            day = date(AS_OF.year - age, 4, 15)
            drift = (1 + growth) ** age * rng.uniform(0.97, 1.03) if age else 1
            if wallet and day >= PROFILE[row["account_id"]].starts:
                amount = round(wallet / drift / 1000) * 1000
                rows.append({"account_id": row["account_id"], "date": day, "annual_wallet": amount, "currency": "CNY"})
    return rows
