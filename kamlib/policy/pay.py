"""The parts of the policy for pay."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kamlib.policy.rules import Count, Rules, Share


class PrincipleRules(Rules):
    """What the six principles of a pay plan ask for."""

    most_kpis: Count
    least_weight: Share
    most_weight: Share
    least_variable: Share
    most_variable: Share
    measured_share: Share
    most_correlation: Share
    least_accounts: Count
    most_deviations: Annotated[float, Field(gt=0)]
    dated_months: Count
