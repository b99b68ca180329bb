"""Every number as one file, for a spreadsheet or a warehouse."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from kamlib.checks import KamError

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")
_IN_ORDER = {"threads": "1", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


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
    with duckdb.connect(config=_IN_ORDER) as con:
        rows = con.from_df(frame)
        if path.suffix == ".parquet":
            rows.write_parquet(str(path))
        elif path.suffix == ".csv":
            texts = frame.columns[frame.dtypes == "str"]
            rows.query("scores", f"SELECT * REPLACE ({', '.join(map(_without_formulas, texts))}) FROM scores").write_csv(str(path))
        else:
            raise KamError("KAM-X05", "ends neither in .csv nor in .parquet", "name the file scores.csv or scores.parquet", file=str(path))


def _without_formulas(name: str) -> str:
    starts = ", ".join(str(ord(start)) for start in FORMULA_STARTS)
    return f'CASE WHEN ord("{name}") IN ({starts}) THEN chr(39) || "{name}" ELSE "{name}" END AS "{name}"'
