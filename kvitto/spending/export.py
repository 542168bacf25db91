"""A member's receipts as own tools read them: the published form of the export and of the API. Pure.

Its JSON Schema is made from these types and kept in docs/reference. The words are the wire format's, where both say the same.
Amounts are strings with two decimals, quantities strings with up to four; both are signed.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from kvitto.kernel.money import amount
from kvitto.purchases.types import Amount, Beside, LineType, Quantity, ReceiptHead, StoredGuarantee, Tender, Vat
from kvitto.spending.types import ReceiptPage

FORMAT: Literal["kvitto-receipts-1"] = "kvitto-receipts-1"
QUANTITY_UNITS = 10_000


class Seller(Struct, frozen=True):
    """Whose receipt it is."""

    company: str
    business_id: str
    chain: str
    store: str
    town: str


class ExportedGuarantee(Struct, frozen=True):
    """The guarantee of a line, as far as it is known: its last day, its terms, the goods' serial number."""

    until: date
    terms: str | None
    serial: str | None


class ExportedLine(Struct, frozen=True):
    """One line, as far as products are recorded."""

    type: LineType
    article: Annotated[str | None, Meta(description="GTIN or the chain's own article number, as scanned")]
    text: Annotated[str, Meta(description="The text as printed")]
    name: Annotated[str | None, Meta(description="The product's name, in the document's language where it has one")]
    quantity: Quantity
    unit: Annotated[str | None, Meta(description="Of the quantity: pcs, kg, l, m")]
    amount: Annotated[Amount, Meta(description="What the line adds to the total: tax included, discounts taken off")]
    discount: Annotated[Amount, Meta(description="What was taken off already")]
    vat: Annotated[str, Meta(description="The rate printed on the line")]
    guarantee: ExportedGuarantee | None


class ExportedGroup(Struct, frozen=True):
    """What was bought of one product group, where groups are recorded. Without a name: goods of no known group."""

    name: str | None
    amount: Amount


class ExportedBonus(Struct, frozen=True):
    """What one Bonus class counts of the receipt; the quantity only where the class counts by it."""

    bonus_class: str
    amount: Amount
    quantity: Quantity | None


class ExportedReceipt(Struct, frozen=True):
    """One receipt. Lines, or groups and deposits, and `not_recorded` sum to `total`; at the level `total` there are none."""

    id: Annotated[str, Meta(description="Names the receipt, and ends the address of its page: 2026-11-20/4711")]
    seller: Seller
    business_day: date
    time: Annotated[datetime, Meta(description="RFC 3339, with the offset of the store's place")]
    till: str
    number: int
    type: Literal["sale", "return"]
    channel: Literal["store", "web"]
    currency: str
    total: Amount
    level: Annotated[Literal["product", "group", "total"], Meta(description="How much is recorded")]
    reason: Annotated[
        Literal["chain", "member_then", "member_now", "removed"],
        Meta(description="Why that much: the chain's level, the member's choice then or on arrival, or a removal"),
    ]
    deletes_on: Annotated[date, Meta(description="The first day on which it is no longer kept")]
    voided_at: Annotated[
        datetime | None, Meta(description="When the till took it back: it counts for nothing since, and adds to no sum")
    ]
    returned_on: Annotated[list[str], Meta(description="The `id` of each return of goods of this receipt")]
    returns_of: Annotated[list[str], Meta(description="The `id` of each receipt whose goods came back on this one")]
    lines: list[ExportedLine]
    groups: list[ExportedGroup]
    deposits: Annotated[Amount | None, Meta(description="Deposits as one sum, where groups are recorded")]
    not_recorded: Annotated[
        Amount | None,
        Meta(description="The sum without a name, where its buyer keeps categories out: no tax and no tenders then"),
    ]
    vat: list[Vat]
    tenders: list[Tender]
    rounding: Amount
    bonus: list[ExportedBonus]


class Export(Struct, frozen=True):
    """Receipts, newest first."""

    format: Literal["kvitto-receipts-1"]
    language: Annotated[str, Meta(description="Of the names: sv, fi or en")]
    made_at: datetime
    receipts: list[ExportedReceipt]
    next: Annotated[
        str | None, Meta(description="The address of the page with the receipts before these; null at the end")
    ]


