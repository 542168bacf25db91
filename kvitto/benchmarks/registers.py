"""The registers that pages are measured in: the demo's with the two shoppers among its people, and one many times its size.

They are kept under fixed names, because the large one takes minutes to fill; a table tells one that is complete. The large
one is the small one copied, to which every person's copies are added with the same receipts a copy's own key has sealed:
half of them in the demo's year, half in the year before it. Receipts go in by day, as they would come in, so that one
member's lie as far apart as in a register that grew.
"""

import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import cast

from backports import zstd
from django.db import connections

from kvitto.benchmarks import scratch, shoppers
from kvitto.benchmarks.copying import Plan, copy_receipts
from kvitto.demo import actions as demo
from kvitto.intake.importer import import_files
from kvitto.intake.types import State, Summary
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import OWNER, WEB, opened
from kvitto.kernel.errors import KvittoError, SetupError
from kvitto.kernel.home import home
from kvitto.members import actions as members
from kvitto.members.types import NewPerson

Progress = Callable[[str], None]

COPY_BYTES = 250_000_000  # the database grows by this for each copy of the demo's people, the server's log included
PEOPLE_A_BATCH = 2_000
JOBS = 2
_COMPLETE = "bench_filled"


class IncompleteFillError(KvittoError):
    """A register could not be filled; running the measurement again starts it anew."""


def name(times: int) -> str:
    """The database with so many times the demo's members."""
    return f"kvitto_bench_pages_{times}"


def fill(*, times: int, migrate: Callable[[], None], prepare: Callable[[Path], Path], progress: Progress) -> str:
    """Have both registers filled, and brought up to the program's schema; says how large the large one is.

    `migrate` sets up the database that the connections point at; `prepare` puts network, assortment and people of the demo
    into it and says where the year's receipts are.
    """
    _ensure_room(times)
    _ensure(name(1), migrate, lambda: _fill_once(migrate, prepare, progress), progress)
    if times > 1:
        _ensure(name(times), migrate, lambda: _fill_with_copies(times, progress), progress, like=name(1))
    with scratch.pointed_at(name(times)):
        return _size()


