"""Notices: to one person, in their language, of a few kinds; read once, and not kept for ever."""

from datetime import timedelta
from string import Formatter

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils.translation import override

from kvitto.choices import actions as choices
from kvitto.choices import texts as choices_texts
from kvitto.choices.types import Channel, Topic
from kvitto.households import actions as households
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.errors import ConflictError
from kvitto.members import actions as members
from kvitto.members.types import NewPerson
from kvitto.notices import actions, queries
from kvitto.notices.models import Notice
from kvitto.notices.rules import KEPT, NUMBERED, READ_KEPT, WITH_WAY
from kvitto.notices.texts import sentence
from kvitto.notices.types import Kind, Way
from kvitto.retention import actions as retention
from tests.cast import NOW
from tests.households import child, do, settle

DISA, AINO = Actor(ActorKind.STAFF, "2"), Actor(ActorKind.MEMBER, "1")
LANGUAGES = ("sv", "fi", "en")


def tell(person_id, kind=Kind.HOUSEHOLD_LEFT, now=NOW, **more):
    with opened():
        actions.tell(person_id=person_id, kind=kind, now=now, **more)


def told(person_id):
    return [str(each.kind) for each in queries.inbox(person_id)]


def state(person_id, value, by=DISA, channel=Channel.PHONE, minutes=0):
    shown = choices_texts.shown(Topic.PURCHASE_USE, value, "sv")
    about = {"person_id": person_id, "topic": Topic.PURCHASE_USE, "value": value, "shown": shown, "channel": channel}
    with opened():
        return choices.state(**about, by=by, now=NOW + timedelta(minutes=minutes))


# the sentence


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_a_sentence_in_every_language(kind):
    number = 4711 if kind in NUMBERED else None
    said = set()
    for way in Way if kind in WITH_WAY else (None,):
        for language in LANGUAGES:
            with override(language):
                text = sentence(kind, number, way)
            assert text.endswith(".")
            assert ("4711" in text) is (kind in NUMBERED)
            assert not list(filter(None, (field for _, field, _, _ in Formatter().parse(text))))
            said.add(text)
    assert len(said) == len(LANGUAGES) * (len(Way) if kind in WITH_WAY else 1)


# the inbox


def test_the_newest_comes_first_and_each_person_has_their_own(cast):
    tell(cast.aino, Kind.HOUSEHOLD_LEFT)
    tell(cast.aino, Kind.CHOICE_HOLDS, NOW + timedelta(hours=1), number=7, way=Way.PHONE)
    tell(cast.bjorn, Kind.HOUSEHOLD_JOINED)

    newest, oldest = queries.inbox(cast.aino)

    assert (newest.kind, newest.number, newest.way, newest.unread) == (Kind.CHOICE_HOLDS, 7, Way.PHONE, True)
    assert oldest.kind is Kind.HOUSEHOLD_LEFT
    assert told(cast.bjorn) == ["household_joined"]


