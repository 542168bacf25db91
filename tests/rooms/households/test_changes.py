"""Who comes into a household and who goes, from which day on, and what nobody can do."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from kvitto.audit.models import Entry
from kvitto.choices import actions as choices
from kvitto.choices import texts
from kvitto.choices.types import Channel, Topic
from kvitto.households import actions, queries
from kvitto.households.models import Place
from kvitto.households.rules import common, may_go, periods_of
from kvitto.households.types import NewHome, NewPlace, Role
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.members import actions as members
from kvitto.members import queries as people
from kvitto.members.ages import birthday, comes_of_age, is_minor
from kvitto.members.types import CodeChannel
from tests.cast import NOW, TODAY
from tests.households import BORN, SINCE, born, child, do, home, roles, settle

TOGETHER = {"Aino": "main", "Björn": "adult"}
MINE = Actor(ActorKind.MEMBER, "1")


def join(code, person_id, days=0):
    return do(actions.join, person_id, days, code=code)


# coming in


def test_an_adult_comes_in_with_the_code_they_were_given(cast):
    code = do(actions.invite, cast.aino)
    assert roles(cast.aino) == {"Aino": "main"}

    join(code.lower().replace("-", " "), cast.bjorn, days=13)

    assert roles(cast.bjorn, days=13) == {"Björn": "adult", "Aino": "main"}
    assert roles(cast.bjorn, days=12) == {}


@pytest.mark.parametrize("spoilt", ["used", "late", "withdrawn", "wrong"])
def test_an_invitation_works_once_for_fourteen_days_unless_it_is_taken_back(cast, spoilt):
    code = do(actions.invite, cast.aino)
    if spoilt == "used":
        join(code, cast.bjorn)
    if spoilt == "withdrawn":
        (invitation,) = queries.invitations(cast.aino, today=TODAY, now=NOW)
        do(actions.withdraw, cast.aino, invitation_id=invitation.invitation_id)
    with pytest.raises(actions.InvitationOverError):
        join("0000-0000" if spoilt == "wrong" else code, cast.chen, days=14 if spoilt == "late" else 0)
    assert roles(cast.chen) == {}


def test_only_the_main_member_invites_and_only_they_take_it_back(cast):
    settle(cast)
    with pytest.raises(actions.NotMainError):
        do(actions.invite, cast.bjorn)
    do(actions.invite, cast.aino)
    (invitation,) = queries.invitations(cast.aino, today=TODAY, now=NOW)
    for stranger in (cast.bjorn, cast.chen):
        with pytest.raises(actions.InvitationOverError):
            do(actions.withdraw, stranger, invitation_id=invitation.invitation_id)
    assert queries.invitations(cast.bjorn, today=TODAY, now=NOW) == []


def test_a_minor_is_never_invited_as_an_adult_and_invites_nobody(cast):
    code = do(actions.invite, cast.aino)
    born(cast.chen, BORN)
    with pytest.raises(actions.AgeError):
        join(code, cast.chen)
    with pytest.raises(actions.AgeError):
        do(actions.invite, cast.chen)


def test_the_main_member_of_others_hands_over_before_they_go_elsewhere(cast):
    settle(cast)
    code = do(actions.invite, cast.chen)
    with pytest.raises(actions.NotFreeError):
        join(code, cast.aino)
    join(code, cast.bjorn)
    join_late = do(actions.invite, cast.chen)
    join(join_late, cast.aino)
    assert roles(cast.chen) == {"Chen": "main", "Aino": "adult", "Björn": "adult"}


def test_a_parent_takes_the_children_along(cast):
    elis = child(cast.bjorn)
    code = do(actions.invite, cast.aino, days=3)
    join(code, cast.bjorn, days=3)
    assert roles(cast.aino, days=3) == {"Aino": "main", "Björn": "adult", "Elis": "minor"}
    assert roles(elis, days=2) == {"Elis": "minor", "Björn": "main"}


# minors


def test_a_child_is_an_adult_of_the_household_from_the_birthday_on(cast):
    elis = child(cast.aino, born=date(TODAY.year - 10, 2, 28))
    until = (date(TODAY.year + 8, 2, 28) - TODAY).days
    assert roles(elis, days=until - 1)["Elis"] == "minor"
    assert roles(elis, days=until)["Elis"] == "adult"
    (ward,) = home(cast.aino, days=until - 1).others
    assert ward.ward
    assert not home(cast.aino, days=until).others[0].ward


def test_an_adult_or_somebody_unborn_is_no_child(cast):
    for day in (TODAY.replace(year=TODAY.year - 18), TODAY + timedelta(days=1)):
        with pytest.raises(actions.AgeError):
            child(cast.aino, born=day)
    assert roles(cast.aino) == {}


def test_a_guardian_names_another_adult_of_the_household(cast):
    settle(cast)
    elis = child(cast.aino)
    with pytest.raises(actions.NobodyError):
        do(actions.name_guardian, cast.bjorn, minor_id=elis, guardian_id=cast.aino)
    for _ in range(2):
        do(actions.name_guardian, cast.aino, minor_id=elis, guardian_id=cast.bjorn)
    assert queries.wards(cast.bjorn, today=TODAY) == {elis}
    assert Entry.objects.filter(action="households.name_guardian").count() == 1


def test_after_a_separation_a_guardian_takes_the_child_into_their_own_household(cast):
    settle(cast)
    elis = child(cast.aino)
    do(actions.name_guardian, cast.aino, minor_id=elis, guardian_id=cast.bjorn)
    do(actions.leave, cast.bjorn, days=1)
    assert queries.wards_elsewhere(cast.bjorn, today=TODAY + timedelta(days=1)) == [(elis, "Elis")]
    with pytest.raises(actions.NobodyError):
        do(actions.take_along, cast.chen, days=1, minor_id=elis)
    do(actions.take_along, cast.bjorn, days=1, minor_id=elis)
    assert roles(cast.bjorn, days=1) == {"Björn": "main", "Elis": "minor"}
    assert roles(cast.aino, days=1) == {"Aino": "main"}
    assert roles(cast.aino) == {"Aino": "main", "Björn": "adult", "Elis": "minor"}


def test_a_minor_has_a_sign_in_from_the_age_that_the_network_file_says(cast):
    elis = child(cast.aino, born=TODAY.replace(year=TODAY.year - 15) + timedelta(days=1))
    code = {"person_id": elis, "channel": CodeChannel.SERVICE_POINT, "by": OPERATOR}
    with pytest.raises(members.TooYoungError), opened():
        members.issue_code(**code, now=NOW)
    with opened():
        assert members.issue_code(**code, now=NOW + timedelta(days=1))


def test_a_minor_forbids_and_does_not_allow(cast):
    born(cast.chen, TODAY.replace(year=TODAY.year - 16))

    def state(value, days=0):
        with opened():
            return choices.state(
                person_id=cast.chen,
                topic=Topic.EMAIL,
                value=value,
                channel=Channel.WEB,
                shown=texts.shown(Topic.EMAIL, value, "en"),
                by=MINE,
                now=NOW + timedelta(days=days),
            )

    with pytest.raises(choices.MinorError):
        state(1)
    assert not state(0).pending
    assert not state(1, days=2 * 366).pending


# going


def test_whoever_leaves_is_gone_from_that_day_and_was_there_until_then(cast):
    settle(cast)
    do(actions.leave, cast.bjorn, days=5)
    assert roles(cast.aino, days=4) == TOGETHER
    assert roles(cast.aino, days=5) == {"Aino": "main"}
    assert roles(cast.bjorn, days=5) == {}
    with pytest.raises(actions.NobodyError):
        do(actions.leave, cast.bjorn, days=5)


def test_the_main_member_of_others_and_a_minor_do_not_leave(cast):
    settle(cast)
    elis = child(cast.aino)
    with pytest.raises(actions.NotFreeError):
        do(actions.leave, cast.aino)
    with pytest.raises(actions.AgeError):
        do(actions.leave, elis)


def test_the_main_member_ends_another_place_and_nobody_else_does(cast):
    settle(cast)
    with pytest.raises(actions.NotMainError):
        do(actions.take_out, cast.bjorn, other_id=cast.aino)
    for other in (cast.chen, 0):
        with pytest.raises(actions.NobodyError):
            do(actions.take_out, cast.aino, other_id=other)
    with pytest.raises(actions.NotFreeError):
        do(actions.take_out, cast.aino, other_id=cast.aino)
    do(actions.take_out, cast.aino, other_id=cast.bjorn)
    assert roles(cast.aino) == {"Aino": "main"}


def test_what_began_on_the_day_it_ends_leaves_no_place_behind(cast):
    code = do(actions.invite, cast.aino)
    join(code, cast.bjorn)
    do(actions.leave, cast.bjorn)
    assert not Place.objects.filter(person_id=cast.bjorn).exists()


# the main member changes


def test_the_main_member_changes_when_the_other_accepts(cast):
    settle(cast)
    with pytest.raises(actions.InvitationOverError):
        do(actions.accept_main, cast.bjorn)
    do(actions.offer_main, cast.aino, other_id=cast.bjorn)
    assert home(cast.bjorn).offered_main
    assert home(cast.aino).offered_main is None
    do(actions.accept_main, cast.bjorn, days=2)
    assert roles(cast.aino, days=2) == {"Aino": "adult", "Björn": "main"}
    assert roles(cast.aino, days=1) == TOGETHER
    assert home(cast.bjorn, days=2).offered_main is None


@pytest.mark.parametrize("end", ["declined", "taken back", "left", "late"])
def test_an_offer_to_be_the_main_member_ends(cast, end):
    settle(cast)
    do(actions.offer_main, cast.aino, other_id=cast.bjorn)
    if end == "left":
        do(actions.leave, cast.bjorn)
    if end in {"declined", "taken back"}:
        whose = cast.bjorn if end == "declined" else cast.aino
        do(actions.withdraw, whose, invitation_id=home(cast.bjorn).offered_main)
    with pytest.raises(actions.InvitationOverError):
        do(actions.accept_main, cast.bjorn, days=14 if end == "late" else 0)


def test_a_minor_is_not_offered_to_be_the_main_member(cast):
    elis = child(cast.aino)
    with pytest.raises(actions.AgeError):
        do(actions.offer_main, cast.aino, other_id=elis)


def test_after_a_death_the_household_gets_another_main_member(cast):
    settle(cast)
    elis = child(cast.aino)
    yesterday = TODAY - timedelta(days=1)
    with pytest.raises(actions.NotFreeError):
        do(actions.name_main, cast.bjorn)
    with opened():
        actions.note_death(person_id=cast.aino, day=yesterday, by=OPERATOR, now=NOW)
    assert roles(cast.bjorn) == {"Björn": "adult", "Elis": "minor"}
    assert roles(cast.bjorn, days=-1)["Aino"] == "main"
    assert queries.wards(cast.aino, today=TODAY) == set()
    with pytest.raises(actions.AgeError):
        do(actions.name_main, elis)
    do(actions.name_main, cast.bjorn)
    assert roles(cast.bjorn) == {"Björn": "main", "Elis": "minor"}
    with pytest.raises(actions.AgeError), opened():
        actions.note_death(person_id=cast.bjorn, day=TODAY + timedelta(days=1), by=OPERATOR, now=NOW)


# what the database holds under any SQL


@pytest.mark.parametrize(
    ("role", "person", "start", "constraint"),
    [
        ("adult", "bjorn", TODAY, "one_household"),
        ("main", "chen", TODAY, "one_main"),
        ("minor", "chen", TODAY, "minor_ends"),
        ("guest", "chen", TODAY, "place_role"),
        ("adult", "chen", None, "place_period"),
    ],
)
def test_no_statement_breaks_a_household(cast, role, person, start, constraint):
    household = settle(cast)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO households_place (household_id, person_id, role, period) VALUES (%s, %s, %s, daterange(%s, NULL))",
            [household, getattr(cast, person), role, start],
        )


def test_a_batch_with_two_main_members_is_refused_whole(cast):
    homes = [
        NewHome([NewPlace(cast.chen, Role.MAIN, SINCE)]),
        NewHome([NewPlace(cast.aino, Role.MAIN, SINCE), NewPlace(cast.bjorn, Role.MAIN, SINCE)]),
    ]
    with pytest.raises(IntegrityError), opened():
        actions.register(homes=homes, by=OPERATOR, now=NOW)
    assert roles(cast.chen) == {}


def test_a_forgotten_invitation_is_gone_ninety_days_after_its_time(cast):
    do(actions.invite, cast.aino)
    for days, gone in ((103, 0), (105, 1)):
        with opened():
            assert actions.forget_invitations(now=NOW + timedelta(days=days)) == gone


def test_every_change_leaves_an_entry_about_who_it_concerns_without_values(cast):
    code = do(actions.invite, cast.aino)
    join(code, cast.bjorn)
    elis = child(cast.aino, name="Unmistakable")
    found = Entry.objects.filter(action__startswith="households.")
    assert set(found.values_list("action", flat=True)) == {
        "households.invite",
        "households.join",
        "households.add_minor",
    }
    assert found.get(action="households.add_minor").subject == people.audit_id(elis)
    assert not any("Unmistakable" in str(value) for row in Entry.objects.values() for value in row.values())


# rules


days = st.dates(date(1990, 1, 1), date(2030, 12, 31))


@given(days, days)
def test_a_minors_places_meet_on_the_birthday(birth_date, start):
    if not is_minor(birth_date, start):
        with pytest.raises(ValueError, match="18"):
            periods_of(Role.MINOR, start, birth_date)
        return
    (minor, first), (adult, then) = periods_of(Role.MINOR, start, birth_date)
    assert (minor, adult, then.end) == (Role.MINOR, Role.ADULT, None)
    assert first.start == start
    assert first.end == then.start == comes_of_age(birth_date)


@given(days, st.integers(0, 30))
def test_a_birthday_is_the_same_day_of_another_year_or_the_day_after_a_missing_one(birth_date, age):
    day = birthday(birth_date, age)
    assert day.year == birth_date.year + age
    assert (day.month, day.day) in {(birth_date.month, birth_date.day), (3, 1)}


periods = st.builds(
    lambda start, length: Period(start, start + timedelta(length) if length else None), days, st.integers(0, 900)
)


@given(periods, periods, days)
def test_a_day_is_common_when_it_is_in_both(one, other, day):
    both = common(one, other)
    assert (both is not None and day in both) == (day in one and day in other)


def test_whoever_is_no_main_member_may_go():
    assert may_go(Role.ADULT, [(Role.MAIN, False)])
    assert may_go(Role.MAIN, [(Role.MINOR, True)])
    assert not may_go(Role.MAIN, [(Role.MINOR, False)])
    assert not may_go(Role.MAIN, [(Role.ADULT, False)])
