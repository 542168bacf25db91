"""What other rooms get to know of people."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class CardState(StrEnum):
    """What became of a card."""

    ACTIVE = "active"
    LOST = "lost"
    REPLACED = "replaced"


class CodeChannel(StrEnum):
    """How a code reaches its person."""

    LETTER = "letter"
    SERVICE_POINT = "service_point"


@dataclass(frozen=True, slots=True)
class OpenCode:
    """A code that can be used: by whom, and the user name that their account has, if they have one."""

    person_id: int
    username: str | None


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to register, with the cards they hold from `since` on."""

    given_name: str
    family_name: str
    language: str
    cards: tuple[str, ...]
    since: datetime
    account_id: int | None = None


class CardHolding(NamedTuple):
    """A card was one person's from `start` up to, not including, `end` (None: still is)."""

    person_id: int
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card somebody holds or held, to show to that person."""

    number: str
    holder: str
    since: datetime
    active: bool


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What the customer register knows of a person, to show to that person."""

    given_name: str
    family_name: str
    language: str
    registered_at: datetime
