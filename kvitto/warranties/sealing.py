"""Warranty receipts as they are sealed and opened: bound to their owner, their receipt and their line."""

import struct
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from kvitto.kernel.periods import quarter_of
from kvitto.vault import actions as vault
from kvitto.vault.types import Compartment, ToOpen, ToSeal
from kvitto.warranties import models
from kvitto.warranties.types import Copy, Warranty

_BOUND = struct.Struct(">QiQi")  # person, business day, receipt, line
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Copy).decode


def seal(rows: Sequence[models.Warranty], copies: Iterable[Copy]) -> None:
    """Seal the copy of each row into it, under the key of the quarter its guarantee ends in; in the caller's transaction."""
    items = [
        ToSeal(row.person_id, quarter_of(row.ends_on), _encode(copy), _bound(row))
        for row, copy in zip(rows, copies, strict=True)
    ]
    for row, blob in zip(rows, vault.seal(items=items, compartment=Compartment.WARRANTY), strict=True):
        row.sealed = blob


def to_open(rows: Iterable[models.Warranty]) -> list[ToOpen]:
    """What the vault opens of some rows."""
    return [ToOpen(bytes(row.sealed), _bound(row)) for row in rows]


def copies(plain: Iterable[bytes]) -> list[Copy]:
    """What was opened, in order."""
    return [_decode(text) for text in plain]


def shown(row: models.Warranty, copy: Copy) -> Warranty:
    """A row as its owner reads it."""
    return Warranty(row.pk, row.business_day, row.receipt_id, row.ends_on, row.returned_on, row.voided, copy)


def _bound(row: models.Warranty) -> bytes:
    day: date = row.business_day
    return _BOUND.pack(row.person_id, day.toordinal(), row.receipt_id, row.line)
