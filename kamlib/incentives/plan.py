"""Pay plans as versioned data: annual salary, commission, employee shares (M21)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Day = date
OWN = "own"  # the person's own rate or bonus, from the table of managers


Exact = Annotated[Decimal, Field(allow_inf_nan=False)]  # pydantic reads a float as it is written: 0.1 is one tenth
Positive = Annotated[Exact, Field(gt=0)]
NotNegative = Annotated[Exact, Field(ge=0)]
Part = Annotated[Exact, Field(gt=0, le=1)]
Score = Annotated[Exact, Field(ge=0, le=120)]


class Terms(BaseModel):
    """Frozen terms; an unknown one is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Tier(Terms):
    """From this attainment on, this share of the base; a boundary belongs to the tier that begins there (F65)."""

    start: NotNegative
    rate: NotNegative | Literal["own"]


class Bonus(Terms):
    """A fixed amount as soon as an attainment is reached."""

    start: NotNegative
    amount: NotNegative | Literal["own"]


class PayoutCurve(Terms):
    """What share of the variable pay a score earns: nothing below the first score, then linear over the target to the top."""

    start_score: Score
    start_payout: NotNegative
    target_score: Score
    target_payout: NotNegative
    top_score: Score
    top_payout: NotNegative

    @model_validator(mode="after")
    def _rising(self) -> PayoutCurve:
        if not self.start_score < self.target_score < self.top_score:
            raise ValueError(f"scores must rise, got {self.start_score}, {self.target_score}, {self.top_score}")
        if not self.start_payout <= self.target_payout <= self.top_payout:
            raise ValueError(f"payouts must not fall, got {self.start_payout}, {self.target_payout}, {self.top_payout}")
        return self


class _Plan(Terms):
    id: Annotated[str, Field(min_length=1)]
    name: dict[Literal["en", "zh"], str]
    valid_from: Day
    valid_until: Day | None = None
    source: str = ""


class CommissionPlan(_Plan):
    """Commission on revenue, margin or cash, by tiers of quota attainment."""

    kind: Literal["commission"]
    base: Literal["revenue", "margin", "cash"] = "revenue"
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]
    method: Literal["marginal", "whole"] = "marginal"
    threshold: NotNegative = Decimal(0)
    bonus: Bonus | None = None
    cap_amount: Positive | None = None
    period: Literal["quarter", "ytd"] = "quarter"
    returns: Literal["own_period", "clawback"] = "own_period"

    @model_validator(mode="after")
    def _ordered(self) -> CommissionPlan:
        starts = [tier.start for tier in self.tiers]
        if starts[0] != 0 or any(low >= high for low, high in zip(starts, starts[1:], strict=False)):
            raise ValueError(f"tiers must begin at 0 and rise, got {', '.join(map(str, starts))}")
        rates = [tier.rate for tier in self.tiers]
        if self.method == "whole" and (OWN in rates[1:] or any(low > high for low, high in zip(rates, rates[1:], strict=False))):
            raise ValueError(f"rates on the whole base must not fall, or selling more would pay less; got {', '.join(map(str, rates))}")
        return self


class SalaryPlan(_Plan):
    """A fixed part and a variable part that follows the scorecard."""

    kind: Literal["salary"]
    fixed_share: Part
    payout: PayoutCurve


class SharePlan(_Plan):
    """Employee shares: granted by salary and score, vesting over years under a condition."""

    kind: Literal["shares"]
    salary_multiple: Positive
    unit_price: Positive
    payout: PayoutCurve
    cliff_months: Annotated[int, Field(ge=0)]
    cliff_share: Part
    step_months: Annotated[int, Field(ge=1)]
    step_share: Part
    least_score: Score


Plan = Annotated[CommissionPlan | SalaryPlan | SharePlan, Field(discriminator="kind")]


class Team(Terms):
    """People whose bases and quotas are added up, and who share one commission by fixed weights."""

    plan: Annotated[str, Field(min_length=1)]
    shares: Annotated[dict[str, Positive], Field(min_length=2)]


class PayBook(Terms):
    """Which plans there are, and who is paid by which.

    Parameters
    ----------
    version : str
        Printed on every statement.
    rounding : str
        ``half_up`` or ``half_even``.
    plans : tuple of CommissionPlan, SalaryPlan or SharePlan
    default : tuple of str
        Ids of the plans of everybody who is not named.
    people : dict of str to tuple of str
        Ids of the plans of one person.
    teams : dict of str to Team
        Teams that share a commission, beside what each member is paid alone.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    version: Annotated[str, Field(min_length=1)]
    rounding: Literal["half_up", "half_even"] = "half_up"
    plans: Annotated[tuple[Plan, ...], Field(min_length=1)]
    default: tuple[str, ...]
    people: dict[str, tuple[str, ...]] = {}
    teams: dict[str, Team] = {}

    @model_validator(mode="after")
    def _known(self) -> PayBook:
        ids = [plan.id for plan in self.plans]
        if len(set(ids)) != len(ids):
            raise ValueError(f"every plan needs an id of its own, got {', '.join(ids)}")
        unknown = sorted(
            {name for names in (self.default, *self.people.values()) for name in names}.union(team.plan for team in self.teams.values())
            - set(ids)
        )
        if unknown:
            raise ValueError(f"{unknown[0]} is no plan; there are {', '.join(ids)}")
        return self

    def plans_of(self, person: str, day: date) -> tuple[Plan, ...]:
        """Return the plans by which a person is paid on a day, in the order of the book.

        Parameters
        ----------
        person : str
        day : date

        Returns
        -------
        tuple of plans
        """
        wanted = self.people.get(person, self.default)
        return tuple(plan for plan in self.plans if plan.id in wanted and _holds(plan, day))


def _holds(plan: Plan, day: date) -> bool:
    return plan.valid_from <= day and (plan.valid_until is None or day <= plan.valid_until)
