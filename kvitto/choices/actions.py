"""Writes: statements are added, nothing else."""

from collections.abc import Mapping
from datetime import datetime

from kvitto.audit import actions as audit
from kvitto.choices.models import Statement
from kvitto.choices.types import Channel, Topic
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import InvalidError
from kvitto.stores.types import Level


class FutureStatementError(InvalidError):
    """A statement holds from now on, or from a past instant when it is migrated; never from a future one."""


def state_levels(
    *, levels: Mapping[int, Level], channel: Channel, stated_at: datetime, by: Actor, now: datetime
) -> None:
    """State a recording level for each person id, from `stated_at` on."""
    require_transaction()
    if stated_at > now:
        raise FutureStatementError(f"a statement cannot hold from {stated_at.isoformat()}: that is in the future")
    Statement.objects.bulk_create(
        [
            Statement(
                person_id=person_id, topic=Topic.RECORDING_LEVEL, value=level, stated_at=stated_at, channel=channel
            )
            for person_id, level in levels.items()
        ]
    )
    audit.record(by=by, action="choices.state", now=now, count=len(levels))
