"""The small forms beside the receipt: headers of transactions that are no sale, web orders, a partner's totals.

A header and a partner's form have no field for lines: what is in none cannot be kept.
"""

from datetime import date
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from kvitto.intake.formats import explained, repeated_key, unreadable, without_numbers_of_people
from kvitto.intake.types import Raw, Reason, Refusal
from kvitto.kernel.money import END
from kvitto.purchases.rules import canonical
from kvitto.purchases.types import (
    MAX_LINES,
    ORDER,
    REFERENCE,
    Amount,
    CardNumber,
    Code,
    Instant,
    Line,
    Receipt,
    Tender,
    Text,
    Vat,
)

NON_SALES = frozenset(
    {"training", "suspended", "cancelled", "no_sale", "sign_on", "sign_off", "pay_in", "pay_out", "other"}
)  # as in `Header.type`
POST_VOID = "post_void"  # as in `PostVoid.type`

Number = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9._-]{{1,32}}{END}")]
Currency = Annotated[str, Meta(pattern=rf"^[A-Z]{{3}}{END}", description="ISO 4217")]
StoreCode = Annotated[Code, Meta(description="The store's code in the network file")]


class Header(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """A transaction that is no sale. It is known afterwards that the till's running number was used, and for what."""

    type: Annotated[
        Literal["training", "suspended", "cancelled", "no_sale", "sign_on", "sign_off", "pay_in", "pay_out", "other"],
        Meta(description="What it was instead of a sale"),
    ]
    store: StoreCode
    business_day: Annotated[date, Meta(description="The day the till books it on")]
    workstation: Annotated[Code, Meta(description="The till's code in the network file")]
    sequence: Annotated[int, Meta(ge=0, le=2**63 - 1, description="The till's running number")]
    end_time: Instant
    begin_time: Instant | None = None
    operator: Annotated[Text | None, Meta(description="Never stored")] = None
    sent_at: Annotated[Instant | None, Meta(description="Never stored")] = None


class Voided(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """A receipt of the same store, as its till names it. Its time is said where numbers begin anew within a day."""

    business_day: date
    workstation: Code
    sequence: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    begin_time: Annotated[Instant | None, Meta(description="The end time of a receipt that has no begin time")] = None


class PostVoid(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """A till takes an earlier receipt back, all of it. That one stays as it is, and counts for nothing from then on."""

    type: Literal["post_void"]
    store: StoreCode
    business_day: Annotated[date, Meta(description="The day the till books it on")]
    workstation: Annotated[Code, Meta(description="The till's code in the network file")]
    sequence: Annotated[int, Meta(ge=0, le=2**63 - 1, description="The till's running number of this transaction")]
    end_time: Annotated[Instant, Meta(description="When it was done: after the receipt that it takes back")]
    voids: Voided
    begin_time: Instant | None = None
    operator: Annotated[Text | None, Meta(description="Never stored")] = None
    sent_at: Annotated[Instant | None, Meta(description="Never stored")] = None


class Order(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """A part of a web order: what was delivered together, or what was refunded. The order's parts are numbered through."""

    store: StoreCode
    order: Annotated[Number, Meta(description="The order's id in the web shop")]
    part: Annotated[int, Meta(ge=1, le=9_999, description="1 for the first delivery or refund, 2 for the next")]
    ordered_at: Annotated[Instant, Meta(description="The same for all parts of an order")]
    end_time: Annotated[Instant, Meta(description="When this part was delivered or refunded")]
    business_day: Annotated[date, Meta(description="The day this part is booked on")]
    type: Annotated[Literal["sale", "return"], Meta(description="A delivery, or a refund: then amounts are negative")]
    currency: Currency
    total: Annotated[Amount, Meta(description="The sum of the lines")]
    lines: Annotated[list[Line], Meta(max_length=MAX_LINES)]
    vat: Annotated[list[Vat], Meta(max_length=20)]
    tenders: Annotated[list[Tender], Meta(max_length=50)]
    card: Annotated[CardNumber | None, Meta(description="The member card, if one was used")] = None
    sent_at: Annotated[Instant | None, Meta(description="Never stored")] = None

    def receipt(self) -> Receipt:
        """The same as a receipt, of a till that is the order."""
        return Receipt(
            store=self.store,
            business_day=self.business_day,
            workstation=ORDER + self.order,
            sequence=self.part,
            begin_time=self.ordered_at,
            end_time=self.end_time,
            type=self.type,
            channel="web",
            currency=self.currency,
            total=self.total,
            lines=self.lines,
            vat=self.vat,
            tenders=self.tenders,
            card=self.card,
        )


class Totals(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """What a partner sends of a purchase. There is no field for what was bought."""

    store: StoreCode
    card: Annotated[CardNumber, Meta(description="The member card")]
    day: Annotated[date, Meta(description="The day of the purchase, by the store's clock")]
    total: Annotated[
        Amount, Meta(description="What it came to, tax included; a refund is negative. All of it earns Bonus")
    ]
    currency: Currency
    reference: Annotated[Number, Meta(description="The partner's own number of the purchase, once a store and day")]

    @property
    def workstation(self) -> str:
        """What stands in the place of a till."""
        return REFERENCE + self.reference


Small = TypeVar("Small", Header, PostVoid, Order, Totals)
_decode_header = msgspec.json.Decoder(Header)
_decode_post_void = msgspec.json.Decoder(PostVoid)
_decode_order = msgspec.json.Decoder(Order)
_decode_totals = msgspec.json.Decoder(Totals)
_encode = msgspec.json.Encoder().encode


def decode_header(raw: Raw) -> Header | Refusal:
    """The header of a transaction that is no sale, or why not."""
    return _decoded(raw, _decode_header)


def decode_post_void(raw: Raw) -> PostVoid | Refusal:
    """What takes a receipt back, or why not."""
    return _decoded(raw, _decode_post_void)


def decode_order(raw: Raw) -> tuple[Receipt, bytes] | Refusal:
    """A part of a web order as a receipt, and its canonical form; or why not."""
    order = _decoded(raw, _decode_order)
    if isinstance(order, Refusal):
        return order
    receipt = without_numbers_of_people(order.receipt())
    return receipt, canonical(receipt)


def decode_totals(raw: Raw) -> tuple[Totals, bytes] | Refusal:
    """A partner's form, and its canonical form: everything but the card; or why not."""
    totals = _decoded(raw, _decode_totals)
    if isinstance(totals, Refusal):
        return totals
    return totals, _encode(msgspec.structs.replace(totals, card=""))


def _decoded(raw: Raw, decoder: "msgspec.json.Decoder[Small]") -> Small | Refusal:
    if refusal := unreadable(raw):
        return refusal
    try:
        form = decoder.decode(raw.body)
    except msgspec.ValidationError as error:
        return explained(error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(Reason.NOT_JSON, "$", f"not a JSON object in UTF-8: {error}")
    if name := repeated_key(raw.body):
        return Refusal(Reason.DUPLICATE_KEY, "$", "a key stands twice in one object", wrote=name)
    return form
