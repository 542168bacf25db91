"""Writes: who works here and what for, what they signed, and what two people agree on.

Every action of a staff person asks the policy first, so no door can forget to. `fresh_factor` says whether the door saw a
second factor a moment ago. Acts name what they touched by number in the entry's `case`: duty-7, change-3.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max, Q
from django.utils.timezone import localdate

from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from kvitto.kernel.periods import Period
from kvitto.staff import queries, rules
from kvitto.staff.gate import DeniedError, colleague, permit
from kvitto.staff.models import Agreement, DutyPeriod, PendingChange, Signature, StaffPerson
from kvitto.staff.types import Act, Denial, Duty


class NotAStaffAccountError(InvalidError):
    """The account belongs to the members' face, or there is none."""


class TakenError(ConflictError):
    """The account, or the person of the customer register, is another staff person's already."""


class StaffNameError(InvalidError):
    """The name is empty, too long, or has marks that do not print."""


class BootstrapOverError(RefusedError):
    """Both administrators that are made at the machine have been made."""


class DutyHeldError(ConflictError):
    """The duty holds already, or waits for approval already."""


class PastDutyError(InvalidError):
    """A duty begins today or later."""


class SelfApprovalError(RefusedError):
    """Nobody approves what they proposed themselves, nor a duty of their own."""


class NothingWaitsError(ConflictError):
    """It was approved, ended or done already, or its time is over."""


class UnknownError(NotFoundError):
    """There is no such person, duty, case or change."""


class AgreementTextError(InvalidError):
    """The texts are not the three languages, or one is empty, or they would hold from the past."""


class SameTextError(ConflictError):
    """These very texts are published already."""


class OldTextError(ConflictError):
    """The text was replaced while it was read: read and sign the new one."""


class OnePersonError(InvalidError):
    """The act does not take two people, so it cannot wait for the second."""


def add_staff(*, account_id: int, name: str, person_id: int | None, by: Actor, now: datetime) -> int:
    """Take somebody in who works here; their staff id. They have no duty yet.

    `person_id`: the person they are in the customer register; without it only their name keeps them from their own
    record. Raises NotAStaffAccountError, StaffNameError, TakenError, DeniedError.
    """
    require_transaction()
    permit(by=by, act=Act.DUTY_ADD_PERSON, now=now)
    if not rules.is_sound_text(name, rules.LONGEST_NAME):
        raise StaffNameError(f"a name has 1 to {rules.LONGEST_NAME} characters, all of them visible")
    if not Account.objects.filter(pk=account_id, kind=Kind.STAFF).exists():
        raise NotAStaffAccountError("this is no account of the staff's face: make one of that kind")
    same_person = Q(person_id=person_id) if person_id is not None else Q()
    if StaffPerson.objects.filter(Q(account_id=account_id) | same_person).exists():
        raise TakenError("the account, or the person of this card, is a staff person's already: one each")
    row = StaffPerson.objects.create(account_id=account_id, name=name, person_id=person_id, added_at=now)
    audit.record(by=by, action="staff.add", now=now, count=1, case=f"staff-{row.pk}")
    return int(row.pk)


def bootstrap_duty(*, staff_id: int, by: Actor, now: datetime) -> int:
    """Make one of the first two administrators, at the machine, where there is nobody yet to propose and approve.

    The duty's id. Raises BootstrapOverError after the second, DutyHeldError, DeniedError. The database has two slots.
    """
    require_transaction()
    permit(by=by, act=Act.DUTY_ADD_PERSON, now=now)
    staff = _lock_staff(staff_id)
    free = {1, 2} - set(DutyPeriod.objects.filter(bootstrap=True).values_list("slot", flat=True))
    if not free:
        raise BootstrapOverError(
            "the first two administrators are made: every further duty is proposed and approved on the staff pages"
        )
    _refuse_held(staff, Duty.ADMINISTRATOR, Period(localdate(now)), now=now)
    row = DutyPeriod.objects.create(
        staff=staff,
        duty=Duty.ADMINISTRATOR,
        period=DateRange(localdate(now), None),
        bootstrap=True,
        slot=min(free),
        proposed_at=now,
        approved_at=now,
    )
    _record_duty("bootstrap_duty", row, by=by, now=now)
    return int(row.pk)


