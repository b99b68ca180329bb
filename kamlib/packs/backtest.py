"""What the backtest notebook may see: the judgement of the early warning, in counts and rates, no account of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd

from kamlib.backtest import Backtest, backtest
from kamlib.checks import KamError
from kamlib.data.engagement import Engagement, load_engagement
from kamlib.data.read import read
from kamlib.data.tables import Tables
from kamlib.packs.build import canonical
from kamlib.packs.named import upwards
from kamlib.packs.pack import Pack
from kamlib.packs.rows import plain

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
        **{name: _columns(getattr(found, name)) for name in FRAMES},
    }


def _columns(frame: pd.DataFrame) -> dict[str, list]:
    named = frame.reset_index(names="id") if not isinstance(frame.index, pd.RangeIndex) else frame
    return {name: [plain(cell) for cell in named[name]] for name in named}


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
    if pack:
        return Findings(json.loads(Path(pack).read_text(encoding="utf-8")), language=language or "en", edition=edition)
    found = load_engagement(upwards(engagement))
    if as_of:
        found = found.model_copy(update={"as_of": date.fromisoformat(as_of)})
    data = json.loads(canonical(backtest_pack(found, read(found))))
    return Findings(data, language=language or found.language, edition=edition)
