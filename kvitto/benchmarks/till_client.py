"""The tills' side of the measurement, in a process of its own: requests made beforehand, over kept connections. Knows no room."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import psycopg

_LENGTH = b"content-length: "


@dataclass(slots=True)
class Ran:
    """What a run of requests gave: how long it took in all, the milliseconds of each, and how often each state came."""

    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    recorded: int = 0
    refused: int = 0  # requests that were not answered with 200
    other: bytes = b""  # the last answer in which not everything was recorded


def serve(pipe: Connection) -> None:
    """Answer each (function's name, arguments) with its result until the other end closes."""
    while True:
        try:
            name, *arguments = pipe.recv()
        except EOFError:
            return
        pipe.send(asyncio.run(_send(*arguments) if name == "send" else _insert(*arguments)))


async def _send(port: int, requests: Sequence[bytes], connections: int, per_second: float) -> Ran:
    """Send requests over so many connections: each the next when it is answered, or, with a rate, when its time has come.

    With a rate the time of a request runs from when it was due, whoever was late.
    """
    ran = Ran()
    waiting = iter(enumerate(requests))
    started = time.perf_counter()

    async def till() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, request in waiting:
            begun = time.perf_counter()
            if per_second:
                due = started + number / per_second
                await asyncio.sleep(due - begun)
                begun = due
            writer.write(request)
            status, body = await _answer(reader)
            ran.milliseconds.append((time.perf_counter() - begun) * 1000)
            ran.refused += status != b"200"
            ran.recorded += body.count(b'"recorded"')
            if body.count(b'"state"') != body.count(b'"recorded"'):
                ran.other = body[:500]
        writer.close()

    await asyncio.gather(*(till() for _ in range(connections)))
    ran.seconds = time.perf_counter() - started
    return ran


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Status and body of an answer that says how long it is."""
    head = await reader.readuntil(b"\r\n\r\n")
    at = head.index(_LENGTH) + len(_LENGTH)
    length = int(head[at : head.index(b"\r\n", at)])
    return head[9:12], await reader.readexactly(length)


async def _insert(url: str, table: str, rows: Sequence[tuple[Any, ...]], key: str, connections: int) -> float:
    """Insert rows one by one, each committed before the next of its connection; the seconds."""
    marks = ", ".join(["%s"] * len(rows[0]))
    statement = f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT ({key}) DO NOTHING"
    waiting = iter(rows)
    opened = [await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(connections)]

    async def one(connection: psycopg.AsyncConnection) -> None:
        for row in waiting:
            await connection.execute(statement, row)

    started = time.perf_counter()
    await asyncio.gather(*(one(connection) for connection in opened))
    seconds = time.perf_counter() - started
    for connection in opened:
        await connection.close()
    return seconds