class Row(NamedTuple):
    """A part of a receipt's total, for a table: the rows of a receipt sum to it, whatever is recorded."""

    page: ReceiptPage
    kind: str  # a line's type, or one of `group`, `deposits`, `not_recorded`, `total`
    article: str
    text: str
    name: str
    quantity: int | None
    unit: str
    cents: int
    discount_cents: int
    vat: str


def export(pages: Sequence[ReceiptPage], *, language: str, now: datetime, following: str | None = None) -> Export:
    """The document of some receipts."""
    return Export(FORMAT, language, now, [_receipt(page) for page in pages], following)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document."""
    schema = msgspec.json.schema(Export)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Kvitto receipts, exported"} | schema


def rows(pages: Sequence[ReceiptPage]) -> Iterator[Row]:
    """Every part of every receipt's total, in order."""
    for page in pages:
        nothing = not page.lines and not page.groups and not page.deposits and page.unnamed is None
        for line in page.lines:
            yield Row(
                page,
                line.type,
                line.code,
                line.text,
                line.name,
                line.quantity,
                line.unit,
                line.cents,
                line.discount_cents,
                line.vat,
            )
        for group in page.groups:
            yield _sum(page, "group", group.cents, group.name)
        if page.deposits:
            yield _sum(page, "deposits", page.deposits)
        if page.unnamed is not None:
            yield _sum(page, "not_recorded", page.unnamed)
        if nothing:
            yield _sum(page, "total", page.head.total_cents)


def _sum(page: ReceiptPage, kind: str, cents: int, name: str = "") -> Row:
    return Row(page, kind, "", "", name, None, "", cents, 0, "")


def _receipt(page: ReceiptPage) -> ExportedReceipt:
    head, place, paid = page.head, page.place, page.paid
    return ExportedReceipt(
        id=_id(head),
        seller=Seller(place.company, place.business_id, place.chain, place.name, place.town),
        business_day=head.business_day,
        time=head.end_time.astimezone(ZoneInfo(page.zone)),
        till=page.workstation,
        number=page.sequence,
        type=page.kind,  # type: ignore[arg-type]  # the table's constraint
        channel=page.channel,  # type: ignore[arg-type]  # as above
        currency=head.currency,
        total=amount(head.total_cents),
        level=head.level.name.lower(),  # type: ignore[arg-type]  # a level's name
        reason=head.level_reason.name.lower(),  # type: ignore[arg-type]  # a reason's name
        deletes_on=head.deletes_on,
        voided_at=head.voided_at.astimezone(ZoneInfo(page.zone)) if head.voided_at else None,
        returned_on=[_id(each.receipt) for each in page.related.returns],
        returns_of=[_id(each.receipt) for each in page.related.sales],
        lines=[
            ExportedLine(
                line.type,  # type: ignore[arg-type]  # checked when it came in
                line.code or None,
                line.text,
                line.name or None,
                quantity(line.quantity),
                line.unit or None,
                amount(line.cents),
                amount(line.discount_cents),
                line.vat,
                _guarantee(line.guarantee) if line.guarantee else None,
            )
            for line in page.lines
        ],
        groups=[ExportedGroup(group.name or None, amount(group.cents)) for group in page.groups],
        deposits=amount(page.deposits) if page.groups or page.deposits else None,
        not_recorded=None if page.unnamed is None else amount(page.unnamed),
        vat=[Vat(rate, amount(gross), amount(tax)) for rate, gross, tax in paid.vat] if paid else [],
        tenders=[Tender(kind, amount(cents)) for kind, cents in paid.tenders] if paid else [],
        rounding=amount(paid.rounding if paid else 0),
        bonus=[
            ExportedBonus(basis.bonus_class, amount(basis.cents), quantity(basis.quantity) if basis.quantity else None)
            for basis in page.bonus_basis
        ],
    )


def _id(receipt: ReceiptHead | Beside) -> str:
    return f"{receipt.business_day}/{receipt.receipt_id}"


def _guarantee(held: StoredGuarantee) -> ExportedGuarantee:
    return ExportedGuarantee(held.until, held.terms or None, held.serial or None)


def quantity(units: int) -> str:
    """Ten-thousandths as a string: 4520 is `"0.452"`."""
    return f"{Decimal(units) / QUANTITY_UNITS:f}"
