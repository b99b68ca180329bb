"""Put the portfolio pack together: every account's scores in columns, the portfolio's own, and what the review needs beside them."""

from __future__ import annotations

import pandas as pd

from kamlib import selection
from kamlib.data.engagement import Engagement
from kamlib.data.history import known_at
from kamlib.data.tables import Tables
from kamlib.groups import group_of
from kamlib.packs import review
from kamlib.packs.cut_moves import policy_moves
from kamlib.packs.portfolio_levers import levers_audit
from kamlib.packs.portfolio_moved import moved_since
from kamlib.packs.portfolio_office import office_card
from kamlib.packs.portfolio_pay import pay_design
from kamlib.packs.portfolio_risk import drill, main_signals
from kamlib.packs.prices import PriceFacts
from kamlib.packs.rows import columns, plain
from kamlib.playbook import playbook
from kamlib.scores import Scores, trends
from kamlib.scores.facts import NO_MANAGER, PORTFOLIO

FACTS = ("account_id", "name", "manager_id", "parent_id")
KPIS = (
    "revenue_amount",
    "margin_rate",
    "dso_days",
    "growth_rate",
    "forecast_accuracy_rate",
    "satisfaction_score",
    "wallet_share",
    "new_customer_rate",
    "retention_rate",
    "on_time_rate",
)
AMOUNTS = ("revenue_prior_amount", "margin_amount")
CLASSES = ("abc_class", "value_class", "potential_class", "segment", "tier", "lifecycle_stage", "customer_status")
JUDGED = ("risk_level", "relationship_stage", "main_signal", "qualification_verdict")
PRICES = ("discount_rate", "within_authority_share", "price_exceptions_count", "price_exceptions_amount", "below_cost_amount")
RISKS = ("loss_risk", "revenue_at_risk_amount", "stage_lag", "qualification_score", "top_draws_share")
NUMBERS = ("margin_rate_coverage", "stars_count", "tenure_months", "potential_unmeasured_flag", "last_order_days")
ATTRIBUTES = ("industry", "region", "company_size", "channel")
NAMED_MOVES = 5
MOST_VALUES, BANDS = 20, 4


def portfolio_pack(engagement: Engagement, tables: Tables, scores: Scores) -> dict:
    """Put together what the portfolio review shows.

    Parameters
    ----------
    engagement : Engagement
    tables : Tables
        As read.
    scores : Scores
        Of the same tables.

    Returns
    -------
    dict
        JSON-ready, tables as columns: finite numbers, ISO dates, None for what is blank.
    """
    known = known_at(tables, scores.as_of)
    moves, summary = policy_moves(known, scores, engagement)
    mix, ranking = _profile(known, scores, engagement)
    accounts = _accounts(known, scores, engagement)
    offices, held_to, absent = office_card(known, engagement.policy, as_of=scores.as_of, fiscal_year_start=engagement.fiscal_year_start)
    priced = PriceFacts(known, scores, engagement.currency).of_all()
    frames = trends(tables, engagement.policy, as_of=scores.as_of, level=PORTFOLIO)
    metrics = list(dict.fromkeys(name for frame in frames.values() for name in frame if name in playbook("metrics")))
    return {
        "schema": 1,
        "as_of": scores.as_of.isoformat(),
        "currency": engagement.currency,
        "engagement": engagement.name,
        "synthetic": engagement.synthetic,
        "fiscal_year_start": engagement.fiscal_year_start,
        "accounts": columns(accounts),
        "managers": columns(_managers(known, scores)),
        "departments": columns(offices),
        "department_targets": columns(held_to),
        "departments_missing": absent,
        "groups": columns(_groups(known, scores)),
        "scores": _scores(scores),
        "trend_dates": [day.isoformat() for day in frames],
        "trends": {metric: _trend(frames, metric) for metric in metrics},
        "benchmarks": {},
        "week": moved_since(engagement, tables, scores),
        "missing": _missing(scores),
        "notes": _notes(scores),
        "sensitivity": columns(summary),
        "sensitivity_moves": columns(_largest_moves(moves[~moves["is_by_coverage"]], accounts)),
        "moved_accounts_count": int(moves.loc[~moves["is_by_coverage"], "account_id"].nunique()),
        "profile_mix": columns(mix),
        "profile_ranking": columns(ranking),
        "drill": drill(known, scores, engagement),
        "prices": priced,
        "pay_design": pay_design(known, scores, engagement, frames),
        "levers": levers_audit(known, scores, engagement, priced["walk"]),
        "weight_moves": columns(_weight_moves(scores, engagement)),
        "rows": {name: table.counts()["rows_used"] for name, table in known.quality.tables.items()},
        "quality": {name: table.counts() for name, table in known.quality.tables.items()},
        "set_aside_count": len(tables.quarantined),
        "policy": engagement.policy.leaves(),
    }


