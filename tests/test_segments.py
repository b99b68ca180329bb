"""M4-M6: the whole grid of segments, the potential score by hand, tiers at their edges, stars month by month."""

from datetime import date
from itertools import product

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import segments
from kamlib.policy import load_policy

POLICY = load_policy()
CUTS = POLICY.matrix
D = date(2026, 6, 30)
# Methodology M4, the table as printed there.
GRID = {
    ("top", "high"): "core",
    ("top", "stable"): "core",
    ("top", "declining"): "maintain",
    ("mid", "high"): "grow",
    ("mid", "stable"): "maintain",
    ("mid", "declining"): "maintain",
    ("low", "high"): "grow",
    ("low", "stable"): "optimise",
    ("low", "declining"): "optimise",
}
CENTS = st.lists(st.integers(-500, 5_000), min_size=1, max_size=25)


def revenues(cents):
    return pd.Series([cent / 100 for cent in cents])


def test_M4_every_cell_of_the_grid_has_its_segment():
    assert set(GRID) == set(product(("top", "mid", "low"), ("high", "stable", "declining")))
    classes = pd.DataFrame(list(GRID), columns=["value_class", "potential_class"])
    assert segments.segment(classes).tolist() == list(GRID.values())


@pytest.mark.parametrize("wrong", [("best", "high"), ("top", None), ("top", "rising")])
def test_segment_refuses_a_class_that_is_not_on_the_grid(wrong):
    with pytest.raises(ValueError, match=r"(value|potential)_class must be one of .*; 0 has"):
        segments.segment(pd.DataFrame([wrong], columns=["value_class", "potential_class"]))


