"""What a column and a table of the schema are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Kind = Literal["id", "text", "number", "integer", "date", "timestamp", "flag", "choice"]
Nature = Literal["event-like", "state-like"]

FLAGS = {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0}
FORMS = {
    "month": (r"\d{4}-(0[1-9]|1[0-2])", "a month as 2026-06"),
    "period": (
        r"\d{4}(Q[1-4]|-(0[1-9]|1[0-2]))?|\d{4}-\d{2}-\d{2}/\d{4}-\d{2}-\d{2}",
        "a period as 2026, 2026Q2, 2026-06 or 2026-03-01/2026-05-31",
    ),
    "currency": (r"[A-Z]{3}", "a currency code of three capitals as CNY"),
}


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Parameters
    ----------
    name : str
        The canonical name.
    kind : str
        ``id`` and ``text`` stay text; ``number``, ``integer`` and ``flag`` become float64; ``date`` and
        ``timestamp`` become datetime64; ``choice`` is a text of the closed list `choices`.
    unit : str
        ``money`` for amounts in the row's currency, else the unit in words; blank for texts.
    key, required : bool
        Whether the column is part of the key; whether its cells may not be blank.
    choices : tuple of str
        The closed list of a ``choice``.
    low, high : float, optional
        The bounds of a number, inclusive.
    form : str
        A key of `FORMS` for texts of a fixed form.
    later : bool
        Whether the cell is filled in after the row's own date (F2).
    known_with : str
        For a later cell without a date of its own: the column that holds its date.
    undated : bool
        Whether the cell is as of today (F2).
    note, unlocks : str
        What it means; what it makes measurable.
    """

    name: str
    kind: Kind
    unit: str = ""
    key: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    form: str = ""
    later: bool = False
    known_with: str = ""
    undated: bool = False
    note: str = ""
    unlocks: str = ""

    def meaning(self) -> str:
        """Return the note with the closed list, the bounds or the form, for the data dictionary."""
        parts = [self.note] if self.note else []
        parts += [f"one of {', '.join(self.choices)}"] if self.choices else []
        parts += [f"{self.low:g} to {self.high:g}"] if self.low is not None and self.high is not None else []
        parts += [FORMS[self.form][1]] if self.form else []
        return "; ".join(parts)


@dataclass(frozen=True)
class Table:
    """One canonical table.

    Parameters
    ----------
    name : str
        The canonical name.
    columns : tuple of Column
        In the order of the frames.
    nature : str
        ``event-like``: no row means that nothing happened; ``state-like``: no row means not known (F3).
    date : str
        The column with the row's own date; blank where rows have none.
    owner : str
        The column through which a row belongs to an account: ``account_id``, or the key of the table
        named in `owner_table`; blank where rows belong to no account.
    note : str
        What one row is.
    """

    name: str
    columns: tuple[Column, ...]
    nature: Nature
    date: str = ""
    owner: str = ""
    owner_table: str = "accounts"
    note: str = ""

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns under their names."""
        return {column.name: column for column in self.columns}

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the key columns."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def later(self) -> tuple[str, ...]:
        """The names of the columns that are filled in after the row's own date."""
        return tuple(column.name for column in self.columns if column.later)

    @property
    def money(self) -> tuple[str, ...]:
        """The names of the columns with amounts of money."""
        return tuple(column.name for column in self.columns if column.unit == "money")

    @property
    def summed(self) -> tuple[str, ...]:
        """The names of the columns whose control totals are kept: money and counted units."""
        return tuple(column.name for column in self.columns if column.unit in {"money", "units"})
