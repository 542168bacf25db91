"""Taking parcels in, to the commit: the one call of whoever hands receipts in."""

from collections.abc import Sequence
from datetime import datetime

from django.db import OperationalError, transaction

from kvitto.intake.actions import take_together
from kvitto.intake.reference import Reference
from kvitto.intake.types import BatchResult, Parcel
from kvitto.kernel.db import opened
from kvitto.tills import queries as tills

ATTEMPTS = 4  # of what lost against another transaction
_PASSING = {"40P01", "40001"}  # a deadlock, a serialization failure: the other one won, try again


def commit(
    *, parcels: Sequence[Parcel], now: datetime, reference: Reference, dry_run: bool = False
) -> list[BatchResult | None]:
    """Take parcels in, in one transaction that is committed when this returns; what became of each, in order.

    None for a parcel whose till key no longer holds: the key is asked about in the same transaction.
    """
    attempt = 1
    while True:
        try:
            with opened():
                results = _take(parcels, now, reference)
                if dry_run:
                    transaction.set_rollback(True)
                return results
        except OperationalError as error:
            if attempt == ATTEMPTS or getattr(error.__cause__, "sqlstate", "") not in _PASSING:
                raise
            attempt += 1


def _take(parcels: Sequence[Parcel], now: datetime, reference: Reference) -> list[BatchResult | None]:
    keys = {parcel.key.id for parcel in parcels if parcel.key}
    holding = tills.still_hold(keys, now=now) if keys else set()
    good = [parcel for parcel in parcels if parcel.key is None or parcel.key.id in holding]
    results = iter(take_together(parcels=good, now=now, reference=reference))
    return [next(results) if parcel.key is None or parcel.key.id in holding else None for parcel in parcels]
