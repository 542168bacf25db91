"""Receipts have come in: told to whoever waits for them, in whichever process.

What PostgreSQL carries is the buyers' ids, and nothing of what was bought: whoever is woken asks the register, as who they are.
One connection a process listens, from the first who waits on. It is the database's own queue: nothing is told before the receipts
are committed, and nothing at all when they are rolled back.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg

from kvitto.kernel import database
from kvitto.kernel.db import batch_cursor, require_transaction

CHANNEL = "kvitto_receipts"
MOST = 500  # ids in a message, which may have 8,000 bytes
AGAIN = 2.0  # seconds until a lost connection is made anew

log = logging.getLogger(__name__)
_waiting: dict[int, set[asyncio.Event]] = {}  # of this process, by person
_listener: list[asyncio.Task[None]] = []  # held, so that it is not collected


def tell(person_ids: Iterable[int]) -> None:
    """Say whose receipts the caller's transaction brings; they hear of it when it has committed."""
    require_transaction()
    ids = sorted(set(person_ids))
    with batch_cursor() as cursor:
        for start in range(0, len(ids), MOST):
            text = " ".join(map(str, ids[start : start + MOST]))
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, text])


def waiting(person_id: int) -> int:
    """How many wait for a person's receipts in this process."""
    return len(_waiting.get(person_id, ()))


@contextmanager
def awaited(person_id: int) -> Iterator[asyncio.Event]:
    """An event of the running loop that is set whenever receipts of the person may have come in; its owner clears it."""
    if not _listener or _listener[0].done():
        _listener[:] = [asyncio.get_running_loop().create_task(_listen())]
    event = asyncio.Event()
    _waiting.setdefault(person_id, set()).add(event)
    try:
        yield event
    finally:
        _waiting[person_id].discard(event)
        if not _waiting[person_id]:
            del _waiting[person_id]


async def _listen() -> None:
    """Wake those who wait, as long as the process lives. After a lost connection all of them: something may have been missed."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(database.url("web"), autocommit=True) as listening:
                await listening.execute(f"LISTEN {CHANNEL}")
                _wake(list(_waiting))
                async for told in listening.notifies():
                    _wake(map(int, told.payload.split()))
        except psycopg.OperationalError as error:
            log.warning("nobody hears of new receipts until the database answers: %s", database.explained(str(error)))
            await asyncio.sleep(AGAIN)


def _wake(person_ids: Iterable[int]) -> None:
    for person_id in person_ids:
        for event in _waiting.get(person_id, ()):
            event.set()
