"""What others get to know of a household."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kvitto.kernel.periods import Period


class Role(StrEnum):
    """What somebody is in their household."""

    MAIN = "main"
    ADULT = "adult"
    MINOR = "minor"


class Offer(StrEnum):
    """What an invitation leads to, once it is accepted."""

    JOIN = "join"  # an adult becomes one of the household; whoever has its code
    MAIN = "main"  # an adult of the household becomes its main member


@dataclass(frozen=True, slots=True)
class NewPlace:
    """Somebody to take into a household; the birth date is needed of a minor, who may have a guardian."""

    person_id: int
    role: Role
    since: date
    birth_date: date | None = None
    guardian_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewHome:
    """A household to take in, with the number that an earlier register had for it."""

    places: Sequence[NewPlace]
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Mate:
    """Somebody who is in a household today."""

    person_id: int
    given_name: str
    role: Role
    since: date
    ward: bool  # a minor whom the person who asks is a guardian of


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that can still be accepted, as the household's main member sees it."""

    invitation_id: int
    offer: Offer
    given_name: str  # of whom it is for; empty when it is for whoever has the code
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Home:
    """A person's household today: the person first, then the main member, the adults, the minors."""

    household_id: int
    role: Role
    mates: tuple[Mate, ...]
    offered_main: int | None  # the invitation by which the person may become the main member

    @property
    def others(self) -> tuple[Mate, ...]:
        """Everybody but the person who asks."""
        return self.mates[1:]


@dataclass(frozen=True, slots=True)
class Shared:
    """The days on which a main member of today and another person were in one household, the main member as that.

    `here`: whether the other is in it today, too.
    """

    person_id: int
    given_name: str
    days: Period
    here: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody was or is in a household, as something, on these days."""

    household_id: int
    person_id: int
    role: Role
    days: Period
