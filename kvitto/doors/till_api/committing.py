"""Group commit: what arrives while one transaction is being committed goes into the next one, together.

One thread a process takes receipts in, over one connection. Alone a receipt waits for nobody; under load the more come, the more
share look-ups, statements and the disk's write. Each request is answered after the commit that holds its receipts.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Thread

from django.db import InterfaceError, OperationalError, connection

from kvitto.doors.till_api.errors import BusyError
from kvitto.intake.commit import commit
from kvitto.intake.reference import Reference
from kvitto.intake.types import BatchResult, Parcel
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind

log = logging.getLogger(__name__)

MOST_TOGETHER = 1_000  # receipts in one transaction, unless one request alone brings more
MOST_WAITING = 10_000  # receipts
DATABASE_SECONDS = 5  # to wait when the database does not answer
# The same dozen statements come again and again: planned once, a single receipt costs the database half as much. Django prepares
# none by itself; what the walls ask of a connection is asked when a statement runs, whenever it was planned.
PREPARED_AFTER = 5  # times


@dataclass(frozen=True, slots=True)
class _Waiting:
    parcel: Parcel
    future: "asyncio.Future[BatchResult | None]"


class Committer:
    """Takes parcels in from one event loop."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()  # None: there will be no more
        self._reference = Reference()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._receipts = 0  # waiting, or in hand

    async def take(self, parcel: Parcel) -> BatchResult | None:
        """What became of a parcel, once it is committed; None when its key no longer holds. Raises BusyError."""
        if self._receipts >= MOST_WAITING:
            raise BusyError(1)
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = Thread(target=self._work, name="receipts", daemon=True)
            self._thread.start()
        self._receipts += len(parcel.receipts)
        try:
            future = asyncio.get_running_loop().create_future()
            self._queue.put(_Waiting(parcel, future))
            return await future
        finally:
            self._receipts -= len(parcel.receipts)

    async def close(self) -> None:
        """Wait until everything that was taken is answered; the thread and its connection end."""
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        with identity.acting(ActorKind.TILL):
            open_ = True
            while open_:
                group, open_ = self._next()
                if group:
                    self._take(group)
            connection.close()

    def _next(self) -> tuple[list[_Waiting], bool]:
        """Whatever waits now, at least one; and whether there can be more."""
        group: list[_Waiting] = []
        size = 0
        while size < MOST_TOGETHER:
            try:
                each = self._queue.get(block=not group)
            except Empty:
                break
            if each is None:
                return group, False
            group.append(each)
            size += len(each.parcel.receipts)
        return group, True

    def _take(self, group: list[_Waiting]) -> None:
        """Take a group in and answer it. One that cannot be taken in is taken apart: only what is wrong fails."""
        outcomes: list[BatchResult | Exception | None]
        try:
            connection.ensure_connection()
            connection.connection.prepare_threshold = PREPARED_AFTER
            parcels = [each.parcel for each in group]
            outcomes = [*commit(parcels=parcels, now=datetime.now(UTC), reference=self._reference)]
        except (OperationalError, InterfaceError):
            log.exception("the database did not take receipts in")
            connection.close()
            outcomes = [BusyError(DATABASE_SECONDS, "the register does not answer") for _ in group]
        except Exception as error:
            log.exception("receipts were not taken in")
            if len(group) > 1:
                for each in group:
                    self._take([each])
                return
            outcomes = [error]
        loop = self._loop
        if loop is not None and not loop.is_closed():  # closed: nobody waits any more
            loop.call_soon_threadsafe(_tell, group, outcomes)


def _tell(group: list[_Waiting], outcomes: list[BatchResult | Exception | None]) -> None:
    for each, outcome in zip(group, outcomes, strict=True):
        if each.future.done():  # the request was cancelled meanwhile
            continue
        if isinstance(outcome, Exception):
            each.future.set_exception(outcome)
        else:
            each.future.set_result(outcome)
