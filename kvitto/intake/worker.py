"""The part of an import that runs once a process: blocks in, results out. Imports rooms only after Django is ready."""

import gc
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import django

from kvitto.intake.dialects.types import Translated
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.errors import KvittoError

if TYPE_CHECKING:
    from kvitto.intake.reader import Block
    from kvitto.intake.types import BatchResult, Raw


def serve(connection: Connection, *, dry_run: bool) -> None:
    """Answer each block with its results, or with an error's text, until the other end closes (also when it is killed)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides; a block in hand is finished
    taker = Taker(dry_run=dry_run)
    rest_the_collector()
    from django.db import Error

    def take(block: "Block | Translated") -> "list[BatchResult] | str":
        try:
            return taker.take(block)
        except (Error, KvittoError) as error:
            return f"{error}".strip() or type(error).__name__

    answer_all(connection, take)


def answer_all(pipe: Connection, take: Callable[[Any], object]) -> None:
    """Answer each thing that comes with what `take` makes of it, until the other end closes: also when it is killed."""
    while True:
        try:
            asked = pipe.recv()
        except (EOFError, ConnectionResetError):
            return
        answer = take(asked)
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return


def rest_the_collector() -> None:
    """Receipts hold no cycles: looking for them after every few hundred objects took a tenth of the time of an import."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(500_000, 10, 10)


class Taker:
    """Takes blocks in, each batch in a transaction of its own; holds what the process remembers between them."""

    def __init__(self, *, dry_run: bool) -> None:
        django.setup()
        from kvitto.intake.reference import Reference

        self.reference = Reference()
        self.dry_run = dry_run

    def take(self, block: "Block | Translated") -> "list[BatchResult]":
        """The results of a block's batches."""
        from kvitto.intake.actions import MAX_BATCH

        receipts = block.receipts()
        # who hands receipts in sees what it takes to record them, and deletes nothing
        with identity.acting(ActorKind.TILL):
            if isinstance(block, Translated) and (headers := block.headers()):
                self._batch(headers)  # counted as no sales by whoever translates
            return [self._batch(receipts[start : start + MAX_BATCH]) for start in range(0, len(receipts), MAX_BATCH)]

    def _batch(self, batch: "list[Raw]") -> "BatchResult":
        from datetime import UTC, datetime

        from kvitto.intake.commit import commit
        from kvitto.intake.types import Parcel
        from kvitto.kernel.actor import OPERATOR

        parcel = Parcel(OPERATOR, batch)
        (result,) = commit(parcels=[parcel], now=datetime.now(UTC), reference=self.reference, dry_run=self.dry_run)
        return result  # type: ignore[return-value]  # only a key could have ended
