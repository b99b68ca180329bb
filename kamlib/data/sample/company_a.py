"""Company A, the telecom case of the method, as made-up data: five problems are planted, each can be left out."""

from __future__ import annotations

import csv
from collections.abc import Collection
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

PLANTED = ("no_criterion", "ordinary_service", "agents_overlap", "price_war", "churn_to_service")
SEED, AS_OF, FIRST = 20260630, date(2026, 6, 30), date(2023, 1, 1)
GREAT, SMALL, TWINS = 10, 30, 6
LEAVERS, LAST_ORDER = 3, date(2025, 5, 20)
WAR_FROM = date(2025, 7, 1)
PRODUCTS = {"leased line": ("connect", 900.0), "mobile fleet": ("mobile", 120.0), "hosted server": ("cloud", 2400.0)}
COST_SHARE, WAR_GREAT, WAR_SMALL = 0.75, 0.70, 0.82  # of the list price
PLACES = ("Haibei", "Nanshan", "Xijiang", "Donglu", "Yunquan", "Qinghe", "Lanting", "Baiyun", "Fengxi", "Jinsha")
TRADES = ("Customs", "Grain Bank", "Port", "Textile Mill", "Hospital", "Airline", "Brewery", "Insurance", "Steelworks", "University")
ENGAGEMENT = """# Made up from first to last: the telecom case of the method (S1), with five planted problems.
schema: 1
name: "Company A (telecom case)"
synthetic: true
as_of: 2026-06-30
currency: CNY
company: company.yaml
tables:
  accounts: {file: accounts.csv}
  managers: {file: managers.csv}
  orders: {file: orders.csv}
  tickets: {file: tickets.csv}
"""
RATED = {
    "segments_hold": 2,
    "own_package": 1,
    "fitted_proposal": 2,
    "flexible_service": 2,
    "bundle_offered": 1,
    "managers_trained": 2,
    "partners_used": 3,
    "few_layers": 2,
    "quality_owner": 2,
    "outside_supervision": 1,
    "service_by_grade": 1,
}


