"""Plans, what the Bonus is computed from, and what comes out. Money in cents, rates in hundredths of a percent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from kvitto.assortment.types import BonusClass
from kvitto.kernel.periods import Period


class Rounding(StrEnum):
    """How a part of a cent in a household's month ends. It is rounded once, when everything has been added up."""

    NEAREST = "nearest"  # half a cent goes up
    DOWN = "down"


class Step(NamedTuple):
    """From these Bonus purchases on, in cents, the whole month earns at this rate."""

    least: int
    rate: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How one co-op's members earn, from the first day of a month until its next plan."""

    company: str  # the co-op's code
    start: date
    steps: tuple[Step, ...]  # rising
    classes: frozenset[BonusClass]  # what counts
    rounding: Rounding
    payment_day: int  # of the month after, at the latest


@dataclass(frozen=True, slots=True)
class Campaign:
    """Purchases of a class earn so many times the rate on these days; in one chain, or in all (no code)."""

    company: str
    bonus_class: BonusClass
    times: int
    days: Period
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """Everything a plan file says."""

    plans: tuple[Plan, ...] = ()
    campaigns: tuple[Campaign, ...] = ()


class Earning(NamedTuple):
    """A Bonus basis of a receipt, with what else decides what it earns. The quantity is in ten-thousandths of a litre."""

    person_id: int
    day: date  # the business day
    chain: str
    bonus_class: str
    cents: int
    quantity: int = 0


class Sums(NamedTuple):
    """What one person's earnings come to. `weight` times the rate is the Bonus in millionths of a cent."""

    purchases: int = 0
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One person's part of a month."""

    purchases: int
    cents: int


@dataclass(frozen=True, slots=True)
class Bonus:
    """A unit's month. The parts' purchases and cents sum to its own."""

    purchases: int
    rate: int
    cents: int
    parts: Mapping[int, Part]  # by person


class Unit(NamedTuple):
    """Whose purchases count together: a household, or a person on the days on which they are in none. The other is 0."""

    household_id: int = 0
    person_id: int = 0


class Kind(StrEnum):
    """What a load of a plan file does with a plan or a campaign."""

    NEW = "new"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


class Difference(NamedTuple):
    """A plan or a campaign in which file and register differ; `what` names it."""

    kind: Kind
    what: str
    start: date


class EntryKind(StrEnum):
    """What a row of the ledger is. The running month has none: what it has brought so far is computed."""

    ACCRUED = "accrued"  # a closed month: what one person's purchases brought
    SETTLED = "settled"  # brought together with the main member: from the others, to them
    CORRECTED = "corrected"  # the difference that a later receipt made to a closed month
    PAID = "paid"
