"""Look-ups as they are told to members, what stands out in them, and what waits for the privacy officer."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kvitto.kernel.periods import Period
from kvitto.staff.types import Duty, Finding, Reason


@dataclass(frozen=True, slots=True)
class Shown:
    """What was done under one case, told once: how often, and of openings how many receipts of which months."""

    action: str
    times: int
    receipts: int
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a member asked about an act, and the answer. `entry` is the act's number in the record of acts."""

    question_id: int
    entry: int
    text: str
    asked_at: datetime
    due_at: datetime
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class LookUp:
    """What staff did about one member under one case. `number` is the first entry's; `alone`: without a colleague."""

    number: int
    begun: datetime
    ended: datetime
    reason: str
    duty: Duty | None
    alone: bool
    shown: tuple[Shown, ...]
    question: Question | None


@dataclass(frozen=True, slots=True)
class Other:
    """The same act of the same kind of actor on one day, other than under a case; `number` is the last entry's."""

    number: int
    at: datetime
    actor_kind: str
    action: str
    purpose: str
    times: int
    receipts: int
    question: Question | None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """A member's receipts that came in during a month: how many, and each delivery by its moment and who made it."""

    month: date
    receipts: int
    deliveries: tuple[tuple[datetime, str, int], ...]  # when, by what kind of actor, how many of the member's receipts


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that others and programs did with one member's data, newest first."""

    look_ups: list[LookUp]
    others: list[Other]
    arrivals: list[Arrivals]


# What is counted, and what stands out


@dataclass(frozen=True, slots=True)
class Count:
    """Look-ups of one account on one day by reason: cases under which something of a member was shown."""

    account_id: int
    day: date
    reason: str
    duty: Duty | None
    times: int


class AlertKind(StrEnum):
    """Why something stands out."""

    VOLUME = "volume"  # many more look-ups than is usual for the person or for the duty
    HOURS = "hours"  # when nobody is at work
    NEAR = "near"  # the member is the staff person's own household, or has their family name
    REFERENCE = "reference"  # one case reference for several members
    DENIED = "denied"  # many attempts that were refused
    NEAR_DENIED = "near_denied"  # an attempt at one's own record, one's household's or a namesake's


@dataclass(frozen=True, slots=True)
class Found:
    """Something that stands out, as a rule finds it. `about`: a case, a reference or a refusal's code; empty for a whole day.

    `figure` is how many, `usual` how many would have been usual.
    """

    kind: AlertKind
    staff_id: int
    day: date
    about: str
    figure: int
    usual: int


@dataclass(frozen=True, slots=True)
class Alert:
    """The same as it waits for the privacy officer, or was closed with a finding."""

    alert_id: int
    kind: AlertKind
    staff_id: int
    name: str
    day: date
    about: str
    figure: int
    usual: int
    due_at: datetime
    closed_at: datetime | None
    closed_by: str
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the privacy officer gets it: the act it is about and who did it, and no name of the member's."""

    question: Question
    at: datetime | None
    action: str
    purpose: str
    case: str
    colleague: str


class Symptom(StrEnum):
    """What is wrong with the log itself."""

    UNNUMBERED = "unnumbered"
    LATE_CHECKPOINT = "late_checkpoint"
    NO_WITNESS = "no_witness"
    SILENT_WITNESS = "silent_witness"


class Depth(StrEnum):
    """What was shown in a look-up that is counted for the public."""

    RECORD = "record"  # who somebody is, what they chose, their household
    PURCHASES = "purchases"  # what they bought


@dataclass(frozen=True, slots=True)
class Published:
    """How many look-ups of single members there were in a month; of purchases, in how many receipts."""

    month: date
    depth: Depth
    reason: Reason
    times: int
    receipts: int
