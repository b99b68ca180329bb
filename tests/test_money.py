"""Money: rounded once and by name, split without a cent lost, added up without an error."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.money import allocate, exact, exact_sums, exact_units, plain_index, require_groups, round_money, unit_scale

CENTS = st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents).scaleb(-2))
AMOUNTS = st.decimals(-(10**9), 10**9, places=6)
WEIGHTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=9).filter(any)


@pytest.mark.parametrize(
    ("amount", "currency", "rule", "expected"),
    [
        pytest.param("0.125", "CNY", "half_up", "0.13", id="test_M21_check_value"),
        pytest.param("-0.125", "CNY", "half_up", "-0.13", id="test_M21_away_from_zero"),
        pytest.param("0.125", "CNY", "half_even", "0.12", id="half even"),
        pytest.param("2.665", "CNY", "half_up", "2.67", id="no float in between"),
        pytest.param("2.664999", "CNY", "half_up", "2.66", id="below half"),
        pytest.param("1234.5", "JPY", "half_up", "1235", id="currency without decimals"),
        pytest.param("1.0005", "KWD", "half_up", "1.001", id="currency with three"),
        pytest.param("123456789012345678901234567896.125", "CNY", "half_up", "123456789012345678901234567896.13", id="many digits"),
    ],
)
def test_round_money(amount, currency, rule, expected):
    assert round_money(Decimal(amount), currency=currency, rule=rule) == Decimal(expected)


@given(AMOUNTS)
def test_law_L16_rounding_is_symmetric(amount):
    assert round_money(-amount, currency="CNY") == -round_money(amount, currency="CNY")


@given(AMOUNTS)
def test_law_L14_rounding_twice_is_rounding_once(amount):
    once = round_money(amount, currency="CNY")
    assert round_money(once, currency="CNY") == once
    assert abs(once - amount) <= Decimal("0.005")


@pytest.mark.parametrize("amount", [0.125, "0.125", Decimal("NaN"), Decimal("Infinity"), None])
def test_round_money_refuses_what_was_rounded_before(amount):
    with pytest.raises(ValueError, match="must be a finite Decimal"):
        round_money(amount, currency="CNY")


def test_round_money_refuses_an_unknown_rule():
    with pytest.raises(ValueError, match="half_up or half_even, got 'bankers'"):
        round_money(Decimal(1), currency="CNY", rule="bankers")


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        pytest.param("100.00", [1, 1, 1], ["33.34", "33.33", "33.33"], id="test_F65_thirds"),
        pytest.param("-100.00", [1, 1, 1], ["-33.34", "-33.33", "-33.33"], id="a clawback mirrors the payment"),
        pytest.param("0.01", [1, 2, 1], ["0.00", "0.01", "0.00"], id="largest remainder wins"),
        pytest.param("0.05", [3, 3, 1], ["0.02", "0.02", "0.01"], id="exact vector"),
        pytest.param("0.00", [1, 2, 3], ["0.00", "0.00", "0.00"], id="nothing to split"),
        pytest.param("10.00", [0, 5, 0], ["0.00", "10.00", "0.00"], id="weight of nought"),
        pytest.param("1.00", [Decimal("0.1"), Decimal("0.2"), Decimal("0.3")], ["0.17", "0.33", "0.50"], id="decimal weights"),
    ],
)
def test_allocate(total, weights, expected):
    shares = allocate(Decimal(total), weights, ["a", "b", "c"], currency="CNY")
    assert list(shares.values()) == [Decimal(text) for text in expected]


def test_F65_ties_go_to_the_first_id_not_to_the_first_place():
    shares = allocate(Decimal("100.00"), [1, 1, 1], ["c", "a", "b"], currency="CNY")
    assert shares == {"c": Decimal("33.33"), "a": Decimal("33.34"), "b": Decimal("33.33")}


def test_allocate_in_a_currency_without_decimals():
    assert list(allocate(Decimal(100), [1, 1, 1], "abc", currency="JPY").values()) == [34, 33, 33]


@given(CENTS, WEIGHTS, st.randoms(use_true_random=False))
def test_law_L13_shares_add_up_stay_near_and_ignore_the_order(total, weights, random):
    ids = [f"m{place}" for place in range(len(weights))]
    shares = allocate(total, weights, ids, currency="CNY")
    assert sum(shares.values()) == total
    for key, weight in zip(ids, weights, strict=True):
        assert abs(Fraction(shares[key]) - Fraction(total) * weight / sum(weights)) < Fraction(1, 100)
    places = list(range(len(weights)))
    random.shuffle(places)
    assert allocate(total, [weights[place] for place in places], [ids[place] for place in places], currency="CNY") == shares


@given(CENTS, WEIGHTS, st.integers(1, 50))
def test_law_L13_scaling_the_total_scales_each_share(total, weights, k):
    ids = [f"m{place}" for place in range(len(weights))]
    once, scaled = allocate(total, weights, ids, currency="CNY"), allocate(k * total, weights, ids, currency="CNY")
    assert all(abs(scaled[key] - k * once[key]) <= Decimal("0.01") * k for key in ids)


@pytest.mark.parametrize(
    ("total", "weights", "ids", "message"),
    [
        pytest.param("1.005", [1], ["a"], "whole units of 0.01 CNY, got 1.005", id="fraction of a cent"),
        pytest.param("1", [1, -1], ["a", "b"], "at least 0 and not all 0, got b: -1", id="negative weight"),
        pytest.param("1", [0, 0], ["a", "b"], "got only zeros", id="no weight"),
        pytest.param("1", [1, 1], ["a", "a"], "each id once; got 2 weights for a, a", id="id twice"),
        pytest.param("1", [1, 1], ["a"], "must pair up", id="missing id"),
    ],
)
def test_allocate_refuses(total, weights, ids, message):
    with pytest.raises(ValueError, match=message):
        allocate(Decimal(total), weights, ids, currency="CNY")


def test_F8_amounts_are_compared_as_integers_never_as_shares():
    shares = pd.Series([0.5, 0.2, 0.1])
    assert shares.cumsum().iloc[-1] < 0.8  # the trap: floating shares fall short of what they stand for
    units = exact_units(pd.Series([500.0, 200.0, 100.0, 200.0]))
    assert not units.iloc[:3].sum() * 100 < 80 * units.sum()


def test_exact_units_take_a_blank_as_nothing():
    assert exact_units(pd.Series([1.5, None, -0.000001])).tolist() == [1_500_000, 0, -1]


def test_exact_units_keep_fitting_when_totals_are_huge():
    huge = pd.Series([6e13, 6e13, 0.01])
    assert unit_scale(huge) == 100
    assert exact_units(huge).tolist() == [6 * 10**15, 6 * 10**15, 1]


@pytest.mark.parametrize("amount", [float("inf"), 1e17])
def test_exact_units_refuse_what_does_not_fit(amount):
    with pytest.raises(ValueError, match="must be finite and add up to less than"):
        exact_units(pd.Series([amount]))


@given(st.lists(st.tuples(st.sampled_from("ABC"), AMOUNTS), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_exact_sums_agree_with_decimals_in_any_order(rows, random):
    expected = {key: sum((amount for name, amount in rows if name == key), Decimal(0)) for key in {name for name, _ in rows}}
    shuffled = random.sample(rows, len(rows))
    for order in (rows, shuffled):
        frame = pd.DataFrame({"account_id": [name for name, _ in order], "amount": [float(amount) for _, amount in order]})
        for keys in (frame["account_id"], frame["account_id"].astype("category")):
            found = exact_sums(frame.assign(account_id=keys), ["amount"], by="account_id")["amount"]
            assert list(found.index) == sorted(expected)
            assert found.to_dict() == {key: float(total) for key, total in expected.items()}


def test_exact_sums_by_two_keys_have_a_row_per_pair_that_occurs():
    frame = pd.DataFrame({"a": pd.Categorical(["y", "x", "y"], categories=["z", "y", "x"]), "b": [2, 1, 2], "n": [0.1, 0.2, 0.2]})
    found = exact_sums(frame, ["n"], by=["a", "b"])
    assert [list(row) for row in found.itertuples(index=False)] == [["x", 1, 0.2], ["y", 2, 0.3]]


def test_exact_sums_of_no_rows_are_no_rows():
    empty = pd.DataFrame({"account_id": pd.Series([], dtype="str"), "n": pd.Series([], dtype=float)})
    assert exact_sums(empty, ["n"], by="account_id").empty
    assert list(exact_sums(empty, ["n"], by=["account_id"]).columns) == ["account_id", "n"]


def test_exact_sums_refuse_a_row_that_would_fall_out():
    frame = pd.DataFrame({"manager_id": ["M", None], "n": [1.0, 2.0]})
    with pytest.raises(ValueError, match="manager_id must be given in every row; 1 of 2 have none"):
        exact_sums(frame, ["n"], by="manager_id")
    with pytest.raises(ValueError, match="manager_id must be given"):
        require_groups(frame, ["manager_id"])


def test_plain_index_sorts_and_drops_the_category():
    found = plain_index(pd.Series([1, 2], index=pd.CategoricalIndex(["b", "a"])))
    assert (list(found.index), isinstance(found.index, pd.CategoricalIndex)) == (["a", "b"], False)


def test_exact_reads_a_number_as_written():
    assert exact(0.1) * 3 == exact(0.3)


def test_blanks_add_nothing_and_names_stay():
    frame = pd.DataFrame({"k": ["b", "a", "b"], "x": [1.005, None, 2.0], "y": [None, None, 1.0]})
    found = exact_sums(frame, ["x", "y"], by="k")
    assert found.index.name == "k" and found.index.tolist() == ["a", "b"]
    assert found["x"].tolist() == [0.0, 3.005] and found["y"].tolist() == [0.0, 1.0]
    units = exact_units(pd.Series([1.0, None], index=["p", "q"], name="amount"))
    assert units.index.tolist() == ["p", "q"] and units.name == "amount" and units.iloc[1] == 0


@pytest.mark.parametrize(("amount", "expected"), [("5.5", "6"), ("6.5", "6"), ("7.5", "8"), ("9.5", "10"), ("3.5", "4"), ("4.5", "4")])
def test_half_even_goes_to_the_even_neighbour(amount, expected):
    for exact_amount in (Decimal(amount), Fraction(amount)):  # each has its own way
        assert round_money(exact_amount, currency="JPY", rule="half_even") == Decimal(expected)


def test_fractions_are_rounded_in_their_own_currency():
    assert round_money(Fraction(10005, 10000), currency="KWD") == Decimal("1.001")
    assert round_money(Fraction(3, 2), currency="JPY") == Decimal("2")
    assert str(round_money(Fraction(0), currency="CNY")) == "0.00", "no minus before nothing"


def test_nullable_numbers_add_up_like_plain_ones():
    known = pd.Series([0.1, None, 0.2], dtype="Float64")
    assert exact_units(known).tolist() == [100_000, 0, 200_000] and unit_scale(known) == 1_000_000
    frame = pd.DataFrame({"account_id": ["A", "A", "B"], "amount": known})
    assert exact_sums(frame, ["amount"], by="account_id")["amount"].tolist() == [0.1, 0.2]


def test_small_amounts_are_not_lost_beside_a_giant():
    rows = pd.DataFrame({"account_id": "A", "amount": [4e12, *[0.3] * 1_000]})
    assert abs(exact_sums(rows, ["amount"], by="account_id")["amount"].iloc[0] - (4e12 + 300)) < 0.001  # two steps of a float so large


def test_every_weight_below_zero_is_named():
    with pytest.raises(ValueError, match=r"not all 0, got a: -1, b: -2$"):
        allocate(Decimal(1), [-1, -2, 9], ["a", "b", "c"], currency="CNY")


def test_amounts_that_fill_64_bits_to_the_brim_are_kept_in_hundredths():
    assert unit_scale(pd.Series([9e12])) == 100 and unit_scale(pd.Series([8.99e12])) == 1_000_000
    with pytest.raises(ValueError, match=r"less than 9e\+16, got 1e\+17"):
        unit_scale(pd.Series([1e17]))
