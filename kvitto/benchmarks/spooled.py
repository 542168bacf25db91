"""One process of the yardstick. Knows no room, so that it starts at once."""

from multiprocessing.connection import Connection
from pathlib import Path

import psycopg


def insert(pipe: Connection, url: str, spool: str, stage: str, copy_in: str, insert_from_stage: str) -> None:
    """Stage and insert every spooled delivery in a transaction of its own; says when it is ready, waits, says when done."""
    content = memoryview(Path(spool).read_bytes())
    bodies = []
    while content:
        length = int.from_bytes(content[:8], "big")
        bodies.append(content[8 : 8 + length])
        content = content[8 + length :]
    with psycopg.connect(url) as connection:
        connection.execute(stage)
        connection.commit()
        pipe.send("ready")
        pipe.recv()
        for body in bodies:
            with connection.transaction():
                with connection.cursor().copy(copy_in) as copy:
                    copy.write(body)
                connection.execute(insert_from_stage)
        pipe.send("done")
