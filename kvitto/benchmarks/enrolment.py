"""`kvitto bench members`: a whole co-op's people and cards into an empty register, and a day's changes of them.

The yardstick: the rows that were stored, put into tables with the same columns, indexes and constraints by PostgreSQL itself, with
no file, no checks and nothing around it.
"""

import csv
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connections

from kvitto.enrolment.importer import take_files
from kvitto.enrolment.types import Kind, Summary
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import OWNER
from kvitto.kernel.errors import KvittoError
from kvitto.stores.models import Company
from kvitto.stores.types import CompanyKind

Progress = Callable[[str], None]

TABLES = ("members_person", "members_contact", "members_membership", "members_card")
CARDS_FOR_PEOPLE = (8, 5)  # so many cards for so many people
DELTA_PARTS = (
    20  # of a delta's rows: parts of new people, moved ones, ones who left, lost cards and new ones; the rest changes
)
GIVEN, FAMILY = ("Aada", "Eino", "Helmi", "Leo", "Märta", "Nils"), ("Berg", "Heikkilä", "Koski", "Lund", "Nieminen")
PEOPLE: tuple[str, ...] = (
    "number",
    "given_name",
    "family_name",
    "language",
    "birth_date",
    "street",
    "postal_code",
    "town",
    "country",
)
PEOPLE += ("email", "phone", "coop", "member_since", "left_on")
CARDS = ("card", "member", "since", "until", "state")
SINCE = datetime(2015, 1, 1, tzinfo=UTC)


class IncompleteError(KvittoError):
    """A measurement did not do what it measures."""


def run(folder: Path, *, people: int, delta: int, progress: Progress) -> dict[str, Any]:
    """Measure in the database the connections point at, which holds a network; all people are invented."""
    coops = sorted(Company.objects.filter(kind=CompanyKind.COOP).values_list("code", flat=True))
    cards = people * CARDS_FOR_PEOPLE[0] // CARDS_FOR_PEOPLE[1]
    files = folder / "people.csv", folder / "cards.csv"
    _write(files[0], PEOPLE, (_person(n, coops) for n in range(people)))
    _write(files[1], CARDS, (_card(n, n % people) for n in range(cards)))
    before = _peak_mb()
    progress(f"{people:,} people and {cards:,} cards are written")
    seconds = {kind: _take([file], kind, progress, change=False) for kind, file in zip(Kind, files, strict=False)}
    peak = _peak_mb()
    changes = folder / "changes.csv", folder / "changed-cards.csv"
    part = delta // DELTA_PARTS
    _write(changes[0], PEOPLE, _changed_people(people, part, coops))
    _write(changes[1], CARDS, _changed_cards(people, cards, part))
    started = time.perf_counter()
    for kind, file in zip(Kind, changes, strict=False):
        _take([file], kind, progress, change=True)
    delta_seconds = time.perf_counter() - started
    progress("the yardstick: the same rows, put in by PostgreSQL alone")
    yardstick = _yardstick()
    total = sum(seconds.values())
    return {
        "people": people,
        "cards": cards,
        "import_s": round(total, 1),
        "people_s": round(seconds[Kind.PEOPLE], 1),
        "cards_s": round(seconds[Kind.CARDS], 1),
        "people_per_s": round(people / seconds[Kind.PEOPLE]),
        "cards_per_s": round(cards / seconds[Kind.CARDS]),
        "yardstick_s": round(yardstick, 1),
        "ratio": round(total / yardstick, 2),
        "delta": part * DELTA_PARTS,
        "delta_s": round(delta_seconds, 1),
        "peak_rss_mb": round(peak),
        "rss_before_mb": round(before),
    }


def _take(files: Sequence[Path], kind: Kind, progress: Progress, *, change: bool) -> float:
    """Seconds."""
    steps = 0

    def heard(_: Kind, rows: int) -> None:
        nonlocal steps
        if rows // 500_000 > steps:
            steps = rows // 500_000
            progress(f"{kind}: {rows:,} rows, {rows / (time.perf_counter() - started):,.0f} a second")

    started = time.perf_counter()
    summaries: dict[Kind, Summary] = take_files(
        files,
        change=change,
        dry_run=False,
        by=OPERATOR,
        now=datetime.now(UTC),
        on_rejected=_never,
        on_rows=heard,
    )
    seconds = time.perf_counter() - started
    counts = summaries[kind].counts
    if counts["same"] or counts["kept"]:
        raise IncompleteError(f"not every row was new or changed: {counts}; the measurement is void")
    return seconds


def _never(name: str, reject: object) -> None:
    raise IncompleteError(f"{name}: {reject}; the measurement is void")


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def _person(
    n: int, coops: Sequence[str], *, street: str = "Exempelgatan", coop: int = 0, left: str = ""
) -> Sequence[str]:
    born = date(1935, 1, 1) + timedelta(days=n * 7919 % 26_000)
    names = GIVEN[n % len(GIVEN)], FAMILY[n * 7 % len(FAMILY)], ("fi", "sv", "en")[n * 3 % 10 // 8]
    where = f"{street} {n % 400}", f"{n * 31 % 99_999:05}", "Exempelstad", "FI"
    reached = f"m{n}@example.org" if n % 3 else "", f"+3584{n:08}" if n % 4 else ""
    since = SINCE.date() + timedelta(days=n % 3_000 + 900 * (coop or 0))
    return f"M{n}", *names, str(born), *where, *reached, coops[(n + coop) % len(coops)], str(since), left


def _card(n: int, person: int, *, until: str = "", state: str = "") -> Sequence[str]:
    since = SINCE + timedelta(seconds=n * 86_399 % 300_000_000)
    return f"{9_246_000_000_000_000 + n * 7:016}", f"M{person}", since.isoformat(), until, state


def _changed_people(people: int, part: int, coops: Sequence[str]) -> Iterator[Sequence[str]]:
    """New ones, new streets, new home co-ops, and some who have left; spread over the register."""
    step = people // (part * 16) or 1
    for n in range(part * 4):
        yield _person(people + n, coops)
    for n in range(part * 9):
        yield _person(n * step, coops, street="Nygatan")
    for n in range(part * 9, part * 10):
        yield _person(n * step, coops, coop=1)
    for n in range(part * 10, part * 11):
        yield _person(n * step, coops, left=str(datetime.now(UTC).date()))


def _changed_cards(people: int, cards: int, part: int) -> Iterator[Sequence[str]]:
    for n in range(part * 4):
        yield _card(cards + n, people + n)
    now, step = datetime.now(UTC).isoformat(timespec="seconds"), people // (part * 16) or 1
    for n in range(part * 12, part * 13):
        yield _card(n * step, n * step, until=now, state="lost")


def _yardstick() -> float:
    """Seconds for the stored rows, into tables like theirs."""
    with connections[OWNER].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)")
        started = time.perf_counter()
        for table in TABLES:
            cursor.execute(f"INSERT INTO bench_{table} SELECT * FROM {table}")
        return time.perf_counter() - started


def _peak_mb() -> float:
    """The most that this process has held in memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
