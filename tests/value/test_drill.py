"""The loss drill against every outcome enumerated, and its laws."""

import itertools
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib.policy import load_policy
from kamlib.value import concentration_trend, drill, exceedance_curve, loss_drill

RULES = load_policy().drill


def book(amounts, chances, **columns):
    names = [f"A{place:02d}" for place in range(len(amounts))]
    return pd.DataFrame({"revenue_amount": amounts, "loss_probability_rate": chances}, index=names).assign(**columns)


def drawn(groups, rules=RULES, measures=("revenue_amount",)):
    return loss_drill(groups, list(measures), rules=rules)


def enumerated(amounts, chances):
    """Return every outcome's loss with its probability, the smallest loss first."""
    outcomes = []
    for lost in itertools.product([False, True], repeat=len(amounts)):
        probability = 1.0
        for is_lost, chance in zip(lost, chances, strict=True):
            probability *= chance if is_lost else 1 - chance
        outcomes.append((sum(amount for amount, is_lost in zip(amounts, lost, strict=True) if is_lost), probability))
    return sorted(outcomes)


def exact_chance_below(outcomes, amount):
    return sum(probability for loss, probability in outcomes if loss < amount - 1e-9)


def test_F80_500_200_100_mean_75():
    found = drawn(book([500.0, 200.0, 100.0], [0.05, 0.2, 0.1]), RULES)
    row = found.summary.loc["revenue_amount"]
    assert row["mean_amount"] == pytest.approx(75.0, abs=4.2)
    assert (row["largest_exit_amount"], found.largest_exit, found.seed) == (500.0, "A00", RULES.seed)
    assert len(found.losses) == 10_000


@pytest.mark.parametrize("size", [1, 4, 8, 12])
@pytest.mark.parametrize("seed", [1, 20260630])
def test_draws_agree_with_every_outcome_enumerated(size, seed):
    rng = np.random.default_rng(size)
    amounts, chances = rng.integers(1, 900, size).astype(float), rng.uniform(0.02, 0.6, size)
    outcomes = enumerated(amounts, chances)
    mean = sum(loss * probability for loss, probability in outcomes)
    spread = np.sqrt(sum((loss - mean) ** 2 * probability for loss, probability in outcomes))
    rules = load_policy({"drill": {"seed": seed}}).drill
    row = drawn(book(amounts, chances), rules).summary.loc["revenue_amount"]
    assert abs(row["mean_amount"] - mean) < 4 * spread / 100
    # of 10,000 draws the share at or below a quantile strays by 0.0022 (one standard error)
    bad, stray = row["worst_amount"], 4 * np.sqrt(0.95 * 0.05 / 10_000)
    assert exact_chance_below(outcomes, bad) <= 0.95 + stray
    assert exact_chance_below(outcomes, bad + 1e-6 * max(amounts) + 2e-9) >= 0.95 - stray
    tail = [(loss, probability) for loss, probability in outcomes if loss >= bad - 1e-9]
    weight = sum(probability for _, probability in tail)
    beyond = sum(loss * probability for loss, probability in tail) / weight
    spread_beyond = np.sqrt(sum((loss - beyond) ** 2 * probability for loss, probability in tail) / weight)
    assert abs(row["beyond_amount"] - beyond) < 4 * spread_beyond / np.sqrt(10_000 * weight) + 1e-9


def test_F9_the_bad_case_is_a_loss_that_was_drawn():
    rules = load_policy({"drill": {"draws": 10}}).drill
    found = drawn(book([2.0**power for power in range(10)], [0.5] * 10), rules)
    row, ranked = found.summary.loc["revenue_amount"], sorted(found.losses["revenue_amount"])
    assert ranked[8] < ranked[9]  # else the lower one would do as well
    assert row["worst_amount"] == ranked[9]  # 0.95 * 9 = 8.55: the next higher, not between
    assert row["beyond_amount"] == np.mean([loss for loss in ranked if loss >= ranked[9]])


def test_F11_neither_row_order_nor_the_size_of_blocks_changes_a_draw(monkeypatch):
    rng = np.random.default_rng(3)
    accounts = book(rng.uniform(1, 9, 30), rng.uniform(0, 1, 30))
    expected = drawn(accounts, RULES).losses
    pd.testing.assert_frame_equal(drawn(accounts.sample(frac=1, random_state=1), RULES).losses, expected)
    monkeypatch.setattr(drill, "BLOCK_CELLS", 77)
    pd.testing.assert_frame_equal(drawn(accounts, RULES).losses, expected)


