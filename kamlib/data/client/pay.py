"""How a synthetic client pays its managers: plain plans, and one with a threshold where that story is planted."""

from __future__ import annotations

from dataclasses import dataclass

from kamlib.data.client.cast import Cast
from kamlib.data.client.draw import PAY_PLAN

PAY_PLANS = ("commission", PAY_PLAN, "salary")
VALID_FROM = "2025-01-01"
LOW_RATE = 0.004
PLAIN_TIERS = ((0, 0.006), (0.8, 0.010), (1.0, 0.012), (1.2, 0.014))
PROJECT_TIERS = ((0, 0.005), (0.9, 0.011), (1.1, 0.014))
BASE_SALARY = 3  # its place among the columns of a manager


@dataclass(frozen=True)
class Threshold:
    """What is paid at once when the quota of a quarter is reached.

    Parameters
    ----------
    bonus : int
        A fixed amount; 0 where the rate on the whole base jumps instead.
    rate : float
        By how much the rate on the whole base jumps, 0 with a bonus.
    """

    bonus: int
    rate: float

    def jump(self, quota: float) -> float:
        """Return what is paid more at the quota than just below it."""
        return self.bonus + self.rate * quota


def threshold(cast: Cast, tables: dict) -> Threshold:
    """Draw the threshold: a bonus, or a higher rate on the whole base, worth a share of a quarter's salary.

    Parameters
    ----------
    cast : Cast
    tables : dict of str to list of dict
        With ``targets``.

    Returns
    -------
    Threshold
    """
    rng = cast.stream("pay")
    salary = next(row[BASE_SALARY] for row in cast.managers if row[0] == cast.threshold_manager)
    worth = cast.strength.bonus_share * salary / 4
    quotas = [row["target"] for row in tables["targets"] if row["id"] == cast.threshold_manager and "Q" in row["period"]]
    rate = round(worth * len(quotas) / sum(quotas), 4)
    return rng.choice((Threshold(round(worth, -2), 0.0), Threshold(0, rate)))


def pay_text(cast: Cast, tables: dict) -> str:
    """Return the file of the pay plans.

    Parameters
    ----------
    cast : Cast
    tables : dict of str to list of dict
        With ``targets``.

    Returns
    -------
    str
        YAML, as `kamlib.incentives.load_book` reads it.
    """
    rng = cast.stream("paid")
    salaried = rng.choice([row[0] for row in cast.managers if row[0] != cast.threshold_manager])
    terms = _told(threshold(cast, tables)) if "pay_cliff" in cast.stories else f"    tiers: [{_tiers(PROJECT_TIERS)}]\n"
    return _PAY.format(project=cast.threshold_manager, salaried=salaried, plan=PAY_PLAN, plain=_tiers(PLAIN_TIERS), terms=terms)


def _told(found: Threshold) -> str:
    if found.bonus:
        return f"    tiers: [{_tiers(((0, LOW_RATE),))}]\n    bonus: {{start: 1.0, amount: {found.bonus}}}\n"
    return f"    method: whole\n    tiers: [{_tiers(((0, LOW_RATE), (1.0, round(LOW_RATE + found.rate, 4))))}]\n"


def _tiers(rates: tuple[tuple[float, float], ...]) -> str:
    return ", ".join(f"{{start: {start}, rate: {rate}}}" for start, rate in rates)


_PAY = f"""# How the managers are paid / 客户经理的薪酬方案
schema: 1
version: "2025"
default: [commission]
people:
  {{project}}: [{{plan}}]
  {{salaried}}: [salary]
plans:
  - id: commission
    kind: commission
    name: {{{{en: Commission on revenue, zh: 销售额提成}}}}
    valid_from: {VALID_FROM}
    base: revenue
    tiers: [{{plain}}]
  - id: {{plan}}
    kind: commission
    name: {{{{en: Commission on project sales, zh: 项目销售提成}}}}
    valid_from: {VALID_FROM}
    base: revenue
{{terms}}  - id: salary
    kind: salary
    name: {{{{en: Annual salary, zh: 年薪制}}}}
    valid_from: {VALID_FROM}
    fixed_share: 0.70
    payout: {{{{start_score: 60, start_payout: 0, target_score: 100, target_payout: 1.0, top_score: 120, top_payout: 1.5}}}}
"""
