"""Writes: warranty receipts make themselves, are corrected and deleted by their owner, end, and go.

`keep` is where the two registers meet. Pages may read their owner's warranty receipts and keys, and change neither; so what
changes something asks as the system, for the one person it is called for.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Q
from django.utils.timezone import localdate
from msgspec.structs import replace

from kvitto.audit import actions as audit
from kvitto.choices import actions as deciding
from kvitto.choices import queries as choices
from kvitto.choices.rules import YES
from kvitto.choices.types import Channel, Shown, Topic
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened, require_transaction
from kvitto.kernel.errors import InvalidError, NotFoundError
from kvitto.kernel.periods import quarter_end, quarter_of
from kvitto.members import queries as members
from kvitto.purchases import queries as purchases
from kvitto.purchases.actions import NotOwnReceiptError
from kvitto.purchases.related import related_of
from kvitto.purchases.types import ProductContent, Related, StoredGuarantee, StoredLine
from kvitto.stores import queries as stores
from kvitto.stores.types import StorePlace
from kvitto.vault import actions as vault
from kvitto.vault.digests import goods_digest
from kvitto.vault.types import Compartment
from kvitto.warranties import returning, sealing
from kvitto.warranties.models import Returned, Warranty
from kvitto.warranties.queries import OWN_VIEW
from kvitto.warranties.rules import RETURN_KEPT, SALE_AWAITED, goods, guaranteed, is_sound, pieces, reminded
from kvitto.warranties.types import Bought, Copy


class NoWarrantyError(NotFoundError):
    """There is no such warranty receipt of the person's: the answer is the same, whatever exists."""


class UnsoundCorrectionError(InvalidError):
    """The goods need a name, and a guarantee ends today or later, and no later than 30 years after the purchase."""


def keep(*, receipts: Sequence[Bought], came_back: Sequence[Bought] = (), today: date) -> None:
    """Copy what a claim needs of every line with a guarantee that has not ended, and end what was brought or taken back.

    Of receipts that have just been stored, in that transaction, and of those among their buyers who want warranty receipts
    now: asked once more, behind the lock that storing has taken, since who turns them off waits for it. Safe to repeat.
    `came_back`: receipts of before, on which only what was brought back counts.
    """
    require_transaction()
    people = {each.person_id for each in receipts}
    on = choices.allowing(people, Topic.WARRANTY_RECEIPTS, profile=stores.profile()) if people else set()
    wanted = [each for each in receipts if each.person_id in on]
    places = stores.places() if wanted else {}
    rows, copies = [], []
    for each in wanted:
        for number, line, guarantee in guaranteed(each.content):
            if guarantee.until >= today:
                rows.append(_row(each, number, line, guarantee, places[each.store_id], today))
                copies.append(_copy(each, line, guarantee, places[each.store_id]))
    if rows:
        sealing.seal(rows, copies)
        Warranty.objects.bulk_create(rows, ignore_conflicts=True)
    returning.end_returned(rows=rows, receipts=[*wanted, *came_back], places=places)


def _row(
    each: Bought, number: int, line: StoredLine, guarantee: StoredGuarantee, place: StorePlace, today: date
) -> Warranty:
    voided = each.voided_at is not None
    return Warranty(
        person_id=each.person_id,
        business_day=each.business_day,
        receipt_id=each.receipt_id,
        line=number,
        goods=goods_digest(each.person_id, place.chain_code, goods(line)),
        pieces=0 if voided else pieces(line),
        ends_on=guarantee.until,
        returned_on=localdate(each.voided_at) if voided else None,
        voided=voided,
        reminded=reminded(guarantee.until, today),
    )


def _copy(each: Bought, line: StoredLine, guarantee: StoredGuarantee, place: StorePlace) -> Copy:
    return Copy(
        company=place.company,
        business_id=place.business_id,
        store=place.name,
        town=place.town,
        workstation=each.workstation,
        sequence=each.sequence,
        printed=line.text,
        serial=guarantee.serial,
        terms=guarantee.terms,
        until=guarantee.until,
        item=line.text,
    )


def turn_on(*, person_id: int, day: date, receipt_id: int, shown: Shown, by: Actor, now: datetime) -> int:
    """Turn warranty receipts on, and keep those of one receipt of the person's, which is opened for it; the statement's number.

    So are the returns that name it. Opens its transactions itself: it is the whole act. Raises NotOwnReceiptError, and what
    `choices.actions.state` does.
    """
    bought = _opened(person_id, day, receipt_id, by, now)
    related = related_of(person_id).get((day, receipt_id), Related())
    came_back = [_opened(person_id, each.business_day, each.receipt_id, by, now) for each in related.returns]
    with opened():
        stated = deciding.state(
            person_id=person_id,
            topic=Topic.WARRANTY_RECEIPTS,
            value=YES,
            channel=Channel.WEB,
            shown=shown,
            by=by,
            now=now,
        )
        if bought:
            with identity.acting(ActorKind.SYSTEM):
                keep(receipts=[bought], came_back=[each for each in came_back if each], today=localdate(now))
    return stated.number


