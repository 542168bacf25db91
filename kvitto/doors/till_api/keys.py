"""Which till a request comes from: its key, looked up in memory.

A key that this process does not know waits for the next reading of all keys, which happens at most once a second: a new key
works at once, and whoever guesses waits. That a known key still holds is asked again where something is done with it.
"""

import asyncio
import time
from datetime import UTC, datetime

from kvitto.doors.till_api.asking import DATABASE_SECONDS, ask
from kvitto.doors.till_api.errors import BusyError
from kvitto.tills import queries
from kvitto.tills.queries import NoKeyError
from kvitto.tills.rules import is_token, token_digest
from kvitto.tills.types import TillKey

AT_MOST_EVERY = 1.0  # second
_SCHEME = "bearer "


class Keys:
    """The keys that hold, as this process knows them."""

    def __init__(self) -> None:
        self._known: dict[bytes, TillKey] = {}
        self._read_at = 0.0
        self._answered = True  # whether the register answered the last reading
        self._reading = asyncio.Lock()

    async def find(self, authorization: str) -> TillKey:
        """The key in an Authorization header. Raises NoKeyError."""
        token = authorization[len(_SCHEME) :].strip() if authorization[: len(_SCHEME)].lower() == _SCHEME else ""
        if not is_token(token):
            raise NoKeyError("send the till's key: Authorization: Bearer kvitto_till_...")
        digest = token_digest(token)
        if digest not in self._known:
            await self._read(time.monotonic())
        key = self._known.get(digest)
        if key is None or key.expires_at <= datetime.now(UTC):
            raise NoKeyError("no till has this key, or it does not hold any more")
        return key

    def forget(self, key: TillKey) -> None:
        """A key does not hold any more."""
        self._known = {digest: each for digest, each in self._known.items() if each != key}

    async def _read(self, asked: float) -> None:
        async with self._reading:
            if self._read_at > asked:  # somebody who waited, too, has read them since
                if not self._answered:
                    raise BusyError(DATABASE_SECONDS, "the register does not answer")
                return
            await asyncio.sleep(self._read_at + AT_MOST_EVERY - time.monotonic())
            self._read_at, self._answered = time.monotonic(), False
            self._known = await ask(lambda: queries.by_digest(now=datetime.now(UTC)))
            self._answered = True
