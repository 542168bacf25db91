"""The pipeline: raw receipts in, what became of each out, everything in one transaction.

Order of what is done to a receipt: decode, find its store, check, find its buyer, find its level, reduce, seal, store. The
customer register and the purchase register meet here, in `_recorded`: card to holder at the purchase's instant.

What several tills hand in at the same moment is taken in together: what is looked up, stored and committed is shared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from kvitto.assortment.types import Barred
from kvitto.bonus import actions as bonus
from kvitto.choices import queries as choices
from kvitto.choices.types import Histories
from kvitto.intake import claims, deliveries, gaps, leftovers, services
from kvitto.intake.formats import Peek, decode, peek
from kvitto.intake.forms import (
    NON_SALES,
    POST_VOID,
    PostVoid,
    Voided,
    decode_header,
    decode_order,
    decode_post_void,
    decode_totals,
)
from kvitto.intake.reference import Reference
from kvitto.intake.rules import (
    NO_SUCH_STORE,
    NOT_YOUR_STORE,
    TOTALS_ONLY,
    check,
    check_header,
    check_totals,
    claim_of,
    is_late,
    noon,
)
from kvitto.intake.services import Aside
from kvitto.intake.types import BatchResult, Form, OpenClaim, Parcel, Raw, Refusal, Refused, State, UsedNumber, Well
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.money import cents
from kvitto.members import queries as members
from kvitto.members.types import CardHolding
from kvitto.purchases import actions as purchases
from kvitto.purchases.rules import keep_from, level_for, line_cents, pack, reduce, restates, total_only
from kvitto.purchases.types import Changed, Key, LevelReason, Packed, Receipt, Stored, TakenBack, Voiding
from kvitto.stores.types import Level, StoreInfo
from kvitto.vault.digests import receipt_digest

MAX_BATCH = 4_000  # receipts in one transaction


@dataclass(slots=True)
class Batch:
    """What holds for everything that is taken in together: when, and what was looked up for all of it."""

    now: datetime
    keep_from: date
    reference: Reference
    holdings: dict[str, list[CardHolding]]
    claims: dict[int, list[OpenClaim]]
    histories: Histories


@dataclass(slots=True)
class Work:
    """One parcel in work, and what became of it so far."""

    parcel: Parcel
    batch: Batch
    result: BatchResult
    held: list[tuple[int, Packed]] = field(default_factory=list)  # to be stored, each with its place in the parcel
    headers: list[tuple[int, Key, str]] = field(default_factory=list)  # of transactions that are no sale
    voided: dict[Key, tuple[Voided, datetime]] = field(
        default_factory=dict
    )  # what those among them take back, and when
    well: list[Well] = field(default_factory=list)  # those that passed
    numbers: list[UsedNumber] = field(default_factory=list)  # of tills, by whatever passed
    unknown_cards: list[tuple[Key, str]] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)  # claims of receipts that came without a card
    asides: dict[int, Aside] = field(default_factory=dict)  # for members' own services, by the place in the parcel

    @property
    def kept(self) -> bool:
        """Whether anything of the parcel is stored."""
        return self.parcel.key is None or not self.parcel.key.sandbox


def take_in(*, batch: Sequence[Raw], by: Actor, now: datetime, reference: Reference) -> BatchResult:
    """Take a batch of raw receipts of any stores into the register, in the caller's transaction; as `take_together`."""
    return take_together(parcels=[Parcel(by, batch)], now=now, reference=reference)[0]


