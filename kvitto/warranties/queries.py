"""Reads of warranty receipts, for their owner alone."""

from datetime import date, datetime

from kvitto.kernel.actor import Actor
from kvitto.members import queries as members
from kvitto.vault import actions as vault
from kvitto.vault.actions import KeyDestroyedError
from kvitto.warranties import models, sealing
from kvitto.warranties.rules import sort_key
from kvitto.warranties.types import Warranty

OWN_VIEW = "own warranties"  # what the audit entry says they were opened for


def of_person(*, person_id: int, by: Actor, now: datetime, purpose: str = OWN_VIEW) -> list[Warranty]:
    """A person's warranty receipts, those that end first at the front, those of what was brought back last; one entry for all."""
    return sorted(_opened(person_id, by, purpose, now), key=sort_key)


def one(*, person_id: int, warranty_id: int, by: Actor, now: datetime) -> Warranty | None:
    """One warranty receipt; one entry. None when it is not there or not that person's: the answer is the same."""
    return next(iter(_opened(person_id, by, OWN_VIEW, now, pk=warranty_id)), None)


def count(person_id: int) -> int:
    """How many warranty receipts a person has."""
    return models.Warranty.objects.filter(person_id=person_id).count()


def of_receipt(*, person_id: int, day: date, receipt_id: int) -> list[int]:
    """The warranty receipts that a receipt of a person's has led to, in its order; opens nothing."""
    rows = models.Warranty.objects.filter(person_id=person_id, business_day=day, receipt_id=receipt_id)
    return list(rows.order_by("line").values_list("pk", flat=True))


def due(*, today: date) -> int:
    """How many warranty receipts are of guarantees that ended before `today`."""
    return models.Warranty.objects.filter(ends_on__lt=today).count()


def _opened(person_id: int, by: Actor, purpose: str, now: datetime, **which: int) -> list[Warranty]:
    """Opens what is there. Where it is turned off or loses something meanwhile, its keys are gone, and so it is read again."""
    rows = _rows(person_id, **which)
    if not rows:
        return []
    try:
        plain = vault.open_sealed(
            items=sealing.to_open(rows),
            by=by,
            purpose=purpose,
            subject=members.audit_id(person_id),
            period=None,
            now=now,
        )
    except KeyDestroyedError:
        if [row.sealed for row in _rows(person_id, **which)] == [row.sealed for row in rows]:
            raise
        return _opened(person_id, by, purpose, now, **which)
    return [sealing.shown(row, copy) for row, copy in zip(rows, sealing.copies(plain), strict=True)]


def _rows(person_id: int, **which: int) -> list[models.Warranty]:
    return list(models.Warranty.objects.filter(person_id=person_id, **which).order_by("pk"))
