"""What members' own services keep of a receipt, besides what is recorded: decided as it comes in, kept once it is stored.

Both services take at most what the chain records, and nothing of the categories that the member keeps out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.timezone import localdate

from kvitto.archive import actions as archive
from kvitto.archive.types import ToArchive
from kvitto.choices.types import Histories, History
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import (
    GroupContent,
    Key,
    LevelReason,
    ProductContent,
    Standing,
    StorableReceipt,
    TakenBack,
    TotalReceipt,
)
from kvitto.warranties import actions as warranties
from kvitto.warranties import returning
from kvitto.warranties.types import Bought

LOWERED = (LevelReason.MEMBER_THEN, LevelReason.MEMBER_NOW)


class Aside(NamedTuple):
    """One receipt as its chain records it, and for which services."""

    person_id: int
    content: ProductContent | GroupContent
    archived: bool
    warranted: bool


def aside(
    *,
    person_id: int,
    reason: LevelReason,
    whole: Callable[[], StorableReceipt],
    end_time: datetime,
    now: datetime,
    histories: Histories,
) -> Aside | None:
    """What is to be kept of a receipt; None when its buyer has turned no service on. `whole` makes it at its chain's level.

    A service keeps receipts of purchases that ended while it was turned on, and only while it still is.
    """
    archived = reason in LOWERED and _holds(histories.archives, person_id, end_time, now)
    warranted = _holds(histories.warranties, person_id, end_time, now)
    if not archived and not warranted:
        return None
    receipt = whole()
    if isinstance(receipt, TotalReceipt):
        return None
    return Aside(person_id, receipt.content, archived, warranted)


def _holds(histories: Mapping[int, History[bool]], person_id: int, end_time: datetime, now: datetime) -> bool:
    history = histories.get(person_id)
    return history is not None and history.at(end_time) and history.at(now)


def keep(*, new: Mapping[Key, Aside], corrected: Mapping[Key, Aside], now: datetime) -> None:
    """Keep what is to be kept of receipts that have just been stored, or have taken the place of others, by their keys.

    Of what its owner had removed nothing is kept. A correction changes what is in the archive and makes no warranty receipt:
    what was deleted by its owner would come back.
    """
    if not new and not corrected:
        return
    stands = purchases.standing([*new, *corrected])
    archive.keep(new=list(_to_archive(new, stands)), corrected=list(_to_archive(corrected, stands)))
    bought = [
        Bought(
            each.person_id,
            key.store_id,
            key.business_day,
            stands[key].receipt_id,
            key.workstation,
            key.sequence,
            stands[key].end_time,
            stands[key].voided_at,
            each.content,
        )
        for key, each in new.items()
        if each.warranted and isinstance(each.content, ProductContent)
    ]
    warranties.keep(receipts=bought, today=localdate(now))


def take_back(*, receipts: Sequence[TakenBack]) -> None:
    """End what their buyers' services keep for use of receipts that have been taken back."""
    returning.take_back(receipts=receipts)


def _to_archive(asides: Mapping[Key, Aside], stands: Mapping[Key, Standing]) -> Iterable[ToArchive]:
    for key, each in asides.items():
        if each.archived and stands[key].reason in LOWERED:
            yield ToArchive(each.person_id, key.business_day, stands[key].receipt_id, key.store_id, each.content)
