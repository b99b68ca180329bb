"""M1: ranks and classes that no tie and no row order can move, and concentration against the definition."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import selection
from kamlib.policy import load_policy

POLICY = load_policy()
TEN = pd.Series([500.0, 200, 100, 80, 50, 30, 20, 10, 5, 5])
CENTS = st.lists(st.integers(-500, 5_000), min_size=1, max_size=25)


def revenues(cents):
    return pd.Series([cent / 100 for cent in cents], index=[f"a{place:02d}" for place in range(len(cents))])


def brute_abc(cents):
    """A class per account from whole cents, straight from the rule."""
    total = sum(cent for cent in cents if cent > 0)
    classes = []
    for cent in cents:
        larger = sum(other for other in cents if other > cent)
        classes.append("inactive" if cent <= 0 else "A" if 100 * larger < 80 * total else "B" if 100 * larger < 95 * total else "C")
    return classes


def brute_gini(cents):
    """Half the relative mean difference: another formula for the same number."""
    x = [cent for cent in cents if cent > 0]
    return Fraction(sum(abs(a - b) for a in x for b in x), 2 * len(x) * sum(x))


def test_F8_ten_revenues_give_AAABBBCCCC():
    assert "".join(selection.abc_class(TEN, cuts=POLICY.abc)) == "AAABBBCCCC"


@pytest.mark.parametrize(
    ("revenue", "expected"),
    [
        pytest.param([100.0], ["A"], id="test_D11_a_sole_account_is_A"),
        pytest.param([10.0] * 7, ["A"] * 7, id="test_F16_equals_are_all_A"),
        pytest.param([80.0, 20.0], ["A", "B"], id="test_F8_exactly_80_held_by_larger_is_B"),
        pytest.param([79.99, 20.01], ["A", "A"], id="just below 80"),
        pytest.param([95.0, 5.0], ["A", "C"], id="exactly 95 held by larger is C"),
        pytest.param([40.0, 40.0, 10.0, 10.0], ["A", "A", "B", "B"], id="test_F7_a_tie_is_not_split"),
        pytest.param([100.0, -1200.0, 0.0, None], ["A", "inactive", "inactive", "inactive"], id="test_D09_credit_notes_only_is_inactive"),
        pytest.param([-5.0], ["inactive"], id="nobody active"),
    ],
)
def test_abc_class(revenue, expected):
    assert selection.abc_class(pd.Series(revenue, dtype=float), cuts=POLICY.abc).tolist() == expected


@given(CENTS)
def test_abc_class_agrees_with_whole_cents(cents):
    assert selection.abc_class(revenues(cents), cuts=POLICY.abc).tolist() == brute_abc(cents)


@given(CENTS, st.randoms(use_true_random=False))
def test_law_L1_order_of_accounts_changes_no_class_rank_or_measure(cents, random):
    revenue = revenues(cents)
    shuffled = revenue.iloc[random.sample(range(len(cents)), len(cents))]
    for measure in (lambda values: selection.abc_class(values, cuts=POLICY.abc), selection.revenue_rank):
        pd.testing.assert_series_equal(measure(shuffled).sort_index(), measure(revenue))
    for measure in (selection.gini_ratio, selection.hhi_ratio):
        assert measure(shuffled) == pytest.approx(measure(revenue), nan_ok=True)


@given(CENTS, st.integers(1, 1_000))
def test_law_L3_scaling_the_currency_changes_no_class(cents, k):
    revenue = revenues(cents)
    assert selection.abc_class(k * revenue, cuts=POLICY.abc).equals(selection.abc_class(revenue, cuts=POLICY.abc))
    assert selection.gini_ratio(k * revenue) == pytest.approx(selection.gini_ratio(revenue), nan_ok=True)


@given(CENTS)
def test_law_L7_an_account_without_revenue_changes_nobody_else(cents):
    revenue = revenues(cents)
    wider = pd.concat([revenue, pd.Series([0.0], index=["zz"])])
    assert selection.abc_class(wider, cuts=POLICY.abc).iloc[:-1].equals(selection.abc_class(revenue, cuts=POLICY.abc))
    assert selection.revenue_rank(wider).iloc[:-1].equals(selection.revenue_rank(revenue))


@given(CENTS)
def test_law_L8_doubling_the_population_keeps_classes_and_halves_hhi(cents):
    revenue = revenues(cents)
    twice = pd.concat([revenue, revenue.add_suffix("'")])
    assert selection.abc_class(twice, cuts=POLICY.abc).tolist() == 2 * selection.abc_class(revenue, cuts=POLICY.abc).tolist()
    assert selection.hhi_ratio(twice) == pytest.approx(selection.hhi_ratio(revenue) / 2, nan_ok=True)
    assert selection.gini_ratio(twice) == pytest.approx(selection.gini_ratio(revenue), nan_ok=True)


@given(CENTS, st.data())
def test_law_L9_more_revenue_never_lowers_the_class(cents, data):
    place = data.draw(st.integers(0, len(cents) - 1))
    more = [cent + (data.draw(st.integers(0, 3_000)) if at == place else 0) for at, cent in enumerate(cents)]
    order = ["inactive", "C", "B", "A"]
    before, after = (selection.abc_class(revenues(values), cuts=POLICY.abc).iloc[place] for values in (cents, more))
    assert order.index(after) >= order.index(before)


@given(CENTS)
def test_law_L10_equal_accounts_get_equal_rank_and_class(cents):
    frame = pd.DataFrame({"cents": cents, "class": selection.abc_class(revenues(cents), cuts=POLICY.abc).to_numpy()})
    frame["rank"] = selection.revenue_rank(revenues(cents)).to_numpy()
    assert (frame.groupby("cents")[["class", "rank"]].nunique() <= 1).all(axis=None)


@given(CENTS)
def test_F7_rank_is_one_more_than_the_number_of_larger_accounts(cents):
    expected = [1 + sum(other > cent for other in cents) if cent > 0 else None for cent in cents]
    found = selection.revenue_rank(revenues(cents))
    assert [None if pd.isna(rank) else int(rank) for rank in found] == expected


def test_M1_gini_of_ten_revenues():
    assert selection.gini_ratio(TEN) == pytest.approx(0.647, abs=1e-12)


def test_F16_gini_is_uncorrected():
    assert selection.gini_ratio(TEN) * 10 / 9 == pytest.approx(0.7189, abs=5e-5)


def test_M1_hhi_and_effective_number_of_ten_revenues():
    assert selection.hhi_ratio(TEN) == pytest.approx(0.31035, abs=1e-12)
    assert 1 / selection.hhi_ratio(TEN) == pytest.approx(3.2222, abs=5e-5)


def test_F16_three_accounts_make_80_percent_exactly():
    assert selection.accounts_for_share_count(TEN, revenue_share=Decimal("0.80")) == 3


@pytest.mark.parametrize(("share", "held"), [("0.10", 0.5), ("0.20", 0.7), ("0.11", 0.7), ("1", 1.0)])
def test_F19_view_by_heads_of_ten_revenues(share, held):
    assert selection.top_revenue_share(TEN, accounts_share=Decimal(share)) == pytest.approx(held, abs=1e-12)


@given(CENTS)
def test_concentration_agrees_with_exact_fractions(cents):
    positive = sorted((cent for cent in cents if cent > 0), reverse=True)
    revenue, total = revenues(cents), sum(positive)
    if not positive:
        assert all(pd.isna(value) for value in (selection.gini_ratio(revenue), selection.hhi_ratio(revenue)))
        assert pd.isna(selection.accounts_for_share_count(revenue, revenue_share=Decimal("0.80")))
        assert pd.isna(selection.top_revenue_share(revenue, accounts_share=Decimal("0.10")))
        assert selection.lorenz_curve(revenue).empty
        return
    assert selection.gini_ratio(revenue) == pytest.approx(float(brute_gini(cents)), abs=1e-12)
    assert selection.hhi_ratio(revenue) == pytest.approx(float(sum(Fraction(cent, total) ** 2 for cent in positive)), abs=1e-12)
    needed = next(k for k in range(1, len(positive) + 1) if 100 * sum(positive[:k]) >= 80 * total)
    assert selection.accounts_for_share_count(revenue, revenue_share=Decimal("0.80")) == needed
    heads = -(-len(positive) // 10)
    assert selection.top_revenue_share(revenue, accounts_share=Decimal("0.10")) == pytest.approx(sum(positive[:heads]) / total)


@given(CENTS)
def test_lorenz_curve_rises_below_the_diagonal_and_encloses_gini(cents):
    curve = selection.lorenz_curve(revenues(cents))
    if curve.empty:
        return
    assert curve.iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
    assert (curve["revenue_share"].diff().dropna() > 0).all()
    assert (curve["revenue_share"] <= curve["accounts_share"] + 1e-12).all()
    step = curve["accounts_share"].diff().iloc[1]
    area = ((curve["revenue_share"] + curve["revenue_share"].shift()) / 2).sum() * step
    assert 1 - 2 * area == pytest.approx(selection.gini_ratio(revenues(cents)), abs=1e-9)


def test_F16_one_account_and_equal_accounts():
    assert (selection.gini_ratio(pd.Series([7.0])), selection.hhi_ratio(pd.Series([7.0]))) == (0, 1)
    assert selection.gini_ratio(pd.Series([0.1] * 7)) == 0


def test_F17_concentration_runs_on_any_index_and_per_manager():
    accounts = pd.DataFrame(
        {"revenue_amount": [*TEN, 5.0, -3.0], "manager_id": ["m1"] * 10 + ["m2"] * 2}, index=[f"root{n}" for n in range(12)]
    )
    found = selection.concentration(accounts, by="manager_id")
    assert found.index.tolist() == ["m1", "m2"]
    assert found.loc["m1"].round(4).to_dict() == {
        "active_accounts_count": 10,
        "gini_ratio": 0.647,
        "hhi_ratio": 0.3104,
        "effective_accounts_count": 3.2222,
        "largest_revenue_share": 0.5,
        "top10_revenue_share": 0.5,
        "top20_revenue_share": 0.7,
        "accounts_for_80_count": 3,
    }
    assert found.loc["m2", ["active_accounts_count", "hhi_ratio", "gini_ratio"]].tolist() == [1, 1, 0]


def test_concentration_of_nobody_active_is_not_measured():
    found = selection.concentration(pd.DataFrame({"revenue_amount": [0.0], "all": ["p"]}), by="all").loc["p"]
    assert found["active_accounts_count"] == 0
    assert found.drop("active_accounts_count").isna().all()


def test_concentration_refuses_an_account_of_nobody():
    with pytest.raises(ValueError, match="manager_id must be given in every row; 1 of 1 have none"):
        selection.concentration(pd.DataFrame({"revenue_amount": [1.0], "manager_id": [None]}), by="manager_id")
    with pytest.raises(ValueError, match="accounts lacks revenue_amount"):
        selection.concentration(pd.DataFrame({"manager_id": ["m"]}), by="manager_id")


@pytest.mark.parametrize(("accounts", "share", "heads"), [(10, 0.1, 1), (11, 0.1, 2), (30, 0.1, 3), (1, 0.1, 1), (0, 0.1, 0), (70, 0.1, 7)])
def test_F16_heads_are_rounded_up_from_the_share_as_written(accounts, share, heads):
    assert selection.head_count(accounts, share) == heads


@given(st.lists(st.integers(0, 9), min_size=5, max_size=20))
def test_F9_percentile_is_smaller_and_half_the_equals_over_the_others(values):
    found = selection.percentile_score(pd.Series(values, dtype=float), minimum_values=5)
    n = len(values)
    expected = [100 * (sum(o < v for o in values) + (values.count(v) - 1) / 2) / (n - 1) for v in values]
    assert found.tolist() == pytest.approx(expected)


def test_F9_D11_fewer_than_five_values_have_no_percentile():
    assert selection.percentile_score(pd.Series([1.0, 2, 3, 4, None]), minimum_values=5).isna().all()
    assert selection.percentile_score(pd.Series([1.0, 2, 3, 4, 5, None]), minimum_values=5).isna().tolist() == [False] * 5 + [True]


@pytest.mark.parametrize(("value", "is_reached"), [(0.1 + 0.7, True), (0.8, True), (0.8 - 1e-7, False), (None, False)])
def test_F8_thresholds_forgive_the_last_digits_only(value, is_reached):
    assert selection.reached(pd.Series([value], dtype=float), 0.8).tolist() == [is_reached]
