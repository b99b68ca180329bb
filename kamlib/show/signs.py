"""What is wrong without comparing with others: no order for too long, service promises broken more often than kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kamlib.show import text
from kamlib.show.reading import figure, label, score_of, write

SERVICE = ("solved_48h_rate", "answered_24h_rate", "green_channel_rate")
LONGEST_MONTH_DAYS, LONGEST_QUARTER_DAYS = 31, 92


@dataclass(frozen=True)
class Problem:
    """One measure that is clearly worse than it should be: the sentence's key in ``words.yaml``, its name and numbers."""

    metric: str
    key: str
    name: str
    numbers: dict[str, str]
    severity: float

    def words(self, language: str) -> str:
        """Return the sentence as plain text."""
        return text.say(self.key, language=language, name=self.name, **self.numbers)


def signs(account) -> list[Problem]:
    """Return what is wrong by itself: the missing order, the promise of service that is broken most.

    Parameters
    ----------
    account : Pack
        The account pack.

    Returns
    -------
    list of Problem
    """
    return [problem for problem in (no_order(account), broken_promise(account)) if problem]


def no_order(account) -> Problem | None:
    """Return a problem where the last order is older than nine of ten gaps before it; without a rhythm, than a quarter.

    Notes
    -----
    Severity is the days since the last order in multiples of that limit. A gap of less than a month is none.
    """
    days, usual = figure(account, "last_order_days"), figure(account, "order_gap_p90_days")
    limit = max(usual or LONGEST_QUARTER_DAYS, LONGEST_MONTH_DAYS)
    if days is None or days <= limit:
        return None
    month = text.month(account.as_of - timedelta(days=int(days)), language=account.language)
    numbers = {"month": month, "days": write(account, "last_order_days", days)}
    if usual is not None:
        numbers["most"] = write(account, "order_gap_p90_days", usual)
    key = "no_order" if usual is None else "no_order_rhythm"
    return Problem("last_order_days", key, label(account, "last_order_days"), numbers, days / limit)


def broken_promise(account) -> Problem | None:
    """Return a problem where more tickets missed a limit of service than kept it: of the limits, the one missed most.

    Notes
    -----
    Severity is 1 plus the tickets by which the missed outnumber the kept.
    """
    found = [(metric, *_kept_of(account, metric)) for metric in measured_service(account)]
    metric, kept, judged = max(found, key=lambda entry: entry[2] - 2 * entry[1], default=(None, 0.0, 0.0))
    if judged <= 2 * kept:
        return None
    numbers = {"kept": text.decimal(kept, 0, language=account.language), "judged": text.decimal(judged, 0, language=account.language)}
    return Problem(metric, "past_limit", label(account, metric), numbers, 1 + judged - 2 * kept)


def measured_service(account) -> list[str]:
    """Return the service levels that have tickets."""
    return [metric for metric in SERVICE if figure(account, metric) is not None]


def _kept_of(account, metric: str) -> tuple[float, float]:
    kept, judged = score_of(account, metric).parts.values()
    return kept, judged
