"""Importing receipt files: one reader, and as many takers as there are processes.

The reader cuts the file into blocks of whole lines, or translates it when it is of another dialect; a taker turns a block
into one transaction (or a few). With one block there is one taker, in this process. A taker whose reader is killed sees its
pipe close and ends; what it had not committed the next run brings again, and what it had counts as `same`.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Self, cast

import django
from django.db import Error

from kvitto.intake import worker
from kvitto.intake.dialects.reading import dialect_of, translated
from kvitto.intake.dialects.types import Format, Profile, Syntax, Translated
from kvitto.intake.reader import Block, UnreadableFileError, blocks, chunks, head
from kvitto.intake.types import BatchResult, Refused, Summary
from kvitto.kernel.database import explained
from kvitto.kernel.errors import KvittoError

Counting = Callable[[list[BatchResult]], None]


class ImportStoppedError(KvittoError):
    """The import could not go on; what was committed stays, and running it again brings the rest."""


class Takers:
    """Processes that take blocks in, for as long as the context lasts; with one job, this process takes them itself."""

    def __init__(self, *, jobs: int, dry_run: bool = False) -> None:
        self.jobs = jobs
        self.dry_run = dry_run
        self.processes: list[SpawnProcess] = []
        self.ends: list[Connection] = []  # ours, of the pipes to them

    def __enter__(self) -> Self:
        if self.jobs > 1:
            context = multiprocessing.get_context("spawn")
            for _ in range(self.jobs):
                ours, theirs = context.Pipe()
                process = context.Process(target=worker.serve, args=(theirs,), kwargs={"dry_run": self.dry_run})
                process.start()
                theirs.close()
                self.ends.append(ours)
                self.processes.append(process)
        return self

    def __exit__(self, *raised: object) -> None:
        """They finish the block in hand when their pipe closes."""
        for end in self.ends:
            end.close()
        for process in self.processes:
            process.join()

    def take(self, stream: Iterable[Block | Translated], count: Counting) -> None:
        """Have every block taken in, in no particular order; `count` hears the results of each."""
        if not self.ends:
            taker = worker.Taker(dry_run=self.dry_run)
            for block in stream:
                try:
                    count(taker.take(block))
                except Error as error:
                    raise _stopped(str(error)) from error
            return
        idle, busy = list(self.ends), set[Connection]()
        try:
            for block in stream:
                if not idle:
                    _collect(busy, idle, count)
                with _undisturbed():  # what is sent is noted as sent
                    end = idle.pop()
                    end.send(block)
                    busy.add(end)
        finally:  # also when the file breaks off or somebody interrupts: what is in hand gets counted
            while busy:
                _collect(busy, idle, count)


def import_files(
    names: Iterable[str],
    *,
    summary: Summary,
    on_refused: Callable[[str, str, Refused], None],
    on_bytes: Callable[[int], None] | None = None,
    jobs: int = 2,
    dry_run: bool = False,
    said: Format = Format.AUTO,
    profile: Profile | None = None,
) -> None:
    """Import files one after the other into `summary`, which is right also when an error or an interruption ends it.

    `on_refused` hears each refusal with its file and whether its position is a `line` or a `transaction`, `on_bytes` how
    far the files have been read. `said` and `profile` are what is known of the files' format. UnreadableFileError,
    UnknownDialectError and ImportStoppedError end it; the clock is read for every batch.
    """
    before = 0
    for name in names:

        def heard(position: int, before: int = before) -> None:
            if on_bytes:
                on_bytes(before + position)

        dialect = dialect_of(head(name), said=said, profile=profile)
        unit = "transaction" if dialect and dialect.syntax is Syntax.XML else "line"

        def count(results: list[BatchResult], name: str = name, unit: str = unit) -> None:
            for result in results:
                summary.counts.update(result.states)
                summary.lines += result.lines
                for refused in result.refused:
                    on_refused(name, unit, refused)

        stream: Iterator[Block | Translated]
        stream = blocks(name, on_bytes=heard) if dialect is None else _translated(name, dialect, heard, summary)
        first: list[Block | Translated] = list(islice(stream, 1))
        second, broken = _second(stream)
        with Takers(jobs=jobs if second else 1, dry_run=dry_run) as takers:
            takers.take(chain(first, second, stream), count)
        if broken:
            raise broken
        before += Path(name).stat().st_size if name != "-" else 0


def _second(stream: Iterator[Block | Translated]) -> tuple[list[Block | Translated], UnreadableFileError | None]:
    """The second block, if there is one, or why the file ends before it: the first is taken in all the same."""
    try:
        return list(islice(stream, 1)), None
    except UnreadableFileError as error:
        return [], error


def _translated(name: str, profile: Profile, on_bytes: Callable[[int], None], summary: Summary) -> Iterator[Translated]:
    zones = _zones() if profile.zone == "store" else {}
    for some in translated(chunks(name, on_bytes=on_bytes), profile=profile, zones=zones):
        summary.not_sales += len(some.others)
        yield some


def _zones() -> dict[str, str]:
    django.setup()  # this process gets by without until it needs to know something
    from kvitto.stores import queries as stores

    return stores.zones()


def _collect(busy: set[Connection], idle: list[Connection], count: Counting) -> None:
    """Wait for at least one taker and count what it answers."""
    for end in cast("list[Connection]", wait(list(busy))):
        with _undisturbed():  # what is answered is counted
            busy.discard(end)
            try:
                answer = end.recv()
            except EOFError:
                raise _stopped("an import process died") from None
            if isinstance(answer, str):
                raise _stopped(answer)
            idle.append(end)
            count(answer)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """An interruption waits until this is done."""
    waiting: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt


def _stopped(why: str) -> ImportStoppedError:
    return ImportStoppedError(
        f"the import stopped: {explained(why)}. What was counted is recorded; mend the cause and run the same import again"
    )
