"""The cadence lines of the playbook, and which of them hold in a stage and a segment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from kamlib.lifecycle.tenure import LIFECYCLE_STAGES
from kamlib.playbook import playbook

MEAN_MONTH_DAYS = 365.2425 / 12


@dataclass(frozen=True)
class CadenceLine:
    """One thing to do every so often, or once, in a lifecycle stage or for a segment.

    Parameters
    ----------
    line_id : str
        Its id in the playbook.
    action : str
        ``lifecycle.<id>`` or ``segments.<id>``: the entry of the playbook with its words.
    home : str
        The stage or segment that it stands in.
    owner : str
        Role that does it, a key of ``roles.yaml``.
    kinds : tuple of str
        Interactions or events that prove it; the first is what is planned.
    hours : float
        Time that one touch takes.
    every_months, every_days : int
        The interval; one of the two is 0.
    is_once : bool
        Due once, an interval after the stage began.
    from_months, to_months : int, optional
        Part of the stage in which it holds, from and before a number of months.
    until : str
        Last stage in which it holds.

    Examples
    --------
    >>> line = cadence_lines()["core_visit"]
    >>> line.owner, line.every_months, line.kinds
    ('manager', 1, ('visit', 'review', 'executive_meeting'))
    """

    line_id: str
    action: str
    home: str
    owner: str
    kinds: tuple[str, ...]
    hours: float
    every_months: int
    every_days: int
    is_once: bool
    from_months: int = 0
    to_months: int | None = None
    until: str = LIFECYCLE_STAGES[-1]

    @property
    def interval_days(self) -> float:
        """The interval in days, a month at its mean length."""
        return self.every_days + self.every_months * MEAN_MONTH_DAYS

    @property
    def is_of_stage(self) -> bool:
        """Whether it stands in a lifecycle stage, not in a segment."""
        return self.home in LIFECYCLE_STAGES


@cache
def cadence_lines() -> dict[str, CadenceLine]:
    """Read every cadence line: of the stages in their order, then of the segments.

    Returns
    -------
    dict of str to CadenceLine
        By the line's id.

    References
    ----------
    [S2b] the four stages and the four segments; M4, M11.

    Examples
    --------
    >>> len(cadence_lines()), next(iter(cadence_lines()))
    (20, 'initial_kickoff')
    """
    return {line.line_id: line for book in ("lifecycle", "segments") for line in _read(book)}


@cache
def active_lines(stage: str, segment: str | None) -> tuple[str, ...]:
    """Name the lines that hold in a stage for an account of a segment.

    Parameters
    ----------
    stage : str
        Lifecycle stage.
    segment : str, optional
        Segment; None for an account without one.

    Returns
    -------
    tuple of str
        Ids of lines: those of the stage and of the earlier stages, but for what ends before (F34), and
        those of the segment. Where a stage and the segment ask for the same kind of touch, the shorter
        interval holds (F32); of equals the stage's.

    References
    ----------
    [S2b]; M11, rulings F32, F34.

    Examples
    --------
    >>> active_lines("steady", "maintain")
    ('steady_usage', 'steady_value_report', 'maintain_visit')
    """
    place = LIFECYCLE_STAGES.index(stage)
    lines = cadence_lines().values()
    stages = [line for line in lines if line.is_of_stage and _holds(line, place)]
    segments = [line for line in lines if line.home == segment]
    added = [line for line in segments if not any(_overlap(line, other) and other.interval_days <= line.interval_days for other in stages)]
    kept = [line for line in stages if not any(_overlap(line, other) for other in added)]
    return tuple(line.line_id for line in [*kept, *added])


def _read(book: str) -> Iterator[CadenceLine]:
    for home, entry in playbook(book).items():
        for line in entry["lines"]:
            span = line.get("every") or line["once"]
            yield CadenceLine(
                line_id=line["id"],
                action=f"{book}.{line['id']}",
                home=home,
                owner=line["owner"]["key"],
                kinds=tuple(line["evidence"]),
                hours=float(line["hours"]),
                every_months=span.get("months", 0),
                every_days=span.get("days", 0),
                is_once="once" in line,
                from_months=line.get("from", {}).get("months", 0),
                to_months=line.get("to", {}).get("months"),
                until=line.get("until", LIFECYCLE_STAGES[-1]),
            )


def _holds(line: CadenceLine, place: int) -> bool:
    return LIFECYCLE_STAGES.index(line.home) <= place <= LIFECYCLE_STAGES.index(line.until)


def _overlap(line: CadenceLine, other: CadenceLine) -> bool:
    return line.kinds[0] == other.kinds[0] and not (line.is_once or other.is_once)