def take_together(*, parcels: Sequence[Parcel], now: datetime, reference: Reference) -> list[BatchResult]:
    """Take in what was handed in at once, in the caller's transaction; what became of each parcel, in order.

    `reference` is what the process remembers between batches. Every receipt gets a state; none stops the others. Safe to
    repeat: what is stored already counts as `same`.
    """
    require_transaction()
    peeks = [[peek(raw) for raw in parcel.receipts] for parcel in parcels]
    batch = _look_up([each for found in peeks for each in found], now, reference)
    works = []
    for parcel, found in zip(parcels, peeks, strict=True):
        work = Work(parcel, batch, BatchResult([State.REFUSED] * len(parcel.receipts), 0, []))
        for index, (raw, seen) in enumerate(zip(parcel.receipts, found, strict=True)):
            taken = _take_one(index, raw, seen, work)
            if isinstance(taken, State):
                work.result.states[index] = taken
            else:
                work.result.states[index] = State.RECORDED
                work.held.append((index, taken))
        works.append(work)
    _store_all(works, batch)
    return [work.result for work in works]


_STATES = {
    "inserted": State.RECORDED,
    "same": State.SAME,
    "conflict": State.CONFLICT,
    "superseded": State.RECORDED,
}


def _look_up(peeks: Sequence[Peek], now: datetime, reference: Reference) -> Batch:
    """Ask once for the whole batch: cards to holders, claims of their stores, people to choices, codes to products."""
    reference.refresh()
    holdings = members.holders({each.card for each in peeks if each.card})
    named = {each.store for each in peeks}
    reference.learn_stores(named)
    claimed = claims.open_at({store.id for code in named if (store := reference.store(code))}, now=now)
    people = {holding.person_id for found in holdings.values() for holding in found}
    people |= {claim.person_id for found in claimed.values() for claim in found}
    histories = choices.recording_histories(people, start=reference.start)
    reference.learn_products(peeks)
    return Batch(now, keep_from(now.date()), reference, holdings, claimed, histories)


def _store_all(works: Sequence[Work], batch: Batch) -> None:
    """Store what is to be stored of every parcel, each under its own delivery, and what the parcels leave behind."""
    now = batch.now
    if any(work.voided for work in works if work.kept):
        bonus.await_deliveries()
    ids = deliveries.opened(parcels=[work.parcel for work in works], now=now, reference=batch.reference)
    kept = [(work, delivery_id) for work, delivery_id in zip(works, ids, strict=True) if work.kept]
    held = [(work, index, receipt, delivery_id) for work, delivery_id in kept for index, receipt in work.held]
    closed_until = bonus.await_closing()
    taken_back = _take_headers(kept, now)
    changed = [Changed(*each[:3]) for each in taken_back]
    outcomes = _store([(receipt, delivery_id) for _, _, receipt, delivery_id in held], now)
    for (work, index, receipt, delivery_id), outcome in zip(held, outcomes, strict=True):
        work.result.states[index] = _STATES[outcome.outcome]
        if outcome.outcome in {"inserted", "superseded"}:
            buyers = {receipt.head.person_id, *([outcome.existing.person_id] if outcome.existing else [])}
            changed += [Changed(buyer, receipt.head.key.business_day, delivery_id) for buyer in buyers]
    bonus.note_late(receipts=changed, closed_until=closed_until)
    _keep_asides(held, outcomes, now)
    services.take_back(receipts=taken_back)
    leftovers.keep_unknown_cards(cards=[each for work, _ in kept for each in work.unknown_cards], now=now)
    stored = [
        receipt.head for (_, _, receipt, _), each in zip(held, outcomes, strict=True) if each.outcome == "inserted"
    ]
    answered = [each for work, _ in kept for each in work.answered]
    claims.settle(stored=stored, answered=answered, open_claims=batch.claims, now=now)
    for work, delivery_id in kept:
        leftovers.keep_refused(refused=work.result.refused, delivery_id=delivery_id, now=now)
    leftovers.settle(well=[each for work, _ in kept for each in work.well], stored=[head.key for head in stored])
    deliveries.count(
        counts=[
            (delivery_id, len(work.parcel.receipts), work.result.recorded if work.kept else 0)
            for work, delivery_id in zip(works, ids, strict=True)
        ]
    )
    # last: whoever takes in other receipts of the same till's day waits for this row until the commit
    gaps.note(numbers=[each for work, _ in kept for each in work.numbers], now=now)


