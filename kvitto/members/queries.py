"""Reads of the customer register. `holders` is the one place where a receipt's card meets a person."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from kvitto.kernel import identity
from kvitto.kernel.db import batch_cursor
from kvitto.members.codes import digest
from kvitto.members.models import Card, Code, Person
from kvitto.members.types import CardHolding, CardState, HeldCard, OpenCode, PersonDetails


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


def audit_id(person_id: int) -> UUID:
    """The random id that names the person in traces."""
    return Person.objects.values_list("audit_id", flat=True).get(pk=person_id)


def person_of_account(account_id: int) -> int | None:
    """Whose account it is; None when it belongs to nobody in the customer register."""
    return Person.objects.filter(account_id=account_id).values_list("pk", flat=True).first()


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
    return PersonDetails(
        *Person.objects.values_list("given_name", "family_name", "language", "registered_at").get(pk=person_id)
    )
