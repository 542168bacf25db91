"""What others get to know of the record of acts."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from kvitto.kernel.periods import Period

OPENING = "vault.open"
LOOKS = (
    OPENING,
    "purchases.view",
    "staff.view_record",
    "staff.view_bonus",
)  # acts of staff that show something of one person


@dataclass(frozen=True, slots=True)
class OwnWeek:
    """How often somebody opened their own purchases in the week that begins on a Monday."""

    monday: date
    times: int


@dataclass(frozen=True, slots=True)
class Trace:
    """One act that touched one person's data. `case` names the case that it was done under; `period`, the days it was about."""

    number: int
    at: datetime
    actor_kind: str
    action: str
    purpose: str
    count: int  # receipts that were opened; of other acts, rows
    case: str
    period: Period | None

    @property
    def opened(self) -> bool:
        """Whether it opened what was bought."""
        return self.action == OPENING


@dataclass(frozen=True, slots=True)
class Touched:
    """One act of one account on one person's data; the person by their audit id, which names nobody."""

    at: datetime
    action: str
    purpose: str
    case: str
    count: int
    subject: UUID | None  # never None: those about nobody are not listed


@dataclass(frozen=True, slots=True)
class Witness:
    """What a witness had kept when it was last handed something: so many entries, signed when."""

    name: str
    size: int
    signed_at: datetime | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """How the log stands: entries with a number and without, since when the oldest waits, what was signed last, who keeps it."""

    numbered: int
    waiting: int
    oldest_waiting: datetime | None
    signed: int
    signed_at: datetime | None
    witnesses: tuple[Witness, ...]
