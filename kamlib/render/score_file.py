"""Every number as one file, for a spreadsheet or a warehouse."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from kamlib.checks import KamError

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


def write_scores(frame: pd.DataFrame, path: Path) -> None:
    """Write scores as CSV or Parquet, by the file's ending.

    Parameters
    ----------
    frame : DataFrame
        One row per level, id and metric, as `kamlib.scores.Scores.frame` returns it.
    path : Path
        Ends in ``.csv`` or ``.parquet``. In CSV, a text that a spreadsheet would take for a formula is
        led by an apostrophe; Parquet keeps every text as it is.

    Raises
    ------
    KamError
        ``KAM-X05``: another ending.
    """
    if path.suffix == ".parquet":
        duckdb.from_df(frame).write_parquet(str(path))
    elif path.suffix == ".csv":
        without_formulas(frame).to_csv(path, index=False, lineterminator="\n")
    else:
        raise KamError("KAM-X05", "ends neither in .csv nor in .parquet", "name the file scores.csv or scores.parquet", file=str(path))


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Lead every text that a spreadsheet would take for a formula with an apostrophe; numbers stay as they are.

    Parameters
    ----------
    frame : DataFrame
        Any index.

    Returns
    -------
    DataFrame
        Of the same shape.

    Examples
    --------
    >>> without_formulas(pd.DataFrame({"id": ["=1+1", "A-1"], "value": [-5.0, 2.0]}))
          id  value
    0  '=1+1   -5.0
    1    A-1    2.0
    """
    texts = frame.select_dtypes(exclude="number")
    return frame.assign(**{name: column.map(_led, na_action="ignore") for name, column in texts.items()})


def _led(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
