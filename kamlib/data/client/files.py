"""The files of a synthetic client beside its tables: the engagement file and the plans of some accounts."""

from __future__ import annotations

from datetime import date, timedelta

from kamlib.data.client.cast import Account, Cast
from kamlib.data.names import file_stem

PLANS_COUNT = 5
PLANNED = {
    "en": {
        "hold": "Hold the yearly volume and grow with it",
        "service": "Shorten the way from question to answer",
        "call_off": "Agree call-off dates for the second half-year",
        "visit": "Visit the plant with our technician",
        "belief": "Plans to spend more on our kind of goods next year",
        "risk": "A rival offers a lower price at the yearly talks",
        "counter": "Show the results measured together before prices are spoken of",
        "source": "annual talk",
    },
    "zh": {
        "hold": "稳住全年采购量，并随客户一同增长",
        "service": "缩短从提问到答复的时间",
        "call_off": "商定下半年提货计划",
        "visit": "带技术支持走访工厂",
        "belief": "明年同类采购预算会增加",
        "risk": "年度谈判时竞品报价更低",
        "counter": "先展示双方共同衡量的成果，再谈价格",
        "source": "年度会谈",
    },
}
ENGAGEMENT = """# A made-up client; every name and number is invented. / 虚构的客户，名称与数字均为编造。
# Read it with `kam check`, score it with `kam score`, see it with `kam render`. / 用kam check读取，kam score评分，kam render查看。
schema: 1
name: "{name}"
synthetic: true
as_of: 2026-06-30
currency: CNY
fiscal_year_start: 1
language: en
policy_overrides:
  stars: {{cuts: {{CNY: {{three: 20000, four: 80000, five: 250000}}}}}}
plans: plans
pay: pay.yaml
tables:
{tables}"""
PLAN = """schema: 1
revision: 1
account_id: {account_id}
objectives:
  - id: O1
    text: {hold}
    measure: revenue_amount
    target: {target}
    date: 2026-12-31
    agreed_by_customer: true
  - id: O2
    text: {service}
    measure: satisfaction_score
    target: 82
    date: 2026-12-31
beliefs:
  - id: B1
    field: finance_wallet
    text: {belief}
    state: assumed
    sources: [{source}]
    date: {asked}
risks:
  - id: R1
    text: {risk}
    counter_move: {counter}
actions:
  - id: A1
    objective: O1
    text: {call_off}
    owner: {manager_id}
    due: {soon}
  - id: A2
    objective: O2
    text: {visit}
    owner: {manager_id}
    due: {later}
"""


def engagement_text(cast: Cast, tables: dict) -> str:
    """Return the engagement file: one line a table, nothing of what is planted.

    Parameters
    ----------
    cast : Cast
    tables : dict of str to list of dict

    Returns
    -------
    str
    """
    return ENGAGEMENT.format(name=cast.name, tables="".join(f"  {name}: {{file: data/{name}.csv}}\n" for name in tables))


def plan_texts(cast: Cast) -> dict[str, str]:
    """Return the plans of some accounts, drawn whatever is told of them.

    Parameters
    ----------
    cast : Cast

    Returns
    -------
    dict of str to str
        File name to text.
    """
    largest = sorted(cast.accounts, key=lambda account: (-account.revenue, account.account_id))[: 2 * PLANS_COUNT]
    chosen = sorted(cast.stream("plans").sample([account.account_id for account in largest], PLANS_COUNT))
    by_id = {account.account_id: account for account in cast.accounts}
    return {f"{file_stem(account_id)}.yaml": _plan(by_id[account_id], cast) for account_id in chosen}


def _plan(account: Account, cast: Cast) -> str:
    rng, words = cast.stream(f"plan {account.account_id}"), PLANNED["en" if account.name.isascii() else "zh"]
    days = {
        "asked": date(2026, 4, 6) + timedelta(days=rng.randrange(60)),
        "soon": date(2026, 7, 6) + timedelta(days=rng.randrange(20)),
        "later": date(2026, 8, 3) + timedelta(days=rng.randrange(40)),
    }
    target = round(account.revenue * rng.uniform(1.02, 1.1), -4)
    return PLAN.format(account_id=account.account_id, manager_id=account.manager_id, target=f"{target:.0f}", **words, **days)
