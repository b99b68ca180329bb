"""What moved over all accounts since the last review, what became of what was said, and the moves that this week decides."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from kamlib import review
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.packs.build import PackBuilder
from kamlib.packs.rows import plain
from kamlib.periods import Window, months_before
from kamlib.scores import Scores
from kamlib.scores.facts import daily_facts

WEEK_DAYS, MOST_MOVES, MOST_NAMES = 7, 10, 3
YEAR_MONTHS, LOST_BELOW = 12, 0.5
LEVELS = ("green", "amber", "red")
COMPARED = ("revenue_amount", "loss_risk", "risk_level", "loss_probability_rate", "revenue_at_risk_amount")


def moved_since(
    engagement: Engagement, tables: Tables, scores: Scores, *, since: date | None = None, stored: pd.DataFrame | None = None
) -> dict:
    """Put together what moved between two dates over all accounts, and the moves of the week.

    Parameters
    ----------
    engagement : Engagement
    tables : Tables
        As read.
    scores : Scores
    since : date, optional
        The last review; by default as many months ago as the policy says.
    stored : DataFrame, optional
        The numbers of a stored run in place of recomputed ones, indexed by account.

    Returns
    -------
    dict
        JSON-ready: ``since revenue risk actions forecast graded week``.

    References
    ----------
    M27, rulings F75, F76.
    """
    builder = PackBuilder(engagement, tables, scores, since=since)
    decide = builder.decisions
    now = scores.values["account"].reindex(columns=list(COMPARED))
    nobody = scores.values["account"].iloc[:0]
    anew = decide.earlier.values["account"] if stored is None and decide.earlier is not None else nobody
    then = (anew if stored is None else stored).reindex(columns=list(COMPARED))
    names = builder.tables["accounts"].set_index("account_id")["name"]
    return {
        "since": decide.since.isoformat(),
        "is_stored": stored is not None,
        "revenue": _revenue(then["revenue_amount"], now["revenue_amount"], names),
        "risk": _risk(then, now, names),
        "actions": _actions(tables, decide.since, scores.as_of, names),
        "forecast": _forecast(builder, decide.since, scores.as_of),
        "graded": _graded(builder, then, decide.since, scores.as_of),
        "week": _week(builder, names),
    }


def _revenue(then: pd.Series, now: pd.Series, names: pd.Series) -> dict:
    parts = review.status_parts(then, now)
    change = now.fillna(0.0).sub(then.fillna(0.0), fill_value=0.0)
    ranked = change[change != 0].sort_values(kind="stable")
    most = [[names.get(key, key), float(amount)] for key, amount in [*ranked[::-1][:MOST_NAMES].items(), *ranked[:MOST_NAMES].items()]]
    rows = [[state, int(entry["count"]), float(entry["amount"])] for state, entry in parts.iterrows()]
    return {"then": float(then.sum()), "now": float(now.sum()), "parts": rows, "most": most}


def _risk(then: pd.DataFrame, now: pd.DataFrame, names: pd.Series) -> dict:
    both = pd.DataFrame({"risk_level_then": then["risk_level"], "risk_level_now": now["risk_level"]})
    place = {level: number for number, level in enumerate(LEVELS)}
    rank = both.map(lambda level: place.get(level, 0) if isinstance(level, str) else 0)
    worse = rank.index[rank["risk_level_now"] > rank["risk_level_then"]]
    better = rank.index[rank["risk_level_now"] < rank["risk_level_then"]]
    order = now["revenue_amount"].fillna(0.0).sort_values(ascending=False, kind="stable").index
    listed = {"worse": [key for key in order if key in set(worse)], "better": [key for key in order if key in set(better)]}
    found = {name: [[names.get(key, key), plain(both.at[key, "risk_level_now"])] for key in keys] for name, keys in listed.items()}
    money = [float(side["revenue_at_risk_amount"].sum()) for side in (then, now)]
    counts = [[int((both[column] == level).sum()) for level in LEVELS] for column in ("risk_level_then", "risk_level_now")]
    return found | {"at_risk": money, "counts": counts}


def _actions(tables: Tables, since: date, as_of: date, names: pd.Series) -> dict:
    done, slipped = [], []
    for account, plan in sorted(tables.plans.items()):
        for action in plan.known_at(as_of).actions:
            entry = [names.get(account, account), action.text, action.owner, action.due and action.due.isoformat()]
            if action.done_on and since < action.done_on <= as_of:
                done.append(entry)
            elif action.due and not action.done_on and action.due < as_of:
                slipped.append(entry)
    return {"done": done, "slipped": slipped}


def _forecast(builder: PackBuilder, since: date, as_of: date) -> list | None:
    told = builder.tables.get("forecasts")
    if told is None:
        return None
    wape, bias = review.forecast_grade(told, builder.tables["orders"], since=Window(since, as_of))
    return [plain(wape), plain(bias)] if wape == wape else None


def _graded(builder: PackBuilder, then: pd.DataFrame, since: date, as_of: date) -> dict:
    """Grade the chances of loss given at the last review once their twelve months are over; else say when."""
    due = months_before(since, -YEAR_MONTHS)
    if due > as_of:
        return {"due_on": due.isoformat()}
    sales = daily_facts(builder.tables, as_of)["sales"]
    after = Window(since, due)
    owner = sales["account_id"].astype("str")
    before = then["revenue_amount"]
    bought = sales.loc[after.contains(sales["order_date"]), "net_revenue"].groupby(owner).sum().reindex(before.index).fillna(0.0)
    active = before > 0
    lost = (bought < LOST_BELOW * before)[active]
    chance = then["loss_probability_rate"].astype(float)[active]
    base = float(lost.mean()) if len(lost) else float("nan")
    plain_guess = review.brier_score(pd.Series(base, index=lost.index), lost) if len(lost) else float("nan")
    found = {"brier": plain(review.brier_score(chance, lost)), "base_brier": plain(plain_guess), "lost_count": int(lost.sum())}
    return found | {"graded_count": int(active.sum())}


def _week(builder: PackBuilder, names: pd.Series) -> list[dict]:
    """Return over all accounts the moves that are due within a week, the weightiest first."""
    until, found = builder.scores.as_of + timedelta(days=WEEK_DAYS), []
    for account_id in builder.account_ids():
        moves = builder.next_moves(account_id)
        found += [(account_id, move) for move in moves if move.due <= until]
    found.sort(key=lambda pair: (-pair[1].money * pair[1].urgency, pair[1].due, pair[0], pair[1].id))
    managers = builder.tables["accounts"].set_index("account_id")["manager_id"]
    return [
        builder.decisions.plain_move(move) | {"account_id": key, "name": names.get(key, key), "manager_id": plain(managers.get(key))}
        for key, move in found[:MOST_MOVES]
    ]
