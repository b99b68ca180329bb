"""Every number of an engagement at one date: accounts, groups, managers and the portfolio."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib import periods
from kamlib.data.engagement import Engagement
from kamlib.data.history import known_at
from kamlib.data.tables import Tables
from kamlib.groups import group_of
from kamlib.policy import Policy
from kamlib.scores.choice import choice, spare
from kamlib.scores.facts import LEVELS, OWNER_COLUMNS, daily_facts, owned, owners
from kamlib.scores.frame import Scores, explained
from kamlib.scores.knowledge import knowledge
from kamlib.scores.measures import account_only, cadence, cards, care, classes, market, measured, measured_with_gain, spread
from kamlib.scores.people import new_effort, people
from kamlib.scores.price import price_levels, prices
from kamlib.scores.risk import early_warning, group_warning, rival_share_rise, summed, worth
from kamlib.scores.service import service_costs, summed_costs

__all__ = ["LEVELS", "Scores", "score", "trends"]


def score(tables: Tables, engagement: Engagement, *, as_of: date | None = None, with_prices: bool = True) -> Scores:
    """Compute every metric that the tables allow.

    Parameters
    ----------
    tables : Tables
        What was read; rows later than `as_of` may stand in it and are not looked at.
    engagement : Engagement
        Its policy, currency and fiscal year.
    as_of : date, optional
        The day at whose end the numbers stand; the engagement's own if not given.
    with_prices : bool
        Whether discounts are judged too: that reads the risk of many past months.

    Returns
    -------
    Scores
        Every account that was not set aside, every group of two or more, every manager, the portfolio.

    References
    ----------
    [S2a] the ten KPIs, [S2b] matrix, tiers and lifecycle, [S4a] ABC and stars; rulings F1-F51, F79.
    """
    as_of, policy, year_start = as_of or engagement.as_of, engagement.policy, engagement.fiscal_year_start
    facts = daily_facts(known_at(tables, as_of), as_of)
    rise = rival_share_rise(tables, as_of)
    if rise is not None:
        facts["accounts"] = facts["accounts"].assign(competitor_rise_share=facts["accounts"]["account_id"].map(rise))
    groups = group_of(facts["accounts"])
    per_level = {level: owned(facts, level) for level in LEVELS if level != "group" or len(groups)}
    kpis = {level: measured_with_gain(part, policy, as_of, level) for level, part in per_level.items()}
    values = dict(kpis)
    for level in values.keys() & {"account", "group"}:
        values[level] = kpis[level].join(classes(per_level[level], kpis[level], policy, as_of, engagement.currency, level))
    values["account"] = values["account"].join(account_only(facts, policy, as_of))
    values["account"] = values["account"].join(choice(facts, values["account"], policy, as_of)).join(spare(facts, policy, as_of))
    values["account"] = values["account"].join(people(facts, values["account"], policy, as_of, year_start))
    values["account"] = values["account"].join(knowledge(facts, tables.plans, values["account"].index, as_of))
    values["account"] = values["account"].join(early_warning(facts, values["account"], policy, as_of))
    values["account"] = values["account"].join(worth(values["account"], policy, calibration=engagement.calibration))
    if len(groups):
        values["group"] = values["group"].loc[values["group"].index.isin(groups)]
        values["group"] = values["group"].join(group_warning(per_level["group"], values["group"], policy, as_of))
    priced = prices(tables, facts, values["account"], policy, as_of) if with_prices else None
    kept = cadence(facts, values["account"]["segment"], policy, as_of)
    for level, part in per_level.items():
        added = [
            care(part | owned(kept, level), policy, as_of, level),
            cards(part, kpis[level], policy, as_of, level, year_start),
            spread(facts["accounts"], values["account"], values[level], policy, level),
            price_levels(priced, tables, values[level].index, None if level == "account" else owners(facts["accounts"], level)),
            market(facts, values[level].index, as_of, level, year_start),
        ]
        if level != "account":
            added.append(summed(values["account"], owners(facts["accounts"], level)))
            added.append(new_effort(part, values["account"]["tenure_months"], policy, as_of, OWNER_COLUMNS[level]))
        values[level] = values[level].join([frame.reindex(values[level].index) for frame in added])
    costs = service_costs(tables, facts, values["account"], policy, as_of, engagement.currency)
    for level, of in values.items():
        owner = owners(facts["accounts"], level)
        values[level] = of.join(costs if level == "account" else summed_costs(costs, owner, of["revenue_amount"]))
    none = values["account"].iloc[:0].rename_axis(OWNER_COLUMNS["group"])
    found = {level: explained(values.get(level, none), level, tables) for level in LEVELS}
    return Scores(as_of=as_of, values=found, prices=priced)


def trends(tables: Tables, policy: Policy, *, as_of: date, level: str = "account") -> dict[date, pd.DataFrame]:
    """Return the ten KPIs as they stood at eight quarterly dates, each the full measure at its date.

    Parameters
    ----------
    tables : Tables
        What was read.
    policy : Policy
    as_of : date
        The last of the dates.
    level : str
        account, group, manager or portfolio.

    Returns
    -------
    dict of date to DataFrame
        Oldest first; one row per id, a column per metric and part. Attributes that carry no date, such as
        the yearly wallet, count at `as_of` only.

    Raises
    ------
    ValueError
        The level is none of the four.

    References
    ----------
    M14, rulings F2, F40.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}, got {level!r}")
    facts = owned(daily_facts(known_at(tables, as_of), as_of), level)
    return {day: measured(facts, policy, day, level, undated=day == as_of) for day in periods.quarter_points(as_of)}
