"""Reads: the state of choices, for a batch of people at a time."""

from collections.abc import Collection
from datetime import datetime

from kvitto.choices.models import Statement
from kvitto.choices.types import Channel, LevelHistory, LevelStatement, Topic
from kvitto.kernel.db import batch_cursor
from kvitto.stores.types import Level


def level_histories(person_ids: Collection[int], *, start: Level) -> dict[int, LevelHistory]:
    """The recording-level statements of those among the people who made any, by person id.

    Whoever is absent has made no statement: `start`, the profile's level, holds for them throughout. One query a batch.
    """
    rows: dict[int, list[tuple[datetime, Level]]] = {}
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT person_id, stated_at, value FROM choices_statement"
            " WHERE topic = %s AND person_id = ANY(%s) ORDER BY person_id, stated_at, id",
            [str(Topic.RECORDING_LEVEL), list(person_ids)],
            binary=True,
        )
        for person_id, stated_at, value in cursor.fetchall():
            rows.setdefault(person_id, []).append((stated_at, Level(value)))
    return {
        person_id: LevelHistory(
            instants=tuple(stated_at for stated_at, _ in statements),
            levels=tuple(level for _, level in statements),
            start=start,
        )
        for person_id, statements in rows.items()
    }


def levels_stated_by(person_id: int) -> list[LevelStatement]:
    """A person's own statements about the recording level, newest first."""
    rows = (
        Statement.objects.filter(person_id=person_id, topic=Topic.RECORDING_LEVEL)
        .order_by("-stated_at", "-id")
        .values_list("value", "stated_at", "channel")
    )
    return [LevelStatement(Level(value), stated_at, Channel(channel)) for value, stated_at, channel in rows]