def _accounts(tables: Tables, scores: Scores, engagement: Engagement) -> pd.DataFrame:
    values = scores.values["account"]
    facts = tables["accounts"].set_index("account_id")[list(FACTS[1:])].reindex(values.index)
    facts["name"] = facts["name"].fillna(pd.Series(values.index, index=values.index))
    metrics = [*KPIS, *AMOUNTS, *CLASSES, *NUMBERS, *RISKS, *PRICES, *JUDGED]
    found = facts.join(values.assign(main_signal=main_signals(values, engagement)).reindex(columns=metrics))
    return review.largest_first(found.rename_axis("account_id").reset_index(), "revenue_amount")


def _managers(tables: Tables, scores: Scores) -> pd.DataFrame:
    values = scores.values["manager"]
    known = tables.get("managers")
    names = known.set_index("manager_id")["name"] if known is not None else pd.Series(dtype="str")
    count = tables["accounts"]["manager_id"].fillna(NO_MANAGER).value_counts()
    found = values.reindex(columns=[*KPIS, "revenue_prior_amount", "net_retention_rate", "active_accounts_count", "scorecard_score"])
    found.insert(0, "name", [names.get(key) for key in found.index])
    found = found.assign(accounts_count=count.reindex(found.index).fillna(0.0).astype(float))
    return review.largest_first(found.rename_axis("manager_id").reset_index(), "revenue_amount")


def _groups(tables: Tables, scores: Scores) -> pd.DataFrame:
    """Return the groups of two accounts and more, each under the name of its root."""
    members = group_of(tables["accounts"][tables["accounts"]["account_id"].isin(scores.values["account"].index)])
    values = scores.values.get("group")
    if values is None or not len(members):
        return pd.DataFrame()
    names = tables["accounts"].set_index("account_id")["name"]
    found = values.reindex(columns=[*KPIS, "revenue_prior_amount"]).rename_axis("group_id").reset_index()
    count = members.value_counts().reindex(found["group_id"]).to_numpy(dtype=float)
    names = found["group_id"].map(names).fillna(found["group_id"])
    found = found.assign(name=names, members_count=count)
    return review.largest_first(found, "revenue_amount")


def _weight_moves(scores: Scores, engagement: Engagement) -> pd.DataFrame:
    """Return which qualified accounts leave when one weight moves by ten points."""
    values = scores.values["account"]
    chosen = values["qualification_verdict"] == "qualified"
    if not chosen.any():
        return pd.DataFrame()
    open_ = values[values["top_draws_share"].notna()]
    criteria = open_[[f"{name}_score" for name in selection.COMPONENTS]].set_axis(selection.COMPONENTS, axis=1)
    return selection.weight_moves(criteria, engagement.policy.qualification.weights.model_dump(), top=int(chosen.sum()))


