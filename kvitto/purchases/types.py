"""A receipt as tills send it, and what can be stored of it.

The names follow ARTS: workstation, sequence number, business day, tender. Amounts are strings with two decimals, quantities
strings with up to four, both signed: returned goods are negative. The JSON Schema of the wire format is generated from here.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from kvitto.assortment.types import LONGEST_GUARANTEE
from kvitto.kernel.money import AMOUNT_PATTERN, END
from kvitto.stores.types import Level

MAX_LINES = 5_000
MAX_ORIGINS = 20
QUANTITY_PATTERN = rf"^-?[0-9]{{1,9}}(\.[0-9]{{1,4}})?{END}"

Amount = Annotated[str, Meta(pattern=AMOUNT_PATTERN, description='Two decimals, as a string: "-1.05"')]
Quantity = Annotated[
    str,
    Meta(pattern=QUANTITY_PATTERN, description='Up to four decimals, as a string: "0.4520"'),
]
Rate = Annotated[str, Meta(pattern=rf"^[0-9]{{1,2}}(\.[0-9]{{1,2}})?{END}", description='Percent, as printed: "13.5"')]
Code = Annotated[str, Meta(min_length=1, max_length=40)]
Text = Annotated[str, Meta(max_length=200)]
CardNumber = Annotated[str, Meta(pattern=rf"^[0-9]{{8,19}}{END}")]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset")]
LineType = Literal["item", "return", "deposit", "deposit_return", "discount"]


class Guarantee(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, gc=False):
    """How long somebody answers for the goods of a line: so many months from the business day, or until a day."""

    months: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST_GUARANTEE)] | None, Meta(description="From the business day on")
    ] = None
    until: Annotated[date | None, Meta(description="The last day of it; instead of months")] = None
    terms: Annotated[Text | None, Meta(description="Who answers and for what, or where that stands")] = None


class Line(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, gc=False):
    """One line of a receipt."""

    type: LineType
    text: Annotated[Text, Meta(description="The text as printed")]
    quantity: Quantity
    amount: Annotated[Amount, Meta(description="What the line adds to the total: tax included, discounts taken off")]
    vat: Annotated[str, Meta(max_length=5, description="The rate printed on the line; one of the rates in `vat`")]
    code: Annotated[Code | None, Meta(description="GTIN or the chain's own article number, as scanned")] = None
    unit: Annotated[Annotated[str, Meta(max_length=10)] | None, Meta(description="Of the quantity: pcs, kg, l, m")] = (
        None
    )
    discount: Annotated[Amount | None, Meta(description="What was taken off already, for display")] = None
    bonus: Annotated[bool | None, Meta(description="The till's word on whether the line earns Bonus")] = None
    void: Annotated[
        bool | None, Meta(description="Cancelled while ringing up: counts for nothing, is not recorded")
    ] = None
    guarantees: Annotated[
        Annotated[list[Guarantee], Meta(max_length=10)] | None,
        Meta(description="Of the goods; what is recorded is the longest"),
    ] = None
    serial: Annotated[
        Annotated[str, Meta(min_length=1, max_length=100)] | None,
        Meta(description="The serial number of the goods; recorded with a guarantee only"),
    ] = None


class Vat(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, gc=False):
    """The tax summary's row for one rate."""

    rate: Rate
    gross: Annotated[Amount, Meta(description="Sum of the lines of this rate, tax included")]
    tax: Annotated[Amount, Meta(description="The tax in it")]


class Tender(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, gc=False):
    """One way the receipt was paid; change given back is negative."""

    type: Annotated[
        str, Meta(min_length=1, max_length=20, pattern=rf"^[a-z_]+{END}", description="cash, card, voucher …")
    ]
    amount: Amount


class Origin(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, gc=False):
    """A receipt as another one names it. Its time is said where a till's numbers begin anew within a day."""

    store: Annotated[Code, Meta(description="The store's code in the network file")]
    business_day: date
    workstation: Code
    sequence: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    begin_time: Annotated[Instant | None, Meta(description="The end time of a receipt that has no begin time")] = None


