"""What a person decides: at once when it restricts, after their own yes when staff wrote down that it allows more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from kvitto.audit.models import Entry
from kvitto.choices import actions, queries, texts
from kvitto.choices.models import Statement
from kvitto.choices.rules import DEFAULTS, NO, SCALES, SEVERAL, WISHES, YES, is_sound, loosens, with_category
from kvitto.choices.types import Channel, Topic
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.members.models import Person
from kvitto.stores.types import Level, Profile
from tests.cast import NOW

AINO, DISA = Actor(ActorKind.MEMBER, "1"), Actor(ActorKind.STAFF, "2")
PROFILE = Profile.DEFAULT
each_topic = pytest.mark.parametrize("topic", SCALES)


def say(person_id, topic, value=None, *, by=AINO, channel=None, codes=(), minutes=0):
    channel = channel or (Channel.WEB if by is AINO else Channel.SERVICE_POINT)
    shown = texts.shown(topic, value, "sv")
    now = NOW + timedelta(minutes=minutes)
    with opened():
        return actions.state(
            person_id=person_id, topic=topic, value=value, codes=codes, channel=channel, shown=shown, by=by, now=now
        )


def yes(person_id, number, minutes=9):
    with opened():
        return actions.confirm(
            person_id=person_id,
            number=number,
            shown=texts.shown(Topic.PURCHASE_USE, 1, "sv"),
            by=AINO,
            now=NOW + timedelta(minutes=minutes),
        )


def held(person_id, topic):
    return queries.value_of(person_id, topic, profile=PROFILE)


# what holds


@each_topic
def test_who_has_said_nothing_has_what_the_profile_says(cast, topic):
    for profile in Profile:
        found = queries.decisions(cast.aino, profile=profile)[topic]
        assert (found.value, found.number) == (DEFAULTS[profile][topic], None)


@each_topic
def test_what_a_member_says_holds_at_once_whichever_way_it_goes(cast, topic):
    for minutes, value in enumerate((min(SCALES[topic]), max(SCALES[topic]))):
        said = say(cast.aino, topic, value, minutes=minutes)
        found = queries.decisions(cast.aino, profile=PROFILE)[topic]
        assert (found.value, found.number, said.pending) == (value, said.number, False)
    assert queries.decisions(cast.bjorn, profile=PROFILE)[topic].number is None


@each_topic
@pytest.mark.parametrize("channel", [Channel.SERVICE_POINT, Channel.PHONE, Channel.LETTER])
def test_what_staff_write_down_holds_at_once_when_it_restricts(cast, topic, channel):
    say(cast.aino, topic, max(SCALES[topic]))

    said = say(cast.aino, topic, min(SCALES[topic]), by=DISA, channel=channel, minutes=1)

    assert not said.pending
    assert held(cast.aino, topic) == min(SCALES[topic])


@each_topic
def test_what_staff_write_down_waits_when_it_allows_more(cast, topic):
    least, most = min(SCALES[topic]), max(SCALES[topic])
    say(cast.aino, topic, least)

    said = say(cast.aino, topic, most, by=DISA, minutes=1)

    assert said.pending
    assert held(cast.aino, topic) == least
    assert [each.number for each in queries.waiting(cast.aino)] == [said.number]
    confirmed = yes(cast.aino, said.number)
    assert held(cast.aino, topic) == most
    assert queries.waiting(cast.aino) == []
    assert Statement.objects.get(pk=confirmed.number).confirms_id == said.number


def test_a_level_that_waits_does_not_count_at_the_till(cast):
    say(cast.aino, Topic.RECORDING_LEVEL, Level.TOTAL)
    say(cast.aino, Topic.RECORDING_LEVEL, Level.PRODUCT, by=DISA, minutes=1)

    found = queries.recording_histories([cast.aino], start=Level.PRODUCT).levels[cast.aino]

    assert found.at(NOW + timedelta(hours=1)) is Level.TOTAL


def test_what_waits_is_overtaken_by_what_is_said_after_it(cast):
    say(cast.aino, Topic.PURCHASE_USE, 0)
    waits = say(cast.aino, Topic.PURCHASE_USE, 1, by=DISA, minutes=1)
    say(cast.aino, Topic.PURCHASE_USE, 0, minutes=2)

    assert queries.waiting(cast.aino) == []
    with pytest.raises(actions.NotWaitingError):
        yes(cast.aino, waits.number)


def test_nobody_confirms_for_somebody_else_or_twice(cast):
    say(cast.aino, Topic.PURCHASE_USE, 0)
    waits = say(cast.aino, Topic.PURCHASE_USE, 1, by=DISA, minutes=1)
    with pytest.raises(actions.NotWaitingError):
        yes(cast.bjorn, waits.number)
    yes(cast.aino, waits.number)
    with pytest.raises(actions.NotWaitingError):
        yes(cast.aino, waits.number)


def test_a_batch_of_people_is_asked_at_once_who_allows(cast):
    say(cast.aino, Topic.PURCHASE_USE, 0)
    everybody = [cast.aino, cast.bjorn, cast.chen]

    assert queries.allowing(everybody, Topic.PURCHASE_USE, profile=PROFILE) == {cast.bjorn, cast.chen}
    assert queries.allowing(everybody, Topic.EMAIL, profile=PROFILE) == set()
    assert queries.allowing(everybody, Topic.PURCHASE_USE, profile=Profile.STRICT) == set()


# categories that are never recorded


def keep_out(person_id, category, value=NO, *, by=AINO, channel=None, minutes=0):
    channel = channel or (Channel.WEB if by is AINO else Channel.SERVICE_POINT)
    shown = texts.shown(Topic.NOT_RECORDED, value, "sv")
    now = NOW + timedelta(minutes=minutes)
    with opened():
        return actions.state_category(
            person_id=person_id, category=category, value=value, channel=channel, shown=shown, by=by, now=now
        )


@pytest.mark.parametrize(
    ("by", "channel"),
    [(AINO, Channel.WEB), (DISA, Channel.SERVICE_POINT), (DISA, Channel.PHONE), (DISA, Channel.LETTER)],
)
def test_a_category_is_kept_out_at_once_in_whatever_way_it_is_said(cast, by, channel):
    said = keep_out(cast.aino, "alcohol", by=by, channel=channel)

    assert not said.pending
    assert queries.categories_out(cast.aino) == ("alcohol",)
    assert queries.categories_out(cast.bjorn) == ()
    assert queries.decisions(cast.aino, profile=PROFILE)[Topic.NOT_RECORDED].codes == ("alcohol",)
    assert queries.ever_kept_out() == [cast.aino]


def test_each_category_is_decided_by_itself(cast):
    keep_out(cast.aino, "health")
    keep_out(cast.aino, "alcohol", minutes=1)
    keep_out(cast.aino, "alcohol", minutes=2)
    assert queries.categories_out(cast.aino) == ("alcohol", "health")
    keep_out(cast.aino, "health", YES, minutes=3)
    assert queries.categories_out(cast.aino) == ("alcohol",)


def test_a_category_that_staff_let_in_again_waits_for_the_members_own_yes(cast):
    keep_out(cast.aino, "alcohol")
    waits = keep_out(cast.aino, "alcohol", YES, by=DISA, minutes=1)

    assert waits.pending
    assert queries.categories_out(cast.aino) == ("alcohol",)
    yes(cast.aino, waits.number)
    assert queries.categories_out(cast.aino) == ()
    assert queries.ever_kept_out() == [cast.aino]


def test_letting_in_what_was_never_kept_out_waits_for_nobody(cast):
    assert not keep_out(cast.aino, "alcohol", YES, by=DISA).pending


def test_a_minor_keeps_categories_out_and_lets_none_in(cast):
    Person.objects.filter(pk=cast.aino).update(birth_date=NOW.date() - timedelta(days=15 * 365))
    keep_out(cast.aino, "alcohol")

    with pytest.raises(actions.MinorError):
        keep_out(cast.aino, "alcohol", YES, minutes=1)
    with pytest.raises(actions.MinorError):
        keep_out(cast.aino, "alcohol", YES, by=DISA, minutes=1)
    assert queries.categories_out(cast.aino) == ("alcohol",)


@pytest.mark.parametrize(("category", "value"), [("magic", NO), ("", NO), ("magic", YES), ("alcohol", 2)])
def test_what_is_no_category_is_refused(cast, category, value):
    shown = texts.shown(Topic.NOT_RECORDED, NO, "sv")
    with pytest.raises(actions.UnknownChoiceError, match="there is no such category"), opened():
        actions.state_category(
            person_id=cast.aino, category=category, value=value, channel=Channel.WEB, shown=shown, by=AINO, now=NOW
        )
    assert not Statement.objects.exists()


def test_categories_are_not_stated_all_at_once(cast):
    """A list that a page has had in front of it for a while would undo what was kept out meanwhile."""
    with pytest.raises(actions.UnknownChoiceError):
        say(cast.aino, Topic.NOT_RECORDED, codes=["alcohol"])


def test_a_batch_is_told_when_which_categories_were_kept_out(cast):
    keep_out(cast.aino, "alcohol")
    keep_out(cast.aino, "health", minutes=2)
    keep_out(cast.aino, "alcohol", YES, minutes=4)
    keep_out(cast.aino, "health", YES, by=DISA, minutes=6)  # waits
    say(cast.chen, Topic.RECORDING_LEVEL, Level.TOTAL)

    found = queries.recording_histories([cast.aino, cast.bjorn, cast.chen], start=Level.PRODUCT)

    assert found.levels.keys() == {cast.chen}
    assert found.categories.keys() == {cast.aino}
    at = [found.categories[cast.aino].at(NOW + timedelta(minutes=minutes)) for minutes in (-1, 1, 3, 5, 7)]
    assert at == [set(), {"alcohol"}, {"alcohol", "health"}, {"health"}, {"health"}]


@given(st.sets(st.sampled_from("abcd")), st.sampled_from("abcd"))
def test_keeping_out_adds_one_and_letting_in_takes_one_away(held, category):
    assert set(with_category(held, category, NO)) == held | {category}
    assert set(with_category(held, category, YES)) == held - {category}


# what is kept of it


def test_a_statement_is_a_proof(cast):
    said = say(cast.aino, Topic.PURCHASE_USE, 0)
    row = Statement.objects.get(pk=said.number)

    assert (row.channel, row.stated_at, row.registered_by) == ("web", NOW, "member 1")
    assert (row.text_version, row.text_language, len(row.text_digest)) == (texts.VERSION, "sv", 64)
    assert row.text_digest != texts.shown(Topic.PURCHASE_USE, 1, "sv").digest
    assert row.text_digest != texts.shown(Topic.PURCHASE_USE, 0, "fi").digest


def test_the_trace_names_the_topic_and_never_what_was_decided(cast):
    said = say(cast.aino, Topic.DIET, codes=["vegan"])
    entry = Entry.objects.get(action="choices.state")

    assert (entry.purpose, entry.case) == ("diet", f"statement-{said.number}")
    assert "vegan" not in str(vars(entry))


# wishes


@pytest.mark.parametrize("topic", WISHES)
def test_wishes_are_what_the_member_says_and_can_be_taken_back(cast, topic):
    codes = WISHES[topic][:2] if topic in SEVERAL else WISHES[topic][:1]
    say(cast.aino, topic, codes=codes)
    assert queries.decisions(cast.aino, profile=PROFILE)[topic].codes == codes
    say(cast.aino, topic, codes=(), minutes=1)
    assert queries.decisions(cast.aino, profile=PROFILE)[topic].codes == ()


# what cannot be


@pytest.mark.parametrize(
    ("topic", "value", "codes"),
    [
        (Topic.PURCHASE_USE, 2, ()),
        (Topic.PURCHASE_USE, -1, ()),
        (Topic.PURCHASE_USE, None, ()),
        (Topic.PURCHASE_USE, 1, ("vegan",)),
        (Topic.RECORDING_LEVEL, 0, ()),
        (Topic.RECORDING_LEVEL, 4, ()),
        (Topic.DIET, 1, ()),
        (Topic.DIET, None, ("meat",)),
        (Topic.DIET, None, ("vegan", "vegan")),
        (Topic.MEDIUM, None, ("digital", "paper")),
    ],
)
def test_what_is_no_choice_is_refused(cast, topic, value, codes):
    asked = {"topic": topic, "value": value, "codes": codes, "shown": texts.shown(Topic.DIET, None, "sv")}
    with pytest.raises(actions.UnknownChoiceError), opened():
        actions.state(person_id=cast.aino, channel=Channel.WEB, by=AINO, now=NOW, **asked)


@pytest.mark.parametrize(("by", "channel"), [(AINO, Channel.PHONE), (AINO, Channel.MIGRATION), (DISA, Channel.WEB)])
def test_the_way_fits_who_writes_it_down(cast, by, channel):
    with pytest.raises(actions.ChannelError):
        say(cast.aino, Topic.PURCHASE_USE, 0, by=by, channel=channel)


@pytest.mark.parametrize(
    "fields",
    [
        {"topic": "purchase_use", "value": 2},
        {"topic": "purchase_use", "value": None},
        {"topic": "recording_level", "value": 0},
        {"topic": "diet", "value": 1},
        {"topic": "zodiac", "value": 1},
        {"topic": "not_recorded", "value": 0, "codes": ["alcohol"]},
        {"topic": "purchase_use", "value": 1, "pending": True, "channel": "web"},
        {"topic": "purchase_use", "value": 1, "channel": "carrier_pigeon"},
        {"topic": "purchase_use", "value": 1, "codes": ["vegan"]},
    ],
)
def test_the_table_refuses_the_same_under_raw_sql(cast, fields):
    known = {"person_id": cast.aino, "stated_at": NOW, "channel": "web", "codes": []}
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.create(**known | fields)


def test_a_text_that_changes_gets_a_new_version():
    """The texts of version 3, to the letter. Whoever changes one raises the version and writes the new digest here."""
    import hashlib

    words = []
    for topic, text in texts.TEXTS.items():
        words += [
            topic,
            str(text.name),
            str(text.about),
            *(f"{value} {effect}" for value, effect in text.effects.items()),
        ]
    digest = hashlib.sha256("\n".join(words).encode()).hexdigest()

    assert (texts.VERSION, digest) == (3, PINNED)


PINNED = "e5c544c17cbfd13bc8054eef39a99868f0b6060d5586b6b2836706e44677f3ce"

# rules


@given(st.sampled_from(list(SCALES)), st.data())
def test_loosening_is_what_goes_up_the_scale(topic, data):
    one, other = (data.draw(st.sampled_from(SCALES[topic])) for _ in range(2))

    assert loosens(one, other) is (other > one)
    assert is_sound(topic, one, ())
    assert not (loosens(one, other) and loosens(other, one))


def test_many_voices_at_once_leave_what_the_last_of_them_said(committed_cast):
    """Threads say yes and no about the same topic: what holds is what the latest statement says, and none is lost."""

    def voice(number):
        try:
            say(committed_cast.aino, Topic.PURCHASE_USE, number % 2, minutes=number)
            return queries.allowing([committed_cast.aino], Topic.PURCHASE_USE, profile=PROFILE)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(voice, range(40)))

    last = Statement.objects.order_by("-stated_at", "-id").first()
    assert Statement.objects.count() == 40
    assert held(committed_cast.aino, Topic.PURCHASE_USE) == last.value == 1
