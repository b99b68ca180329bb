"""M26: what a plan leaves open, and how good it is; quality and consistency are judged, never length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kamlib.playbook import playbook
from kamlib.policy import MoveRules
from kamlib.stakeholders import independent_sources

CONFIRMED_FROM = 2
Plan = Mapping[str, Any]


@dataclass(frozen=True)
class Critique:
    """What the critic says of one plan.

    Parameters
    ----------
    quality_score : float
        0 to 100; NaN without a plan.
    found : tuple of (str, tuple of str)
        Lint and the ids that it concerns, in the playbook's order.
    """

    quality_score: float
    found: tuple[tuple[str, tuple[str, ...]], ...]


def critique(plan: Plan | None, flags: Mapping[str, float | None], *, tier: str | None, as_of: date, rules: MoveRules) -> Critique:
    """Say what a plan leaves open.

    Parameters
    ----------
    plan : mapping or None
        ``objectives actions beliefs risks`` as lists of mappings, as a plan file has them.
    flags : mapping of str to float or None
        ``single_threaded_flag executive_line_flag light_care_flag``; None where not known.
    tier : str or None
        The executive line is asked of tier strategic only.
    as_of : date
    rules : MoveRules

    Returns
    -------
    Critique
        Its score is 100 × (1 − severity of what fails ÷ severity of what applies); a lint applies where there is something to judge.

    References
    ----------
    [S2b], [S4b]; M26, rulings F30, F75.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> plan = {"objectives": [{"id": "O1", "measure": "x", "target": 1, "date": None}], "actions": [], "beliefs": [], "risks": []}
    >>> critique(plan, {}, tier=None, as_of=date(2026, 6, 30), rules=load_policy().moves).found
    (('objective_unmeasured', ('O1',)), ('objective_idle', ('O1',)))
    """
    if plan is None:
        return Critique(float("nan"), ())
    tests = dict(_tests(plan, flags, tier, as_of, rules))
    severity = {entry["id"]: entry["severity"] for entry in playbook("moves")["critic"]}
    total = sum(severity[name] for name in tests)
    failed = sum(severity[name] for name, objects in tests.items() if objects)
    score = 100.0 * (1 - failed / total) if total else float("nan")
    return Critique(score, tuple((name, tuple(tests[name])) for name in severity if tests.get(name)))


def _tests(plan: Plan, flags: Mapping[str, float | None], tier: str | None, as_of: date, rules: MoveRules):
    """Yield each lint that applies, with the ids that fail it."""
    goals, actions, beliefs = plan["objectives"], plan["actions"], plan["beliefs"]
    opened = [action for action in actions if not action.get("done_on")]
    stale = as_of - timedelta(days=rules.stale_days)
    if goals:
        yield "objective_unmeasured", _ids(goals, lambda goal: any(goal.get(name) is None for name in ("measure", "target", "date")))
        served = {action.get("objective") for action in actions}
        yield "objective_idle", _ids(goals, lambda goal: goal["id"] not in served)
    if opened:
        yield "action_unowned", _ids(opened, lambda action: not action.get("owner") or not action.get("due"))
        yield "action_overdue", _ids(opened, lambda action: action.get("due") and _day(action["due"]) < as_of)
        yield "action_aimless", _ids(opened, lambda action: not action.get("objective"))
    if beliefs:
        thin = {belief["id"] for belief in beliefs if independent_sources(belief.get("sources") or []) < CONFIRMED_FROM}
        assumed = [belief for belief in beliefs if belief.get("state") != "confirmed" or belief["id"] in thin]
        yield "belief_stale", _ids(assumed, lambda belief: _day(belief["date"]) < stale)
        yield "belief_thin", _ids(beliefs, lambda belief: belief["id"] in thin)
        yield "belief_overstated", _ids(beliefs, lambda belief: belief.get("state") == "confirmed" and belief["id"] in thin)
    if plan["risks"]:
        yield "risk_uncountered", _ids(plan["risks"], lambda risk: not risk.get("counter_move"))
    if flags.get("single_threaded_flag") is not None:
        yield "single_threaded", ["account"] if flags["single_threaded_flag"] else []
    if tier == rules.executive_tier and flags.get("executive_line_flag") is not None:
        yield "executive_closed", [] if flags["executive_line_flag"] else ["account"]
    if flags.get("light_care_flag") is not None:
        yield "light_care", ["account"] if flags["light_care_flag"] else []


def _ids(entries: Sequence[Mapping], fails) -> list[str]:
    return [entry["id"] for entry in entries if fails(entry)]


def _day(day: date | str) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)
