"""Guards, and the one error that every refused input becomes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pandas as pd

EXIT_DONE, EXIT_BUG, EXIT_INVALID, EXIT_SOME_FAILED, EXIT_INTERRUPTED, EXIT_ENVIRONMENT = 0, 1, 2, 3, 4, 5

SHOWN_VALUE_LENGTH = 40


@dataclass(eq=False)
class KamError(ValueError):
    """One thing wrong with an input: where it is, what was found, why it is refused, how to mend it.

    Parameters
    ----------
    code : str
        ``KAM-`` and a letter (F file, V value, K key, C calculation, P params, R render, X export,
        S system) with two digits.
    why : str
        What is wrong, without the place and the value.
    fix : str
        What the reader does about it; blank where nothing has to be done.
    severity : str
        ``file`` stops the run, ``account`` sets one account aside, ``warning`` and ``info`` do not.
    file, sheet, column, value : str, optional
        The place and the text found there, as it stands in the source.
    line : int, optional
        Physical line of the record's first byte, counted from 1; in Excel the row.
    record : str, optional
        The key of the record, mostly the account.

    Examples
    --------
    >>> print(KamError("KAM-V01", 'is not a number with decimal "."', "set decimal: \\",\\"",
    ...                file="crm.csv", line=3, column="revenue", value="1.234,56"))
    crm.csv, line 3, column "revenue": "1.234,56" is not a number with decimal ".". Fix: set decimal: ",".
    """

    code: str
    why: str
    fix: str = ""
    severity: str = "file"
    file: str | None = None
    sheet: str | None = None
    line: int | None = None
    record: str | None = None
    column: str | None = None
    value: str | None = None

    def __post_init__(self) -> None:
        super().__init__(self.code, self.why)

    def __str__(self) -> str:
        place = [self.file, self.sheet and f'sheet "{self.sheet}"', self.line and f"line {self.line}"]
        place += [self.column and f'column "{self.column}"']
        where = ", ".join(part for part in place if part)
        found = "" if self.value is None else f'"{shown(self.value)}" '
        text = f"{where}: {found}{self.why}" if where else f"{found}{self.why}"
        text = text if text.endswith((".", "?")) else text + "."
        return f"{text} Fix: {self.fix.rstrip('.')}." if self.fix else text

    def as_dict(self) -> dict:
        """Return the fields and the text, for ``--json`` and the run's ledger."""
        return {**asdict(self), "text": str(self)}


class InvalidInput(ValueError):
    """Several `KamError` at once: everything found before the run was stopped.

    Parameters
    ----------
    problems : iterable of KamError
        In the order in which a reader meets them: by file, then by line.
    """

    def __init__(self, problems: Iterable[KamError]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


def shown(text: str) -> str:
    """Shorten a foreign text for a message and escape what would hide or turn it around.

    Examples
    --------
    >>> shown("12\\u202e34")
    '12\\\\u202e34'
    """
    visible = "".join(
        char if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} else char.encode("unicode_escape").decode()
        for char in str(text)
    )
    return visible if len(visible) <= SHOWN_VALUE_LENGTH else visible[: SHOWN_VALUE_LENGTH - 1] + "…"


def require_columns(frame: pd.DataFrame, columns: Iterable[str], *, table: str) -> None:
    """Raise unless the table has every one of the columns."""
    missing = [name for name in columns if name not in frame]
    if missing:
        raise ValueError(f"{table} lacks {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}")


def require_within(values: pd.Series, low: float, high: float, *, name: str) -> None:
    """Raise unless every entry lies in [low, high]; a blank is outside."""
    outside = values[~values.between(low, high)]
    if len(outside):
        first = ", ".join(f"{key}: {value:g}" for key, value in outside.head(3).items())
        raise ValueError(f"{name} must lie in [{low:g}, {high:g}]; {len(outside)} of {len(values)} do not ({first})")


def require_sum_to_one(weights: dict[str, float], *, name: str = "weights") -> None:
    """Raise unless the shares add up to 1, to a billionth."""
    total = sum(weights.values())
    if abs(total - 1) > 1e-9:
        listed = ", ".join(f"{key}={value:g}" for key, value in weights.items())
        raise ValueError(f"{name} must sum to 1, got {total:g} ({listed})")


def require_unique(values: pd.Series, *, name: str) -> None:
    """Raise unless no entry stands twice."""
    twice = values[values.duplicated()]
    if len(twice):
        raise ValueError(f"{name} must be unique; {', '.join(map(str, twice.head(3)))} stands twice")
