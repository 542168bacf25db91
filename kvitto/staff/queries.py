"""Reads: who has which duty, whose agreement holds, what waits for a second person, which case is open."""

from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet
from django.utils.timezone import localdate

from kvitto.accounts.models import Account
from kvitto.households import queries as households
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.members import queries as members
from kvitto.staff.models import Agreement, Case, DutyPeriod, PendingChange, Signature, StaffPerson
from kvitto.staff.models import Glass as GlassRow
from kvitto.staff.rules import LANGUAGES, PROPOSAL_HOLDS, REVIEW_WITHIN, are_namesakes, case_end, family_name_of
from kvitto.staff.types import (
    Act,
    AgreementState,
    AgreementText,
    Duty,
    Finding,
    Glass,
    HeldDuty,
    OpenCase,
    Proposal,
    Reason,
    Relation,
    Signatory,
    StaffMember,
    Standing,
    WaitingCase,
    WaitingChange,
)


def staff_of_account(account_id: int) -> StaffMember | None:
    """Whose account it is; None when it is nobody's who works here."""
    row = StaffPerson.objects.filter(account_id=account_id).values_list("pk", "account_id", "name", "person_id").first()
    return StaffMember(*row) if row else None


def people() -> list[StaffMember]:
    """Everybody who works here, in the order they were added."""
    rows = StaffPerson.objects.order_by("pk").values_list("pk", "account_id", "name", "person_id")
    return [StaffMember(*row) for row in rows]


def standing_of(account_id: int, *, now: datetime, fresh_factor: bool) -> Standing:
    """What an account may be asked about: its kind, its duties of today, and whether its agreement holds.

    A closed account counts as nobody's. Three queries at most; nothing is kept between requests, so a duty that ended
    has ended for the next one.
    """
    kind = Account.objects.filter(pk=account_id, is_active=True).values_list("kind", flat=True).first()
    if kind is None:
        return Standing(ActorKind.VISITOR)
    found = staff_of_account(account_id) if kind == ActorKind.STAFF else None
    if found is None:
        return Standing(ActorKind(kind), fresh_factor=fresh_factor)
    return Standing(
        ActorKind.STAFF,
        duties_of(found.staff_id, now=now),
        agreement_state(found.staff_id, now=now),
        fresh_factor=fresh_factor,
    )


def standing_of_actor(by: Actor, *, now: datetime, fresh_factor: bool) -> Standing:
    """The same for an actor: staff and members by their account, the others by their kind alone."""
    if by.kind in {ActorKind.STAFF, ActorKind.MEMBER}:
        found = standing_of(int(by.id), now=now, fresh_factor=fresh_factor)
        return found if found.kind is by.kind else Standing(ActorKind.VISITOR)
    return Standing(by.kind)


def duties_of(staff_id: int, *, now: datetime) -> frozenset[Duty]:
    """The duties somebody has on the day of `now`, by the co-op's calendar."""
    return frozenset(Duty(duty) for duty in _holding(now).filter(staff_id=staff_id).values_list("duty", flat=True))


def held_duties(*, now: datetime) -> list[HeldDuty]:
    """Who has which duty today, in the order people were added."""
    rows = _holding(now).order_by("staff_id", "duty").select_related("staff", "proposed_by", "approved_by")
    return [
        HeldDuty(
            duty_id=row.pk,
            staff_id=row.staff_id,
            name=row.staff.name,
            duty=Duty(row.duty),
            since=row.period.lower,
            until=row.period.upper,
            proposed_by=row.proposed_by.name if row.proposed_by else "",
            approved_by=row.approved_by.name if row.approved_by else "",
        )
        for row in rows
    ]


def open_proposals(*, now: datetime) -> list[Proposal]:
    """The duties that wait for a second person, the oldest first."""
    rows = _waiting_duties(now).order_by("proposed_at", "pk").select_related("staff", "proposed_by")
    return [
        Proposal(
            duty_id=row.pk,
            staff_id=row.staff_id,
            name=row.staff.name,
            duty=Duty(row.duty),
            since=row.period.lower,
            until=row.period.upper,
            proposer_id=row.proposed_by.pk,
            proposed_by=row.proposed_by.name,
            proposed_at=row.proposed_at,
            expires_at=row.proposed_at + PROPOSAL_HOLDS,
        )
        for row in rows
        if row.proposed_by  # only the duties given at the machine have nobody, and those never wait
    ]


