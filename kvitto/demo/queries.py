"""Reads of the demo."""

from django.db import connection

from kvitto.demo.models import Load
from kvitto.demo.types import Loaded, ReadyColleague, ReadyMember
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind

_READY = """
SELECT a.username, a.id, p.given_name, p.language,
    (SELECT count(*) FROM purchases_receipt r WHERE r.person_id = p.id)
FROM demo_load l
    JOIN accounts_account a ON a.id = ANY(l.account_ids) AND a.is_active AND a.kind = 'member'
    JOIN members_person p ON p.account_id = a.id
"""


_STAFF = """
SELECT a.username, a.id, s.name
FROM demo_load l
    JOIN accounts_account a ON a.id = ANY(l.account_ids) AND a.is_active AND a.kind = 'staff'
    JOIN staff_person s ON s.account_id = a.id
"""


def loaded() -> Loaded | None:
    """What was loaded and when; None on an installation without the demo."""
    row = Load.objects.first()
    return Loaded(row.shift_days, row.source, row.loaded_at, row.finished_at) if row else None


def ready_members() -> dict[str, ReadyMember]:
    """The people with an account that the demo made, by user name; nobody on an installation without the demo."""
    with identity.acting(ActorKind.SYSTEM), connection.cursor() as cursor:  # a visitor asks, about invented people only
        cursor.execute(_READY)
        return {row[0]: ReadyMember(*row) for row in cursor.fetchall()}


def ready_staff() -> dict[str, ReadyColleague]:
    """The people who work at the demo's co-op, by user name."""
    with identity.acting(ActorKind.SYSTEM), connection.cursor() as cursor:  # as above
        cursor.execute(_STAFF)
        return {row[0]: ReadyColleague(*row) for row in cursor.fetchall()}
