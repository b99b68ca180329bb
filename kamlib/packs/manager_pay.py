"""What one manager was paid for the last closed period, step by step, and what more attainment would pay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import pandas as pd

from kamlib import incentives
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.periods import period_window
from kamlib.scores.pay import PayRun, pay_run

CURVE_POINTS = range(60, 141)


class ManagerPay:
    """Pay, manager by manager.

    Parameters
    ----------
    engagement : Engagement
    every : Tables
        As read, with every dated row: returns of a closed period may come later.
    known : Tables
        As known at the date.
    as_of : date
    """

    def __init__(self, engagement: Engagement, every: Tables, known: Tables, as_of: date) -> None:
        self._engagement, self._every, self._tables, self._as_of = engagement, every, known, as_of

    @cached_property
    def _run(self) -> PayRun | None:
        """The pay of the last period that is over and has quotas."""
        targets = self._tables.get("targets")
        if targets is None:
            return None
        named = targets.loc[(targets["scope"] == "manager") & (targets["metric"] == "revenue_amount"), "period"].unique()
        spans = {period: period_window(period, self._engagement.fiscal_year_start) for period in named}
        over = [(span.until, -span.days, period) for period, span in spans.items() if span.until <= self._as_of and span.days < 200]
        if not over:
            return None
        latest = max(until for until, *_ in over)
        period = max(entry for entry in over if entry[0] == latest and entry[1] == min(one[1] for one in over if one[0] == latest))[2]
        return pay_run(self._every, _on_day(self._engagement, self._as_of), period=period)

    def of(self, manager_id: str) -> dict | None:
        """Return the manager's pay with every step and curve, JSON-ready; None where no period is over or the manager has no statement."""
        if self._run is None:
            return None
        statement = next((one for one in self._run.statements if one.person == manager_id), None)
        if statement is None:
            return None
        plans = [self._plan(pay, manager_id) for pay in statement.plans]
        return {"period": self._run.period, "version": self._run.version, "total": float(statement.total), "plans": plans}

    def _plan(self, pay: incentives.PlanPay, manager_id: str) -> dict:
        steps = [
            {"id": step.id, "amount": None if step.amount is None else float(step.amount), "places": _plain_places(step.places)}
            for step in pay.steps
        ]
        found = {
            "name": pay.plan.name,
            "kind": pay.plan.kind,
            "paid": pay.paid is not None and float(pay.paid),
            "note": pay.note,
            "steps": steps,
        }
        quota = next((step.amount for step in pay.steps if step.id == "quota"), None)
        people = self._tables.get("managers")
        row = people.set_index("manager_id").loc[manager_id] if people is not None and manager_id in set(people["manager_id"]) else {}
        own = (
            {"own_rate": _money(row, "commission_rate"), "own_bonus": _money(row, "bonus_amount")} if pay.plan.kind == "commission" else {}
        )
        salary = _money(row, "base_salary")
        if (quota is None and pay.plan.kind == "commission") or (pay.plan.kind != "commission" and not salary):
            return found | {"curve": [], "cliffs": [], "dead_zones": [], "quota": None}
        where = {"plan": pay.plan, "quota": quota or 1, "base_salary": salary, **own}
        curve = [[percent / 100, float(incentives.pay_at(Fraction(percent, 100), **where))] for percent in CURVE_POINTS]
        shape = {name: getattr(incentives, name)(**where).to_numpy().tolist() for name in ("cliffs", "dead_zones")}
        return found | {"curve": curve, **shape, "quota": quota and float(quota)}


def _on_day(engagement: Engagement, day: date) -> Engagement:
    return engagement if engagement.as_of == day else engagement.model_copy(update={"as_of": day})


def _money(row, column: str) -> Decimal | None:
    found = row.get(column) if len(row) else None
    return None if found is None or pd.isna(found) else Decimal(repr(float(found)))


def _plain_places(places: dict) -> dict:
    return {name: value if isinstance(value, str | int) or value is None else float(value) for name, value in places.items()}
