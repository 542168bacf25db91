"""Writes about households. Changes hold from a day: that day is the first of what is new.

What somebody gives up who came in on the same day was never theirs for a day, and leaves no place behind; the record of acts
knows it. The rooms below keep each person's purchases: nothing here touches them.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange

from kvitto.audit import actions as audit
from kvitto.households import queries
from kvitto.households.codes import digest
from kvitto.households.models import Guardian, Household, Invitation, Place
from kvitto.households.rules import FORGOTTEN_AFTER, INVITATION_HOLDS, may_go, periods_of
from kvitto.households.types import Home, Mate, NewHome, Offer, Role
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from kvitto.kernel.periods import Period
from kvitto.members import actions as members_actions
from kvitto.members import queries as members
from kvitto.members.ages import comes_of_age, is_minor
from kvitto.members.rules import ALPHABET, LENGTH, read_code, written
from kvitto.members.types import NewPerson
from kvitto.notices import actions as notices
from kvitto.notices.types import Kind


class NotMainError(RefusedError):
    """Only the household's main member does this."""


class InvitationOverError(NotFoundError):
    """There is no such invitation, or it was used or taken back, or its time is over: the answer is the same."""


class NotFreeError(ConflictError):
    """The person is bound to the household they are in."""


class AgeError(InvalidError):
    """Somebody's age does not allow it."""


class NobodyError(NotFoundError):
    """There is nobody like that in the household."""


def register(*, homes: Sequence[NewHome], by: Actor, now: datetime) -> list[int]:
    """Take whole households in, as an earlier register had them; their ids in the same order.

    A person who is in another household on one of the days, or a second main member, breaks an exclusion constraint
    (IntegrityError), and with it the whole batch.
    """
    require_transaction()
    with _changing():
        rows = Household.objects.bulk_create([Household(number=home.number, made_at=now) for home in homes])
        places = [
            _place(row.pk, each.person_id, role, period)
            for row, home in zip(rows, homes, strict=True)
            for each in home.places
            for role, period in periods_of(each.role, each.since, each.birth_date)
        ]
        Place.objects.bulk_create(places)
        Guardian.objects.bulk_create(
            [
                Guardian(
                    minor_id=each.person_id,
                    guardian_id=each.guardian_id,
                    period=DateRange(each.since, comes_of_age(each.birth_date)),
                )
                for home in homes
                for each in home.places
                if each.guardian_id is not None and each.birth_date is not None
            ]
        )
        audit.record(by=by, action="households.register", now=now, count=len(rows))
    return [int(row.pk) for row in rows]


def invite(*, person_id: int, by: Actor, today: date, now: datetime) -> str:
    """Invite an adult: a code, as it is handed on, K7QF-2M9D. Only a digest is kept, so this is the only time.

    Whoever is in no household begins one, as its main member. Raises NotMainError, AgeError.
    """
    require_transaction()
    with _changing():
        _adult(person_id, today)
        own = queries.home(person_id, today=today, now=now)
        household_id = _main(own).household_id if own else _begin(person_id, today, now)
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        _offer(household_id, Offer.JOIN, person_id, now, digest=digest(code))
        _record(by, "households.invite", person_id, now)
    return written(code)


def withdraw(*, person_id: int, invitation_id: int, by: Actor, today: date, now: datetime) -> None:
    """Take an invitation back, or decline to be the main member. Raises InvitationOverError."""
    require_transaction()
    with _changing():
        row = queries.open_invitation(invitation_id, now=now)
        own = queries.home(person_id, today=today, now=now)
        mine = row is not None and own is not None and own.household_id == row.household_id
        if row is None or own is None or not mine or (own.role is not Role.MAIN and row.made_for_id != person_id):
            raise InvitationOverError("there is no such invitation any more")
        Invitation.objects.filter(pk=row.pk).update(withdrawn_at=now)
        _record(by, "households.withdraw", person_id, now)


