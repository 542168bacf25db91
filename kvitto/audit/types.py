"""What others get to know of the record of acts."""

from dataclasses import dataclass
from datetime import date, datetime

OPENING = "vault.open"


@dataclass(frozen=True, slots=True)
class OwnWeek:
    """How often somebody opened their own purchases in the week that begins on a Monday."""

    monday: date
    times: int


@dataclass(frozen=True, slots=True)
class Trace:
    """One act that touched one person's data."""

    at: datetime
    actor_kind: str
    action: str
    purpose: str
    count: int  # receipts that were opened; of other acts, rows

    @property
    def opened(self) -> bool:
        """Whether it opened what was bought."""
        return self.action == OPENING
