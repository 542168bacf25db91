"""Reads of the customer register. `holders` is the one place where a receipt's card meets a person."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from kvitto.kernel import identity
from kvitto.kernel.db import batch_cursor
from kvitto.members import models
from kvitto.members.codes import digest
from kvitto.members.models import Card, Code, Person
from kvitto.members.types import (
    Address,
    CardHolding,
    CardState,
    Contact,
    ContactKind,
    HeldCard,
    Membership,
    Numbered,
    OpenCode,
    PersonDetails,
)


def holders(numbers: Collection[str]) -> dict[str, list[CardHolding]]:
    """All holdings of the given card numbers, by number; numbers nobody ever held are absent. One query a batch."""
    found: dict[str, list[CardHolding]] = {}
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT number, person_id, lower(period), upper(period) FROM members_card WHERE number = ANY(%s)",
            [list(numbers)],
            binary=True,
        )
        for number, person_id, start, end in cursor.fetchall():
            found.setdefault(number, []).append(CardHolding(person_id, start, end))
    return found


def cards_begun(start: datetime, end: datetime) -> Iterator[tuple[str, CardHolding]]:
    """Every card whose holding began in a span, both ends in, with that holding."""
    rows = Card.objects.filter(period__startswith__range=(start, end)).values_list("number", "person_id", "period")
    for number, person_id, period in rows.iterator():
        yield number, CardHolding(person_id, period.lower, period.upper)


def audit_id(person_id: int) -> UUID:
    """The random id that names the person in traces."""
    return Person.objects.values_list("audit_id", flat=True).get(pk=person_id)


def person_of_account(account_id: int) -> int | None:
    """Whose account it is; None when it belongs to nobody in the customer register."""
    return Person.objects.filter(account_id=account_id).values_list("pk", flat=True).first()


def account_of(person_id: int) -> int | None:
    """The account that signs in for a person; None when there is none."""
    return Person.objects.values_list("account_id", flat=True).get(pk=person_id)


def language_of_account(account_id: int) -> str | None:
    """The language of the person whose account it is; None when it belongs to nobody in the customer register."""
    return Person.objects.filter(account_id=account_id).values_list("language", flat=True).first()


def holder_at(number: str, *, at: datetime) -> int | None:
    """Who holds a card at an instant; None when nobody does."""
    return Card.objects.filter(number=number, period__contains=at).values_list("person_id", flat=True).first()


def find_code(*, card: str, code: str, now: datetime) -> int | None:
    """The id of a card holder's unused code; None when anything is wrong, whatever it is.

    The card as `rules.read_card` gives it, the code as `rules.read_code` does. An unknown card does the same work as a known.
    """
    with identity.presenting(card=card):
        person_id = holder_at(card, at=now) or 0  # nobody has 0
    with identity.presenting(person=person_id):
        fitting = _open(now).filter(digest=digest(person_id, code), person_id=person_id)
        return fitting.values_list("pk", flat=True).first()


def open_code(code_id: int, *, now: datetime) -> OpenCode | None:
    """A code that can still be used; None when it no longer can."""
    with presenting_code(code_id):
        row = _open(now).filter(pk=code_id).values_list("person_id", "person__account__username").first()
    return OpenCode(*row) if row else None


@contextmanager
def presenting_code(code_id: int) -> Iterator[None]:
    """Inside, the database lets a visitor see this code and the person whose it is."""
    with identity.presenting(code=code_id):
        person_id = Code.objects.filter(pk=code_id).values_list("person_id", flat=True).first()
        with identity.presenting(person=person_id or 0):
            yield


def _open(now: datetime) -> QuerySet[Code]:
    # a closed account is not opened again by a code
    unused = Code.objects.filter(used_at=None, expires_at__gt=now)
    return unused.filter(Q(person__account=None) | Q(person__account__is_active=True))


def given_names(person_ids: Collection[int]) -> dict[int, str]:
    """The given names of people, by id. One query."""
    return dict(Person.objects.filter(pk__in=person_ids).values_list("pk", "given_name"))


def birth_date(person_id: int) -> date | None:
    """When somebody was born; None when nobody has said."""
    return Person.objects.values_list("birth_date", flat=True).get(pk=person_id)


def by_numbers(numbers: Collection[str]) -> dict[str, Numbered]:
    """Who has these member numbers, by number; those that nobody has are absent. One query."""
    rows = Person.objects.filter(number__in=numbers).values_list("number", "pk", "birth_date")
    return {str(number): Numbered(person_id, born) for number, person_id, born in rows}


def count() -> int:
    """How many people are registered."""
    return Person.objects.count()


def cards_of(person_id: int, *, now: datetime) -> list[HeldCard]:
    """Every card a person holds or held, the newest first. One query."""
    rows = Card.objects.filter(person_id=person_id).values_list(
        "number", "period", "state", "person__given_name", "person__family_name"
    )
    held = [
        HeldCard(number, f"{given} {family}", period.lower, state == CardState.ACTIVE and now in period)
        for number, period, state, given, family in rows
    ]
    return sorted(held, key=lambda card: (card.since, card.number), reverse=True)


def details(person_id: int) -> PersonDetails:
    """What is known of a person."""
    row = Person.objects.get(pk=person_id)
    return PersonDetails(
        row.given_name,
        row.family_name,
        row.language,
        row.registered_at,
        row.number,
        row.birth_date,
        Address(row.street, row.postal_code, row.town, row.country),
    )


def contacts_of(person_id: int) -> list[Contact]:
    """How a person is reached: an e-mail address, a phone number, both or none."""
    rows = models.Contact.objects.filter(person_id=person_id).order_by("kind")
    return [Contact(ContactKind(row.kind), row.value, row.verified_at) for row in rows]


def homes_of(person_id: int) -> list[Membership]:
    """A person's home co-ops, the newest first."""
    rows = models.Membership.objects.filter(person_id=person_id).values_list("company__code", "company__name", "period")
    homes = [Membership(code, name, period.lower, period.upper) for code, name, period in rows]
    return sorted(homes, key=lambda home: home.start, reverse=True)


def home_at(person_id: int, *, day: date) -> Membership | None:
    """A person's home co-op on a day; None when they have none."""
    return next(
        (home for home in homes_of(person_id) if home.start <= day and (home.end is None or day < home.end)), None
    )
