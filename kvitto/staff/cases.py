"""Writes: cases about one member, and what a data handler opens without waiting for a colleague.

As in `actions`, the policy is asked here. A case is named in the record of acts as case-12, what was opened at once as glass-3.
"""

from collections.abc import Sequence
from datetime import datetime

from kvitto.audit import actions as audit
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import InvalidError
from kvitto.members import queries as members
from kvitto.members.models import Person
from kvitto.staff import queries, rules
from kvitto.staff.actions import NothingWaitsError, SelfApprovalError, UnknownError
from kvitto.staff.gate import colleague, permit
from kvitto.staff.models import Case, Glass
from kvitto.staff.types import Act, Duty, Finding, Reason, Relation


class CaseReferenceError(InvalidError):
    """The case reference is empty, too long, or has marks that do not print."""


class NobodyLeftError(InvalidError):
    """None of the members may be looked up by this person."""


def open_case(
    *,
    person_id: int,
    reference: str,
    reason: Reason,
    member_asked: bool,
    by: Actor,
    now: datetime,
    duty: Duty = Duty.DATA_HANDLER,
    store_id: int | None = None,
) -> int:
    """Open a case about one member; its id. It lasts 60 minutes: from now when the member asked, otherwise from the approval.

    At a service point, which is in a store, it is the look-up itself. `reference` leads to the papers of the case and must hold no
    name. Raises CaseReferenceError, UnknownError, DeniedError.
    """
    require_transaction()
    mine = colleague(by).staff_id
    if not Person.objects.filter(pk=person_id).exists():
        raise UnknownError("there is no such member")
    act = Act.MEMBER_VIEW_CHOICES if duty is Duty.SERVICE_POINT else Act.CASE_OPEN  # each is for that duty alone
    permit(by=by, act=act, now=now, reason=reason, relation=queries.relation(mine, person_id, now=now))
    if not rules.is_sound_text(reference, rules.LONGEST_REFERENCE):
        raise CaseReferenceError(f"a case reference has 1 to {rules.LONGEST_REFERENCE} characters, all of them visible")
    row = Case.objects.create(
        duty=duty,
        reference=reference,
        reason=reason,
        person_id=person_id,
        opened_by_id=mine,
        opened_at=now,
        member_asked=member_asked or reason is Reason.MEMBER_ASKED,
        ends_at=rules.case_end(now, None),
        store_id=store_id,
    )
    _record_case("open_case", row, person_id, by=by, now=now)
    return int(row.pk)


def approve_case(*, case_id: int, fresh_factor: bool, by: Actor, now: datetime) -> datetime:
    """Approve a colleague's case; until when it lasts: 60 minutes from now.

    Raises SelfApprovalError, NothingWaitsError, UnknownError, DeniedError: also when the approver is related to the member.
    """
    require_transaction()
    row = _lock_case(case_id)
    mine = colleague(by).staff_id
    if mine == row.opened_by_id:
        raise SelfApprovalError("another person has to approve this: it is your own case")
    decided = row.member_asked or row.approved_at or row.glass_id or row.closed_at
    if row.person_id is None or decided or now >= row.ends_at:
        raise NothingWaitsError("this case no longer waits for approval: open it again if it is still needed")
    related = queries.relation(mine, row.person_id, now=now)
    permit(by=by, act=Act.CASE_APPROVE, now=now, fresh_factor=fresh_factor, relation=related, approved=True)
    # the entry first: the approver sees who it is about only as long as the case waits
    _record_case("approve_case", row, row.person_id, by=by, now=now)
    row.approved_by_id, row.approved_at, row.ends_at = mine, now, rules.case_end(row.opened_at, now)
    row.save(update_fields=["approved_by", "approved_at", "ends_at"])
    return row.ends_at


def close_case(*, case_id: int, by: Actor, now: datetime) -> None:
    """Close one's own case before its time; one that is over already stays so. Raises UnknownError, DeniedError."""
    require_transaction()
    permit(by=by, act=Act.STAFF_OWN_CASES, now=now)
    own = Case.objects.filter(pk=case_id, opened_by_id=colleague(by).staff_id)
    if not own.exists():
        raise UnknownError("there is no such case of yours")
    if own.filter(closed_at=None, ends_at__gt=now).update(closed_at=now):
        audit.record(by=by, action="staff.close_case", now=now, count=1, case=f"case-{case_id}")


