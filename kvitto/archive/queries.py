"""Reads of the archive, for its owner alone."""

from datetime import date, datetime

from kvitto.archive.models import Receipt
from kvitto.archive.sealing import recorded, spanned, to_open
from kvitto.kernel.actor import Actor
from kvitto.members import queries as members
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import Content, ReceiptDetail, ReceiptHead, Recorded
from kvitto.vault import actions as vault
from kvitto.vault.actions import KeyDestroyedError

OWN_VIEW = "own archive"  # what the audit entry says the receipts were opened for


def of_person(person_id: int) -> list[ReceiptHead]:
    """The receipts in a person's archive, newest first, without what was bought; opens nothing."""
    held = list(Receipt.objects.filter(person_id=person_id).values_list("business_day", "receipt_id"))
    return purchases.heads_of(person_id=person_id, receipts=held) if held else []


def count(person_id: int) -> int:
    """How many receipts are in a person's archive."""
    return Receipt.objects.filter(person_id=person_id).count()


def is_held(*, person_id: int, day: date, receipt_id: int) -> bool:
    """Whether a receipt is in a person's archive."""
    return Receipt.objects.filter(person_id=person_id, business_day=day, receipt_id=receipt_id).exists()


def due(*, keep_from: date) -> int:
    """How many archived receipts are of business days before `keep_from`."""
    return Receipt.objects.filter(business_day__lt=keep_from).count()


def opened_receipt(
    *, person_id: int, day: date, receipt_id: int, by: Actor, now: datetime
) -> tuple[ReceiptDetail, Content] | None:
    """One archived receipt of a person, whole; one entry. None when it is not there or not that person's."""
    found = _opened(person_id, by, OWN_VIEW, now, business_day=day, receipt_id=receipt_id)
    detail = purchases.detail_of(person_id=person_id, day=day, receipt_id=receipt_id)
    return (detail, found[0].content) if found and detail else None


def opened(*, person_id: int, by: Actor, purpose: str, now: datetime) -> list[Recorded]:
    """Everything in a person's archive, oldest first; one entry for all."""
    return _opened(person_id, by, purpose, now)


def _opened(person_id: int, by: Actor, purpose: str, now: datetime, **which: object) -> list[Recorded]:
    """Opens what is there. Where it is turned off or loses something meanwhile, its keys are gone, and so it is read again."""
    rows = _rows(person_id, **which)
    if not rows:
        return []
    try:
        plain = vault.open_sealed(
            items=to_open(rows),
            by=by,
            purpose=purpose,
            subject=members.audit_id(person_id),
            period=spanned(rows),
            now=now,
        )
    except KeyDestroyedError:
        if [row.sealed for row in _rows(person_id, **which)] == [row.sealed for row in rows]:
            raise
        return _opened(person_id, by, purpose, now, **which)
    return recorded(rows, plain)


def _rows(person_id: int, **which: object) -> list[Receipt]:
    return list(Receipt.objects.filter(person_id=person_id, **which).order_by("business_day", "receipt_id"))
