"""The customer register: a card is one person's at any instant, and leads a receipt to whoever held it then."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from kvitto.accounts import actions as accounts
from kvitto.accounts.types import Kind
from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import actions, queries
from kvitto.members.models import Card, Person
from kvitto.members.types import NewPerson
from kvitto.purchases import queries as purchases
from tests.cast import AINO_CARD, BJORN_CARD, CHEN_CARD, NOW, receipt, take

NEW_CARD = "9246000000000999"
HANDED_OVER = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def register(*cards, since=NOW, **fields):
    person = NewPerson("Elsa", "Ek", "sv", cards, since, **fields)
    with opened():
        return actions.register(people=[person], by=OPERATOR, now=NOW)[0]


def end_card(number, at):
    """What a lost or replaced card's end will be an action for."""
    card = Card.objects.get(number=number)
    card.period = DateTimeTZRange(card.period.lower, at)
    card.save(update_fields=["period"])


def buyers(*instants):
    """Who a receipt that ends at each instant is led to when Aino's card was used."""
    for number, instant in enumerate(instants):
        day = instant.astimezone(UTC).date()
        take(receipt(sequence=number, end_time=instant.isoformat(), business_day=f"{day}"))
    return [
        sorted(head.end_time for head in purchases.receipts_of(person_id, 9))
        for person_id in Person.objects.order_by("pk").values_list("pk", flat=True)
    ]


def test_people_get_ids_in_the_order_they_came(cast):
    assert [Person.objects.get(pk=person).given_name for person in (cast.aino, cast.bjorn, cast.chen)] == [
        "Aino",
        "Björn",
        "Chen",
    ]
    assert queries.count() == 3


def test_registering_is_recorded_without_names(cast):
    (entry,) = Entry.objects.filter(action="members.register")

    assert (entry.count, entry.actor_kind, entry.subject) == (3, "operator", None)


def test_registering_needs_the_transaction_of_a_whole_act(committed):
    with pytest.raises(transaction.TransactionManagementError):
        actions.register(people=[], by=OPERATOR, now=NOW)


@pytest.mark.parametrize("since", [NOW - timedelta(days=2000), NOW - timedelta(days=900), NOW + timedelta(days=1)])
def test_two_people_never_hold_one_card_at_one_instant(cast, since):
    with pytest.raises(IntegrityError, match="members_card_one_holder"):
        register(AINO_CARD, since=since)

    assert queries.count() == 3, "the whole batch is refused"


def test_numbers_that_differ_in_leading_zeros_are_different_cards(cast):
    assert len({register("00001234"), register("000001234"), register("1234".zfill(19))}) == 3


@pytest.mark.parametrize("number", ["1234567", "1" * 20, "12345678a", "", "1234 5678"])
def test_a_card_number_is_8_to_19_digits(cast, number):
    with pytest.raises((IntegrityError, DataError), match=r"members_card_number|too long"):
        register(number)


def test_a_card_can_pass_on(cast):
    end_card(AINO_CARD, HANDED_OVER)
    elsa = register(AINO_CARD, since=HANDED_OVER)

    held = queries.holders({AINO_CARD})[AINO_CARD]

    assert sorted((each.person_id, each.end) for each in held) == [(cast.aino, HANDED_OVER), (elsa, None)]


def test_a_receipt_is_led_to_who_held_the_card_at_its_instant(cast):
    """The instant of handing over belongs to the new holder."""
    end_card(AINO_CARD, HANDED_OVER)
    register(AINO_CARD, since=HANDED_OVER)

    of_aino, of_bjorn, of_chen, of_elsa = buyers(HANDED_OVER - INSTANT, HANDED_OVER, HANDED_OVER + INSTANT)

    assert of_aino == [HANDED_OVER - INSTANT]
    assert of_elsa == [HANDED_OVER, HANDED_OVER + INSTANT]
    assert of_bjorn == of_chen == []


def test_between_two_holders_a_card_is_nobodys(cast):
    end_card(AINO_CARD, HANDED_OVER)
    register(AINO_CARD, since=HANDED_OVER + timedelta(hours=2))

    assert buyers(HANDED_OVER, HANDED_OVER + timedelta(hours=1)) == [[], [], [], []]


def test_before_its_first_holder_a_card_is_nobodys(cast):
    since = NOW - timedelta(days=5)
    register(NEW_CARD, since=since)

    take(receipt(card=NEW_CARD, end_time=(since - INSTANT).isoformat(), business_day=f"{since.date()}"))

    assert purchases.register_counts().product == 0


def test_holders_are_found_in_a_batch_and_the_unknown_are_absent(cast):
    found = queries.holders({AINO_CARD, BJORN_CARD, NEW_CARD})

    assert {number: [each.person_id for each in held] for number, held in found.items()} == {
        AINO_CARD: [cast.aino],
        BJORN_CARD: [cast.bjorn],
    }
    assert queries.holders(set()) == {}


def test_everybody_has_an_audit_id_of_their_own(cast):
    assert len({queries.audit_id(person) for person in (cast.aino, cast.bjorn, cast.chen)}) == 3


def test_an_account_leads_to_its_person_only(cast):
    with opened():
        mine, nobodys = (
            accounts.create_account(username=name, password="sju sjösjuka", kind=Kind.MEMBER, by=OPERATOR, now=NOW)
            for name in ("elsa", "nobody")
        )
    elsa = register("12345678", account_id=mine)

    assert queries.person_of_account(mine) == elsa
    assert queries.person_of_account(nobodys) is None


def test_an_account_signs_in_for_one_person(cast):
    with opened():
        account = accounts.create_account(
            username="elsa", password="sju sjösjuka", kind=Kind.MEMBER, by=OPERATOR, now=NOW
        )
    register("12345678", account_id=account)

    with pytest.raises(IntegrityError, match="account_id"):
        register("12345679", account_id=account)


def test_nothing_cascades(committed_cast):
    """Whoever deletes a person has to say first what becomes of the cards, keys and receipts."""
    take(receipt(card=CHEN_CARD))

    for rows in (Person.objects.filter(pk=committed_cast.chen), Person.objects.all()):
        with pytest.raises(IntegrityError, match="foreign key"):
            rows._raw_delete("default")
    assert queries.count() == 3


@pytest.mark.parametrize("state", ["lost", "replaced"])
def test_a_card_that_is_lost_or_replaced_has_an_end(cast, state):
    """Its receipts lead to its holder up to that instant and no further."""
    with pytest.raises(IntegrityError, match="members_card_ended"), transaction.atomic():
        Card.objects.filter(person_id=cast.aino).update(state=state)
