"""Group commit: what arrives while one transaction is being committed goes into the next one, together.

Alone a receipt waits for nobody; under load the more come, the more share look-ups, statements and the disk's write. Each request
is answered after the commit that holds its receipts.

Single receipts are taken in by one thread of the server's process, over one connection: a second one would halve the groups, and
what is shared is what makes them fast. Lists are groups already: two processes of their own take them in, as imports are taken
in, so that their arithmetic has two processors.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from kvitto.doors.till_api.apart import Apart
from kvitto.doors.till_api.errors import BusyError
from kvitto.doors.till_api.taking import Here
from kvitto.intake.types import BatchResult, Parcel

log = logging.getLogger(__name__)

Taker = Here | Apart

LISTS = 2  # threads that take lists in, each by a process of its own
MOST_TOGETHER = 1_000  # receipts in one transaction, unless one request alone brings more
MOST_WAITING = 10_000  # receipts


@dataclass(frozen=True, slots=True)
class _Waiting:
    parcel: Parcel
    future: "asyncio.Future[BatchResult | None]"


class Committer:
    """Takes parcels in from one event loop: single receipts and lists, neither behind the other."""

    def __init__(self, lists: Callable[[], Taker]) -> None:
        self._singles = _Queue(Here, 1)
        self._lists = _Queue(lists, LISTS)

    async def take(self, parcel: Parcel) -> BatchResult | None:
        """What became of a parcel, once it is committed; None when its key no longer holds. Raises BusyError."""
        return await (self._singles if parcel.single else self._lists).take(parcel)

    async def close(self) -> None:
        """Wait until everything that was taken is answered; threads, processes and their connections end."""
        await self._singles.close()
        await self._lists.close()


class _Queue:
    """Parcels that wait, and the threads that take them in, each by a taker of its own."""

    def __init__(self, taker: Callable[[], Taker], threads: int) -> None:
        self._taker = taker
        self._most = threads
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()  # None: one thread ends
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads: list[Thread] = []
        self._receipts = 0  # waiting, or in hand

    async def take(self, parcel: Parcel) -> BatchResult | None:
        if self._receipts >= MOST_WAITING:
            raise BusyError(1)
        if not self._threads:
            self._loop = asyncio.get_running_loop()
            self._threads = [Thread(target=self._work, name="receipts", daemon=True) for _ in range(self._most)]
            for thread in self._threads:
                thread.start()
        self._receipts += len(parcel.receipts)
        try:
            future = asyncio.get_running_loop().create_future()
            self._queue.put(_Waiting(parcel, future))
            return await future
        finally:
            self._receipts -= len(parcel.receipts)

    async def close(self) -> None:
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _work(self) -> None:
        taker = self._taker()
        open_ = True
        while open_:
            group, open_ = self._next()
            if group:
                self._take(group, taker)
        taker.close()

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

    def _take(self, group: list[_Waiting], taker: Taker) -> None:
        """Take a group in and answer it. One that cannot be taken in is taken apart: only what is wrong fails."""
        outcomes: list[BatchResult | Exception | None]
        try:
            outcomes = [*taker.commit([each.parcel for each in group])]
        except BusyError as error:
            outcomes = [error] * len(group)
        except Exception as error:
            log.exception("receipts were not taken in")
            if len(group) > 1:
                for each in group:
                    self._take([each], taker)
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
