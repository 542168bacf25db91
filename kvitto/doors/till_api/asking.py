"""Questions to the register beside the receipts: each in a thread, in a transaction of its own, asked as a till."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from kvitto.doors.till_api.errors import BusyError
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.db import opened

Found = TypeVar("Found")
DATABASE_SECONDS = 5  # to wait when the database does not answer


async def ask(question: Callable[[], Found]) -> Found:
    """What the register answers. Raises BusyError when it does not."""
    return await asyncio.to_thread(_ask, question)


def _ask(question: Callable[[], Found]) -> Found:
    try:
        with identity.acting(ActorKind.TILL), opened():
            return question()
    except (OperationalError, InterfaceError) as error:
        raise BusyError(DATABASE_SECONDS, "the register does not answer") from error
    finally:
        connection.close()
