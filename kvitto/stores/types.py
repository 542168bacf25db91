"""What the network file holds, what queries answer, and what a load would change."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Level(IntEnum):
    """How much of a receipt is recorded. Lower is less, so that `min` picks the stricter of two."""

    TOTAL = 1
    GROUP = 2
    PRODUCT = 3


class Channel(StrEnum):
    """How the purchase was made."""

    STORE = "store"
    WEB = "web"


class Profile(StrEnum):
    """What a member who has decided nothing starts from."""

    DEFAULT = "default"  # use allowed, no restriction beyond the chain's level
    STRICT = "strict"  # totals only


ACCOUNT_AGE = 15  # unless the network file says another


class CompanyKind(StrEnum):
    """Who runs a store."""

    COOP = "co-op"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class LevelPeriod:
    """A level of one channel from `start` up to, not including, `end`; None is without end."""

    channel: Channel
    level: Level
    start: date
    end: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """A company that runs stores."""

    name: str
    business_id: str
    kind: CompanyKind


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain and its levels by date; a channel without any is recorded as totals."""

    name: str
    levels: tuple[LevelPeriod, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """A store; `company` and `chain` are codes, `zone` an IANA name, `tills` workstation codes as on receipts."""

    name: str
    town: str
    company: str
    chain: str
    zone: str
    tills: frozenset[str]
    opened: date | None = None  # first day open
    closed: date | None = None  # first day closed
    service_point: bool = False  # members are served there


@dataclass(frozen=True, slots=True)
class Contact:
    """How members reach the co-op; texts by language."""

    phone: str
    hours: Mapping[str, str]
    price: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Network:
    """A whole network file; each mapping goes from code to what the code names."""

    profile: Profile
    companies: Mapping[str, Company]
    chains: Mapping[str, Chain]
    stores: Mapping[str, Store]
    contact: Contact | None = None  # None: the file says nothing of it
    account_age: int = ACCOUNT_AGE  # from this age on a minor has a sign-in of their own


class ServicePoint(NamedTuple):
    """A store where members are served."""

    store_id: int
    name: str
    town: str


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What intake needs to know of a store."""

    id: int
    code: str
    name: str
    company_id: int
    chain_id: int
    chain_code: str
    zone: str
    workstations: frozenset[str]
    partner: bool = False  # of a company that only takes the card: it sends totals


class ScopeKind(StrEnum):
    """Which stores something is about: all of a company, all of a chain, or one."""

    COMPANY = "company"
    CHAIN = "chain"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Scope:
    """The stores of one company or chain, or one store, by its id."""

    kind: ScopeKind
    id: int

    def has(self, store: StoreInfo) -> bool:
        """Whether a store is one of them."""
        if self.kind is ScopeKind.STORE:
            return store.id == self.id
        return (store.company_id if self.kind is ScopeKind.COMPANY else store.chain_id) == self.id


@dataclass(frozen=True, slots=True)
class StorePlace:
    """What pages need to know of a store: what its receipts print, whose numbers it scans, its clock."""

    id: int
    name: str
    town: str
    chain: str
    chain_code: str
    company: str
    business_id: str
    zone: str
    code: str


@dataclass(frozen=True, slots=True)
class ChainRecording:
    """How finely a chain's receipts of one channel are recorded on a day."""

    chain: str
    channel: Channel
    level: Level
    since: date | None  # None where no level was ever set: totals


@dataclass(frozen=True, slots=True)
class Steps:
    """Levels of one chain and channel: `levels[i]` holds from `days[i]` until the next; totals before the first."""

    days: tuple[date, ...] = ()
    levels: tuple[Level, ...] = ()

    def on(self, day: date) -> Level:
        """The level on a day."""
        index = bisect_right(self.days, day)
        return self.levels[index - 1] if index else Level.TOTAL


NO_STEPS = Steps()


@dataclass(frozen=True, slots=True)
class LevelTable:
    """Every chain's levels in memory; asked once per receipt."""

    steps: Mapping[tuple[int, Channel], Steps]

    def level(self, chain_id: int, channel: Channel, day: date) -> Level:
        """The chain's level in that channel on a business day; totals for whatever was never set."""
        return self.steps.get((chain_id, channel), NO_STEPS).on(day)


class Kind(StrEnum):
    """What a load does with a thing."""

    NEW = "new"
    CHANGED = "changed"
    KEPT = "kept"  # known, and not in the file


@dataclass(frozen=True, slots=True)
class Change:
    """One field, as text; `old` is empty when the whole thing is new."""

    field: str
    old: str
    new: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One company, chain, store or the profile where file and register differ."""

    kind: Kind
    noun: str
    code: str
    changes: tuple[Change, ...] = ()
