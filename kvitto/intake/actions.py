"""The pipeline: a batch of raw receipts in, what became of each out, everything in one transaction.

Order of what is done to a receipt: decode, find its store, check, find its buyer, find its level, reduce, seal, store. The
customer register and the purchase register meet here, in `_storable`: card to holder at the purchase's instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kvitto.audit import actions as audit
from kvitto.choices import queries as choices
from kvitto.intake import leftovers
from kvitto.intake.formats import Decoded, decode
from kvitto.intake.models import Delivery
from kvitto.intake.reference import Reference
from kvitto.intake.rules import check
from kvitto.intake.types import BatchResult, Raw, Refusal, Refused, State
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.members import queries as members
from kvitto.members.types import CardHolding
from kvitto.purchases import actions as purchases
from kvitto.purchases.rules import keep_from, level_for, line_cents, reduce
from kvitto.purchases.types import Key, Receipt, StorableReceipt, Stored
from kvitto.stores.types import Channel, StoreInfo
from kvitto.vault.digests import receipt_digest

MAX_BATCH = 2_000  # receipts in one transaction


@dataclass(frozen=True, slots=True)
class Checked:
    """A receipt that passed the checks: its place in the batch, its content, its store and its key."""

    index: int
    receipt: Receipt
    canonical: bytes
    amounts: list[int]
    store: StoreInfo
    key: Key


def take_in(*, batch: Sequence[Raw], by: Actor, now: datetime, reference: Reference) -> BatchResult:
    """Take a batch of raw receipts into the register, in the caller's transaction.

    `reference` is what the process remembers between batches. Every receipt gets a state; none stops the others. Safe to
    repeat: what is stored already counts as `same`.
    """
    require_transaction()
    reference.refresh()
    decoded = [decode(raw) for raw in batch]
    result = BatchResult([State.REFUSED] * len(batch), 0, [])
    checked = _check(batch, decoded, reference, now, result)
    held = _storable(checked, reference, now, result)
    delivery = _deliver(by, now, len(batch))
    outcomes = _store([receipt for _, receipt in held], delivery.pk, now)
    for (item, _), outcome in zip(held, outcomes, strict=True):
        result.states[item.index] = _STATES[outcome.outcome]
    leftovers.keep_refused(refused=result.refused, delivery=delivery)
    leftovers.settle_refused(keys=[item.receipt for item in checked])
    delivery.recorded = result.recorded
    delivery.save(update_fields=["recorded"])
    return result


_STATES = {
    "inserted": State.RECORDED,
    "same": State.SAME,
    "conflict": State.CONFLICT,
    "superseded": State.RECORDED,
}


def _check(
    batch: Sequence[Raw], decoded: Sequence[Decoded | Refusal], reference: Reference, now: datetime, result: BatchResult
) -> list[Checked]:
    """The receipts that pass; the others are noted in `result`."""
    reference.learn_stores({each.receipt.store for each in decoded if isinstance(each, Decoded)})
    oldest = keep_from(now.date())
    checked = []
    for index, each in enumerate(decoded):
        if isinstance(each, Refusal):
            result.refused.append(Refused(batch[index].position, each))
            continue
        receipt = each.receipt
        amounts = line_cents(receipt)
        result.lines += len(amounts)
        store = reference.stores.get(receipt.store)
        if refusal := check(receipt, amounts=amounts, store=store, now=now, keep_from=oldest):
            day = receipt.business_day.isoformat()
            result.refused.append(
                Refused(batch[index].position, refusal, receipt.store, day, receipt.workstation, receipt.sequence)
            )
        elif store:
            begin = receipt.begin_time or receipt.end_time
            key = Key(store.id, receipt.business_day, receipt.workstation, receipt.sequence, begin)
            checked.append(Checked(index, receipt, each.canonical, amounts, store, key))
    return checked


def _storable(
    checked: Sequence[Checked], reference: Reference, now: datetime, result: BatchResult
) -> list[tuple[Checked, StorableReceipt]]:
    """Lead each receipt to its buyer and reduce it to its level; those without a member are noted in `result`."""
    holdings = members.holders({item.receipt.card for item in checked if item.receipt.card})
    bought: list[tuple[Checked, int]] = []
    unknown: list[Checked] = []
    for item in checked:
        person_id = holder_at(holdings.get(item.receipt.card or "", ()), item.receipt.end_time)
        if person_id is None:
            result.states[item.index] = State.NO_MEMBER
            if item.receipt.card:
                unknown.append(item)
        else:
            bought.append((item, person_id))
    leftovers.keep_unknown_cards(cards=[(item.key, item.receipt.card or "") for item in unknown], now=now)
    histories = choices.level_histories({person_id for _, person_id in bought}, start=reference.start)
    reference.learn_products([(item.receipt, item.store) for item, _ in bought])
    storable = []
    for item, person_id in bought:
        receipt, history = item.receipt, histories.get(person_id)
        level, reason = level_for(
            chain=reference.levels.level(item.store.chain_id, Channel(receipt.channel), receipt.business_day),
            member_then=history.at(receipt.end_time) if history else reference.start,
            member_now=history.at(now) if history else reference.start,
        )
        reduced = reduce(
            receipt,
            amounts=item.amounts,
            key=item.key,
            person_id=person_id,
            level=level,
            reason=reason,
            facts=reference.facts[item.store.chain_code],
            group_of=lambda product, day=receipt.business_day: reference.group_of(product, day),
            digest=receipt_digest(item.canonical),
        )
        storable.append((item, reduced))
    return storable


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


def _store(receipts: Sequence[StorableReceipt], delivery_id: int, now: datetime) -> list[Stored]:
    """Store a batch in which a key may stand more than once: a later one meets the earlier as if it were stored already."""
    outcomes: dict[int, Stored] = {}
    waiting = list(enumerate(receipts))
    while waiting:
        seen: set[Key] = set()
        turn, later = [], []
        for item in waiting:
            (later if item[1].head.key in seen else turn).append(item)
            seen.add(item[1].head.key)
        stored = purchases.store(receipts=[receipt for _, receipt in turn], delivery_id=delivery_id, first=not outcomes)
        outcomes |= {index: outcome for (index, _), outcome in zip(turn, stored, strict=True)}
        waiting = later
    conflicts = [(receipts[index], outcome) for index, outcome in outcomes.items() if outcome.outcome == "conflict"]
    if conflicts:
        accepted = leftovers.settle_conflicts(conflicts=conflicts, delivery_id=delivery_id, now=now)
        outcomes |= {
            index: Stored("superseded")
            for index, outcome in outcomes.items()
            if outcome.outcome == "conflict" and receipts[index].head.key in accepted
        }
    return [outcomes[index] for index in range(len(receipts))]
