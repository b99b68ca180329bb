"""The tables as they were known at an earlier date: nothing later than that day exists (F2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from kamlib.data.schema import TABLES, Table, undated_columns
from kamlib.data.tables import Tables
from kamlib.periods import period_window

__all__ = ["known_at", "without_undated"]


def known_at(tables: Tables, as_of: date) -> Tables:
    """Leave out every row of a later day and blank every cell that was filled in later.

    Parameters
    ----------
    tables : Tables
        What was read. Frames may be summed up or lack columns, as long as the dates are there.
    as_of : date
        The day at whose end the tables stand, inclusive.

    Returns
    -------
    Tables
        The same tables. A row counts by its own date (a row without one stays); a month or period counts from its
        last day on; payments and approvals follow their invoices and orders. Where accounts or contacts have
        `valid_from`, each keeps its newest row of that day. Forecasts and targets are plans and stay.

    Notes
    -----
    Undated attributes are as of today: a recomputed past drops them with `without_undated`.

    References
    ----------
    Ruling F2.

    Examples
    --------
    >>> orders = pd.DataFrame({"order_date": pd.to_datetime(["2024-03-01", "2024-06-01"]),
    ...                        "delivered_on": pd.to_datetime(["2024-05-02", None])})
    >>> known_at(Tables({"orders": orders}, {}), date(2024, 3, 31))["orders"]
      order_date delivered_on
    0 2024-03-01          NaT
    """
    after = pd.Timestamp(as_of + timedelta(days=1))
    frames = {name: _blanked(_rows(frame, TABLES[name], after), TABLES[name], after) for name, frame in tables.frames.items()}
    for name, frame in frames.items():
        owner = frames.get(TABLES[name].owner_table)
        key = TABLES[name].owner
        if TABLES[name].owner_table != "accounts" and owner is not None and key in owner:
            frames[name] = frame[frame[key].isin(owner[key])]
    return replace(tables, frames=frames)


def without_undated(tables: Tables) -> tuple[Tables, list[str]]:
    """Blank the attributes that say nothing of the past, and name them.

    Parameters
    ----------
    tables : Tables
        As `known_at` returns them for a day before the engagement's own.

    Returns
    -------
    tuple of Tables and list of str
        The tables with undated attributes missing, and their names as ``table.column``, those only that were given.
        A table with `valid_from` keeps its attributes.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["A1"], "outlook": ["growing"]})
    >>> past, left_out = without_undated(Tables({"accounts": accounts}, {"accounts": frozenset({"account_id", "outlook"})}))
    >>> left_out, bool(past["accounts"]["outlook"].isna().all())
    (['accounts.outlook'], True)
    """
    frames, left_out = dict(tables.frames), []
    for name, columns in undated_columns().items():
        frame = frames.get(name)
        if frame is None or "valid_from" in tables.mapped.get(name, ()):
            continue
        given = [column for column in columns if column in frame]
        frames[name] = frame.assign(**{column: frame[column].mask(frame[column].notna()) for column in given})
        left_out += [f"{name}.{column}" for column in given if column in tables.mapped.get(name, ())]
    return replace(tables, frames=frames), left_out


def _rows(frame: pd.DataFrame, table: Table, after: pd.Timestamp) -> pd.DataFrame:
    if table.date in frame:
        day = frame[table.date]
        day = day if table.by_name[table.date].kind in ("date", "timestamp") else _last_day(day)
        frame = frame[~(day >= after)]
    if "valid_from" not in frame or not frame["valid_from"].notna().any():
        return frame
    known = frame[~(frame["valid_from"] >= after)].sort_values("valid_from", kind="stable", na_position="first")
    return known.drop_duplicates(table.keys[0], keep="last").sort_index()


def _blanked(frame: pd.DataFrame, table: Table, after: pd.Timestamp) -> pd.DataFrame:
    changed = {}
    for column in table.columns:
        dated = column.known_with or column.name
        if column.later and column.name in frame and dated in frame:
            unknown = frame[dated] >= after
            if column.known_with and frame[dated].notna().any():
                unknown |= frame[dated].isna()  # what has no date in a dated column has not happened yet
            changed[column.name] = frame[column.name].mask(unknown)
    return frame.assign(**changed)


def _last_day(periods: pd.Series) -> pd.Series:
    """Return the last day of each period: of a year, a quarter (2026Q2) or a month (2026-06)."""
    values = {text: pd.Timestamp(period_window(text).until) for text in periods.dropna().unique()}
    return pd.to_datetime(periods.map(values))
