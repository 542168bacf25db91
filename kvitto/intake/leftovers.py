"""What the pipeline keeps of receipts it did not store: refusals, conflicts, unknown cards. Few rows; nothing hot.

A refusal is settled when a receipt with its key comes in well; a conflict when somebody keeps what is stored or accepts the
other content, which lets exactly one redelivery of that content supersede; an unknown card when some days have passed.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from kvitto.audit import actions as audit
from kvitto.intake.claims import CLAIM_DAYS
from kvitto.intake.models import Claim, Conflict, NonSale, Quarantine, TillDay, UnknownCard
from kvitto.intake.types import Refused, Well
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import batch_cursor, require_transaction
from kvitto.kernel.errors import ConflictError, NotFoundError
from kvitto.members import queries as members
from kvitto.members.types import CardHolding
from kvitto.purchases import actions as purchases
from kvitto.purchases.types import Key, Packed, Stored
from kvitto.staff.gate import permit
from kvitto.staff.types import Act
from kvitto.vault.digests import card_digest

UNKNOWN_CARD_DAYS = 14
CARD_DAYS = 90
REFUSED_DAYS = 90
_SEEN_AGAIN = {"accepted": "superseded", "superseded": "open"}  # it was replaced in turn: to be decided anew


class NoSuchConflictError(NotFoundError):
    """No conflict has this number."""


class ConflictSettledError(ConflictError):
    """The conflict has been decided already."""


def keep_refused(*, refused: Sequence[Refused], delivery_id: int, now: datetime) -> None:
    """Quarantine what was refused: key, reason and place; a repeated refusal of the same receipt replaces the earlier."""
    _forget_refused(
        {
            Well(item.store, item.business_day, item.workstation, item.sequence)
            for item in refused
            if item.sequence is not None
        }
    )
    Quarantine.objects.bulk_create(
        [
            Quarantine(
                at=now,
                delivery_id=delivery_id,
                store_code=item.store,
                business_day=item.business_day,
                workstation=item.workstation,
                sequence=item.sequence,
                reason=item.refusal.reason,
                field=item.refusal.field,
                message=item.refusal.message,  # without what the sender wrote
            )
            for item in refused
        ]
    )


def settle(*, well: Sequence[Well], stored: Sequence[Key]) -> None:
    """Take receipts that came in well out of the quarantine, and those that are stored now off the list of wanted ones."""
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM intake_quarantine WHERE sequence IS NOT NULL),"
            " EXISTS (SELECT FROM intake_unknown_card WHERE wanted_at IS NOT NULL)",
            binary=True,
        )
        any_refused, any_wanted = cursor.fetchone() or (False, False)
        if any_wanted and stored:
            cursor.execute(
                "DELETE FROM intake_unknown_card u"
                " USING unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[], %s::timestamptz[])"
                " AS k (store, day, till, number, at)"
                " WHERE u.business_day = k.day AND u.store_id = k.store AND u.workstation = k.till AND u.sequence = k.number"
                " AND u.begin_time = k.at",
                [list(column) for column in zip(*map(_key_values, stored), strict=True)],
            )
    if any_refused:
        _forget_refused(set(well))


def _forget_refused(keys: AbstractSet[Well]) -> None:
    """Of the same day, since a till's numbers begin anew; a day that was refused itself may have been another."""
    if not keys:
        return
    with batch_cursor() as cursor:
        cursor.execute(
            "DELETE FROM intake_quarantine q"
            " USING unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]) AS k (store, day, till, number)"
            " WHERE q.store_code = k.store AND q.workstation = k.till AND q.sequence = k.number"
            " AND (q.business_day = k.day OR q.reason IN ('business_day', 'in_the_future', 'too_old'))",
            [list(column) for column in zip(*sorted(keys), strict=True)],
        )


def keep_unknown_cards(*, cards: Sequence[tuple[Key, str]], now: datetime) -> None:
    """Remember the digests of cards nobody holds, with the keys of their receipts."""
    UnknownCard.objects.bulk_create(
        [UnknownCard(**_key_fields(key), digest=card_digest(number), seen_at=now) for key, number in cards],
        ignore_conflicts=True,
    )


def want_found_cards(*, now: datetime) -> int:
    """Ask for receipts again whose card was nobody's when they came and is known now to have been somebody's; how many.

    Cards that began to be held up to CARD_DAYS before the purchase are looked through: only digests of the others are here.
    """
    require_transaction()
    waiting = list(UnknownCard.objects.filter(wanted_at=None).values_list("pk", "digest", "begin_time"))
    if not waiting:
        return 0
    times = [at for _, _, at in waiting]
    held: dict[bytes, list[CardHolding]] = {}
    for number, holding in members.cards_begun(min(times) - timedelta(days=CARD_DAYS), max(times)):
        held.setdefault(card_digest(number), []).append(holding)
    found = [
        pk
        for pk, digest, at in waiting
        if any(each.start <= at and (each.end is None or at < each.end) for each in held.get(bytes(digest), ()))
    ]
    return UnknownCard.objects.filter(pk__in=found).update(wanted_at=now)


