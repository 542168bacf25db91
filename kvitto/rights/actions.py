"""The one way in which the list of processors changes: loading all of it."""

from datetime import datetime

from django.db import connection

from kvitto.audit.actions import record
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.rights import models, queries
from kvitto.rights.types import Difference, Kind, Processor


def load_processors(*, processors: list[Processor], by: Actor, now: datetime) -> list[Difference]:
    """Make the list say what `processors` says. Returns what changed, and what is as it was.

    Safe to repeat. Loads wait for each other. The act is recorded (count: periods new, changed or withdrawn) even when nothing
    changes. Raises ProcessorsRefusedError when the list is not sound, or would take back what the public was told.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE rights_processor IN EXCLUSIVE MODE")  # readers go on reading
    found = queries.processor_differences(processors, now=now)
    models.Processor.objects.all().delete()
    models.Processor.objects.bulk_create(
        models.Processor(
            name=each.name,
            purpose=dict(each.purpose),
            country=each.country,
            valid_from=each.start,
            valid_to=each.end,
            names=list(each.names),
        )
        for each in processors
    )
    changed = sum(difference.kind is not Kind.UNCHANGED for difference in found)
    record(by=by, action="rights.load_processors", now=now, count=changed)
    return found
