"""M20: authority, exceptions and their reasons at every limit; summaries against a plain loop over the sample's files."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from itertools import product as every
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.policy import load_policy
from kamlib.pricing import KINDS, below_cost, order_discounts, price_exceptions, price_summary, site_spreads, tier_norms

RULES, DAY = load_policy().price, date(2026, 6, 30)
SAMPLE = Path(__file__).resolve().parents[2] / "params" / "sample"
ON = pd.Timestamp("2026-05-10")


def lines(*rows):
    """Rows of (account, order, quantity, net, list, cost), product by order."""
    frame = pd.DataFrame(rows, columns=["account_id", "order_id", "quantity", "net_revenue", "list_price", "cost"])
    return frame.assign(order_date=ON, product="p").astype(dict.fromkeys(("quantity", "net_revenue", "list_price", "cost"), float))


def discounts(*rows, approvals=None):
    approved = None if approvals is None else pd.DataFrame(approvals, columns=["order_id", "level"])
    return order_discounts(lines(*rows), approved, as_of=DAY, rules=RULES)


def test_F61_the_discount_is_the_orders_and_returns_do_not_count():
    rows = [("A", "1", 1, 90, 100, None), ("A", "1", 1, 100, 100, None), ("A", "1", -1, -90, -100, None), ("A", "2", 1, 5, None, None)]
    found = discounts(*rows)
    assert found[["order_id", "list_amount", "given_amount", "discount_rate"]].to_numpy().tolist() == [["1", 200, 10, 0.05]]


@pytest.mark.parametrize(
    ("approvals", "level", "limit"),
    [
        (None, "staff", 0.03), ([], "staff", 0.03), ([("1", "manager")], "manager", 0.08), ([("1", "director")], "director", 0.15),
        ([("1", "executive")], "executive", 0.25), ([("1", "manager"), ("1", "director"), ("1", "staff")], "director", 0.15),
        ([("9", "director")], "staff", 0.03), ([("1", None)], "staff", 0.03),
    ],
)  # fmt: skip
def test_F61_authority_by_level(approvals, level, limit):
    found = discounts(("A", "1", 1, 90, 100, None), approvals=approvals)
    assert found[["level", "authority_rate"]].iloc[0].tolist() == [level, limit]


def test_only_twelve_months_are_looked_at():
    rows = lines(*[("A", str(number), 1, 90, 100, 95) for number in range(4)])
    rows["order_date"] = pd.to_datetime(["2025-06-30", "2025-07-01", "2026-06-30", "2026-07-01"])
    assert order_discounts(rows, None, as_of=DAY, rules=RULES)["order_id"].tolist() == ["1", "2"]
    assert below_cost(rows, as_of=DAY)["order_id"].tolist() == ["1", "2"]


@pytest.mark.parametrize(("net", "listed"), [(9.99, 1), (10, 0), (10.01, 0)])
def test_below_cost_starts_below_the_cost(net, listed):
    found = below_cost(lines(("A", "1", 1, net, 12, 10)), as_of=DAY)
    assert len(found) == listed and (not listed or found["given_amount"].item() == pytest.approx(0.01))
    assert below_cost(lines(("A", "1", -1, -20, -12, -10), ("A", "2", 1, 5, 5, None)), as_of=DAY).empty


def judged(rate, *, level="manager", sensitivity=None, tier=None, risk=None, norm=None, history=None):
    order = discounts(("A", "1", 1, 100 * (1 - rate), 100, None), approvals=[("1", level)])
    accounts = pd.DataFrame({"price_sensitivity": [sensitivity], "tier": [tier], "risk_level": [risk]}, index=["A"])
    norms = pd.Series({tier: norm} if norm is not None else {}, dtype=float)
    return price_exceptions(order, accounts.astype({"price_sensitivity": float}), risk=history, rules=RULES, norms=norms)


@pytest.mark.parametrize("level", ["staff", "manager", "director", "executive"])
@pytest.mark.parametrize("beyond", [-0.0001, 0, 0.0001])
def test_beyond_authority_is_never_justified(level, beyond):
    limit = getattr(RULES.authority, level)
    found = judged(limit + beyond, level=level, risk="red")
    assert found["kind"].tolist() == (["beyond_authority"] if beyond > 0 else []) and not found["justified"].any()
    assert not len(found) or found["given_amount"].item() == pytest.approx(100 * beyond)


@pytest.mark.parametrize(
    ("sensitivity", "rate", "listed"), [(2, 0.031, True), (2, 0.03, False), (3, 0.031, False), (1, 0.07, True), (None, 0.07, False)]
)
def test_F61_a_discount_to_who_hardly_minds_the_price(sensitivity, rate, listed):
    assert (judged(rate, sensitivity=sensitivity)["kind"] == "low_sensitivity").any() == listed


@pytest.mark.parametrize(("risk", "kind"), list(every(["red", "amber", "green", None], ["low_sensitivity", "above_norm"])))
def test_F60_an_account_in_danger_lifts_two_kinds(risk, kind):
    found = judged(0.05, sensitivity=1, tier="key", norm=0.04, risk=risk).set_index("kind")
    assert found.loc[kind, "justified"] == (risk in ("red", "amber")) and found.loc[kind, "by_today"]


def test_F60_the_level_is_that_of_the_month_before_the_order():
    history = pd.DataFrame({"account_id": "A", "month_end": pd.to_datetime(["2026-04-30", "2026-05-31"]), "risk_level": ["red", "green"]})
    found = judged(0.05, sensitivity=1, risk="green", history=history)
    assert found[["justified", "by_today"]].iloc[0].tolist() == [True, False]
    later = judged(0.05, sensitivity=1, risk="green", history=history.iloc[1:])
    assert later[["justified", "by_today"]].iloc[0].tolist() == [False, True]


def test_F62_the_norm_is_the_middle_by_list_value_and_two_points():
    orders = pd.DataFrame(
        {"account_id": list("abcdef"), "discount_rate": [0.01, 0.02, 0.03, 0.04, 0.05, 0.5], "list_amount": [10, 10, 10, 10, 100, 5]}
    )
    tiers = pd.Series("key", index=list("abcdef"))
    assert tier_norms(orders, tiers, rules=RULES)["key"] == pytest.approx(0.07)
    assert tier_norms(orders.iloc[:4], tiers, rules=RULES).empty
    assert tier_norms(orders, tiers.mask(tiers.index == "f"), rules=RULES)["key"] == pytest.approx(0.07)
    even = orders.assign(list_amount=10.0)
    assert tier_norms(even, tiers, rules=RULES)["key"] == pytest.approx(0.05)
    assert (
        judged(0.0499, tier="key", norm=0.05).empty
        and judged(0.05, tier="key", norm=0.05).empty
        and len(judged(0.0501, tier="key", norm=0.05)) == 1
    )


def test_the_norm_of_the_orders_themselves_is_taken_where_none_is_given():
    rows = [(name, name, 1, 100 - rate, 100, None) for name, rate in zip("abcdef", (1, 1, 1, 1, 1, 6), strict=True)]
    accounts = pd.DataFrame({"price_sensitivity": float("nan"), "tier": "key", "risk_level": "green"}, index=list("abcdef"))
    found = price_exceptions(discounts(*rows, approvals=[("f", "manager")]), accounts, rules=RULES)
    assert found[["account_id", "kind"]].to_numpy().tolist() == [["f", "above_norm"]] and found["limit_rate"].item() == pytest.approx(0.03)


@pytest.mark.parametrize(("high", "listed"), [(10.5, 0), (10.51, 1)], ids=["at 5 %", "above 5 %"])
def test_A26_one_price_over_the_sites_of_a_group(high, listed):
    rows = lines(
        ("A", "1", 10, 100, None, None),
        ("B", "2", 10, 10 * high, None, None),
        ("C", "3", 10, 500, None, None),
        ("A", "4", -1, -50, None, None),
    )
    group = pd.Series({"A": "G", "B": "G", "C": "C"})
    found = site_spreads(rows, group, as_of=DAY, rules=RULES)
    assert len(found) == listed
    if listed:
        row = found.iloc[0]
        assert (row["group_id"], row["low_account"], row["high_account"], row["unit"]) == ("G", "A", "B", "")
        assert row["given_amount"] == pytest.approx(5.1) and row["spread_rate"] == pytest.approx(0.051)
    kilos = rows.assign(unit=["kg", "pc", "kg", "kg"])
    assert site_spreads(kilos, group, as_of=DAY, rules=RULES).empty


def test_summary_takes_an_order_once_and_at_its_largest():
    orders = discounts(("A", "1", 1, 80, 100, 90), ("A", "2", 1, 98, 100, 90), ("B", "3", 1, 95, 100, None))
    accounts = pd.DataFrame({"price_sensitivity": [1.0, 1.0], "tier": None, "risk_level": ["green", "red"]}, index=["A", "B"])
    found = price_exceptions(orders, accounts, rules=RULES)
    lost = below_cost(lines(("A", "1", 1, 80, 100, 90)), as_of=DAY)
    summary = price_summary(orders, pd.concat([found, lost]), pd.Index(["A", "B", "C"]))
    a, b, c = (summary.loc[name] for name in "ABC")
    assert (a["discount_rate"], a["within_authority_share"], a["price_exceptions_count"]) == (0.11, 98 / 178, 2)
    assert a["price_exceptions_amount"] == pytest.approx(17 + 10) and a["below_cost_amount"] == 10
    assert b["price_exceptions_count"] == 1 and b["price_exceptions_amount"] == pytest.approx(2) == b["justified_discounts_amount"]
    assert c[["discount_rate", "within_authority_share", "price_exceptions_count", "price_exceptions_amount"]].isna().all()
    owner = pd.Series({"A": "M", "B": "M"})
    both = price_summary(orders, pd.concat([found, lost]), pd.Index(["M"]), owner=owner).loc["M"]
    assert both["given_amount"] == a["given_amount"] + b["given_amount"] and both["price_exceptions_count"] == 3
    assert both["discount_rate"] == pytest.approx(27 / 300)


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 60)), min_size=1, max_size=12), st.integers(2, 9))
def test_law_scale_and_order(given_rows, factor):
    rows = [(name, str(place), 1, 100 - rate, 100, None) for place, (name, rate) in enumerate(given_rows)]
    accounts = pd.DataFrame({"price_sensitivity": 1.0, "tier": None, "risk_level": "green"}, index=list("ABC"))
    once = price_exceptions(discounts(*rows), accounts, rules=RULES)
    more = price_exceptions(discounts(*[(a, o, q, factor * n, factor * p, c) for a, o, q, n, p, c in rows][::-1]), accounts, rules=RULES)
    assert once["kind"].tolist() == more["kind"].tolist() and set(once["kind"]) <= set(KINDS)
    assert more["given_amount"].tolist() == pytest.approx((factor * once["given_amount"]).tolist())


def test_the_discount_of_every_account_of_the_sample_by_hand(sample_tables):
    with (SAMPLE / "orders.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "2025-07-01" <= row["order_date"] <= "2026-06-30" and row["account_id"] != "A033"]
    with (SAMPLE / "approvals.csv").open(encoding="utf-8-sig", newline="") as file:
        level = {row["order_id"]: row["level"] for row in csv.DictReader(file)}
    listed, net, owner = defaultdict(float), defaultdict(float), {}
    for row in rows:
        if float(row["quantity"]) > 0 and row["list_price"]:
            listed[row["order_id"]] += float(row["list_price"])
            net[row["order_id"]] += float(row["net_revenue"])
            owner[row["order_id"]] = row["account_id"]
    orders = order_discounts(sample_tables["orders"], sample_tables["approvals"], as_of=DAY, rules=RULES)
    home = orders[orders["account_id"] != "A033"].set_index("order_id")
    assert home["discount_rate"].to_dict() == pytest.approx({name: 1 - net[name] / listed[name] for name in listed})
    beyond = {name for name in listed if 1 - net[name] / listed[name] > getattr(RULES.authority, level.get(name, "staff")) + 1e-9}
    accounts = sample_tables["accounts"].set_index("account_id")[["price_sensitivity"]].assign(tier=None, risk_level=None)
    found = price_exceptions(orders, accounts, rules=RULES)
    assert set(found.loc[(found["kind"] == "beyond_authority") & (found["account_id"] != "A033"), "order_id"]) == beyond
    assert beyond and {owner[name] for name in beyond} == {"A022"}, "the discount abuser, and nobody else"


def test_refusals():
    with pytest.raises(ValueError, match="level must be one of staff, manager, director, executive; 0 has 'boss'"):
        discounts(("A", "1", 1, 90, 100, None), approvals=[("1", "boss")])
    with pytest.raises(ValueError, match="orders lacks list_price"):
        order_discounts(lines().drop(columns="list_price"), None, as_of=DAY, rules=RULES)
    with pytest.raises(ValueError, match="accounts lacks tier"):
        price_exceptions(discounts(("A", "1", 1, 90, 100, None)), pd.DataFrame({"price_sensitivity": [], "risk_level": []}), rules=RULES)
    with pytest.raises(ValueError, match="staff < manager < director < executive must hold"):
        load_policy({"price": {"authority": {"staff": 0.1}}})
