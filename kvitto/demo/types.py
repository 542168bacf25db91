"""Values of the demo."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol


class Progress(Protocol):
    """Told how far a step is: its name, how much of how much is done."""

    def __call__(self, step: str, done: int, total: int, /) -> None: ...


class SourceProduct(NamedTuple):
    """A product of the source; empty texts where the source has none."""

    product_id: int
    maker: int
    department: str
    brand: str
    category: str
    type: str
    size: str


@dataclass(frozen=True, slots=True)
class Named:
    """A department or category of the source: its names by language and its traits."""

    names: dict[str, str]
    traits: frozenset[str]


@dataclass(frozen=True, slots=True)
class Adult:
    """An invented person: the first or second adult of a household of the source."""

    household: int
    number: int  # 1 or 2
    given_name: str
    family_name: str
    language: str
    card: str
    since: date  # holds the card from this day of the source's time on
    username: str = ""  # of the few who have an account


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the register says of the demo."""

    shift_days: int
    source: str
    loaded_at: datetime
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        """Whether the receipts have been taken in too."""
        return self.finished_at is not None


@dataclass(frozen=True, slots=True)
class ReadyMember:
    """An invented person that anybody may look around as."""

    username: str
    account_id: int
    given_name: str
    language: str
    receipts: int


@dataclass(frozen=True, slots=True)
class ReadyColleague:
    """An invented person of the staff that anybody may look around as."""

    username: str
    account_id: int
    name: str
