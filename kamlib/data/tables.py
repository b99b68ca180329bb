"""What reading yields: one frame per table, the account of every row, the accounts that were set aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

from kamlib.checks import KamError

if TYPE_CHECKING:
    from kamlib.data.plan import Plan


@dataclass(frozen=True)
class TableQuality:
    """What became of the rows of one table.

    Parameters
    ----------
    table : str
        The canonical name.
    files : tuple of str
        As the engagement file writes them.
    rows_read : int
        Rows in the files; used + filtered + duplicate + refused.
    rows_used : int
        Rows in the frame, those after the as-of date among them.
    rows_filtered : int
        Rows that a `where` left out.
    rows_duplicate : int
        Equal rows that `distinct` left out.
    rows_after_as_of : int
        Rows used whose own date lies after the as-of date; no number looks at them.
    rows_refused : dict of str to int
        Why rows were refused, and how many.
    totals : dict of str to Decimal
        Exact sums of the amounts and quantities used, in the source's own currency.
    accounts : int
        Accounts with a row.
    first_date, last_date : date, optional
        Of the rows' own dates.
    """

    table: str
    files: tuple[str, ...]
    rows_read: int
    rows_used: int
    rows_filtered: int
    rows_duplicate: int
    rows_after_as_of: int
    rows_refused: dict[str, int]
    totals: dict[str, Decimal]
    accounts: int
    first_date: date | None = None
    last_date: date | None = None

    def counts(self) -> dict[str, int]:
        """Return the number of rows by what became of them."""
        return {
            "rows_read": self.rows_read,
            "rows_used": self.rows_used,
            "rows_filtered": self.rows_filtered,
            "rows_duplicate": self.rows_duplicate,
            "rows_after_as_of": self.rows_after_as_of,
            "rows_refused": sum(self.rows_refused.values()),
        }


@dataclass(frozen=True)
class Quality:
    """The account of every row, table by table, and every problem that did not stop the run."""

    tables: dict[str, TableQuality] = field(default_factory=dict)
    problems: list[KamError] = field(default_factory=list)


@dataclass(frozen=True)
class Tables:
    """The tables of an engagement.

    Parameters
    ----------
    frames : dict of str to DataFrame
        The supplied tables with every column of their schema, all missing where nothing is mapped. Ids and texts
        are ``str`` (in `orders` ``category``), numbers and flags float64, dates and timestamps datetime64.
    mapped : dict of str to frozenset of str
        The columns that a source really gives.
    quality : Quality
        What became of every row.
    quarantined : dict of str to list of KamError
        Accounts set aside, with the reasons; their rows are in no frame.
    as_of : date, optional
        The engagement's own as-of date.
    plans : dict of str to Plan
        The judgement of the workshop, by account id.
    """

    frames: dict[str, pd.DataFrame]
    mapped: dict[str, frozenset[str]]
    quality: Quality = field(default_factory=Quality)
    quarantined: dict[str, list[KamError]] = field(default_factory=dict)
    as_of: date | None = None
    plans: dict[str, Plan] = field(default_factory=dict)

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.frames[name]

    def __contains__(self, name: str) -> bool:
        return name in self.frames

    def get(self, name: str) -> pd.DataFrame | None:
        """Return a table, or None if it is not supplied."""
        return self.frames.get(name)
