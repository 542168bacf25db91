"""Writes about somebody who is registered: details, contacts, home co-op, cards.

The entry of each names the fields that changed, never what they were or are.
"""

from collections.abc import Mapping
from datetime import date, datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.timezone import localdate

from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import batch_cursor, require_transaction
from kvitto.kernel.errors import ConflictError, InvalidError, NotFoundError
from kvitto.members.models import Card, Contact, Membership, Person
from kvitto.members.rules import read_contact
from kvitto.members.types import Address, CardState, ContactKind
from kvitto.stores.models import Company
from kvitto.stores.types import CompanyKind

HOME_LATER = "a home co-op begins on that day or later already: choose a later day"
_LEFT = "unnest(%(people)s::int8[], %(days)s::date[]) AS gone (person_id, day)"
_LATER_HOMES = f"""
    DELETE FROM members_membership m USING {_LEFT}
    WHERE m.person_id = gone.person_id AND lower(period) >= day RETURNING m.person_id
"""  # noqa: S608  our own words
_HOMES = f"""
    UPDATE members_membership m SET period = daterange(lower(period), day) FROM {_LEFT}
    WHERE m.person_id = gone.person_id AND period @> day RETURNING m.person_id
"""  # noqa: S608  as above
_CARDS = """
    UPDATE members_card SET period = tstzrange(lower(period), %(now)s)
    WHERE person_id = ANY(%(people)s) AND period @> %(now)s::timestamptz RETURNING person_id
"""
_ENDINGS = (
    _LATER_HOMES,
    _HOMES,
    "DELETE FROM members_card WHERE person_id = ANY(%(people)s) AND lower(period) >= %(now)s RETURNING person_id",
    _CARDS,
)


class ContactError(InvalidError):
    """It cannot be an e-mail address, or a phone number."""


class ContactChangedError(ConflictError):
    """The contact is another by now, or gone: what was shown to be theirs is not what the register has."""


class HomeError(ConflictError):
    """The home co-op cannot begin on that day."""


class NoCoopError(NotFoundError):
    """No regional co-op has this code."""


class CardError(ConflictError):
    """The card is nobody's now, or the new number is somebody's."""


def change_details(
    *,
    person_id: int,
    given_name: str | None = None,
    family_name: str | None = None,
    language: str | None = None,
    birth_date: date | None = None,
    address: Address | None = None,
    by: Actor,
    now: datetime,
) -> tuple[str, ...]:
    """Change what is given, and leave the rest; the names of what is other than before, the address as one."""
    person = _locked(person_id)
    wanted = {"given_name": given_name, "family_name": family_name, "language": language, "birth_date": birth_date}
    changed = [name for name, value in wanted.items() if value is not None and value != getattr(person, name)]
    for name in changed:
        setattr(person, name, wanted[name])
    if address is not None and address != Address(person.street, person.postal_code, person.town, person.country):
        person.street, person.postal_code = address.street, address.postal_code
        person.town, person.country = address.town, address.country
        changed.append("address")
    if changed:
        person.save()
        _note(person, "members.change_details", " ".join(changed), by=by, now=now)
    return tuple(changed)


def set_contact(*, person_id: int, kind: ContactKind, value: str | None, by: Actor, now: datetime) -> bool:
    """Set the way to reach a person, not yet verified; None takes it away. Whether anything changed: the same one stays as it is.

    Raises ContactError.
    """
    person = _locked(person_id)
    wanted = read_contact(kind, value) if value is not None else None
    if value is not None and wanted is None:
        form = "an address like name@example.org" if kind is ContactKind.EMAIL else "a number like +358 40 1234567"
        raise ContactError(f"{kind}: {form} is expected; nothing was changed")
    held = Contact.objects.filter(person=person, kind=kind)
    if held.values_list("value", flat=True).first() == wanted:
        return False
    if wanted is None:
        held.delete()
    else:
        Contact.objects.update_or_create(person=person, kind=kind, defaults={"value": wanted, "verified_at": None})
    _note(person, "members.set_contact", kind, by=by, now=now)
    return True


def verify_contact(*, person_id: int, kind: ContactKind, value: str, by: Actor, now: datetime) -> None:
    """Note that a contact was shown to be the person's: the one that was shown, no later one. Raises ContactChangedError."""
    person = _locked(person_id)
    if not Contact.objects.filter(person=person, kind=kind, value=value).update(verified_at=now):
        raise ContactChangedError(f"{kind}: the register has another by now; show that one to be the person's")
    _note(person, "members.verify_contact", kind, by=by, now=now)


