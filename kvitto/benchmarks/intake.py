"""`kvitto bench intake`: the real year into an empty register, against storing the same rows with nothing around it.

The yardstick: the rows the register has just stored, staged by COPY and inserted with ON CONFLICT into a table with the same
columns, partitions and indexes, in the same transactions, from as many processes, in slices that alternate with ours.
"""

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from backports import zstd
from django.db import connections

from kvitto.benchmarks import spooled
from kvitto.benchmarks.scratch import peak_rss_mb
from kvitto.intake.importer import Takers
from kvitto.intake.reader import Block, blocks
from kvitto.intake.types import BatchResult, Summary
from kvitto.kernel import database
from kvitto.kernel.db import OWNER, WEB
from kvitto.kernel.errors import KvittoError
from kvitto.purchases import partitions
from kvitto.purchases.actions import COLUMNS, KEY_COLUMNS

_NAMES = ", ".join(COLUMNS)
_STAGE = f"CREATE TEMP TABLE staged ({', '.join(f'{n} {t}' for n, t in COLUMNS.items())}) ON COMMIT DELETE ROWS"
_COPY = f"COPY staged ({_NAMES}) FROM STDIN (FORMAT BINARY)"
_INSERT = (
    f"INSERT INTO yardstick ({_NAMES}) SELECT {_NAMES} FROM staged ORDER BY {KEY_COLUMNS}"
    f" ON CONFLICT ({KEY_COLUMNS}) DO NOTHING"
)
Progress = Callable[[str], None]


class IncompleteError(KvittoError):
    """A measurement did not do what it measures."""


def run(receipts: Path, *, slices: int, times: int, jobs: int, progress: Progress) -> dict[str, Any]:
    """Measure in the database the connections point at, which holds the demo's network, assortment and people.

    `receipts` is the year's file. With `times` above one, the year goes in again that many times in all, under other
    numbers, to see whether the speed holds. Rates are medians over the slices.
    """
    _make_yardstick()
    ours: list[float] = []
    theirs: list[float] = []
    summary = Summary()
    with tempfile.TemporaryDirectory(prefix="kvitto-bench-") as folder, Takers(jobs=jobs) as takers:
        parts = _split(receipts, Path(folder), slices)
        for number, part in enumerate(parts, start=1):
            ours.append(_take(takers, blocks(str(part)), summary))
            theirs.append(_yardstick(jobs, Path(folder)))
            progress(f"slice {number}/{slices}: {ours[-1]:,.0f} receipts/s, yardstick {theirs[-1]:,.0f} rows/s")
        once = summary.read
        lines, size = summary.lines, _bytes_per_receipt()
        again = []
        for round_ in range(1, times):
            for part in parts:
                again.append(_take(takers, _renumbered(part, round_), summary))
            progress(f"year {round_ + 1}/{times}: {statistics.median(again[-slices:]):,.0f} receipts/s")
        memory = peak_rss_mb() + sum(peak_rss_mb(process.pid) for process in takers.processes if process.pid)
    rate = statistics.median(ours)
    result = {
        "receipts": once,
        "lines": lines,
        "receipts_per_s": round(rate),
        "lines_per_s": round(rate * lines / once),
        "yardstick_rows_per_s": round(statistics.median(theirs)),
        "ratio": round(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), 3),
        "bytes_per_receipt": size,
        "peak_rss_mb": round(memory),
        "slices_receipts_per_s": [round(each) for each in ours],
        "slices_yardstick_rows_per_s": [round(each) for each in theirs],
    }
    if again:
        result["times"] = times
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


def _make_yardstick() -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "CREATE TABLE yardstick (LIKE purchases_receipt INCLUDING ALL) PARTITION BY RANGE (business_day)"
        )
        for month in partitions.months():
            name, bounds = partitions.name(month), partitions.bounds(month)
            cursor.execute(f"CREATE TABLE {name.replace('purchases_receipt', 'yardstick')} PARTITION OF yardstick {bounds}")
        cursor.execute(f"GRANT SELECT, INSERT ON yardstick TO {connections[WEB].settings_dict['USER']}")


def _yardstick(jobs: int, folder: Path) -> float:
    """Rows a second of the deliveries that the yardstick's table does not hold yet."""
    spools = [folder / f"spool-{number}" for number in range(jobs)]
    rows = _spool(spools)
    context = multiprocessing.get_context("spawn")
    ends, processes = [], []
    for spool in spools:
        ours, theirs = context.Pipe()
        args = (theirs, database.url("web"), str(spool), _STAGE, _COPY, _INSERT)
        process = context.Process(target=spooled.insert, args=args)
        process.start()
        ends.append(ours)
        processes.append(process)
    for end in ends:
        end.recv()  # connected, file read
    started = time.perf_counter()
    for end in ends:
        end.send("go")
    for end in ends:
        end.recv()
    seconds = time.perf_counter() - started
    for process in processes:
        process.join()
    return rows / seconds


def _spool(spools: list[Path]) -> int:
    """Write the stored rows of each new delivery as one binary COPY, the deliveries in turn to the spools; how many rows."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT coalesce(max(delivery_id), 0) FROM yardstick")
        done = cursor.fetchone()[0]
        cursor.execute("SELECT delivery_id, count(*) FROM purchases_receipt WHERE delivery_id > %s GROUP BY 1 ORDER BY 1", [done])
        deliveries = cursor.fetchall()
    files = [spool.open("wb") for spool in spools]
    with psycopg.connect(database.url("owner")) as connection:
        for turn, (delivery, _) in enumerate(deliveries):
            query = f"COPY (SELECT {_NAMES} FROM purchases_receipt WHERE delivery_id = {delivery}) TO STDOUT (FORMAT BINARY)"
            with connection.cursor().copy(query) as copy:
                body = b"".join(copy)
            files[turn % len(files)].write(len(body).to_bytes(8, "big") + body)
    for file in files:
        file.close()
    return sum(count for _, count in deliveries)
