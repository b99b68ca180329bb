"""100,000 random deals paid by 20 random plans: the library's statements against whole-number arithmetic in plain loops."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

from kamlib.incentives import CommissionPlan, PeriodBase, commission_steps, credits_of, split_pay
from kamlib.periods import period_window

DEALS, PLANS, PEOPLE, ACCOUNTS = 100_000, 20, 120, 900
QUARTERS = ("2026Q1", "2026Q2", "2026Q3", "2026Q4")
FINE = 10**9  # a unit is a billionth of the currency: cents, tenths of a share, rates and attainments in ten-thousandths fit in whole


def random_plan(rng: random.Random, number: int) -> dict:
    starts = [0, *sorted(rng.sample(range(3000, 15000, 250), rng.randrange(0, 4)))]
    rates = [rng.randrange(0, 500) for _ in starts]
    method = rng.choice(("marginal", "whole"))
    return {
        "id": f"p{number}",
        "starts": starts,
        "rates": sorted(rates) if method == "whole" else rates,
        "method": method,
        "threshold": rng.choice((0, 0, 5000, 8000)),
        "bonus": rng.choice((None, (10_000, 150_000))),
        "cap": rng.choice((None, None, 3_000_000)),
        "period": rng.choice(("quarter", "ytd")),
    }


def as_plan(given: dict) -> CommissionPlan:
    tiers = [{"start": start / 10_000, "rate": rate / 10_000} for start, rate in zip(given["starts"], given["rates"], strict=True)]
    bonus = given["bonus"] and {"start": given["bonus"][0] / 10_000, "amount": given["bonus"][1] / 100}
    cap = given["cap"] and given["cap"] / 100
    return CommissionPlan(id=given["id"], name={"en": "p", "zh": "p"}, valid_from="2020-01-01", kind="commission", tiers=tiers,
                          method=given["method"], threshold=given["threshold"] / 10_000, bonus=bonus, cap_amount=cap,
                          period=given["period"])  # fmt: skip


def paid_by_hand(given: dict, base: int, quota: int) -> int:
    """Pay on a base, both in units; in units."""
    if base <= 0:
        return 0
    edges = [start * quota // 10_000 for start in given["starts"]]
    assert all(start * quota % 10_000 == 0 for start in given["starts"])
    if given["method"] == "whole":
        rate = next(rate for edge, rate in reversed(list(zip(edges, given["rates"], strict=True))) if base >= edge)
        pay = base * rate
    else:
        pay = 0
        for place, (edge, rate) in enumerate(zip(edges, given["rates"], strict=True)):
            end = edges[place + 1] if place + 1 < len(edges) else base
            pay += max(0, min(base, end) - edge) * rate
    assert pay % 10_000 == 0
    pay //= 10_000
    if given["bonus"] and base * 10_000 >= given["bonus"][0] * quota:
        pay += given["bonus"][1] * FINE // 100
    if base * 10_000 < given["threshold"] * quota:
        pay = 0
    return min(pay, given["cap"] * FINE // 100) if given["cap"] else pay


def cents(units: int) -> int:
    """Round units to cents, half a cent up; never below nothing here."""
    return (units * 100 * 2 + FINE) // (2 * FINE)


def by_hand(given: dict, bases: list[int], quotas: list[int]) -> int:
    if given["period"] == "quarter":
        carried = 0
        for base, quota in zip(bases, quotas, strict=True):
            total = base + carried
            carried, pay = min(0, total), cents(paid_by_hand(given, total, quota))
        return pay
    paid = base = quota = 0
    for one, more in zip(bases, quotas, strict=True):
        base, quota, before = base + one, quota + more, paid
        paid = max(paid, cents(paid_by_hand(given, base, quota)))
    return paid - before


@pytest.fixture(scope="module")
def deals():
    rng = random.Random(20260630)
    people = [f"M{number:03d}" for number in range(PEOPLE)]
    manager_of = {f"A{number:03d}": rng.choice(people) for number in range(ACCOUNTS)}
    shared = {}
    for account in rng.sample(sorted(manager_of), 200):
        first = rng.randrange(1, 10)
        one, two = rng.sample(people, 2)
        shared[account, rng.choice(QUARTERS)] = ((one, first), (two, 10 - first))
    windows = {name: period_window(name) for name in QUARTERS}
    rows = []
    for _ in range(DEALS):
        quarter = rng.choice(QUARTERS)
        day = pd.Timestamp(windows[quarter].first_day) + pd.Timedelta(days=rng.randrange(windows[quarter].days))
        seller = rng.choice(people) if rng.random() < 0.1 else None
        amount = rng.randrange(1, 5_000_000) * (-1 if rng.random() < 0.35 else 1)
        rows.append((rng.choice(sorted(manager_of)), quarter, day, seller, amount))
    return people, manager_of, shared, rows


@pytest.fixture(scope="module")
def bases(deals):
    """Bases in units by person and quarter, added up in a plain loop."""
    _, manager_of, shared, rows = deals
    found = defaultdict(int)
    for account, quarter, _, seller, amount in rows:
        units = amount * FINE // 100
        if seller:
            found[seller, quarter] += units
        elif (account, quarter) in shared:
            for person, tenths in shared[account, quarter]:
                found[person, quarter] += units * tenths // 10
        else:
            found[manager_of[account], quarter] += units
    return found


@pytest.fixture(scope="module")
def credited(deals):
    _, manager_of, shared, rows = deals
    lines = pd.DataFrame(rows, columns=["account_id", "quarter", "date", "manager_id", "amount"])
    lines = lines.assign(amount=lines["amount"] / 100, date=lines["date"].astype("datetime64[us]"))
    shares = [(quarter, account, person, tenths / 10) for (account, quarter), pair in shared.items() for person, tenths in pair]
    shares = pd.DataFrame(shares, columns=["period", "account_id", "manager_id", "share"])
    return {name: credits_of(lines, manager_of, shares, window=period_window(name)) for name in QUARTERS}


def test_bases_agree_to_the_last_unit(deals, bases, credited):
    people, _, _, rows = deals
    for quarter in QUARTERS:
        sums = defaultdict(Fraction)
        for credit in credited[quarter]:
            sums[credit.person] += credit.amount
        assert {person: sums[person] * FINE for person in people} == {person: bases[person, quarter] for person in people}
        assert sum(sums.values()) * 100 == sum(row[4] for row in rows if row[1] == quarter)
        assert sum(credit.lines for credit in credited[quarter] if credit.by != "share") <= sum(row[1] == quarter for row in rows)


@pytest.mark.parametrize("number", range(PLANS))
def test_every_statement_agrees_to_the_cent(deals, bases, credited, number):
    people, *_ = deals
    given, rng = random_plan(random.Random(number), number), random.Random(1000 + number)
    plan, pool, by_hand_pool = as_plan(given), 0, 0
    for person in people:
        quotas = [rng.randrange(200, 90_000) * 1000 for _ in QUARTERS]
        periods = [
            PeriodBase(name, sum((credit.amount for credit in credited[name] if credit.person == person), Fraction(0)), Fraction(quota))
            for name, quota in zip(QUARTERS, quotas, strict=True)
        ]
        steps, paid = commission_steps(periods, plan=plan, own_rate=None, own_bonus=None, currency="CNY", rule="half_up")
        wanted = by_hand(given, [bases[person, name] for name in QUARTERS], [quota * FINE for quota in quotas])
        assert paid * 100 == wanted, (person, given)
        assert (
            sum(
                step.amount
                for step in steps
                if step.amount is not None and step.id not in ("credited", "brought", "earlier_base", "base", "quota")
            )
            == paid
        )
        pool, by_hand_pool = pool + paid, by_hand_pool + wanted
    assert pool * 100 == by_hand_pool


@pytest.mark.parametrize("seed", range(40))
def test_a_team_shares_to_the_cent_like_a_plain_largest_remainder(seed):
    rng = random.Random(seed)
    total, weights = rng.randrange(0, 10_000_000), {f"M{number}": rng.randrange(0, 50) for number in range(rng.randrange(2, 9))}
    weights["M0"] += 1
    whole = {name: total * weight // sum(weights.values()) for name, weight in weights.items()}
    rest = sorted(weights, key=lambda name: (-(total * weights[name] % sum(weights.values())), name))[: total - sum(whole.values())]
    found = split_pay(Decimal(total).scaleb(-2), weights, currency="CNY")
    assert {name: int(part * 100) for name, part in found.items()} == {name: whole[name] + (name in rest) for name in weights}
