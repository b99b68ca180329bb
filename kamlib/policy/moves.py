"""The parts of the policy for moves and critic."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from kamlib.policy.rules import Count, Rules, Share

Factor = Annotated[float, Field(gt=0)]


class MoveRules(Rules):
    """How moves are ranked, and when a plan is stale."""

    most: Count
    other_share: Share
    urgency_days: Annotated[tuple[int, ...], Field(strict=False)]
    urgency: Annotated[tuple[Factor, ...], Field(strict=False)]
    overdue_days: Annotated[tuple[int, ...], Field(strict=False)]
    stale_days: Count
    executive_tier: Annotated[str, Field(min_length=1)]
    quota_tolerance: Share
    since_months: Count

    @model_validator(mode="after")
    def _rising(self) -> MoveRules:
        if len(self.urgency) != len(self.urgency_days) + 1:
            raise ValueError("urgency needs one factor more than urgency_days, for what is due later")
        if list(self.urgency_days) != sorted(set(self.urgency_days)) or list(self.urgency) != sorted(set(self.urgency), reverse=True):
            raise ValueError("urgency_days must rise and urgency fall")
        return self


class PrivacyRules(Rules):
    """Whose names stand in a workbook."""

    pseudonyms: Literal["customer", "always"]
