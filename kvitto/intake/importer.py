"""Importing receipt files: one reader, and as many takers as there are processes.

The reader cuts the file into blocks of whole lines; a taker turns a block into one transaction (or a few). With one block
there is one taker, in this process. A taker whose reader is killed sees its pipe close and ends; what it had not committed
the next run brings again, and what it had counts as `same`.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from django.db import Error

from kvitto.intake import worker
from kvitto.intake.reader import Block, blocks
from kvitto.intake.types import BatchResult, Refused, Summary
from kvitto.kernel.errors import KvittoError


class ImportStoppedError(KvittoError):
    """The import could not go on; what was committed stays, and running it again brings the rest."""


def import_files(
    names: Iterable[str],
    *,
    summary: Summary,
    on_refused: Callable[[str, Refused], None],
    on_bytes: Callable[[int], None] | None = None,
    jobs: int = 2,
    dry_run: bool = False,
) -> None:
    """Import files one after the other into `summary`, which is right also when an error or an interruption ends it.

    `on_refused` hears each refusal with its file, `on_bytes` how far the files have been read. UnreadableFileError and
    ImportStoppedError end it; the clock is read for every batch.
    """
    read_before = 0
    for name in names:

        def heard(position: int, before: int = read_before) -> None:
            if on_bytes:
                on_bytes(before + position)

        def count(results: list[BatchResult], name: str = name) -> None:
            for result in results:
                summary.counts.update(result.states)
                summary.lines += result.lines
                for refused in result.refused:
                    on_refused(name, refused)

        _import(blocks(name, on_bytes=heard), count=count, jobs=jobs, dry_run=dry_run)
        read_before += Path(name).stat().st_size if name != "-" else 0


def _import(stream: Iterator[Block], *, count: Callable[[list[BatchResult]], None], jobs: int, dry_run: bool) -> None:
    first = list(_some(stream, 2))
    if jobs < 2 or len(first) < 2:
        taker = worker.Taker(dry_run=dry_run)
        for block in _chain(first, stream):
            try:
                count(taker.take(block))
            except Error as error:
                raise _stopped(str(error)) from error
        return
    with _takers(jobs, dry_run=dry_run) as idle:
        busy: set[Connection] = set()
        for block in _chain(first, stream):
            if not idle:
                _collect(busy, idle, count)
            taker_end = idle.pop()
            taker_end.send(block)
            busy.add(taker_end)
        while busy:
            _collect(busy, idle, count)


def _collect(busy: set[Connection], idle: list[Connection], count: Callable[[list[BatchResult]], None]) -> None:
    """Wait for at least one taker and count what it answers."""
    for end in wait(list(busy)):
        assert isinstance(end, Connection)  # noqa: S101  only pipes are waited for
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
def _takers(jobs: int, *, dry_run: bool) -> Iterator[list[Connection]]:
    """Processes that take blocks; ours are the ends of their pipes. They finish the block in hand when the pipe closes."""
    context = multiprocessing.get_context("spawn")
    ends: list[Connection] = []
    processes: list[Any] = []
    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=worker.serve, args=(theirs,), kwargs={"dry_run": dry_run}, daemon=False)
            process.start()
            theirs.close()
            ends.append(ours)
            processes.append(process)
        yield list(ends)
    finally:
        for end in ends:
            end.close()
        for process in processes:
            process.join()


def _stopped(why: str) -> ImportStoppedError:
    first_line = why.strip().splitlines()[0] if why.strip() else "unknown error"
    return ImportStoppedError(
        f"the import stopped: {first_line}. What was counted is recorded; mend the cause and run the same import again"
    )


def _some(stream: Iterator[Block], limit: int) -> Iterator[Block]:
    for _ in range(limit):
        try:
            yield next(stream)
        except StopIteration:
            return


def _chain(first: list[Block], rest: Iterator[Block]) -> Iterator[Block]:
    yield from first
    yield from rest
