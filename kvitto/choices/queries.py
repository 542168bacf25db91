"""Reads: the state of choices, for a batch of people at a time."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

from kvitto.choices.models import Statement
from kvitto.choices.rules import DEFAULTS, KEPT_FOR, NO, WITH_CODES
from kvitto.choices.types import (
    Channel,
    Decision,
    Histories,
    History,
    HistoryEntry,
    LevelStatement,
    Topic,
)
from kvitto.kernel.db import batch_cursor
from kvitto.stores.types import Level, Profile

T = TypeVar("T")


def recording_histories(person_ids: Collection[int], *, start: Level) -> Histories:
    """The statements about how much is recorded of those among the people who made any, by person id.

    Whoever is absent has made no statement: `start`, the profile's level, holds for them throughout, and every category is
    recorded. One query a batch.
    """
    said: dict[str, dict[int, list[tuple[datetime, int, list[str]]]]] = {}
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT topic, person_id, stated_at, value, codes FROM choices_statement"
            " WHERE topic = ANY(%s) AND person_id = ANY(%s) AND NOT pending ORDER BY person_id, stated_at, id",
            [[str(Topic.RECORDING_LEVEL), str(Topic.NOT_RECORDED), *map(str, KEPT_FOR)], list(person_ids)],
            binary=True,
        )
        for topic, person_id, stated_at, value, codes in cursor.fetchall():
            said.setdefault(topic, {}).setdefault(person_id, []).append((stated_at, value, codes))

    def histories(topic: Topic, start: T, state: Callable[[int, list[str]], T]) -> dict[int, History[T]]:
        return {
            person_id: History(
                tuple(instant for instant, _, _ in each), tuple(state(value, codes) for _, value, codes in each), start
            )
            for person_id, each in said.get(topic, {}).items()
        }

    return Histories(
        histories(Topic.RECORDING_LEVEL, start, lambda value, _: Level(value)),
        histories(Topic.NOT_RECORDED, frozenset[str](), lambda _, codes: frozenset(codes)),
        histories(Topic.RECEIPT_ARCHIVE, False, lambda value, _: value > NO),
        histories(Topic.WARRANTY_RECEIPTS, False, lambda value, _: value > NO),
    )


def levels_stated_by(person_id: int) -> list[LevelStatement]:
    """A person's own statements about the recording level, newest first."""
    rows = (
        Statement.objects.filter(person_id=person_id, topic=Topic.RECORDING_LEVEL, pending=False)
        .order_by("-stated_at", "-id")
        .values_list("value", "stated_at", "channel")
    )
    return [LevelStatement(Level(value), said, Channel(way)) for value, said, way in rows if value is not None]


def decisions(person_id: int, *, profile: Profile) -> dict[Topic, Decision]:
    """What holds for a person now, about every topic; the profile's default where they have said nothing."""
    found = {
        Topic(row.topic): _decision(row)
        for row in Statement.objects.filter(person_id=person_id, pending=False).order_by("stated_at", "id")
    }
    defaults = {topic: Decision(topic, value, (), None, None, None) for topic, value in DEFAULTS[profile].items()}
    return defaults | {topic: Decision(topic, None, (), None, None, None) for topic in WITH_CODES} | found


def value_of(person_id: int, topic: Topic, *, profile: Profile) -> int:
    """Where a person stands on a topic's scale now."""
    latest = Statement.objects.filter(person_id=person_id, topic=topic, pending=False).order_by("-stated_at", "-id")
    value = latest.values_list("value", flat=True).first()
    return DEFAULTS[profile][topic] if value is None else value


def categories_out(person_id: int) -> tuple[str, ...]:
    """The categories of which nothing is recorded for a person now."""
    rows = Statement.objects.filter(person_id=person_id, topic=Topic.NOT_RECORDED, pending=False)
    return tuple(rows.order_by("-stated_at", "-id").values_list("codes", flat=True).first() or ())


def ever_kept_out() -> list[int]:
    """The people who keep a category out of the register, or have once; their ids in ascending order."""
    rows = Statement.objects.filter(topic=Topic.NOT_RECORDED, pending=False).exclude(codes=[])
    return list(rows.order_by("person_id").values_list("person_id", flat=True).distinct())


def allowing(person_ids: Collection[int], topic: Topic, *, profile: Profile) -> set[int]:
    """Those among the people who allow something now: asked where it is done, each time. One query a batch."""
    default = DEFAULTS[profile][topic]
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (person_id) person_id, value FROM choices_statement"
            " WHERE topic = %s AND person_id = ANY(%s) AND NOT pending ORDER BY person_id, stated_at DESC, id DESC",
            [str(topic), list(person_ids)],
            binary=True,
        )
        said = dict(cursor.fetchall())
    return {person_id for person_id in person_ids if said.get(person_id, default) > NO}


def history(person_id: int) -> list[HistoryEntry]:
    """Everything a person has said, newest first."""
    rows = Statement.objects.filter(person_id=person_id).select_related("store").order_by("-stated_at", "-id")
    return [_entry(row) for row in rows]


def written_down(person_id: int, number: int, *, case: str) -> HistoryEntry | None:
    """What staff wrote down for a person under a look-up; None for any other statement."""
    row = Statement.objects.filter(person_id=person_id, pk=number, case=case).exclude(case="").first()
    return _entry(row) if row else None


def waiting(person_id: int) -> list[HistoryEntry]:
    """What staff wrote down for a person and they have not confirmed: nothing that a later statement has overtaken."""
    latest: dict[Topic, HistoryEntry] = {}
    for each in history(person_id):  # newest first
        latest.setdefault(each.topic, each)
    return [each for each in latest.values() if each.pending]


def _entry(row: Statement) -> HistoryEntry:
    return HistoryEntry(
        number=row.pk,
        topic=Topic(row.topic),
        value=row.value,
        codes=tuple(row.codes),
        stated_at=row.stated_at,
        channel=Channel(row.channel),
        pending=row.pending,
        place=row.store.name if row.store else "",
    )


def _decision(row: Statement) -> Decision:
    return Decision(Topic(row.topic), row.value, tuple(row.codes), row.pk, row.stated_at, Channel(row.channel))
