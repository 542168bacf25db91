"""What an import of the co-op's own register reads and tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from kvitto.choices.types import Topic
from kvitto.households.types import Role
from kvitto.kernel.rows import Reject


class Kind(StrEnum):
    """What a file is of. In this order they go in: each refers to those before it."""

    PEOPLE = "people"
    CARDS = "cards"
    HOUSEHOLDS = "households"
    CHOICES = "choices"


class PlaceRecord(NamedTuple):
    """One person of a household, by the numbers of the co-op's own register."""

    household: str
    member: str
    role: Role
    since: date
    guardian: str


class ChoiceRecord(NamedTuple):
    """What somebody has decided in an earlier register: a value on the topic's scale, or codes."""

    member: str
    topic: Topic
    value: int | None
    codes: tuple[str, ...]
    stated_at: datetime


@dataclass(slots=True)
class Summary:
    """What became of the rows of all files of a kind."""

    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("new", "changed", "same", "kept", "rejected"), 0)
    )

    @property
    def rows(self) -> int:
        """How many there were."""
        return sum(self.counts.values())


Values = Mapping[str, str]
Heard = Callable[[str, Reject], None]  # a file's name, and a row of it that was not taken