def _take_headers(kept: Sequence[tuple[Work, int]], now: datetime) -> list[TakenBack]:
    """Note transactions that are no sale, and take back what those among them void; what counts for nothing since."""
    headers = [(work, delivery_id, each) for work, delivery_id in kept for each in work.headers]
    new = leftovers.keep_headers(headers=[(key, kind) for _, _, (_, key, kind) in headers], now=now)
    voidings = []
    for work, delivery_id, (index, key, _) in headers:
        work.result.states[index] = State.RECORDED if key in new else State.SAME
        if key in new and key in work.voided:
            what, at = work.voided[key]
            voidings.append(
                Voiding(
                    key.store_id, what.business_day, what.workstation, what.sequence, what.begin_time, at, delivery_id
                )
            )
        new.discard(key)  # it may stand in several parcels, and is new once
    return purchases.void(voidings=voidings)


def _keep_asides(held: Sequence[tuple[Work, int, Packed, int]], outcomes: Sequence[Stored], now: datetime) -> None:
    """Hand what members' own services keep of the receipts that are stored now on to them."""
    kept: dict[str, dict[Key, Aside]] = {"inserted": {}, "superseded": {}}
    for (work, index, receipt, _), outcome in zip(held, outcomes, strict=True):
        if outcome.outcome in kept and index in work.asides:
            kept[outcome.outcome][receipt.head.key] = work.asides[index]
    services.keep(new=kept["inserted"], corrected=kept["superseded"], now=now)


def _take_one(index: int, raw: Raw, seen: Peek, work: Work) -> State | Packed:
    """One receipt from its bytes to what may be stored of it, or the state it ends in; its full form ends here.

    One at a time, because a receipt that is worked on while it is in the processor's cache takes half the time.
    """
    if raw.form is Form.TOTALS:
        return _take_totals(raw, work)
    if raw.form is Form.RECEIPT and (seen.type in NON_SALES or seen.type == POST_VOID):
        return _take_header(index, raw, work, is_post_void=seen.type == POST_VOID)
    decoded = decode(raw) if raw.form is Form.RECEIPT else decode_order(raw)
    if isinstance(decoded, Refusal):
        return _refuse(raw, decoded, work)
    receipt, form = decoded
    amounts = line_cents(receipt)
    work.result.lines += len(amounts)
    named = (receipt.store, receipt.business_day.isoformat(), receipt.workstation, receipt.sequence)
    store = _admitted(receipt, amounts, work, is_order=raw.form is Form.ORDER)
    if not isinstance(store, StoreInfo):
        return _turned_away(raw, store, work, *named)
    work.well.append(Well(*named))
    begin = receipt.begin_time or receipt.end_time
    key = Key(store.id, receipt.business_day, receipt.workstation, receipt.sequence, begin)
    if raw.form is Form.RECEIPT:
        work.numbers.append(_used(key, receipt.end_time, work))
    person_id = _buyer(receipt.card, key, receipt.end_time, work) if receipt.card else _claimant(receipt, key, work)
    if person_id is None:
        return State.NO_MEMBER
    packed, aside = _recorded(
        receipt, form, raw, amounts=amounts, store=store, key=key, person_id=person_id, batch=work.batch
    )
    if aside is not None:
        work.asides[index] = aside
    return packed


def _recorded(
    receipt: Receipt,
    form: bytes,
    raw: Raw,
    *,
    amounts: list[int],
    store: StoreInfo,
    key: Key,
    person_id: int,
    batch: Batch,
) -> tuple[Packed, Aside | None]:
    """What may be stored of a buyer's receipt, and what the buyer's own services keep of it."""
    chain = batch.reference.level(store.chain_id, receipt.channel, receipt.business_day)
    level, reason = _level(receipt, chain, person_id, batch)
    at_level = partial(
        reduce,
        receipt,
        amounts=amounts,
        key=key,
        person_id=person_id,
        reason=reason,
        facts=batch.reference.facts[store.chain_code],
        group_depth=batch.reference.depths.depth(receipt.business_day),
        barred=_barred(receipt, person_id, batch),
        counted=batch.reference.counted(receipt.business_day),
        digest=receipt_digest(form),
        version=raw.version,
    )
    storable = at_level(level=level)
    aside = services.aside(
        person_id=person_id,
        reason=reason,
        whole=lambda: storable if level is chain else at_level(level=chain),
        end_time=receipt.end_time,
        now=batch.now,
        histories=batch.histories,
    )
    return pack(storable), aside