def propose_duty(*, staff_id: int, duty: Duty, period: Period, by: Actor, now: datetime) -> int:
    """Propose a duty for a staff person; the proposal's id. It holds once another person approved it, within seven days.

    Raises PastDutyError, DutyHeldError, UnknownError, DeniedError.
    """
    require_transaction()
    permit(by=by, act=Act.DUTY_PROPOSE, now=now)
    if period.start < localdate(now):
        raise PastDutyError(f"a duty cannot begin on {period.start}: that day is over")
    staff = _lock_staff(staff_id)
    _refuse_held(staff, duty, period, now=now)
    row = DutyPeriod.objects.create(
        staff=staff,
        duty=duty,
        period=DateRange(period.start, period.end),
        proposed_by_id=colleague(by).staff_id,
        proposed_at=now,
    )
    _record_duty("propose_duty", row, by=by, now=now)
    return int(row.pk)


def approve_duty(*, duty_id: int, fresh_factor: bool, by: Actor, now: datetime) -> None:
    """Let a proposed duty hold. Raises SelfApprovalError, NothingWaitsError, DutyHeldError, UnknownError, DeniedError."""
    require_transaction()
    row = _lock_duty(duty_id)
    mine = colleague(by).staff_id
    if mine in {row.proposed_by_id, row.staff_id}:
        raise SelfApprovalError("another person has to approve this: it is your own proposal, or your own duty")
    permit(by=by, act=Act.DUTY_APPROVE, now=now, fresh_factor=fresh_factor, approved=True)
    if row.approved_at or row.ended_at or now >= row.proposed_at + rules.PROPOSAL_HOLDS:
        raise NothingWaitsError("this proposal no longer waits: propose the duty again if it is still wanted")
    staff = _lock_staff(row.staff_id)
    _refuse_held(staff, Duty(row.duty), Period(row.period.lower, row.period.upper), now=now, but=row.pk)
    row.approved_by_id, row.approved_at = mine, now
    row.save(update_fields=["approved_by", "approved_at"])
    _record_duty("approve_duty", row, by=by, now=now)


def end_duty(*, duty_id: int, by: Actor, now: datetime) -> None:
    """End a duty at once, or withdraw its proposal; one person is enough. Raises NothingWaitsError, UnknownError, DeniedError."""
    require_transaction()
    permit(by=by, act=Act.DUTY_END, now=now)
    row = _lock_duty(duty_id)
    if row.ended_at is not None:
        raise NothingWaitsError("this duty has ended already")
    first, last = row.period.lower, row.period.upper
    earliest = max(localdate(now), first + timedelta(days=1))  # a period has a day at least; `ended_at` is what counts
    row.period = DateRange(first, min(last, earliest) if last else earliest)
    row.ended_by_id, row.ended_at = colleague(by).staff_id, now
    row.save(update_fields=["period", "ended_by", "ended_at"])
    _record_duty("end_duty", row, by=by, now=now)


def publish_agreement(
    *, texts: Mapping[str, str], valid_from: datetime, by: Actor, now: datetime, fresh_factor: bool = False
) -> int:
    """Publish the next version of the confidentiality agreement; its number. From `valid_from` on everybody has to have signed it.

    Raises AgreementTextError, SameTextError, DeniedError.
    """
    require_transaction()
    permit(by=by, act=Act.AGREEMENT_PUBLISH, now=now, fresh_factor=fresh_factor)
    if set(texts) != set(rules.LANGUAGES) or not all(text.strip() for text in texts.values()):
        raise AgreementTextError(f"an agreement has a text in each of {', '.join(rules.LANGUAGES)}")
    if valid_from < now:
        raise AgreementTextError("an agreement holds from now on or later, never from the past")
    digest = rules.agreement_digest(texts)
    if Agreement.objects.filter(hash=digest).exists():
        raise SameTextError("these texts are published already, to the letter: nothing was changed")
    version = (Agreement.objects.aggregate(last=Max("version"))["last"] or 0) + 1
    Agreement.objects.create(version=version, hash=digest, valid_from=valid_from, published_at=now, **texts)
    audit.record(by=by, action="staff.publish_agreement", now=now, count=1, case=f"agreement-{version}")
    return version


def sign_agreement(*, version: int, language: str, fresh_factor: bool, by: Actor, now: datetime) -> datetime:
    """Sign the text that holds, or the one that will hold next, for twelve months; until when.

    Raises OldTextError, UnknownError, DeniedError.
    """
    require_transaction()
    permit(by=by, act=Act.STAFF_SIGN_AGREEMENT, now=now, fresh_factor=fresh_factor)
    text, current = queries.agreement(version), queries.current_agreement(now=now)
    if text is None or language not in rules.LANGUAGES:
        raise UnknownError("there is no such text of the agreement")
    if current is not None and version < current.version:
        raise OldTextError("the agreement has a new text since this page was opened: read that one, and sign it")
    row = Signature.objects.create(
        staff_id=colleague(by).staff_id,
        agreement_id=version,
        hash=text.digest,
        language=language,
        signed_at=now,
        expires_at=rules.signature_end(now),
    )
    audit.record(by=by, action="staff.sign_agreement", now=now, count=1, case=f"agreement-{version}")
    return row.expires_at


