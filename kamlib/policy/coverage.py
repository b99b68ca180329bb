"""The parts of the policy for coverage (hours, capacity, fit) and for the levers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from kamlib.policy.rules import Count, Currency, Rules, Share, Weight

Hours = Annotated[float, Field(ge=0)]


class SegmentHours(Rules):
    """Hours a month that an account of a segment takes beside its touches."""

    core: Hours
    grow: Hours
    maintain: Hours
    optimise: Hours


class TouchHours(Rules):
    """Hours that a touch takes, preparation and journey in it."""

    visit: Hours
    call: Hours
    review: Hours
    value_report: Hours
    executive_meeting: Hours
    training: Hours
    kickoff: Hours
    event: Hours


class FitWeights(Rules):
    """What makes a manager fit an account; only their proportions count."""

    industry: Weight
    stage: Weight
    current: Weight

    @model_validator(mode="after")
    def _some(self) -> FitWeights:
        if not any(self.model_dump().values()):
            raise ValueError("at least one weight must be above 0")
        return self


class CoverageHours(Rules):
    """Workload, span and assignment."""

    monthly_hours: SegmentHours
    touch_hours: TouchHours
    capacity_hours: Annotated[float, Field(gt=0)]
    span_accounts: Count
    fit: FitWeights
    overload_cost: Annotated[float, Field(gt=0)]
    name_similarity: Share
    joint_days: Count


class LeverRules(Rules):
    """When a lever waits, how many checks make a score, and how much effort may go into discounts."""

    waits_below: Annotated[float, Field(ge=0, le=100)]
    measured_share: Share
    discount_share: Share
    key_answer_least: Count
    poor_service: Share
    criterion_share: Share


class ServiceCost(Rules):
    """What an hour and tied-up money cost."""

    hour_amount: dict[Currency, Annotated[float, Field(gt=0)]]
    capital_rate: Share


class AppraisalWeights(Rules):
    """What the parts of an appraisal weigh; only their proportions count."""

    kpi: Weight
    competence: Weight
    conduct: Weight

    @model_validator(mode="after")
    def _some(self) -> AppraisalWeights:
        if not any(self.model_dump().values()):
            raise ValueError("at least one weight must be above 0")
        return self
