"""Statements and what can be read from them."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kvitto.stores.types import Level


class Topic(StrEnum):
    """What a statement is about."""

    RECORDING_LEVEL = "recording_level"


class Channel(StrEnum):
    """The way a statement came in."""

    WEB = "web"
    SERVICE_POINT = "service_point"
    PHONE = "phone"
    LETTER = "letter"
    MIGRATION = "migration"


@dataclass(frozen=True, slots=True)
class LevelStatement:
    """One statement about the recording level, to show to who made it."""

    level: Level
    stated_at: datetime
    channel: Channel


@dataclass(frozen=True, slots=True)
class LevelHistory:
    """One person's statements about the recording level: instants in ascending order, the level from each on."""

    instants: tuple[datetime, ...]
    levels: tuple[Level, ...]
    start: Level

    def at(self, instant: datetime) -> Level:
        """The level that held at an instant; the profile's before the first statement."""
        index = bisect_right(self.instants, instant)
        return self.levels[index - 1] if index else self.start
