"""What goes into the pipeline and what comes out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from kvitto.kernel.actor import Actor
from kvitto.tills.types import TillKey


class State(StrEnum):
    """What became of one receipt."""

    RECORDED = "recorded"
    SAME = "same"  # stored already, with the same content, or with a newer one of a source that may restate
    CONFLICT = "conflict"  # stored already, with other content; the stored one stands
    NO_MEMBER = "no_member"  # no card, or one that was nobody's at that instant; nothing personal is kept
    TOO_OLD = "too_old"  # of a business day that is over its time: acknowledged, and nothing of it is kept
    REFUSED = "rejected"  # not a receipt the register can take; quarantined with the reason, without lines


class Reason(StrEnum):
    """Why a receipt is refused."""

    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    NOT_VALID = "not_valid"
    NOT_XML = "not_xml"
    TOO_LARGE = "too_large"
    UNKNOWN_STORE = "unknown_store"
    UNKNOWN_TILL = "unknown_till"
    NOT_YOUR_STORE = "not_your_store"
    TOTALS_ONLY = "totals_only"
    IN_THE_FUTURE = "in_the_future"
    BUSINESS_DAY = "business_day"
    SIGN = "sign"
    SUMS = "sums"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery that brought receipts of one person: when, by what kind of actor, its entry's number, how many of theirs."""

    at: datetime
    actor_kind: str
    entry: int
    receipts: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why, where in the receipt (a path such as `$.lines[3].amount`), and what is wrong; no value of the receipt's.

    `wrote` is what the sender wrote there, where seeing it helps them: told to them, never stored.
    """

    reason: Reason
    field: str
    message: str
    wrote: str = ""

    @property
    def told(self) -> str:
        """The message for the sender."""
        return f"{self.message}: {self.wrote}" if self.wrote else self.message


class Form(StrEnum):
    """In which of our own forms something is written. A till says it by the address it sends to."""

    RECEIPT = "receipt"  # a receipt, or the header of a transaction that is no sale
    ORDER = "order"  # a part of a web order, delivered or refunded
    TOTALS = "totals"  # what a partner sends: a card, a day, a sum


class Raw(NamedTuple):
    """One receipt as it arrived, and its place: the line of the file, the index in the request.

    `version` comes with a dialect whose tills may restate: of two versions the greater one stands.
    """

    position: int
    body: bytes
    refusal: Refusal | None = None  # set by a reader that could not even hold it
    form: Form = Form.RECEIPT
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """What somebody hands in at once. `key`: the till key it comes with; without one, receipts of any store.

    `single`: one receipt of a till that sends each as it is closed; those of one key in one minute are one delivery.
    """

    by: Actor
    receipts: Sequence[Raw]
    key: TillKey | None = None
    single: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A purchase as its buyer reads it off the paper: till and number, or the code, and what it came to."""

    store_id: int
    business_day: date
    total_cents: int
    workstation: str | None = None
    sequence: int | None = None
    code: str | None = None


class OpenClaim(NamedTuple):
    """A member says that a purchase of a store is theirs."""

    id: int
    person_id: int
    business_day: date
    workstation: str | None
    sequence: int | None
    code: str | None
    total_cents: int


@dataclass(frozen=True, slots=True)
class OwnClaim:
    """One of a member's own claims, and when its time is over."""

    id: int
    claimed: Claimed
    ends_at: datetime


class Well(NamedTuple):
    """What a receipt that passed every check is called by its till."""

    store: str
    business_day: str
    workstation: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused receipt, as the rejects file names it: without lines."""

    position: int
    refusal: Refusal
    store: str = ""
    business_day: str = ""
    workstation: str = ""
    sequence: int | None = None


@dataclass(slots=True)
class BatchResult:
    """What became of a batch: the state of each receipt in order, how many lines were read, and the refusals."""

    states: list[State]
    lines: int
    refused: list[Refused]

    @property
    def recorded(self) -> int:
        """How many receipts were recorded."""
        return self.states.count(State.RECORDED)


@dataclass(slots=True)
class Summary:
    """What became of a whole import."""

    counts: Counter[State] = field(default_factory=Counter)
    lines: int = 0
    not_sales: int = 0  # transactions of a dialect's file that are no receipts

    @property
    def read(self) -> int:
        """How many receipts were read."""
        return sum(self.counts.values())


class UsedNumber(NamedTuple):
    """A running number that a till has used, for whatever it was. `late`: it came in long after the till had used it."""

    business_day: date
    store_id: int
    workstation: str
    sequence: int
    late: bool


class GapState(StrEnum):
    """What is known of numbers that were missing once later ones had come."""

    OPEN = "open"
    FILLED = "filled"  # they came in after all, late
    VOID = "void"  # somebody has declared that nothing ever had them
    LOST = "lost"  # somebody has declared that they will not come


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of a till that follow each other, both ends in."""

    first: int
    last: int
    state: GapState

    @property
    def count(self) -> int:
        """How many numbers."""
        return self.last - self.first + 1

    @property
    def text(self) -> str:
        """The numbers, as people write them."""
        return f"{self.first}" if self.first == self.last else f"{self.first}\N{EN DASH}{self.last}"


@dataclass(frozen=True, slots=True)
class TillDay:
    """A till's business day on which numbers were missing, or came in late."""

    store_id: int
    store: str  # its code
    business_day: date
    workstation: str
    gaps: tuple[Gap, ...]
    late: int  # how many numbers came in more than a day after they were used
    last_at: datetime  # when a number of the day last came in that was not known yet

    @property
    def open(self) -> int:
        """How many numbers are missing, with nothing declared of them."""
        return sum(gap.count for gap in self.gaps if gap.state is GapState.OPEN)
