"""One process of the yardstick. Knows no room, so that it starts at once."""

from multiprocessing.connection import Connection

import psycopg
from psycopg.types.json import Jsonb

from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind


def insert(pipe: Connection, url: str, deliveries: list[int], columns: dict[str, str], table: str, key: str) -> None:
    """Stage and insert the stored rows of each delivery, in a transaction of its own.

    The rows are read before, into Python values, as an import has them. Says when it is ready, waits, says when done.
    """
    names = ", ".join(columns)
    stage = f"CREATE TEMP TABLE staged ({', '.join(f'{n} {t}' for n, t in columns.items())}) ON COMMIT DELETE ROWS"
    copy_in = f"COPY staged ({names}) FROM STDIN (FORMAT BINARY)"
    insert_from_stage = (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM staged ORDER BY {key} ON CONFLICT ({key}) DO NOTHING"
    )
    with psycopg.connect(url) as connection:
        identity.tell(connection, identity.Identity(ActorKind.OPERATOR))  # to read the rows that it stores again
        connection.execute(stage)
        connection.commit()
        batches = [_rows(connection, columns, delivery) for delivery in deliveries]
        pipe.send("ready")
        pipe.recv()
        for rows in batches:
            with connection.transaction():
                with connection.cursor().copy(copy_in) as copy:
                    copy.set_types(list(columns.values()))
                    for row in rows:
                        copy.write_row(row)
                connection.execute(insert_from_stage)
        pipe.send("done")


def _rows(connection: psycopg.Connection, columns: dict[str, str], delivery: int) -> list[tuple[object, ...]]:
    selected = ", ".join(f"{name}::text" if type_ == "jsonb" else name for name, type_ in columns.items())
    jsons = {index for index, type_ in enumerate(columns.values()) if type_ == "jsonb"}
    with psycopg.Cursor(connection) as cursor:
        cursor.execute(f"SELECT {selected} FROM purchases_receipt WHERE delivery_id = {delivery}", binary=True)
        rows = cursor.fetchall()
    connection.commit()
    return [tuple(Jsonb(value, dumps=str) if n in jsons else value for n, value in enumerate(row)) for row in rows]
