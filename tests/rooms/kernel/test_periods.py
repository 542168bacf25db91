"""Days, months and quarters; periods are half-open."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvitto.kernel.periods import Period, month_start, months_after, quarter_end, quarter_of

days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
SHORT = st.integers(-120, 120)


def test_the_first_day_is_in_and_the_last_is_out():
    period = Period(date(2026, 1, 1), date(2026, 2, 1))

    assert date(2025, 12, 31) not in period
    assert date(2026, 1, 1) in period
    assert date(2026, 1, 31) in period
    assert date(2026, 2, 1) not in period


def test_a_period_without_end_goes_on():
    assert date(9999, 12, 31) in Period(date(2026, 1, 1))
    assert date(2025, 12, 31) not in Period(date(2026, 1, 1))


@pytest.mark.parametrize("end", [date(2026, 1, 1), date(2025, 12, 31)])
def test_an_empty_period_is_none(end):
    with pytest.raises(ValueError, match="before it has begun"):
        Period(date(2026, 1, 1), end)


@given(days, st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.integers(1, 4000))
def test_two_periods_that_follow_each_other_share_no_day(day, start, length):
    end = start + timedelta(days=length)

    assert not (day in Period(start, end) and day in Period(end))
    assert (day in Period(start, end) or day in Period(end)) == (day >= start)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2024, 2, 29), -48, date(2020, 2, 29)),
        (date(2026, 11, 22), 2, date(2027, 1, 22)),
        (date(2026, 1, 1), -1, date(2025, 12, 1)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
    ],
)
def test_months_are_counted_by_the_calendar(day, months, expected):
    assert months_after(day, months) == expected


@given(days, SHORT)
def test_months_later_is_in_that_month_on_that_day_or_the_last(day, months):
    later = months_after(day, months)

    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@given(days, days, SHORT)
def test_months_later_keeps_the_order_of_days(one, other, months):
    assert (one <= other) <= (months_after(one, months) <= months_after(other, months))


@given(days)
def test_a_quarter_holds_its_days_and_ends_with_the_next_ones_first(day):
    quarter = quarter_of(day)

    assert quarter_end(quarter - 1) <= day < quarter_end(quarter)
    assert quarter_of(quarter_end(quarter)) == quarter + 1
    assert month_start(day).day == 1
    assert quarter_of(month_start(day)) == quarter


def test_quarters_are_numbered_through():
    assert quarter_of(date(2026, 1, 1)) == 2026 * 4
    assert quarter_of(date(2026, 12, 31)) == 2026 * 4 + 3
    assert quarter_end(2026 * 4 + 3) == date(2027, 1, 1)
