"""Writes of the archive: receipts are kept, lose something with the register, and go with the choice.

Pages may read their owner's archived receipts and keys, and change neither; so what takes away asks as the system, for the one
person it is called for.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection

from kvitto.archive.models import Receipt
from kvitto.archive.sealing import Whole, level_of, recorded, sealed, spanned, to_open
from kvitto.archive.types import ToArchive
from kvitto.audit import actions as audit
from kvitto.choices import queries as choices
from kvitto.choices.types import Topic
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import batch_cursor, require_transaction
from kvitto.kernel.errors import NotFoundError
from kvitto.kernel.periods import quarter_of
from kvitto.members import queries as members
from kvitto.purchases.rewriting import Less
from kvitto.purchases.types import Recorded
from kvitto.stores import queries as stores
from kvitto.vault import actions as vault
from kvitto.vault.types import Compartment

PURPOSE = "removal"  # what the audit entries say the receipts were opened for
_ARRAYS = (
    "unnest(%s::date[], %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::bytea[])"
    " AS s (business_day, receipt_id, person_id, store_id, level, sealed)"
)
_INSERT = (
    "INSERT INTO archive_receipt (business_day, receipt_id, person_id, store_id, level, sealed)"
    f" SELECT * FROM {_ARRAYS} ON CONFLICT DO NOTHING"
)
_REPLACE = (
    f"UPDATE archive_receipt a SET person_id = s.person_id, level = s.level, sealed = s.sealed FROM {_ARRAYS}"
    " WHERE a.business_day = s.business_day AND a.receipt_id = s.receipt_id"
)


class NotArchivedError(NotFoundError):
    """There is no such receipt in the person's archive: the answer is the same, whatever exists."""


def keep(*, new: Sequence[ToArchive], corrected: Sequence[ToArchive]) -> None:
    """Archive receipts that have just been stored, of those whose archive is turned on; in the transaction that stores them.

    The choice is asked once more, behind the lock that storing has taken: who turns the archive off waits for that lock, and
    then finds everything. Of corrected receipts, those that are still in it take their new content.
    """
    require_transaction()
    people = {each.person_id for each in (*new, *corrected)}
    if not people:
        return
    on = choices.allowing(people, Topic.RECEIPT_ARCHIVE, profile=stores.profile())
    for statement, receipts in ((_INSERT, new), (_REPLACE, corrected)):
        kept = [each for each in receipts if each.person_id in on]
        if kept:
            _write(statement, kept)


def end(*, person_id: int, by: Actor, now: datetime) -> int:
    """Empty a person's archive and destroy its keys, since it was turned off; how many receipts went.

    With the caller's transaction nothing of it opens any more, wherever a copy is.
    """
    require_transaction()
    subject = members.audit_id(person_id)
    with identity.acting(ActorKind.SYSTEM):
        vault.stop_sealing()
        gone = int(Receipt.objects.filter(person_id=person_id).delete()[0])
        vault.destroy_compartment(person_id=person_id, compartment=Compartment.ARCHIVE, by=by, subject=subject, now=now)
    return gone


def remove(*, person_id: int, day: date, receipt_id: int, by: Actor, now: datetime) -> None:
    """Take one receipt out of its owner's archive, for good. Raises NotArchivedError."""

    def less(receipts: list[Recorded]) -> list[Recorded]:
        return [each._replace(content=None) if each[:2] == (day, receipt_id) else each for each in receipts]

    if not rewrite(person_id=person_id, less=less, by=by, now=now):
        raise NotArchivedError("no such receipt in the archive: it was taken out, or its two years are over")


def rewrite(*, person_id: int, less: Less, by: Actor, now: datetime) -> int:
    """Put less in the place of what is archived of one person; how many receipts changed. As `purchases.rewriting.rewrite`.

    A receipt that `less` leaves without any content goes.
    """
    require_transaction()
    subject = members.audit_id(person_id)
    with identity.acting(ActorKind.SYSTEM):
        vault.stop_sealing()
        rows = list(Receipt.objects.filter(person_id=person_id).order_by("business_day", "receipt_id"))
        if not rows:
            return 0
        plain = vault.open_to_replace(
            items=to_open(rows), by=by, purpose=PURPOSE, subject=subject, period=spanned(rows), now=now
        )
        before = recorded(rows, plain)
        after = less(before)
        changed = [new for old, new in zip(before, after, strict=True) if new.content != old.content]
        quarters = {quarter_of(each.business_day) for each in changed}
        if not changed:
            return 0
        vault.replace_keys(
            person_id=person_id, compartment=Compartment.ARCHIVE, quarters=quarters, by=by, subject=subject, now=now
        )
        for each in changed:
            if each.content is None:
                Receipt.objects.filter(pk=(each.business_day, each.receipt_id)).delete()
        kept = [
            ToArchive(person_id, each.business_day, each.receipt_id, each.store_id, each.content)
            for each in after
            if each.content is not None and quarter_of(each.business_day) in quarters
        ]
        if kept:
            _write(_REPLACE, kept)
    return len(changed)


def purge_before(*, day: date, by: Actor, now: datetime) -> int:
    """Delete what is archived of business days before `day`; how many. Its keys go with the vault's quarters."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM archive_receipt WHERE business_day < %s", [day])
        deleted = int(cursor.rowcount)
    if deleted:
        audit.record(by=by, action="archive.purge", now=now, purpose="retention", count=deleted)
    return deleted


def _write(statement: str, receipts: Sequence[ToArchive]) -> None:
    blobs = sealed(Whole(each.person_id, each.business_day, each.receipt_id, each.content) for each in receipts)
    with batch_cursor() as cursor:
        cursor.execute(
            statement,
            [
                [each.business_day for each in receipts],
                [each.receipt_id for each in receipts],
                [each.person_id for each in receipts],
                [each.store_id for each in receipts],
                [int(level_of(each.content)) for each in receipts],
                blobs,
            ],
        )