def open_changes(*, now: datetime) -> list[WaitingChange]:
    """The other acts that wait for a second person, the oldest first."""
    rows = PendingChange.objects.filter(approved_at=None, proposed_at__gt=now - PROPOSAL_HOLDS)
    return [
        WaitingChange(
            change_id=row.pk,
            act=Act(row.act),
            payload=row.payload,
            proposer_id=row.proposed_by_id,
            proposed_by=row.proposed_by.name,
            proposed_at=row.proposed_at,
            expires_at=row.proposed_at + PROPOSAL_HOLDS,
        )
        for row in rows.order_by("proposed_at", "pk").select_related("proposed_by")
    ]


def waiting_cases(*, now: datetime) -> list[WaitingCase]:
    """The cases that wait for a second person, the oldest first; not whose record they are about."""
    rows = _open(now).filter(member_asked=False, approved_at=None, glass=None)
    return [
        WaitingCase(
            case_id=row.pk,
            reference=row.reference,
            reason=Reason(row.reason),
            opener_id=row.opened_by_id,
            opened_by=row.opened_by.name,
            opened_at=row.opened_at,
            ends_at=row.ends_at,
        )
        for row in rows.order_by("opened_at", "pk").select_related("opened_by")
    ]


def signatories(*, now: datetime) -> list[Signatory]:
    """Everybody who works here, with their duties and whether their agreement holds, in the order they were added."""
    duties: dict[int, list[HeldDuty]] = {}
    for each in held_duties(now=now):
        duties.setdefault(each.staff_id, []).append(each)
    ends = dict(
        Signature.objects.filter(signed_at__lte=now)
        .values("staff_id")
        .annotate(last=Max("expires_at"))
        .values_list("staff_id", "last")
    )
    states = ((each, agreement_state(each.staff_id, now=now)) for each in people())
    return [
        Signatory(
            staff_id=each.staff_id,
            name=each.name,
            duties=tuple(duties.get(each.staff_id, ())),
            agreement=state,
            until=ends.get(each.staff_id) if state in {AgreementState.VALID, AgreementState.EXPIRED} else None,
        )
        for each, state in states
    ]


def current_agreement(*, now: datetime) -> AgreementText | None:
    """The version that has to be signed at `now`; None before the first."""
    row = Agreement.objects.filter(valid_from__lte=now).order_by("-version").first()
    return _text(row) if row else None


def agreement(version: int) -> AgreementText | None:
    """One version, also one that holds later, or no longer; None when there is none of this number."""
    row = Agreement.objects.filter(pk=version).first()
    return _text(row) if row else None


def agreement_state(staff_id: int, *, now: datetime) -> AgreementState:
    """Whether somebody's signature holds: under the text of `now`, and at most twelve months old.

    Whoever signed the next text ahead of its day has signed that one only: until then the earlier one has to hold.
    """
    current = Agreement.objects.filter(valid_from__lte=now).order_by("-version").values_list("version", "hash").first()
    signed = list(
        Signature.objects.filter(staff_id=staff_id, signed_at__lte=now).values_list(
            "agreement_id", "hash", "expires_at"
        )
    )
    if current is None or not signed:
        return AgreementState.MISSING
    ends = [end for version, digest, end in signed if (version, digest) == current]
    if not ends:
        return AgreementState.OUTDATED
    return AgreementState.VALID if max(ends) > now else AgreementState.EXPIRED


def open_case_for(staff_id: int, person_id: int, *, now: datetime) -> OpenCase | None:
    """A data handler's case about one person; one that can be used goes before one that waits. Never a colleague's."""
    rows = _open(now).filter(opened_by_id=staff_id, person_id=person_id, duty=Duty.DATA_HANDLER)
    return max(map(_case, rows), key=lambda case: (case.usable, case.ends_at, case.case_id), default=None)


def own_case(case_id: int, staff_id: int, *, now: datetime) -> OpenCase | None:
    """Somebody's own case by its id, while it is open; None when it is over, or a colleague's."""
    row = _open(now).filter(pk=case_id, opened_by_id=staff_id).first()
    return _case(row) if row else None


