"""What other rooms get to know of people."""

from dataclasses import dataclass
from datetime import date, datetime
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


class ContactKind(StrEnum):
    """The ways to reach somebody that the register keeps, one of each a person."""

    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person's post goes; the country as two capital letters (ISO 3166). Empty where it is not known."""

    street: str = ""
    postal_code: str = ""
    town: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class OpenCode:
    """A code that can be used: by whom, and the user name that their account has, if they have one."""

    person_id: int
    username: str | None


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to register, with the cards they hold from `since` on. `number` is the co-op's own for the member."""

    given_name: str
    family_name: str
    language: str
    cards: tuple[str, ...]
    since: datetime
    account_id: int | None = None
    number: str | None = None
    birth_date: date | None = None
    address: Address = Address()
    home: str = ""  # code of the co-op whose member they are from `since` on; none when it is empty


class PersonRecord(NamedTuple):
    """A person as a file of the co-op's own register has them, in the order of staging. `number` finds them again."""

    number: str
    given_name: str
    family_name: str
    language: str
    birth_date: date | None
    street: str
    postal_code: str
    town: str
    country: str
    email: str | None
    email_verified_at: datetime | None
    phone: str | None
    phone_verified_at: datetime | None
    coop: str  # the home co-op's code
    member_since: date | None
    left_on: date | None


class CardRecord(NamedTuple):
    """A card as such a file has it: held by the person with that member number, in [start, end)."""

    number: str
    member: str
    start: datetime
    end: datetime | None
    state: str


class Taken(NamedTuple):
    """What became of a batch of records: how many of each, and by place in the batch, why some were not taken."""

    new: int
    changed: int
    same: int
    kept: int  # the register has it otherwise, and was not to be changed
    refused: dict[int, tuple[str, str]]  # place -> (column, reason)


class Numbered(NamedTuple):
    """Who has a member number, and when they were born."""

    person_id: int
    birth_date: date | None


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
    number: str | None
    birth_date: date | None
    address: Address


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a person. `verified_at` is None until it is known to be theirs."""

    kind: ContactKind
    value: str
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's home co-op from a day up to, not including, another (None: still is)."""

    company: str
    name: str
    start: date
    end: date | None
