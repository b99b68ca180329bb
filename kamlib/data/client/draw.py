"""Draws the cast of a synthetic client from its seed: names, sizes, who serves whom, and of whom which story is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from kamlib.data.client import trades
from kamlib.data.client.cast import Account, Cast
from kamlib.data.client.plant import planted_changes
from kamlib.data.client.strength import EVEN, STORY_KEYS, STRENGTH
from kamlib.data.sample.profiles import START

LEAST_ACCOUNTS, MOST_ACCOUNTS = 27, 36
YEAR_END = (0.230, 0.300, 0.205, 0.265)
LARGEST_STEP = 0.93  # of the next larger account, so that small chances do not change places
SMALLEST_REVENUE = 150_000
# From which to which place in the order of size the account comes that a story, or a decoy of it, is told of.
PLACES = {
    "single_threaded_giant": (1, 2),
    "unprofitable_star": (2, 4),
    "silent_churner": (4, 10),
    "disputed_on_time": (4, 12),
    "seasonal_dso_illusion": (6, 15),
    "channel_conflict": (8, 16),
    "decoy silent_churner": (5, 14),
    "decoy disputed_on_time": (5, 15),
    "decoy seasonal_dso_illusion": (6, 17),
    "twin": (14, 24),
    "decoy unprofitable_star": (17, 26),
    "decoy single_threaded_giant": (17, 26),
    "decoy channel_conflict": (14, 26),
    "namesake": (14, 26),
}
THRESHOLD_ACCOUNTS, CALL_OFF_ACCOUNTS = 5, 4
MISSED_FROM = (4, 8)  # never a quarter that is compared with its like a year before: orders must not seem to drop
PAY_PLAN = "project"  # the plan that has a threshold where the story is planted, and none elsewhere


def draw_cast(seed: int, difficulty: str, *, without: Collection[str] = ()) -> Cast:
    """Draw who is in a client and of whom which story is told.

    Parameters
    ----------
    seed : int
        The same seed and difficulty, the same cast.
    difficulty : str
        easy, medium or hard.
    without : collection of str
        Stories that are left out after the draw; nothing else changes.

    Returns
    -------
    Cast

    Raises
    ------
    ValueError
        There is no such difficulty or story.

    Examples
    --------
    >>> cast = draw_cast(7, "easy")
    >>> len(cast.stories), cast.decoys, len(cast.accounts) >= LEAST_ACCOUNTS
    (3, {}, True)
    """
    if difficulty not in STRENGTH:
        raise ValueError(f"difficulty must be one of {', '.join(STRENGTH)}, got {difficulty!r}")
    unknown = sorted(set(without) - set(STORY_KEYS))
    if unknown:
        raise ValueError(f"{unknown[0]} is no story; there are {', '.join(STORY_KEYS)}")
    rng, strength = Random(f"{seed} {difficulty} cast"), STRENGTH[difficulty]
    trade = rng.choice(trades.TRADES)
    (english, *english_stems), (chinese, *chinese_stems) = (
        rng.sample(stems, MOST_ACCOUNTS + 1) for stems in (trades.ENGLISH_STEMS, trades.CHINESE_STEMS)
    )
    plain, place = _accounts(trade, english_stems, chinese_stems, rng), _places(rng)
    managers = _managers(rng)
    plain, threshold_manager, call_off_manager = _served(plain, place, [row[0] for row in managers], rng)
    drawn = rng.sample(STORY_KEYS, strength.stories_count)
    missed = tuple(first + rng.randrange(2) for first in MISSED_FROM for _ in range(strength.missed_count))
    told = _told({role: plain[number - 1].account_id for role, number in place.items()}, threshold_manager, call_off_manager)
    stories = {key: told[key] for key in STORY_KEYS if key in drawn and key not in without}
    decoys = {key: told[f"decoy {key}"] for key in STORY_KEYS} if strength.has_decoys else {}
    changes = planted_changes(stories, decoys, plain, strength)
    accounts = sorted((replace(one, **changes.get(one.account_id, {})) for one in plain), key=lambda one: one.account_id)
    name = f"{english} {trade.en} · {chinese}{trade.zh}"
    return Cast(seed, difficulty, trade, name, tuple(accounts), managers, stories, decoys, threshold_manager, missed)


def _places(rng: Random) -> dict[str, int]:
    found: dict[str, int] = {}
    for role, (first, last) in PLACES.items():
        found[role] = rng.choice([number for number in range(first, last + 1) if number not in found.values()])
    return found


def _told(named: dict[str, str], threshold_manager: str, call_off_manager: str) -> dict[str, tuple[str, ...]]:
    """Name whom each story and each decoy is about; a conflict is about two accounts, a pay plan about its manager too."""
    told = {role: (account_id,) for role, account_id in named.items()}
    told["channel_conflict"] += told["twin"]
    told["decoy channel_conflict"] += told["namesake"]
    return told | {"pay_cliff": (threshold_manager, PAY_PLAN), "decoy pay_cliff": (call_off_manager,)}


def _accounts(trade: trades.Trade, english: list[str], chinese: list[str], rng: Random) -> list[Account]:
    """Draw every account with nothing planted, the largest first."""
    count = rng.randint(LEAST_ACCOUNTS, MOST_ACCOUNTS)
    sizes = _sizes(count, rng)
    first, numbers = 10 * rng.randint(10, 80), list(range(count))
    rng.shuffle(numbers)
    letter = rng.choice("ABCDGHKNPRS")
    rows = zip(numbers, sizes, english, chinese, strict=False)
    return [_account(f"{letter}{first + number}", size, stems, trade, rng) for number, size, *stems in rows]


def _sizes(count: int, rng: Random) -> list[float]:
    sizes = [rng.uniform(9.5e6, 17e6)]
    for place in range(2, count + 1):
        wanted = sizes[0] * place**-0.95 * rng.uniform(0.85, 1.15)
        sizes.append(max(SMALLEST_REVENUE, min(wanted, LARGEST_STEP * sizes[-1])))
    return sizes


def _account(account_id: str, revenue: float, stems: list[str], trade: trades.Trade, rng: Random) -> Account:
    industry, growth, english, chinese = rng.choice(trade.industries)
    is_english, is_new = rng.random() < 0.5, revenue < 2e6 and rng.random() < 0.2
    form = rng.choice(trades.ENGLISH_FORMS if is_english else trades.CHINESE_FORMS)
    signed_on = date(2024, 1, 15) + timedelta(days=rng.randrange(360)) if is_new else date(2014, 3, 1) + timedelta(days=rng.randrange(3200))
    big = revenue >= 2e6
    roles = rng.choice(("PUTFE", "PUTE", "PUTE") if revenue >= 4e6 else ("PUT", "PUTE", "PUTF") if revenue >= 8e5 else ("PT", "PUT"))
    return Account(
        account_id=account_id,
        name=f"{stems[0]} {english} {form}" if is_english else f"{stems[1]}{chinese}{form}",
        industry=industry,
        industry_growth=growth,
        region=rng.choice(trades.REGIONS),
        manager_id="",
        signed_on=signed_on,
        starts=max(START, signed_on + timedelta(days=14)),
        revenue=revenue,
        growth=rng.uniform(0.01, 0.11),
        orders=rng.randint(26, 38) if revenue >= 4e6 else rng.randint(18, 26) if revenue >= 1e6 else rng.randint(12, 18),
        roles=roles,
        ratings="".join(rng.choice("2333" if big else "2233") for _ in range(6)) if revenue >= 1.2e6 else "",
        tax_id=f"9131{rng.randrange(10**6):06d}SYN{account_id[1:]}{rng.choice('ABCDEFGHJKLM')}",
        discount=rng.uniform(0.02, 0.055) if big else rng.uniform(0.005, 0.03),
        terms_days=rng.choice((30, 45)),
        late_days=rng.uniform(-2.0, 4.0),
        satisfaction=rng.uniform(0.70, 0.86),
        touches=rng.randint(26, 36) if revenue >= 4e6 else rng.randint(15, 22) if revenue >= 1e6 else rng.randint(11, 15),
        last_touch_days=rng.randint(3, 20),
        wallet_share=rng.uniform(0.22, 0.6),
        outlook=rng.choice(("growing", "stable", "stable", "declining")),
        complaints=rng.randint(0, 1),
        channel="agent" if revenue < 8e5 and rng.random() < 0.15 else "direct",
        season=rng.choice((EVEN, EVEN, YEAR_END)),
    )


def _managers(rng: Random) -> tuple[tuple, ...]:
    count = rng.randint(5, 6)
    chinese = [
        f"{surname}{given}" for surname, given in zip(rng.sample(trades.SURNAMES, 3), rng.sample(trades.GIVEN_NAMES, 3), strict=True)
    ]
    english = [f"{first} {last}" for first, last in zip(rng.sample(trades.FIRST_NAMES, 3), rng.sample(trades.LAST_NAMES, 3), strict=True)]
    names = rng.sample(chinese + english, count)
    levels = ["senior", *rng.choices(("senior", "manager", "manager", "junior"), k=count - 1)]
    salary = {"senior": 380_000, "manager": 300_000, "junior": 220_000}
    return tuple(
        (f"M{number:02d}", name, level, salary[level] + 5000 * rng.randrange(12), date(2010, 2, 1) + timedelta(days=rng.randrange(4800)))
        for number, (name, level) in enumerate(zip(names, levels, strict=True), 1)
    )


def _served(plain: list[Account], place: dict[str, int], managers: list[str], rng: Random) -> tuple[list[Account], str, str]:
    """Give every account its manager; the two about whose pay something may be told serve accounts of which nothing else is told."""
    threshold_manager, call_off_manager, *others = rng.sample(managers, len(managers))
    quiet = [number for number in range(1, len(plain) + 1) if number not in place.values()]
    rng.shuffle(quiet)
    served = dict.fromkeys(quiet[:THRESHOLD_ACCOUNTS], threshold_manager)
    served |= dict.fromkeys(quiet[THRESHOLD_ACCOUNTS:][:CALL_OFF_ACCOUNTS], call_off_manager)
    rest = [number for number in range(1, len(plain) + 1) if number not in served]
    rng.shuffle(rest)
    served |= {number: others[turn % len(others)] for turn, number in enumerate(rest)}
    given = [replace(account, manager_id=served[number], **_agent(account, rng)) for number, account in enumerate(plain, 1)]
    return given, threshold_manager, call_off_manager


def _agent(account: Account, rng: Random) -> dict:
    number = rng.randint(1, 3)
    return {"agent_id": f"AG-{number:02d}", "discount": account.discount + 0.03} if account.channel == "agent" else {}
