"""The rules of a dialect, as its profile states them. docs/reference/dialect-profiles.md explains each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kvitto.intake.dialects.paths import Paths
from kvitto.intake.types import Raw


class Syntax(StrEnum):
    """How a file is written."""

    XML = "xml"
    JSON = "json"


class Format(StrEnum):
    """What a file is said to be: `auto` looks into it, `kvitto` is the own wire format."""

    AUTO = "auto"
    KVITTO = "kvitto"
    XML = "xml"
    JSON = "json"


class VoidRule(StrEnum):
    """What a line that is marked as cancelled means."""

    ITSELF = "itself"  # it counts for nothing
    LINKED = "linked"  # neither it nor the line it names counts
    REPEATED = "repeated"  # neither it nor the last line before it with its code and amount counts


class DepositRule(StrEnum):
    """Whether the amount of the goods has the deposit in it, which stands on a line of its own too."""

    ADDED = "added"
    INCLUDED = "included"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file is of the dialect when its root has this name and a namespace that begins so, or its object these keys."""

    root: str
    namespace: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyRules:
    """Where the parts of a receipt's key stand, each with its fallbacks, and codes that are others with us."""

    store: Paths
    workstation: Paths
    sequence: Paths
    business_day: Paths
    begin_time: Paths
    end_time: Paths
    store_codes: Mapping[str, str]
    workstation_codes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LinkRules:
    """Other receipts that one names. `returns` and `voids` stand below the receipt, the parts of a key below these.

    A link without every part of a key but the time names nothing.
    """

    code: Paths  # the receipt's own
    codes: Paths  # of the receipts whose goods come back
    returns: Paths
    voids: Paths  # the receipt that this transaction takes back
    store: Paths
    workstation: Paths
    sequence: Paths
    business_day: Paths
    begin_time: Paths


@dataclass(frozen=True, slots=True)
class LineRules:
    """What a line is. `each` stands below the receipt, the next five below the line, `measure` and the rest below the goods."""

    each: Paths
    goods: Paths
    returns: Paths  # goods that came back
    number: Paths
    left_out: Paths
    void: Paths
    void_rule: VoidRule
    subtracted: Paths
    deposit: Paths
    deposit_rule: DepositRule
    link: Paths
    code: Paths
    in_store_digits: int
    text: Paths
    measure: Paths
    quantity: Paths  # below the measure, like the next two
    units: Paths
    unit: Paths
    unit_names: Mapping[str, str]
    amount: Paths
    discount: Paths
    rate: Paths
    bonus: Paths
    serial: Paths
    guarantees: Paths  # each stands below the goods, the next two below it
    guarantee_until: Paths
    guarantee_terms: Paths


@dataclass(frozen=True, slots=True)
class DiscountRules:
    """What the amounts of lines do not have taken off yet."""

    each: Paths
    amount: Paths
    links: Paths


@dataclass(frozen=True, slots=True)
class TotalRules:
    """`stated`: where the total stands; without it what was paid is the total. `rounding`: cents cash may be rounded by."""

    stated: Paths
    rounding: int
    thin: str  # the text of the one line that stands for lines without amounts; "" refuses them


@dataclass(frozen=True, slots=True)
class TaxRules:
    """The rate of lines without one, and where the tax of each rate is stated; without it it is computed."""

    rate: str
    each: Paths
    each_rate: Paths
    each_amount: Paths


@dataclass(frozen=True, slots=True)
class TenderRules:
    """`each` stands below the receipt, what was paid or given back below these, the rest below that."""

    each: Paths
    void: Paths
    paid: Paths
    returned: Paths
    amount: Paths
    type: Paths
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Profile:
    """A dialect."""

    name: str
    about: str
    syntax: Syntax
    recognised: Recognised | None
    receipt: str  # the name of the root's children that are transactions; "." is the root
    sale: Paths  # a transaction without any of them is none
    others: Mapping[str, Paths]  # what else is no sale, by kind
    key: KeyRules
    links: LinkRules
    version: Paths  # of a source that may restate: a whole number or a time; the greater one stands
    zone: str  # of times without an offset; "store" is the store's own
    channel: str
    currency: Paths
    decimal: str
    card: Paths
    card_digits: int  # a longer number is filled up with zeros in front; 0: never
    lines: LineRules
    discounts: DiscountRules | None
    totals: TotalRules
    tax: TaxRules
    tenders: TenderRules


@dataclass(frozen=True, slots=True)
class Other:
    """A transaction that is no sale: it counts for the till's sequence only, as a header of the own wire format.

    `header` is empty when something is missing that the number would be noted by.
    """

    position: int
    kind: str
    header: bytes


@dataclass(frozen=True, slots=True)
class Translated:
    """Some of a file's receipts in the own wire format, and what is no sale among them."""

    raws: list[Raw]
    others: list[Other]

    def receipts(self) -> list[Raw]:
        """The receipts, as of a block of the own format."""
        return self.raws

    def headers(self) -> list[Raw]:
        """What is no sale, as far as its number can be noted."""
        return [Raw(each.position, each.header) for each in self.others if each.header]