def _take_header(index: int, raw: Raw, work: Work, *, is_post_void: bool) -> State:
    """The header of a transaction that is no sale: noted, so that its number is no gap. One may take a receipt back."""
    header = decode_post_void(raw) if is_post_void else decode_header(raw)
    if isinstance(header, Refusal):
        return _refuse(raw, header, work)
    named = (header.store, header.business_day.isoformat(), header.workstation, header.sequence)
    store = _store_of(header.store, header.business_day, work)
    if not isinstance(store, StoreInfo):
        return _turned_away(raw, store, work, *named)
    if refusal := check_header(header, store=store, now=work.batch.now):
        return _refuse(raw, refusal, work, *named)
    work.well.append(Well(*named))
    begin = header.begin_time or header.end_time
    key = Key(store.id, header.business_day, header.workstation, header.sequence, begin)
    work.numbers.append(_used(key, header.end_time, work))
    work.headers.append((index, key, header.type))
    if isinstance(header, PostVoid):
        work.voided.setdefault(key, (header.voids, header.end_time))
    return State.RECORDED


def _take_totals(raw: Raw, work: Work) -> State | Packed:
    """A partner's form: a day and a sum, whatever levels hold. The card counts for whoever held it at noon of that day."""
    decoded = decode_totals(raw)
    if isinstance(decoded, Refusal):
        return _refuse(raw, decoded, work)
    totals, form = decoded
    named = (totals.store, totals.day.isoformat(), totals.workstation, 0)
    store = _store_of(totals.store, totals.day, work)
    if not isinstance(store, StoreInfo):
        return _turned_away(raw, store, work, *named)
    if refusal := check_totals(totals, now=work.batch.now):
        return _refuse(raw, refusal, work, *named)
    work.well.append(Well(*named))
    at = noon(totals.day, store.zone)
    key = Key(store.id, totals.day, totals.workstation, 0, at)
    person_id = _buyer(totals.card, key, at, work)
    if person_id is None:
        return State.NO_MEMBER
    total = total_only(
        key=key,
        person_id=person_id,
        total_cents=cents(totals.total),
        currency=totals.currency,
        digest=receipt_digest(form),
    )
    return pack(total)


def _admitted(receipt: Receipt, amounts: list[int], work: Work, *, is_order: bool) -> StoreInfo | Refusal | State:
    """The store of a receipt that breaks no rule, or the first that it breaks; or that it is too old to be kept."""
    store = _store_of(receipt.store, receipt.business_day, work)
    if not isinstance(store, StoreInfo):
        return store
    if store.partner and work.parcel.key is not None:
        return TOTALS_ONLY
    return check(receipt, amounts=amounts, store=store, now=work.batch.now, is_order=is_order) or store


def _store_of(code: str, day: date, work: Work) -> StoreInfo | Refusal | State:
    """The store with this code, if the key it comes with is for it, and the day is one that is kept."""
    store = work.batch.reference.store(code)
    if store is None:
        return NO_SUCH_STORE
    key = work.parcel.key
    if key is not None and not key.scope.has(store):
        return NOT_YOUR_STORE
    return State.TOO_OLD if day < work.batch.keep_from else store


def _used(key: Key, end_time: datetime, work: Work) -> UsedNumber:
    late = is_late(end_time, work.batch.now)
    return UsedNumber(key.business_day, key.store_id, key.workstation, key.sequence, late)


