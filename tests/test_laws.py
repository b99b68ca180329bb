"""The laws that every number obeys, whatever the data: tried on random books of orders and invoices."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib import kpis, segments
from kamlib.policy import load_policy

POLICY = load_policy()
D = date(2026, 6, 30)
BEGIN = date(2023, 1, 1)
ACCOUNTS = ["A", "B", "C", "D"]
few = settings(max_examples=15)


@st.composite
def books(draw):
    """Draw order lines in cents: returns, unknown cost, three and a half years, never too short a history."""
    line = st.tuples(
        st.sampled_from(ACCOUNTS),
        st.integers(0, 1270),
        st.integers(-20_000, 90_000).filter(bool),
        st.none() | st.integers(1, 60_000),
        st.integers(0, 6),
    )
    rows = [
        *draw(st.lists(line, min_size=1, max_size=25)),
        ("D", 0, 100, None, 0),
        ("C", 800, 5_000, 4_000, 1),
        ("A", 1200, 7_000, 3_000, 2),
    ]
    frame = pd.DataFrame(rows, columns=["account_id", "day", "cents", "cost", "product"])
    sign = frame["cents"].map(lambda cents: 1 if cents > 0 else -1)
    return pd.DataFrame(
        {
            "account_id": frame["account_id"].astype("str"),
            "manager_id": frame["account_id"].map({"A": "M", "B": "M", "C": "N", "D": "N"}).astype("str"),
            "portfolio": "all",
            "order_id": [f"o{place}" for place in range(len(frame))],
            "order_date": pd.to_datetime([BEGIN + timedelta(days=day) for day in frame["day"]]),
            "net_revenue": frame["cents"] / 100,
            "quantity": sign * 2.0,
            "cost": sign * frame["cost"].astype(float) / 100,
            "product": frame["product"],
        }
    )


def measured(orders, by="account_id", as_of=D):
    """Give every number that comes from orders alone."""
    orders = kpis.sales_by_day(orders, keys=["account_id", "manager_id", "portfolio"])
    frames = [
        kpis.revenue(orders, as_of=as_of, by=by),
        kpis.margin(orders, as_of=as_of, by=by),
        kpis.growth(orders, as_of=as_of, by=by)[["growth_rate", "growth_rate_note"]],
        kpis.retention(orders, as_of=as_of, by=by),
        kpis.new_customer_rate(orders, as_of=as_of, rules=POLICY.customers, by=by).drop(columns="prior_active_accounts_count"),
    ]
    return pd.concat(frames, axis=1)


def stars(orders):
    return segments.stars(orders, as_of=D, currency="CNY", rules=POLICY.stars)


@few
@given(books(), st.randoms(use_true_random=False), st.sampled_from(["account_id", "manager_id", "portfolio"]))
def test_law_L1_order_of_rows_and_columns_does_not_matter(orders, random, by):
    shuffled = orders.iloc[random.sample(range(len(orders)), len(orders))]
    shuffled = shuffled[random.sample(list(orders.columns), len(orders.columns))]
    pd.testing.assert_frame_equal(measured(shuffled, by), measured(orders, by), check_exact=True)
    pd.testing.assert_frame_equal(stars(shuffled), stars(orders), check_exact=True)


@few
@given(books(), st.permutations(["中国 1", "00123", "123", "=x"]))
def test_law_L2_other_names_give_the_same_numbers(orders, names):
    renamed = dict(zip(ACCOUNTS, names, strict=True))
    other = orders.assign(account_id=orders["account_id"].map(renamed).astype("str"))
    expected = measured(orders).rename(index=renamed).sort_index()
    pd.testing.assert_frame_equal(measured(other), expected, check_exact=True)


@few
@given(books(), st.integers(2, 500))
def test_law_L3_a_scaled_currency_scales_money_and_nothing_else(orders, k):
    scaled = measured(orders.assign(net_revenue=k * orders["net_revenue"], cost=k * orders["cost"]), "manager_id")
    plain = measured(orders, "manager_id")
    money = [name for name in plain if name.endswith("_amount")]
    pd.testing.assert_frame_equal(scaled[money], k * plain[money])
    pd.testing.assert_frame_equal(scaled.drop(columns=money), plain.drop(columns=money))


@few
@given(books())
def test_law_L4_parts_add_up_to_the_whole_to_the_cent(orders):
    whole = kpis.revenue(orders, as_of=D, by="portfolio").iloc[0]
    by_account, by_manager = (kpis.revenue(orders, as_of=D, by=by) for by in ("account_id", "manager_id"))
    by_product = kpis.revenue(orders.astype({"product": "str"}), as_of=D, by="product")
    quarters = [kpis.revenue(orders, as_of=D, by="portfolio").iloc[0] for orders in _quarters(orders)]
    for parts in (
        by_account["revenue_amount"],
        by_manager["revenue_amount"],
        by_product["revenue_amount"],
        [q["revenue_amount"] for q in quarters],
    ):
        assert round(sum(parts), 2) == round(whole["revenue_amount"], 2)


def _quarters(orders):
    """Cut the book into the four quarters of the trailing year, each kept in its place."""
    edges = [pd.Timestamp(day) for day in ("2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30")]
    cuts = [orders[(orders["order_date"] > low) & (orders["order_date"] <= high)] for low, high in zip(edges, edges[1:], strict=False)]
    return [cut for cut in cuts if len(cut)]


@few
@given(books(), st.data())
def test_law_L5_splitting_a_line_changes_nothing_but_the_count_of_lines(orders, data):
    place = data.draw(st.integers(0, len(orders) - 1))
    cents = round(orders.at[place, "net_revenue"] * 100)
    part = data.draw(st.integers(min(1, cents), max(-1, cents)).filter(lambda part: part * cents > 0))
    row = orders.iloc[[place]]
    cost = row["cost"].round(2)
    halves = [
        row.assign(net_revenue=part / 100, quantity=row["quantity"] / 2, cost=(cost / 2).round(2)),
        row.assign(net_revenue=(cents - part) / 100, quantity=row["quantity"] / 2, cost=cost - (cost / 2).round(2)),
    ]
    split = pd.concat([orders.drop(index=place), *halves], ignore_index=True)
    pd.testing.assert_frame_equal(measured(split).drop(columns="lines_count"), measured(orders).drop(columns="lines_count"))


@few
@given(books(), st.integers(0, 364), st.integers(1, 90_000))
def test_law_L6_a_sale_and_its_return_the_same_day_change_no_money(orders, day, cents):
    first = orders.iloc[[0]].assign(order_date=pd.Timestamp(D) - pd.Timedelta(days=day), cost=cents / 200, order_id="extra")
    both = pd.concat(
        [orders, first.assign(net_revenue=cents / 100), first.assign(net_revenue=-cents / 100, cost=-cents / 200)], ignore_index=True
    )
    untouched = [name for name in measured(orders) if name.split("_note")[0] not in ("margin_rate", "margin_rate_coverage")]
    money = [name for name in untouched if not name.endswith(("_count", "_note")) and name not in ("margin_amount", "cost_amount")]
    pd.testing.assert_frame_equal(measured(both)[money], measured(orders)[money])


@few
@given(books())
def test_law_L7_an_account_without_revenue_changes_nobody_else(orders):
    idle = orders.iloc[[0]].assign(account_id="idle", net_revenue=0.0, cost=0.0, order_id="idle", order_date=pd.Timestamp("2026-01-01"))
    wider = pd.concat([orders, idle], ignore_index=True)
    with_idle, without = measured(wider), measured(orders)
    pd.testing.assert_frame_equal(with_idle.drop(index="idle"), without)
    assert with_idle.at["idle", "revenue_amount"] == 0


@few
@given(books())
def test_law_L8_a_doubled_population_halves_shares_and_keeps_rates(orders):
    twice = pd.concat([orders, orders.assign(account_id=orders["account_id"] + "2", order_id=orders["order_id"] + "b")], ignore_index=True)
    doubled, single = measured(twice, "portfolio"), measured(orders, "portfolio")
    rates = [name for name in single if name.endswith("_rate")]
    pd.testing.assert_frame_equal(doubled[rates], single[rates])
    pd.testing.assert_series_equal(doubled["revenue_amount"], 2 * single["revenue_amount"])


@few
@given(books(), st.integers(1, 50_000))
def test_law_L9_a_further_sale_never_lowers_revenue_stars_or_retention(orders, cents):
    more = pd.concat(
        [orders, orders.iloc[[0]].assign(net_revenue=cents / 100, order_date=pd.Timestamp(D), order_id="more")], ignore_index=True
    )
    before, after = measured(orders, "portfolio").iloc[0], measured(more, "portfolio").iloc[0]
    assert after["revenue_amount"] > before["revenue_amount"]
    for rate in ("retention_rate", "gross_retention_rate", "net_retention_rate"):
        assert pd.isna(before[rate]) or after[rate] >= before[rate] - 1e-12
    assert (stars(more)["stars_count"] >= stars(orders)["stars_count"]).all()


@few
@given(books())
def test_law_L10_twins_are_treated_alike(orders):
    twin = orders[orders["account_id"] == orders["account_id"].iloc[0]].assign(account_id="twin")
    both = pd.concat([orders, twin], ignore_index=True)
    numbers, level = measured(both), stars(both)
    for frame in (numbers, level):
        pd.testing.assert_series_equal(frame.loc["twin"], frame.loc[orders["account_id"].iloc[0]], check_names=False)


@few
@given(books(), st.integers(1, 5))
def test_law_L11_a_shift_by_whole_leap_cycles_changes_nothing(orders, cycles):
    later = orders.assign(order_date=orders["order_date"] + pd.DateOffset(years=4 * cycles))
    shifted = measured(later, "manager_id", as_of=D.replace(year=D.year + 4 * cycles))
    pd.testing.assert_frame_equal(shifted, measured(orders, "manager_id"))


@few
@given(books())
def test_F2_rows_after_the_date_do_not_exist(orders):
    future = orders.assign(order_date=pd.Timestamp(D) + pd.Timedelta(days=1), net_revenue=9e6)
    pd.testing.assert_frame_equal(measured(pd.concat([orders, future], ignore_index=True)), measured(orders))


@few
@given(books())
def test_lines_and_daily_sums_give_the_same(orders):
    daily = kpis.sales_by_day(orders, keys=["account_id", "manager_id", "portfolio"])
    for measure in (kpis.revenue, kpis.margin, kpis.growth, kpis.retention):
        for by in ("account_id", "manager_id", "portfolio"):
            pd.testing.assert_frame_equal(measure(daily, as_of=D, by=by), measure(orders, as_of=D, by=by))
    pd.testing.assert_frame_equal(stars(daily), stars(orders))


@few
@given(books())
def test_nothing_given_is_changed(orders):
    before = orders.copy()
    measured(orders)
    stars(orders)
    pd.testing.assert_frame_equal(orders, before)


@few
@given(books())
def test_rates_are_finite_and_in_their_range(orders):
    for by in ("account_id", "portfolio"):
        found = measured(orders, by)
        numbers = found.select_dtypes("number")
        assert not numbers.isin([float("inf"), float("-inf")]).any(axis=None)
        for name in ("retention_rate", "gross_retention_rate", "margin_rate_coverage"):
            assert found[name].dropna().between(0, 1).all(), name
