"""What changes about somebody in the register, and that the record of acts learns which fields, never what they say."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import given
from hypothesis import strategies as st

from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import actions, changes, queries
from kvitto.members.models import Card, Contact, Membership, Person
from kvitto.members.rules import read_contact
from kvitto.members.types import Address, ContactKind, NewPerson
from kvitto.stores.models import Company
from tests.cast import AINO_CARD, CHEN_CARD, NOW, TODAY

NEW_CARD = "9246000000000991"
DAY = timedelta(days=1)
EMAIL, PHONE = ContactKind.EMAIL, ContactKind.PHONE
HOME = Address("Exempelgatan 1", "90100", "Uleåborg", "FI")


def do(action, *, now=NOW, **what):
    with opened():
        return action(by=OPERATOR, now=now, **what)


def entries(person_id):
    return list(
        Entry.objects.filter(subject=queries.audit_id(person_id)).order_by("pk").values_list("action", "purpose")
    )


@pytest.fixture
def south(cast):
    return Company.objects.create(code="south", name="Southern Co-op", business_id="7654321-1", kind="co-op").pk


def north():
    return Company.objects.get(code="north").pk


def test_a_person_is_registered_with_what_is_known_of_them(cast):
    person = NewPerson("Elsa", "Ek", "sv", (), NOW, number="77", birth_date=date(1980, 2, 29), address=HOME)

    (person_id,) = do(actions.register, people=[person])

    found = queries.details(person_id)
    assert (found.number, found.birth_date, found.address) == ("77", date(1980, 2, 29), HOME)


def test_what_is_given_changes_and_the_rest_stays(cast):
    assert do(changes.change_details, person_id=cast.aino, language="sv", address=HOME) == ("language", "address")
    assert do(changes.change_details, person_id=cast.aino, language="sv", address=HOME) == ()

    found = queries.details(cast.aino)
    assert (found.given_name, found.language, found.address) == ("Aino", "sv", HOME)
    assert entries(cast.aino) == [("members.change_details", "language address")]


def test_all_details_at_once_fit_the_entry(cast):
    everything = {"given_name": "A", "family_name": "B", "language": "en", "birth_date": date(1990, 1, 1)}

    assert len(do(changes.change_details, person_id=cast.aino, address=HOME, **everything)) == 5


def test_a_contact_is_not_verified_until_it_is_and_another_is_not_again(cast):
    do(changes.set_contact, person_id=cast.aino, kind=EMAIL, value="a@example.org")
    do(changes.verify_contact, person_id=cast.aino, kind=EMAIL, value="a@example.org")
    assert queries.contacts_of(cast.aino)[0].verified_at == NOW

    assert not do(changes.set_contact, person_id=cast.aino, kind=EMAIL, value=" a@example.org ")
    assert queries.contacts_of(cast.aino)[0].verified_at == NOW

    assert do(changes.set_contact, person_id=cast.aino, kind=EMAIL, value="b@example.org")
    assert [(each.value, each.verified_at) for each in queries.contacts_of(cast.aino)] == [("b@example.org", None)]
    with opened(), pytest.raises(changes.ContactChangedError):
        changes.verify_contact(person_id=cast.aino, kind=EMAIL, value="a@example.org", by=OPERATOR, now=NOW)

    assert do(changes.set_contact, person_id=cast.aino, kind=EMAIL, value=None)
    assert queries.contacts_of(cast.aino) == []
    assert {purpose for _, purpose in entries(cast.aino)} == {"email"}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (PHONE, "+358 (0)40 1234567", "+358401234567"),
        (PHONE, "+358 40", None),
        (PHONE, "00358 40 123 4567", "+358401234567"),
        (PHONE, "+358-40-1234567", "+358401234567"),
        (PHONE, "040 1234567", None),
        (PHONE, "+٣٥٨٤٠١٢٣٤٥٦٧", None),
        (EMAIL, "aino@example.org", "aino@example.org"),
        (EMAIL, "aino@example", None),
        (EMAIL, "aino.example.org", None),
        (EMAIL, "a b@example.org", None),
    ],
)
def test_contacts_are_read_as_people_write_them(kind, text, value):
    assert read_contact(kind, text) == value


@pytest.mark.django_db
@given(st.sampled_from(ContactKind), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
def test_what_is_read_as_a_contact_the_database_takes(kind, text):
    value = read_contact(kind, text)
    if value:
        with transaction.atomic():
            person = Person.objects.create(given_name="A", family_name="B", language="sv", registered_at=NOW)
            Contact.objects.create(person=person, kind=kind, value=value)
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("kind", "value"), [("email", "+358401234567"), ("phone", "a@example.org"), ("phone", "0401234567"), ("fax", "1")]
)
def test_the_database_takes_no_contact_that_cannot_be_one(cast, kind, value):
    with pytest.raises(IntegrityError, match="members_contact_value"), transaction.atomic():
        Contact.objects.create(person_id=cast.aino, kind=kind, value=value)


def test_home_moves_from_a_day_on(cast, south):
    do(changes.move_home, person_id=cast.aino, company="north", day=TODAY - 9 * DAY)
    assert do(changes.move_home, person_id=cast.aino, company="south", day=TODAY)
    assert not do(changes.move_home, person_id=cast.aino, company="south", day=TODAY + DAY)

    assert queries.home_at(cast.aino, day=TODAY - DAY).company == "north"
    assert queries.home_at(cast.aino, day=TODAY).company == "south"
    assert queries.home_at(cast.aino, day=TODAY - 10 * DAY) is None
    with opened(), pytest.raises(changes.HomeError):
        changes.move_home(person_id=cast.aino, company="north", day=TODAY, by=OPERATOR, now=NOW)
    with opened(), pytest.raises(changes.NoCoopError):
        changes.move_home(person_id=cast.aino, company="nowhere", day=TODAY, by=OPERATOR, now=NOW)


def test_nobody_has_two_homes_on_one_day(cast, south):
    Membership.objects.create(person_id=cast.aino, company_id=north(), period=DateRange(TODAY, None))
    for period in (DateRange(TODAY + DAY, None), DateRange(TODAY - DAY, TODAY + DAY)):
        with pytest.raises(IntegrityError, match="members_membership_one_home"), transaction.atomic():
            Membership.objects.create(person_id=cast.aino, company_id=south, period=period)
    Membership.objects.create(person_id=cast.aino, company_id=south, period=DateRange(TODAY - DAY, TODAY))
    Membership.objects.create(person_id=cast.bjorn, company_id=south, period=DateRange(TODAY, None))


def test_the_end_of_a_membership_ends_its_cards(cast):
    do(changes.move_home, person_id=cast.aino, company="north", day=TODAY - DAY)

    assert do(changes.end_membership, person_id=cast.aino)
    assert not do(changes.end_membership, person_id=cast.aino)

    assert queries.home_at(cast.aino, day=TODAY) is None
    assert queries.holder_at(AINO_CARD, at=NOW) is None
    assert queries.holder_at(AINO_CARD, at=NOW - DAY) == cast.aino
    assert queries.holder_at(CHEN_CARD, at=NOW) == cast.chen


def test_a_lost_card_is_nobodys_from_that_instant(cast):
    do(changes.card_lost, number=AINO_CARD)

    assert queries.holder_at(AINO_CARD, at=NOW) is None
    assert Card.objects.get(number=AINO_CARD).state == "lost"
    with opened(), pytest.raises(changes.CardError):
        changes.card_lost(number=AINO_CARD, by=OPERATOR, now=NOW)


def test_a_new_number_begins_where_the_old_one_ends(cast):
    do(changes.replace_card, number=AINO_CARD, new=NEW_CARD)

    assert queries.holder_at(AINO_CARD, at=NOW) is None
    assert queries.holder_at(NEW_CARD, at=NOW) == cast.aino
    with opened(), pytest.raises(changes.CardError):
        changes.replace_card(number=NEW_CARD, new=CHEN_CARD, by=OPERATOR, now=NOW + DAY)
    assert queries.holder_at(NEW_CARD, at=NOW + DAY) == cast.aino


@pytest.mark.parametrize(
    "wrong",
    ["number = '1 2'", "birth_date = '1870-01-01'", "birth_date = registered_at + interval '2 days'", "country = 'fi'"],
)
def test_the_database_refuses_what_no_person_has(cast, wrong):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE members_person SET {wrong} WHERE id = %s", [cast.aino])


def test_a_number_is_one_persons(cast):
    Person.objects.filter(pk=cast.aino).update(number="7")
    with pytest.raises(IntegrityError, match="members_person_number"), transaction.atomic():
        Person.objects.filter(pk=cast.bjorn).update(number="7")


def test_the_record_of_acts_holds_no_value(cast):
    """Everything is changed once; no word of it is in an entry."""
    do(changes.change_details, person_id=cast.aino, given_name="Zaida", birth_date=date(1981, 3, 4), address=HOME)
    do(changes.set_contact, person_id=cast.aino, kind=PHONE, value="+358401234567")
    do(changes.verify_contact, person_id=cast.aino, kind=PHONE, value="+358401234567")
    do(changes.move_home, person_id=cast.aino, company="north", day=TODAY)
    do(changes.replace_card, number=AINO_CARD, new=NEW_CARD)
    do(changes.card_lost, number=NEW_CARD, now=NOW + DAY)
    do(changes.end_membership, person_id=cast.aino, now=NOW + DAY)

    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text FROM audit_entry e WHERE subject = %s", [queries.audit_id(cast.aino)])
        text = "\n".join(row for (row,) in cursor.fetchall())
    assert text.count("\n") == 6
    values = ("Zaida", "1981", "Exempelgatan", "90100", "Uleåborg", "+358401234567", AINO_CARD, NEW_CARD, "north")
    assert [value for value in values if value in text] == []
