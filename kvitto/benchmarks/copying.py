"""One process that fills the large register: the receipts of its share of the copies, day by day.

Rooms that have tables are imported once Django is ready: a process that was spawned begins with nothing.
"""

import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import django
from django.db import connections
from psycopg.types.json import Jsonb

from kvitto.kernel import identity
from kvitto.kernel.actor import OPERATOR, ActorKind
from kvitto.kernel.db import WEB, batch_cursor, opened
from kvitto.kernel.periods import quarter_of

EARLIER = timedelta(weeks=51)  # every second copy's year is before the demo's; all of its days are still kept
SEQUENCES = 10**11  # the source's basket numbers are below it; a copy's are above by as many times as the copy's number
DIGEST_BYTES = 32

Row = Sequence[Any]  # a receipt by its columns, the Bonus basis as text


class Plan(NamedTuple):
    """What all the filling processes are told."""

    jobs: int
    copies: list[int]
    last_original: int  # ids of people above it are copies'
    shoppers: list[int]
    days: set[date]  # of the demo's receipts
    own_days: set[date]  # of the shoppers'


class Original(NamedTuple):
    """A receipt of the small register, opened; nothing at total level."""

    row: Row
    plaintext: bytes | None


def copy_receipts(pipe: Connection, number: int, plan: Plan) -> None:
    """Put in the receipts of the copies whose turn it is, in the order of their days; tells how far it is.

    The first process also takes out those of the shoppers and puts them back in between.
    """
    django.setup()
    identity.process_is(ActorKind.OPERATOR)
    with connections[WEB].cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # what a crash breaks off is not complete and is filled anew
    mine = [copy for copy in plan.copies if copy // 2 % plan.jobs == number]
    people = {copy: _people_of(copy) for copy in mine}
    own = _take_out(plan.shoppers) if number == 0 else {}
    done = 0
    for day in sorted({*plan.days, *plan.own_days, *(each - EARLIER for each in plan.days)}):
        parts = [(each, _originals(each, plan)) for each in (day, day + EARLIER) if each in plan.days]
        with opened():
            _put(own.get(day, []))
            for each, originals in parts:
                done += _put_copies(originals, {n: people[n] for n in mine if n % 2 == (each == day)}, day)
        pipe.send(f"{done:,} up to {day}")
    pipe.close()


def _people_of(copy: int) -> dict[int, int]:
    """Who stands for whom in a copy."""
    with batch_cursor() as cursor:
        cursor.execute("SELECT original, person FROM bench_copy WHERE copy = %s", [copy])
        return dict(cursor.fetchall())


def _rows(condition: str, parameters: list[Any]) -> list[Row]:
    from kvitto.purchases.actions import COLUMNS

    names = ", ".join("bonus_basis::text" if name == "bonus_basis" else name for name in COLUMNS)
    with batch_cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM purchases_receipt WHERE {condition}", parameters, binary=True)
        return cursor.fetchall()


def _take_out(shoppers: list[int]) -> dict[date, list[Row]]:
    """The receipts of the shoppers by day; they are deleted, to be put in again among those of their day."""
    by_day = defaultdict(list)
    for row in _rows("person_id = ANY(%s)", [shoppers]):
        by_day[row[0]].append(row)
    with opened(), batch_cursor() as cursor:
        cursor.execute("DELETE FROM purchases_receipt WHERE person_id = ANY(%s)", [shoppers])
    return by_day


def _originals(day: date, plan: Plan) -> list[Original]:
    """The demo's receipts of a day, opened."""
    from kvitto.purchases.actions import seal_context
    from kvitto.vault import actions as vault
    from kvitto.vault.types import ToOpen

    rows = _rows(
        "business_day = %s AND person_id <= %s AND person_id <> ALL(%s) ORDER BY end_time",
        [day, plan.last_original, plan.shoppers],
    )
    items = [
        ToOpen(row[17], seal_context(row[6], row[1], row[0], row[2], row[3], row[4], row[8]))
        for row in rows
        if row[17] is not None
    ]
    opened_items = vault.open_sealed(
        items=items, by=OPERATOR, purpose="measurement", subject=None, period=None, now=datetime.now(UTC)
    )
    plain = iter(opened_items)
    return [Original(row, None if row[17] is None else next(plain)) for row in rows]


def _put_copies(originals: list[Original], people: dict[int, dict[int, int]], day: date) -> int:
    """A copy's receipt of each original for each of the copies, sealed under its own person's key; how many."""
    from kvitto.purchases.actions import seal_context
    from kvitto.vault import actions as vault
    from kvitto.vault.types import Compartment, ToSeal

    quarter = quarter_of(day)
    items: list[ToSeal] = []
    rows: list[list[Any]] = []
    digests = os.urandom(DIGEST_BYTES * len(originals) * len(people))
    for row, plaintext in originals:
        move = day - row[0]
        begin, end = row[4] + move, row[5] + move
        for copy, person_of in people.items():
            person, sequence = person_of[row[6]], row[3] + SEQUENCES * copy
            start = len(rows) * DIGEST_BYTES
            digest = digests[start : start + DIGEST_BYTES]
            rows.append([day, row[1], row[2], sequence, begin, end, person, *row[7:15], digest, row[16], None])
            if plaintext is not None:
                bound_to = seal_context(person, row[1], day, row[2], sequence, begin, row[8])
                items.append(ToSeal(person, quarter, plaintext, bound_to))
    blobs = iter(vault.seal(items=items, compartment=Compartment.LINES))
    total = [original.plaintext is None for original in originals for _ in people]
    for row, without in zip(rows, total, strict=True):
        row[17] = None if without else next(blobs)
    _put(rows)
    return len(rows)


def _put(rows: Sequence[Row]) -> None:
    """Store rows as they are, by way of a table of this session's: nothing is copied straight into a walled one."""
    from kvitto.purchases.actions import COLUMNS

    names = ", ".join(COLUMNS)
    types = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS.items())
    with batch_cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS put ({types}) ON COMMIT DELETE ROWS")
        cursor.execute("TRUNCATE put")
        with cursor.copy(f"COPY put ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(list(COLUMNS.values()))
            for row in rows:
                copy.write_row((*row[:14], Jsonb(row[14], dumps=str), *row[15:]))
        cursor.execute(f"INSERT INTO purchases_receipt ({names}) SELECT {names} FROM put")
