"""The figures of a member's own pages. Money in cents of one currency, quantities in ten-thousandths."""

from dataclasses import dataclass
from datetime import date, datetime

from kvitto.kernel.periods import Period
from kvitto.purchases.types import (
    Beside,
    BonusBasis,
    LevelReason,
    Paid,
    ReceiptFilter,
    ReceiptHead,
    Replaced,
    StoredGuarantee,
)
from kvitto.stores.types import Level

# What is bought and belongs to no product group, beside the ids of groups, which are positive
UNGROUPED = 0  # products that no group is known of, and discounts on a whole receipt
DEPOSITS = -1  # deposits paid and given back
TOTALS_ONLY = -2  # receipts of which only the total is recorded
NOT_RECORDED = -3  # what is recorded without a name, since its buyer keeps categories out


Filter = ReceiptFilter  # which receipts to list; every part may be None


@dataclass(frozen=True, slots=True)
class Place:
    """A store as its receipts print it."""

    name: str
    town: str
    chain: str
    company: str
    business_id: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A receipt in a list. `cents` is what it counts there: its total, or the part of it that the page is about."""

    head: ReceiptHead
    place: Place
    cents: int


@dataclass(frozen=True, slots=True)
class MonthSum:
    """One bar of a chart."""

    month: date  # its first day
    cents: int
    receipts: int


@dataclass(frozen=True, slots=True)
class GroupSum:
    """A product group, or one of those outside of the tree, as UNGROUPED (their `name` is empty: pages have the words)."""

    id: int
    name: str
    cents: int
    receipts: int


@dataclass(frozen=True, slots=True)
class Bought:
    """One time a product was bought: a line of a receipt."""

    head: ReceiptHead
    place: Place
    cents: int
    quantity: int
    unit: str
    unit_cents: int | None  # for one piece or unit; None when the quantity is zero


@dataclass(frozen=True, slots=True)
class ProductSum:
    """A product. `key` names it in addresses: the same for the same product, meaningless to others."""

    key: str
    name: str
    cents: int
    times: int
    last: Bought


@dataclass(frozen=True, slots=True)
class LevelShare:
    """How much of a period's purchases is recorded at a level, and for which reason."""

    level: Level
    reason: LevelReason
    cents: int
    receipts: int


@dataclass(frozen=True, slots=True)
class OtherCurrency:
    """Receipts of a period that a page's figures leave out, because sums of two currencies mean nothing."""

    currency: str
    cents: int
    receipts: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A period at a glance. `groups` are of the top of the tree, greatest first, those outside of it last."""

    period: Period
    currency: str
    cents: int
    receipts: int
    months: list[MonthSum]
    groups: list[GroupSum]
    levels: list[LevelShare]
    others: list[OtherCurrency]
    earliest: date | None  # the first day of the oldest month with a receipt


@dataclass(frozen=True, slots=True)
class GroupPage:
    """One group in a period. Its cents = those of `groups` + `products` + `undivided`."""

    id: int
    name: str
    path: list[tuple[int, str]]  # ids and names of the groups above, from the top
    period: Period
    currency: str
    cents: int
    months: list[MonthSum]
    groups: list[GroupSum]
    products: list[ProductSum]
    undivided: int  # recorded as this group and no further
    receipts: list[Listed]  # newest first, each with the cents of this group


@dataclass(frozen=True, slots=True)
class ProductPage:
    """One product, over everything that is kept."""

    key: str
    name: str
    brand: str
    path: list[tuple[int, str]]
    currency: str
    cents: int
    this_year: int
    months: list[MonthSum]
    bought: list[Bought]  # newest first


@dataclass(frozen=True, slots=True)
class GroupHit:
    """A product group whose name has the words."""

    id: int
    name: str
    path: list[tuple[int, str]]
    this_year: int
    cents: int
    times: int


@dataclass(frozen=True, slots=True)
class ProductHit:
    """A product whose name, maker's brand or text on a receipt has the words."""

    key: str
    name: str
    this_year: int
    cents: int
    times: int
    last: Bought


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found. `this_year` and `cents` count each line once, however many hits it belongs to."""

    words: list[str]
    currency: str
    this_year: int
    cents: int
    times: int
    groups: list[GroupHit]
    products: list[ProductHit]
    receipts: list[Listed]  # newest first, each with the cents of what was found on it


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a member's receipts, newest first."""

    receipts: list[Listed]
    count: int  # how many the filter lets through
    stores: list[tuple[int, str]]  # ids and names of all the stores the member has a receipt of, by name


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line on paper. `key` leads to the product's page; empty where the line is of no product."""

    type: str
    code: str  # as scanned; empty where none was
    text: str
    name: str  # the assortment's, empty when it is not known there
    key: str
    quantity: int
    unit: str
    unit_cents: int | None
    cents: int
    discount_cents: int
    vat: str
    guarantee: StoredGuarantee | None


@dataclass(frozen=True, slots=True)
class RelatedPage:
    """Another of the same member's receipts."""

    receipt: Beside
    place: Place


@dataclass(frozen=True, slots=True)
class RelatedPages:
    """What belongs to a receipt, oldest first. `missing`: how many sales it names that are not among the member's own."""

    returns: list[RelatedPage]
    sales: list[RelatedPage]
    missing: int
    replaced: list[Replaced]


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """One receipt with everything that is recorded of it: `lines` at product level, `groups` at group level."""

    head: ReceiptHead
    place: Place
    workstation: str
    sequence: int
    begin_time: datetime
    channel: str
    kind: str
    zone: str  # IANA name of the store's time zone
    lines: list[ReceiptLine]
    groups: list[GroupSum]
    deposits: int
    unnamed: int | None  # cents recorded without a name; None where its buyer keeps nothing out
    paid: Paid | None
    bonus_basis: list[BonusBasis]
    related: RelatedPages
