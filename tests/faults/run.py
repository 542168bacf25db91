"""One run: tills deliver through the proxy while processes and the database die; then what is stored is compared."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

from django.db import InterfaceError, OperationalError, connections

from kvitto.benchmarks import scratch
from kvitto.kernel.database import ensure_running
from kvitto.kernel.db import OWNER
from kvitto.kernel.home import home
from kvitto.kernel.server import EmbeddedServer
from tests.faults import disk, ledger, register
from tests.faults.ledger import Item, Ledger
from tests.faults.proxy import Proxy, message
from tests.faults.register import CLEAN, FAULTY, Held

CONNECTIONS = 12  # tills that deliver at the same time
DELIVERIES_A_LIFE = 250  # of all deliveries, this part: by it the longest life of a process is measured
PATIENCE = 60.0  # seconds without an answer after which a till asks anew
AGAIN = 0.05  # seconds before it sends again
MUCH = 1 << 27  # bytes, more than is kept ready to be written ahead
REFUSED = 30  # answers that tills get while a disk is full, before it is freed
_AGAIN = {408, 500, 503}


class WrongAnswerError(Exception):
    """An answer that no fault explains."""


class Tills:
    """Deliver everything, each delivery until it is answered; a transaction is recorded once, whatever was lost."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.counts: Counter[str] = Counter()
        self.recorded: Counter[tuple[object, ...]] = Counter()
        self.done = 0  # deliveries
        self._waited: list[tuple[Callable[[], bool], asyncio.Event]] = []

    async def deliver(self, made: Ledger, port: int) -> None:
        """Over several connections at once."""
        waiting = iter(made.deliveries)

        async def till() -> None:
            for delivery in waiting:
                await self._until_answered(delivery, port)
                self.done += 1
                self._tell()

        await asyncio.gather(*(till() for _ in range(CONNECTIONS)))

    async def until(self, count: int) -> None:
        """Wait until so many deliveries are answered."""
        await self._when(lambda: self.done >= count)

    async def refused(self, times: int, deliveries: int) -> bool:
        """Wait until the server has said so often that it takes nothing in; False when all was delivered before."""
        enough = self.counts["answers_503"] + times
        await self._when(lambda: self.counts["answers_503"] >= enough or self.done == deliveries)
        return self.counts["answers_503"] >= enough

    async def _when(self, ready: Callable[[], bool]) -> None:
        event = asyncio.Event()
        self._waited.append((ready, event))
        self._tell()
        await event.wait()

    def _tell(self) -> None:
        for ready, event in self._waited:
            if ready():
                event.set()

    async def _until_answered(self, delivery: list[Item], port: int) -> None:
        for item, state in zip(delivery, await self._sent([item.body for item in delivery], port), strict=True):
            if state not in item.states:
                raise WrongAnswerError(f"{state} to {item.body!r}")
            self.recorded[*item.till_day, item.sequence] += state == "recorded"
        altered = [item.altered for item in delivery if item.altered]
        if altered and set(states := await self._sent(altered, port)) != {"conflict"}:
            raise WrongAnswerError(f"{states} to what contradicts what is stored")

    async def _sent(self, bodies: list[bytes], port: int) -> list[str]:
        body = b"[" + b",".join(bodies) + b"]" if len(bodies) > 1 else bodies[0]
        head = f"POST /api/v1/receipts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
        request = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        while True:
            try:
                answer = await asyncio.wait_for(_asked(request, port), PATIENCE)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                self.counts["sent_again"] += 1
            else:
                status = int(answer[9:12])
                if status == 200:
                    return [each["state"] for each in json.loads(answer.partition(b"\r\n\r\n")[2])["items"]]
                if status not in _AGAIN or (status == 503 and b"\r\nretry-after: " not in answer.lower()):
                    raise WrongAnswerError(answer.decode())
                self.counts[f"answers_{status}"] += 1
                self._tell()
            await asyncio.sleep(AGAIN)


async def _asked(request: bytes, port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    try:
        writer.write(request)
        await writer.drain()
        return await message(reader)
    finally:
        writer.close()


class Processes:
    """The server's processes, and what they were killed at."""

    def __init__(self, seed: int, patience: int) -> None:
        command = [sys.executable, "-m", "tests.faults.server", str(seed), str(patience)]
        self.process = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.kills: Counter[str] = Counter()
        self.heard = Thread(target=lambda: self.kills.update(each.strip() for each in self.process.stdout or ()))
        self.heard.start()

    def end(self) -> None:
        """End them all, and know of every kill."""
        self.process.terminate()
        self.process.wait()
        self.heard.join()


@contextmanager
def processes(seed: int, patience: int) -> Iterator[Processes]:
    """Running as long as the context lasts."""
    found = Processes(seed, patience)
    try:
        yield found
    finally:
        found.end()


async def _crash(tills: Tills, deliveries: int, crashes: int) -> int:
    """Stop the database as `pg_ctl stop -m immediate` does, evenly over the deliveries; how often."""
    for number in range(crashes):
        await tills.until(deliveries * (number + 1) // (crashes + 1))
        await asyncio.to_thread(_crash_once)
    return crashes


def _crash_once() -> None:
    server = EmbeddedServer(home())
    pid = server.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGQUIT)
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.01)
    server.start()


