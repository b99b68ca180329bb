"""Risk and relationship as the portfolio review shows them: who is in danger, what a year of losses would cost, stage by tenure."""

from __future__ import annotations

import pandas as pd

from kamlib import periods, scorecards, value
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.groups import group_root
from kamlib.packs.rows import plain
from kamlib.playbook import playbook
from kamlib.scores import Scores
from kamlib.warning import SIGNALS

LOST = ("revenue_amount", "margin_amount", "target_amount")


def main_signals(values: pd.DataFrame, engagement: Engagement) -> pd.Series:
    """Name of each account the signal that takes most of the remaining safety; blank where none is lit.

    Parameters
    ----------
    values : DataFrame, one row per account
        With a column per signal.
    engagement : Engagement

    Returns
    -------
    Series of str
    """
    weights = engagement.policy.warning.weights.model_dump()
    lit = pd.DataFrame({name: values.get(f"{name}_signal", 0.0) * weights[name] for name in SIGNALS}, index=values.index).fillna(0.0)
    return lit.idxmax(axis=1).astype("str").where(lit.max(axis=1) > 0)


def drill(tables: Tables, scores: Scores, engagement: Engagement) -> dict | None:
    """Lose groups of accounts by chance, and sum up what that would cost.

    Parameters
    ----------
    tables : Tables
        As known at the date.
    scores : Scores
    engagement : Engagement

    Returns
    -------
    dict or None
        ``seed draws largest_exit``, ``curve`` (`value.exceedance_curve`), ``trend`` (`value.concentration_trend`), and per measure
        ``mean worst beyond largest total``; None where nobody buys.

    Notes
    -----
    A group is lost as one, with the revenue-weighted mean of its accounts' chances.
    """
    values = scores.values["account"]
    active = values[values["revenue_amount"] > 0].copy()
    if not len(active):
        return None
    roots = group_root(tables["accounts"]).reindex(active.index)
    covered = active["margin_rate_coverage"] >= engagement.policy.value.minimum_cost_coverage
    targets = _targets(tables, scores, engagement).reindex(active.index)
    amounts = active[["revenue_amount"]].assign(margin_amount=active["margin_amount"].where(covered), target_amount=targets)
    sums = amounts.groupby(roots).sum(min_count=1)
    weighed = (active["loss_probability_rate"] * active["revenue_amount"]).groupby(roots).sum()
    chances = (weighed / sums["revenue_amount"]).clip(0, 1).rename("loss_probability_rate")
    measures = [name for name in LOST if sums[name].notna().any()]
    found = value.loss_drill(sums[measures].join(chances), measures, rules=engagement.policy.drill)
    summary = found.summary.rename(columns=lambda name: name.removesuffix("_amount").removesuffix("_exit"))
    names = tables["accounts"].set_index("account_id")["name"]
    curve = value.exceedance_curve(found.losses["revenue_amount"])
    dates = periods.quarter_points(scores.as_of)
    trend = value.concentration_trend(tables["orders"], dates=dates, group=group_root(tables["accounts"])).dropna()
    return {
        "curve": {name: [plain(cell) for cell in curve[name]] for name in curve},
        "trend": [{"as_of": day.isoformat(), **{name: plain(cell) for name, cell in row.items()}} for day, row in trend.iterrows()],
        "seed": found.seed,
        "draws": found.draws,
        "largest_exit": plain(names.get(found.largest_exit)) or found.largest_exit,
        "measures": {name: {key: plain(cell) for key, cell in row.items()} for name, row in summary.iterrows()},
    }


def _targets(tables: Tables, scores: Scores, engagement: Engagement) -> pd.Series:
    """Return the revenue target of the current period of each account, where it has one."""
    targets = tables.get("targets")
    if targets is None:
        return pd.Series(dtype=float)
    units = {metric: entry["unit"] for metric, entry in playbook("metrics").items()}
    rows = targets[targets["scope"] == "account"]
    rows = scorecards.current_targets(rows, as_of=scores.as_of, units=units, fiscal_year_start=engagement.fiscal_year_start)
    rows = rows[rows["metric"] == "revenue_amount"]
    return rows.set_index("id")["target"].groupby(level=0).first()
