"""Taking parcels in, over one thread's connection."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import InterfaceError, OperationalError, connection

from kvitto.doors.till_api.errors import BusyError
from kvitto.intake.commit import commit
from kvitto.intake.reference import Reference
from kvitto.intake.types import BatchResult, Parcel
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind

log = logging.getLogger(__name__)

DATABASE_SECONDS = 5  # to wait when the database does not answer
# The same dozen statements come again and again: planned once, a single receipt costs the database half as much. Django prepares
# none by itself; what the walls ask of a connection is asked when a statement runs, whenever it was planned.
PREPARED_AFTER = 5  # times


class Here:
    """Takes parcels in by this thread, which remembers stores and products between them."""

    def __init__(self) -> None:
        self._reference = Reference()

    def commit(self, parcels: Sequence[Parcel]) -> list[BatchResult | None]:
        """What became of each, once all are committed; None when its key no longer holds. Raises BusyError."""
        try:
            connection.ensure_connection()
            connection.connection.prepare_threshold = PREPARED_AFTER
            with identity.acting(ActorKind.TILL):
                return commit(parcels=parcels, now=datetime.now(UTC), reference=self._reference)
        except (OperationalError, InterfaceError):
            log.exception("the database did not take receipts in")
            connection.close()
            raise no_answer() from None

    def close(self) -> None:
        """The connection ends."""
        connection.close()


def no_answer() -> BusyError:
    """What a till is told when the database does not answer."""
    return BusyError(DATABASE_SECONDS, "the register does not answer")