def brute_value(cents):
    """F25 in whole cents: inactive, within the top tenth by rank, at or below the median, else mid."""
    active = sorted(cent for cent in cents if cent > 0)
    n = len(active)
    classes = []
    for cent in cents:
        rank = 1 + sum(other > cent for other in active)
        if cent <= 0:
            classes.append("low")
        elif rank <= -(-n // 10):
            classes.append("top")
        else:
            classes.append("low" if 2 * cent <= active[(n - 1) // 2] + active[n // 2] else "mid")
    return classes


@given(CENTS)
def test_F25_value_class_agrees_with_whole_cents(cents):
    assert segments.value_class(revenues(cents), cuts=CUTS).tolist() == brute_value(cents)


@pytest.mark.parametrize(
    ("revenue", "expected"),
    [
        pytest.param([7.0], ["top"], id="test_F25_one_account_is_top"),
        pytest.param([9.0, 9.0, 1.0], ["top", "top", "low"], id="test_F7_a_tie_at_the_boundary_is_taken_whole"),
        pytest.param([9.0, 3.0, 2.0, 1.0], ["top", "mid", "low", "low"], id="median of an even number"),
        pytest.param([9.0, 5.0, 5.0, 5.0], ["top", "low", "low", "low"], id="at the median is low"),
        pytest.param([9.0, 0.0, -3.0, None], ["top", "low", "low", "low"], id="test_F25_inactive_is_low"),
    ],
)
def test_value_class(revenue, expected):
    assert segments.value_class(pd.Series(revenue, dtype=float), cuts=CUTS).tolist() == expected


@given(CENTS)
def test_law_L8_doubling_the_population_keeps_the_value_classes(cents):
    once = segments.value_class(revenues(cents), cuts=CUTS).tolist()
    assert segments.value_class(revenues(cents + cents), cuts=CUTS).tolist() == once + once


@given(CENTS, st.data())
def test_law_L9_more_revenue_never_lowers_the_value_class(cents, data):
    place = data.draw(st.integers(0, len(cents) - 1))
    more = list(cents)
    more[place] += data.draw(st.integers(0, 3_000))
    order = ["low", "mid", "top"]
    before, after = (segments.value_class(revenues(values), cuts=CUTS)[place] for values in (cents, more))
    assert order.index(after) >= order.index(before)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        pytest.param(60.0, "high", id="at high"),
        pytest.param(59.999, "stable", id="below high"),
        pytest.param(60 * (1 - 1e-12), "high", id="test_F8_last_digits"),
        pytest.param(35.0, "stable", id="at stable"),
        pytest.param(34.999, "declining", id="below stable"),
        pytest.param(0.0, "declining", id="nought"),
        pytest.param(None, "stable", id="test_F25_unmeasured_is_stable"),
    ],
)
def test_potential_class(score, expected):
    assert segments.potential_class(pd.Series([score], dtype=float), cuts=CUTS).tolist() == [expected]


def accounts(growth=None, wallet=None, own=None, outlook=None):
    return pd.DataFrame({"industry_growth": [growth], "wallet_share": [wallet], "growth_rate": [own], "outlook": [outlook]}, index=["A"])


@pytest.mark.parametrize(
    ("row", "score", "coverage"),
    [
        pytest.param((0.10, 0.25, 0.05, "stable"), 0.3 * 50 + 0.3 * 75 + 0.2 * 50 + 0.2 * 60, 1.0, id="all four"),
        pytest.param((0.20, 0.0, 0.30, "growing"), 100, 1.0, id="every scale full"),
        pytest.param((0.0, 1.0, -0.20, "declining"), 0, 1.0, id="every scale at nought"),
        pytest.param((0.5, 1.7, 9.0, None), (30 * 100 + 30 * 0 + 20 * 100) / 80, 0.8, id="test_F25_share_above_1_has_no_headroom"),
        pytest.param((0.10, None, None, "growing"), (30 * 50 + 20 * 100) / 50, 0.5, id="test_F5_exactly_half_is_enough"),
        pytest.param((None, 0.5, 0.05, None), (30 * 50 + 20 * 50) / 50, 0.5, id="test_F5_other_half"),
        pytest.param((None, None, 0.05, "growing"), None, 0.4, id="test_F5_below_half_is_no_score"),
        pytest.param((None, None, 0.05, None), None, 0.2, id="test_F25_orders_only"),
        pytest.param((None, None, None, None), None, 0.0, id="nothing measured"),
    ],
)
def test_potential_score(row, score, coverage):
    found = segments.potential_score(accounts(*row), rules=POLICY.potential, minimum_coverage=POLICY.coverage.minimum_share).loc["A"]
    assert found["potential_score"] == pytest.approx(float("nan") if score is None else score, nan_ok=True)
    assert found["potential_score_coverage"] == pytest.approx(coverage)
    assert (found["potential_score_note"] == "low_coverage") == (score is None)


def test_potential_score_refuses_an_unknown_outlook_and_a_missing_column():
    with pytest.raises(ValueError, match="outlook must be one of growing, stable, declining; A has 'bright'"):
        segments.potential_score(accounts(outlook="bright"), rules=POLICY.potential, minimum_coverage=0.5)
    with pytest.raises(ValueError, match="accounts lacks outlook"):
        segments.potential_score(accounts().drop(columns="outlook"), rules=POLICY.potential, minimum_coverage=0.5)


MAYBE = st.none() | st.floats(-1, 2)


@given(MAYBE, MAYBE, MAYBE, st.sampled_from([None, "growing", "stable", "declining"]))
def test_potential_score_stays_within_0_and_100(growth, wallet, own, outlook):
    found = segments.potential_score(accounts(growth, wallet, own, outlook), rules=POLICY.potential, minimum_coverage=0.5).loc["A"]
    assert pd.isna(found["potential_score"]) or -1e-9 <= found["potential_score"] <= 100 + 1e-9
    assert 0 <= found["potential_score_coverage"] <= 1 + 1e-12


def test_F25_matrix_flags_what_to_mind():
    given_accounts = pd.DataFrame(
        {"revenue_amount": [900.0, 50.0, 40.0, -5.0], "potential_score": [10.0, None, 80.0, None]}, index=list("ABCD")
    )
    found = segments.value_potential_matrix(given_accounts, cuts=CUTS)
    assert found["segment"].tolist() == ["maintain", "optimise", "grow", "optimise"]
    assert found["defend_flag"].tolist() == [1, 0, 0, 0]
    assert found["potential_unmeasured_flag"].tolist() == [0, 1, 0, 1]
    assert found["inactive_flag"].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("revenue", "expected"),
    [
        pytest.param(5_000_000.0, "strategic", id="at strategic"),
        pytest.param(4_999_999.99, "key", id="a cent below strategic"),
        pytest.param(1_000_000.0, "key", id="at key"),
        pytest.param(999_999.99, "basic", id="a cent below key"),
        pytest.param(500_000.0, "basic", id="at basic"),
        pytest.param(499_999.99, "none", id="a cent below basic"),
        pytest.param(-1.0, "none", id="negative"),
        pytest.param(None, "none", id="no orders"),
        pytest.param(sum([0.1] * 10) * 500_000, "basic", id="test_F8_noise_of_adding_up"),
    ],
)
def test_M5_tier(revenue, expected):
    found = segments.tier(pd.Series([revenue], dtype=float), currency="CNY", tiers=POLICY.tiers)
    assert (found["tier"].tolist(), found["tier_note"].isna().all()) == ([expected], True)


def month_orders(amounts, account="A"):
    """Give one order in the middle of each month of 2026, January first."""
    days = pd.to_datetime([f"2026-{month:02d}-15" for month in range(1, len(amounts) + 1)])
    return pd.DataFrame({"account_id": account, "order_date": days, "net_revenue": [float(amount) for amount in amounts]})