def join(*, person_id: int, code: str, by: Actor, today: date, now: datetime) -> None:
    """An adult comes into the household whose invitation they have the code of, with the minors they are guardian of.

    They leave the one they were in. Raises InvitationOverError, AgeError, and NotFreeError for the main member of others.
    """
    require_transaction()
    with _changing():
        read = read_code(code)
        row = queries.open_invitation(digest=digest(read), now=now) if read else None
        if row is None:
            raise InvitationOverError("this code is not known, or was used, or its time is over: ask for a new one")
        _adult(person_id, today)
        own = queries.home(person_id, today=today, now=now)
        if own and own.household_id == row.household_id:
            raise NotFreeError("you are in this household already: the code is for another adult")
        wards = _free(own)
        _tell_main(own, Kind.HOUSEHOLD_LEFT, now)
        _go(person_id, row.household_id, Role.ADULT, today, now)
        _tell_main(queries.home(person_id, today=today, now=now), Kind.HOUSEHOLD_JOINED, now)
        for ward in wards:
            _go(ward.person_id, row.household_id, Role.MINOR, today, now)
        Invitation.objects.filter(pk=row.pk).update(accepted_at=now)
        for each in (person_id, *(ward.person_id for ward in wards)):
            _record(by, "households.join", each, now)


def add_minor(
    *,
    person_id: int,
    given_name: str,
    family_name: str,
    birth_date: date,
    by: Actor,
    today: date,
    now: datetime,
) -> int:
    """The main member adds a child who is not in the register yet, and is their guardian; the child's person id.

    Whoever is in no household begins one. Raises NotMainError, AgeError.
    """
    require_transaction()
    with _changing():
        _adult(person_id, today)
        if birth_date > today or not is_minor(birth_date, today):
            raise AgeError("a child is under 18: an adult comes in by an invitation")
        own = queries.home(person_id, today=today, now=now)
        household_id = _main(own).household_id if own else _begin(person_id, today, now)
        new = NewPerson(given_name, family_name, members.details(person_id).language, (), now, birth_date=birth_date)
        minor_id = members_actions.register(people=[new], by=by, now=now)[0]
        _go(minor_id, household_id, Role.MINOR, today, now)
        _guard(minor_id, person_id, birth_date, today)
        _record(by, "households.add_minor", minor_id, now)
    return minor_id


def name_guardian(*, person_id: int, minor_id: int, guardian_id: int, by: Actor, today: date, now: datetime) -> None:
    """A guardian names another adult of the household as one, too. Raises NobodyError; once named, nothing changes."""
    require_transaction()
    with _changing():
        own = queries.home(person_id, today=today, now=now)
        minor = _mate(own, minor_id)
        if not minor.ward or _mate(own, guardian_id).role is Role.MINOR:
            raise NobodyError("there is no such child of yours, or no such adult in your household")
        birth_date = members.birth_date(minor_id)
        if birth_date is None or not _guard(minor_id, guardian_id, birth_date, today):
            return
        notices.tell(person_id=guardian_id, kind=Kind.HOUSEHOLD_GUARDIAN_NAMED, now=now)
        _record(by, "households.name_guardian", minor_id, now)


def leave(*, person_id: int, by: Actor, today: date, now: datetime) -> None:
    """An adult leaves their household: it is over for them from today on. Their purchases stay theirs.

    The minors whom they are guardian of stay; `take_along` takes one. Raises NotFreeError for the main member of others.
    """
    require_transaction()
    with _changing():
        own = queries.home(person_id, today=today, now=now)
        if own is None:
            raise NobodyError("you are in no household")
        if own.role is Role.MINOR:
            raise AgeError("a minor leaves with a guardian")
        if own.role is Role.MAIN and own.others:
            raise NotFreeError("hand the household over to another adult first, or let the others leave")
        _tell_main(own, Kind.HOUSEHOLD_LEFT, now)
        _end(person_id, today, now)
        _record(by, "households.leave", person_id, now)


def take_along(*, person_id: int, minor_id: int, by: Actor, today: date, now: datetime) -> None:
    """A guardian who is a main member takes a minor of theirs out of another household into their own.

    Raises NotMainError; NobodyError when they are not the minor's guardian.
    """
    require_transaction()
    with _changing():
        own = queries.home(person_id, today=today, now=now)
        household_id = _main(own).household_id if own else _begin(person_id, today, now)
        if minor_id not in queries.wards(person_id, today=today):
            raise NobodyError("there is no such child of yours")
        _go(minor_id, household_id, Role.MINOR, today, now)
        _record(by, "households.join", minor_id, now)