def _profile(tables: Tables, scores: Scores, engagement: Engagement) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare key accounts with all active ones, over the attributes that the source gives."""
    values, policy = scores.values["account"], engagement.policy
    attributes = [name for name in ATTRIBUTES if name in tables.mapped["accounts"]]
    facts = tables["accounts"].set_index("account_id")[attributes].reindex(values.index)
    if "product_line" in tables.mapped["orders"]:
        facts = facts.assign(main_product_line=selection.main_product_line(selection.product_mix(tables["orders"], as_of=scores.as_of)))
    facts = facts.assign(is_key=selection.key_accounts(values))[values["revenue_amount"] > 0]
    facts = facts.assign(**{name: _banded(facts[name]) for name in facts.columns.drop("is_key")})
    usable = [name for name in facts.columns.drop("is_key") if facts[name].nunique() > 1]
    if not usable or not facts["is_key"].any():
        return pd.DataFrame(), pd.DataFrame()
    least = policy.benchmark.minimum_accounts
    ranking = selection.attribute_ranking(facts, attributes=usable, minimum_accounts=least, rules=policy.profile)
    return selection.attribute_mix(facts, attributes=usable, minimum_accounts=least), ranking


def _banded(values: pd.Series) -> pd.Series:
    """Cut an attribute of many different numbers, such as employees, into four bands of equally many accounts; else as it is."""
    numbers = pd.to_numeric(values, errors="coerce")
    if values.nunique() <= MOST_VALUES or numbers.isna().sum() > values.isna().sum():
        return values
    bands = pd.qcut(numbers, BANDS, duplicates="drop")
    return bands.map({band: f"{max(band.left, numbers.min()):g} – {band.right:g}" for band in bands.cat.categories}).astype("str")


def _scores(scores: Scores) -> list[dict]:
    row, found = scores.values[PORTFOLIO].iloc[0], []
    for metric, entry in playbook("metrics").items():
        if PORTFOLIO not in entry["level"]:
            continue
        value = plain(row.get(metric))
        is_text = isinstance(value, str)
        found.append(
            {
                "metric": metric,
                "value": None if is_text else value,
                "text": value if is_text else None,
                "unit": entry["unit"],
                "coverage": plain(row.get(f"{metric}_coverage")),
                "note": plain(row.get(f"{metric}_note")),
                "parts": {} if "above" in entry else {part: plain(row.get(part)) for part in entry.get("parts", [])},
            }
        )
    return found


def _missing(scores: Scores) -> dict[str, list[str]]:
    """Return for each table or column that is not there the measures that it would unlock."""
    parts = {part for entry in playbook("metrics").values() for part in entry.get("parts", [])}
    found: dict[str, list[str]] = {}
    for metric, entry in playbook("metrics").items():
        level = PORTFOLIO if PORTFOLIO in entry["level"] else "account"
        notes = scores.values[level].get(f"{metric}_note") if level in entry["level"] and metric not in parts else None
        kinds = set(notes.astype("str").unique()) if notes is not None else set()
        if len(kinds) == 1 and str(kind := kinds.pop()).startswith(("no_table:", "no_column:")):
            found.setdefault(kind.partition(":")[2], []).append(metric)
    return found


def _notes(scores: Scores) -> dict[str, str]:
    """Return of each class that no account has the reason that most accounts give."""
    values = scores.values["account"]
    blank = [metric for metric in (*CLASSES, "stars_count") if values[metric].isna().all() and values[f"{metric}_note"].notna().any()]
    return {metric: str(values[f"{metric}_note"].mode().iloc[0]) for metric in blank}


def _largest_moves(moves: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Keep of each cut and change the largest accounts only: the counts stand in the summary."""
    facts = accounts.set_index("account_id")
    sized = moves.assign(name=moves["account_id"].map(facts["name"]), size=moves["account_id"].map(facts["revenue_amount"]))
    kept = review.largest_first(sized, "size").groupby(["path", "change_rate"], sort=False).head(NAMED_MOVES)
    return kept[["path", "change_rate", "name", "from", "to"]]


def _trend(frames: dict, metric: str) -> list[dict]:
    found = {day: frame[metric].iloc[0] if metric in frame else None for day, frame in frames.items()}
    return [{"as_of": day.isoformat(), "value": plain(value)} for day, value in found.items()]
