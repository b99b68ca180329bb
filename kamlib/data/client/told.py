"""Tells a planted story, or a decoy, in the client's own figures, and says how much money is at stake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kamlib.data.client.readings import LAST_QUARTER, SAME_QUARTER, YEAR_DAYS, Books
from kamlib.policy import load_policy

LANGUAGES = ("en", "zh")
RECENT_MONTHS, EARLIER_MONTHS = ("2026-04", "2026-05", "2026-06"), ("2025-04", "2025-05", "2025-06")
QUARTERS_A_YEAR = 4
WAN = 10_000


@dataclass(frozen=True)
class Telling:
    """A story's figures.

    Parameters
    ----------
    amount : float
        Money at stake; 0 of a decoy.
    figures : dict of str to (value, kind)
        What the text names; kind is amount, rate, change, days, count or text.
    """

    amount: float
    figures: dict[str, tuple[float | str, str]]

    def places(self, language: str) -> dict[str, str]:
        """Write the figures as a reader of the language does."""
        return {name: written(value, kind, language) for name, (value, kind) in self.figures.items()}

    @property
    def readings(self) -> dict[str, float]:
        """The figures that are numbers."""
        return {name: round(float(value), 6) for name, (value, kind) in self.figures.items() if kind != "text"}


def written(value: float | str, kind: str, language: str) -> str:
    """Write a figure in a language.

    Parameters
    ----------
    value : float or str
    kind : str
        amount, rate, change, days, count or text.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str

    Examples
    --------
    >>> written(1234567.0, "amount", "en"), written(1234567.0, "amount", "zh"), written(-0.365, "change", "en")
    ('¥1,234,567', '¥123.5万', '−36.5%')
    """
    if kind == "amount":
        return f"¥{value / WAN:,.1f}万" if language == "zh" and abs(value) >= WAN else f"¥{value:,.0f}"
    if kind in ("rate", "change"):
        return f"{value:+.1%}".replace("-", "−") if kind == "change" else f"{value:.1%}"
    if kind == "days":
        return f"{value:.0f} days" if language == "en" else f"{value:.0f}天"
    return f"{value:.0f}" if kind == "count" else str(value)


def tell(story: str, subjects: tuple[str, ...], books: Books, *, is_decoy: bool = False) -> Telling:
    """Look up what a story's text names, and work out the money at stake.

    Parameters
    ----------
    story : str
    subjects : tuple of str
        Accounts; of ``pay_cliff`` the manager first.
    books : Books
    is_decoy : bool
        A decoy has nothing at stake.

    Returns
    -------
    Telling
    """
    told = _TELLERS[story](subjects, books)
    return Telling(0.0 if is_decoy else round(told.amount, 2), _named(subjects[0], books) | told.figures)


def _named(subject: str, books: Books) -> dict[str, tuple[str, str]]:
    names = {account.account_id: account.name for account in books.cast.accounts} | {row[0]: row[1] for row in books.cast.managers}
    return {"id": (subject, "text"), "name": (names[subject], "text")}


def _star(subjects: tuple[str, ...], books: Books) -> Telling:
    account, revenue = subjects[0], books.amount(subjects[0])
    own, portfolio = books.margin_rate(account), books.margin_rate()
    figures = {"rank": (books.rank(account), "count"), "revenue": (revenue, "amount")}
    return Telling((portfolio - own) * revenue, figures | {"margin": (own, "rate"), "portfolio": (portfolio, "rate")})


def _churner(subjects: tuple[str, ...], books: Books) -> Telling:
    recent, earlier = (books.amount(subjects[0], span=span) for span in (LAST_QUARTER, SAME_QUARTER))
    used = books.use(subjects[0], RECENT_MONTHS) / books.use(subjects[0], EARLIER_MONTHS) - 1
    figures = {"revenue": (recent, "amount"), "change": (recent / earlier - 1, "change"), "use": (used, "change")}
    return Telling(QUARTERS_A_YEAR * (earlier - recent), figures)


def _giant(subjects: tuple[str, ...], books: Books) -> Telling:
    revenue, (met, known) = books.amount(subjects[0]), books.met(subjects[0])
    figures = {"rank": (books.rank(subjects[0]), "count"), "revenue": (revenue, "amount"), "known": (known, "count")}
    return Telling(revenue * load_policy().warning.weights.no_backup, figures | {"met": (", ".join(met), "text")})


def _disputed(subjects: tuple[str, ...], books: Books) -> Telling:
    ours, theirs = books.on_time(subjects[0])
    figures = {"ours": (ours, "rate"), "theirs": (theirs, "rate"), "complaints": (books.complaints(subjects[0]), "count")}
    return Telling((ours - theirs) * books.amount(subjects[0]), figures)


def _seasonal(subjects: tuple[str, ...], books: Books) -> Telling:
    dso, countback, invoiced = books.dso(subjects[0])
    share = books.amount(subjects[0], span=LAST_QUARTER) / books.amount(subjects[0])
    figures = {"dso": (dso, "days"), "countback": (countback, "days"), "share": (share, "rate")}
    return Telling((dso - countback) / YEAR_DAYS * invoiced, figures)


def _conflict(subjects: tuple[str, ...], books: Books) -> Telling:
    direct, other = subjects
    by_id = {account.account_id: account for account in books.cast.accounts}
    given = {one: books.discount(one) for one in subjects}
    amount = sum((max(given.values()) - given[one]) * books.amount(one, "list_price") for one in subjects)
    names = {"other": (by_id[other].name, "text"), "other_id": (other, "text"), "agent": (by_id[other].agent_id, "text")}
    return Telling(amount, names | {"discount": (given[direct], "rate"), "other_discount": (given[other], "rate")})


def _pay(subjects: tuple[str, ...], books: Books) -> Telling:
    manager, reached = subjects[0], books.just_reached(subjects[0])
    jumps = [books.threshold.jump(quota) for quota in reached.values()]
    others = [row[0] for row in books.cast.managers if row[0] != manager]
    shares = {"share": (books.quarter_end_share([manager]), "rate"), "others": (books.quarter_end_share(others), "rate")}
    jump = sum(jumps) / len(jumps) if jumps else 0.0
    return Telling(sum(jumps), shares | {"plan": (subjects[-1], "text"), "jump": (jump, "amount"), "count": (len(jumps), "count")})


_TELLERS: Mapping[str, Callable[[tuple[str, ...], Books], Telling]] = {
    "unprofitable_star": _star,
    "silent_churner": _churner,
    "single_threaded_giant": _giant,
    "disputed_on_time": _disputed,
    "seasonal_dso_illusion": _seasonal,
    "channel_conflict": _conflict,
    "pay_cliff": _pay,
}