def propose_change(*, act: Act, payload: Mapping[str, Any], fresh_factor: bool, by: Actor, now: datetime) -> int:
    """Write down an act that takes two people; the change's id. `payload`: ids and figures, never a personal value.

    Raises OnePersonError, DeniedError.
    """
    require_transaction()
    if not rules.waits(act):
        raise OnePersonError("this act does not wait for a second person")
    permit(by=by, act=act, now=now, fresh_factor=fresh_factor, approved=True)  # the rest has to be there already
    row = PendingChange.objects.create(
        act=act, payload=dict(payload), proposed_by_id=colleague(by).staff_id, proposed_at=now
    )
    audit.record(by=by, action="staff.propose_change", now=now, purpose=act, count=1, case=f"change-{row.pk}")
    return int(row.pk)


def approve_change(*, change_id: int, fresh_factor: bool, by: Actor, now: datetime) -> None:
    """Approve what a colleague proposed. Raises SelfApprovalError, NothingWaitsError, UnknownError, DeniedError."""
    require_transaction()
    row = _lock_change(change_id)
    mine = colleague(by).staff_id
    if mine == row.proposed_by_id:
        raise SelfApprovalError("another person has to approve this: it is your own proposal")
    permit(by=by, act=Act.CHANGE_APPROVE, now=now, fresh_factor=fresh_factor, approved=True)
    if not rules.POLICY[Act(row.act)].approvers & queries.duties_of(mine, now=now):
        raise DeniedError(Act(row.act), Denial.DUTY)
    if row.approved_at or now >= row.proposed_at + rules.PROPOSAL_HOLDS:
        raise NothingWaitsError("this proposal no longer waits: propose it again if it is still wanted")
    row.approved_by_id, row.approved_at = mine, now
    row.save(update_fields=["approved_by", "approved_at"])
    audit.record(by=by, action="staff.approve_change", now=now, purpose=row.act, count=1, case=f"change-{row.pk}")


def finish_change(*, change_id: int, act: Act, by: Actor, now: datetime) -> dict[str, Any]:
    """Take an approved change up to do it, in the transaction that does it: its payload, once and never again.

    Raises NothingWaitsError when it is not approved or done already, UnknownError.
    """
    require_transaction()
    row = _lock_change(change_id)
    if row.act != act or row.approved_at is None or row.done_at is not None:
        raise NothingWaitsError("this change is not approved, or it is done already")
    row.done_at = now
    row.save(update_fields=["done_at"])
    audit.record(by=by, action="staff.finish_change", now=now, purpose=act, count=1, case=f"change-{row.pk}")
    return dict(row.payload)


def _lock_duty(duty_id: int) -> DutyPeriod:
    row = DutyPeriod.objects.select_for_update(no_key=True).filter(pk=duty_id).first()
    if row is None:
        raise UnknownError("there is no such duty")
    return row


def _lock_change(change_id: int) -> PendingChange:
    row = PendingChange.objects.select_for_update(no_key=True).filter(pk=change_id).first()
    if row is None:
        raise UnknownError("there is no such change")
    return row


def _lock_staff(staff_id: int) -> StaffPerson:
    """One writer of somebody's duties at a time."""
    row = StaffPerson.objects.select_for_update(no_key=True).filter(pk=staff_id).first()
    if row is None:
        raise UnknownError("there is no such staff person")
    return row


def _refuse_held(staff: StaffPerson, duty: Duty, period: Period, *, now: datetime, but: int = 0) -> None:
    same = DutyPeriod.objects.filter(staff=staff, duty=duty, ended_at=None).exclude(pk=but)
    days = DateRange(period.start, period.end)
    if same.filter(approved_at__isnull=False, period__overlap=days).exists():
        raise DutyHeldError("this person has the duty already in those days")
    if not but and same.filter(approved_at=None, proposed_at__gt=now - rules.PROPOSAL_HOLDS).exists():
        raise DutyHeldError("this duty of this person waits for approval already")


def _record_duty(what: str, row: DutyPeriod, *, by: Actor, now: datetime) -> None:
    audit.record(by=by, action=f"staff.{what}", now=now, purpose=row.duty, count=1, case=f"duty-{row.pk}")