def break_glass(
    *, person_ids: Sequence[int], reference: str, fresh_factor: bool, by: Actor, now: datetime
) -> tuple[int, int]:
    """Open cases about up to 50 members at once, without a colleague; the id, and how many were left out as near.

    For a product that is dangerous, and for nothing else. One's own record, one's household's and a namesake's are left
    out: a colleague opens those. The privacy officer is told at once by the row itself, which their pages show until it
    is reviewed. Raises CaseReferenceError, NobodyLeftError, DeniedError.
    """
    require_transaction()
    mine = colleague(by).staff_id
    wanted = sorted(set(person_ids))
    permit(
        by=by,
        act=Act.LINES_BREAK_GLASS,
        now=now,
        fresh_factor=fresh_factor,
        reason=Reason.PRODUCT_SAFETY,
        relation=Relation.STRANGER,
        people=len(wanted),
    )
    if not rules.is_sound_text(reference, rules.LONGEST_REFERENCE):
        raise CaseReferenceError(f"a case reference has 1 to {rules.LONGEST_REFERENCE} characters, all of them visible")
    far = []
    for each in wanted:
        with identity.presenting(person=each):
            if queries.relation(mine, each, now=now) is Relation.STRANGER:
                far.append(each)
    if not far:
        raise NobodyLeftError("nobody is left whom you may look up: name other cards, or ask a colleague")
    glass = Glass.objects.create(reference=reference, people=len(far), opened_by_id=mine, opened_at=now)
    cases = [
        Case(
            duty=Duty.DATA_HANDLER,
            reference=reference,
            reason=Reason.PRODUCT_SAFETY,
            person_id=person_id,
            opened_by_id=mine,
            opened_at=now,
            member_asked=False,
            ends_at=rules.case_end(now, None),
            glass=glass,
        )
        for person_id in far
    ]
    Case.objects.bulk_create(cases)
    audit.record(
        by=by,
        action="staff.break_glass",
        now=now,
        purpose=Reason.PRODUCT_SAFETY,
        count=len(far),
        case=f"glass-{glass.pk}",
    )
    for case, person_id in zip(cases, far, strict=True):
        _record_case("open_case", case, person_id, by=by, now=now)
    return int(glass.pk), len(wanted) - len(far)


def review_glass(*, glass_id: int, finding: Finding, fresh_factor: bool, by: Actor, now: datetime) -> None:
    """Say whether what was opened without a colleague was justified. Raises SelfApprovalError, NothingWaitsError, UnknownError."""
    require_transaction()
    permit(by=by, act=Act.GLASS_REVIEW, now=now, fresh_factor=fresh_factor)
    mine = colleague(by).staff_id
    row = Glass.objects.select_for_update(no_key=True).filter(pk=glass_id).first()
    if row is None:
        raise UnknownError("nothing was opened under this number")
    if row.opened_by_id == mine:
        raise SelfApprovalError("another person has to review this: you have opened it yourself")
    if row.reviewed_at is not None:
        raise NothingWaitsError("this has been reviewed already")
    row.reviewed_by_id, row.reviewed_at, row.finding = mine, now, finding
    row.save(update_fields=["reviewed_by", "reviewed_at", "finding"])
    audit.record(
        by=by, action="staff.review_glass", now=now, purpose=finding, count=row.people, case=f"glass-{glass_id}"
    )


def _lock_case(case_id: int) -> Case:
    row = Case.objects.select_for_update(no_key=True).filter(pk=case_id).first()
    if row is None:
        raise UnknownError("there is no such case")
    return row


def _record_case(what: str, row: Case, person_id: int, *, by: Actor, now: datetime) -> None:
    audit.record(
        by=by,
        action=f"staff.{what}",
        now=now,
        purpose=row.reason,
        subject=members.audit_id(person_id),
        count=1,
        case=f"case-{row.pk}",
    )