def keep_headers(*, headers: Sequence[tuple[Key, str]], now: datetime) -> set[Key]:
    """Note transactions that are no sale, each with what it was instead; the keys of those that were not known yet."""
    if not headers:
        return set()
    columns = zip(*[(*_key_values(key), kind) for key, kind in headers], strict=True)
    with batch_cursor() as cursor:
        cursor.execute(
            "INSERT INTO intake_non_sale (store_id, business_day, workstation, sequence, begin_time, kind, seen_at)"
            " SELECT k.*, %s FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[], %s::timestamptz[], %s::text[])"
            " AS k ON CONFLICT DO NOTHING RETURNING store_id, business_day, workstation, sequence, begin_time",
            [now, *map(list, columns)],
        )
        return {Key(*row) for row in cursor.fetchall()}


def settle_conflicts(*, conflicts: Sequence[tuple[tuple[Packed, int], Stored]], now: datetime) -> set[Key]:
    """Note conflicts of receipts, each with its delivery, and supersede those that somebody accepted; the keys of these."""
    accepted: list[tuple[Packed, int]] = []
    for item, outcome in conflicts:
        head, existing = item[0].head, outcome.existing
        if existing is None:
            continue
        stands = {
            "stored_digest": existing.digest,
            "stored_total_cents": existing.total_cents,
            "stored_end_time": existing.end_time,
        }
        row, _ = Conflict.objects.update_or_create(
            **_key_fields(head.key),
            new_digest=head.digest,
            defaults=stands,
            create_defaults=stands
            | {"seen_at": now, "new_total_cents": head.total_cents, "new_end_time": head.end_time},
        )
        if row.outcome == "accepted":
            accepted.append(item)
        after = _SEEN_AGAIN.get(row.outcome)
        if after:
            row.outcome = after
            row.save(update_fields=["outcome"])
    if accepted:
        purchases.supersede(receipts=accepted, now=now)
    return {receipt.head.key for receipt, _ in accepted}


def decide(*, conflict_id: int, accept: bool, by: Actor, now: datetime, fresh_factor: bool = False) -> None:
    """Decide an open conflict: keep what is stored, or accept the other content, which its next redelivery then brings.

    DeniedError, NoSuchConflictError, or ConflictSettledError when it was decided before.
    """
    require_transaction()
    permit(by=by, act=Act.RECEIPTS_DECIDE_CONFLICT, now=now, fresh_factor=fresh_factor)
    outcome = "accepted" if accept else "kept"
    changed = Conflict.objects.filter(pk=conflict_id, outcome="open").update(outcome=outcome, decided_at=now)
    if not changed:
        if Conflict.objects.filter(pk=conflict_id).exists():
            raise ConflictSettledError(f"conflict {conflict_id} has been decided already")
        raise NoSuchConflictError(f"there is no conflict {conflict_id}; kvitto receipts conflicts lists them")
    audit.record(by=by, action=f"intake.conflict.{outcome}", now=now, count=1)


def _over(*, now: datetime, keep_from: date) -> list[QuerySet[Any]]:
    """What is over its time: unknown cards after two weeks, claims after a month, refusals after three, conflicts with
    their receipts, what was no sale, and the numbers of tills.
    """
    return [
        Claim.objects.filter(made_at__lte=now - timedelta(days=CLAIM_DAYS)),
        UnknownCard.objects.filter(seen_at__lt=now - timedelta(days=UNKNOWN_CARD_DAYS)),
        Quarantine.objects.filter(at__lt=now - timedelta(days=REFUSED_DAYS)),
        Conflict.objects.filter(business_day__lt=keep_from),
        NonSale.objects.filter(business_day__lt=keep_from),
        TillDay.objects.filter(business_day__lt=keep_from),
    ]


def count_over(*, now: datetime, keep_from: date) -> int:
    """How many leftovers are over their time."""
    return sum(rows.count() for rows in _over(now=now, keep_from=keep_from))


def forget(*, now: datetime, keep_from: date) -> int:
    """Delete the leftovers that are over their time; how many."""
    return sum(rows.delete()[0] for rows in _over(now=now, keep_from=keep_from))


def _key_values(key: Key) -> tuple[int, date, str, int, datetime]:
    return key.store_id, key.business_day, key.workstation, key.sequence, key.begin_time


def _key_fields(key: Key) -> dict[str, object]:
    return {
        "store_id": key.store_id,
        "business_day": key.business_day,
        "workstation": key.workstation,
        "sequence": key.sequence,
        "begin_time": key.begin_time,
    }
