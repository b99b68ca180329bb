"""The calendar: every window of the method is counted here."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import periods
from kamlib.periods import Window

DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("as_of", "n", "expected"),
    [
        pytest.param("2026-06-30", 1, "2026-05-31", id="test_F1_month_end_stays_month_end"),
        pytest.param("2026-06-30", 3, "2026-03-31", id="test_F1_three_months"),
        pytest.param("2026-06-30", 4, "2026-02-28", id="test_F1_into_february"),
        pytest.param("2026-06-30", 12, "2025-06-30", id="test_F1_a_year"),
        pytest.param("2024-02-29", 12, "2023-02-28", id="test_F1_from_leap_day"),
        pytest.param("2023-02-28", 36, "2020-02-29", id="test_F1_to_leap_day"),
        pytest.param("2026-06-29", 4, "2026-02-28", id="test_F1_clipped_not_month_end"),
        pytest.param("2026-06-15", 1, "2026-05-15", id="test_F1_same_day_number"),
        pytest.param("2024-02-28", 12, "2023-02-28", id="test_F1_leap_february_28_is_no_month_end"),
        pytest.param("2026-01-31", 1, "2025-12-31", id="test_F1_over_new_year"),
        pytest.param("2026-06-30", 0, "2026-06-30", id="test_F1_nought"),
        pytest.param("2026-06-30", -2, "2026-08-31", id="test_F1_forward"),
    ],
)
def test_F1_months_before(as_of, n, expected):
    assert periods.months_before(date.fromisoformat(as_of), n) == date.fromisoformat(expected)


def test_F1_is_counted_from_the_date_itself_and_not_step_by_step():
    once = periods.months_before(periods.months_before(date(2026, 3, 30), 1), 1)
    assert once == date(2026, 1, 31)
    assert periods.months_before(date(2026, 3, 30), 2) == date(2026, 1, 30)


@given(DAYS, st.integers(0, 60))
def test_F1_agrees_with_the_offsets_of_pandas(day, n):
    stamp = pd.Timestamp(day)
    expected = stamp - pd.offsets.MonthEnd(n) if stamp.is_month_end else stamp - pd.DateOffset(months=n)
    assert periods.months_before(day, n) == expected.date()


def test_F1_last_three_months_do_not_hold_31_march():
    window = periods.trailing_window(date(2026, 6, 30), 3)
    assert (window.first_day, window.until) == (date(2026, 4, 1), date(2026, 6, 30))


def test_window_counts_by_calendar_day_whatever_the_time():
    window = Window(date(2025, 12, 31), date(2026, 12, 31))
    stamps = pd.Series(pd.to_datetime(["2025-12-31T23:59:59", "2026-01-01T00:00:00", "2026-12-31T23:59:59", "2027-01-01T00:00:00", None]))
    assert window.contains(stamps).tolist() == [False, True, True, False, False]


def test_trailing_windows_of_current_and_prior_year_touch_and_do_not_overlap():
    current, prior = periods.trailing_window(date(2024, 2, 29)), periods.trailing_window(date(2024, 2, 29), offset_months=12)
    assert prior.until == current.after == date(2023, 2, 28)
    assert (current.days, prior.days) == (366, 365)


def test_window_refuses_to_run_backwards():
    with pytest.raises(ValueError, match="must not end before it begins, got 2026-06-30 to 2026-06-29"):
        Window(date(2026, 6, 30), date(2026, 6, 29))


def test_F40_quarter_points_are_eight_each_from_the_date_itself():
    found = periods.quarter_points(date(2026, 6, 30))
    ends = ["2024-09-30", "2024-12-31", "2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30"]
    assert [day.isoformat() for day in found] == ends


@given(DAYS)
def test_plain_quarters_cover_two_years_without_gap_or_overlap(day):
    quarters = periods.plain_quarters(day)
    assert len(quarters) == 8
    assert all(first.until == second.after for first, second in zip(quarters, quarters[1:], strict=False))
    assert (quarters[0].after, quarters[-1].until) == (periods.months_before(day, 24), day)


def test_F41_month_end_points_are_thirteen():
    found = periods.month_end_points(date(2026, 6, 30))
    assert (len(found), found[0], found[8], found[-1]) == (13, date(2025, 6, 30), date(2026, 2, 28), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("as_of", "last"),
    [
        pytest.param(date(2026, 6, 30), date(2026, 6, 30), id="test_F27_month_end_counts_its_own_month"),
        pytest.param(date(2026, 6, 29), date(2026, 5, 31), id="test_F27_a_day_before_does_not"),
        pytest.param(date(2024, 2, 28), date(2024, 1, 31), id="test_F27_leap_february"),
    ],
)
def test_F27_complete_months(as_of, last):
    months = periods.complete_months(as_of, 6)
    assert months[-1].until == last
    assert all(month.first_day.day == 1 and (month.until + timedelta(days=1)).day == 1 for month in months)
    assert all(first.until == second.after for first, second in zip(months, months[1:], strict=False))


def brute_tenure(start, as_of):
    """The greatest n with start <= as_of - n months, looked for one by one."""
    if start > as_of:
        return None
    n = 0
    while start <= periods.months_before(as_of, n + 1):
        n += 1
    return n


@pytest.mark.parametrize(
    ("start", "as_of", "expected"),
    [
        pytest.param("2026-03-31", "2026-06-30", 3, id="test_F31_check_value"),
        pytest.param("2026-04-01", "2026-06-30", 2, id="test_F31_a_day_later"),
        pytest.param("2026-06-30", "2026-06-30", 0, id="test_F31_signed_today"),
        pytest.param("2024-02-29", "2025-02-28", 12, id="test_F31_leap_day"),
    ],
)
def test_F31_full_months(start, as_of, expected):
    found = periods.full_months_between(pd.Series(pd.to_datetime([start])), date.fromisoformat(as_of))
    assert found.tolist() == [expected]


@given(st.lists(st.dates(date(2019, 1, 1), date(2025, 12, 31)), min_size=1, max_size=5), st.dates(date(2020, 1, 1), date(2025, 12, 31)))
def test_F31_agrees_with_the_definition(starts, as_of):
    found = periods.full_months_between(pd.Series(pd.to_datetime(starts)), as_of)
    assert [None if pd.isna(months) else int(months) for months in found] == [brute_tenure(start, as_of) for start in starts]


def test_F31_future_and_blank_starts_have_no_tenure():
    assert periods.full_months_between(pd.Series(pd.to_datetime(["2026-07-01", None])), date(2026, 6, 30)).isna().all()


@given(st.lists(DAYS, min_size=1, max_size=8), DAYS, st.integers(1, 9))
def test_window_numbers_agree_with_asking_each_window(days, as_of, count):
    windows = periods.plain_quarters(as_of, count)
    dates = pd.Series(pd.to_datetime(days))
    found = periods.window_numbers(dates, windows)
    expected = [next((k for k, window in enumerate(windows) if window.after < day <= window.until), -1) for day in days]
    assert found.tolist() == expected


def test_month_starts_reads_text_and_dates_alike():
    texts, dates = pd.Series(["2026-06", None]), pd.Series(pd.to_datetime(["2026-06-17", None]))
    for months in (texts, dates):
        assert periods.month_starts(months).tolist()[0] == pd.Timestamp("2026-06-01")
        assert periods.month_starts(months).isna().tolist() == [False, True]


def test_month_starts_refuses_what_is_no_month():
    with pytest.raises(ValueError, match='reads like "2026-06", got "2026-13"'):
        periods.month_starts(pd.Series(["2026-12", "2026-13"]))


@given(DAYS, st.integers(1, 12))
def test_law_L12_each_day_lies_in_exactly_one_fiscal_quarter(day, start):
    year, quarter = periods.fiscal_quarter(day, start)
    window = periods.period_window(f"{year}Q{quarter}", start)
    assert window.after < day <= window.until
    others = [periods.period_window(f"{year}Q{other}", start) for other in range(1, 5) if other != quarter]
    assert not any(other.after < day <= other.until for other in others)


@given(st.integers(1990, 2080), st.integers(1, 12))
def test_law_L12_four_quarters_make_the_year(year, start):
    quarters = [periods.period_window(f"{year}Q{quarter}", start) for quarter in range(1, 5)]
    whole = periods.period_window(str(year), start)
    assert (quarters[0].after, quarters[-1].until) == (whole.after, whole.until)
    assert sum(quarter.days for quarter in quarters) == whole.days
    assert all(first.until == second.after for first, second in zip(quarters, quarters[1:], strict=False))


@pytest.mark.parametrize("stamp", ["2024-02-29", "2023-12-31T23:59:59.999999"])
def test_law_L12_leap_day_and_last_instant_of_the_year(stamp):
    day = pd.Series(pd.to_datetime([stamp]))
    year = day.dt.year[0]
    inside = [periods.period_window(f"{year}Q{quarter}").contains(day)[0] for quarter in range(1, 5)]
    assert sum(inside) == 1
    assert periods.period_window(str(year)).contains(day)[0]


@pytest.mark.parametrize(
    ("period", "start", "first", "last"),
    [
        pytest.param("2026", 1, "2026-01-01", "2026-12-31", id="calendar year"),
        pytest.param("2026Q2", 1, "2026-04-01", "2026-06-30", id="calendar quarter"),
        pytest.param("2024-02", 7, "2024-02-01", "2024-02-29", id="a month is a calendar month"),
        pytest.param("2026", 4, "2025-04-01", "2026-03-31", id="fiscal year is named by its end"),
        pytest.param("2026Q4", 4, "2026-01-01", "2026-03-31", id="last fiscal quarter"),
    ],
)
def test_period_window(period, start, first, last):
    window = periods.period_window(period, start)
    assert (window.first_day.isoformat(), window.until.isoformat()) == (first, last)


@pytest.mark.parametrize("period", ["2026Q5", "2026-13", "2026-6", "26", "2026-00", "2026q1", " 2026"])
def test_period_window_refuses(period):
    with pytest.raises(ValueError, match=f'got "{period}"'):
        periods.period_window(period)


@pytest.mark.parametrize("start", [0, 13])
def test_fiscal_year_start_must_be_a_month(start):
    with pytest.raises(ValueError, match=f"month from 1 to 12, got {start}"):
        periods.fiscal_quarter(date(2026, 1, 1), start)


@pytest.mark.parametrize(
    ("day", "start", "expected"),
    [
        pytest.param(date(2025, 6, 30), 7, (2025, 4), id="last day"),
        pytest.param(date(2025, 7, 1), 7, (2026, 1), id="first day"),
        pytest.param(date(2025, 12, 31), 1, (2025, 4), id="calendar"),
    ],
)
def test_fiscal_quarter(day, start, expected):
    assert periods.fiscal_quarter(day, start) == expected


def test_quarter_label_never_names_a_quarter_that_the_window_is_not():
    assert periods.quarter_label(periods.trailing_window(date(2025, 9, 30), 3)) == "2025 Q3"
    assert periods.quarter_label(periods.trailing_window(date(2025, 9, 30), 3), 2) == "2025-09-30"
