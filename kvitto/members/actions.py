"""Writes of the customer register."""

from collections.abc import Sequence
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.members.models import Card, Person
from kvitto.members.types import NewPerson


def register(*, people: Sequence[NewPerson], by: Actor, now: datetime) -> list[int]:
    """Take people and their cards into the register; their ids in the same order.

    A card that is somebody else's at the same instant breaks the table's exclusion constraint (IntegrityError), and with
    it the whole batch.
    """
    require_transaction()
    rows = Person.objects.bulk_create(
        [
            Person(
                given_name=person.given_name,
                family_name=person.family_name,
                language=person.language,
                account_id=person.account_id,
                registered_at=now,
            )
            for person in people
        ]
    )
    Card.objects.bulk_create(
        [
            Card(number=number, person=row, period=DateTimeTZRange(person.since, None))
            for person, row in zip(people, rows, strict=True)
            for number in person.cards
        ]
    )
    audit.record(by=by, action="members.register", now=now, count=len(rows))
    return [int(row.pk) for row in rows]