def _buyer(card: str | None, key: Key, instant: datetime, work: Work) -> int | None:
    """Who held the card at the instant; None for no card, and for one that was nobody's, which leaves a digest."""
    person_id = holder_at(work.batch.holdings.get(card or "", ()), instant)
    if person_id is None and card:
        work.unknown_cards.append((key, card))
    return person_id


def _turned_away(raw: Raw, why: Refusal | State, work: Work, *named: Any) -> State:
    return why if isinstance(why, State) else _refuse(raw, why, work, *named)


def _claimant(receipt: Receipt, key: Key, work: Work) -> int | None:
    """Who says that a receipt without a card is theirs, and knows what it came to; the first who said so."""
    found = [each for each in work.batch.claims.get(key.store_id, ()) if claim_of(each, key, receipt.code)]
    work.answered += [each.id for each in found]
    return next((each.person_id for each in found if each.total_cents == cents(receipt.total)), None)


def _refuse(
    raw: Raw, refusal: Refusal, work: Work, store: str = "", day: str = "", till: str = "", sequence: int | None = None
) -> State:
    work.result.refused.append(Refused(raw.position, refusal, store, day, till, sequence))
    return State.REFUSED


def _level(receipt: Receipt, chain: Level, person_id: int, batch: Batch) -> tuple[Level, LevelReason]:
    history = batch.histories.levels.get(person_id)
    return level_for(
        chain=chain,
        member_then=history.at(receipt.end_time) if history else batch.reference.start,
        member_now=history.at(batch.now) if history else batch.reference.start,
    )


def _barred(receipt: Receipt, person_id: int, batch: Batch) -> Barred | None:
    """The categories that the member kept out when they bought, and those they keep out now."""
    history = batch.histories.categories.get(person_id)
    if history is None:
        return None
    return batch.reference.barred(history.at(receipt.end_time) | history.at(batch.now))


def holder_at(holdings: Sequence[CardHolding], instant: datetime) -> int | None:
    """The person who held a card at an instant; None when nobody did."""
    for holding in holdings:
        if holding.start <= instant and (holding.end is None or instant < holding.end):
            return holding.person_id
    return None


def _store(receipts: Sequence[tuple[Packed, int]], now: datetime) -> list[Stored]:
    """Store receipts with their deliveries. A key may stand more than once: a later one meets the earlier as if stored."""
    outcomes: dict[int, Stored] = {}
    waiting = list(enumerate(receipts))
    while waiting:
        seen: set[Key] = set()
        turn: list[tuple[int, tuple[Packed, int]]] = []
        later: list[tuple[int, tuple[Packed, int]]] = []
        for item in waiting:
            key = item[1][0].head.key
            (later if key in seen else turn).append(item)
            seen.add(key)
        stored = purchases.store(receipts=[item for _, item in turn])
        for (index, _), outcome in zip(turn, _settled(turn, stored, now), strict=True):
            outcomes[index] = outcome
        waiting = later
    return [outcomes[index] for index in range(len(receipts))]


def _settled(
    turn: Sequence[tuple[int, tuple[Packed, int]]], stored: Sequence[Stored], now: datetime
) -> Iterator[Stored]:
    """What became of receipts when those that differ from what is stored have been looked at.

    A source that may restate says itself which is newer; of the others somebody decides.
    """
    differ = [(item, each, each.existing) for (_, item), each in zip(turn, stored, strict=True) if each.existing]
    newer = {item[0].head.key: restates(item[0].head, existing) for item, _, existing in differ}
    purchases.supersede(receipts=[item for item, _, _ in differ if newer[item[0].head.key]], now=now)
    conflicts = [(item, each) for item, each, _ in differ if newer[item[0].head.key] is None]
    accepted = leftovers.settle_conflicts(conflicts=conflicts, now=now)
    for (_, (receipt, _)), outcome in zip(turn, stored, strict=True):
        key = receipt.head.key
        if key in accepted or newer.get(key):
            yield Stored("superseded", outcome.existing)
        elif newer.get(key) is False:
            yield Stored("same")
        else:
            yield outcome
