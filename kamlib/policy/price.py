"""The parts of the policy for price."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from kamlib.policy.rules import Count, Rules, Share


class AuthorityLimits(Rules):
    """The largest discount that each level may grant."""

    staff: Share
    manager: Share
    director: Share
    executive: Share

    @model_validator(mode="after")
    def _rising(self) -> AuthorityLimits:
        self._require_rising("staff", "manager", "director", "executive")
        return self


class PriceRules(Rules):
    """Who may grant which discount, and from when on a price is an exception."""

    authority: AuthorityLimits
    low_sensitivity: Annotated[int, Field(ge=1, le=5)]
    norm_points: Annotated[float, Field(ge=0, lt=1)]
    minimum_accounts: Count
    site_spread: Share
