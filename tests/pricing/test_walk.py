"""M20: the margin walk against fractions in plain loops; its parts add up to the cent, whatever is sold."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.periods import Window
from kamlib.pricing import PARTS, margin_walk

DAY = date(2026, 6, 30)
BEFORE, AFTER = pd.Timestamp("2025-05-01"), pd.Timestamp("2026-05-01")


def lines(*rows):
    """Rows of (day, product, quantity, revenue, cost) and perhaps unit."""
    frame = pd.DataFrame([(*row, "")[:6] for row in rows], columns=["order_date", "product", "quantity", "net_revenue", "cost", "unit"])
    return frame.astype({"quantity": float, "net_revenue": float, "cost": float, "order_date": "datetime64[us]"})


def walked(*rows, **given_):
    return margin_walk(lines(*rows), as_of=DAY, currency="CNY", **given_)


F63 = (
    (BEFORE, "a", 100, 1000, 600), (BEFORE, "b", 50, 1000, 750),
    (AFTER, "a", 130, 1235, 806), (AFTER, "b", 50, 1050, 750), (AFTER, "c", 10, 80, 50),
)  # fmt: skip


def test_F63_650_to_759():
    walk = walked(*F63)
    assert (walk.before, walk.after, walk.change) == (650, 759, 109)
    assert walk.parts == {"volume": 130, "mix": -10, "price": -15, "cost": -26, "new": 30, "lost": 0, "other": 0, "fx": 0}
    assert walk.covered_share == 1 and walk.products["c"] == {"new": 30} and walk.products["a"]["price"] == -65


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        pytest.param([(BEFORE, "a", 5, 50, 30)], {"lost": -20}, id="lost"),
        pytest.param([(AFTER, "a", 5, 50, 30)], {"new": 20}, id="new"),
        pytest.param([(BEFORE, "a", 5, 50, 30), (AFTER, "a", -2, -20, -12)], {"other": -28}, id="came back"),
        pytest.param([(BEFORE, "a", -2, -20, -12), (AFTER, "a", 5, 50, 30)], {"other": 28}, id="came back before"),
        pytest.param([(AFTER, "a", -2, -20, -12)], {"other": -8}, id="came back, never bought here"),
        pytest.param([(BEFORE, "a", -2, -20, -12)], {"other": 8}, id="came back, and nothing since"),
        pytest.param([(BEFORE, "a", 5, 50, 30), (AFTER, "a", 5, 0, 0), (AFTER, "a", -5, 0, 0)], {"other": -20}, id="quantity of nothing"),
        pytest.param([], {}, id="nothing"),
        pytest.param([(BEFORE, "a", 1, 9, None), (AFTER, "a", 1, 8, None)], {}, id="no cost"),
        pytest.param([(pd.Timestamp("2024-06-30"), "a", 1, 9, 1), (pd.Timestamp("2026-07-01"), "a", 1, 8, 1)], {}, id="outside"),
    ],
)
def test_corners(rows, parts):
    walk = walked(*rows)
    assert {name: part for name, part in walk.parts.items() if part} == parts and sum(walk.parts.values()) == walk.change


def test_each_unit_of_measure_walks_alone():
    walk = walked(
        (BEFORE, "a", 10, 100, 60, "kg"), (BEFORE, "b", 1, 10, 5, "pc"), (AFTER, "a", 20, 200, 120, "kg"), (AFTER, "b", 1, 10, 5, "pc")
    )
    assert walk.parts["volume"] == 40 and walk.parts["mix"] == 0
    mixed = walked((BEFORE, "a", 10, 100, 60), (BEFORE, "b", 1, 10, 5), (AFTER, "a", 20, 200, 120), (AFTER, "b", 1, 10, 5))
    assert mixed.parts["mix"] != 0


def test_what_has_no_cost_is_left_out_and_the_rest_says_how_much_it_is():
    walk = walked((BEFORE, "a", 1, 75, 50), (AFTER, "a", 1, 80, 50), (AFTER, "b", 1, 45, None))
    assert walk.change == 5 and walk.covered_share == pytest.approx(155 / 200)


def test_windows_may_be_given():
    first, last = Window(date(2026, 4, 30), date(2026, 5, 31)), Window(date(2026, 5, 31), date(2026, 6, 30))
    walk = walked((AFTER, "a", 1, 10, 4), (pd.Timestamp("2026-06-01"), "a", 2, 22, 8), before=first, after=last)
    assert walk.parts == {"volume": 6, "mix": 0, "price": 2, "cost": 0, "new": 0, "lost": 0, "other": 0, "fx": 0}


RATE_DAYS = pd.to_datetime(["2025-01-31", "2025-05-01", "2026-04-30", "2026-05-15"]).astype("datetime64[us]")
RATES = pd.DataFrame({"currency": "EUR", "date": RATE_DAYS, "rate": [7.0, 9.0, 10.0, 20.0]})


def test_F10_a_currency_that_moved_is_no_price():
    rows = lines((BEFORE, "a", 10, 800, 400), (AFTER, "a", 10, 1000, 500), (AFTER, "b", 1, 9, 5)).assign(currency=["EUR", "EUR", "CNY"])
    walk = margin_walk(rows, as_of=DAY, currency="CNY", rates=RATES)
    assert walk.change == 104 and walk.parts["price"] == walk.parts["volume"] == walk.parts["cost"] == 0
    assert (walk.parts["fx"], walk.parts["new"]) == (100, 4)  # 500 at 10, or 400 at the average of 7 and 9
    at_home = margin_walk(rows.assign(currency="CNY"), as_of=DAY, currency="CNY", rates=RATES)
    assert at_home.parts["fx"] == 0 and at_home.parts["price"] == 200
    assert margin_walk(rows, as_of=DAY, currency="CNY", rates=RATES.iloc[:0]).parts["fx"] == 0


def test_a_currency_that_halved_counts_double():
    halved = RATES.assign(rate=[7.0, 9.0, 4.0, 4.0])
    rows = lines((BEFORE, "a", 10, 800, 400), (AFTER, "a", 10, 1000, 500)).assign(currency="EUR")
    walk = margin_walk(rows, as_of=DAY, currency="CNY", rates=halved)
    # at the rate of the year before, 8, it is 2,000 and 1,000: a higher price and a higher cost, and 500 lost by the currency
    assert (walk.parts["fx"], walk.parts["price"], walk.parts["cost"], walk.change) == (-500, 1200, -600, 100)


def test_amounts_whose_sum_fits_into_hundredths_only_keep_their_size():
    walk = walked((BEFORE, "a", 1000, 6e12, 3e12), (AFTER, "a", 1000, 6.1e12, 3e12))
    assert (walk.before, walk.after, walk.parts["price"], walk.covered_share) == (3e12, 3.1e12, 1e11, 1)


def by_hand(rows):
    """The parts of F63 with fractions, product by product; cents and whole quantities."""
    sums = {window: defaultdict(lambda: [0, 0, 0]) for window in (BEFORE, AFTER)}
    for day, product, *amounts in rows:
        for place, amount in enumerate(amounts):
            sums[day][product][place] += Fraction(str(amount))
    kept = [name for name in sums[BEFORE] if name in sums[AFTER] and sums[BEFORE][name][0] > 0 and sums[AFTER][name][0] > 0]
    parts = dict.fromkeys(PARTS, Fraction(0))
    quantity = [sum(sums[window][name][0] for name in kept) for window in (BEFORE, AFTER)]
    margin = sum(sums[BEFORE][name][1] - sums[BEFORE][name][2] for name in kept)
    if kept:
        parts["volume"] = (quantity[1] - quantity[0]) * margin / quantity[0]
    for name in kept:
        (q0, r0, c0), (q1, r1, c1) = sums[BEFORE][name], sums[AFTER][name]
        parts["mix"] += (q1 - q0 * quantity[1] / quantity[0]) * (r0 - c0) / q0
        parts["price"] += q1 * (r1 / q1 - r0 / q0)
        parts["cost"] -= q1 * (c1 / q1 - c0 / q0)
    for name in {*sums[BEFORE], *sums[AFTER]} - set(kept):
        (_, r0, c0), (q1, r1, c1) = sums[BEFORE].get(name, (0, 0, 0)), sums[AFTER].get(name, (0, 0, 0))
        q0 = sums[BEFORE].get(name, (0, 0, 0))[0]
        part = "new" if name not in sums[BEFORE] and q1 > 0 else "lost" if name not in sums[AFTER] and q0 > 0 else "other"
        parts[part] += (r1 - c1) - (r0 - c0)
    totals = [sum(r - c for _, r, c in sums[window].values()) for window in (BEFORE, AFTER)]
    return parts, totals


def deal(rng, product):
    quantity = rng.randrange(1, 60) * (-1 if rng.random() < 0.15 else 1)
    cents = [quantity * rng.randrange(50, 9000) for _ in range(2)]
    return (rng.choice((BEFORE, AFTER)), f"p{product}", quantity, cents[0] / 100, cents[1] / 100)


@pytest.mark.parametrize("seed", range(250))
def test_2000_random_deals_leave_no_difference(seed):
    rng = random.Random(seed)
    rows = [deal(rng, rng.randrange(12)) for _ in range(rng.randrange(1, 17))]
    parts, (first, last) = by_hand(rows)
    walk = walked(*rows)
    assert walk.exact == parts and sum(parts.values()) == last - first
    assert Fraction(walk.before) == first and Fraction(walk.after) == last
    assert sum(walk.parts.values()) == walk.change == walk.after - walk.before
    assert all(abs(Fraction(walk.parts[name]) - parts[name]) < Fraction(1, 100) for name in PARTS)
    shuffled = rows[:]
    rng.shuffle(shuffled)
    assert walked(*shuffled).parts == walk.parts


@given(
    st.lists(
        st.tuples(st.sampled_from([BEFORE, AFTER]), st.sampled_from("abc"), st.integers(1, 9), st.integers(0, 10**7), st.integers(0, 10**7))
    )
)
def test_law_parts_add_up_whatever_the_places(rows):
    rows = [(day, name, quantity, revenue / 10**4, cost / 10**4) for day, name, quantity, revenue, cost in rows]
    walk = walked(*rows)
    assert sum(walk.parts.values()) == walk.change and all(part == round(part, 2) for part in walk.parts.values())
    assert all(isinstance(part, Decimal) for part in walk.parts.values())
    assert sum(walk.exact.values()) == sum(sum(parts.values()) for parts in walk.products.values())
    assert all(abs(Fraction(walk.parts[name]) - walk.exact[name]) <= Fraction(2, 100) for name in PARTS)


def test_refusal():
    with pytest.raises(ValueError, match="orders lacks cost"):
        margin_walk(lines().drop(columns="cost"), as_of=DAY, currency="CNY")
    with pytest.raises(ValueError, match="rates lacks rate"):
        rows = lines((AFTER, "a", 1, 1, 1)).assign(currency="EUR")
        margin_walk(rows, as_of=DAY, currency="CNY", rates=RATES.drop(columns="rate"))
