"""`kvitto bench formats`: POSLog XML to receipts of the wire format, against expat alone over the same bytes.

The document is made up after what vendors write: about 800 bytes a line, most of which no receipt needs. Both run over the
same pieces in alternating slices, on one core, by the processor's clock, without a database. Memory is looked at after one
document and after one many times as large.
"""

import pyexpat
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from kvitto.benchmarks.scratch import resident_mb
from kvitto.intake.dialects import profiles
from kvitto.intake.dialects.reading import translated
from kvitto.intake.dialects.types import Profile
from kvitto.intake.reader import BLOCK_BYTES
from kvitto.kernel.errors import KvittoError
from kvitto.kernel.money import amount

Progress = Callable[[str], None]

LINES = 9  # of a receipt, as in the demo's year
CENTS = 215

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<POSLog xmlns="http://www.nrf-arts.org/IXRetail/namespace/">\n'
_TAIL = "</POSLog>\n"
_LINE = """      <LineItem EntryMethod="Scanned" VoidFlag="false">
        <SequenceNumber>{number}</SequenceNumber>
        <Sale ItemType="Stock">
          <POSIdentity POSIDType="GTIN">
            <POSItemID>6408430000135</POSItemID>
            <Qualifier>{number}</Qualifier>
          </POSIdentity>
          <ItemID>06408430000135</ItemID>
          <MerchandiseHierarchy Level="Department" ID="11">DAIRY</MerchandiseHierarchy>
          <Description>MILK ORGANIC 1.5L</Description>
          <UnitListPrice>2.15</UnitListPrice>
          <RegularSalesUnitPrice>2.15</RegularSalesUnitPrice>
          <ActualSalesUnitPrice>2.15</ActualSalesUnitPrice>
          <ExtendedAmount>2.15</ExtendedAmount>
          <DiscountAmount>0.00</DiscountAmount>
          <ExtendedDiscountAmount>0.00</ExtendedDiscountAmount>
          <Quantity Units="1" UnitOfMeasureCode="EA">1</Quantity>
          <Tax TaxType="VAT">
            <Percent>13.50</Percent>
          </Tax>
        </Sale>
      </LineItem>
"""
_TRANSACTION = """  <Transaction>
    <RetailStoreID>101</RetailStoreID>
    <WorkstationID>1</WorkstationID>
    <SequenceNumber>{number}</SequenceNumber>
    <BusinessDayDate>2026-11-20</BusinessDayDate>
    <BeginDateTime>2026-11-20T17:02:40</BeginDateTime>
    <EndDateTime>2026-11-20T17:03:11</EndDateTime>
    <OperatorID OperatorName="12">12</OperatorID>
    <CurrencyCode>EUR</CurrencyCode>
    <RetailTransaction Version="2.2">
{lines}      <LineItem>
        <SequenceNumber>90</SequenceNumber>
        <Tender TenderType="CreditDebit" TypeCode="Sale">
          <Amount>{total}</Amount>
        </Tender>
      </LineItem>
      <Total TotalType="TransactionGrandAmount">{total}</Total>
      <LoyaltyAccount>
        <CustomerID>9246000000000017</CustomerID>
      </LoyaltyAccount>
    </RetailTransaction>
  </Transaction>
"""


class IncompleteError(KvittoError):
    """A measurement did not do what it measures."""


def run(*, slices: int, receipts: int, times: int, progress: Progress) -> dict[str, Any]:
    """Translate a document of so many receipts in each slice, and at the end one that is so many times as long.

    Rates are medians over the slices, in MB (10^6 bytes) a second.
    """
    profile = profiles.named("poslog")
    pieces: list[bytes] = list(_document(receipts, 1))
    size = sum(map(len, pieces)) / 1e6
    ours: list[float] = []
    plain: list[float] = []
    for number in range(1, slices + 1):
        ours.append(size / _seconds(_translate, iter(pieces), profile, receipts))
        plain.append(size / _seconds(_expat, pieces))
        progress(f"slice {number}/{slices}: {ours[-1]:.1f} MB/s, expat alone {plain[-1]:.1f} MB/s")
    del pieces
    memories = []
    for length in (1, times):
        _translate(_document(receipts, length), profile, receipts * length)
        memories.append(resident_mb([]))
    return {
        "document_mb": round(size, 1),
        "mb_per_s": round(statistics.median(ours), 1),
        "receipts_per_s": round(statistics.median(ours) / size * receipts),
        "yardstick_mb_per_s": round(statistics.median(plain), 1),
        "ratio": round(statistics.median(a / b for a, b in zip(ours, plain, strict=True)), 3),
        "long_document_mb": round(size * times, 1),
        "rss_mb": [round(each, 1) for each in memories],
        "slices_mb_per_s": [round(each, 1) for each in ours],
        "slices_yardstick_mb_per_s": [round(each, 1) for each in plain],
    }


def _document(receipts: int, times: int) -> Iterator[bytes]:
    """A document in pieces as a file is read in, so many times the receipts long."""
    lines = "".join(_LINE.format(number=number) for number in range(1, LINES + 1))
    pending = _HEAD.encode()
    for number in range(receipts * times):
        pending += _TRANSACTION.format(number=number, lines=lines, total=amount(LINES * CENTS)).encode()
        if len(pending) >= BLOCK_BYTES:
            yield pending
            pending = b""
    yield pending + _TAIL.encode()


def _seconds(work: Callable[..., None], *arguments: Any) -> float:
    """Of the processor's time: what else the machine does is not counted as ours."""
    started = time.process_time()
    work(*arguments)
    return time.process_time() - started


def _translate(pieces: Iterator[bytes], profile: Profile, wanted: int) -> None:
    good = 0
    for some in translated(pieces, profile=profile, zones={"101": "Europe/Helsinki"}):
        good += sum(raw.refusal is None for raw in some.raws)
    if good != wanted:
        raise IncompleteError("not every receipt was translated; the measurement is void")


def _expat(pieces: list[bytes]) -> None:
    parser = pyexpat.ParserCreate()
    for piece in pieces:
        parser.Parse(piece, False)
    parser.Parse(b"", True)
