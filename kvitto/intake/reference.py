"""Stores, levels and product facts in the memory of an intake process, as fresh as the batch.

Three tiny queries a batch tell whether the network, the assortment or the Bonus plans changed; only then is anything read again.
People, cards and choices are never held here: they are read for every batch, so that a decision holds for the next receipt.
"""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime

from kvitto.assortment import queries as assortment
from kvitto.assortment.rules import identify
from kvitto.assortment.types import Barred, BonusClass, ClassTable, DepthTable, ProductFacts
from kvitto.bonus import queries as bonus
from kvitto.bonus.rules import classes_on
from kvitto.bonus.types import Plan
from kvitto.intake.formats import Peek
from kvitto.kernel.actor import Actor
from kvitto.stores import queries as stores
from kvitto.stores.types import Channel, Level, LevelTable, Profile, StoreInfo

COUNTRY = "FI"  # whose rules read numbers of goods sold by weight or price
MAX_STORES = 100_000  # codes remembered, also those of no store
MAX_FACTS = 500_000  # codes remembered before all are forgotten: about 150 MB


@dataclass(slots=True)
class Reference:
    """What a process remembers between batches."""

    network_version: int = -1
    assortment_version: int = -1
    stores: dict[str, StoreInfo | None] = field(default_factory=dict)
    levels: LevelTable = field(default_factory=lambda: LevelTable({}))
    days: dict[tuple[int, str, date], Level] = field(default_factory=dict)  # what `levels` said
    start: Level = Level.PRODUCT
    facts: dict[str, dict[str, ProductFacts | None]] = field(default_factory=dict)  # chain -> code as scanned -> facts
    depths: DepthTable = field(default_factory=DepthTable)
    classes: ClassTable | None = None  # of the categories; None until somebody keeps one out
    minutes: dict[Actor, tuple[datetime, int]] = field(default_factory=dict)  # the delivery of a till key's last minute
    bars: dict[frozenset[str], Barred] = field(default_factory=dict)  # what `classes` said
    plans_stamp: tuple[int, int] = (-1, 0)
    plans: tuple[Plan, ...] = ()
    counts: dict[date, frozenset[BonusClass] | None] = field(default_factory=dict)  # what `plans` count

    def refresh(self) -> None:
        """Forget what changed since the last batch."""
        version = stores.network_version()
        if version != self.network_version or len(self.stores) > MAX_STORES:
            self.stores = {}
            self.levels, self.days = stores.levels(), {}
            self.start = Level.TOTAL if stores.profile() is Profile.STRICT else Level.PRODUCT
            self.network_version = version
        version = assortment.version()
        if version != self.assortment_version or sum(map(len, self.facts.values())) > MAX_FACTS:
            self.facts = {}
            self.classes, self.bars = None, {}
            self.depths = assortment.recording_depths()
            self.assortment_version = version

        stamp = bonus.stamp()
        if stamp != self.plans_stamp:
            self.plans, self.counts = bonus.scheme().plans, {}
            self.plans_stamp = stamp

    def store(self, code: str) -> StoreInfo | None:
        """A store by its code; None for a code nobody has, which is remembered until the network changes."""
        if code not in self.stores:
            self.learn_stores({code})
        return self.stores[code]

    def learn_stores(self, codes: AbstractSet[str]) -> None:
        """Read the stores with those of the codes that are not known yet, at once."""
        if new := codes - self.stores.keys():
            self.stores |= dict.fromkeys(new) | stores.stores_by_code(new)

    def level(self, chain_id: int, channel: str, day: date) -> Level:
        """The chain's level in a sales channel on a business day."""
        key = chain_id, channel, day
        level = self.days.get(key)
        if level is None:
            level = self.days[key] = self.levels.level(chain_id, Channel(channel), day)
        return level

    def counted(self, day: date) -> frozenset[BonusClass] | None:
        """The Bonus classes that some co-op's plan counts on a business day; None when no plan holds there."""
        if day not in self.counts:
            self.counts[day] = classes_on(self.plans, day)
        return self.counts[day]

    def barred(self, categories: frozenset[str]) -> Barred | None:
        """Where in the tree the categories are that somebody keeps out; None for no categories."""
        if not categories:
            return None
        bar = self.bars.get(categories)
        if bar is None:
            if self.classes is None:
                self.classes = assortment.class_groups()
            bar = self.bars[categories] = self.classes.barred(categories)
        return bar

    def learn_products(self, peeks: Iterable[Peek]) -> None:
        """Read the facts of the products that are not known yet; None is remembered for unknown products."""
        new: set[tuple[str, str]] = set()
        for peek in peeks:
            if store := self.store(peek.store):
                known = self.facts.setdefault(store.chain_code, {})
                new.update(
                    [(store.chain_code, line.code) for line in peek.lines if line.code and line.code not in known]
                )
        self._learn(new)

    def learn_codes(self, scanned: Mapping[str, Collection[str]]) -> None:
        """As `learn_products`, for codes as scanned by the chain whose they are."""
        new: set[tuple[str, str]] = set()
        for chain, codes in scanned.items():
            known = self.facts.setdefault(chain, {})
            new.update([(chain, code) for code in codes if code not in known])
        self._learn(new)

    def _learn(self, new: set[tuple[str, str]]) -> None:
        # A code whose 14 digits are a known GTIN is that product; only the others need to be taken apart.
        gtins = assortment.facts({("", code.zfill(14)) for _, code in new if code.isdigit()})
        rest = {}
        for chain, code in new:
            found = gtins.get(("", code.zfill(14)))
            if found is None:
                rest[chain, code] = identify(code, chain=chain, country=COUNTRY).key
            self.facts[chain][code] = found
        others = assortment.facts(set(rest.values()))
        for (chain, code), key in rest.items():
            self.facts[chain][code] = others.get(key)
