"""Values of the assortment: what a code names, what a product is, what a load did."""

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from kvitto.kernel.rows import Reject

LANGUAGES = ("sv", "fi", "en")
LONGEST_GUARANTEE = 360  # months

Names = Mapping[str, str]  # language -> text; at least one of LANGUAGES
Key = tuple[str, str]  # (scope, code), as in ProductKey


class BonusClass(StrEnum):
    """How a product counts for the Bonus."""

    NONE = "none"  # not eligible
    STANDARD = "standard"  # by what it costs
    FUEL = "fuel"  # by litres

    @property
    def by_quantity(self) -> bool:
        """Whether the Bonus counts the quantity (litres) and not the money."""
        return self is BonusClass.FUEL


class Label(StrEnum):
    """What a product is marked as."""

    ORGANIC = "organic"
    VEGETARIAN = "vegetarian"
    CONTAINS_MEAT = "contains_meat"


class CodeKind(StrEnum):
    """What sort of number a till's code is."""

    GTIN = "gtin"  # one product everywhere: the only kind that joins across chains
    RCN_GEO = "rcn_geo"  # restricted circulation within a country: goods by weight or price
    RCN_COMPANY = "rcn_company"  # restricted circulation within a company
    IN_STORE_PLU = "in_store_plu"  # digits of the chain's own choosing
    UNKNOWN = "unknown"  # anything else: letters, coupons, numbers that GS1 has given to nobody


@dataclass(frozen=True, slots=True)
class ProductKey:
    """What names a product: `scope` is empty for a GTIN (14 digits) and the chain's code for everything else."""

    scope: str
    code: str
    kind: CodeKind

    @property
    def key(self) -> Key:
        """The pair that queries take."""
        return self.scope, self.code


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What intake needs to know of a product."""

    product_id: int
    group_path: tuple[int, ...]  # group ids from the top of the tree to the product's own group; never empty
    bonus_class: BonusClass
    sensitivity: str  # the product's own class; empty for none. Its groups may have classes, too: see `Barred`
    guarantee_months: int = 0  # the product's own, or else of the nearest group above it that says any; 0: none


@dataclass(frozen=True, slots=True)
class Barred:
    """Classes of sensitive products that somebody keeps out of the register, as the tree has them."""

    classes: frozenset[str]
    wholly: frozenset[int]  # the groups that are of them, each with all groups below it
    partly: frozenset[int]  # the groups that hold anything of them: those, the ones above, and those of single products

    def has(self, product: ProductFacts) -> bool:
        """Whether a product is of one of the classes."""
        return product.sensitivity in self.classes or product.group_path[-1] in self.wholly


@dataclass(frozen=True, slots=True)
class ClassTable:
    """Where in the tree each class of sensitive products is: class -> ids of groups; see `Barred`."""

    wholly: Mapping[str, frozenset[int]]
    partly: Mapping[str, frozenset[int]]

    def barred(self, classes: frozenset[str]) -> Barred:
        """Several classes together."""
        none = frozenset[int]()
        return Barred(
            classes,
            none.union(*(self.wholly.get(each, none) for each in classes)),
            none.union(*(self.partly.get(each, none) for each in classes)),
        )


@dataclass(frozen=True, slots=True)
class DepthTable:
    """At which depth of the tree purchases are recorded: each depth holds from its day until the next one's."""

    starts: tuple[date, ...] = ()  # ascending
    depths: tuple[int, ...] = ()

    def depth(self, day: date) -> int:
        """The depth on a day; 1, the coarsest, before the first one set."""
        index = bisect_right(self.starts, day)
        return self.depths[index - 1] if index else 1


def folded(text: str) -> str:
    """A text in the form that a search compares: without case, and with one code for each letter. å, ä and ö stay."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def named(names: Names, language: str) -> str:
    """The name in a language, or in the first of `LANGUAGES` that has one; empty when none has."""
    for candidate in (language, *LANGUAGES):
        if text := names.get(candidate):
            return text
    return ""


@dataclass(frozen=True, slots=True)
class GroupView:
    """A product group, to show."""

    id: int
    code: str
    parent_id: int | None
    depth: int  # 1 is the top
    names: Names

    def name(self, language: str) -> str:
        """The name in a language, or in the first of `LANGUAGES` that has one."""
        return named(self.names, language)


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product, to show."""

    product_id: int
    names: Names
    brand: str
    maker: str
    size: Decimal | None  # of the package, in `unit`
    unit: str
    group_id: int
    sensitivity: str
    launch_day: date | None
    labels: frozenset[Label]
    bonus_class: BonusClass

    def name(self, language: str) -> str:
        """The name in a language, or in the first of `LANGUAGES` that has one."""
        return named(self.names, language)


@dataclass(frozen=True, slots=True)
class OnShelf:
    """A product as the pages of purchases show it; `path` leads from the top of the tree to the recording depth."""

    key: str  # names the product in addresses
    names: Names
    brand: str
    path: tuple[int, ...]
    _folded: dict[str, str] = field(default_factory=dict, compare=False)

    def name(self, language: str) -> str:
        """The name in a language, or in the first of `LANGUAGES` that has one."""
        return named(self.names, language)

    def folded(self, language: str) -> str:
        """Name and brand in the form that a search compares; made once, since shelves are kept in memory."""
        text = self._folded.get(language)
        if text is None:
            text = self._folded[language] = folded(f"{self.name(language)}\n{self.brand}")
        return text


Products = Mapping[str, Mapping[str, OnShelf | None]]  # chain -> code as scanned -> product; None: no such product


@dataclass(frozen=True, slots=True)
class Tree:
    """The product groups down to the depth at which purchases are recorded."""

    depth: int
    groups: Mapping[int, GroupView]  # all of them
    paths: Mapping[int, tuple[int, ...]]  # of every group: the ids from the top down to it, or to the depth

    def name(self, group_id: int, language: str) -> str:
        """A group's name; empty for an id of no group."""
        group = self.groups.get(group_id)
        return group.name(language) if group else ""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A product group to load. `parent` is another group's code, empty at the top.

    `sensitivity` is the class that everything in the group belongs to, also in the groups below; empty for none. So are the
    months of guarantee, where nothing below says others.
    """

    code: str
    names: Names
    parent: str = ""
    sensitivity: str = ""
    guarantee_months: int | None = None


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product to load; `row` is its place in its source, for messages.

    `chain` is needed unless the code is a GTIN. `country` (two capital letters) says whose rules read numbers of goods
    by weight or price.
    """

    row: int
    code: str
    names: Names
    group: str
    chain: str = ""
    country: str = "FI"
    brand: str = ""
    maker: str = ""
    size: Decimal | None = None
    unit: str = ""
    labels: frozenset[Label] = frozenset()
    sensitivity: str = ""
    bonus_class: BonusClass = BonusClass.NONE
    launch_day: date | None = None
    guarantee_months: int | None = None  # None: as its group says


@dataclass(frozen=True, slots=True)
class Settings:
    """What a load sets besides groups and products; None and empty leave things as they are."""

    depths: tuple[tuple[date, int], ...] | None = None  # all of them, each from its day until the next one's
    sensitivities: Mapping[str, Names] = field(default_factory=dict)  # classes to add or rename


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did, in rows. `version` is the assortment's after it."""

    groups_new: int
    groups_changed: int
    groups_same: int
    products_new: int
    products_changed: int
    products_same: int
    settings_changed: bool
    rejects: tuple[Reject, ...]
    version: int
