"""Statements and what can be read from them."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kvitto.stores.types import Level


class Topic(StrEnum):
    """What a statement is about."""

    RECORDING_LEVEL = "recording_level"
    PURCHASE_USE = "purchase_use"
    PERSONAL_SERVICES = "personal_services"
    GROUP_STATISTICS = "group_statistics"
    EMAIL = "email"
    TEXT_MESSAGE = "text_message"
    PUSH = "push"
    POST = "post"
    PHONE = "phone"
    DIET = "diet"
    SUBJECTS = "subjects"
    MEDIUM = "medium"
    FREQUENCY = "frequency"


class Channel(StrEnum):
    """The way a statement came in."""

    WEB = "web"
    SERVICE_POINT = "service_point"
    PHONE = "phone"
    LETTER = "letter"
    MIGRATION = "migration"


@dataclass(frozen=True, slots=True)
class Shown:
    """The text that somebody had before them, or heard, when they decided: its version, its language, its SHA-256."""

    version: int
    language: str
    digest: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement that was written down. A pending one holds once its person confirms it."""

    number: int
    pending: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter about a statement says. With a code, and until when it works, it asks for the person's yes."""

    entry: "HistoryEntry"
    code: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What holds about a topic: a value on its scale, or the codes of a wish. Without a number, the profile's default."""

    topic: Topic
    value: int | None
    codes: tuple[str, ...]
    number: int | None
    since: datetime | None
    channel: Channel | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One statement as its person sees it."""

    number: int
    topic: Topic
    value: int | None
    codes: tuple[str, ...]
    stated_at: datetime
    channel: Channel
    pending: bool


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
