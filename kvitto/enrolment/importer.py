"""Taking the co-op's own register in: people, cards, households and earlier choices from files, some thousand rows at a time.

Each batch is a transaction of its own, so an import that was cut off is run again and finds what is there. A dry run is one
transaction that is taken back.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from kvitto.enrolment import rules, takers
from kvitto.enrolment.types import Heard, Kind, Summary, Values
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import opened
from kvitto.kernel.rows import BadValueError, Reject, clean
from kvitto.kernel.tables import FileRefusedError, Form, Layout, Rows, recognized
from kvitto.members import bulk

BATCH = 10_000  # rows
FEWEST = 20  # rows that say something about a file
_ADDRESS = ("street", "postal_code", "town", "country")
_VERIFIED = ("email_verified_at", "phone_verified_at")


@dataclass(frozen=True, slots=True)
class _Way:
    """How files of a kind are read: their columns, and what a row says."""

    layout: Layout
    parse: Callable[[Values, datetime], Any]
    together: str = ""  # rows with the same value in this column stand together, and go into one batch
    daily: bool = False  # whether a delta may have them; the others are the member's to change, once they are here


_WAYS: Mapping[Kind, _Way] = {
    Kind.PEOPLE: _Way(
        Layout(
            ("number", "given_name", "family_name", "language"),
            (*_ADDRESS, "birth_date", "email", "phone", *_VERIFIED, "coop", "member_since", "left_on"),
            forms=dict.fromkeys(("birth_date", "member_since", "left_on"), Form.DAY)
            | dict.fromkeys(_VERIFIED, Form.INSTANT),
        ),
        rules.person,
        daily=True,
    ),
    Kind.CARDS: _Way(
        Layout(("card", "member", "since"), ("until", "state"), forms={"since": Form.INSTANT, "until": Form.INSTANT}),
        rules.card,
        daily=True,
    ),
    Kind.HOUSEHOLDS: _Way(
        Layout(("household", "member", "role", "since"), ("guardian",), forms={"since": Form.DAY}),
        rules.place,
        together="household",
    ),
    Kind.CHOICES: _Way(
        Layout(("member", "topic", "value", "stated_at"), forms={"stated_at": Form.INSTANT}),
        rules.choice,
    ),
}


@dataclass(slots=True)
class _Batch:
    """What some rows say, the numbers of those rows, and the rows that say nothing."""

    records: list[Any] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.records) + len(self.rejects)


_Opened = tuple[Path, Kind, Sequence[str], Rows]


def take_files(
    paths: Sequence[Path],
    *,
    change: bool,
    dry_run: bool,
    by: Actor,
    now: datetime,
    on_rejected: Heard,
    on_rows: Callable[[Kind, int], None] = lambda *_: None,
) -> dict[Kind, Summary]:
    """Take files in, in the order of their kinds; what became of their rows.

    `change`: a daily delta, which changes what the register has otherwise; an import leaves that as it is. `on_rejected`
    hears each row that was not taken, `on_rows` how many have been read. Raises FileRefusedError for a file that cannot be
    used: nothing of a file is taken whose columns seem to be swapped.
    """
    files = sorted((_recognize(path, change=change) for path in paths), key=lambda file: list(Kind).index(file[1]))
    summaries: dict[Kind, Summary] = {}
    with opened() if dry_run else nullcontext():
        for path, kind, columns, rows in files:
            summary = summaries.setdefault(kind, Summary())
            first = True
            for batch in _ahead(_parsed(rows, kind, now)):
                with nullcontext() if dry_run else opened():
                    counts, rejects = _take(kind, batch, columns, change=change, by=by, now=now)
                    if first:
                        _refuse_swapped(path, batch, rejects)
                first = False
                for name, count in counts.items():
                    summary.counts[name] += count
                for reject in rejects:
                    on_rejected(str(path), reject)
                on_rows(kind, summary.rows)
        if dry_run:
            transaction.set_rollback(True)
    return summaries


def _recognize(path: Path, *, change: bool) -> _Opened:
    layout, columns, rows = recognized(path, [way.layout for way in _WAYS.values()])
    kind = next(kind for kind, way in _WAYS.items() if way.layout is layout)
    if change and not _WAYS[kind].daily:
        raise FileRefusedError(
            f"{path}: {kind} go in once, with kvitto members import; from then on members change them themselves"
        )
    return path, kind, columns, rows


def _parsed(rows: Rows, kind: Kind, now: datetime) -> Iterator[_Batch]:
    """Batches of what the rows say."""
    parse, together = _WAYS[kind].parse, _WAYS[kind].together
    batch, last = _Batch(), ""
    for number, row in rows:
        current = row.get(together, "") if together and not isinstance(row, str) else ""
        if batch.rows >= BATCH and (not together or current != last):
            yield batch
            batch = _Batch()
        last = current
        try:
            batch.records.append(parse(clean(row), now))
            batch.numbers.append(number)
        except BadValueError as bad:
            batch.rejects.append(Reject(number, bad.column, bad.reason))
    if batch.rows:
        yield batch


def _ahead(batches: Iterator[_Batch]) -> Iterator[_Batch]:
    """The same, each made in a thread of its own while the database takes the one before."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, batches, None)
            yield batch


def _take(
    kind: Kind, batch: _Batch, columns: Sequence[str], *, change: bool, by: Actor, now: datetime
) -> tuple[dict[str, int], list[Reject]]:
    """Have a batch taken in; the counts, and what was not taken."""
    match kind:
        case Kind.PEOPLE:
            taken = bulk.take_people(batch.records, columns=columns, change=change, by=by, now=now)
        case Kind.CARDS:
            taken = bulk.take_cards(batch.records, change=change, by=by, now=now)
        case Kind.HOUSEHOLDS:
            taken = takers.take_households(batch.records, by=by, now=now)
        case Kind.CHOICES:
            taken = takers.take_choices(batch.records, by=by, now=now)
    rejects = batch.rejects + [Reject(batch.numbers[place], *why) for place, why in taken.refused.items()]
    rejects.sort(key=lambda reject: reject.row)
    counts = {"new": taken.new, "changed": taken.changed, "same": taken.same, "kept": taken.kept}
    return counts | {"rejected": len(rejects)}, rejects


def _refuse_swapped(path: Path, batch: _Batch, rejects: Sequence[Reject]) -> None:
    """Most of the first rows cannot be used: the file is not what its header says."""
    if batch.rows >= FEWEST and len(rejects) * 2 > batch.rows:
        (column, reason), often = Counter((reject.column, reject.reason) for reject in rejects).most_common(1)[0]
        raise FileRefusedError(
            f"{path}: {len(rejects):,} of the first {batch.rows:,} rows cannot be used, {often:,} of them because of"
            f" {column or 'the row'}: {reason}. See whether columns are swapped; nothing of the file was taken in"
        )
