"""`kvitto bench tills`: receipts over the till API as tills send them, each answered after it is committed to disk.

The real server with its processes, and the tills in a process of their own, on the same processors. Single receipts as fast as so
many connections take them, single receipts at an ordinary rate, and lists of a hundred over as many connections. The yardstick, in
the same turns: the rows that have just been stored, inserted one by one with ON CONFLICT into a bare table with the same columns
and key, each committed, over as many connections.
"""

import multiprocessing
import os
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from backports import zstd
from django.db import connections

from kvitto.benchmarks import till_client
from kvitto.benchmarks.browser import Server
from kvitto.benchmarks.till_client import Ran
from kvitto.kernel import database
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import OWNER, WEB, opened
from kvitto.kernel.errors import KvittoError
from kvitto.stores import queries as stores
from kvitto.stores.types import ScopeKind, StoreInfo
from kvitto.tills import actions

Progress = Callable[[str], None]

TOGETHER = 100  # receipts in a list
STEADY = 200  # single receipts a second, for the times
STEADY_SECONDS = 10
_STORE = re.compile(rb'"store":\s*"([^"]+)"')
_COLUMNS = (
    "business_day, store_id, workstation, sequence, begin_time, end_time, person_id, level, channel, kind, total_cents"
)
_COLUMNS += ", currency, bonus_basis::text, digest, sealed"
_KEY = "business_day, store_id, workstation, sequence, begin_time"


class IncompleteError(KvittoError):
    """A measurement did not do what it measures."""


def run(
    receipts: Path, *, singles: int, lists: int, slices: int, clients: int, serve: Sequence[str], progress: Progress
) -> dict[str, Any]:
    """Measure in the database the connections point at, which holds the demo's network, assortment and people.

    A slice is so many single receipts and so many lists, each over so many connections; rates are medians over the slices.
    `serve` is the command that starts the server.
    """
    load = os.getloadavg()[0]
    requests = _Requests(receipts)
    single, together, yardstick = [], [], []
    with Server(serve) as server, _client() as client:

        def send(made: list[bytes], count: int, many: int, rate: float = 0.0) -> Ran:
            return _send(client, server.port, made, count, many, rate)

        send(requests.single(singles // 4), singles // 4, clients)  # it warms up: keys, stores, products, processes
        send(requests.lists(clients), clients * TOGETHER, clients)
        for number in range(1, slices + 1):
            ran = send(requests.single(singles), singles, clients)
            single.append(singles / ran.seconds)
            yardstick.append(_yardstick(client, singles, clients))
            ran = send(requests.lists(lists), lists * TOGETHER, clients)
            together.append(lists * TOGETHER / ran.seconds)
            progress(
                f"slice {number}/{slices}: {single[-1]:,.0f} single receipts/s, {together[-1]:,.0f} in lists,"
                f" yardstick {yardstick[-1]:,.0f} rows/s"
            )
        steady = send(requests.single(STEADY * STEADY_SECONDS), STEADY * STEADY_SECONDS, clients, STEADY).milliseconds
    return {
        "single_receipts_per_s": round(statistics.median(single)),
        "single_p50_ms": round(statistics.median(steady), 1),
        "single_p99_ms": round(sorted(steady)[len(steady) * 99 // 100], 1),
        "batch_receipts_per_s": round(statistics.median(together)),
        "yardstick_rows_per_s": round(statistics.median(yardstick)),
        "ratio": round(statistics.median(a / b for a, b in zip(single, yardstick, strict=True)), 2),
        "connections": clients,
        "load_before": round(load, 1),
        "slices_single_receipts_per_s": [round(each) for each in single],
        "slices_batch_receipts_per_s": [round(each) for each in together],
        "slices_yardstick_rows_per_s": [round(each) for each in yardstick],
    }


class _Requests:
    """Requests with receipts of the year, each receipt once. Every store has a key, and so has every company, for its lists.

    A partner's receipts are left out: it sends no lines.
    """

    def __init__(self, receipts: Path) -> None:
        self.receipts = _lines(receipts)
        self.keys: dict[tuple[ScopeKind, int], str] = {}
        self.stores: dict[str, StoreInfo] = {}

    def single(self, count: int) -> list[bytes]:
        """Each receipt by itself, with its store's key."""
        return [
            _request(body, self._key(ScopeKind.STORE, store.id, store.code))
            for store, body in islice(self._taken(), count)
        ]

    def lists(self, count: int) -> list[bytes]:
        """Lists of a hundred receipts of one company each, with its key."""
        found: list[bytes] = []
        waiting: dict[int, list[bytes]] = {}
        for store, body in self._taken():
            bodies = waiting.setdefault(store.company_id, [])
            bodies.append(body)
            if len(bodies) == TOGETHER:
                key = self._key(ScopeKind.COMPANY, store.company_id, companies()[store.company_id])
                found.append(_request(b"[" + b",".join(bodies) + b"]", key))
                bodies.clear()
            if len(found) == count:
                break
        return found

    def _taken(self) -> Iterator[tuple[StoreInfo, bytes]]:
        for body in self.receipts:
            found = _STORE.search(body)
            code = found[1].decode() if found else ""
            if code not in self.stores:
                self.stores |= stores.stores_by_code({code})
            if not self.stores[code].partner:
                yield self.stores[code], body

    def _key(self, kind: ScopeKind, place_id: int, code: str) -> str:
        if (kind, place_id) not in self.keys:
            with opened():
                made = actions.issue(label="measurement", kind=kind, code=code, by=OPERATOR, now=datetime.now(UTC))
            self.keys[kind, place_id] = made.token
        return self.keys[kind, place_id]


@cache
def companies() -> dict[int, str]:
    """The companies' codes by id."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT id, code FROM stores_company")
        return dict(cursor.fetchall())


def _lines(receipts: Path) -> Iterator[bytes]:
    with zstd.open(receipts, "rb") as source:
        yield from (line.strip() for line in source)


def _request(body: bytes, key: str) -> bytes:
    head = (
        f"POST /api/v1/receipts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@contextmanager
def _client() -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=till_client.serve, args=(theirs,))
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


def _send(client: Connection, port: int, requests: list[bytes], count: int, many: int, rate: float) -> Ran:
    """Have requests sent; every one of so many receipts has to be recorded."""
    client.send(("send", port, requests, many, rate))
    ran: Ran = client.recv()
    if ran.refused or ran.recorded != count:
        raise IncompleteError(
            f"of {count} receipts {ran.recorded} were recorded, {ran.refused} requests were refused, {ran.other!r}: it is void"
        )
    return ran


def _yardstick(client: Connection, count: int, many: int) -> float:
    """Rows a second of the last receipts into a bare table."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS yardstick AS SELECT {_COLUMNS} FROM purchases_receipt WITH NO DATA;"
            f" TRUNCATE yardstick; CREATE UNIQUE INDEX IF NOT EXISTS yardstick_key ON yardstick ({_KEY});"
            f" GRANT SELECT, INSERT ON yardstick TO {connections[WEB].settings_dict['USER']}"
        )
        cursor.execute(f"SELECT {_COLUMNS} FROM purchases_receipt ORDER BY id DESC LIMIT {count}")
        rows = cursor.fetchall()
    client.send(("insert", database.url("web"), "yardstick", rows, _KEY, many))
    seconds: float = client.recv()
    return len(rows) / seconds
