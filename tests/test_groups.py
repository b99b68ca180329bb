"""M30: roots at any depth, circles and lost parents by name, concentration on groups."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib import groups, kpis, selection


def accounts(parents):
    return pd.DataFrame({"account_id": list(parents), "parent_id": list(parents.values())}, dtype="str")


@pytest.mark.parametrize(
    ("parents", "roots"),
    [
        pytest.param({"A": None}, {"A": "A"}, id="alone"),
        pytest.param({"A": None, "B": "A"}, {"A": "A", "B": "A"}, id="one level"),
        pytest.param({"C": "B", "B": "A", "A": None}, {"C": "A", "B": "A", "A": "A"}, id="two levels, child first"),
        pytest.param({"A": None, "B": "A", "X": None, "Y": "X"}, {"A": "A", "B": "A", "X": "X", "Y": "X"}, id="two groups"),
    ],
)
def test_group_root(parents, roots):
    assert groups.group_root(accounts(parents)).to_dict() == roots


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**6)), min_size=1, max_size=60), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_root_is_found_by_walking_up(choices, random):
    parents = {f"a{n}": None if pick is None or n == 0 else f"a{pick % n}" for n, pick in enumerate(choices)}
    expected = {}
    for account in parents:
        at = account
        while parents[at] is not None:
            at = parents[at]
        expected[account] = at
    shuffled = dict(random.sample(list(parents.items()), len(parents)))
    assert groups.group_root(accounts(shuffled)).to_dict() == expected
    sizes = pd.Series(expected).value_counts()
    assert groups.group_of(accounts(parents)).to_dict() == {key: root for key, root in expected.items() if sizes[root] > 1}


def test_a_chain_of_ten_thousand_is_no_depth():
    parents = {f"a{n}": f"a{n - 1}" if n else None for n in range(10_000)}
    assert set(groups.group_root(accounts(parents))) == {"a0"}


@pytest.mark.parametrize(
    ("parents", "members"),
    [
        pytest.param({"A": "A2", "A2": "A"}, "A → A2 → A$", id="two"),
        pytest.param({"B": "C", "C": "A", "A": "B", "D": "B", "E": None}, "A → B → C → A$", id="three, one hanging on"),
        pytest.param({f"a{n:02d}": f"a{(n + 1) % 50:02d}" for n in range(50)}, "a00 → a01 .* → a19 → … → a00$", id="fifty, shortened"),
    ],
)
def test_F79_a_circle_is_refused_by_name(parents, members):
    with pytest.raises(ValueError, match=f"accounts must not be their own parents: {members}"):
        groups.group_root(accounts(parents))


def test_F79_a_parent_that_is_no_account_is_refused_with_both_names():
    with pytest.raises(ValueError, match="parent X9 of account B is not in accounts"):
        groups.group_root(accounts({"A": None, "B": "X9"}))


def test_an_account_that_names_itself_is_its_own_root():
    assert groups.group_root(accounts({"A": "A"})).to_dict() == {"A": "A"}


def test_an_account_twice_is_refused():
    with pytest.raises(ValueError, match="account_id must be unique; A stands twice"):
        groups.group_root(pd.DataFrame({"account_id": ["A", "A"], "parent_id": [None, None]}, dtype="str"))


def test_F17_groups_carry_the_headline_and_accounts_stand_beside():
    rows = pd.DataFrame({"group_id": ["A"] * 4 + ["B"], "revenue_amount": [10.0, 10, 10, 10, 40], "portfolio": "all"})
    found = groups.group_concentration(rows, by="portfolio").loc["all"]
    assert (found["largest_revenue_share"], found["single_largest_revenue_share"]) == (0.5, 0.5)
    assert (found["hhi_ratio"], found["single_hhi_ratio"]) == (0.5, pytest.approx(0.3125))
    assert (found["active_groups_count"], found["active_accounts_count"]) == (2, 5)
    single = selection.concentration(rows, by="portfolio").loc["all"].drop("active_accounts_count")
    assert found[[f"single_{name}" for name in single.index]].tolist() == single.tolist()


def test_F17_without_parents_both_views_agree():
    rows = pd.DataFrame({"group_id": list("ABC"), "revenue_amount": [5.0, 3, 1], "portfolio": "all"})
    found = groups.group_concentration(rows, by="portfolio").loc["all"]
    assert all(found[name.removeprefix("single_")] == found[name] for name in found.index if name.startswith("single_"))


def test_M30_ratios_of_a_group_come_from_its_summed_parts():
    days = pd.to_datetime(["2026-05-02"] * 3)
    orders = pd.DataFrame({"account_id": ["A", "B", "C"], "order_date": days, "net_revenue": [90.0, 10, 7], "cost": [80.0, 1, 3]})
    group = groups.group_of(accounts({"A": None, "B": "A", "C": None}))
    owned = orders.assign(group_id=orders["account_id"].map(group)).dropna(subset="group_id")
    found = kpis.margin(owned, as_of=pd.Timestamp("2026-06-30").date(), by="group_id")["margin_rate"]
    assert found.to_dict() == {"A": pytest.approx(0.19)}  # 19 of 100; the mean of both rates would be 0.51


def test_concentration_refuses_an_account_without_group():
    with pytest.raises(ValueError, match="group_id must be given in every row"):
        groups.group_concentration(pd.DataFrame({"group_id": [None], "revenue_amount": [1.0], "portfolio": "all"}), by="portfolio")
