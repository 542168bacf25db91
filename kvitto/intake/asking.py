"""What a till may ask afterwards: what became of one receipt, and which the co-op wants again. States and keys, nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from kvitto.intake.claims import CLAIM_DAYS
from kvitto.intake.models import Claim, Conflict, NonSale, Quarantine, UnknownCard
from kvitto.kernel.errors import InvalidError, NotFoundError
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import Key
from kvitto.stores import queries as stores
from kvitto.stores.types import Scope, ScopeKind
from kvitto.tills import queries as tills
from kvitto.tills.types import TillKey

MOST_WANTED = 1_000
KEY_FORM = "STORE,DAY,TILL,NUMBER,TIME"
KEY_PATTERN = (
    r"([A-Za-z0-9._-]{1,40}),([0-9]{4}-[0-9]{2}-[0-9]{2}),([A-Za-z0-9._:-]{1,40}),([0-9]{1,18})"
    r",([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(?:Z|[+-][0-9]{2}:[0-9]{2}))"
)
_KEY = re.compile(KEY_PATTERN, re.ASCII)


class KeyFormError(InvalidError):
    """A text that names no receipt."""


class NotKnownError(NotFoundError):
    """Nothing is known of the receipt, or it is of a store that the key is not for: the answer is the same."""


class Became(StrEnum):
    """What is known of one receipt."""

    RECORDED = "recorded"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Named:
    """A receipt as its till names it; `begin_time` is the end time of one that has no begin time."""

    store: str
    business_day: date
    workstation: str
    sequence: int
    begin_time: datetime

    @property
    def text(self) -> str:
        """The form in which addresses carry it."""
        parts = (self.store, self.business_day, self.workstation, self.sequence, self.begin_time.isoformat())
        return ",".join(map(str, parts))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A receipt as its buyer reads it off the paper: by till and number, or by the code on it."""

    store: str
    business_day: date
    workstation: str | None
    sequence: int | None
    code: str | None


def read_key(text: str) -> Named:
    """A receipt's key from the form in which addresses carry it. Raises KeyFormError."""
    wrong = KeyFormError(f"a receipt is named {KEY_FORM}, as 101,2026-11-20,1,4711,2026-11-20T17:03:11+02:00")
    found = _KEY.fullmatch(text)
    if found is None:
        raise wrong
    store, day, till, number, time = found.groups()
    try:
        return Named(store, date.fromisoformat(day), till, int(number), datetime.fromisoformat(time))
    except ValueError:  # a thirteenth month
        raise wrong from None


def became(*, named: Named, key: TillKey, now: datetime) -> Became:
    """What became of a receipt of one of the key's stores. Raises NoKeyError, NotKnownError.

    Of a receipt without a member nothing is kept, so nothing is known of it either: to send it again is harmless.
    """
    tills.require(key.id, now=now)
    store = stores.stores_by_code({named.store}).get(named.store)
    if store is None or not key.scope.has(store):
        raise NotKnownError("nothing is known of this receipt")
    key_ = Key(store.id, named.business_day, named.workstation, named.sequence, named.begin_time)
    parts = {"business_day": named.business_day, "workstation": named.workstation, "sequence": named.sequence}
    whole = parts | {"store_id": store.id, "begin_time": named.begin_time}
    if Conflict.objects.filter(**whole, outcome__in=["open", "accepted"]).exists():
        return Became.CONFLICT
    if purchases.is_stored(key_) or NonSale.objects.filter(**whole).exists():
        return Became.RECORDED
    if Quarantine.objects.filter(**parts, store_code=named.store).exists():
        return Became.QUARANTINED
    raise NotKnownError("nothing is known of this receipt")


def wanted(*, key: TillKey, now: datetime) -> tuple[list[Named | Claimed], bool]:
    """The receipts of the key's stores that are wanted again, the longest waiting first, and whether there are more.

    They are those of which somebody has accepted the other content, which is with the till; those that came with a card that is
    known only since; and those that a member says are theirs. Raises NoKeyError.
    """
    tills.require(key.id, now=now)
    within = _within(key.scope)
    named = ("store__code", "business_day", "workstation", "sequence", "begin_time")
    accepted = Conflict.objects.filter(within, outcome="accepted").values_list("decided_at", *named)
    known = UnknownCard.objects.filter(within, wanted_at__isnull=False).values_list("wanted_at", *named)
    claimed = Claim.objects.filter(within, answered_at=None, made_at__gt=now - timedelta(days=CLAIM_DAYS)).values_list(
        "made_at", "store__code", "business_day", "workstation", "sequence", "code"
    )
    waiting: dict[Named | Claimed, datetime] = {}
    for since, *parts in accepted.order_by("decided_at", "pk")[: MOST_WANTED + 1]:
        waiting.setdefault(Named(*parts), since)
    for since, *parts in known.order_by("wanted_at", "pk")[: MOST_WANTED + 1]:
        waiting.setdefault(Named(*parts), since)
    for since, *parts in claimed.order_by("made_at", "pk")[: MOST_WANTED + 1]:
        waiting.setdefault(Claimed(*parts), since)
    found = sorted(waiting, key=waiting.__getitem__)
    return found[:MOST_WANTED], len(found) > MOST_WANTED


def _within(scope: Scope) -> Q:
    column: Mapping[ScopeKind, str] = {
        ScopeKind.COMPANY: "store__company_id",
        ScopeKind.CHAIN: "store__chain_id",
        ScopeKind.STORE: "store_id",
    }
    return Q(**{column[scope.kind]: scope.id})
