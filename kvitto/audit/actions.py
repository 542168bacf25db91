"""The one place where acts are written down."""

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateRange

from kvitto.audit.models import Entry
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import WEB, batch_cursor, require_transaction, statement
from kvitto.kernel.periods import Period

_INSERT = """
    INSERT INTO audit_entry (at, actor_kind, actor_id, action, purpose, subject, period, count, "case", digest)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def refused(*, by: Actor, act: str, why: str, now: datetime) -> None:
    """Write down that something was refused; an outermost transaction of its own, after the refused one was rolled back.

    `act`: of the policy; `why`: the denial's code, or the error's name. Never what was asked for.
    """
    record(by=by, action="access.refused", now=now, purpose=why, case=act, alone=True)


def record_each(*, by: Actor, action: str, now: datetime, purposes: Mapping[UUID, str]) -> None:
    """Write one act of many about many people in the caller's transaction: an entry for each, with what it was for them."""
    require_transaction()
    who = {"at": now, "actor_kind": by.kind, "actor_id": by.id, "action": action, "count": 1}
    Entry.objects.bulk_create(
        [Entry(subject=subject, purpose=purpose, case="", digest=b"", **who) for subject, purpose in purposes.items()]
    )


def record(  # noqa: PLR0913  an entry's fields
    *,
    by: Actor,
    action: str,
    now: datetime,
    purpose: str = "",
    subject: UUID | None = None,
    period: Period | None = None,
    count: int = 0,
    case: str = "",
    digest: bytes = b"",
    using: str = WEB,
    alone: bool = False,
) -> None:
    """Write one act in the caller's transaction, so that act and entry commit together.

    `alone`: in an outermost transaction of its own, for an act of which nothing else is written: it is durable on return.
    """
    if not alone:
        require_transaction(using)
    # Planning what the walls ask about this one row takes longer than all else: prepared, it is done once a connection.
    # Read back with its number it would have to pass the walls for reading, too, which takes as long as all else.
    with statement(using) if alone else nullcontext(), batch_cursor(using) as cursor:
        cursor.execute(
            _INSERT,
            [
                now,
                by.kind.value,
                by.id,
                action,
                purpose,
                subject,
                DateRange(period.start, period.end) if period else None,
                count,
                case,
                digest,
            ],
            prepare=True,
        )


def last_number(*, using: str = WEB) -> int:
    """The number of the entry that the caller's transaction has written last."""
    require_transaction(using)
    with batch_cursor(using) as cursor:
        [(number,)] = cursor.execute("SELECT currval('audit_entry_id_seq')")
        return int(number)
