"""What is held, in plain words; and who works on it for the co-op."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Self

from kvitto.kernel.actor import ActorKind
from kvitto.kernel.privacy import Rule
from kvitto.staff.types import Act, Duty
from kvitto.stores.types import Level


class Topic(StrEnum):
    """What things are about, with a heading and the purpose they are held for. In the order in which they are told."""

    words: str
    purpose: str

    def __new__(cls, code: str, words: str, purpose: str) -> Self:
        """The code is the value; the texts go along."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.words, member.purpose = words, purpose
        return member

    PERSON = "person", "Name and language", "to know whose receipts they are, and to write to the right person"
    CARDS = "cards", "Member cards", "so that a receipt finds its buyer"
    CHOICES = "choices", "Choices", "to do what was decided, and to be able to show it"
    PURCHASES = "purchases", "Purchases", "the member's own receipts and figures, and the Bonus"
    SIGN_IN = "sign_in", "Signing in", "to let the right person in, and nobody else"
    TRACES = "traces", "Traces", "to be able to show who has done what, and why"
    STAFF = "staff", "Staff", "to let staff do what their duty is, and nothing else"


@dataclass(frozen=True, slots=True)
class Thing:
    """Columns that are one thing to a reader. A name is `table.column`, `table.*` for the rest of a table, or `room.*`."""

    topic: Topic
    words: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A thing as it is held: why, and until when, as its columns say."""

    words: str
    reasons: tuple[str, ...]
    until: tuple[Rule, ...]
    names: tuple[str, ...]

    @property
    def until_values(self) -> tuple[str, ...]:
        """The rules of time as texts."""
        return tuple(rule.value for rule in self.until)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as its person is given it: what it is in words, and why it is held."""

    name: str
    words: str
    why: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What a table holds about one person: its columns, and their rows by the columns' names."""

    topic: Topic
    table: str
    columns: list[Column]
    rows: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Seen:
    """An act that shows things of a topic to others than the person: which duties can do it, and who besides staff."""

    act: Act
    words: str
    duties: tuple[Duty, ...]
    others: tuple[ActorKind, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A topic with everything that is held on it, and who can see it."""

    topic: Topic
    until: tuple[Rule, ...]
    recorded: tuple[Recorded, ...]
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Processor:
    """Who works on personal data for the co-op from `start` up to, not including, `end`; None is without end.

    `purpose` is a text by language, `country` an ISO 3166 code of two letters, `names` are `table.column`.
    """

    name: str
    purpose: Mapping[str, str] = field(hash=False)
    country: str
    start: date
    end: date | None
    names: tuple[str, ...]

    @property
    def last_day(self) -> date | None:
        """The last day of it; None without end."""
        return date.fromordinal(self.end.toordinal() - 1) if self.end else None


@dataclass(frozen=True, slots=True)
class Handed:
    """A processor as it is shown: what it gets, in words, and the names of the columns."""

    processor: Processor
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Handing:
    """All processors, by how a day stands to their periods."""

    now: tuple[Handed, ...]
    ahead: tuple[Handed, ...]
    past: tuple[Handed, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """What having removed what is recorded already would do: counts of receipts of which goods are recorded, or archived."""

    level: Level  # at most this is kept
    categories: tuple[str, ...]  # of these nothing is kept
    receipts: int
    changed: int
    to_totals: int
    to_groups: int
    without: int  # that stay at their level and lose categories
    archived: int  # receipts in the archive that lose something, or leave it


@dataclass(frozen=True, slots=True)
class Removed:
    """What was done: the number of its entry in the record of acts, and how many receipts changed."""

    entry: int
    receipts: int


class Kind(StrEnum):
    """What a load does with a period of a processor."""

    NEW = "new"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"  # it was announced, and has not begun
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Difference:
    """What a load does with one period; `changes` names what is other than before."""

    kind: Kind
    name: str
    start: date
    changes: tuple[str, ...] = ()