def test_F26_a_currency_without_thresholds_is_noted_never_converted():
    found = segments.tier(pd.Series([9e9]), currency="USD", tiers=POLICY.tiers)
    assert (found["tier"].isna().all(), found["tier_note"].tolist()) == (True, ["currency_without_thresholds"])
    stars = segments.stars(month_orders([900] * 6), as_of=D, currency="USD", rules=POLICY.stars)
    assert (stars["stars_count"].isna().all(), stars["stars_count_note"].tolist()) == (True, ["currency_without_thresholds"])


@pytest.mark.parametrize(
    ("amounts", "as_of", "expected"),
    [
        pytest.param([801] * 6, D, (5, None, None), id="five stars miss nothing"),
        pytest.param([800] * 6, D, (4, 6, "2026-06"), id="test_M6_exceeded_means_strictly"),
        pytest.param([301] * 6, D, (3, 6, "2026-06"), id="three stars"),
        pytest.param([900, 900, 300, 900, 900, 900], D, (0, 3, "2026-03"), id="test_F27_month_that_broke_the_run"),
        pytest.param([900, 900, 0, 900, 900, 900], D, (0, 3, "2026-03"), id="test_F27_month_without_orders_is_nought"),
        pytest.param([400, 600, 600, 600, 600, 600], D, (3, 1, "2026-01"), id="one month to the next star"),
        pytest.param([900] * 6, date(2026, 6, 29), (0, 1, "2025-12"), id="test_F27_june_is_not_complete_on_the_29th"),
        pytest.param(
            [900, 900, 900, 900, 900, 200], date(2026, 5, 31), (0, 1, "2025-12"), id="test_F27_month_after_the_date_does_not_count"
        ),
        pytest.param([0, 0, 0, 0, 0, 100], D, (0, 6, "2026-06"), id="no star"),
    ],
)
def test_F27_stars(amounts, as_of, expected):
    found = segments.stars(month_orders(amounts), as_of=as_of, currency="CNY", rules=POLICY.stars).loc["A"]
    read = [None if pd.isna(found[name]) else found[name] for name in ("stars_count", "stars_missing_months", "stars_broke_month")]
    assert tuple(read) == expected


def brute_stars(amounts):
    """F27, level by level and month by month, over the last six months."""
    runs = {}
    for level, cut in ((3, 300), (4, 500), (5, 800)):
        runs[level] = next((k for k, amount in enumerate(reversed(amounts)) if amount <= cut), 6)
    best = max((level for level, run in runs.items() if run == 6), default=0)
    following = {0: 3, 3: 4, 4: 5}.get(best)
    return best, None if following is None else 6 - runs[following]


@given(st.lists(st.sampled_from([0, 299, 300, 301, 500, 501, 800, 801]), min_size=6, max_size=6))
def test_F27_stars_agree_with_the_definition(amounts):
    both = pd.concat([month_orders(amounts), month_orders([0.5] * 6, account="B")], ignore_index=True)
    found = segments.stars(both.assign(account_id=both["account_id"].astype("category")), as_of=D, currency="CNY", rules=POLICY.stars)
    missing = found.at["A", "stars_missing_months"]
    assert (found.at["A", "stars_count"], None if pd.isna(missing) else missing) == brute_stars(amounts)
    assert found.index.tolist() == ["A", "B"]


def test_stars_refuse_orders_without_revenue():
    with pytest.raises(ValueError, match="orders lacks net_revenue"):
        segments.stars(month_orders([1]).drop(columns="net_revenue"), as_of=D, currency="CNY", rules=POLICY.stars)


@pytest.mark.parametrize("demand", [1.0, 0.0, None])
@pytest.mark.parametrize("score", [80.0, 50.0, 10.0])
@pytest.mark.parametrize("place", [0, 5, 19])
def test_A12_only_top_and_stable_falls_where_demand_is_judged_unstable(demand, score, place):
    revenue = pd.Series([float(100 - number) for number in range(20)])
    accounts = pd.DataFrame({"revenue_amount": revenue, "potential_score": 50.0}).assign(demand_stable=1.0)
    plain = accounts.copy()
    accounts.loc[place, ["potential_score", "demand_stable"]], plain.loc[place, "potential_score"] = [score, demand], score
    row, same = (segments.value_potential_matrix(table, cuts=CUTS).loc[place] for table in (accounts, plain))
    falls = place == 0 and score == 50.0 and demand == 0.0
    assert (row["segment"], row["defend_flag"]) == (("maintain", 1.0) if falls else (same["segment"], same["defend_flag"]))
