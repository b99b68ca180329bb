"""Who a synthetic client's accounts are, who meets whom there, what they say and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random

from kamlib.data.client.cast import Account, Cast
from kamlib.data.client.trade import Rows
from kamlib.data.sample.people import CHINESE_NAMES, ENGLISH_NAMES, INFLUENCE, KINDS, MINUTES, STYLES, TECHNICIANS, WAVES
from kamlib.data.sample.profiles import AS_OF, ROLES, START
from kamlib.data.sample.trade import working_day

QUIET_FROM = date(2026, 3, 20)  # tickets since then were all answered in time
COMPLAINTS_FROM = date(2025, 7, 14)
EVENTS = (
    ("tender_won", "frame for two years", ""),
    ("tender_lost", "price", ""),
    ("contract_renewed", "three more years", ""),
    ("complaint_line_told", "", ""),
    ("round_table", "plans of both sides for next year", ""),
    ("social", "new year dinner of both teams", ""),
)


def managers(cast: Cast, _tables: dict) -> Rows:
    """Account managers with pay and capacity."""
    names = ("manager_id", "name", "level", "base_salary", "hire_date")
    extra = {"commission_rate": 0.01, "bonus_amount": 50000, "capacity_hours": 1200, "skills": ";".join(("product", "negotiation"))}
    return [dict(zip(names, row, strict=True)) | extra for row in cast.managers]


def accounts(cast: Cast, _tables: dict) -> Rows:
    """One row per account."""
    return [_account(account, cast, cast.stream(f"accounts {account.account_id}")) for account in cast.accounts]


def _account(account: Account, cast: Cast, rng: Random) -> dict:
    colleagues = [row[0] for row in cast.managers if row[0] != account.manager_id]
    big = account.revenue >= 1e6
    named = ("account_id", "name", "industry", "region", "manager_id")
    kept = ("channel", "agent_id", "signed_on", "industry_growth", "outlook", "tax_id")
    return {name: getattr(account, name) for name in named} | {
        "deputy_id": rng.choice(colleagues),
        "technician_id": rng.choice(TECHNICIANS),
        **{name: getattr(account, name) for name in kept},
        "contract_end": date(2027, rng.randrange(2, 13), 1) - timedelta(days=1) if big else "",
        "purchasing_mode": rng.choice(("central", "central", "mixed")),
        "price_sensitivity": rng.randrange(2, 5),
        "service_need": rng.randrange(2, 5) + big,
        "partnership_desire": rng.randrange(2, 6),
        "fit": rng.randrange(3, 6),
        "annual_wallet": round(account.revenue / account.wallet_share / 1000) * 1000,
        "company_size": "large" if account.revenue >= 3e6 else "mid-sized" if account.revenue >= 6e5 else "small",
        "competitor_share": round((1 - account.wallet_share) * rng.uniform(0.5, 0.9), 2),
        "status": "active",
    }


def wallets(cast: Cast, tables: dict) -> Rows:
    """What customers spend on our kind of goods, estimated every April; the last estimate is the one in `accounts`."""
    rows = []
    for account, row in zip(cast.accounts, tables["accounts"], strict=True):
        rng = cast.stream(f"wallets {account.account_id}")
        for age in (2, 1, 0):
            day, drift = date(AS_OF.year - age, 4, 15), (1 + account.industry_growth) ** age * rng.uniform(0.97, 1.03) if age else 1
            if day >= account.starts:
                amount = round(row["annual_wallet"] / drift / 1000) * 1000
                rows.append({"account_id": account.account_id, "date": day, "annual_wallet": amount, "currency": "CNY"})
    return rows


def contacts(cast: Cast, _tables: dict) -> Rows:
    """People at the customers."""
    rows = []
    for account in cast.accounts:
        rng = cast.stream(f"contacts {account.account_id}")
        mine = [_contact(account, letter, rng) for letter in account.roles]
        for place, row in enumerate(mine, 1):
            row["contact_id"] = f"{account.account_id}-{place}"
            row["backup_id"] = f"{account.account_id}-{place + 1}" if place < len(mine) else ""
        rows += mine
    return rows


def _contact(account: Account, letter: str, rng: Random) -> dict:
    first, second = ENGLISH_NAMES if account.name.isascii() else CHINESE_NAMES
    return {
        "contact_id": "",
        "account_id": account.account_id,
        "name": rng.choice(first) + (" " if account.name.isascii() else "") + rng.choice(second),
        "role": ROLES[letter],
        "influence": min(5, INFLUENCE[letter] + rng.randrange(2)),
        "attitude": rng.randrange(0, 3),
        "style": rng.choice(STYLES),
        "backup_id": "",
        "since": min(START, account.signed_on + timedelta(days=rng.randrange(0, 150))) if account.signed_on < START else account.signed_on,
        "left_on": "",
    }


def interactions(cast: Cast, tables: dict) -> Rows:
    """Visits, calls and meetings, counted back from the newest one."""
    people: dict[str, Rows] = {}
    for row in tables["contacts"]:
        people.setdefault(row["account_id"], []).append(row)
    rows = [row for account in cast.accounts for row in _touches(account, people[account.account_id], cast)]
    return sorted(rows, key=lambda row: (row["date"], row["account_id"]))


def _touches(account: Account, mine: Rows, cast: Cast) -> Iterator[dict]:
    rng = cast.stream(f"interactions {account.account_id}")
    letters = dict(zip((row["contact_id"] for row in mine), account.roles, strict=True))
    kinds = {contact_id: cycle(KINDS[letter]) for contact_id, letter in letters.items()}
    first, day = max(START, account.signed_on), working_day(AS_OF - timedelta(days=account.last_touch_days))
    turn = 0
    while day >= first:
        present = mine[:1] if (AS_OF - day).days < account.alone_days else mine
        contact_id = present[turn % len(present)]["contact_id"]
        if day >= present[turn % len(present)]["since"]:
            yield _touch(account, contact_id, next(kinds[contact_id]), day, rng)
        turn += 1
        day = working_day(day - timedelta(days=round(365 / account.touches * rng.uniform(0.8, 1.2))))
    if account.signed_on > START:
        yield _touch(account, mine[0]["contact_id"], "kickoff", first, rng)


def _touch(account: Account, contact_id: str, kind: str, day: date, rng: Random) -> dict:
    return {
        "account_id": account.account_id,
        "date": day,
        "kind": kind,
        "contact_id": contact_id,
        "our_level": "executive" if kind == "executive_meeting" else "staff" if kind == "call" else "manager",
        "our_person_id": account.manager_id,
        "minutes": 5 * round(MINUTES[kind] * rng.uniform(0.7, 1.3) / 5),
    }


def surveys(cast: Cast, tables: dict) -> Rows:
    """Two questions to the same people every half year: satisfaction on 1-5 and recommendation on 0-10."""
    of, rows = {account.account_id: account for account in cast.accounts}, []
    for contact in tables["contacts"]:
        account, rng = of[contact["account_id"]], cast.stream(f"surveys {contact['contact_id']}")
        mood, answers = min(0.99, account.satisfaction + rng.uniform(-0.17, 0.17)), rng.random() < 0.8
        for wave in WAVES:
            # The last two waves differ by nothing: what changes there is a signal of its own.
            shift = rng.choice((-1, 0, 0, 1)) if wave < WAVES[-2] else 0
            if answers and max(contact["since"], account.starts) <= wave:
                who = {"account_id": account.account_id, "contact_id": contact["contact_id"], "date": wave}
                liked, told = min(5, max(1, round(1 + 4 * mood) + shift)), min(10, max(0, round(10 * mood) + shift))
                rows.append(who | {"question": "satisfaction", "score": liked, "scale_min": 1, "scale_max": 5})
                rows.append(who | {"question": "recommend", "score": told, "scale_min": 0, "scale_max": 10})
    return sorted(rows, key=lambda row: (row["date"], row["contact_id"]))


def tickets(cast: Cast, _tables: dict) -> Rows:
    """Faults and questions over three years, and the complaints of the last one."""
    rows = [row for account in cast.accounts for row in _tickets(account, cast)]
    rows.sort(key=lambda row: (row["opened_at"], row["account_id"]))
    return [{"ticket_id": f"TK{number:04d}", **row} for number, row in enumerate(rows, 1)]


def _tickets(account: Account, cast: Cast) -> Iterator[dict]:
    rng = cast.stream(f"tickets {account.account_id}")
    a_year = 12 if account.revenue > 4e6 else 6 if account.revenue > 1e6 else 3
    first = max(START, account.starts)
    days = (AS_OF - timedelta(days=5) - first).days
    for _ in range(round(a_year * days / 365)):
        yield _ticket(account, first + timedelta(days=rng.randrange(days)), rng.choice(("question", "question", "fault")), rng)
    rng = cast.stream(f"complaints {account.account_id}")
    for number in range(account.complaints):
        day = COMPLAINTS_FROM + timedelta(days=round(330 * (number + rng.uniform(0.1, 0.9)) / account.complaints))
        department = {"late delivery": "logistics", "billing": "finance"}.get(account.complaint_cause, "quality")
        caused = {"caused_by": account.complaint_cause, "department": department, "severity": 2}
        yield _ticket(account, day, "complaint", rng) | caused


def _ticket(account: Account, day: date, kind: str, rng: Random) -> dict:
    opened = datetime.combine(working_day(day), time(8, 30)) + timedelta(minutes=rng.randrange(540))
    is_quick = day > QUIET_FROM or rng.random() < 0.85
    waited = rng.randrange(5, 55) if is_quick else rng.randrange(60, 2000)
    needed = waited + 60 * (rng.randrange(2, 40) if is_quick else rng.randrange(10, 90))
    opener = account.manager_id if kind == "complaint" else rng.choice(TECHNICIANS)
    return {
        "account_id": account.account_id,
        "opened_at": opened.isoformat(timespec="minutes"),
        "first_response_at": (opened + timedelta(minutes=waited)).isoformat(timespec="minutes"),
        "resolved_at": (opened + timedelta(minutes=needed)).isoformat(timespec="minutes"),
        "kind": kind,
        "severity": rng.randrange(2, 5),
        "caused_by": rng.choice(("product", "operation", "installation")),
        "department": rng.choice(("service", "quality", "engineering")),
        "first_contact_id": opener,
        "resolved_by_id": opener if rng.random() < 0.8 else rng.choice(TECHNICIANS),
        "handoffs": rng.choice((0, 0, 0, 1, 1, 2)),
    }


def events(cast: Cast, _tables: dict) -> Rows:
    """What happened at some accounts on a day."""
    rows = []
    for account in cast.accounts:
        rng = cast.stream(f"events {account.account_id}")
        kind, detail, ref = rng.choice(EVENTS)
        day = working_day(date(2025, 2, 3) + timedelta(days=rng.randrange(480)))
        if rng.random() < 0.35 and day >= account.starts:
            rows.append({"account_id": account.account_id, "date": day, "kind": kind, "detail": detail, "ref": ref, "contact_id": ""})
    return sorted(rows, key=lambda row: (row["date"], row["account_id"]))