def own_cases(staff_id: int, duty: Duty, *, now: datetime) -> list[OpenCase]:
    """Somebody's own cases that are open now, the newest first."""
    return [_case(row) for row in _open(now).filter(opened_by_id=staff_id, duty=duty).order_by("-opened_at", "-pk")]


def last_store(staff_id: int) -> int | None:
    """The store at whose service point somebody last looked a member up; None when it was on the phone."""
    rows = Case.objects.filter(opened_by_id=staff_id, duty=Duty.SERVICE_POINT).order_by("-opened_at", "-pk")
    return rows.values_list("store_id", flat=True).first()


def glasses(*, now: datetime, opener_id: int | None = None) -> list[Glass]:
    """What was opened without waiting for a colleague: not reviewed yet, or of the last 90 days; the newest first."""
    rows = GlassRow.objects.filter(Q(reviewed_at=None) | Q(opened_at__gt=now - timedelta(days=90)))
    if opener_id is not None:
        rows = rows.filter(opened_by_id=opener_id)
    return [
        Glass(
            glass_id=row.pk,
            reference=row.reference,
            opener_id=row.opened_by_id,
            opened_by=row.opened_by.name,
            opened_at=row.opened_at,
            ends_at=case_end(row.opened_at, None),
            people=row.people,
            review_due=row.opened_at + REVIEW_WITHIN,
            reviewed_by=row.reviewed_by.name if row.reviewed_by else "",
            reviewed_at=row.reviewed_at,
            finding=Finding(row.finding) if row.finding else None,
        )
        for row in rows.order_by("-opened_at", "-pk").select_related("opened_by", "reviewed_by")
    ]


def unreviewed() -> int:
    """How many times something was opened without a colleague and nobody has reviewed it yet."""
    return GlassRow.objects.filter(reviewed_at=None).count()


def relation(staff_id: int, person_id: int, *, now: datetime) -> Relation:
    """What a member is to a staff person.

    Themselves: by the person they are in the customer register. Household: those who share the Bonus today. Namesake: the
    family names have a part in common, whichever is known: the register's own, or the one in the staff person's name.
    """
    name, own_id = StaffPerson.objects.values_list("name", "person_id").get(pk=staff_id)
    if own_id == person_id:
        return Relation.SELF
    if own_id is not None and households.share_a_household(own_id, person_id, today=localdate(now)):
        return Relation.HOUSEHOLD
    family_name = members.details(person_id).family_name
    own_names = [family_name_of(name)] + ([members.details(own_id).family_name] if own_id is not None else [])
    if any(are_namesakes(each, family_name) for each in own_names):
        return Relation.NAMESAKE
    return Relation.STRANGER


def _open(now: datetime) -> QuerySet[Case]:
    """Inside this room only: cases that are open now, usable or waiting."""
    return Case.objects.filter(opened_at__lte=now, ends_at__gt=now, closed_at=None).exclude(person=None)


def _case(row: Case) -> OpenCase:
    return OpenCase(
        case_id=row.pk,
        number=f"case-{row.pk}",
        duty=Duty(row.duty),
        reference=row.reference,
        reason=Reason(row.reason),
        person_id=row.person_id or 0,  # never 0: see `_open`
        member_asked=row.member_asked,
        approved=row.approved_at is not None,
        break_glass=row.glass_id is not None,
        opened_at=row.opened_at,
        ends_at=row.ends_at,
        store_id=row.store_id,
    )


def _waiting_duties(now: datetime) -> QuerySet[DutyPeriod]:
    """Inside this room only: proposals that can still be approved."""
    return DutyPeriod.objects.filter(approved_at=None, ended_at=None, proposed_at__gt=now - PROPOSAL_HOLDS)


def _holding(now: datetime) -> QuerySet[DutyPeriod]:
    # the end written down by `end_duty` counts from its instant, not from the day after
    unended = Q(ended_at=None) | Q(ended_at__gt=now)
    return DutyPeriod.objects.filter(unended, approved_at__lte=now, period__contains=localdate(now))


def _text(row: Agreement) -> AgreementText:
    return AgreementText(row.version, {each: getattr(row, each) for each in LANGUAGES}, row.hash, row.valid_from)