def take_out(*, person_id: int, other_id: int, by: Actor, today: date, now: datetime) -> None:
    """The main member ends somebody else's place in the household, from today on. Raises NotMainError, NobodyError."""
    require_transaction()
    with _changing():
        own = _main(queries.home(person_id, today=today, now=now))
        if other_id == person_id:
            raise NotFreeError("hand the household over to another adult first, or leave it")
        _end(_mate(own, other_id).person_id, today, now)
        notices.tell(person_id=other_id, kind=Kind.HOUSEHOLD_TAKEN_OUT, now=now)
        _record(by, "households.leave", other_id, now)


def offer_main(*, person_id: int, other_id: int, by: Actor, today: date, now: datetime) -> None:
    """The main member offers to another adult of the household to be it instead. Earlier offers end.

    Raises NotMainError, NobodyError, AgeError.
    """
    require_transaction()
    with _changing():
        own = _main(queries.home(person_id, today=today, now=now))
        mate = _mate(own, other_id)
        if mate.role is not Role.ADULT:
            raise AgeError("the main member of a household is an adult of it")
        queries.open_invitations(now).filter(household_id=own.household_id, offer=Offer.MAIN).update(withdrawn_at=now)
        _offer(own.household_id, Offer.MAIN, person_id, now, made_for_id=other_id)
        notices.tell(person_id=other_id, kind=Kind.HOUSEHOLD_MAIN_OFFERED, now=now)
        _record(by, "households.offer_main", other_id, now)


def accept_main(*, person_id: int, by: Actor, today: date, now: datetime) -> None:
    """An adult accepts to be the main member, from today on. Raises InvitationOverError."""
    require_transaction()
    with _changing():
        own = queries.home(person_id, today=today, now=now)
        if own is None or own.offered_main is None:
            raise InvitationOverError("there is no such offer any more")
        Invitation.objects.filter(pk=own.offered_main).update(accepted_at=now)
        _tell_main(own, Kind.HOUSEHOLD_MAIN_HANDED_OVER, now)
        _crown(own, person_id, by, today, now)


def name_main(*, person_id: int, by: Actor, today: date, now: datetime) -> None:
    """An adult becomes the main member of a household that has none, for instance since a death.

    Raises NobodyError, AgeError; NotFreeError when there is one.
    """
    require_transaction()
    with _changing():
        own = queries.home(person_id, today=today, now=now)
        if own is None:
            raise NobodyError("this person is in no household")
        if own.role is Role.MINOR:
            raise AgeError("the main member of a household is an adult of it")
        if any(mate.role is Role.MAIN for mate in own.mates):
            raise NotFreeError("this household has a main member, who hands it over")
        notices.tell(person_id=person_id, kind=Kind.HOUSEHOLD_MAIN_NAMED, now=now)
        _crown(own, person_id, by, today, now)


def note_death(*, person_id: int, day: date, by: Actor, now: datetime) -> None:
    """Somebody has died on a day: from the next on they are in no household and nobody's guardian.

    A main member's household has none until another adult is named. Raises AgeError for a day in the future.
    """
    require_transaction()
    if day > now.date():
        raise AgeError("the day lies in the future")
    with _changing():
        after = date.fromordinal(day.toordinal() + 1)
        _end(person_id, after, now)
        Guardian.objects.filter(guardian_id=person_id, period__startswith__gte=after).delete()
        for row in Guardian.objects.filter(guardian_id=person_id, period__contains=after):
            row.period = DateRange(row.period.lower, after)
            row.save(update_fields=["period"])
        _record(by, "households.note_death", person_id, now)


def forget_invitations(*, now: datetime) -> int:
    """Delete the invitations whose time ended 90 days ago; how many."""
    require_transaction()
    with identity.acting(ActorKind.SYSTEM):
        return int(Invitation.objects.filter(expires_at__lt=now - FORGOTTEN_AFTER).delete()[0])


@contextmanager
def _changing() -> Iterator[None]:
    """One change of households at a time, asked as the system: they are few, and each touches several people's rows."""
    with identity.acting(ActorKind.SYSTEM):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kvitto.households'))")
        yield


