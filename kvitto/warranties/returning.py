"""What ends a guarantee before its time: goods are brought back, or a till takes the sale back. In whatever order that comes in.

A return that finds no warranty receipt waits for its sale. Each return notes what it was counted off, since its own till may take
it back, too.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.db.models import F
from django.utils.timezone import localdate

from kvitto.kernel.db import batch_cursor, require_transaction
from kvitto.purchases.related import related_of
from kvitto.purchases.types import TakenBack
from kvitto.stores.types import StorePlace
from kvitto.vault.digests import goods_digest
from kvitto.warranties.models import Returned, Warranty
from kvitto.warranties.rules import goods, pieces
from kvitto.warranties.types import Bought


def end_returned(*, rows: Sequence[Warranty], receipts: Sequence[Bought], places: Mapping[int, StorePlace]) -> None:
    """Count off what came back on `receipts`, and off `rows`, the warranty receipts just made of them, what came back before.

    In the transaction that has stored them. What came back on a receipt is counted off once.
    """
    came = [back for each in receipts for back in _back(each, places[each.store_id])]
    if not rows and not came:
        return
    people = {row.person_id for row in rows} | {back.person_id for back in came}
    _one_at_a_time(people)
    noted = set(Returned.objects.filter(person_id__in=people).values_list("business_day", "receipt_id"))
    waiting = Returned.objects.filter(
        warranty=None, person_id__in={row.person_id for row in rows}, goods__in={row.goods for row in rows}
    )
    for back in waiting.order_by("at", "pk"):
        before = [each for each in receipts if each.person_id == back.person_id and each.end_time <= back.at]
        _count_off(back, {(each.business_day, each.receipt_id) for each in before})
    for back in came:
        if (back.business_day, back.receipt_id) not in noted:
            _count_off(back)


def take_back(*, receipts: Sequence[TakenBack]) -> None:
    """End what was sold on receipts that their tills have taken back; what came back on them has not.

    In the transaction that takes them back.
    """
    require_transaction()
    _one_at_a_time({each.person_id for each in receipts})
    for each in receipts:
        name = {"business_day": each.business_day, "receipt_id": each.receipt_id}
        backs = Returned.objects.filter(**name)
        for warranty_id, count in backs.exclude(warranty=None).values_list("warranty", "pieces"):
            of = Warranty.objects.filter(pk=warranty_id, voided=False)
            of.update(pieces=F("pieces") + count, returned_on=None)
        backs.delete()
        Warranty.objects.filter(**name).update(pieces=0, returned_on=localdate(each.at), voided=True)


def _back(each: Bought, place: StorePlace) -> list[Returned]:
    """What came back on a receipt: goods are told by their code."""
    counted: Counter[bytes] = Counter()
    if each.voided_at is None:
        for line in each.content.lines:
            if line.type == "return":
                counted[goods_digest(each.person_id, place.chain_code, goods(line))] += pieces(line)
    return [
        Returned(
            person_id=each.person_id,
            business_day=each.business_day,
            receipt_id=each.receipt_id,
            goods=digest,
            pieces=count,
            at=each.end_time,
        )
        for digest, count in counted.items()
    ]


def _count_off(back: Returned, sales: Collection[tuple[date, int]] | None = None) -> None:
    """Count goods that came back off their owner's warranty receipts: of the sales that the return names, else of the newest.

    Of all, or of some `sales`. Goods of the same receipt stay, since they were taken in exchange. What is left waits.
    """
    said = related_of(back.person_id).get((back.business_day, back.receipt_id))
    named = {(sale.business_day, sale.receipt_id) for sale in said.sales} if said else set()
    by_name = bool(said and (said.sales or said.missing))
    rows = Warranty.objects.select_for_update().filter(
        person_id=back.person_id, goods=back.goods, returned_on=None, business_day__lte=back.business_day
    )
    for row in rows.exclude(receipt_id=back.receipt_id).order_by("-business_day", "-pk"):
        sale = (row.business_day, row.receipt_id)
        if not back.pieces or (sales is not None and sale not in sales) or (by_name and sale not in named):
            continue
        off = min(back.pieces, row.pieces)
        back.pieces, row.pieces = back.pieces - off, row.pieces - off
        row.returned_on = None if row.pieces else back.business_day
        row.save(update_fields=["pieces", "returned_on"])
        Returned.objects.create(
            person_id=back.person_id,
            business_day=back.business_day,
            receipt_id=back.receipt_id,
            goods=back.goods,
            pieces=off,
            at=back.at,
            warranty=row,
        )
    if back.pieces:
        back.save()
    elif back.pk:
        back.delete()


def _one_at_a_time(people: Collection[int]) -> None:
    """Let each person's sales and returns wait for each other, so that neither misses the other."""
    with batch_cursor() as cursor:
        for person_id in sorted(people):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('kvitto.warranties', %s))", [person_id])