def _opened(person_id: int, day: date, receipt_id: int, by: Actor, now: datetime) -> Bought | None:
    """A receipt of the person's with its lines; None when none are recorded of it. Raises NotOwnReceiptError."""
    found = purchases.opened_receipt(
        person_id=person_id, day=day, receipt_id=receipt_id, by=by, purpose=OWN_VIEW, now=now
    )
    if found is None:
        raise NotOwnReceiptError("no such receipt among yours: it may have been deleted after two years")
    detail, content = found
    if not isinstance(content, ProductContent):
        return None
    head, number = detail.head, (detail.workstation, detail.sequence)
    return Bought(person_id, head.store_id, day, receipt_id, *number, head.end_time, head.voided_at, content)


def correct(*, person_id: int, warranty_id: int, item: str, ends_on: date, note: str, by: Actor, now: datetime) -> None:
    """Its owner says what the goods are, when the guarantee ends, and what else they want to know of it.

    What the receipt says stays beside it. Raises NoWarrantyError, UnsoundCorrectionError.
    """
    require_transaction()
    subject, today = members.audit_id(person_id), localdate(now)
    with identity.acting(ActorKind.SYSTEM):
        vault.stop_sealing()  # before the row, as everybody who needs both
        row = _own(person_id, warranty_id)
        sound = is_sound(item=item, note=note, ends_on=ends_on, business_day=row.business_day, today=today)
        if row.returned_on is not None or not sound:
            raise UnsoundCorrectionError("a name is needed, and a last day from today to 30 years after the purchase")
        (plain,) = vault.open_to_replace(
            items=sealing.to_open([row]), by=by, purpose=OWN_VIEW, subject=subject, period=None, now=now
        )
        (copy,) = sealing.copies([plain])
        if ends_on != row.ends_on:
            row.ends_on, row.reminded = ends_on, reminded(ends_on, today)
        sealing.seal([row], [replace(copy, item=item, note=note)])
        row.save(update_fields=["ends_on", "reminded", "sealed"])
        audit.record(by=by, action="warranties.correct", now=now, subject=subject, count=1)


def delete(*, person_id: int, warranty_id: int, by: Actor, now: datetime) -> None:
    """Its owner deletes it, for good: what is sealed beside it gets a new key, and old copies no longer open.

    Raises NoWarrantyError.
    """
    require_transaction()
    subject = members.audit_id(person_id)
    with identity.acting(ActorKind.SYSTEM):
        vault.stop_sealing()
        gone = _own(person_id, warranty_id)
        quarter = quarter_of(gone.ends_on)
        Returned.objects.filter(warranty=gone).delete()
        gone.delete()
        beside = list(
            Warranty.objects.filter(
                person_id=person_id, ends_on__gte=quarter_end(quarter - 1), ends_on__lt=quarter_end(quarter)
            )
        )
        plain = (
            vault.open_to_replace(
                items=sealing.to_open(beside), by=by, purpose="removal", subject=subject, period=None, now=now
            )
            if beside
            else []
        )
        vault.replace_keys(
            person_id=person_id,
            compartment=Compartment.WARRANTY,
            quarters=[quarter],
            by=by,
            subject=subject,
            now=now,
        )
        sealing.seal(beside, sealing.copies(plain))
        Warranty.objects.bulk_update(beside, ["sealed"])
        audit.record(by=by, action="warranties.delete", now=now, subject=subject, count=1)


def end(*, person_id: int, by: Actor, now: datetime) -> int:
    """Delete all of a person's warranty receipts and destroy their keys, since they were turned off; how many went."""
    require_transaction()
    subject = members.audit_id(person_id)
    with identity.acting(ActorKind.SYSTEM):
        vault.stop_sealing()
        Returned.objects.filter(person_id=person_id).delete()
        gone = int(Warranty.objects.filter(person_id=person_id).delete()[0])
        vault.destroy_compartment(
            person_id=person_id, compartment=Compartment.WARRANTY, by=by, subject=subject, now=now
        )
    return gone


def forget_over(*, today: date, by: Actor, now: datetime) -> int:
    """Delete what ended before `today`, and what was brought back 90 days ago; how many. Keys go with the vault's quarters.

    Returns go with them, and after 30 days those whose sale has not come in.
    """
    require_transaction()
    over = Q(ends_on__lt=today) | Q(returned_on__lt=today - RETURN_KEPT)
    gone = Warranty.objects.filter(over)
    late = Q(warranty=None, at__lt=now - SALE_AWAITED)
    Returned.objects.filter(Q(warranty__in=gone) | late).delete()
    deleted = int(gone.delete()[0])
    if deleted:
        audit.record(by=by, action="warranties.purge", now=now, purpose="retention", count=deleted)
    return deleted


def _own(person_id: int, warranty_id: int) -> Warranty:
    row = Warranty.objects.select_for_update().filter(person_id=person_id, pk=warranty_id).first()
    if row is None:
        raise NoWarrantyError("no such warranty receipt among yours: it was deleted, or the guarantee has ended")
    return row
