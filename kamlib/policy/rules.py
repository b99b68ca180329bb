"""The parts of the policy: each function of the method takes the one that it needs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(gt=0, le=1)]
Points = Annotated[float, Field(ge=0, le=100)]
Weight = Annotated[float, Field(ge=0)]
Amount = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Move = Annotated[float, Field(gt=0)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Rules(BaseModel):
    """Frozen values; an unknown or wrongly typed one is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def _require_rising(self, *names: str) -> None:
        values = [getattr(self, name) for name in names]
        if any(low >= high for low, high in zip(values, values[1:], strict=False)):
            raise ValueError(f"{' < '.join(names)} must hold, got {', '.join(f'{value:g}' for value in values)}")


class AbcCuts(Rules):
    """Where classes A and B end on the cumulative revenue share."""

    a_share: Share
    b_share: Share

    @model_validator(mode="after")
    def _rising(self) -> AbcCuts:
        self._require_rising("a_share", "b_share")
        return self


class MatrixCuts(Rules):
    """Where the classes of the value-potential matrix begin."""

    top_share: Share
    high_score: Points
    stable_score: Points

    @model_validator(mode="after")
    def _rising(self) -> MatrixCuts:
        self._require_rising("stable_score", "high_score")
        return self


class PotentialWeights(Rules):
    """Weight of each measure in the potential score; only their proportions count."""

    industry_growth: Weight
    headroom: Weight
    revenue_growth: Weight
    outlook: Weight

    @model_validator(mode="after")
    def _some(self) -> PotentialWeights:
        if not any(self.model_dump().values()):
            raise ValueError("at least one weight must be above 0")
        return self


class RateScale(Rules):
    """The yearly rates that score 0 and 100."""

    zero_rate: float
    full_rate: float

    @model_validator(mode="after")
    def _rising(self) -> RateScale:
        self._require_rising("zero_rate", "full_rate")
        return self


class OutlookScores(Rules):
    """The score of each outlook."""

    growing_score: Points
    stable_score: Points
    declining_score: Points


class PotentialRules(Rules):
    """What makes up the potential score."""

    weights: PotentialWeights
    industry_growth: RateScale
    revenue_growth: RateScale
    outlook: OutlookScores


class TierCuts(Rules):
    """Yearly revenue from which a spend tier begins, in one currency."""

    strategic: Amount
    key: Amount
    basic: Amount

    @model_validator(mode="after")
    def _rising(self) -> TierCuts:
        self._require_rising("basic", "key", "strategic")
        return self


class StarCuts(Rules):
    """Monthly revenue that a star level demands to be exceeded, in one currency."""

    three: Amount
    four: Amount
    five: Amount

    @model_validator(mode="after")
    def _rising(self) -> StarCuts:
        self._require_rising("three", "four", "five")
        return self


class StarRules(Rules):
    """How many complete months in a row, and how much in each."""

    months: Count
    cuts: dict[Currency, StarCuts]


class LifecycleCuts(Rules):
    """Full months of tenure from which a lifecycle stage begins."""

    steady_from_months: Count
    deep_from_months: Count
    symbiosis_from_months: Count

    @model_validator(mode="after")
    def _rising(self) -> LifecycleCuts:
        self._require_rising("steady_from_months", "deep_from_months", "symbiosis_from_months")
        return self


class ReceivablesRules(Rules):
    """How many monthly balances a turnover needs."""

    minimum_points: Count


class NpsRules(Rules):
    """Who promotes, who detracts, and when an interval can be given."""

    promoter_from: Annotated[int, Field(ge=0, le=10)]
    detractor_to: Annotated[int, Field(ge=0, le=10)]
    z: Annotated[float, Field(gt=0)]
    minimum_answers: Count

    @model_validator(mode="after")
    def _rising(self) -> NpsRules:
        self._require_rising("detractor_to", "promoter_from")
        return self


class CustomerRules(Rules):
    """How far orders must reach back before a customer can be called new."""

    history_months: Count


class CoverageRules(Rules):
    """The least share of weights that must be measured for a weighted mean."""

    minimum_share: Share


class PercentileRules(Rules):
    """The least number of values that a percentile compares."""

    minimum_values: Annotated[int, Field(ge=2)]


class BenchmarkRules(Rules):
    """The least number of accounts that a benchmark may show."""

    minimum_accounts: Annotated[int, Field(ge=2)]


class MoneyRules(Rules):
    """How money is rounded."""

    rounding: Literal["half_up", "half_even"]


class ProfitRules(Rules):
    """How much of the revenue must have a known cost before margins of accounts compare."""

    minimum_coverage: Share


class ProfileRules(Rules):
    """How the key account profile is tested, and how long a history a buying pattern needs."""

    seed: Annotated[int, Field(ge=0)]
    draws: Count
    season_months: Annotated[int, Field(ge=12, multiple_of=12)]
    minimum_gaps: Count


class LimitRules(Rules):
    """How much is read at most."""

    order_lines: Count


class SensitivityRules(Rules):
    """By how much each cut and weight is moved to see what changes."""

    change_rate: Share


class WorseRules(Rules):
    """How far a measure must move to the worse side within a year to be named, by its unit."""

    amount: Move
    ratio: Move
    days: Move
    rate: Move
    share: Move
    score: Move
