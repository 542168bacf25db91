"""`kvitto bench intake`: the demo's year into an empty register, against storing the same rows with nothing around it.

The yardstick: the rows the register has just stored, as Python values, staged by COPY through the same driver and inserted with
ON CONFLICT into a table with the same columns, partitions and indexes, in the same transactions, in alternating slices.
It runs twice: over one connection, which is the yardstick, and over as many as the import has processes, which shows what the
database could take.
"""

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from backports import zstd
from django.db import connections

from kvitto.benchmarks import spooled
from kvitto.benchmarks.scratch import resident_mb
from kvitto.intake.importer import Takers
from kvitto.intake.reader import Block, blocks
from kvitto.intake.types import BatchResult, Summary
from kvitto.kernel import database
from kvitto.kernel.db import OWNER, WEB
from kvitto.kernel.errors import KvittoError
from kvitto.purchases import partitions
from kvitto.purchases.actions import COLUMNS, KEY_COLUMNS

Progress = Callable[[str], None]


class IncompleteError(KvittoError):
    """A measurement did not do what it measures."""


def run(receipts: Path, *, slices: int, times: int, jobs: int, progress: Progress) -> dict[str, Any]:
    """Measure in the database the connections point at, which holds the demo's network, assortment and people.

    `receipts` is the year's file. With `times` above one, the year goes in again that many times in all, under other
    numbers, to see whether the speed holds. Rates are medians over the slices.
    """
    ours: list[float] = []
    single: list[float] = []
    parallel: list[float] = []
    summary = Summary()
    memory = 0.0
    with tempfile.TemporaryDirectory(prefix="kvitto-bench-") as folder, Takers(jobs=jobs) as takers:
        parts = _split(receipts, Path(folder), slices)
        for number, part in enumerate(parts, start=1):
            ours.append(_take(takers, blocks(str(part)), summary))
            memory = max(memory, resident_mb([process.pid for process in takers.processes]))
            single.append(_yardstick(1))
            parallel.append(_yardstick(jobs))
            progress(f"slice {number}/{slices}: {ours[-1]:,.0f} receipts/s, yardstick {single[-1]:,.0f} rows/s")
        once = summary.read
        lines, size = summary.lines, _bytes_per_receipt()
        again, memories = [], [memory]
        for round_ in range(1, times):
            again += [_take(takers, _renumbered(part, round_), summary) for part in parts]
            memories.append(resident_mb([process.pid for process in takers.processes]))
            progress(f"year {round_ + 1}/{times}: {statistics.median(again[-slices:]):,.0f} receipts/s")
    rate = statistics.median(ours)
    result = {
        "receipts": once,
        "lines": lines,
        "receipts_per_s": round(rate),
        "lines_per_s": round(rate * lines / once),
        "yardstick_rows_per_s": round(statistics.median(single)),
        "ratio": _ratio(ours, single),
        "yardstick_parallel_rows_per_s": round(statistics.median(parallel)),
        "ratio_to_parallel": _ratio(ours, parallel),
        "bytes_per_receipt": size,
        "peak_rss_mb": round(memory),
        "slices_receipts_per_s": [round(each) for each in ours],
        "slices_yardstick_rows_per_s": [round(each) for each in single],
    }
    if again:
        result["times"] = times
        result["years_rss_mb"] = [round(each) for each in memories]
        result["years_receipts_per_s"] = [round(rate)] + [
            round(statistics.median(again[start : start + slices])) for start in range(0, len(again), slices)
        ]
    return result


def _split(receipts: Path, folder: Path, slices: int) -> list[Path]:
    """The year as plain files of about as many receipts each."""
    with zstd.open(receipts, "rb") as source:
        size = -(-sum(1 for _ in source) // slices)
    parts = []
    with zstd.open(receipts, "rb") as source:
        for number in range(slices):
            part = folder / f"slice-{number}.ndjson"
            with part.open("wb") as file:
                file.writelines(islice(source, size))
            parts.append(part)
    return parts


def _renumbered(part: Path, round_: int) -> Iterator[Block]:
    """The same receipts under other sequence numbers."""
    for block in blocks(str(part)):
        yield Block(block.first_line, block.body.replace(b'"sequence":', b'"sequence":%d' % round_))


def _take(takers: Takers, stream: Iterator[Block], summary: Summary) -> float:
    """Receipts a second."""
    before = summary.read

    def count(results: list[BatchResult]) -> None:
        for result in results:
            summary.counts.update(result.states)
            summary.lines += result.lines
            if result.recorded < len(result.states):
                raise IncompleteError("not every receipt was recorded; the measurement is void")

    started = time.perf_counter()
    takers.take(stream, count)
    return (summary.read - before) / (time.perf_counter() - started)


def _bytes_per_receipt() -> int:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(inhrelid)) / (SELECT count(*) FROM purchases_receipt)"
            " FROM pg_inherits WHERE inhparent = 'purchases_receipt'::regclass"
        )
        return round(cursor.fetchone()[0])


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return round(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), 3)


def _make_yardstick(name: str) -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {name} (LIKE purchases_receipt INCLUDING ALL) PARTITION BY RANGE (business_day)"
        )
        for month in partitions.months():
            part = partitions.name(month).replace("purchases_receipt", name)
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {part} PARTITION OF {name} {partitions.bounds(month)}")
        cursor.execute(f"GRANT SELECT, INSERT ON {name} TO {connections[WEB].settings_dict['USER']}")


def _yardstick(processes: int) -> float:
    """Rows a second of the slice's deliveries into a table that holds the earlier slices."""
    table = f"yardstick_{processes}"
    _make_yardstick(table)
    deliveries = _new_deliveries(table)
    context = multiprocessing.get_context("spawn")
    ends, running = [], []
    for number in range(processes):
        ours, theirs = context.Pipe()
        share = [delivery for delivery, _ in deliveries[number::processes]]
        args = (theirs, database.url("web"), share, COLUMNS, table, KEY_COLUMNS)
        process = context.Process(target=spooled.insert, args=args)
        process.start()
        ends.append(ours)
        running.append(process)
    for end in ends:
        end.recv()  # connected, rows read
    started = time.perf_counter()
    for end in ends:
        end.send("go")
    for end in ends:
        end.recv()
    seconds = time.perf_counter() - started
    for process in running:
        process.join()
    return sum(rows for _, rows in deliveries) / seconds


def _new_deliveries(table: str) -> list[tuple[int, int]]:
    """The deliveries that the table does not hold yet, with the number of their receipts."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(delivery_id), 0) FROM {table}")
        done = cursor.fetchone()[0]
        cursor.execute(
            "SELECT delivery_id, count(*) FROM purchases_receipt WHERE delivery_id > %s GROUP BY 1 ORDER BY 1", [done]
        )
        return list(cursor.fetchall())
