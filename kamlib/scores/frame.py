"""The numbers as one table, and a reason beside each that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kamlib.data.tables import Tables
from kamlib.playbook import playbook
from kamlib.scores.facts import LEVELS

COLUMNS = ["level", "id", "metric", "value", "text", "unit", "coverage", "note"]


@dataclass(frozen=True)
class Scores:
    """The numbers of one engagement at one date.

    Parameters
    ----------
    as_of : date
        The day at whose end the numbers stand.
    values : dict of str to DataFrame
        For each level (account, group, manager, portfolio) one row per id; a column per metric and per part of
        a metric, and ``<metric>_note`` and ``<metric>_coverage`` where a metric has one.
    """

    as_of: date
    values: dict[str, pd.DataFrame]

    def frame(self) -> pd.DataFrame:
        """Return one row per level, id and metric, as ``kam score`` writes it."""
        blocks = [block for level in LEVELS for block in _blocks(self.values[level], level)]
        return pd.concat(blocks, ignore_index=True)[COLUMNS]


def explained(frame: pd.DataFrame, level: str, tables: Tables) -> pd.DataFrame:
    """Say of every metric without a value why: the table or column that is not there, else that no row is."""
    added, blank = {}, pd.Series(np.nan, index=frame.index)
    for metric, entry in playbook("metrics").items():
        if level not in entry["level"]:
            continue
        if level == "account" and "per_account" in entry:
            added |= {metric: blank, f"{metric}_note": pd.Series(entry["per_account"], index=frame.index, dtype="str")}
            continue
        missing = _not_supplied(entry["inputs"], tables)
        values, note = frame.get(metric, blank), frame.get(f"{metric}_note", blank).astype("str")
        unsaid = values.isna() & (note.isna() | (missing is not None))
        added |= {metric: values, f"{metric}_note": note.mask(unsaid, missing or "no_rows") if unsaid.any() else note}
    return frame.drop(columns=frame.columns.intersection(list(added))).join(pd.DataFrame(added, index=frame.index))


def _not_supplied(inputs: list[str], tables: Tables) -> str | None:
    """Name the first input that is not there; of alternatives (``a or b``) one is enough, and the first is named."""
    for name in inputs:
        absent = [_absent(choice, tables) for choice in name.split(" or ")]
        if all(absent):
            return absent[0]
    return None


def _absent(name: str, tables: Tables) -> str | None:
    table, _, column = name.partition(".")
    if table not in tables:
        return f"no_table:{table}"
    return f"no_column:{name}" if column and column not in tables.mapped[table] else None


def _blocks(frame: pd.DataFrame, level: str) -> Iterator[pd.DataFrame]:
    blank = pd.Series(np.nan, index=frame.index)
    for metric, entry in playbook("metrics").items():
        if level not in entry["level"]:
            continue
        values = frame[metric]
        is_text = values.dtype.kind == "O" or isinstance(values.dtype, pd.StringDtype)
        yield pd.DataFrame(
            {
                "level": level,
                "id": frame.index,
                "metric": metric,
                "value": blank if is_text else values.astype(float),
                "text": values.astype("str") if is_text else blank.astype("str"),
                "unit": entry["unit"],
                "coverage": frame.get(f"{metric}_coverage", blank),
                "note": frame[f"{metric}_note"],
            }
        )
