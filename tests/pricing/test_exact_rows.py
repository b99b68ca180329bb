"""Exceptions, spreads and summaries row by row and column by column; limits at their edges (F60-F62, A26)."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest

from kamlib.policy import load_policy
from kamlib.pricing import PARTS, below_cost, margin_walk, order_discounts, price_exceptions, price_summary, site_spreads, tier_norms

RULES, DAY, ON = load_policy().price, date(2026, 6, 30), pd.Timestamp("2026-05-10")
COLUMNS = ["account_id", "order_id", "order_date", "product", "kind", "rate", "limit_rate", "given_amount", "justified"]


def lines(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "order_id", "product", "quantity", "net_revenue", "list_price", "cost"])
    return frame.assign(order_date=ON).astype(dict.fromkeys(("quantity", "net_revenue", "list_price", "cost"), float))


def test_below_cost_column_by_column_with_a_fresh_index():
    found = below_cost(
        lines(("A", "1", "p", 1, 10, 10, 10), ("A", "2", "q", 2, 8, 10, 10), ("B", "3", "p", 0, 1, 2, 9), ("B", "4", "p", 1, -1, 2, 0)),
        as_of=DAY,
    )
    assert list(found.columns) == COLUMNS and found.index.tolist() == [0]
    assert found.iloc[0].tolist() == ["A", "2", ON, "q", "below_cost", 0.2, 0.0, 2.0, False]
    assert found["justified"].dtype == bool


@pytest.mark.parametrize("column", ["account_id", "order_id", "order_date", "product", "quantity", "net_revenue", "cost"])
def test_below_cost_refuses_by_table_and_column(column):
    with pytest.raises(ValueError, match=f"orders lacks {column}"):
        below_cost(lines().drop(columns=column), as_of=DAY)


def test_orders_without_quantity_or_list_price_have_no_discount():
    rows = lines(("A", "1", "p", 0, 5, 10, 1), ("A", "2", "p", 1, 5, 0, 1), ("A", "3", "p", 1, 0.5, 1, 1), ("A", "4", "p", 1, 5, 10, 1))
    assert order_discounts(rows, None, as_of=DAY, rules=RULES)["order_id"].tolist() == ["3", "4"]


def test_the_same_order_number_at_two_accounts_is_two_orders():
    rows = lines(("A", "1", "p", 1, 90, 100, 1), ("B", "1", "p", 1, 50, 100, 1))
    found = order_discounts(rows, pd.DataFrame({"order_id": ["1"], "level": ["manager"]}), as_of=DAY, rules=RULES)
    assert found[["account_id", "discount_rate", "level"]].to_numpy().tolist() == [["A", 0.1, "manager"], ["B", 0.5, "manager"]]
    with pytest.raises(ValueError, match="approvals lacks level"):
        order_discounts(rows, pd.DataFrame({"order_id": ["1"]}), as_of=DAY, rules=RULES)


def test_tier_norms_weigh_by_list_price_and_need_enough_accounts():
    rows = pd.DataFrame({"account_id": list("ABCDE"), "discount_rate": [0.0, 0.02, 0.04, 0.06, 0.08], "list_amount": [1.0, 1, 1, 1, 1]})
    tiers = pd.Series(dict.fromkeys("ABCDE", "key"))
    found = tier_norms(rows, tiers, rules=RULES)
    assert found.name == "norm_rate" and found.to_dict() == {"key": pytest.approx(0.06)}
    even = pd.DataFrame({"account_id": list("ABCDEF"), "discount_rate": [0.0, 0.02, 0.04, 0.06, 0.08, 0.1], "list_amount": 1.0})
    assert tier_norms(even, pd.Series(dict.fromkeys("ABCDEF", "key")), rules=RULES)["key"] == pytest.approx(0.06), "the lower middle"
    assert tier_norms(rows.iloc[:4], tiers, rules=RULES).empty
    assert tier_norms(rows, pd.Series({**dict.fromkeys("ABCD", "key"), "E": None}), rules=RULES).empty
    with pytest.raises(ValueError, match="orders lacks list_amount"):
        tier_norms(rows.drop(columns="list_amount"), tiers, rules=RULES)


def discounts(*rows):
    columns = ["account_id", "order_id", "order_date", "list_amount", "discount_rate", "level", "authority_rate"]
    frame = pd.DataFrame(rows, columns=columns)
    given = frame["list_amount"] * frame["discount_rate"]
    return frame.assign(given_amount=given, net_amount=frame["list_amount"] - given)


def accounts(**of):
    return pd.DataFrame({"price_sensitivity": 5.0, "tier": "key", "risk_level": "green"} | of, index=["A"])


def test_exceptions_row_by_row_in_order():
    orders = discounts(("A", "2", ON, 100.0, 0.10, "staff", 0.03), ("A", "1", ON, 200.0, 0.10, "staff", 0.03))
    found = price_exceptions(orders, accounts(price_sensitivity=2.0), rules=RULES, norms=pd.Series({"key": 0.06}))
    assert list(found.columns) == [*COLUMNS, "by_today"]
    shown = found[["order_id", "kind", "rate", "limit_rate", "justified", "by_today"]].to_numpy().tolist()
    assert {tuple(row[:2]) for row in shown} == {
        (order, kind) for order in "12" for kind in ("beyond_authority", "low_sensitivity", "above_norm")
    }
    assert found["given_amount"].round(6).tolist() == [14.0, 14.0, 8.0, 7.0, 7.0, 4.0] and found.index.tolist() == list(range(6))
    assert not found["justified"].any() and found["by_today"].all()


@pytest.mark.parametrize("level, justified", [("green", False), ("amber", True), ("red", True), (None, False)])
def test_F60_the_level_of_the_month_before_lifts_two_kinds_and_todays_fills_in(level, justified):
    orders = discounts(("A", "1", ON, 100.0, 0.10, "staff", 0.03))
    risk = pd.DataFrame({"account_id": ["A", "A"], "month_end": pd.to_datetime(["2026-04-30", "2026-05-31"]), "risk_level": [level, "red"]})
    found = price_exceptions(orders, accounts(price_sensitivity=1.0), risk=risk, rules=RULES, norms=pd.Series({"key": 0.06}))
    lifted = found.set_index("kind")["justified"].to_dict()
    assert lifted == {"beyond_authority": False, "low_sensitivity": justified, "above_norm": justified}
    assert found["by_today"].tolist() == [level is None] * 3
    for column in ("account_id", "month_end", "risk_level"):
        with pytest.raises(ValueError, match=f"risk lacks {column}"):
            price_exceptions(orders, accounts(), risk=risk.drop(columns=column), rules=RULES, norms=pd.Series({"key": 0.06}))


def test_A26_spreads_column_by_column_the_largest_first():
    rows = lines(
        ("S1", "1", "p", 10, 100, 0, 0), ("S2", "2", "p", 10, 120, 0, 0), ("S3", "3", "p", 5, 55, 0, 0),
        ("S1", "4", "q", 1, 10, 0, 0), ("S2", "5", "q", 1, 20, 0, 0), ("T1", "6", "p", 1, 1, 0, 0), ("S1", "7", "r", 1, 100, 0, 0),
        ("S2", "8", "r", 1, 105, 0, 0), ("S1", "9", "o", 1, 9, 0, 0),
    )  # fmt: skip
    group = pd.Series({"S1": "G", "S2": "G", "S3": "G", "T1": "H"})
    found = site_spreads(rows, group, as_of=DAY, rules=RULES)
    expected = ["group_id", "product", "unit", "low_price", "high_price", "spread_rate", "given_amount", "low_account", "high_account"]
    assert sorted(found.columns) == sorted(expected) and found.index.tolist() == [0, 1]
    numbers = [[10, 12, 0.2, 25], [10, 20, 1, 10]]
    shown = found[["low_price", "high_price", "spread_rate", "given_amount"]].to_numpy(dtype=float)
    assert shown == pytest.approx(pd.DataFrame(numbers).to_numpy()), "5 % exactly is none"
    assert found[["product", "low_account", "high_account"]].to_numpy().tolist() == [["p", "S1", "S2"], ["q", "S1", "S2"]]
    twins = lines(*[(site, f"{product}{site}", product, 1, price, 0, 0) for product in "zy" for site, price in (("S1", 10), ("S2", 20))])
    assert site_spreads(twins, group, as_of=DAY, rules=RULES)["product"].tolist() == ["y", "z"], "equals stand by name"


def test_summaries_column_by_column():
    orders = discounts(
        ("A", "1", ON, 100.0, 0.03, "staff", 0.03), ("A", "2", ON, 100.0, 0.10, "staff", 0.03), ("B", "3", ON, 50.0, 0.0, "staff", 0.03)
    )
    kinds = [("A", "2", "beyond_authority", 7.0, False), ("A", "2", "above_norm", 4.0, False), ("A", "1", "below_cost", 3.0, False)]
    kinds += [("A", "1", "below_cost", 2.0, False), ("B", "3", "above_norm", 9.0, True)]
    exceptions = pd.DataFrame(kinds, columns=["account_id", "order_id", "kind", "given_amount", "justified"])
    found = price_summary(orders, exceptions, pd.Index(["A", "B", "C"]))
    assert found["discount_rate"].round(4).tolist()[:2] == [0.065, 0.0] and math.isnan(found["discount_rate"].iloc[2])
    assert found["within_authority_share"].round(4).tolist()[:2] == [0.5187, 1.0] and math.isnan(found["within_authority_share"].iloc[2])
    assert found["within_amount"].tolist()[:2] == [97.0, 50.0] and found["priced_amount"].tolist()[:2] == [187.0, 50.0]
    for name, values in (("count", [3.0, 0.0]), ("amount", [12.0, 0.0])):  # order 2 once at its largest, both lines below cost
        column = found[f"price_exceptions_{name}"]
        assert column.tolist()[:2] == values and math.isnan(column.iloc[2]) and column.dtype == float
    assert found["justified_discounts_amount"].tolist()[:2] == [0.0, 9.0] and found["below_cost_amount"].tolist() == [5.0, 0.0, 0.0]
    small = discounts(("A", "1", ON, 1.0, 0.2, "staff", 0.03))
    assert price_summary(small, exceptions.iloc[:0], pd.Index(["A"]))["within_authority_share"].tolist() == [0.0]


def test_the_walk_names_what_it_covers_and_refuses_by_column():
    rows = pd.DataFrame(
        {"order_date": [ON, ON], "product": ["p", "q"], "quantity": [1.0, 1], "net_revenue": [60.0, 40], "cost": [30.0, None]}
    )
    assert margin_walk(rows, as_of=DAY, currency="CNY").covered_share == 0.6
    assert math.isnan(margin_walk(rows.iloc[:0], as_of=DAY, currency="CNY").covered_share)
    for column in rows:
        with pytest.raises(ValueError, match=f"orders lacks {column}"):
            margin_walk(rows.drop(columns=column), as_of=DAY, currency="CNY")


def walked(*rows, currency="CNY", **options):
    frame = pd.DataFrame(
        rows, columns=["order_date", "product", "quantity", "net_revenue", "cost", *(["unit"] if len(rows[0]) > 5 else [])]
    )
    return margin_walk(frame, as_of=DAY, currency=currency, **options)


THEN, NOW = pd.Timestamp("2025-05-10"), pd.Timestamp("2026-05-10")


def test_the_walk_rounds_in_its_own_currency():
    rows = [(THEN, "p", 1.0, 10.004, 5.0), (NOW, "p", 1.0, 12.6, 5.0)]
    assert {name: str(part) for name, part in walked(*rows, currency="JPY").parts.items() if part} == {"price": "3"}
    assert str(walked(*rows, currency="KWD").parts["price"]) == "2.596" and str(walked(*rows, currency="KWD").before) == "5.004"
    assert walked(*rows, currency="JPY").before == 5 and walked(*rows, currency="JPY").change == 3


def test_a_cent_too_much_is_taken_back_from_the_part_with_the_smallest_remainder():
    walk = walked((THEN, "p", 1.0, 0.995, 0.0), (NOW, "p", 1.0, -0.005, 0.0), (THEN, "q", 1.0, 5.0, 1.0), (NOW, "q", 1.0, 5.0, 1.0))
    assert walk.change == sum(walk.parts.values()) and str(walk.change) == "-1.00"
    mixed = walked((THEN, "p", 1.0, 0.995, 0.0), (NOW, "p", 1.0, -0.005, 0.0))
    assert (str(mixed.before), str(mixed.after), str(mixed.change)) == ("1.00", "-0.01", "-1.01")
    assert sum(mixed.parts.values()) == mixed.change and len({name for name, part in mixed.parts.items() if part}) == 2


def test_a_product_in_two_units_adds_up_over_both():
    rows = [
        (THEN, "p", 1.0, 10.0, 4.0, "kg"),
        (NOW, "p", 1.0, 12.0, 4.0, "kg"),
        (THEN, "p", 1.0, 20.0, 5.0, "m"),
        (NOW, "p", 1.0, 25.0, 5.0, "m"),
    ]
    walk = walked(*rows)
    assert walk.products["p"]["price"] == 7 and walk.parts["price"] == 7
    apart = walked(
        (THEN, "p", 1.0, 9.0, 4.0, "kg"), (THEN, "p", 1.0, 3.0, 1.0, "m"), (NOW, "q", 1.0, 1.0, 0.5, None), (NOW, "r", 1.0, 1.0, 0.5, "")
    )
    assert apart.products["p"] == {"lost": -7} and apart.parts["new"] == 1, "a blank unit and none are one"


def test_no_quantity_is_neither_new_nor_lost():
    walk = walked((THEN, "p", 0.0, 3.0, 1.0), (NOW, "q", 0.0, 5.0, 1.0), (NOW, "r", 1.0, 0.5, 0.1))
    assert walk.parts["other"] == 2 and walk.parts["lost"] == 0 and str(walk.parts["new"]) == "0.40"
    assert walked((NOW, "r", 1.0, 0.5, 0.1)).covered_share == 1.0


def test_the_walk_takes_currency_out_only_where_rates_and_currency_are_known():
    frame = pd.DataFrame({"order_date": [THEN, NOW], "product": "p", "quantity": 1.0, "net_revenue": [80.0, 90.0], "cost": [40.0, 45.0]})
    rates = pd.DataFrame({"currency": "EUR", "date": pd.to_datetime(["2025-01-01", "2026-01-01"]), "rate": [8.0, 9.0]})
    given = {"as_of": DAY, "currency": "CNY"}
    assert margin_walk(frame, rates=rates, **given).parts["fx"] == 0, "no currency column"
    euros = frame.assign(currency="EUR")
    assert margin_walk(euros, rates=None, **given).parts["fx"] == 0 and margin_walk(euros, rates=rates.iloc[:0], **given).parts["fx"] == 0
    found = margin_walk(euros, rates=rates, **given)
    assert str(found.parts["fx"]) == "5.00" and found.parts["price"] == 0 and found.change == 5


def test_spreads_leave_out_returns_and_gifts():
    rows = lines(
        ("S1", "1", "p", 1, 10, 0, 0), ("S2", "2", "p", 0, 30, 0, 0), ("S2", "3", "p", 1, 0, 0, 0), ("S2", "4", "p", -1, -30, 0, 0)
    )
    group = pd.Series({"S1": "G", "S2": "G"})
    assert site_spreads(rows, group, as_of=DAY, rules=RULES).empty
    cheap = lines(("S1", "1", "p", 1, 0.5, 0, 0), ("S2", "2", "p", 1, 0.9, 0, 0))
    assert site_spreads(cheap, group, as_of=DAY, rules=RULES)["given_amount"].round(6).tolist() == [0.4]
    named = cheap.assign(unit=[None, ""])
    assert site_spreads(named, group, as_of=DAY, rules=RULES)["unit"].tolist() == [""], "a blank unit and none are one"
    with pytest.raises(ValueError, match="orders lacks quantity"):
        site_spreads(cheap.drop(columns="quantity"), group, as_of=DAY, rules=RULES)


def test_a_cent_taken_back_comes_from_the_last_of_equal_parts():
    walk = walked((THEN, "p", 1.0, 0.995, 0.0), (NOW, "p", 1.0, -0.005, 0.0))
    assert {name: str(part) for name, part in walk.parts.items() if part} == {"price": "-1.00", PARTS[-1]: "-0.01"}


def test_what_costs_less_than_one_can_be_sold_below_cost_too():
    found = below_cost(lines(("A", "1", "p", 1, 0.4, 1, 0.5), ("A", "2", "p", 1, 0.5, 1, 0.5)), as_of=DAY)
    assert found[["order_id", "rate", "given_amount"]].round(9).to_numpy().tolist() == [["1", 0.2, 0.1]]


def test_a_billionth_below_cost_is_rounding():
    rows = lines(("A", "1", "p", 1, 1e9 - 1, 1e9, 1e9), ("A", "2", "p", 1, 1e9 - 2, 1e9, 1e9))
    assert below_cost(rows, as_of=DAY)["order_id"].tolist() == ["2"]


def exceptions_of(*rows, today=None, risk=None, index=None):
    """Discounts of (account, order, day, list amount, rate, authority) as exceptions."""
    frame = pd.DataFrame(
        rows, columns=["account_id", "order_id", "order_date", "list_amount", "discount_rate", "authority_rate"], index=index
    )
    frame = frame.assign(order_date=pd.to_datetime(frame["order_date"]), net_amount=frame["list_amount"] * (1 - frame["discount_rate"]))
    known = pd.DataFrame({"price_sensitivity": 1.0, "tier": None, "risk_level": today}, index=sorted(set(frame["account_id"])))
    return price_exceptions(frame, known, risk=risk, rules=RULES)


def test_a_billionth_beyond_the_limit_is_rounding():
    found = exceptions_of(("A", "1", "2026-05-10", 1e6, 1e-9, 0.0), ("A", "2", "2026-05-10", 1e6, 3e-9, 0.0))
    assert found.loc[found["kind"] == "beyond_authority", "order_id"].tolist() == ["2"]
    orders = pd.DataFrame({"account_id": "A", "order_id": ["1"], "net_amount": 1e6, "list_amount": 1e6, "given_amount": 0.0,
                           "discount_rate": 1e-9, "authority_rate": 0.0})  # fmt: skip
    assert price_summary(orders, found.iloc[:0], pd.Index(["A"]))["within_authority_share"].tolist() == [1.0]


def test_exceptions_stand_by_date_then_money_then_order_then_kind():
    staff = RULES.authority.staff
    found = exceptions_of(
        ("A", "9", "2026-05-11", 100.0, 0.5, 0.4), ("A", "7", "2026-05-10", 100.0, staff + 0.125, staff),
        ("A", "5", "2026-05-12", 200.0, 0.5, 0.4), ("A", "6", "2026-05-12", 200.0, 0.5, 0.4), index=[40, 10, 30, 20],
    )  # fmt: skip
    assert found[["order_id", "kind"]].to_numpy().tolist() == [
        ["7", "beyond_authority"], ["7", "low_sensitivity"], ["9", "low_sensitivity"], ["9", "beyond_authority"],
        ["5", "low_sensitivity"], ["6", "low_sensitivity"], ["5", "beyond_authority"], ["6", "beyond_authority"],
    ]  # fmt: skip
    assert found["by_today"].tolist() == [True] * 8 and found.index.tolist() == list(range(8))


def test_the_level_of_a_month_that_is_missing_is_todays_and_says_so():
    risk = pd.DataFrame({"account_id": ["A"], "month_end": pd.to_datetime(["2026-03-31"]), "risk_level": ["green"]})
    rows = [("A", "1", "2026-04-10", 100.0, 0.2, 0.3), ("A", "2", "2026-05-10", 100.0, 0.2, 0.3)]
    found = exceptions_of(*rows, today="red", risk=risk, index=[7, 3]).set_index("order_id")
    assert found["justified"].to_dict() == {"1": False, "2": True} and found["by_today"].to_dict() == {"1": False, "2": True}


def test_spreads_of_equal_money_stand_by_group_product_and_unit():
    rows = [
        (account, product, unit, price)
        for group in ("H", "G") for product in ("q", "p") for unit in ("kg", "t")
        for account, price in ((f"{group}1", 100.0), (f"{group}2", 110.0))
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["account_id", "product", "unit", "net_revenue"]).assign(order_date=ON, quantity=10.0)
    group = pd.Series({f"{name}{place}": name for name in "GH" for place in (1, 2)})
    found = site_spreads(frame, group, as_of=DAY, rules=RULES)
    assert found.index.tolist() == list(range(8))
    assert found[["group_id", "product", "unit"]].to_numpy().tolist() == [
        [name, product, unit] for name in "GH" for product in "pq" for unit in ("kg", "t")
    ]
    dearer = frame.assign(net_revenue=frame["net_revenue"].mask(frame["account_id"] == "H2", 130.0))
    turned = site_spreads(dearer, group, as_of=DAY, rules=RULES)
    assert turned["group_id"].tolist() == ["H"] * 4 + ["G"] * 4 and turned.index.tolist() == list(range(8))


def test_a_spread_at_the_limit_is_none():
    frame = pd.DataFrame({"account_id": ["A", "B"], "product": "p", "quantity": 8.0, "net_revenue": [8.0, 12.0], "order_date": ON})
    group = pd.Series({"A": "G", "B": "G"})
    at, below = (RULES.model_copy(update={"site_spread": spread}) for spread in (0.5 - 1e-9, 0.5 - 3e-9))
    assert at.site_spread + 1e-9 == 0.5 and site_spreads(frame, group, as_of=DAY, rules=at).empty
    assert len(site_spreads(frame, group, as_of=DAY, rules=below)) == 1


def test_norms_count_orders_of_which_something_else_is_blank():
    orders = pd.DataFrame({"account_id": list("abcde"), "discount_rate": [0.0, 0.01, 0.02, 0.03, 0.2], "list_amount": 10.0, "level": None})
    assert tier_norms(orders, pd.Series("key", index=list("abcde")), rules=RULES)["key"] == pytest.approx(0.02 + RULES.norm_points)
