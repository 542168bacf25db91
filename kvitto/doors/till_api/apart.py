"""Taking parcels in by a process of its own. In it rooms are imported only after Django is ready."""

import logging
import multiprocessing
import os
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING

import django

from kvitto.doors.till_api.errors import BusyError

if TYPE_CHECKING:
    from kvitto.intake.types import BatchResult, Parcel

log = logging.getLogger(__name__)


class FailedError(Exception):
    """Parcels were not taken in; the log of the process says why."""


class Apart:
    """Takes parcels in as `Here` does, in a process that begins with the first of them, and anew after it has died."""

    def __init__(self) -> None:
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    def commit(self, parcels: "Sequence[Parcel]") -> "list[BatchResult | None]":
        """What became of each, once all are committed; None when its key no longer holds. Raises BusyError, FailedError."""
        from kvitto.doors.till_api.taking import no_answer

        pipe = self._pipe = self._pipe or self._begin()
        try:
            pipe.send(parcels)
            answer: list[BatchResult | None] | str | None = pipe.recv()
        except (EOFError, OSError):
            log.warning("a process that takes receipts in has died; another one begins with the next list")
            self.close()
            raise BusyError(1, "this was interrupted") from None
        if isinstance(answer, str):
            raise FailedError(answer)
        if answer is None:
            raise no_answer()
        return answer

    def close(self) -> None:
        """The process finishes what it has in hand, and ends."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join()
        self._pipe = self._process = None

    def _begin(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        return ours


def serve(pipe: Connection) -> None:
    """Take in what comes and answer it until the other end closes, also when it is killed.

    An answer is what became of each parcel, None when the database does not answer, or what else went wrong.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides; what is in hand is finished
    os.environ["KVITTO_DATABASE_POOL"] = "no"  # that is the pages'; one thread has one connection
    django.setup()
    from kvitto.doors.till_api.taking import Here
    from kvitto.intake.worker import answer_all, rest_the_collector

    taker = Here()
    rest_the_collector()

    def take(parcels: "Sequence[Parcel]") -> "list[BatchResult | None] | str | None":
        try:
            return taker.commit(parcels)
        except BusyError:
            return None
        except Exception as error:  # whatever it was, who waits is told, and the next list is taken
            log.exception("receipts were not taken in")
            return str(error) or type(error).__name__

    answer_all(pipe, take)
