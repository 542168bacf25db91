"""`kvitto bench audit`: acts that are written one by one, each durable before the next, and the log that grows over them.

The yardstick: plain inserts of the same values into a table with the same columns and indexes, from as many connections, with
nothing hanging on them, in alternating slices. An act of which the entry is all that is written (sealed lines are opened, somebody
is refused) is one statement, as the insert is. One that writes more is a transaction, and so three round trips or more: it is
measured beside the same insert in a transaction.
"""

import statistics
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.db import connections

from kvitto.audit import actions, log, verifying
from kvitto.kernel.actor import SYSTEM
from kvitto.kernel.db import OWNER, WEB, opened
from kvitto.kernel.errors import KvittoError

Progress = Callable[[str], None]
_COLUMNS = 'at, actor_kind, actor_id, action, purpose, subject, count, "case", digest'
_OLDEST = "SELECT extract(epoch FROM now() - min(e.at)) FROM audit_waiting w JOIN audit_entry e ON e.id = w.entry_id"


class IncompleteError(KvittoError):
    """A measurement did not do what it measures."""


def run(*, threads: int, acts: int, slices: int, entries: int, progress: Progress) -> dict[str, Any]:
    """Measure in the database the connections point at. `entries`: how many the log has when all of it is checked."""
    _make_yardstick()
    stop = threading.Event()
    lags: list[float] = []
    beside = [
        threading.Thread(target=log.watch, kwargs={"stopped": stop.is_set}),
        threading.Thread(target=_watch_lag, args=(stop, lags)),
    ]
    for thread in beside:
        thread.start()
    alone: list[float] = []
    plain: list[float] = []
    joined: list[float] = []  # to a transaction
    plain_joined: list[float] = []
    times: list[float] = []
    try:
        for number in range(slices):
            rate, taken = _written(threads, acts, _act)
            alone.append(rate)
            times += taken
            plain.append(_written(threads, acts, _plain)[0])
            joined.append(_written(threads, acts, _act_in_transaction)[0])
            plain_joined.append(_written(threads, acts, _plain_in_transaction)[0])
            progress(
                f"slice {number + 1}/{slices}: {alone[-1]:,.0f} acts/s, yardstick {plain[-1]:,.0f};"
                f" in transactions {joined[-1]:,.0f} and {plain_joined[-1]:,.0f}"
            )
    finally:
        stop.set()
        for thread in beside:
            thread.join()
    _fill(entries, progress)
    started = time.perf_counter()
    verdict = verifying.verify(now=datetime.now(UTC))
    seconds = time.perf_counter() - started
    if verdict.fault or verdict.waiting:
        raise IncompleteError(f"the log is not sound: {verdict}; the measurement is void")
    return {
        "threads": threads,
        "acts": threads * acts * slices,
        "acts_per_s": round(statistics.median(alone)),
        "yardstick_per_s": round(statistics.median(plain)),
        "ratio": round(statistics.median(a / b for a, b in zip(alone, plain, strict=True)), 2),
        "acts_in_transaction_per_s": round(statistics.median(joined)),
        "yardstick_in_transaction_per_s": round(statistics.median(plain_joined)),
        "ratio_in_transaction": round(statistics.median(a / b for a, b in zip(joined, plain_joined, strict=True)), 2),
        "p95_ms": round(sorted(times)[int(len(times) * 0.95)] * 1000, 1),
        "lag_p99_ms": round(sorted(lags)[int(len(lags) * 0.99)] * 1000),
        "verified": verdict.entries,
        "verify_s": round(seconds, 1),
        "verify_entries_per_s": round(verdict.entries / seconds),
    }


def _written(threads: int, acts: int, write: Callable[[int], None]) -> tuple[float, list[float]]:
    """Acts a second, and how long each took."""
    taken: list[float] = []
    barrier = threading.Barrier(threads + 1)

    def work() -> None:
        write(0)  # the connection
        barrier.wait()
        for number in range(acts):
            started = time.perf_counter()
            write(number)
            taken.append(time.perf_counter() - started)
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    barrier.wait()
    started = time.perf_counter()
    for worker in workers:
        worker.join()
    return threads * acts / (time.perf_counter() - started), taken


def _act(number: int, *, alone: bool = True) -> None:
    now = datetime.now(UTC)
    actions.record(
        by=SYSTEM, action="bench.act", now=now, purpose="measured", subject=uuid4(), count=number, alone=alone
    )


def _act_in_transaction(number: int) -> None:
    with opened():
        _act(number, alone=False)


def _plain(number: int) -> None:
    with connections[WEB].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO bench_entry ({_COLUMNS}) VALUES (%s, 'system', 'bench', 'bench.act', 'measured', %s, %s, '', '')",
            [datetime.now(UTC), uuid4(), number],
        )


def _plain_in_transaction(number: int) -> None:
    with opened():
        _plain(number)


def _make_yardstick() -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute("CREATE TABLE bench_entry (LIKE audit_entry INCLUDING ALL)")
        cursor.execute(f"GRANT SELECT, INSERT ON bench_entry TO {connections[WEB].settings_dict['USER']}")


def _watch_lag(stop: threading.Event, lags: list[float]) -> None:
    """How old the oldest entry is that waits, looked at ten times a second."""
    while not stop.wait(0.1):
        with connections[OWNER].cursor() as cursor:
            cursor.execute(_OLDEST)
            lags.append(float(cursor.fetchone()[0] or 0))
    connections.close_all()


def _fill(entries: int, progress: Progress) -> None:
    """Bring the log to its size: entries at once, their numbers in the ordinary way."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_entry")
        cursor.execute(
            f"INSERT INTO audit_entry ({_COLUMNS}) SELECT now(), 'system', 'bench', 'bench.act', 'measured',"
            " gen_random_uuid(), g, '', '' FROM generate_series(1, %s) g",
            [max(entries - cursor.fetchone()[0], 0)],
        )
    started, numbered = time.perf_counter(), 0
    while (done := log.run(now=datetime.now(UTC), sign_now=True).numbered) == log.BATCH:
        numbered += done
    if numbered:
        progress(f"numbered {numbered:,} at {numbered / (time.perf_counter() - started):,.0f} a second")
