"""One table cut by account, ready for JSON: columns of plain arrays, sorted once."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

DIGITS = 10


class AccountRows:
    """The rows of one table, account by account, in the order of the table.

    Parameters
    ----------
    frame : DataFrame
        With a column ``account_id``.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        owner = frame["account_id"].astype("category")
        codes = owner.cat.codes.to_numpy()
        order = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(owner.cat.categories) + 1))
        self._slices = {key: slice(*bounds[place : place + 2]) for place, key in enumerate(owner.cat.categories)}
        kept = frame.drop(columns="account_id").dropna(axis="columns", how="all")
        self._columns = {name: _arrays(kept[name].iloc[order]) for name in kept}

    def count(self, account_id: str) -> int:
        """Return the number of the account's rows."""
        part = self._slices.get(account_id, slice(0, 0))
        return int(part.stop - part.start)

    def of(self, account_id: str) -> dict[str, list]:
        """Return the account's rows as ``columns`` and ``rows``, leaving out columns that it leaves blank."""
        part = self._slices.get(account_id, slice(0, 0))
        cells = {name: _cells(arrays, part) for name, arrays in self._columns.items()}
        filled = {name: column for name, column in cells.items() if any(cell is not None for cell in column)}
        return {"columns": list(filled), "rows": [list(row) for row in zip(*filled.values(), strict=True)]}


def owned_frames(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables whose rows belong to accounts, payments by the account of their invoice; not the accounts themselves.

    Examples
    --------
    >>> frames = {"invoices": pd.DataFrame({"invoice_id": ["I1"], "account_id": ["A"]}), "payments": pd.DataFrame({"invoice_id": ["I1"]})}
    >>> found = owned_frames(frames | {"market": pd.DataFrame({"size": [1.0]})})
    >>> sorted(found), found["payments"]["account_id"].tolist()
    (['invoices', 'payments'], ['A'])
    """
    found = dict(frames)
    if {"payments", "invoices"} <= found.keys():
        owner = found["invoices"].set_index("invoice_id")["account_id"]
        found["payments"] = found["payments"].assign(account_id=found["payments"]["invoice_id"].map(owner))
    return {name: frame for name, frame in found.items() if name != "accounts" and "account_id" in frame}


def plain(cell):
    """Return a cell as JSON knows it: text, finite number, ISO date or None.

    Examples
    --------
    >>> plain(pd.Timestamp("2026-06-30")), plain(float("nan")), plain(1.5)
    ('2026-06-30', None, 1.5)
    """
    if cell is None or isinstance(cell, str):
        return cell
    if pd.isna(cell):
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.date().isoformat() if cell == cell.normalize() else cell.isoformat()
    number = float(cell)
    return round(number, DIGITS) if math.isfinite(number) else None


def columns(frame: pd.DataFrame) -> dict[str, list]:
    """Return a frame column by column, as JSON knows it; its index is left out.

    Examples
    --------
    >>> columns(pd.DataFrame({"name": ["risk", "trend"], "auc": [0.5, float("nan")]}))
    {'name': ['risk', 'trend'], 'auc': [0.5, None]}
    """
    return {name: [plain(cell) for cell in frame[name]] for name in frame}


def _arrays(column: pd.Series) -> tuple[np.ndarray, list | None]:
    """Return a column's array, and the texts that its codes stand for where it has few different ones."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), [*column.cat.categories, None]
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.to_numpy(), None
    return column.to_numpy(dtype=float if pd.api.types.is_numeric_dtype(column) else object), None


def _cells(arrays: tuple[np.ndarray, list | None], part: slice) -> list:
    values, texts = arrays[0][part], arrays[1]
    if texts is not None:
        return [texts[code] for code in values]
    if values.dtype.kind == "M":
        return [plain(stamp) for stamp in pd.DatetimeIndex(values)]
    if values.dtype.kind == "f":
        return [round(cell, DIGITS) if cell == cell else None for cell in values.tolist()]
    return [cell if isinstance(cell, str) else None for cell in values]
