"""The numbers as one table, and a reason beside each that is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from kamlib.data.tables import Tables
from kamlib.playbook import playbook
from kamlib.scores.facts import LEVELS
from kamlib.scores.price import Prices

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
    prices : Prices or None
        Discounts and exceptions, order by order; None where no order has a list price.
    """

    as_of: date
    values: dict[str, pd.DataFrame]
    prices: Prices | None = None

    def frame(self) -> pd.DataFrame:
        """Return one row per level, id and metric, as ``kam score`` writes it."""
        return pd.concat([_long(self.values[level], level) for level in LEVELS], ignore_index=True)


def explained(frame: pd.DataFrame, level: str, tables: Tables) -> pd.DataFrame:
    """Say of every metric without a value why: the table or column that is not there, else that no row is."""
    added, blank = {}, np.full(len(frame), np.nan)
    throughout = cache(lambda reason: pd.array([reason], dtype="str").repeat(len(frame)))
    for metric, entry in _metrics(level).items():
        said, missing = f"{metric}_note", _not_supplied(entry["inputs"], tables)
        if level == "account" and "per_account" in entry:
            added |= {metric: blank, said: throughout(entry["per_account"])}
        elif metric not in frame and said not in frame:
            added |= {metric: blank, said: throughout(missing or "no_rows")}
        else:
            values, note = frame.get(metric, blank), frame[said].astype("str").array if said in frame else throughout(None)
            unsaid = pd.isna(values) & (note.isna() | (missing is not None))
            if unsaid.any():
                note = pd.array(np.where(unsaid, missing or "no_rows", note.to_numpy()), dtype="str")
            added |= {metric: values, said: note}
    return frame.drop(columns=frame.columns.intersection(list(added))).join(pd.DataFrame(added, index=frame.index))


def _metrics(level: str) -> dict[str, dict]:
    return {metric: entry for metric, entry in playbook("metrics").items() if level in entry["level"]}


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


def _long(frame: pd.DataFrame, level: str) -> pd.DataFrame:
    """Put the metrics of a level below one another, each with a row per id."""
    metrics, count = _metrics(level), len(frame)
    columns = {name: column.to_numpy() for name, column in frame.items()}
    numbers, words = np.full(count, np.nan), np.full(count, np.nan, dtype=object)
    is_text = {metric: columns[metric].dtype == object for metric in metrics}
    texts = {
        "level": np.full(count * len(metrics), level, dtype=object),
        "id": np.tile(frame.index.to_numpy(), len(metrics)),
        "metric": np.repeat(np.array(list(metrics), dtype=object), count),
        "text": np.concatenate([columns[metric] if is_text[metric] else words for metric in metrics]),
        "unit": np.repeat(np.array([entry["unit"] for entry in metrics.values()], dtype=object), count),
        "note": np.concatenate([columns[f"{metric}_note"] for metric in metrics]),
    }
    amounts = {
        "value": np.concatenate([numbers if is_text[metric] else columns[metric] for metric in metrics]),
        "coverage": np.concatenate([columns.get(f"{metric}_coverage", numbers) for metric in metrics]),
    }
    return pd.DataFrame({**{name: pd.array(cells, dtype="str") for name, cells in texts.items()}, **amounts})[COLUMNS]
