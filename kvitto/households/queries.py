"""Reads about households.

A household is what several people share, and the database's walls stand around each person. So these few functions ask as the
system: each begins with the place of the person it is asked for, and answers about that one household.
"""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import QuerySet

from kvitto.households.models import Guardian, Invitation, Place
from kvitto.households.rules import common, order
from kvitto.households.types import Home, Mate, Offer, OpenInvitation, Role, Shared, Stay
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.periods import Period
from kvitto.members import queries as members


def home(person_id: int, *, today: date, now: datetime) -> Home | None:
    """A person's household today, with everybody in it by given name; None when they are in none."""
    with identity.acting(ActorKind.SYSTEM):
        own = Place.objects.filter(person_id=person_id, period__contains=today).first()
        if own is None:
            return None
        rows = list(Place.objects.filter(household_id=own.household_id, period__contains=today))
        names = members.given_names([row.person_id for row in rows])
        wards = _wards(person_id, today)
        offered = open_invitations(now).filter(household_id=own.household_id, offer=Offer.MAIN, made_for_id=person_id)
        mates = [
            Mate(row.person_id, names[row.person_id], Role(row.role), row.period.lower, row.person_id in wards)
            for row in rows
        ]
        mates.sort(key=lambda mate: (mate.person_id != person_id, order(mate.role), mate.since, mate.person_id))
        offered_main = offered.values_list("pk", flat=True).first()
    return Home(own.household_id, Role(own.role), tuple(mates), offered_main)


def people_by_number(numbers: Collection[str]) -> dict[str, set[int]]:
    """Everybody who was ever in the households with these numbers of an earlier register; absent where there is none."""
    found: dict[str, set[int]] = {}
    for number, person_id in Place.objects.filter(household__number__in=numbers).values_list(
        "household__number", "person_id"
    ):
        found.setdefault(str(number), set()).add(person_id)
    return found


def busy_until(person_ids: Collection[int]) -> dict[int, date | None]:
    """The day on which somebody's last place in a household ends; None when it does not. Who has none is absent."""
    found: dict[int, date | None] = {}
    for person_id, period in Place.objects.filter(person_id__in=person_ids).values_list("person_id", "period"):
        before = found.get(person_id, period.upper)
        found[person_id] = None if before is None or period.upper is None else max(before, period.upper)
    return found


def stays_with(person_ids: Collection[int], *, period: Period) -> list[Stay]:
    """Who was in the households in which these people were in a period, and when: everybody's days there that touch it.

    Days are not cut at the period's ends. Nothing of people who were in none.
    """
    touching = Place.objects.filter(period__overlap=(period.start, period.end))
    with identity.acting(ActorKind.SYSTEM):
        own = touching.filter(person_id__in=person_ids).values("household_id")
        rows = touching.filter(household_id__in=own).order_by("household_id", "person_id", "period")
        return [
            Stay(row.household_id, row.person_id, Role(row.role), Period(row.period.lower, row.period.upper))
            for row in rows
        ]


def role_of(person_id: int, *, today: date) -> Role | None:
    """What a person is in their household today; None when they are in none."""
    with identity.acting(ActorKind.SYSTEM):
        role = Place.objects.filter(person_id=person_id, period__contains=today).values_list("role", flat=True).first()
    return Role(role) if role else None


def share_a_household(one: int, other: int, *, today: date) -> bool:
    """Whether two people are in one household today."""
    with identity.acting(ActorKind.SYSTEM):
        own = Place.objects.filter(person_id=one, period__contains=today).values("household_id")
        return Place.objects.filter(household_id__in=own, person_id=other, period__contains=today).exists()


def invitations(person_id: int, *, today: date, now: datetime) -> list[OpenInvitation]:
    """What the household of a main member has offered and nobody has accepted yet, the newest first."""
    with identity.acting(ActorKind.SYSTEM):
        own = Place.objects.filter(person_id=person_id, period__contains=today, role=Role.MAIN).values("household_id")
        rows = list(open_invitations(now).filter(household_id__in=own).order_by("-made_at", "-pk"))
        names = members.given_names([row.made_for_id for row in rows if row.made_for_id])
    return [
        OpenInvitation(row.pk, Offer(row.offer), names.get(row.made_for_id or 0, ""), row.made_at, row.expires_at)
        for row in rows
    ]


def shared(person_id: int, *, today: date) -> list[Shared]:
    """Whose Bonus purchases a main member of today counts with their own, and on which days.

    Those on which the person was the household's main member and the other was in it. Empty for everybody else.
    """
    with identity.acting(ActorKind.SYSTEM):
        own = Place.objects.filter(person_id=person_id, role=Role.MAIN)
        here = own.filter(period__contains=today).values_list("household_id", flat=True).first()
        if here is None:
            return []
        mine = [_period(row) for row in own.filter(household_id=here)]
        rows = list(Place.objects.filter(household_id=here).exclude(person_id=person_id).order_by("person_id", "pk"))
        names = members.given_names({row.person_id for row in rows})
    now_in = {row.person_id for row in rows if today in _period(row)}
    return [
        Shared(row.person_id, names[row.person_id], days, row.person_id in now_in)
        for row in rows
        for period in mine
        if (days := common(period, _period(row))) is not None
    ]


def wards(person_id: int, *, today: date) -> set[int]:
    """The minors whom a person is a guardian of today."""
    with identity.acting(ActorKind.SYSTEM):
        return _wards(person_id, today)


def wards_elsewhere(person_id: int, *, today: date) -> list[tuple[int, str]]:
    """Id and given name of the minors whom a person is a guardian of and does not share a household with, by id."""
    with identity.acting(ActorKind.SYSTEM):
        own = Place.objects.filter(person_id=person_id, period__contains=today).values("household_id")
        near = Place.objects.filter(household_id__in=own, period__contains=today).values_list("person_id", flat=True)
        return sorted(members.given_names(_wards(person_id, today) - set(near)).items())


def open_invitations(now: datetime) -> QuerySet[Invitation]:
    """Inside this room only: invitations that can still be accepted."""
    return Invitation.objects.filter(expires_at__gt=now, accepted_at=None, withdrawn_at=None)


def open_invitation(number: int = 0, *, digest: bytes = b"", now: datetime) -> Invitation | None:
    """Inside this room only: the invitation of an id, or of a code's digest, while it can be accepted."""
    named = open_invitations(now).filter(pk=number) if number else open_invitations(now).filter(digest=digest)
    return named.first()


def _period(row: Place) -> Period:
    return Period(row.period.lower, row.period.upper)


def _wards(person_id: int, today: date) -> set[int]:
    rows = Guardian.objects.filter(guardian_id=person_id, period__contains=today)
    return set(rows.values_list("minor_id", flat=True))