def test_draws_are_those_of_the_named_generator():
    accounts = book([5.0, 3.0], [0.3, 0.6])
    random, expected = np.random.Generator(np.random.PCG64(RULES.seed)), []
    for _ in range(RULES.draws):
        one, other = random.random(), random.random()
        expected.append(5.0 * (one < 0.3) + 3.0 * (other < 0.6))
    assert drawn(accounts, RULES).losses["revenue_amount"].tolist() == expected


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(1, 1e6), st.floats(0, 1)), min_size=1, max_size=8), st.floats(0.01, 100))
def test_laws(rows, scale):
    rules = load_policy({"drill": {"draws": 200}}).drill
    amounts, chances = (np.array(column) for column in zip(*rows, strict=True))
    row = drawn(book(amounts, chances), rules).summary.loc["revenue_amount"]
    riskier = drawn(book(amounts, np.minimum(1, chances + 0.1)), rules).summary.loc["revenue_amount"]
    scaled = drawn(book(scale * amounts, chances), rules).summary.loc["revenue_amount"]
    total = amounts.sum() * (1 + 1e-9)
    assert 0 <= row["mean_amount"] <= total and row["worst_amount"] <= row["beyond_amount"] * (1 + 1e-9) <= total * (1 + 1e-9)
    assert riskier["mean_amount"] >= row["mean_amount"] and riskier["worst_amount"] >= row["worst_amount"]
    assert scaled["worst_amount"] == pytest.approx(scale * row["worst_amount"])


def test_the_largest_exit_takes_what_that_one_group_has():
    groups = book([500.0, 400.0], [0.1, 0.1], margin_amount=[3.0, 90.0])
    found = drawn(groups, measures=("revenue_amount", "margin_amount"))
    assert found.largest_exit == "A00"
    assert found.summary["largest_exit_amount"].tolist() == [500.0, 3.0]


def test_a_blank_amount_counts_as_nothing():
    found = drawn(book([10.0, 20.0], [1.0, 1.0], margin_amount=[3.0, np.nan]), measures=("revenue_amount", "margin_amount")).summary
    assert found.loc["margin_amount", ["total_amount", "mean_amount", "worst_amount"]].tolist() == [3.0, 3.0, 3.0]


def sales(*rows):
    return pd.DataFrame(rows, columns=["account_id", "order_date", "net_revenue"]).astype({"order_date": "datetime64[us]"})


def test_concentration_by_groups_at_each_date():
    lines = sales(
        ("A", "2025-03-01", 3.0), ("B", "2025-03-01", 1.0), ("A", "2026-05-01", 1.0), ("C", "2026-05-01", 1.0), ("B", "2026-05-01", 2.0)
    )
    root = pd.Series({"A": "A", "B": "B", "C": "A"})
    dates = [date(2024, 6, 30), date(2025, 6, 30), date(2026, 6, 30)]
    found = concentration_trend(lines, dates=dates, group=root)
    assert list(found.index) == dates and found.iloc[0].isna().all()
    assert found["hhi_ratio"].tolist()[1:] == pytest.approx([0.625, 0.5])
    assert found["largest_revenue_share"].tolist()[1:] == pytest.approx([0.75, 0.5])


@pytest.mark.parametrize(
    ("groups", "match"),
    [
        pytest.param(book([1.0], [1.5]), r"loss_probability_rate must lie in \[0, 1\].*A00: 1.5", id="beyond one"),
        pytest.param(book([1.0], [np.nan]), "loss_probability_rate must lie", id="blank"),
        pytest.param(book([1.0], [0.5]).drop(columns="revenue_amount"), "revenue_amount", id="column"),
        pytest.param(pd.concat([book([1.0], [0.5])] * 2), "group", id="twice"),
        pytest.param(book([], []), "no account to lose", id="nobody"),
    ],
)
def test_refusals(groups, match):
    with pytest.raises(ValueError, match=match):
        drawn(groups)


def test_the_curve_falls_from_certainty_to_the_worst_draw():
    found = drawn(book([500.0, 200.0, 100.0], [0.05, 0.2, 0.1]))
    lost = found.losses["revenue_amount"]
    curve = exceedance_curve(lost)
    assert (curve["beyond_share"].iloc[0], curve["beyond_share"].iloc[-1]) == (1.0, 0.0)
    assert curve["revenue_amount"].is_monotonic_increasing and curve["revenue_amount"].iloc[-1] == lost.max()
    for amount, share in curve.to_numpy():
        assert (lost > amount).mean() <= share + 1e-9
    assert curve.loc[95, "revenue_amount"] == found.summary.loc["revenue_amount", "worst_amount"]