def move_home(*, person_id: int, company: str, day: date, by: Actor, now: datetime) -> bool:
    """Make the co-op of that code a person's home from a day on; whether that is other than before.

    Raises NoCoopError, and HomeError when a home begins on the day or later already.
    """
    person = _locked(person_id)
    company_id = Company.objects.filter(code=company, kind=CompanyKind.COOP).values_list("pk", flat=True).first()
    if company_id is None:
        raise NoCoopError("no regional co-op has this code: kvitto network load takes co-ops in")
    if Membership.objects.filter(
        person=person, company_id=company_id, period__contains=day, period__upper_inf=True
    ).exists():
        return False
    if move_homes({person_id: (company_id, day)}):
        raise HomeError(HOME_LATER)
    _note(person, "members.move_home", "home", by=by, now=now)
    return True


def end_membership(*, person_id: int, by: Actor, now: datetime) -> bool:
    """End a person's home co-op today, and their cards now; whether there was anything to end.

    What would have begun later does not begin.
    """
    person = _locked(person_id)
    ended = end_memberships({person_id: localdate(now)}, now=now)
    if ended:
        _note(person, "members.end_membership", "home cards", by=by, now=now)
    return bool(ended)


def move_homes(moves: Mapping[int, tuple[int, date]]) -> set[int]:
    """Inside this room only: by person id, the id of a co-op that is their home from a day on; who cannot move on that day.

    Those have a home that begins on the day or later already.
    """
    people, days = list(moves), [day for _, day in moves.values()]
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT person_id FROM members_membership JOIN unnest(%s::int8[], %s::date[]) AS move (person_id, day)"
            " USING (person_id) WHERE lower(period) >= day",
            [people, days],
        )
        bound = {person_id for (person_id,) in cursor}
        free = {person_id: move for person_id, move in moves.items() if person_id not in bound}
        people, days = list(free), [day for _, day in free.values()]
        cursor.execute(
            "UPDATE members_membership m SET period = daterange(lower(period), day)"
            " FROM unnest(%s::int8[], %s::date[]) AS move (person_id, day)"
            " WHERE m.person_id = move.person_id AND period @> day",
            [people, days],
        )
        cursor.execute(
            "INSERT INTO members_membership (person_id, company_id, period)"
            " SELECT person_id, company_id, daterange(day, NULL)"
            " FROM unnest(%s::int8[], %s::int8[], %s::date[]) AS move (person_id, company_id, day)",
            [people, [company_id for company_id, _ in free.values()], days],
        )
    return bound


def end_memberships(days: Mapping[int, date], *, now: datetime) -> set[int]:
    """Inside this room only: by person id, from which day on somebody is no member; their cards end now. Who was one."""
    given = {"people": list(days), "days": list(days.values()), "now": now}
    ended: set[int] = set()
    with batch_cursor() as cursor:
        for statement in _ENDINGS:
            ended |= {person_id for (person_id,) in cursor.execute(statement, given)}
    return ended


def card_lost(*, number: str, by: Actor, now: datetime) -> None:
    """End a card that was lost: what is bought with it from now on is nobody's. Raises CardError."""
    card = _held(number, now)
    person = _locked(card.person_id)
    _end(card, CardState.LOST, now)
    _note(person, "members.card_lost", "card", by=by, now=now)


def replace_card(*, number: str, new: str, by: Actor, now: datetime) -> None:
    """End a card, and begin another number at the same instant, for the same person. Raises CardError."""
    card = _held(number, now)
    person = _locked(card.person_id)
    if Card.objects.filter(number=new, period__overlap=DateTimeTZRange(now, None)).exists():
        raise CardError("the new number is a card of somebody's already: take another card")
    _end(card, CardState.REPLACED, now)
    Card.objects.create(number=new, person=person, period=DateTimeTZRange(now, None))
    _note(person, "members.replace_card", "card", by=by, now=now)


def _locked(person_id: int) -> Person:
    """The person, one change at a time. Raises NotFoundError."""
    require_transaction()
    person = Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise NotFoundError("nobody in the register has this id")
    return person


def _held(number: str, now: datetime) -> Card:
    require_transaction()
    card = Card.objects.filter(number=number, period__contains=now, period__startswith__lt=now).first()
    if card is None:
        raise CardError("nobody holds a card of this number now: check the number")
    return card


def _end(card: Card, state: CardState, now: datetime) -> None:
    card.period, card.state = DateTimeTZRange(card.period.lower, now), state
    card.save(update_fields=["period", "state"])


def _note(person: Person, action: str, fields: str, *, by: Actor, now: datetime) -> None:
    audit.record(by=by, action=action, now=now, purpose=fields, subject=person.audit_id, count=1)