@contextmanager
def without_walls() -> Iterator[str]:
    """The demo's register once more, without row-level security; dropped at the end. Its name.

    Nobody may be connected to the register itself while it is copied.
    """
    copy = f"{name(1)}_without_walls"
    scratch.drop(copy)  # of a measurement that was killed
    try:
        scratch.create(copy, like=name(1))
        with scratch.pointed_at(copy), connections[OWNER].cursor() as cursor:
            cursor.execute("SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity OR relforcerowsecurity")
            for (table,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY")
        yield copy
    finally:
        scratch.drop(copy)


def forget(times: int) -> None:
    """Drop both."""
    for each in {1, times}:
        scratch.drop(name(each))


def _ensure_room(times: int) -> None:
    """Refuse to fill a disk. Only the embedded server's disk is this machine's for certain."""
    if times == 1 or _is_complete(name(times)):
        return
    need, free = times * COPY_BYTES, shutil.disk_usage(home()).free
    if free < need:
        raise SetupError(
            f"{times} times the demo's members take about {need // 10**9} GB, and only {free // 10**9} GB are free"
            f" under {home()}: make room, or measure fewer with --times"
        )


def _is_complete(database: str) -> bool:
    if not scratch.exists(database):
        return False
    with scratch.pointed_at(database):
        return _filled_on() is not None


def _ensure(
    database: str, migrate: Callable[[], None], fill: Callable[[], None], progress: Progress, like: str = ""
) -> None:
    """Use the database when it is complete; else make it, fill it and say that it is."""
    if _is_complete(database):
        with scratch.pointed_at(database):
            migrate()
            progress(f"{database}: {_size()}; filled on {_filled_on()}, --fresh fills it anew")
        return
    scratch.drop(database)
    progress(f"{database}: filling")
    started = time.monotonic()
    scratch.create(database, like=like)
    with scratch.pointed_at(database):
        fill()
        with connections[OWNER].cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {_COMPLETE} (name text, day date)")
            cursor.execute(f"INSERT INTO {_COMPLETE} VALUES (current_database(), current_date)")
        progress(f"{database}: {_size()}; filled in {time.monotonic() - started:,.0f} s")


def _filled_on() -> date | None:
    """When the database was complete; None when it is not, also where it is a copy of one that was."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [_COMPLETE])
        if cursor.fetchone()[0] is None:
            return None
        cursor.execute(f"SELECT day FROM {_COMPLETE} WHERE name = current_database()")
        row = cursor.fetchone()
        return row[0] if row else None


def _size() -> str:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM members_person), (SELECT count(*) FROM purchases_receipt),"
            " pg_database_size(current_database())"
        )
        people, receipts, size = cursor.fetchone()
    return f"{people:,} people, {receipts:,} receipts, {size / 10**9:.1f} GB"


def _fill_once(migrate: Callable[[], None], prepare: Callable[[Path], Path], progress: Progress) -> None:
    migrate()
    folder = home() / "bench"
    year = prepare(folder)
    now = datetime.now(UTC)
    with opened():
        shoppers.join(now=now)
    path = folder / "pages.ndjson"
    summary = Summary()
    try:
        with zstd.open(year, "rb") as receipts, path.open("wb") as file:
            file.writelines(shoppers.merged(receipts, now=now))
        progress("the demo's receipts and the shoppers'")
        import_files([str(path)], summary=summary, on_refused=lambda *_: None, jobs=JOBS)
    finally:
        path.unlink(missing_ok=True)
    if summary.counts[State.RECORDED] < summary.read:
        raise IncompleteFillError("not every receipt was recorded; the measurement would be void")
    demo.close_months(by=OPERATOR, now=now)


def _fill_with_copies(times: int, progress: Progress) -> None:
    plan = _plan(times)
    _copy_people(times, progress)
    for alias in (WEB, OWNER):
        connections[alias].close()
    context = multiprocessing.get_context("spawn")
    ends, running = [], []
    for number in range(JOBS):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=copy_receipts, args=(theirs, number, plan))
        process.start()
        theirs.close()
        ends.append(ours)
        running.append(process)
    _listen(ends, progress)
    for process in running:
        process.join()
    if any(process.exitcode for process in running):
        raise IncompleteFillError("a filling process failed; see above, mend the cause and run the same again")


def _plan(times: int) -> Plan:
    """What to copy, before there is a copy."""
    cards = [shopper.card for shopper in shoppers.SHOPPERS]
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT person_id FROM members_card WHERE number = ANY(%s)", [cards])
        own = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT max(id) FROM members_person")
        last = cursor.fetchone()[0]
        cursor.execute("SELECT DISTINCT business_day, person_id = ANY(%s) FROM purchases_receipt", [own])
        days = cursor.fetchall()
    return Plan(
        jobs=JOBS,
        copies=list(range(1, times)),
        last_original=last,
        shoppers=own,
        days={day for day, is_own in days if not is_own},
        own_days={day for day, is_own in days if is_own},
    )


def _copy_people(times: int, progress: Progress) -> None:
    """Every person `times` minus one times more, with a card each; who is whose copy is in a table of its own."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("CREATE TABLE bench_copy (copy int, original bigint, person bigint)")
        cursor.execute(f"GRANT SELECT, INSERT ON bench_copy TO {connections[WEB].settings_dict['USER']}")
    originals = _people()
    for copy in range(1, times):
        for start in range(0, len(originals), PEOPLE_A_BATCH):
            _register_copies(copy, originals[start : start + PEOPLE_A_BATCH])
        if copy % 10 == 0:
            progress(f"people: copy {copy} of {times - 1}")
    with connections[OWNER].cursor() as cursor:
        cursor.execute("CREATE INDEX ON bench_copy (copy)")


def _people() -> list[tuple[int, str, str, str, str, datetime]]:
    """Everybody but the shoppers: id, names, language, card and since when it is held."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT p.id, given_name, family_name, language, number, lower(period) FROM members_person p"
            " JOIN members_card c ON c.person_id = p.id WHERE number <> ALL(%s) ORDER BY p.id",
            [[shopper.card for shopper in shoppers.SHOPPERS]],
        )
        return list(cursor.fetchall())


def _register_copies(copy: int, originals: list[tuple[int, str, str, str, str, datetime]]) -> None:
    people = [
        NewPerson(given, family, language, (f"953{copy:04d}{number[6:15]}",), since)
        for _, given, family, language, number, since in originals
    ]
    with opened():
        ids = members.register(people=people, by=OPERATOR, now=datetime.now(UTC))
        with connections[WEB].cursor() as cursor:
            cursor.execute(
                "INSERT INTO bench_copy SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[])",
                [copy, [original[0] for original in originals], ids],
            )


def _listen(ends: list[Connection], progress: Progress) -> None:
    """Tell how far the filling processes are until each has closed its end."""
    waiting, last = list(ends), 0.0
    done: dict[int, str] = {}
    while waiting:
        for end in cast("list[Connection]", wait(list(waiting))):
            try:
                done[id(end)] = end.recv()
            except EOFError:
                waiting.remove(end)
        if time.monotonic() - last > 10:
            last = time.monotonic()
            progress(f"receipts: {', '.join(done.values())}")
