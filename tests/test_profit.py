"""A7, M33: who carries margin and growth, and what sets key accounts apart, against plain Python."""

import math
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import accumulate
from statistics import median

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib import selection
from kamlib.policy import ProfileRules, load_policy

POLICY = load_policy()
D = date(2026, 6, 30)
CENTS = st.lists(st.integers(-500, 5_000), min_size=1, max_size=25)


def book(margins, revenues=None):
    ids = [f"a{place:02d}" for place in range(len(margins))]
    frame = pd.DataFrame({"account_id": ids, "portfolio": "all", "margin_amount": margins, "revenue_amount": revenues or [1.0] * len(ids)})
    return frame.astype({"margin_amount": float, "revenue_amount": float})


def pareto(margins, coverage=1.0, revenues=None):
    return selection.profit_pareto(book(margins, revenues), pd.Series({"all": coverage}), by="portfolio", rules=POLICY.profit).loc["all"]


def test_A7_whale_of_four_accounts():
    found = pareto([60, 50, 10, -20])
    assert [found[name] for name in ("whale_peak_share", "loss_making_accounts_count", "loss_amount")] == [1.2, 1, 20]
    assert found["eroded_margin_share"] == pytest.approx(0.2) and found["top10_margin_share"] == 0.5


@pytest.mark.parametrize(
    ("coverage", "measured"),
    [pytest.param(0.8, True, id="reached"), pytest.param(0.7999, False, id="just below"), pytest.param(None, False, id="no cost")],
)
def test_A7_margins_compare_from_80_percent_known_cost(coverage, measured):
    found = pareto([60, -10], coverage)
    assert pd.notna(found["top10_margin_share"]) == measured
    assert (found["top10_margin_share_note"] == "low_coverage") == (not measured)


@pytest.mark.parametrize(
    ("margins", "coverage", "notes"),
    [
        pytest.param([60, -60], 1.0, {"whale_peak_share": "base_not_positive", "top10_margin_share": None}, id="as much lost as earned"),
        pytest.param([10, -60], 1.0, {"whale_peak_share": "base_not_positive", "eroded_margin_share": "base_not_positive"}, id="a loss"),
        pytest.param([-1, -60], 1.0, {"top10_margin_share": "base_not_positive", "loss_amount": None}, id="nobody earns"),
        pytest.param([10, -60], 0.7, {"whale_peak_share": "low_coverage", "loss_amount": "low_coverage"}, id="coverage goes first"),
        pytest.param([60, -10], 1.0, {"whale_peak_share": None, "eroded_margin_share": None}, id="measured"),
    ],
)
def test_A7_a_share_without_a_positive_base_says_so(margins, coverage, notes):
    found = pareto(margins, coverage)
    assert {metric: None if pd.isna(found[f"{metric}_note"]) else found[f"{metric}_note"] for metric in notes} == notes


def test_A7_growth_without_a_gain_says_so():
    frame = pd.DataFrame({"portfolio": "all", "revenue_amount": [1.0, 2.0], "revenue_prior_amount": [3.0, 2.0]})
    found = selection.growth_pareto(frame, by="portfolio").loc["all"]
    assert pd.isna(found["top10_growth_share"]) and found["top10_growth_share_note"] == "base_not_positive"


