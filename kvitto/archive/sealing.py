"""Archived receipts as they are sealed and opened: bound to their owner, their receipt and their level."""

import struct
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from kvitto.archive.models import Receipt
from kvitto.kernel.periods import Period, quarter_of
from kvitto.purchases.rules import pack_content
from kvitto.purchases.types import GroupContent, ProductContent, Recorded
from kvitto.stores.types import Level
from kvitto.vault import actions as vault
from kvitto.vault.types import Compartment, ToOpen, ToSeal

_BOUND = struct.Struct(">QiQB")  # person, business day, receipt, level
_decode = msgspec.msgpack.Decoder(ProductContent | GroupContent).decode


class Whole(NamedTuple):
    """What is sealed: a receipt with its content."""

    person_id: int
    business_day: date
    receipt_id: int
    content: ProductContent | GroupContent


def level_of(content: ProductContent | GroupContent) -> Level:
    """The level that a content is of."""
    return Level.PRODUCT if isinstance(content, ProductContent) else Level.GROUP


def sealed(receipts: Iterable[Whole]) -> list[bytes]:
    """The blobs of some receipts, in order; in the caller's transaction."""
    items = [
        ToSeal(
            each.person_id,
            quarter_of(each.business_day),
            pack_content(each.content),
            _bound(each.person_id, each.business_day, each.receipt_id, level_of(each.content)),
        )
        for each in receipts
    ]
    return vault.seal(items=items, compartment=Compartment.ARCHIVE)


def to_open(rows: Iterable[Receipt]) -> list[ToOpen]:
    """What the vault opens of some rows."""
    return [
        ToOpen(bytes(row.sealed), _bound(row.person_id, row.business_day, row.receipt_id, row.level)) for row in rows
    ]


def recorded(rows: Iterable[Receipt], plain: Iterable[bytes]) -> list[Recorded]:
    """Rows with what was opened of them, in order."""
    return [
        Recorded(row.business_day, row.receipt_id, row.store_id, Level(row.level), _decode(text))
        for row, text in zip(rows, plain, strict=True)
    ]


def spanned(rows: Sequence[Receipt]) -> Period:
    """The days of some rows, of which there is one at least."""
    days = [row.business_day for row in rows]
    return Period(min(days), date.fromordinal(max(days).toordinal() + 1))


def _bound(person_id: int, business_day: date, receipt_id: int, level: int) -> bytes:
    return _BOUND.pack(person_id, business_day.toordinal(), receipt_id, level)
