"""What stands between a till and the server: it cuts, truncates, doubles and delays, as networks and their boxes do."""

import asyncio
from collections import Counter
from contextlib import suppress
from random import Random

FAULTS = {  # what happens to so many of a thousand requests
    "cut_before": 15,  # nothing arrives
    "truncated": 15,  # half of it arrives
    "cut_answers": 60,  # it is answered, and the answer is lost
    "half_answers": 15,
    "doubled": 30,  # it arrives twice, at the same time
    "delayed": 60,  # what came after it overtakes it
}
LONGEST_DELAY = 0.3
_BROKEN = (OSError, asyncio.IncompleteReadError)


async def message(reader: asyncio.StreamReader) -> bytes:
    """A whole request or answer, which says how long it is. Raises IncompleteReadError where it breaks off."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return head + await reader.readexactly(int(length or 0))


class Proxy:
    """Passes requests on to a port, most of them whole. `counts` says what it did; a cut answer counts when it said 200."""

    def __init__(self, port: int, *, seed: int) -> None:
        self.port = port
        self.random = Random(f"{seed}: network")
        self.counts: Counter[str] = Counter()

    async def start(self) -> tuple[asyncio.Server, int]:
        """Listen; the server, and its port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 24)
        return server, server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(*_BROKEN):
            while True:
                answer = await self._answered(await message(reader))
                writer.write(answer or b"")
                await writer.drain()
                if answer is None or b"\r\n\r\n" not in answer:
                    break
        writer.close()

    async def _answered(self, request: bytes) -> bytes | None:
        """What the till sees of the answer; None or a part of it when the connection is cut."""
        fault = self._chosen()
        if fault == "cut_before":
            return self._did(fault)
        if fault == "truncated":
            await self._ask(request[: len(request) * 2 // 3], whole=False)
            return self._did(fault)
        if fault == "delayed":
            self._did(fault)
            await asyncio.sleep(self.random.random() * LONGEST_DELAY)
        if fault == "doubled":
            self._did(fault)
            answers = await asyncio.gather(self._ask(request), self._ask(request), return_exceptions=True)
            return next((each for each in answers if isinstance(each, bytes)), None)
        answer = await self._ask(request)
        if fault == "cut_answers":
            return self._did(fault) if answer[9:12] == b"200" else None
        if fault == "half_answers":
            self._did(fault)
            return answer[:40]
        return answer

    def _chosen(self) -> str:
        at = self.random.randrange(1_000)
        for fault, often in FAULTS.items():
            at -= often
            if at < 0:
                return fault
        return ""

    def _did(self, fault: str) -> None:
        self.counts[fault] += 1

    async def _ask(self, request: bytes, *, whole: bool = True) -> bytes:
        """The server's answer, over a connection of its own: which of its processes answers is chance."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        try:
            writer.write(request)
            await writer.drain()
            return await message(reader) if whole else b""
        finally:
            writer.close()
