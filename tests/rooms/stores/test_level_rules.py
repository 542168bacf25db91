"""Levels by date: what is accepted, what is refused, what holds on a day."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from kvitto.stores import rules
from kvitto.stores.types import Chain, Channel, Level, LevelPeriod, LevelTable

FIRST = date(2014, 1, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(-3, 35)]

days = st.sampled_from(DAYS[3:-3])
channels = st.sampled_from(Channel)
levels = st.sampled_from(Level)
any_periods = st.lists(st.builds(LevelPeriod, channels, levels, days, st.none() | days), max_size=5)


@st.composite
def sound_periods(draw, *, at_least=1):
    """One channel's periods as they must be: each begins where the one before ended, the last has no end."""
    starts = sorted(draw(st.sets(days, min_size=at_least, max_size=6)))
    ends = [*starts[1:], None]
    channel = draw(channels)
    return [LevelPeriod(channel, draw(levels), start, end) for start, end in zip(starts, ends, strict=True)]


def covering(periods, channel, day):
    return [
        period
        for period in periods
        if period.channel is channel and period.start <= day and (period.end is None or day < period.end)
    ]


def problems(periods):
    return rules.timeline_problems("grocer", Chain("Grocer", tuple(periods)))


@settings(deadline=None, max_examples=400)
@given(any_periods)
def test_accepted_periods_have_exactly_one_level_on_each_day_and_refused_ones_do_not(periods):
    forward = all(period.end is None or period.start < period.end for period in periods)
    one_each_day = all(
        len(covering(periods, channel, day)) == 1
        for channel in Channel
        for day in DAYS
        if any(period.channel is channel and period.start <= day for period in periods)
    )
    assert (problems(periods) == []) == (forward and one_each_day)


@settings(deadline=None)
@given(st.data(), sound_periods(at_least=3))
def test_a_hole_is_refused_naming_chain_and_dates(data, periods):
    missing = data.draw(st.sampled_from(periods[1:-1]))
    (found,) = problems(period for period in periods if period is not missing)
    assert found.startswith(
        f"chain grocer, {missing.channel} channel: no level from {missing.start} until {missing.end}"
    )


@settings(deadline=None)
@given(st.data(), sound_periods(at_least=2))
def test_an_overlap_is_refused_naming_chain_and_dates(data, periods):
    first, second = data.draw(st.sampled_from(list(pairwise(periods))))
    longer = LevelPeriod(first.channel, first.level, first.start, first.end + timedelta(days=1))
    found = problems([longer if period is first else period for period in periods])
    level = first.level.name.lower()
    assert found[0].startswith(
        f"chain grocer, {first.channel} channel: {level} from {first.start} until {longer.end} overlaps "
    )
    assert f"from {second.start}" in found[0]


def test_a_backward_period_and_an_end_without_successor_are_both_named():
    backward = LevelPeriod(Channel.STORE, Level.GROUP, date(2016, 9, 1), date(2012, 1, 1))
    ending = LevelPeriod(Channel.WEB, Level.GROUP, date(2014, 5, 1), date(2016, 9, 1))
    store, web = problems([backward, ending])
    assert store == "chain grocer, store channel: a period from 2016-09-01 until 2012-01-01 ends before it begins"
    assert web.startswith("chain grocer, web channel: nothing follows 2016-09-01: ")


@settings(deadline=None)
@given(sound_periods(), st.data())
def test_the_table_answers_the_covering_period_and_totals_where_there_is_none(periods, data):
    kept = [period for period in periods if data.draw(st.booleans())]  # holes, in case somebody made them by hand
    channel = periods[0].channel
    table = LevelTable({(7, channel): rules.steps(kept, channel)})
    for day in DAYS:
        found = covering(kept, channel, day)
        assert table.level(7, channel, day) is (found[0].level if found else Level.TOTAL)


def test_an_unknown_chain_and_a_channel_never_set_are_totals():
    period = LevelPeriod(Channel.STORE, Level.PRODUCT, date(2014, 5, 1))
    table = LevelTable({(7, Channel.STORE): rules.steps([period], Channel.STORE)})
    assert table.level(7, Channel.STORE, date(2014, 5, 1)) is Level.PRODUCT
    assert table.level(7, Channel.WEB, date(2014, 5, 1)) is Level.TOTAL
    assert table.level(8, Channel.STORE, date(2014, 5, 1)) is Level.TOTAL


def test_the_stricter_of_two_levels_is_the_smaller():
    assert min(Level.PRODUCT, Level.GROUP) is Level.GROUP
    assert min(Level.GROUP, Level.TOTAL) is Level.TOTAL


@settings(deadline=None)
@given(sound_periods(), sound_periods(), st.sampled_from(DAYS))
def test_the_past_is_changed_when_the_level_of_a_day_up_to_today_differs(old, new, today):
    before, after = rules.steps(old, old[0].channel), rules.steps(new, new[0].channel)
    brute = any(before.on(day) is not after.on(day) for day in DAYS if day <= today)
    assert rules.changes_past(before, after, today) == brute
