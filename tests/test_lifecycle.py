"""M11: tenure counts full months from signing, and the stage follows from it."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import lifecycle, periods
from kamlib.policy import load_policy

CUTS = load_policy().lifecycle


def accounts(signed=None, first=None):
    return pd.DataFrame({"signed_on": pd.to_datetime([signed]), "first_order_date": pd.to_datetime([first])})


@pytest.mark.parametrize(
    ("signed", "first", "months", "note"),
    [
        pytest.param("2026-03-31", None, 3, None, id="test_F31_check_value"),
        pytest.param("2026-03-31", "2020-01-01", 3, None, id="test_F31_order_before_signing_does_not_count"),
        pytest.param(None, "2025-06-30", 12, None, id="test_F31_else_first_order"),
        pytest.param("2026-07-01", "2025-01-01", None, "not_yet_signed", id="test_F31_signed_in_future"),
        pytest.param(None, None, None, None, id="no start known"),
    ],
)
def test_F31_tenure(signed, first, months, note):
    found = lifecycle.tenure_months(accounts(signed, first), as_of=date(2026, 6, 30)).iloc[0]
    assert [None if pd.isna(cell) else cell for cell in found] == [months, note]


@pytest.mark.parametrize(
    ("months", "stage"),
    [
        pytest.param(0, "initial", id="new"),
        pytest.param(2, "initial", id="last of initial"),
        pytest.param(3, "steady", id="first of steady"),
        pytest.param(11, "steady", id="last of steady"),
        pytest.param(12, "deep", id="first of deep"),
        pytest.param(35, "deep", id="last of deep"),
        pytest.param(36, "symbiosis", id="first of symbiosis"),
        pytest.param(400, "symbiosis", id="old"),
    ],
)
def test_M11_stage(months, stage):
    assert lifecycle.lifecycle_stage(pd.Series([float(months)]), cuts=CUTS).tolist() == [stage]


def test_stage_is_blank_where_tenure_is():
    assert lifecycle.lifecycle_stage(pd.Series([None], dtype=float), cuts=CUTS).isna().all()


def test_F31_signed_2026_03_31_is_steady_on_2026_06_30():
    tenure = lifecycle.tenure_months(accounts("2026-03-31"), as_of=date(2026, 6, 30))
    assert lifecycle.lifecycle_stage(tenure["tenure_months"], cuts=CUTS).tolist() == ["steady"]


@given(st.dates(date(2015, 1, 1), date(2026, 6, 30)), st.dates(date(2026, 6, 30), date(2030, 1, 1)))
def test_stage_begins_on_the_day_its_months_are_full(start, as_of):
    tenure = lifecycle.tenure_months(accounts(start), as_of=as_of)["tenure_months"]
    stage = lifecycle.lifecycle_stage(tenure, cuts=CUTS).iloc[0]
    expected = next(
        (name for name, months in (("symbiosis", 36), ("deep", 12), ("steady", 3)) if start <= periods.months_before(as_of, months)),
        "initial",
    )
    assert stage == expected


def test_tenure_refuses_a_frame_without_first_orders():
    with pytest.raises(ValueError, match="accounts lacks first_order_date"):
        lifecycle.tenure_months(accounts().drop(columns="first_order_date"), as_of=date(2026, 6, 30))


@pytest.mark.parametrize(
    ("early", "late", "flag"),
    [
        pytest.param(6, 8, 1.0, id="below half"),
        pytest.param(6, 9, 0.0, id="half"),
        pytest.param(0, 0, 0.0, id="never cared"),
    ],
)
def test_A17_heavy_signing_light_care(early, late, flag):
    signed, turned = pd.Timestamp("2025-06-30"), pd.Timestamp("2025-09-30")
    days = [signed + pd.Timedelta(days=number) for number in range(early)] + [turned + pd.Timedelta(days=number) for number in range(late)]
    rows = [("A", day) for day in days] + [("B", pd.Timestamp("2025-01-01"))]
    touches = pd.DataFrame(rows, columns=["account_id", "date"])
    starts = pd.Series(pd.to_datetime(["2025-06-30", "2024-06-30", "2026-04-30"]), index=["A", "B", "C"])
    found = lifecycle.care_after_signing(touches, starts, as_of=date(2026, 6, 30))
    assert found.loc["A"].tolist() == pytest.approx([early / 3, late / 9, flag])
    assert found.loc[["B", "C"]].isna().all(axis=None)  # touches not recorded from the start on; too young


def test_A19_the_complaint_line_is_told_every_year():
    days = pd.to_datetime(["2025-06-30", "2025-07-01", "2026-01-01"])
    events = pd.DataFrame({"account_id": ["A", "B", "C"], "date": days, "kind": ["complaint_line_told"] * 2 + ["social"]})
    assert lifecycle.complaint_line_told(events, pd.Index(["A", "B", "C"]), as_of=date(2026, 6, 30)).tolist() == [0.0, 1.0, 0.0]
