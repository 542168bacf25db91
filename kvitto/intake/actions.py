"""The pipeline: a batch of raw receipts in, what became of each out, everything in one transaction.

Order of what is done to a receipt: decode, find its store, check, find its buyer, find its level, reduce, seal, store. The
customer register and the purchase register meet here, in `_take_one`: card to holder at the purchase's instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from kvitto.assortment.types import Barred
from kvitto.audit import actions as audit
from kvitto.choices import queries as choices
from kvitto.choices.types import Histories
from kvitto.intake import leftovers
from kvitto.intake.formats import decode, peek
from kvitto.intake.models import Delivery
from kvitto.intake.reference import Reference
from kvitto.intake.rules import NO_SUCH_STORE, check
from kvitto.intake.types import BatchResult, Raw, Refusal, Refused, State
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.members import queries as members
from kvitto.members.types import CardHolding
from kvitto.purchases import actions as purchases
from kvitto.purchases.rules import keep_from, level_for, line_cents, pack, reduce
from kvitto.purchases.types import Key, LevelReason, Packed, Receipt, Stored
from kvitto.stores.types import Level, StoreInfo
from kvitto.vault.digests import receipt_digest

MAX_BATCH = 4_000  # receipts in one transaction


@dataclass(slots=True)
class Batch:
    """What holds for one batch: when, what was looked up for all of it, and what became of it so far."""

    now: datetime
    keep_from: date
    reference: Reference
    holdings: dict[str, list[CardHolding]]
    histories: Histories
    result: BatchResult
    well: list[tuple[str, str, int]] = field(default_factory=list)  # store, workstation, sequence of those that passed
    unknown_cards: list[tuple[Key, str]] = field(default_factory=list)


def take_in(*, batch: Sequence[Raw], by: Actor, now: datetime, reference: Reference) -> BatchResult:
    """Take a batch of raw receipts into the register, in the caller's transaction.

    `reference` is what the process remembers between batches. Every receipt gets a state; none stops the others. Safe to
    repeat: what is stored already counts as `same`.
    """
    require_transaction()
    work = _look_up(batch, now, reference)
    held: list[tuple[int, Packed]] = []
    for index, raw in enumerate(batch):
        taken = _take_one(raw, work)
        if isinstance(taken, State):
            work.result.states[index] = taken
        else:
            held.append((index, taken))
    delivery = _deliver(by, now, len(batch))
    outcomes = _store([receipt for _, receipt in held], delivery.pk, now)
    for (index, _), outcome in zip(held, outcomes, strict=True):
        work.result.states[index] = _STATES[outcome.outcome]
    leftovers.keep_unknown_cards(cards=work.unknown_cards, now=now)
    leftovers.keep_refused(refused=work.result.refused, delivery=delivery)
    leftovers.settle_refused(keys=work.well)
    delivery.recorded = work.result.recorded
    delivery.save(update_fields=["recorded"])
    return work.result


SUPERSEDED = Stored("superseded")
_STATES = {
    "inserted": State.RECORDED,
    "same": State.SAME,
    "conflict": State.CONFLICT,
    "superseded": State.RECORDED,
}


def _look_up(batch: Sequence[Raw], now: datetime, reference: Reference) -> Batch:
    """Ask once for the whole batch: cards to holders, holders to choices, codes to products."""
    reference.refresh()
    peeks = [peek(raw) for raw in batch]
    holdings = members.holders({each.card for each in peeks if each.card})
    people = {holding.person_id for found in holdings.values() for holding in found}
    histories = choices.recording_histories(people, start=reference.start)
    reference.learn_products(peeks)
    result = BatchResult([State.REFUSED] * len(batch), 0, [])
    return Batch(now, keep_from(now.date()), reference, holdings, histories, result)


def _take_one(raw: Raw, work: Batch) -> State | Packed:
    """One receipt from its bytes to what may be stored of it, or the state it ends in; its full form ends here.

    One at a time, because a receipt that is worked on while it is in the processor's cache takes half the time.
    """
    decoded = decode(raw)
    if isinstance(decoded, Refusal):
        work.result.refused.append(Refused(raw.position, decoded))
        return State.REFUSED
    receipt, form = decoded
    amounts = line_cents(receipt)
    work.result.lines += len(amounts)
    store = work.reference.store(receipt.store)
    if store is None:
        return _refuse(raw, receipt, NO_SUCH_STORE, work)
    if refusal := check(receipt, amounts=amounts, store=store, now=work.now, keep_from=work.keep_from):
        return _refuse(raw, receipt, refusal, work)
    work.well.append((receipt.store, receipt.workstation, receipt.sequence))
    begin = receipt.begin_time or receipt.end_time
    key = Key(store.id, receipt.business_day, receipt.workstation, receipt.sequence, begin)
    person_id = holder_at(work.holdings.get(receipt.card or "", ()), receipt.end_time)
    if person_id is None:
        if receipt.card:
            work.unknown_cards.append((key, receipt.card))
        return State.NO_MEMBER
    level, reason = _level(receipt, store, person_id, work)
    barred = _barred(receipt, person_id, work)
    return pack(
        reduce(
            receipt,
            amounts=amounts,
            key=key,
            person_id=person_id,
            level=level,
            reason=reason,
            facts=work.reference.facts[store.chain_code],
            group_depth=work.reference.depths.depth(receipt.business_day),
            barred=barred,
            digest=receipt_digest(form),
        )
    )


def _refuse(raw: Raw, receipt: Receipt, refusal: Refusal, work: Batch) -> State:
    named = (receipt.store, receipt.business_day.isoformat(), receipt.workstation, receipt.sequence)
    work.result.refused.append(Refused(raw.position, refusal, *named))
    return State.REFUSED


def _level(receipt: Receipt, store: StoreInfo, person_id: int, work: Batch) -> tuple[Level, LevelReason]:
    history = work.histories.levels.get(person_id)
    return level_for(
        chain=work.reference.level(store.chain_id, receipt.channel, receipt.business_day),
        member_then=history.at(receipt.end_time) if history else work.reference.start,
        member_now=history.at(work.now) if history else work.reference.start,
    )


def _barred(receipt: Receipt, person_id: int, work: Batch) -> Barred | None:
    """The categories that the member kept out when they bought, and those they keep out now."""
    history = work.histories.categories.get(person_id)
    if history is None:
        return None
    return work.reference.barred(history.at(receipt.end_time) | history.at(work.now))


def holder_at(holdings: Sequence[CardHolding], instant: datetime) -> int | None:
    """The person who held a card at an instant; None when nobody did."""
    for holding in holdings:
        if holding.start <= instant and (holding.end is None or instant < holding.end):
            return holding.person_id
    return None


def _deliver(by: Actor, now: datetime, received: int) -> Delivery:
    entry = audit.record(by=by, action="intake.deliver", now=now, purpose="recording", count=received)
    return Delivery.objects.create(
        at=now, actor_kind=by.kind, actor_id=by.id, entry_id=entry, received=received, recorded=0
    )


def _store(receipts: Sequence[Packed], delivery_id: int, now: datetime) -> list[Stored]:
    """Store a batch in which a key may stand more than once: a later one meets the earlier as if it were stored already."""
    outcomes: dict[int, Stored] = {}
    waiting = list(enumerate(receipts))
    while waiting:
        seen: set[Key] = set()
        turn: list[tuple[int, Packed]] = []
        later: list[tuple[int, Packed]] = []
        for item in waiting:
            (later if item[1].head.key in seen else turn).append(item)
            seen.add(item[1].head.key)
        stored = purchases.store(receipts=[receipt for _, receipt in turn], delivery_id=delivery_id, first=not outcomes)
        conflicts = [(item[1], outcome) for item, outcome in zip(turn, stored, strict=True) if outcome.existing]
        settled = leftovers.settle_conflicts(conflicts=conflicts, delivery_id=delivery_id, now=now)
        for (index, receipt), outcome in zip(turn, stored, strict=True):
            outcomes[index] = SUPERSEDED if receipt.head.key in settled else outcome
        waiting = later
    return [outcomes[index] for index in range(len(receipts))]
