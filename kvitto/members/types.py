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