class Receipt(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """A whole receipt, in memory only.

    The key is (store, business day, workstation, sequence, begin time or else end time). `card`, `operator` and `sent_at`
    are no part of the content: the same receipt sent again later, or with the card added, is the same receipt.
    """

    store: Annotated[Code, Meta(description="The store's code in the network file")]
    business_day: Annotated[date, Meta(description="The day the till books it on")]
    workstation: Annotated[Code, Meta(description="The till's code in the network file")]
    sequence: Annotated[int, Meta(ge=0, le=2**63 - 1, description="The till's running number")]
    end_time: Instant
    type: Literal["sale", "return"]
    channel: Literal["store", "web"]
    currency: Annotated[str, Meta(pattern=rf"^[A-Z]{{3}}{END}", description="ISO 4217")]
    total: Annotated[Amount, Meta(description="The sum of the lines")]
    lines: Annotated[list[Line], Meta(max_length=MAX_LINES)]
    vat: Annotated[list[Vat], Meta(max_length=20)]
    tenders: Annotated[list[Tender], Meta(max_length=50)]
    rounding: Annotated[Amount | None, Meta(description="Cash rounding: tenders = total + rounding")] = None
    begin_time: Instant | None = None
    code: Annotated[Code | None, Meta(description="What other companies name the receipt by, as printed on it")] = None
    origins: Annotated[
        Annotated[list[Origin], Meta(max_length=MAX_ORIGINS)] | None,
        Meta(description="The receipts whose goods come back on this one, of any store"),
    ] = None
    origin_codes: Annotated[
        Annotated[list[Code], Meta(max_length=MAX_ORIGINS)] | None, Meta(description="The same, by their `code`")
    ] = None
    card: Annotated[CardNumber | None, Meta(description="The member card, if one was used")] = None
    operator: Annotated[Text | None, Meta(description="Never stored")] = None
    sent_at: Annotated[Instant | None, Meta(description="When the till sent it; never stored")] = None


class LevelReason(IntEnum):
    """Why a receipt is recorded at its level."""

    CHAIN = 1  # the chain's level for that sales channel on that business day
    MEMBER_THEN = 2  # the member's choice when they bought
    MEMBER_NOW = 3  # the member's choice when the receipt arrived
    REMOVED = 4  # the member had something of what was recorded removed: it never comes back


class Key(Struct, frozen=True, gc=False):
    """What makes a receipt this one and no other."""

    store_id: int
    business_day: date
    workstation: str
    sequence: int
    begin_time: datetime


class BonusBasis(Struct, array_like=True, frozen=True, gc=False):
    """The cents one Bonus class counts; the quantity (ten-thousandths) only for classes that count by quantity."""

    bonus_class: str
    cents: int
    quantity: int = 0


class StoredGuarantee(Struct, array_like=True, frozen=True, gc=False):
    """What is recorded of the guarantee of a line: its last day, its terms and the goods' serial number, both may be empty."""

    until: date
    terms: str = ""
    serial: str = ""


class StoredLine(Struct, array_like=True, frozen=True, gc=False):
    """One recorded line at product level. Money in cents, the quantity in ten-thousandths."""

    type: str
    code: str
    text: str
    quantity: int
    unit: str
    cents: int
    discount_cents: int
    vat: str
    guarantee: StoredGuarantee | None = None


class Paid(Struct, array_like=True, frozen=True, gc=False):
    """Tax rows (rate, gross cents, tax cents), tenders (type, cents) and cash rounding in cents."""

    vat: list[tuple[str, int, int]]
    tenders: list[tuple[str, int]]
    rounding: int = 0


class ProductContent(Struct, array_like=True, tag="p", frozen=True, gc=False):
    """What is sealed at product level: every line that counts.

    `kept_out` are the categories that the buyer keeps out of the register: then neither their lines are here nor tax and
    tenders, and what they came to is nowhere written down. It is what is left of the total.
    """

    lines: list[StoredLine]
    paid: Paid | None
    kept_out: list[str] = []


class GroupContent(Struct, array_like=True, tag="g", frozen=True, gc=False):
    """What is sealed at group level: (group id, cents), one entry a group; group 0 is unclassified.

    `kept_out` as at product level; then no group is here that holds anything of these categories.
    """

    groups: list[tuple[int, int]]
    deposits: int
    paid: Paid | None
    kept_out: list[str] = []


Content = ProductContent | GroupContent | None  # None at total level


class Head(Struct, frozen=True, gc=False):
    """What is recorded at every level."""

    key: Key
    person_id: int
    end_time: datetime
    channel: str
    kind: str
    total_cents: int
    currency: str
    level_reason: LevelReason
    bonus_basis: list[BonusBasis]
    digest: bytes
    code: str | None = None
    origins: tuple[Origin, ...] = ()
    origin_codes: tuple[str, ...] = ()
    version: int | None = None  # of a source that may restate: a greater one takes the place of a smaller


class TotalReceipt(Struct, frozen=True, gc=False):
    """A receipt at total level: there is no field for what was bought."""

    head: Head


class GroupReceipt(Struct, frozen=True, gc=False):
    """A receipt at group level."""

    head: Head
    content: GroupContent


class ProductReceipt(Struct, frozen=True, gc=False):
    """A receipt at product level."""

    head: Head
    content: ProductContent


class Recorded(NamedTuple):
    """A stored receipt with what was bought, opened so that less of it can be kept."""

    business_day: date
    receipt_id: int
    store_id: int
    level: Level
    content: Content


StorableReceipt = TotalReceipt | GroupReceipt | ProductReceipt


class Packed(Struct, frozen=True, gc=False):
    """A storable receipt with its content as the bytes that will be sealed; none at total level. Made by `rules.pack`."""

    head: Head
    level: Level
    plaintext: bytes | None


def level_of(receipt: StorableReceipt) -> Level:
    """The level a storable receipt is at: its type says it."""
    if isinstance(receipt, ProductReceipt):
        return Level.PRODUCT
    return Level.GROUP if isinstance(receipt, GroupReceipt) else Level.TOTAL


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one receipt of a batch: `inserted`, `same`, or with what stands there `conflict` or `superseded`."""

    outcome: Literal["inserted", "same", "conflict", "superseded"]
    existing: "Existing | None" = None


@dataclass(frozen=True, slots=True)
class Existing:
    """The receipt already stored under the key of one that differs."""

    receipt_id: int
    digest: bytes
    total_cents: int
    end_time: datetime
    person_id: int
    version: int | None


class Voiding(NamedTuple):
    """A till has taken a receipt of its store back, at an instant; told with a delivery."""

    store_id: int
    business_day: date
    workstation: str
    sequence: int
    begin_time: datetime | None
    at: datetime
    delivery_id: int


class Changed(NamedTuple):
    """A stored receipt that counts for something else than before, and the delivery that did it."""

    person_id: int
    business_day: date
    delivery_id: int


class TakenBack(NamedTuple):
    """A stored receipt that its till has taken back just now, when, and the delivery that said so."""

    person_id: int
    business_day: date
    delivery_id: int
    receipt_id: int
    at: datetime


class Standing(NamedTuple):
    """What stands under a key, why at its level, when it ended, and when its till has taken it back."""

    receipt_id: int
    reason: LevelReason
    end_time: datetime
    voided_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReceiptHead:
    """A receipt without its lines, as its buyer's list shows it."""

    receipt_id: int
    business_day: date
    store_id: int
    end_time: datetime
    total_cents: int
    currency: str
    level: Level
    level_reason: LevelReason
    deletes_on: date
    voided_at: datetime | None = None  # when the till took it back: it counts for nothing


@dataclass(frozen=True, slots=True)
class ReceiptDetail:
    """What is recorded of a receipt at every level."""

    head: ReceiptHead
    workstation: str
    sequence: int
    begin_time: datetime
    channel: str
    kind: str
    bonus_basis: list[BonusBasis]


@dataclass(frozen=True, slots=True)
class Beside:
    """Another of the same person's receipts that one belongs to."""

    business_day: date
    receipt_id: int
    store_id: int
    end_time: datetime
    total_cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a receipt came to before its till put a corrected one in its place."""

    at: datetime
    total_cents: int


@dataclass(slots=True)
class Related:
    """What belongs to one receipt: the returns of its goods, the sales whose goods it returns, what it was before.

    `missing` counts the sales that are named on it and not among its buyer's own receipts: not yet, or not theirs.
    """

    returns: list[Beside] = field(default_factory=list)
    sales: list[Beside] = field(default_factory=list)
    missing: int = 0
    replaced: list[Replaced] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a person's receipts, half-open, and whether their days and stores are shown."""

    person_id: int
    start: date
    end: date
    shown: bool


@dataclass(frozen=True, slots=True)
class BonusFigure:
    """The Bonus purchases of one receipt; or of all that are kept back, in one currency, of which nothing else is said."""

    cents: int
    currency: str
    person_id: int | None = None
    business_day: date | None = None
    store_id: int | None = None


@dataclass(frozen=True, slots=True)
class BonusReceipt:
    """A receipt as the Bonus knows it: no time of day, and nothing of what was bought. One that was voided has no basis."""

    person_id: int
    business_day: date
    receipt_id: int
    store_id: int
    delivery_id: int
    total_cents: int
    currency: str
    kept_back: bool
    bonus_basis: list[BonusBasis]


@dataclass(frozen=True, slots=True)
class ReceiptFilter:
    """Which of a person's receipts to list. Both days are in; the cents are of the total, both ends in."""

    store_id: int | None = None
    first: date | None = None
    last: date | None = None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """A person's receipts of one month in one currency."""

    month: date  # its first day
    currency: str
    cents: int
    receipts: int


@dataclass(frozen=True, slots=True)
class RegisterCounts:
    """How many receipts are recorded at each level, and from when until when."""

    product: int
    group: int
    total: int
    first_day: date | None
    last_day: date | None