async def _fill(tills: Tills, deliveries: int, full_disks: int, ahead: Path) -> Counter[str]:
    """Fill in turn the disk of the database and that of what it writes ahead, evenly over the deliveries; each is freed when
    nothing is taken in any more.

    The database stops where it has no room for what is written ahead: then it is started.
    """
    found: Counter[str] = Counter()
    server = EmbeddedServer(home())
    for number in range(full_disks):
        folder = ahead if number % 2 else home()
        await tills.until(deliveries * (number + 1) // (full_disks + 1))
        await asyncio.to_thread(disk.fill, folder)
        if folder == ahead:
            await asyncio.to_thread(_write_ahead)
        found["full_disks"] += await tills.refused(REFUSED, deliveries)
        found["database_stopped_on_a_full_disk"] += not server.status().running
        disk.free(folder)
        await asyncio.to_thread(server.start)
    return found


def _write_ahead() -> None:
    """Use up what the database has left there, as other writers do: it stops."""
    with closing(connections.create_connection(OWNER)) as connection, suppress(OperationalError, InterfaceError):
        connection.cursor().execute(f"SELECT pg_logical_emit_message(false, 'full', repeat('x', {MUCH}))")


async def _broken(made: Ledger, key: str, *, seed: int, crashes: int, full_disks: int, ahead: Path) -> dict[str, Any]:
    with processes(seed, max(4, len(made.deliveries) // DELIVERIES_A_LIFE)) as server:
        proxy = Proxy(server.port, seed=seed)
        listening, port = await proxy.start()
        tills = Tills(key)
        async with asyncio.TaskGroup() as group:
            group.create_task(tills.deliver(made, port))
            crashed = group.create_task(_crash(tills, len(made.deliveries), crashes))
            filled = group.create_task(_fill(tills, len(made.deliveries), full_disks, ahead))
        listening.close()
    return {
        "kills": server.kills.total(),
        "killed_at": dict(sorted(server.kills.items())),
        "database_crashes": crashed.result(),
        **filled.result(),
        **{fault: proxy.counts[fault] for fault in sorted(proxy.counts)},
        **dict(sorted(tills.counts.items())),
        "recorded_twice": sum(times > 1 for times in tills.recorded.values()),
    }


def run(*, seed: int, transactions: int, crashes: int, full_disks: int) -> dict[str, Any]:
    """The figures of a run; `wrong` names what should not be. Full disks take a home on a disk of its own."""
    started = time.monotonic()
    ensure_running()
    made = ledger.made(seed=seed, transactions=transactions, today=datetime.now(UTC).date())
    server = EmbeddedServer(home())
    with disk.ahead(server) if full_disks else nullcontext(home()) as ahead, register.registers() as key:
        with scratch.pointed_at(CLEAN):
            register.take_in(item.body for item in made.items)
            register.take_in(item.altered for item in made.items if item.altered)
            clean = register.held()
        with scratch.pointed_at(FAULTY):
            broke = asyncio.run(_broken(made, key, seed=seed, crashes=crashes, full_disks=full_disks, ahead=ahead))
            for alias in connections:
                connections[alias].close()
            faulty = register.held()
    compared = compare(made, clean, faulty)
    return {
        "seed": seed,
        "transactions": len(made.items),
        "deliveries": len(made.deliveries),
        **broke,
        **compared,
        "state": faulty.digest,
        "wrong": _wrong(broke, compared, clean, faulty, full_disks),
        "seconds": round(time.monotonic() - started),
    }


def compare(made: Ledger, clean: Held, faulty: Held) -> dict[str, int]:
    """What the ledger and the run without faults say of what is stored."""
    return {
        "receipts": len(faulty.receipts),
        "lost": len(clean.receipts.keys() - faulty.receipts.keys()),
        "double": sum(times - 1 for times in faulty.times.values()),
        "partial": sum(
            digest != faulty.receipts[key] for key, digest in clean.receipts.items() if key in faulty.receipts
        ),
        "of_nowhere": len(faulty.receipts.keys() - clean.receipts.keys()),
        "till_days_with_other_cents": len(made.cents().items() ^ faulty.cents.items()),
    }


def _wrong(broke: dict[str, Any], compared: dict[str, int], clean: Held, faulty: Held, full_disks: int) -> list[str]:
    found = [f"{name}: {count}" for name, count in compared.items() if count and name != "receipts"]
    found += [f"{name}: {broke[name]}" for name in ("recorded_twice", "answers_500") if broke.get(name)]
    found += ["a disk was full and nobody was told"] if broke.get("full_disks", 0) < full_disks else []
    found += faulty.loose
    found += [] if clean.digest == faulty.digest else ["the state is not that of the run without faults"]
    return found
