"""Every number as one file, for a spreadsheet or a warehouse."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from kamlib.checks import KamError

HISTORY = "history"  # one file of numbers per date, beside the newest
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


def stored_scores(folder: Path, since: date, metrics: Iterable[str]) -> pd.DataFrame | None:
    """Return the accounts' numbers of a stored run.

    Parameters
    ----------
    folder : Path
        Output folder of the batch.
    since : date
        Date of the run.
    metrics : iterable of str

    Returns
    -------
    DataFrame or None
        Indexed by account, a column per metric; None where no run of that day is kept.
    """
    path = folder / HISTORY / f"scores-{since}.parquet"
    if not path.is_file():
        return None
    with duckdb.connect(config=_IN_ORDER) as con:
        rows = con.read_parquet(str(path)).df()
    rows = rows[(rows["level"] == "account") & rows["metric"].isin(metrics)]
    values = rows.pivot(index="id", columns="metric", values="value")
    words = rows.pivot(index="id", columns="metric", values="text")
    texts = [name for name in words if words[name].notna().any()]
    return values.drop(columns=texts).join(words[texts])


def _without_formulas(name: str) -> str:
    starts = ", ".join(str(ord(start)) for start in FORMULA_STARTS)
    return f'CASE WHEN ord("{name}") IN ({starts}) THEN chr(39) || "{name}" ELSE "{name}" END AS "{name}"'
