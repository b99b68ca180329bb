"""At a past date nothing later exists (F2): whatever is changed later, the past stays as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib.data.history import known_at, without_undated
from kamlib.data.schema import TABLES
from kamlib.data.tables import Tables

DAY = date(2024, 3, 31)


def days(*texts):
    return pd.Series([pd.Timestamp(text) for text in texts])


def one(name, /, **columns):
    return Tables({name: pd.DataFrame(columns)}, {name: frozenset(columns)})


@pytest.mark.parametrize(
    ("name", "column"),
    [(name, table.date) for name, table in TABLES.items() if table.date and table.by_name[table.date].kind in ("date", "timestamp")],
)
def test_a_row_counts_up_to_the_end_of_its_day(name, column):
    tables = one(name, **{column: days("2024-03-31 23:59:59", "2024-04-01", None)})
    assert known_at(tables, DAY)[name].index.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("period", "known"),
    [
        pytest.param("2024-03", True, id="month over"),
        pytest.param("2024-04", False, id="month to come"),
        pytest.param("2024Q1", True, id="quarter over"),
        pytest.param("2024Q2", False, id="quarter under way"),
        pytest.param("2023", True, id="year over"),
        pytest.param("2024", False, id="year under way"),
    ],
)
def test_a_period_is_known_from_its_last_day_on(period, known):
    assert len(known_at(one("outcomes", period=[period]), DAY)["outcomes"]) == known


def test_plans_stay():
    assert len(known_at(one("forecasts", period=["2024-09"]), DAY)["forecasts"]) == 1
    assert len(known_at(one("targets", period=["2025"]), DAY)["targets"]) == 1


@pytest.mark.parametrize(("name", "column"), [(name, column) for name, table in TABLES.items() for column in table.later])
def test_a_cell_filled_in_later_is_blank(name, column):
    dated = TABLES[name].by_name[column].known_with or column
    columns = {dated: days("2024-03-31", "2024-04-01")} | ({column: ["x", "x"]} if dated != column else {})
    assert known_at(one(name, **columns), DAY)[name][column].notna().tolist() == [True, False]


def test_planned_dates_stay():
    orders = one("orders", order_date=days("2024-03-01"), promised_on=days("2024-05-01"))
    assert known_at(orders, DAY)["orders"]["promised_on"].notna().all()


def test_payments_and_approvals_follow_their_invoices_and_orders():
    tables = Tables(
        {
            "orders": pd.DataFrame({"order_id": ["1", "2"], "order_date": days("2024-03-01", "2024-04-02")}),
            "approvals": pd.DataFrame({"order_id": ["1", "2"], "level": ["staff", "staff"]}),
        },
        {},
    )
    assert known_at(tables, DAY)["approvals"]["order_id"].tolist() == ["1"]


def test_each_account_keeps_its_newest_row_of_the_day():
    columns = {"account_id": ["A1", "A1", "A1", "A2"], "fit": [1.0, 2.0, 3.0, 4.0]}
    tables = one("accounts", **columns, valid_from=days("2024-01-01", "2024-03-31", "2024-04-01", None))
    assert known_at(tables, DAY)["accounts"]["fit"].tolist() == [2.0, 4.0]
    assert without_undated(known_at(tables, DAY))[1] == []


def test_undated_attributes_are_left_out_by_name():
    tables = one("accounts", account_id=["A1"], name=["x"], outlook=["growing"], fit=[3.0])
    past, left_out = without_undated(tables)
    assert left_out == ["accounts.fit", "accounts.outlook"] and past["accounts"]["name"].tolist() == ["x"]
    assert past["accounts"][["outlook", "fit"]].isna().all(axis=None) and past["accounts"]["fit"].dtype == "float64"


OFFSETS = st.integers(1, 500)


@settings(max_examples=40)
@given(
    order=OFFSETS,
    delivery=st.one_of(st.none(), OFFSETS),
    correct=st.sampled_from([0.0, 1.0]),
    left=OFFSETS,
    solved=OFFSETS,
    outlook=st.sampled_from(["growing", "declining"]),
)
def test_editing_what_is_later_or_undated_does_not_change_the_past(order, delivery, correct, left, solved, outlook):
    def later(offset):
        return pd.NaT if offset is None else pd.Timestamp(DAY + timedelta(days=offset))

    def tables(order, delivery, correct, left, solved, outlook):
        orders = pd.DataFrame(
            {
                "order_date": [pd.Timestamp(2024, 3, 1), pd.Timestamp(2024, 3, 2), later(order)],
                "delivered_on": [pd.Timestamp(2024, 3, 9), later(delivery), pd.NaT],
                "correct": [1.0, correct, correct],
            }
        )
        frames = {
            "orders": orders,
            "contacts": pd.DataFrame({"contact_id": ["C"], "left_on": [later(left)], "influence": [float(left)]}),
            "tickets": pd.DataFrame({"opened_at": [pd.Timestamp(DAY)], "resolved_at": [later(solved)], "handoffs": [float(solved)]}),
            "accounts": pd.DataFrame({"account_id": ["A1"], "outlook": [outlook]}),
        }
        return without_undated(known_at(Tables(frames, {}), DAY))[0]

    edited, first = tables(order, delivery, correct, left, solved, outlook), tables(1, 2, 0.0, 3, 4, "stable")
    for name, frame in first.frames.items():
        pd.testing.assert_frame_equal(edited[name], frame)


def test_the_present_is_left_as_it_is(bench):
    tables = bench.plain()
    now = known_at(tables, date(2024, 5, 31))
    pd.testing.assert_frame_equal(now["orders"], tables["orders"])
    assert replace(now, frames={}) == replace(tables, frames={})
