"""Warranty receipts, as they are sealed and as their owner reads them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from kvitto.purchases.types import ProductContent


class Copy(Struct, array_like=True, frozen=True):
    """What is sealed: what a claim needs, as the receipt has it, and what its owner adds or corrects."""

    company: str
    business_id: str
    store: str
    town: str
    workstation: str
    sequence: int
    printed: str  # the goods, as on the receipt
    serial: str
    terms: str
    until: date  # the last day, as on the receipt
    item: str  # what the owner calls the goods; at first as on the receipt
    note: str = ""


class Bought(NamedTuple):
    """A stored receipt of somebody who wants warranty receipts, with its lines."""

    person_id: int
    store_id: int
    business_day: date
    receipt_id: int
    workstation: str
    sequence: int
    end_time: datetime
    voided_at: datetime | None  # when its till has taken it back
    content: ProductContent


class Nearness(StrEnum):
    """How near the end of a guarantee is."""

    FAR = "far"
    NEAR = "near"  # 90 days or less
    SOON = "soon"  # 30 days or less
    ENDED = "ended"  # the goods were brought back, or the sale was taken back


@dataclass(frozen=True, slots=True)
class Warranty:
    """One warranty receipt. `ends_on` is the last day of the guarantee, `returned_on` the day on which the goods came back.

    Where it is `voided`, they never did: the till took the sale back that day.
    """

    warranty_id: int
    business_day: date
    receipt_id: int
    ends_on: date
    returned_on: date | None
    voided: bool
    copy: Copy

    @property
    def corrected(self) -> bool:
        """Whether the owner calls it something else, or has it end on another day, than the receipt does."""
        return self.copy.item != self.copy.printed or self.ends_on != self.copy.until