def _record(by: Actor, action: str, person_id: int, now: datetime) -> None:
    audit.record(by=by, action=action, now=now, subject=members.audit_id(person_id), count=1)


def _adult(person_id: int, today: date) -> None:
    if is_minor(members.birth_date(person_id), today):
        raise AgeError("this is for adults: a minor is added by the main member")


def _main(own: Home | None) -> Home:
    if own is None or own.role is not Role.MAIN:
        raise NotMainError("the household's main member does this")
    return own


def _mate(own: Home | None, person_id: int) -> Mate:
    found = next((mate for mate in (own.others if own else ()) if mate.person_id == person_id), None)
    if found is None:
        raise NobodyError("there is nobody like that in your household")
    return found


def _free(own: Home | None) -> list[Mate]:
    """The minors who go with somebody who leaves a household; nobody when there is none."""
    if own is None or own.role is not Role.MAIN:
        return []
    if not may_go(own.role, [(mate.role, mate.ward) for mate in own.others]):
        raise NotFreeError("you are the main member of others: hand your household over first")
    return list(own.others)


def _tell_main(home: Home | None, kind: Kind, now: datetime) -> None:
    """Tell the main member what another of the household did, where there is one."""
    for mate in home.others if home else ():
        if mate.role is Role.MAIN:
            notices.tell(person_id=mate.person_id, kind=kind, now=now)


def _begin(person_id: int, today: date, now: datetime) -> int:
    row = Household.objects.create(made_at=now)
    Place.objects.bulk_create([_place(row.pk, person_id, Role.MAIN, Period(today))])
    return int(row.pk)


def _go(person_id: int, household_id: int, role: Role, today: date, now: datetime) -> None:
    """Into a household, from a day on, and out of the one before."""
    _end(person_id, today, now)
    birth_date = members.birth_date(person_id) if role is Role.MINOR else None
    Place.objects.bulk_create(
        [_place(household_id, person_id, each, period) for each, period in periods_of(role, today, birth_date)]
    )


def _end(person_id: int, day: date, now: datetime) -> None:
    """Whatever places somebody has end before a day; offers to them and by them are over."""
    Place.objects.filter(person_id=person_id, period__startswith__gte=day).delete()
    for row in Place.objects.filter(person_id=person_id, period__contains=day):
        row.period = DateRange(row.period.lower, day)
        row.save(update_fields=["period"])
    waiting = queries.open_invitations(now)
    waiting.filter(made_for_id=person_id).update(withdrawn_at=now)
    waiting.filter(made_by_id=person_id).update(withdrawn_at=now)


def _crown(own: Home, person_id: int, by: Actor, today: date, now: datetime) -> None:
    """Another main member, from a day on; the one there was is an adult of the household."""
    old = next((mate for mate in own.mates if mate.role is Role.MAIN), None)
    if old is not None:
        _go(old.person_id, own.household_id, Role.ADULT, today, now)
        _record(by, "households.change_main", old.person_id, now)
    _go(person_id, own.household_id, Role.MAIN, today, now)
    _record(by, "households.change_main", person_id, now)


def _offer(
    household_id: int,
    offer: Offer,
    made_by: int,
    now: datetime,
    *,
    digest: bytes | None = None,
    made_for_id: int | None = None,
) -> None:
    Invitation.objects.create(
        household_id=household_id,
        offer=offer,
        made_by_id=made_by,
        made_for_id=made_for_id,
        digest=digest,
        made_at=now,
        expires_at=now + INVITATION_HOLDS,
    )


def _guard(minor_id: int, guardian_id: int, birth_date: date, today: date) -> bool:
    """Whether somebody has become a guardian now: they were none before."""
    if Guardian.objects.filter(minor_id=minor_id, guardian_id=guardian_id, period__contains=today).exists():
        return False
    period = DateRange(today, comes_of_age(birth_date))
    Guardian.objects.create(minor_id=minor_id, guardian_id=guardian_id, period=period)
    return True


def _place(household_id: int, person_id: int, role: Role, period: Period) -> Place:
    return Place(household_id=household_id, person_id=person_id, role=role, period=DateRange(period.start, period.end))