@given(CENTS)
@settings(max_examples=60)
def test_A7_pareto_agrees_with_whole_cents(cents):
    found = pareto([cent / 100 for cent in cents])
    earned, total = sorted((cent for cent in cents if cent > 0), reverse=True), sum(cents)
    for name, tenths in (("top10", 1), ("top20", 2)):
        k = -(-tenths * len(cents) // 10)
        expected = sum(earned[:k]) / sum(earned) if earned else math.nan
        assert found[f"{name}_margin_share"] == pytest.approx(expected, nan_ok=True)
    assert found["whale_peak_share"] == pytest.approx(sum(earned) / total if total > 0 else math.nan, nan_ok=True)
    assert found["loss_making_accounts_count"] == sum(cent < 0 for cent in cents)
    count = next((k for k, held in enumerate(accumulate(earned), 1) if 5 * held >= 4 * sum(earned)), math.nan)
    assert found["accounts_for_80_margin_count"] == pytest.approx(count, nan_ok=True)


@given(CENTS, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_whale_curve_rises_to_its_peak_falls_to_one_and_knows_no_row_order(cents, random):
    margin = pd.Series([cent / 100 for cent in cents], index=[f"a{place:02d}" for place in range(len(cents))])
    curve = selection.whale_curve(margin)
    pd.testing.assert_frame_equal(selection.whale_curve(margin.iloc[random.sample(range(len(cents)), len(cents))]), curve)
    assert curve["cumulative_margin_amount"].tolist() == pytest.approx([held / 100 for held in accumulate(sorted(cents, reverse=True))])
    if sum(cents) > 0:
        assert curve["cumulative_margin_share"].iloc[-1] == 1
        assert curve["cumulative_margin_share"].max() == pytest.approx(pareto([cent / 100 for cent in cents])["whale_peak_share"])


def test_whale_curve_leaves_out_what_has_no_cost_and_survives_a_loss():
    assert selection.whale_curve(pd.Series({"A": None, "B": 2.0})).index.tolist() == ["B"]
    curve = selection.whale_curve(pd.Series({"A": 2.0, "B": -3.0}))
    assert curve["cumulative_margin_share"].isna().all() and curve["cumulative_margin_amount"].tolist() == [2.0, -1.0]
    level = selection.whale_curve(pd.Series({"A": 2.0, "B": -2.0}))
    assert level["cumulative_margin_amount"].tolist() == [2.0, 0.0]


def test_A7_loss_making_accounts_are_listed_worst_first():
    frame = book([-1, 5, -7, -7]).assign(margin_rate=0.1, margin_rate_coverage=1.0)
    assert selection.loss_making(frame)["account_id"].tolist() == ["a02", "a03", "a00"]


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=20))
@settings(max_examples=60)
def test_A7_growth_pareto_adds_up(pairs):
    frame = pd.DataFrame(pairs, columns=["revenue_amount", "revenue_prior_amount"]).astype(float).assign(portfolio="all")
    found = selection.growth_pareto(frame, by="portfolio").loc["all"]
    gains = sorted((now - before for now, before in pairs if now > before), reverse=True)
    assert found["gained_amount"] - found["lost_amount"] == sum(now - before for now, before in pairs)
    k = -(-sum(now > 0 for now, _ in pairs) // 10)
    assert found["top10_growth_share"] == pytest.approx(sum(gains[:k]) / sum(gains) if gains else math.nan, nan_ok=True)


def profile(pairs):
    return pd.DataFrame(pairs, columns=["industry", "is_key"]).astype({"industry": "str", "is_key": bool})


def test_A8_mix_of_two_industries_by_hand():
    found = selection.attribute_mix(
        profile([("x", 1)] * 6 + [("x", 0)] * 4 + [("y", 1)] * 2 + [("y", 0)] * 8), attributes=["industry"], minimum_accounts=5
    )
    assert found[["value", "key_count", "all_count", "key_share", "all_share", "lift"]].to_numpy().tolist() == [
        ["x", 6, 10, 0.75, 0.5, 1.5],
        ["y", 2, 10, 0.25, 0.5, 0.5],
    ]


@pytest.mark.parametrize(
    ("rare", "expected"),
    [
        pytest.param(4, [("x", False), ("(other)", True)], id="four: pooled, no lift"),
        pytest.param(5, [("x", False), ("y", False)], id="five: shown"),
    ],
)
def test_A8_cells_below_five_are_pooled(rare, expected):
    found = selection.attribute_mix(profile([("x", 1)] * 9 + [("y", 0)] * rare), attributes=["industry"], minimum_accounts=5)
    assert list(zip(found["value"], found["lift"].isna(), strict=True)) == expected


@given(st.lists(st.tuples(st.sampled_from("wxyz"), st.booleans()), min_size=1, max_size=40))
@settings(max_examples=60)
def test_A8_mix_loses_nobody_and_information_is_that_of_the_definition(pairs):
    frame = profile(pairs)
    mix = selection.attribute_mix(frame, attributes=["industry"], minimum_accounts=1)
    assert (mix["all_count"].sum(), mix["key_count"].sum()) == (len(pairs), sum(key for _, key in pairs))
    found = selection.attribute_ranking(
        frame, attributes=["industry"], minimum_accounts=1, rules=ProfileRules(seed=7, draws=99, season_months=12, minimum_gaps=4)
    ).iloc[0]
    n, both, one, other = len(pairs), Counter(pairs), Counter(value for value, _ in pairs), Counter(key for _, key in pairs)
    bits = sum(c / n * math.log2(c * n / (one[value] * other[key])) for (value, key), c in both.items())
    if len(other) == 2:
        assert found["mutual_information_bits"] == pytest.approx(bits, abs=1e-9) and 0.01 <= found["permutation_p"] <= 1
    else:
        assert pd.isna(found["mutual_information_bits"]) and pd.isna(found["permutation_p"])


def test_F11_permutation_p_is_the_share_of_all_shuffles():
    keys, values = [1, 1, 1, 0, 0, 0, 0, 0], list("xxxyyyyy")
    rules = ProfileRules(seed=1, draws=99_999, season_months=12, minimum_gaps=4)
    found = selection.attribute_ranking(
        profile(list(zip(values, keys, strict=True))), attributes=["industry"], minimum_accounts=1, rules=rules
    )
    assert found["permutation_p"].iloc[0] == pytest.approx(1 / math.comb(8, 3), abs=0.002)  # only the true marking tells as much


def test_F11_row_order_changes_no_draw():
    frame = profile([(value, place % 3 == 0) for place, value in enumerate("abcab" * 9)])
    rules = POLICY.profile
    one, other = (
        selection.attribute_ranking(rows, attributes=["industry"], minimum_accounts=5, rules=rules) for rows in (frame, frame[::-1])
    )
    pd.testing.assert_frame_equal(one, other)


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "order_date", "product_line", "net_revenue"])
    return frame.assign(order_date=pd.to_datetime(frame["order_date"]), net_revenue=frame["net_revenue"].astype(float))


