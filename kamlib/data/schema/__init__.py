"""The canonical tables: which columns there are, what they mean, what each one makes measurable."""

from __future__ import annotations

from kamlib.data.schema.columns import Column, Table
from kamlib.data.schema.tables import TABLES

__all__ = ["TABLES", "Column", "Table", "data_dictionary", "undated_columns"]

_HEAD = """# Data dictionary

The tables that an engagement can supply, under their canonical names. Only `accounts` and `orders` are needed;
every further table or column makes more measurable. This page is written by `kamlib.data.schema.data_dictionary()`.

- **Key** columns together stand once per table. **Required** cells may not be blank; all others may.
- Ids and texts stay as they are written (`00123` is not `123`, `NA` is a text). Dates are calendar days, timestamps local
  wall-clock times. A month is written `2026-06`, a period `2026`, `2026Q2` or `2026-06`.
- A rate or share is a fraction (0.15, not 15). Money is in the engagement currency, or in the currency of the row's
  `currency` cell, which the table `rates` then converts.
- *Later* cells are blank at a date before their own; *undated* cells are as of today and are left out of a recomputed past.
- In an event-like table no row for an account means that nothing happened; in a state-like table it means not known.
"""


def undated_columns() -> dict[str, tuple[str, ...]]:
    """Return for each table the columns that hold today's state without saying since when (F2).

    Examples
    --------
    >>> undated_columns()["contacts"]
    ('influence', 'attitude', 'style', 'backup_id')
    """
    found = {name: tuple(column.name for column in table.columns if column.undated) for name, table in TABLES.items()}
    return {name: columns for name, columns in found.items() if columns}


def data_dictionary() -> str:
    """Return every table and column as one Markdown page, ``docs/data-dictionary.md``."""
    return _HEAD + "".join(_table_section(table) for table in TABLES.values())


def _table_section(table: Table) -> str:
    about = [f"{table.note}", f"Nature: {table.nature}."]
    about += [f"Row date: `{table.date}`."] if table.date else []
    head = f"\n## {table.name}\n\n{' '.join(about)}\n\n| column | kind | unit | | meaning | makes measurable |\n|---|---|---|---|---|---|\n"
    return head + "".join(_column_row(column) for column in table.columns)


def _column_row(column: Column) -> str:
    marks = [("key", column.key), ("required", column.required), ("later", column.later), ("undated", column.undated)]
    marked = ", ".join(word for word, applies in marks if applies)
    cells = (f"`{column.name}`", column.kind, column.unit, marked, column.meaning(), column.unlocks)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
