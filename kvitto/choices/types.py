"""Statements and what can be read from them."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from kvitto.stores.types import Level

T = TypeVar("T")


class Topic(StrEnum):
    """What a statement is about."""

    RECORDING_LEVEL = "recording_level"
    PURCHASE_USE = "purchase_use"
    PERSONAL_SERVICES = "personal_services"
    GROUP_STATISTICS = "group_statistics"
    RECEIPT_ARCHIVE = "receipt_archive"
    WARRANTY_RECEIPTS = "warranty_receipts"
    EMAIL = "email"
    TEXT_MESSAGE = "text_message"
    PUSH = "push"
    POST = "post"
    PHONE = "phone"
    NOT_RECORDED = "not_recorded"
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


class Earlier(NamedTuple):
    """What somebody decided in an earlier register, as a statement to take in."""

    person_id: int
    topic: Topic
    value: int | None
    codes: tuple[str, ...]
    stated_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter about a statement says. With a code, and until when it works, it asks for the person's yes."""

    entry: "HistoryEntry"
    code: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What holds about a topic: a value on its scale, or the codes of a wish or of what is not recorded.

    Without a number, the profile's default.
    """

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
    place: str = ""  # the store at whose service point it was said


@dataclass(frozen=True, slots=True)
class LevelStatement:
    """One statement about the recording level, to show to who made it."""

    level: Level
    stated_at: datetime
    channel: Channel


@dataclass(frozen=True, slots=True)
class History(Generic[T]):
    """One person's statements about a topic: instants in ascending order, and what holds from each on."""

    instants: tuple[datetime, ...]
    states: tuple[T, ...]
    start: T

    def at(self, instant: datetime) -> T:
        """What held at an instant; `start` before the first statement."""
        index = bisect_right(self.instants, instant)
        return self.states[index - 1] if index else self.start


class Histories(NamedTuple):
    """What decides how much of receipts is recorded and kept, by person id: recording levels, the categories that never are,
    whether the receipt archive and the warranty receipts are turned on.

    Whoever is absent has said nothing about it.
    """

    levels: dict[int, History[Level]]
    categories: dict[int, History[frozenset[str]]]
    archives: dict[int, History[bool]]
    warranties: dict[int, History[bool]]