def test_product_mix_adds_up_per_account_and_names_the_main_line():
    known = orders(("A", "2026-05-02", "v", 10), ("A", "2026-05-03", "p", 10), ("A", "2026-05-03", "q", -1), ("B", "2025-06-30", "p", 5))
    mix = selection.product_mix(known, as_of=D)
    assert mix["product_line"].tolist() == ["p", "v"] and mix["revenue_share"].sum() == 1
    assert selection.main_product_line(mix).to_dict() == {"A": "p"}


@given(st.lists(st.tuples(st.integers(0, 729), st.integers(1, 500)), min_size=1, max_size=30))
@settings(max_examples=40)
def test_seasonality_averages_one_and_agrees_with_a_sum_by_hand(rows):
    days = [(pd.Timestamp("2024-07-01") + pd.Timedelta(days=ago), cents / 100) for ago, cents in rows]
    known = orders(("A", "2024-06-30", "p", 1), *[("A", day, "p", amount) for day, amount in days])
    found = selection.seasonality(known, as_of=D, rules=POLICY.profile).loc["A"]
    if len({day < pd.Timestamp("2025-07-01") for day, _ in days}) < 2:
        assert found.isna().all()  # it bought in one of the two years only
        return
    total = sum(Decimal(cents) for _, cents in rows)
    expected = [
        float(12 * sum(Decimal(cents) for (day, _), (_, cents) in zip(days, rows, strict=True) if day.month == month) / total)
        for month in range(1, 13)
    ]
    assert found.tolist() == pytest.approx(expected) and found.mean() == pytest.approx(1)


@pytest.mark.parametrize(
    ("rows", "measured"),
    [
        pytest.param([("2024-07-31", 5), ("2026-05-02", 50)], True, id="ordered in the first month"),
        pytest.param([("2024-06-30", 5), ("2025-01-02", 5), ("2026-05-02", 50)], True, id="ordered before the first month"),
        pytest.param([("2024-08-01", 5), ("2026-05-02", 50)], False, id="came a month later: the months before are no season"),
        pytest.param([("2024-07-31", -5), ("2024-09-01", 9), ("2026-05-02", 50)], False, id="a credit note is no beginning"),
        pytest.param([("2024-07-31", 5), ("2025-06-30", 50)], False, id="gone: the months after are no season"),
        pytest.param([("2024-07-31", 5), ("2026-05-02", 50), ("2026-05-03", -50)], False, id="a year without revenue"),
    ],
)
def test_seasonality_needs_the_accounts_own_history(rows, measured):
    known = orders(("Z", "2023-01-01", "p", 5), *[("A", day, "p", amount) for day, amount in rows])
    found = selection.seasonality(known, as_of=D, rules=POLICY.profile)
    assert found.loc["A"].notna().all() == measured


@pytest.mark.parametrize("as_of", [date(2026, 6, 30), date(2026, 2, 15), date(2024, 2, 29)])
def test_seasonality_names_the_months_of_the_calendar_whatever_the_date(as_of):
    known = orders(*[("A", f"{year}-{month:02d}-10", "p", month) for year in range(2021, 2027) for month in range(1, 13)])
    found = selection.seasonality(known, as_of=as_of, rules=POLICY.profile).loc["A"]
    assert found.tolist() == pytest.approx([12 * month / 78 for month in range(1, 13)])


@given(st.lists(st.integers(0, 900), min_size=1, max_size=20))
@settings(max_examples=60)
def test_F58_rhythm_agrees_with_gaps_by_hand(ago):
    days = [pd.Timestamp(D) - pd.Timedelta(days=n) for n in ago]
    found = selection.order_rhythm(orders(*[("A", day, "p", 5) for day in days]), as_of=D, rules=POLICY.profile).loc["A"]
    distinct = sorted(set(ago))
    gaps = [later - earlier for earlier, later in zip(distinct, distinct[1:], strict=False)]
    expected = [median(gaps), float(np.quantile(gaps, 0.9))] if len(gaps) >= 4 else [math.nan] * 2
    assert found.iloc[:4].tolist() == pytest.approx([*expected, len(gaps), distinct[0]], nan_ok=True)
    assert (found["order_gap_median_days_note"] == "thin") == (len(gaps) < 4)


def test_missing_columns_are_refused():
    with pytest.raises(ValueError, match="accounts lacks margin_amount"):
        selection.profit_pareto(book([1]).drop(columns="margin_amount"), pd.Series({"all": 1.0}), by="portfolio", rules=POLICY.profit)
    with pytest.raises(ValueError, match="accounts lacks region"):
        selection.attribute_mix(profile([("x", 1)]), attributes=["region"], minimum_accounts=5)
    with pytest.raises(ValueError, match="orders lacks product_line"):
        selection.product_mix(orders().drop(columns="product_line"), as_of=D)