def write_company_a(folder: str | Path, *, without: Collection[str] = ()) -> Path:
    """Write the case as an engagement of its own.

    Parameters
    ----------
    folder : str or Path
        Made if absent; files of the same name are replaced.
    without : collection of str
        Problems of `PLANTED` that are left out; nothing else changes.

    Returns
    -------
    Path
        The engagement file.

    Raises
    ------
    ValueError
        There is no such problem.

    References
    ----------
    [S1] Company A; M23, addition A28.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_company_a(folder).name
    'company_a.yaml'
    """
    unknown = sorted(set(without) - set(PLANTED))
    if unknown:
        raise ValueError(f"{unknown[0]} is not planted; there are {', '.join(PLANTED)}")
    folder, planted = Path(folder), set(PLANTED) - set(without)
    folder.mkdir(parents=True, exist_ok=True)
    for build in (_accounts, _managers, _orders, _tickets):
        rows = build(planted, Random(f"{SEED} {build.__name__}"))  # a stream of its own, the same whatever is planted
        with (folder / f"{build.__name__[1:]}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    levels = RATED | {"agent_duties": 0 if "agents_overlap" in planted else 3}
    rated = "".join(f"  {name}: {level}\n" for name, level in levels.items())
    (folder / "company.yaml").write_text(f"schema: 1\nrated_on: 2026-06-20\nrated_by: audit\nlevers:\n{rated}", encoding="utf-8")
    (folder / "company_a.yaml").write_text(ENGAGEMENT, encoding="utf-8")
    return folder / "company_a.yaml"


def _ids() -> list[str]:
    return [f"G{number:02d}" for number in range(1, GREAT + 1)] + [f"K{number:02d}" for number in range(1, SMALL + 1)]


def _accounts(planted: set[str], rng: Random) -> list[dict]:
    names = [f"{place} {trade}" for place in PLACES for trade in TRADES]
    rng.shuffle(names)
    rows = []
    for number, account_id in enumerate(_ids()):
        is_great, place = account_id.startswith("G"), number - GREAT
        is_twin = "agents_overlap" in planted and 0 <= place < 2 * TWINS
        is_agents = place >= 0 and place % 2 == 1 and place < 2 * TWINS
        judged = {"purchasing_mode": "central" if is_great else "dispersed", "price_sensitivity": 3 if is_great else 4}
        judged |= {"service_need": 5 if is_great else 2, "partnership_desire": 4 if is_great else 2, "fit": 5 if is_great else 2}
        known = "no_criterion" not in planted or number < 3
        rows.append(
            {
                "account_id": account_id,
                "name": names[number],
                "manager_id": f"M{1 + number % 4}",
                "channel": "agent" if is_agents else "direct",
                "agent_id": f"AG{1 + place % 3}" if is_agents else "",
                "signed_on": "2023-01-01",
                "tax_id": f"91{place // 2 if is_twin else 1000 + number:06d}",
                "annual_wallet": 9_000_000 if is_great else 400_000,
                "industry_growth": 0.06 if is_great else 0.02,
                "outlook": "growing" if is_great else "stable",
                **{name: value if known else "" for name, value in judged.items()},
            }
        )
    return rows


def _managers(_planted: set[str], _rng: Random) -> list[dict]:
    return [{"manager_id": f"M{number}", "name": f"Manager {number}", "base_salary": 260000} for number in range(1, 5)]


def _orders(planted: set[str], rng: Random) -> list[dict]:
    rows, number = [], 0
    for account_id in _ids():
        is_great = account_id.startswith("G")
        leaves = "churn_to_service" in planted and account_id in _ids()[:LEAVERS]
        for month in range((AS_OF.year - FIRST.year) * 12 + AS_OF.month):
            day = date(FIRST.year + month // 12, 1 + month % 12, rng.randrange(2, 20))
            number += 1
            for line, (product, (family, price)) in enumerate(PRODUCTS.items(), 1):
                quantity = rng.randrange(60, 90) if is_great else rng.randrange(2, 6)
                war = "price_war" in planted and day >= WAR_FROM
                listed = quantity * price
                net = listed * ((WAR_GREAT if is_great else WAR_SMALL) if war else 0.99)
                if not (leaves and day > LAST_ORDER):
                    row = {"order_id": f"O{number:05d}", "line": line, "account_id": account_id, "order_date": day, "product": product}
                    row |= {"product_line": family, "quantity": quantity, "net_revenue": f"{net:.2f}", "list_price": f"{listed:.2f}"}
                    rows.append(row | {"cost": f"{listed * COST_SHARE:.2f}", "currency": "CNY"})
    return rows


def _tickets(planted: set[str], rng: Random) -> list[dict]:
    rows = []
    for account_id in _ids():
        is_great = account_id.startswith("G")
        leaves = "churn_to_service" in planted and account_id in _ids()[:LEAVERS]
        for month in range((AS_OF.year - FIRST.year) * 12 + AS_OF.month):
            opened = datetime(FIRST.year + month // 12, 1 + month % 12, rng.randrange(1, 20), 9, rng.randrange(60))
            hours, more = rng.uniform(8, 14), rng.uniform(8, 20)
            hours *= 0.5 if is_great and "ordinary_service" not in planted else 1.0
            if leaves and LAST_ORDER - timedelta(days=100) <= opened.date() <= LAST_ORDER:
                hours, more = hours + 60, more + 90
            answered = opened + timedelta(hours=hours)
            if not (leaves and opened.date() > LAST_ORDER):
                row = {"ticket_id": f"T{len(rows) + 1:05d}", "account_id": account_id, "opened_at": f"{opened:%Y-%m-%dT%H:%M}"}
                row |= {"first_response_at": f"{answered:%Y-%m-%dT%H:%M}", "kind": "complaint", "severity": 2, "department": "service"}
                rows.append(row | {"resolved_at": f"{answered + timedelta(hours=more):%Y-%m-%dT%H:%M}"})
    return rows
