"""The parts of the policy for people, relationship, risk and value."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from kamlib.policy.rules import Count, Points, Rules, Share, Weight

Signal = Annotated[float, Field(ge=0, le=1)]
RiskWeight = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(ge=0, le=1)]


class StakeholderRules(Rules):
    """Who counts as met, how few contacts are too few, and who decides."""

    met_months: Count
    fewest_contacts: Count
    fewest_roles: Count
    decider_influence: Annotated[int, Field(ge=1, le=5)]
    outer_circle_share: Share
    new_below_months: Count
    fewest_source_types: Count


class RelationshipRules(Rules):
    """When a relationship is staged, and when it comes apart."""

    fewest_rated: Annotated[int, Field(ge=1, le=6)]
    evidence_gap: Count
    wide_lag: Annotated[int, Field(ge=1, le=3)]
    uncoupling_from: Annotated[int, Field(ge=1, le=4)]
    shrunk_to_share: Share
    coverage_fall_share: Share
    rival_days: Count
    contract_days: Count


class PhaseCuts(Rules):
    """Months of tenure from which the later phases begin where a relationship is not staged."""

    stable_from_months: Count
    strengthen_from_months: Count

    @model_validator(mode="after")
    def _rising(self) -> PhaseCuts:
        self._require_rising("stable_from_months", "strengthen_from_months")
        return self


class Ramp(Rules):
    """The readings at which a signal is 0 and 1; the second may lie on either side."""

    zero: float
    full: float

    @model_validator(mode="after")
    def _apart(self) -> Ramp:
        if self.zero == self.full:
            raise ValueError(f"zero and full must differ, both are {self.zero:g}")
        return self


class SignalWeights(Rules):
    """How much of the remaining safety a fully lit signal takes."""

    order_drop: RiskWeight
    usage_drop: RiskWeight
    order_rhythm: RiskWeight
    payment_delay: RiskWeight
    contact_gap: RiskWeight
    contact_change: RiskWeight
    no_backup: RiskWeight
    competitor: RiskWeight
    unconfirmed_change: RiskWeight
    service: RiskWeight
    satisfaction_drop: RiskWeight
    renewal: RiskWeight


class RiskLevels(Rules):
    """From which index an account is amber or red, and below which coverage green proves nothing."""

    red_score: Share
    amber_score: Share
    safe_coverage: Share

    @model_validator(mode="after")
    def _rising(self) -> RiskLevels:
        self._require_rising("amber_score", "red_score")
        return self


class GrantedDays(Rules):
    """Days between touches that a segment grants."""

    core: Count
    grow: Count
    maintain: Count
    optimise: Count
    unknown: Count


class WarningWindows(Rules):
    """How far back the signals look."""

    recent_months: Count
    recent_days: Count
    year_months: Count
    survey_months: Count


class RhythmRules(Rules):
    """The gap between orders that is still usual."""

    quantile: Share
    minimum_gaps: Count
    minimum_peers: Count


class WarningRules(Rules):
    """The early warning: weights, levels, and where each signal begins and is full."""

    weights: SignalWeights
    levels: RiskLevels
    order_drop: Ramp
    usage_drop: Ramp
    order_rhythm: Ramp
    payment_delay: Ramp
    contact_gap: Ramp
    satisfaction_drop: Ramp
    renewal: Ramp
    unconfirmed_change: Ramp
    granted_days: GrantedDays
    windows: WarningWindows
    rhythm: RhythmRules
    thin_below_orders: Count
    closed_signal: Signal
    executive_factor: Signal
    rival_share_rise: Share
    rival_share_signal: Signal


class ValueRules(Rules):
    """What a relationship is worth: retention by stage, horizon, rate of interest."""

    retention_early: Rate
    retention_mid: Rate
    retention_partnership: Rate
    retention_synergistic: Rate
    retention_unstaged: Rate
    risk_weight: Rate
    years: Annotated[int, Field(ge=1, le=50)]
    discount_rate: Annotated[float, Field(gt=-1)]
    minimum_cost_coverage: Share


class QualificationWeights(Rules):
    """Weight of each criterion; only their proportions count."""

    purchase_volume: Weight
    order_frequency: Weight
    high_margin: Weight
    central_purchasing: Weight
    continuity: Weight
    service_need: Weight
    price_tolerance: Weight
    partnership: Weight

    @model_validator(mode="after")
    def _some(self) -> QualificationWeights:
        if not any(self.model_dump().values()):
            raise ValueError("at least one weight must be above 0")
        return self


class QualificationRules(Rules):
    """Who is a key account: weights, gates and cuts."""

    weights: QualificationWeights
    fit_from: Annotated[int, Field(ge=1, le=5)]
    qualified_score: Points
    candidate_score: Points
    years: Annotated[int, Field(ge=1, le=10)]
    fewest_years: Count
    largest_order_share: Share
    bargaining_share: Share
    small_giant_rate: Share
    seller_score: Points

    @model_validator(mode="after")
    def _rising(self) -> QualificationRules:
        self._require_rising("candidate_score", "qualified_score")
        return self


class StressRules(Rules):
    """How weights are drawn around the chosen ones."""

    seed: Annotated[int, Field(ge=0)]
    draws: Count
    concentration: Annotated[float, Field(gt=0)]


class WhitespaceRules(Rules):
    """How many peers an estimate takes."""

    minimum_peers: Annotated[int, Field(ge=2)]


class BacktestRules(Rules):
    """How often accounts are drawn again for an interval."""

    seed: Annotated[int, Field(ge=0)]
    draws: Count


class DrillRules(Rules):
    """How often accounts are lost by chance, and which loss counts as the worst."""

    seed: Annotated[int, Field(ge=0)]
    draws: Count
    worst_share: Share
