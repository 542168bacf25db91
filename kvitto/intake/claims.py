"""Purchases that a member made without showing the card. What is kept is that they say so, never the receipt.

The till is asked for the receipt again (`GET /resend`); when it comes, and came without a card, and its number and its total are
those that the member read off the paper, it is theirs. Nobody learns from a claim whether there is such a receipt, or whose it is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.utils.timezone import localdate

from kvitto.audit import actions as audit
from kvitto.intake.models import Claim
from kvitto.intake.rules import claim_of
from kvitto.intake.types import Claimed, OpenClaim, OwnClaim
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import batch_cursor, require_transaction
from kvitto.kernel.errors import ConflictError, InvalidError, NotFoundError
from kvitto.members import queries as members
from kvitto.notices import actions as notices
from kvitto.notices.types import Kind, Way
from kvitto.purchases import queries as purchases
from kvitto.purchases.rules import keep_from
from kvitto.purchases.types import Head
from kvitto.staff import records
from kvitto.staff.types import Act

CLAIM_DAYS = 30
ACTION = "intake.claim"
MOST_CLAIMS = 10  # open at once, of one member


class ClaimDayError(InvalidError):
    """The day is to come, or longer ago than receipts are kept, or the member had no card then."""


class AlreadyYoursError(ConflictError):
    """The receipt is among the member's own."""


class TooManyClaimsError(ConflictError):
    """The member waits for as many receipts as one may at once."""


class NoClaimError(NotFoundError):
    """There is no such claim of theirs."""


def claim(*, person_id: int, claimed: Claimed, by: Actor, now: datetime) -> None:
    """Note that a member says a purchase is theirs, until it comes or the claim's time is over. The same again changes nothing.

    Raises ClaimDayError, AlreadyYoursError, TooManyClaimsError.
    """
    require_transaction()
    _check(person_id, claimed, now)
    if _is_own(person_id, claimed):
        raise AlreadyYoursError("this receipt is among the member's own")
    _wait(person_id, claimed, now)
    audit.record(by=by, action=ACTION, now=now, subject=members.audit_id(person_id), count=1)


def claim_for(*, case_id: int, claimed: Claimed, by: Actor, now: datetime) -> None:
    """As `claim`, for the member of a case at a service point or on the phone; they get a notice.

    A receipt that is the member's already is answered and counted like any other, and no till is asked for it: staff learn nothing
    of what is there. So the system looks. Raises ClaimDayError, TooManyClaimsError and what `records.asked` does.
    """
    require_transaction()
    case, way = records.asked(case_id=case_id, act=Act.MEMBER_CLAIM, by=by, now=now)
    with identity.acting(ActorKind.SYSTEM):
        _check(case.person_id, claimed, now)
        _wait(case.person_id, claimed, now, answered=_is_own(case.person_id, claimed))
    subject = members.audit_id(case.person_id)
    audit.record(by=by, action=ACTION, now=now, purpose=case.reason, subject=subject, count=1, case=case.number)
    notices.tell(person_id=case.person_id, kind=Kind.RECEIPT_CLAIMED, way=Way(way), now=now)


def _check(person_id: int, claimed: Claimed, now: datetime) -> None:
    """Raises ClaimDayError, TooManyClaimsError; neither says whether there is such a receipt."""
    today = localdate(now)
    day = claimed.business_day
    since = [localdate(card.since) for card in members.cards_of(person_id, now=now)]
    if day > today or day < keep_from(today) or not any(first <= day for first in since):
        raise ClaimDayError(
            "a purchase is claimed of a day on which its buyer was a member, and while receipts are kept"
        )
    mine = Claim.objects.filter(person_id=person_id, made_at__gt=now - timedelta(days=CLAIM_DAYS))
    if mine.count() >= MOST_CLAIMS:
        raise TooManyClaimsError(f"a member waits for at most {MOST_CLAIMS} receipts at once")


def _is_own(person_id: int, claimed: Claimed) -> bool:
    return purchases.is_own(
        person_id=person_id,
        store_id=claimed.store_id,
        day=claimed.business_day,
        workstation=claimed.workstation,
        sequence=claimed.sequence,
        code=claimed.code,
    )


def _wait(person_id: int, claimed: Claimed, now: datetime, *, answered: bool = False) -> None:
    row = Claim(
        person_id=person_id,
        store_id=claimed.store_id,
        business_day=claimed.business_day,
        workstation=claimed.workstation,
        sequence=claimed.sequence,
        code=claimed.code,
        total_cents=claimed.total_cents,
        made_at=now,
        answered_at=now if answered else None,
    )
    Claim.objects.bulk_create([row], ignore_conflicts=True)


def withdraw(*, person_id: int, claim_id: int, by: Actor, now: datetime) -> None:
    """Take a claim back. Raises NoClaimError."""
    require_transaction()
    gone, _ = Claim.objects.filter(pk=claim_id, person_id=person_id).delete()
    if not gone:
        raise NoClaimError("there is no such claim: the receipt has come, or its time is over")
    audit.record(by=by, action="intake.claim.withdraw", now=now, subject=members.audit_id(person_id), count=1)


def own_claims(*, person_id: int, now: datetime) -> list[OwnClaim]:
    """What a member waits for, the newest first."""
    rows = Claim.objects.filter(person_id=person_id, made_at__gt=now - timedelta(days=CLAIM_DAYS)).order_by(
        "-made_at", "-pk"
    )
    waiting = [
        OwnClaim(
            row.pk,
            Claimed(row.store_id, row.business_day, row.total_cents, row.workstation, row.sequence, row.code),
            row.made_at + timedelta(days=CLAIM_DAYS),
        )
        for row in rows
    ]
    return [each for each in waiting if not _is_own(person_id, each.claimed)]  # claimed for them, and theirs before


def open_at(store_ids: Collection[int], *, now: datetime) -> dict[int, list[OpenClaim]]:
    """What is claimed of some stores, by store, the first made first. One query a batch."""
    found: dict[int, list[OpenClaim]] = {}
    if not store_ids:
        return found
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT store_id, id, person_id, business_day, workstation, sequence, code, total_cents FROM intake_claim"
            " WHERE store_id = ANY(%s) AND made_at > %s ORDER BY id",
            [list(store_ids), now - timedelta(days=CLAIM_DAYS)],
            binary=True,
        )
        for store_id, *claim in cursor:
            found.setdefault(store_id, []).append(OpenClaim(*claim))
    return found


def settle(
    *, stored: Iterable[Head], answered: Sequence[int], open_claims: Mapping[int, list[OpenClaim]], now: datetime
) -> None:
    """End the claims of what their own members got, and ask no more for what tills have sent."""
    met = [
        each.id
        for head in stored
        for each in open_claims.get(head.key.store_id, ())
        if each.person_id == head.person_id and claim_of(each, head.key, head.code)
    ]
    if met:
        Claim.objects.filter(pk__in=met).delete()
    if answered:
        Claim.objects.filter(pk__in=answered, answered_at=None).update(answered_at=now)
