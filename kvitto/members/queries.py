"""Reads of the customer register. `holders` is the one place where a receipt's card meets a person."""

from collections.abc import Collection
from uuid import UUID

from kvitto.kernel.db import batch_cursor
from kvitto.members.models import Person
from kvitto.members.types import CardHolding


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


def count() -> int:
    """How many people are registered."""
    return Person.objects.count()
