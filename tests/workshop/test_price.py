"""Limits of authority in a room: which prices remain without a reason, to the order; what is saved is what the next score judges by."""

from __future__ import annotations

import re
from copy import copy
from decimal import Decimal

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from kamlib.data.overrides import overrides_of
from kamlib.policy import PriceRules
from kamlib.workshop import open_workshop
from kamlib.workshop.price import PATHS, price
from kamlib.workshop.price_numbers import PriceNumbers
from tests.workshop.panels import told

DEFAULT = {"staff": 0.03, "manager": 0.08, "director": 0.15, "executive": 0.25}


@pytest.fixture(scope="module")
def shown(scored):
    """A panel that only reads; every test puts its sliders back."""
    return price(copy(scored))


@pytest.fixture
def looked(shown):
    yield shown
    with shown.quiet():
        shown.controls["account"].value = ""
        for name, value in (DEFAULT | {"norm_points": 0.02, "low_sensitivity": 2}).items():
            shown.controls[name].value = value


@pytest.fixture
def panel(room):
    return price(room)


def alternatives(panel):
    return [image["alt"] for image in BeautifulSoup(panel.page.value, "html.parser").find_all("img")]


def rows_of(panel, place):
    table = BeautifulSoup(panel.page.value, "html.parser").find_all("table")[place]
    return [[cell.get_text(" ", strip=True) for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]


def beyond_by_hand(room, limits):
    """Orders of twelve months beyond the limit of whoever approved them: count and money, straight from the lines."""
    orders, approved = room.tables["orders"], room.tables["approvals"].set_index("order_id")["level"].to_dict()
    first, last = pd.Timestamp("2025-06-30"), pd.Timestamp("2026-06-30")
    sums: dict[str, list[float]] = {}
    for line in orders.itertuples():
        if first < line.order_date <= last and line.quantity > 0 and line.list_price > 0:
            both = sums.setdefault(line.order_id, [0.0, 0.0])
            both[0] += line.net_revenue
            both[1] += line.list_price
    found = {}
    for order, (net, listed) in sums.items():
        level = approved.get(order, "staff")
        if (listed - net) / listed > limits[level] + 1e-9:
            found[order] = (level, listed - net - limits[level] * listed)
    return found


def lost_by_hand(room):
    """Lines of twelve months that were sold for less than they cost."""
    orders = room.tables["orders"]
    year = (orders["order_date"] > "2025-06-30") & (orders["order_date"] <= "2026-06-30")
    lines = orders[year & (orders["quantity"] > 0) & (orders["net_revenue"] < orders["cost"] * (1 - 1e-9))]
    return len(lines), float((lines["cost"] - lines["net_revenue"]).sum())


@pytest.mark.parametrize(
    "limits",
    [{}, {"manager": 0.04}, {"staff": 0.02, "manager": 0.05, "director": 0.1}, {"staff": 0.05, "manager": 0.055, "director": 0.06}],
)
def test_what_remains_without_a_reason_is_what_the_lines_say(looked, scored, limits):
    with looked.quiet():
        looked.controls["low_sensitivity"].value = 1  # nobody in the sample minds the price that little
        looked.controls["norm_points"].value = 0.1
        for name, value in reversed(limits.items()):
            looked.controls[name].value = value
    beyond, (lines, lost) = beyond_by_hand(scored, DEFAULT | limits), lost_by_hand(scored)
    amount = sum(given for _, given in beyond.values()) + lost
    assert f"All accounts: {len(beyond) + lines} prices need a reason and have none; ¥{amount / 1000:.0f} k given away" in told(
        looked
    ).replace("\xa0", " ")
    counted = {level: sum(owner == level for owner, _ in beyond.values()) for level in DEFAULT}
    figure = alternatives(looked)[0]
    for level, name in (("staff", "Staff"), ("manager", "Account manager"), ("director", "Director")):
        assert re.search(rf"{name}: limit {100 * (DEFAULT | limits)[level]:.1f}%, orders \d+, beyond it {counted[level]}\b", figure)


@pytest.mark.parametrize("changes", [{"staff": 0.01, "manager": 0.04, "norm_points": 0.0}, {"low_sensitivity": 4, "director": 0.09}])
def test_the_page_judges_as_a_full_score_would(scored, changes):
    tried = scored.engagement.overridden({PATHS[name]: value for name, value in changes.items()}).policy
    from kamlib.scores.price import prices

    numbers = PriceNumbers(scored)
    full = prices(scored.tables, numbers._facts, scored.scores.values["account"], tried, scored.as_of)
    mine = numbers.under(tried.price).exceptions
    columns = ["account_id", "order_id", "kind", "rate", "limit_rate", "given_amount", "justified"]
    sides = [frame[columns].sort_values(columns[:3] + ["given_amount"], ignore_index=True) for frame in (full.exceptions, mine)]
    pd.testing.assert_frame_equal(*sides)
    assert mine["justified"].any() and len(mine) > len(scored.scores.prices.exceptions)


def test_who_is_new_and_who_is_no_longer_is_named(looked, scored):
    owner = scored.tables["orders"].drop_duplicates("order_id").set_index("order_id")["account_id"]
    now, tried = (beyond_by_hand(scored, DEFAULT | limits) for limits in ({}, {"manager": 0.06}))
    fresh = owner[sorted(tried.keys() - now.keys())].value_counts()
    looked.controls["manager"].value = 0.06
    assert "Under the limits in force: 80, ¥294" in told(looked) and "No longer" not in told(looked)
    assert [
        f"{scored.accounts[account]} ({count})"
        for account, count in fresh.items()
        if f"{scored.accounts[account]} ({count})" in told(looked)
    ]
    assert sum(int(count) for count in re.findall(r" \((\d+)\)", told(looked).partition("New: ")[2].partition(". ")[0])) == len(
        tried
    ) - len(now)
    with looked.quiet():
        for name, value in {"executive": 0.4, "director": 0.35, "manager": 0.3, "staff": 0.25, "norm_points": 0.2}.items():
            looked.controls[name].value = value
    assert "No longer: 衡川机电设备有限公司 (8)" in told(looked)


def test_every_order_stands_once_with_all_its_kinds(looked, scored):
    looked.controls["account"].value = next(account for account, name in scored.accounts.items() if name == "衡川机电设备有限公司")
    rows = rows_of(looked, 1)
    assert len(rows) == 8 and len({row[0] for row in rows}) == 8
    kinds = "beyond the approver's authority, the account hardly minds the price, more than is usual for its tier no reason"
    assert {row[1] for row in rows} == {kinds} and {row[2] for row in rows} == {"Staff 3.0%"}
    assert "8 prices need a reason and have none; ¥75.6 k" in told(looked).replace("\xa0", " ")


def test_a_discount_that_keeps_an_account_in_danger_has_a_reason(looked):
    with looked.quiet():
        looked.controls["staff"].value, looked.controls["manager"].value, looked.controls["norm_points"].value = 0.01, 0.04, 0.0
    assert re.search(r"¥[\d.]+.k beyond the limits went to accounts in danger", told(looked))


@pytest.mark.parametrize("account_id", ["", "A001", "A005"])
def test_the_walk_adds_up_to_the_cent(looked, scored, account_id):
    looked.controls["account"].value = account_id
    rows = {row[0]: Decimal(row[1].replace("−", "-").replace("¥", "").replace(",", "")) for row in rows_of(looked, -1)}
    before, after, whole = (rows.pop(name) for name in ("Before", "Now", "Sum of the parts"))
    assert sum(rows.values()) == whole == after - before
    orders = scored.tables["orders"]
    mine = orders[
        (orders["account_id"] == account_id if account_id else True) & orders["cost"].notna() & (orders["order_date"] <= "2026-06-30")
    ]
    for margin, first, last in ((before, "2024-06-30", "2025-06-30"), (after, "2025-06-30", "2026-06-30")):
        lines = mine[(mine["order_date"] > first) & (mine["order_date"] <= last)]
        by_hand = sum(
            (Decimal(repr(sold)) - Decimal(repr(cost)) for sold, cost in zip(lines["net_revenue"], lines["cost"], strict=True)), Decimal(0)
        )
        assert margin == by_hand.quantize(Decimal("0.01"))
    assert alternatives(looked)[-1].startswith("Margin, ¥")


def test_limits_that_do_not_rise_are_refused_and_the_page_stays(looked):
    before = looked.page.value
    looked.controls["manager"].value = 0.15
    assert "must rise from level to level: 3.0% &lt; 15.0% &lt; 15.0% &lt; 25.0%" in looked.status.value and looked.page.value == before
    looked.controls["manager"].value = 0.08
    assert looked.status.value == ""


def test_what_is_saved_is_what_the_next_score_judges_by(panel, room, engagement):
    before = engagement.read_bytes()
    panel.controls["manager"].value = 0.04
    panel.controls["norm_points"].value = 0.03
    panel.save_button.click()
    assert "Saved: Price limits: Account manager 4.0%, Above tier" in panel.status.value and "(Li Na)" in panel.status.value
    assert "These are the limits in force." in told(panel)
    count = int(re.search(r"All accounts: (\d+) prices", told(panel))[1])
    again = open_workshop(str(engagement), language="en")
    assert (
        again.engagement.policy.price.authority.manager == 0.04
        and again.scores.values["portfolio"]["price_exceptions_count"].iloc[0] == count
    )
    mine = again.scores.prices.exceptions
    account_id = mine.loc[mine["kind"] == "beyond_authority", "account_id"].value_counts().index[0]
    open_ = mine[(mine["account_id"] == account_id) & (mine["kind"] == "beyond_authority")]
    before_it = PriceNumbers(room).under(
        PriceRules.model_validate(again.engagement.policy.price.model_dump() | {"authority": DEFAULT}), account_id
    )
    assert (
        again.pack(account_id).data["prices"]["kinds"]["beyond_authority"][0]
        == len(open_)
        > (before_it.open["kind"] == "beyond_authority").sum()
    )
    assert [panel.controls[name].value for name in ("staff", "manager", "norm_points")] == [0.03, 0.04, 0.03]
    fresh = price(again)
    assert [fresh.controls[name].value for name in ("staff", "manager", "norm_points")] == [0.03, 0.04, 0.03]
    panel.undo_button.click()
    assert engagement.read_bytes() == before and panel.controls["manager"].value == 0.08 and "Taken back" in panel.status.value


def test_the_default_again_takes_the_override_out(panel, engagement):
    before = engagement.read_bytes()
    for value in (0.05, 0.08):
        panel.controls["manager"].value = value
        panel.save()
    assert overrides_of(engagement, [PATHS["manager"]]) == {PATHS["manager"]: None} and engagement.read_bytes() == before
    panel.save()
    assert "Nothing was moved" in panel.status.value


def test_what_somebody_wrote_since_is_refused_until_it_was_read_again(panel, engagement):
    panel.controls["manager"].value = 0.07
    engagement.write_text(engagement.read_text("utf-8").replace("language: en", "language: zh"), encoding="utf-8")
    panel.save()
    assert "was written by somebody else since it was read" in panel.status.value
    assert overrides_of(engagement, [PATHS["manager"]]) == {PATHS["manager"]: None}
    panel.reload_button.click()
    assert panel.controls["manager"].value == 0.08 and "Read again" in panel.status.value
    panel.controls["manager"].value = 0.07
    panel.save()
    assert overrides_of(engagement, [PATHS["manager"]]) == {PATHS["manager"]: 0.07}


def test_without_list_prices_it_says_so_and_still_walks(engagement):
    orders = engagement.parent / "sample" / "orders.csv"
    head, _, rest = orders.read_text("utf-8").partition("\n")
    orders.write_text(head.replace("list_price", "catalogue") + "\n" + rest, encoding="utf-8")
    panel = price(open_workshop(str(engagement)))
    assert "orders have no list price" in told(panel) and len(alternatives(panel)) == 1 and panel.status.value == ""


def test_a_foreign_name_is_never_markup(engagement):
    accounts = engagement.parent / "sample" / "accounts.csv"
    accounts.write_text(accounts.read_text("utf-8").replace("衡川机电设备有限公司", "<img src=x onerror=alert(1)>"), encoding="utf-8")
    panel = price(open_workshop(str(engagement)))
    assert "<img src=x" not in panel.page.value and "&lt;img src=x" in panel.page.value


def test_a_chinese_room_reads_no_english_sentence(scored):
    room = copy(scored)
    room.language = "zh"
    panel = price(room)
    panel.controls["manager"].value = 0.04
    words = f"{told(panel)} {' '.join(alternatives(panel))} {panel.children[0].value.partition('</style>')[2]}"
    for name in sorted(room.accounts.values(), key=len, reverse=True):
        words = words.replace(name, "")
    assert not re.search(r"[A-Za-z]{3,}[ ,.][a-z]{2,}", BeautifulSoup(words, "html.parser").get_text()) and "缺理由" in words
    panel.controls["manager"].value = 0.2
    assert "权限须逐级递增" in panel.status.value
