"""What members decided: statements that are added, and the state that is read from them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from kvitto.audit.models import Entry
from kvitto.choices import actions, queries
from kvitto.choices.models import Statement
from kvitto.choices.types import Channel, History
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.stores.types import Level
from tests.cast import NOW

levels = st.sampled_from(Level)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  made aware there


def state(levels_by_person, *, at=NOW, channel=Channel.WEB, now=NOW):
    with opened():
        actions.state_levels(levels=levels_by_person, channel=channel, stated_at=at, by=OPERATOR, now=now)


def history(person_id, start=Level.PRODUCT):
    return queries.recording_histories([person_id], start=start).levels.get(person_id)


def test_without_a_statement_there_is_no_history(cast):
    assert queries.recording_histories([cast.aino, cast.chen], start=Level.PRODUCT).levels == {}


def test_a_statement_holds_from_its_instant_on(cast):
    state({cast.aino: Level.GROUP}, at=NOW)
    found = history(cast.aino)

    assert found.at(NOW - timedelta(microseconds=1)) is Level.PRODUCT
    assert found.at(NOW) is Level.GROUP
    assert found.at(NOW + timedelta(days=3650)) is Level.GROUP


def test_before_the_first_statement_the_profile_holds(cast):
    state({cast.aino: Level.PRODUCT}, at=NOW)

    assert history(cast.aino, start=Level.TOTAL).at(NOW - timedelta(days=1)) is Level.TOTAL


def test_the_later_statement_wins_whatever_the_order_they_were_written_in(cast):
    state({cast.aino: Level.TOTAL}, at=NOW - timedelta(days=1))
    state({cast.aino: Level.GROUP}, at=NOW - timedelta(days=9), channel=Channel.MIGRATION)
    found = history(cast.aino)

    assert [found.at(NOW - timedelta(days=days)) for days in (10, 9, 5, 1, 0)] == [
        Level.PRODUCT,
        Level.GROUP,
        Level.GROUP,
        Level.TOTAL,
        Level.TOTAL,
    ]


def test_of_two_statements_of_one_instant_the_one_written_last_holds(cast):
    state({cast.aino: Level.TOTAL})
    state({cast.aino: Level.GROUP})

    assert history(cast.aino).at(NOW) is Level.GROUP


def test_histories_of_a_batch_do_not_mix(cast):
    state({cast.aino: Level.TOTAL, cast.chen: Level.GROUP})
    found = queries.recording_histories([cast.aino, cast.bjorn, cast.chen], start=Level.PRODUCT).levels

    assert {person: each.at(NOW) for person, each in found.items()} == {cast.aino: Level.TOTAL, cast.chen: Level.GROUP}


def test_a_statement_is_never_changed(cast):
    state({cast.aino: Level.TOTAL}, at=NOW - timedelta(days=1))
    state({cast.aino: Level.PRODUCT})

    assert list(Statement.objects.order_by("stated_at").values_list("value", flat=True)) == [1, 3]


def test_a_statement_cannot_hold_from_the_future(cast):
    with pytest.raises(actions.FutureStatementError):
        state({cast.aino: Level.TOTAL}, at=NOW + timedelta(seconds=1))

    assert not Statement.objects.exists()


def test_a_statement_is_recorded_as_an_act(cast):
    state({cast.aino: Level.TOTAL, cast.chen: Level.GROUP}, channel=Channel.PHONE)

    (entry,) = Entry.objects.filter(action="choices.state")
    assert (entry.count, entry.at) == (2, NOW)
    assert set(Statement.objects.values_list("channel", flat=True)) == {"phone"}


def test_stating_needs_the_transaction_of_a_whole_act(committed):
    with pytest.raises(transaction.TransactionManagementError):
        actions.state_levels(levels={}, channel=Channel.WEB, stated_at=NOW, by=OPERATOR, now=NOW)


@pytest.mark.parametrize("values", [{"value": 0}, {"value": 4}, {"topic": "shoe_size"}, {"channel": "rumour"}])
def test_the_database_knows_which_statements_there_are(cast, values):
    known = {"person_id": cast.aino, "topic": "recording_level", "value": 1, "stated_at": NOW, "channel": "web"}

    with pytest.raises(IntegrityError, match="choices_statement"), transaction.atomic():
        Statement.objects.create(**known | values)


@given(st.lists(st.tuples(instants, levels), max_size=6, unique_by=lambda pair: pair[0]), instants, levels)
def test_the_state_at_an_instant_is_the_last_statement_before_it(statements, instant, start):
    statements.sort()
    found = History(tuple(at for at, _ in statements), tuple(level for _, level in statements), start)
    before = [level for at, level in statements if at <= instant]

    assert found.at(instant) == (before[-1] if before else start)


@given(st.lists(st.tuples(instants, levels), max_size=6, unique_by=lambda pair: pair[0]), instants, instants, levels)
def test_a_later_statement_never_reaches_back(statements, instant, later, level):
    statements = sorted(pair for pair in statements if pair[0] < max(instant, later))
    before = History(tuple(at for at, _ in statements), tuple(each for _, each in statements), Level.PRODUCT)
    after = History((*before.instants, max(instant, later)), (*before.states, level), Level.PRODUCT)

    if instant < later:
        assert after.at(instant) == before.at(instant)