def test_reading_counts_once_and_ones_own_only(cast):
    tell(cast.aino)
    tell(cast.bjorn)
    everybody = list(Notice.objects.values_list("pk", flat=True))

    for hours in (1, 2):
        with opened():
            actions.note_read(person_id=cast.aino, notice_ids=everybody, now=NOW + timedelta(hours=hours))

    assert [each.unread for each in queries.inbox(cast.aino)] == [False]
    assert [each.unread for each in queries.inbox(cast.bjorn)] == [True]
    assert Notice.objects.get(person_id=cast.aino).read_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "weather"},
        {"kind": "choice_holds"},
        {"kind": "choice_holds", "number": 1},
        {"kind": "choice_holds", "number": 1, "way": "pigeon"},
        {"kind": "household_left", "number": 1},
        {"kind": "household_left", "way": "phone"},
        {"kind": "household_left", "mail_at": NOW, "mailed_at": NOW},
    ],
)
def test_the_table_refuses_what_no_notice_is(cast, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(person_id=cast.aino, made_at=NOW, **fields)


def test_what_a_notice_tells_is_never_rewritten(cast):
    tell(cast.aino)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("UPDATE notices_notice SET kind = 'household_joined'")


@pytest.mark.parametrize(
    ("age", "read", "stays"),
    [
        (KEPT, None, True),
        (KEPT + timedelta(days=1), None, False),
        (READ_KEPT, READ_KEPT, True),
        (READ_KEPT + timedelta(days=1), READ_KEPT + timedelta(days=1), False),
        (KEPT + timedelta(days=1), timedelta(days=1), False),
    ],
)
def test_what_was_read_goes_after_90_days_and_everything_after_a_year(committed_cast, age, read, stays):
    tell(committed_cast.aino, now=NOW - age)
    Notice.objects.update(read_at=NOW - read if read else None)

    assert retention.run(now=NOW).notices == (0 if stays else 1)
    assert Notice.objects.exists() is stays


# what is told


@pytest.mark.parametrize("channel", [Channel.SERVICE_POINT, Channel.PHONE, Channel.LETTER])
def test_what_staff_write_down_is_told_with_its_number_and_whether_it_holds(cast, channel):
    holds = state(cast.aino, 0, channel=channel)
    waits = state(cast.aino, 1, channel=channel, minutes=1)

    newest, oldest = queries.inbox(cast.aino)

    assert (newest.kind, newest.number, newest.way) == (Kind.CHOICE_WAITS, waits.number, channel)
    assert (oldest.kind, oldest.number, oldest.way) == (Kind.CHOICE_HOLDS, holds.number, channel)


def test_what_a_member_decides_themselves_needs_no_notice(cast):
    state(cast.aino, 0, by=AINO, channel=Channel.WEB)

    assert told(cast.aino) == []


def test_a_notice_goes_with_what_it_tells(cast):
    """Whatever takes the statement back takes the notice with it."""

    def state_and_fail():
        choices.state(
            person_id=cast.aino,
            topic=Topic.POST,
            value=0,
            channel=Channel.PHONE,
            shown=choices_texts.shown(Topic.POST, 0, "sv"),
            by=DISA,
            now=NOW,
        )
        assert told(cast.aino) == ["choice_holds"]
        raise ConflictError("something later went wrong")

    with pytest.raises(ConflictError), opened():
        state_and_fail()

    assert told(cast.aino) == []


def test_the_main_member_is_told_who_comes_and_goes(cast):
    settle(cast)
    code = do(households.invite, cast.aino)
    do(households.join, cast.chen, code=code)
    do(households.leave, cast.chen, days=1)

    assert told(cast.aino) == ["household_left", "household_joined"]
    assert told(cast.chen) == told(cast.bjorn) == []


def test_who_goes_to_another_household_is_missed_in_the_one_before(cast):
    settle(cast)
    code = do(households.invite, cast.chen)
    do(households.join, cast.bjorn, code=code)

    assert told(cast.aino) == ["household_left"]
    assert told(cast.chen) == ["household_joined"]


def test_whoever_is_taken_out_is_told(cast):
    settle(cast)
    do(households.take_out, cast.aino, other_id=cast.bjorn)

    assert told(cast.bjorn) == ["household_taken_out"]


def test_both_are_told_when_the_household_is_handed_over(cast):
    settle(cast)
    do(households.offer_main, cast.aino, other_id=cast.bjorn)
    assert (told(cast.aino), told(cast.bjorn)) == ([], ["household_main_offered"])

    do(households.accept_main, cast.bjorn, days=1)

    assert (told(cast.aino), told(cast.bjorn)) == (["household_main_handed_over"], ["household_main_offered"])


def test_whoever_is_named_is_told(cast):
    settle(cast)
    do(households.name_guardian, cast.aino, minor_id=child(cast.aino), guardian_id=cast.bjorn)
    assert told(cast.bjorn) == ["household_guardian_named"]
    with opened():
        households.note_death(person_id=cast.aino, day=NOW.date() - timedelta(days=1), by=AINO, now=NOW)
    do(households.name_main, cast.bjorn)

    assert told(cast.bjorn)[0] == "household_main_named"


def test_an_account_of_nobody_has_no_notices(cast):
    with opened():
        (person_id,) = members.register(people=[NewPerson("Nora", "Uusi", "fi", (), NOW)], by=DISA, now=NOW)
    tell(person_id)

    assert queries.unread_of_account(10**6) == 0
