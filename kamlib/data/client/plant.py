"""What a story, or its decoy, changes of the accounts it is told of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kamlib.data.client import trades
from kamlib.data.client.cast import Account
from kamlib.data.client.strength import Strength

ALWAYS_DAYS = 1200  # longer than the three years
LONG_TERMS_DAYS = 120
CALL_OFF_DAYS = 45
STOCKED_UP = (1.55, 0.50)  # a quarter's orders brought forward into the quarter before
SEASON_DAYS = (56, 5)  # ordered in the last days of May, invoiced in June: with sixty days nothing older is open at its end


def planted_changes(
    stories: Mapping[str, tuple[str, ...]], decoys: Mapping[str, tuple[str, ...]], plain: Sequence[Account], strength: Strength
) -> dict[str, dict]:
    """Return what differs from an ordinary account where something is told.

    Parameters
    ----------
    stories, decoys : mapping of str to tuple of str
        Story to its accounts, or managers.
    plain : sequence of Account
        All accounts with nothing planted.
    strength : Strength

    Returns
    -------
    dict of str to dict
        Account id to changed attributes of `Account`.
    """
    known = {account.account_id: account for account in plain}
    changes: dict[str, dict] = {}
    for key, subjects in stories.items():
        changes |= dict(_PLANTS[key](subjects, known, strength))
    for key, subjects in decoys.items():
        changes |= dict(_DECOYS[key](subjects, known, strength))
    return changes


def _star(subjects: tuple[str, ...], _known: dict[str, Account], strength: Strength) -> Iterator[tuple[str, dict]]:
    yield subjects[0], {"margin": strength.margin}


def _churner(subjects: tuple[str, ...], _known: dict[str, Account], strength: Strength) -> Iterator[tuple[str, dict]]:
    yield subjects[0], {"fade": strength.fade, "use_fade": strength.fade, "complaints": 0}


def _giant(subjects: tuple[str, ...], _known: dict[str, Account], strength: Strength) -> Iterator[tuple[str, dict]]:
    yield subjects[0], {"alone_days": strength.alone_days}


def _disputed(subjects: tuple[str, ...], _known: dict[str, Account], strength: Strength) -> Iterator[tuple[str, dict]]:
    told = {"complaints": strength.complaints, "complaint_cause": "late delivery", "satisfaction": 0.66}
    yield subjects[0], {"on_time": 0.998, "customer_on_time": strength.customer_on_time} | told


def _seasonal(subjects: tuple[str, ...], _known: dict[str, Account], strength: Strength) -> Iterator[tuple[str, dict]]:
    pays = {"terms_days": 60, "late_days": 0.0, "on_time": 1.0}
    yield subjects[0], {"season": strength.season, "season_days": SEASON_DAYS, "orders": 14} | pays


def _conflict(subjects: tuple[str, ...], known: dict[str, Account], strength: Strength) -> Iterator[tuple[str, dict]]:
    direct, twin = (known[account_id] for account_id in subjects)
    name = _other_form(direct.name) if strength.has_like_name else twin.name
    yield direct.account_id, {"channel": "direct", "agent_id": "", "discount": min(direct.discount, 0.03)}
    yield twin.account_id, {"name": name, "tax_id": direct.tax_id, "discount": strength.agent_discount} | _by_agent(twin)


def _threshold(subjects: tuple[str, ...], known: dict[str, Account], strength: Strength) -> Iterator[tuple[str, dict]]:
    pulled = {"pulled_share": strength.pulled_share}
    yield from ((account.account_id, pulled) for account in known.values() if account.manager_id == subjects[0])


def _thin_and_small(subjects: tuple[str, ...], _known: dict[str, Account], strength: Strength) -> Iterator[tuple[str, dict]]:
    yield subjects[0], {"margin": strength.margin}


def _stocked_up(subjects: tuple[str, ...], _known: dict[str, Account], _strength: Strength) -> Iterator[tuple[str, dict]]:
    yield subjects[0], {"fade": STOCKED_UP}


def _one_contact(subjects: tuple[str, ...], _known: dict[str, Account], _strength: Strength) -> Iterator[tuple[str, dict]]:
    yield subjects[0], {"alone_days": ALWAYS_DAYS, "roles": "PT"}


def _billing(subjects: tuple[str, ...], _known: dict[str, Account], strength: Strength) -> Iterator[tuple[str, dict]]:
    yield subjects[0], {"complaints": strength.complaints + 1, "complaint_cause": "billing"}


def _long_terms(subjects: tuple[str, ...], _known: dict[str, Account], _strength: Strength) -> Iterator[tuple[str, dict]]:
    yield subjects[0], {"terms_days": LONG_TERMS_DAYS, "late_days": -4.0}


def _namesakes(subjects: tuple[str, ...], known: dict[str, Account], _strength: Strength) -> Iterator[tuple[str, dict]]:
    direct, other = (known[account_id] for account_id in subjects)
    region = trades.REGIONS[(trades.REGIONS.index(direct.region) + 2) % len(trades.REGIONS)]
    yield direct.account_id, {"channel": "direct", "agent_id": ""}
    yield other.account_id, {"name": _other_form(direct.name), "region": region} | _by_agent(other)


def _call_off(subjects: tuple[str, ...], known: dict[str, Account], _strength: Strength) -> Iterator[tuple[str, dict]]:
    called = {"call_off_days": CALL_OFF_DAYS}
    yield from ((account.account_id, called) for account in known.values() if account.manager_id == subjects[0])


def _by_agent(account: Account) -> dict:
    return {"channel": "agent", "agent_id": account.agent_id or "AG-02"}


def _other_form(name: str) -> str:
    """Return the name under another legal form, which makes it another text and the same bare name."""
    forms = trades.ENGLISH_FORMS if name.isascii() else trades.CHINESE_FORMS
    mine = max((form for form in forms if name.endswith(form)), key=len)
    return name.removesuffix(mine) + forms[(forms.index(mine) + 1) % len(forms)]


_PLANTS = {
    "unprofitable_star": _star,
    "silent_churner": _churner,
    "single_threaded_giant": _giant,
    "disputed_on_time": _disputed,
    "seasonal_dso_illusion": _seasonal,
    "channel_conflict": _conflict,
    "pay_cliff": _threshold,
}
_DECOYS = {
    "unprofitable_star": _thin_and_small,
    "silent_churner": _stocked_up,
    "single_threaded_giant": _one_contact,
    "disputed_on_time": _billing,
    "seasonal_dso_illusion": _long_terms,
    "channel_conflict": _namesakes,
    "pay_cliff": _call_off,
}
