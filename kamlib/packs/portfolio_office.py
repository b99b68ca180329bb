"""The back-office card of the review: each department with what it was held to."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib import scorecards
from kamlib.data.tables import Tables
from kamlib.packs import review
from kamlib.periods import period_window
from kamlib.playbook import playbook
from kamlib.policy import Policy
from kamlib.scorecards import NO_DEPARTMENT
from kamlib.scorecards.targets import KEYS
from kamlib.scores.facts import PORTFOLIO, daily_facts, owned
from kamlib.scores.measures import measured

INPUTS = ("tickets.department", "promises")
NO_TARGETS = pd.DataFrame(columns=["scope", *KEYS, "floor", "target", "stretch"]).astype({"floor": float, "target": float})
SHOWN = ["department", "metric", "period", "floor", "target", "value", "score", "is_running", "is_company"]


def office_card(tables: Tables, policy: Policy, *, as_of: date, fiscal_year_start: int) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Measure the departments over twelve months, and score each against its targets in their periods.

    Parameters
    ----------
    tables : Tables
        As known at the date.
    policy : Policy
    as_of : date
    fiscal_year_start : int

    Returns
    -------
    card : DataFrame
        ``department`` and the columns of `scorecards.back_office`, the busiest first, tickets of nobody last;
        ``scorecard_score targets_count`` where targets are set. No row where neither a ticket nor a promise
        names a department.
    targets : DataFrame, one row per target
        ``department metric period floor target value score``, 1 in ``is_running`` where the period is measured
        so far only, and in ``is_company`` where no ticket or promise carries the metric, so that the whole
        company's is taken.
    missing : list of str
        The tables and columns that would complete the card.
    """
    facts = owned(daily_facts(tables, as_of), PORTFOLIO)
    missing = [name for name in INPUTS if not _is_supplied(tables, name)]
    lost = {name.partition(".")[0] for name in missing}
    facts = {name: frame for name, frame in facts.items() if name not in lost}
    card = _departments(facts, policy, as_of)
    if not set(card.index) - {NO_DEPARTMENT}:
        return pd.DataFrame(), pd.DataFrame(), missing
    rows = _scored(facts, card.columns, policy, as_of, fiscal_year_start)
    scores = scorecards.scorecard(rows, minimum_coverage=policy.coverage.minimum_share)[["scorecard_score", "targets_count"]]
    counted = {name: 0.0 for name in card if name.endswith("_count") and card[name].notna().any()}
    joined = card.reindex(card.index.union(scores.index)).fillna(counted).join(scores).rename_axis("department").reset_index()
    ordered = review.largest_first(joined, "tickets_count").sort_values("department", key=lambda name: name == NO_DEPARTMENT, kind="stable")
    return ordered, rows.rename(columns={"id": "department"})[SHOWN], missing


def _is_supplied(tables: Tables, name: str) -> bool:
    """Tell whether a table is there, and with it the column that names a department anywhere."""
    table, _, column = name.partition(".")
    return table in tables and (not column or (column in tables.mapped[table] and bool(tables[table][column].notna().any())))


def _departments(facts: dict[str, pd.DataFrame], policy: Policy, day: date) -> pd.DataFrame:
    return scorecards.back_office(facts.get("tickets"), facts.get("promises"), facts["accounts"], as_of=day, cuts=policy.lifecycle)


def _scored(facts: dict[str, pd.DataFrame], own: pd.Index, policy: Policy, as_of: date, fiscal_year_start: int) -> pd.DataFrame:
    """Set each department's targets beside what it, or for other metrics the whole company, reached in their period."""
    targets = facts.get("targets", NO_TARGETS)
    units = {metric: entry["unit"] for metric, entry in playbook("metrics").items()}
    wanted = targets[targets["scope"] == "department"]
    rows = scorecards.current_targets(wanted, as_of=as_of, units=units, fiscal_year_start=fiscal_year_start)

    def measure(part: dict[str, pd.DataFrame], day: date) -> pd.DataFrame:
        company = measured(part, policy, day, PORTFOLIO, undated=day == as_of).iloc[0].drop(own, errors="ignore")
        everywhere = pd.DataFrame(dict.fromkeys(rows["id"].unique(), company)).T
        return everywhere.join(_departments(part, policy, day))

    values = scorecards.period_values(rows, facts, measure, as_of=as_of, fiscal_year_start=fiscal_year_start)
    ends = rows["period"].map(lambda period: period_window(period, fiscal_year_start).until)
    flagged = rows.assign(is_running=(ends > as_of).astype(float), is_company=(~rows["metric"].isin(own)).astype(float))
    return scorecards.target_scores(values, flagged)
