"""What the backtest notebook may see: the judgement of the early warning, in counts and rates, no account of it."""

from __future__ import annotations

import pandas as pd

from kamlib.backtest import Backtest, backtest
from kamlib.checks import KamError
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.packs.named import opened_pack
from kamlib.packs.pack import Pack
from kamlib.packs.rows import columns, plain

NAME = "backtest"
FRAMES = ("per_date", "scores", "levels", "signals", "lift", "calibration")


class Findings(Pack):
    """What the backtest notebook may see, in the reader's language."""

    @property
    def account_id(self) -> str:
        return NAME

    @property
    def name(self) -> str:
        return self.data["engagement"]

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the backtest's tables: per_date, scores, levels, signals, lift, calibration."""
        return pd.DataFrame(self.data[name])


def backtest_pack(engagement: Engagement, tables: Tables) -> dict:
    """Run the backtest and put its result into a pack.

    Parameters
    ----------
    engagement : Engagement
    tables : Tables
        As read.

    Returns
    -------
    dict
        JSON-ready; ``reason`` in place of the tables where the history allows no backtest.
    """
    head = {
        "schema": 1,
        "as_of": engagement.as_of.isoformat(),
        "currency": engagement.currency,
        "engagement": engagement.name,
        "synthetic": engagement.synthetic,
        "rows": {name: table.counts()["rows_used"] for name, table in tables.quality.tables.items()},
        "policy": engagement.policy.leaves(),
    }
    try:
        found = backtest(tables, engagement)
    except KamError as error:
        return head | {"reason": error.why}
    return head | {"reason": None, **_result(found)}


def _result(found: Backtest) -> dict:
    rows = found.rows
    return {
        "dates": [day.isoformat() for day in found.dates],
        "horizon": found.horizon,
        "left_out": list(found.left_out),
        "verdict": found.verdict,
        "accounts_count": int(rows["account_id"].nunique()),
        "rows_count": len(rows),
        "events_count": int(rows["is_lost"].sum()),
        "lapsed_count": int(rows["is_lapsed"].sum()),
        "brier": {name: plain(value) for name, value in found.brier.items()},
        **{name: columns(_named(getattr(found, name))) for name in FRAMES},
    }


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index(names="id")


def open_backtest(
    engagement: str = "params/sample.yaml",
    *,
    as_of: str = "",
    language: str = "",
    edition: str = "internal",
    pack: str = "",
) -> Findings:
    """Open what the backtest notebook works on.

    Parameters
    ----------
    engagement : str
        The engagement file, looked for from the working directory upwards.
    as_of : str
        Last day of the data that counts; blank for the engagement's own.
    language : str
        ``en``, ``zh``, or blank for the engagement's own.
    edition : str
        ``internal``.
    pack : str
        Path of a pack file that the batch has written; blank runs the backtest.

    Returns
    -------
    Findings

    Raises
    ------
    InvalidInput
        The engagement's tables cannot be used.
    """
    return opened_pack(Findings, backtest_pack, engagement, as_of=as_of, language=language, edition=edition, pack=pack)
