"""Who the sample's accounts are, who meets whom there, what they say and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random

from kamlib.data.sample.profiles import AS_OF, INDUSTRY_GROWTH, MANAGERS, PROFILES, ROLES, START, Profile
from kamlib.data.sample.trade import PROFILE, Rows, working_day

TECHNICIANS = ("T01", "T02", "T03")
CHINESE_NAMES = (
    ("王", "李", "张", "刘", "陈", "杨", "赵", "黄", "吴", "徐", "孙", "郭"),
    ("思远", "雅宁", "承志", "若溪", "浩然", "静姝", "明轩", "嘉怡", "立群", "晓岚"),
)
ENGLISH_NAMES = (
    ("Alan", "Grace", "Peter", "Vivian", "Daniel", "Joyce", "Kevin", "Mei", "Oliver", "Ruth"),
    ("Marsh", "Zhou", "Kerr", "Tan", "Lowe", "Fang", "Ellis", "Hu", "Varga", "Wei"),
)
STYLES = ("leader", "influencer", "checker", "follower")
INFLUENCE = {"P": 3, "U": 3, "T": 4, "F": 3, "E": 5}
KINDS = {
    "P": ("visit", "call", "value_report", "review", "call"),
    "U": ("call", "visit", "training"),
    "T": ("visit", "call", "training"),
    "F": ("call", "review"),
    "E": ("executive_meeting", "event"),
}
MINUTES = {
    "visit": 120,
    "call": 25,
    "review": 90,
    "executive_meeting": 60,
    "training": 180,
    "value_report": 60,
    "kickoff": 120,
    "event": 150,
}
WAVES = tuple(date(year, month, 12) for year, month in ((2023, 11), (2024, 5), (2024, 11), (2025, 5), (2025, 11), (2026, 5)))

# Account and role to the day on which the person left, and whether somebody took over the next day.
LEAVERS = {
    ("A004", "T"): (date(2024, 10, 18), True),
    ("A013", "U"): (date(2025, 3, 14), True),
    ("A032", "P"): (date(2025, 1, 10), True),
    ("A026", "T"): (date(2026, 6, 9), False),
}


def managers(_tables: dict, _rng: Random) -> Rows:
    """Account managers with pay and capacity."""
    names = ("manager_id", "name", "level", "base_salary", "hire_date", "skills")
    extra = {"commission_rate": 0.01, "bonus_amount": 60000, "capacity_hours": 1200}
    return [dict(zip(names, row, strict=True)) | extra for row in MANAGERS]


def accounts(_tables: dict, rng: Random) -> Rows:
    """One row per account, prospect and group."""
    return [_account(profile, rng) for profile in PROFILES]


def _account(profile: Profile, rng: Random) -> dict:
    colleagues = [row[0] for row in MANAGERS if row[0] != profile.manager_id]
    big = profile.revenue >= 1e6
    growth = INDUSTRY_GROWTH[profile.industry] if profile.industry_growth is None else profile.industry_growth
    named = ("account_id", "name", "industry", "region", "parent_id", "manager_id")
    return {name: getattr(profile, name) for name in named} | {
        "deputy_id": rng.choice(colleagues),
        "technician_id": rng.choice(TECHNICIANS),
        "channel": profile.channel,
        "agent_id": profile.agent_id,
        "signed_on": profile.signed_on or "",
        "contract_end": date(2027, rng.randrange(2, 13), 1) - timedelta(days=1) if big else "",
        "purchasing_mode": profile.purchasing_mode,
        "price_sensitivity": profile.price_sensitivity,
        "service_need": rng.randrange(2, 5) + big,
        "partnership_desire": profile.partnership_desire,
        "fit": rng.randrange(3, 6),
        "annual_wallet": round(profile.revenue / profile.wallet_share / 1000) * 1000 if profile.revenue >= 1.5e5 else "",
        "industry_growth": growth,
        "outlook": profile.outlook,
        "company_size": "large" if profile.revenue >= 2e6 else "medium" if profile.revenue >= 3e5 else "small",
        "competitor_share": round((1 - profile.wallet_share) * rng.uniform(0.5, 0.9), 2) if profile.revenue else "",
        "status": profile.status,
        "preferred_status": "preferred" if profile.ratings.count("3") + profile.ratings.count("4") >= 5 else "listed" if big else "none",
        "tax_id": profile.tax_id or f"9131{rng.randrange(10**4):04d}SYN{profile.account_id[1:]}X",
    }


def contacts(_tables: dict, rng: Random) -> Rows:
    """People at the customers; who left keeps a row, with a successor behind it where there is one."""
    rows = []
    for profile in PROFILES:
        mine = []
        for letter in profile.roles:
            left_on, succeeded = LEAVERS.get((profile.account_id, letter), ("", False))
            mine.append(_contact(profile, letter, rng) | {"left_on": left_on})
            if succeeded:
                mine.append(_contact(profile, letter, rng) | {"since": left_on + timedelta(days=1)})
        for place, row in enumerate(mine, 1):
            row["contact_id"] = f"{profile.account_id}-{place}"
            row["backup_id"] = f"{profile.account_id}-{place + 1}" if place < len(mine) and not row["left_on"] else ""
        rows += mine
    return rows


def _contact(profile: Profile, letter: str, rng: Random) -> dict:
    first, second = ENGLISH_NAMES if profile.name.isascii() else CHINESE_NAMES
    began = profile.signed_on or date(2026, 1, 5)
    return {
        "contact_id": "",
        "account_id": profile.account_id,
        "name": rng.choice(first) + (" " if profile.name.isascii() else "") + rng.choice(second),
        "role": ROLES[letter],
        "influence": min(5, INFLUENCE[letter] + rng.randrange(2)),
        "attitude": rng.randrange(0, 3),
        "style": rng.choice(STYLES),
        "backup_id": "",
        "since": began + timedelta(days=rng.randrange(0, 150)) if began < START else began,
        "left_on": "",
    }


def interactions(tables: dict, rng: Random) -> Rows:
    """Visits, calls and meetings, counted back from the newest one."""
    rows = [row for profile in PROFILES for row in _touches(profile, tables["contacts"], rng)]
    return sorted(rows, key=lambda row: (row["date"], row["account_id"]))


def _touches(profile: Profile, people: Rows, rng: Random) -> Iterator[dict]:
    letters = {role: letter for letter, role in ROLES.items()}
    mine = [row for row in people if row["account_id"] == profile.account_id and letters[row["role"]] in profile.met_roles]
    kinds = {row["contact_id"]: cycle(KINDS[letters[row["role"]]]) for row in mine}
    first = max(START, profile.signed_on or date(2026, 1, 5))
    day = working_day(AS_OF - timedelta(days=profile.last_touch_days))
    turn = 0
    while day >= first:
        present = [row for row in mine if row["since"] <= day and (row["left_on"] == "" or row["left_on"] > day)]
        if present:
            contact = present[turn % len(present)]
            yield _touch(profile, contact["contact_id"], next(kinds[contact["contact_id"]]), day, rng)
        turn += 1
        day = working_day(day - timedelta(days=round(365 / profile.touches * rng.uniform(0.8, 1.2))))
    if profile.signed_on and first > START:
        yield _touch(profile, mine[0]["contact_id"], "kickoff", first, rng)


def _touch(profile: Profile, contact_id: str, kind: str, day: date, rng: Random) -> dict:
    return {
        "account_id": profile.account_id,
        "date": day,
        "kind": kind,
        "contact_id": contact_id,
        "our_level": "executive" if kind == "executive_meeting" else "staff" if kind == "call" else "manager",
        "our_person_id": profile.manager_id,
        "minutes": 5 * round(MINUTES[kind] * rng.uniform(0.7, 1.3) / 5),
    }


def surveys(tables: dict, rng: Random) -> Rows:
    """Two questions to the same people every half year: satisfaction on 1-5 and recommendation on 0-10."""
    rows = []
    for contact in tables["contacts"]:
        profile = PROFILE[contact["account_id"]]
        mood = min(0.99, profile.satisfaction + rng.uniform(-0.17, 0.17))
        answers = rng.random() < 0.8 and profile.status == "active"
        for wave in WAVES:
            here = max(contact["since"], profile.starts) <= wave <= profile.ends and not contact["left_on"]
            if here and answers:
                # The last two waves differ by nothing, so that no account without a story shows a drop.
                shift = rng.choice((-1, 0, 0, 1)) if wave < WAVES[-2] else 0
                who = {"account_id": profile.account_id, "contact_id": contact["contact_id"], "date": wave}
                liked, told = min(5, max(1, round(1 + 4 * mood) + shift)), min(10, max(0, round(10 * mood) + shift))
                rows.append(who | {"question": "satisfaction", "score": liked, "scale_min": 1, "scale_max": 5})
                rows.append(who | {"question": "recommend", "score": told, "scale_min": 0, "scale_max": 10})
    return sorted(rows, key=lambda row: (row["date"], row["contact_id"]))


def tickets(_tables: dict, rng: Random) -> Rows:
    """Faults, questions and complaints; those of the last quarter were all answered in time unless planted otherwise."""
    rows = []
    for profile in PROFILES:
        a_year = 12 if profile.revenue > 5e6 else 5 if profile.revenue > 1e6 else 2 if profile.revenue > 5e5 else 1
        first, last = max(START, profile.starts), min(profile.ends, AS_OF - timedelta(days=5))
        for _ in range(round(a_year * (last - first).days / 365) if profile.revenue else 0):
            kind = rng.choices(("question", "fault", "complaint"), (5, 4, 1 if profile.complains else 0))[0]
            rows.append(_ticket(profile, first + timedelta(days=rng.randrange((last - first).days)), kind, rng))
        for number in range(profile.complaints):
            late = {"caused_by": "late delivery", "department": "logistics", "severity": 2}
            rows.append(_ticket(profile, date(2025, 8, 4) + timedelta(days=38 * number), "complaint", rng) | late)
    rows.sort(key=lambda row: (row["opened_at"], row["account_id"]))
    return [{"ticket_id": f"TK{number:04d}", **row} for number, row in enumerate(rows, 1)]


def _ticket(profile: Profile, day: date, kind: str, rng: Random) -> dict:
    opened = datetime.combine(working_day(day), time(8, 30)) + timedelta(minutes=rng.randrange(540))
    is_quick = day > date(2026, 3, 20) or rng.random() < 0.85
    waited = rng.randrange(5, 55) if is_quick else rng.randrange(60, 2000)
    needed = waited + 60 * (rng.randrange(2, 40) if is_quick else rng.randrange(10, 90))
    opener = profile.manager_id if kind == "complaint" else rng.choice(TECHNICIANS)
    return {
        "account_id": profile.account_id,
        "opened_at": opened.isoformat(timespec="minutes"),
        "first_response_at": (opened + timedelta(minutes=waited)).isoformat(timespec="minutes"),
        "resolved_at": (opened + timedelta(minutes=needed)).isoformat(timespec="minutes"),
        "kind": kind,
        "severity": rng.randrange(2, 5),
        "caused_by": rng.choice(("product", "operation", "installation", "billing")),
        "department": rng.choice(("service", "quality", "engineering")),
        "first_contact_id": opener,
        "resolved_by_id": opener if rng.random() < 0.8 else rng.choice(TECHNICIANS),
        "handoffs": rng.choice((0, 0, 0, 1, 1, 2)),
    }
