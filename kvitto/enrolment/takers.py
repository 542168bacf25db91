"""Households and earlier choices of a batch: member numbers become people, and the rooms take them in."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.utils.timezone import localdate

from kvitto.assortment import queries as assortment
from kvitto.choices import actions as choices
from kvitto.choices.rules import DEFAULTS, loosens
from kvitto.choices.types import Earlier, Topic
from kvitto.enrolment.types import ChoiceRecord, PlaceRecord
from kvitto.households import actions as households
from kvitto.households import queries as homes
from kvitto.households.types import NewHome, NewPlace, Role
from kvitto.kernel.actor import Actor
from kvitto.members import queries as members
from kvitto.members.ages import is_minor
from kvitto.members.types import Numbered, Taken
from kvitto.stores import queries as stores

NOBODY = "nobody in the register has this member number"
OTHERWISE = "is here already, without this person; the rows of one household stand together"


def take_households(records: Sequence[PlaceRecord], *, by: Actor, now: datetime) -> Taken:
    """Take whole households in: one with a row that cannot be used is left out as a whole."""
    grouped: dict[str, list[int]] = {}
    for n, record in enumerate(records):
        grouped.setdefault(record.household, []).append(n)
    there = homes.people_by_number(grouped)
    people = members.by_numbers({each for record in records for each in (record.member, record.guardian) if each})
    busy = homes.busy_until([person.person_id for person in people.values()])
    refused: dict[int, tuple[str, str]] = {}
    new, same = [], 0
    for number, places in grouped.items():
        if number in there:
            others = [n for n in places if _person_id(records[n], people) not in there[number]]
            refused |= dict.fromkeys(others, ("household", OTHERWISE))
            same += len(places) - len(others)
            continue
        problems = {n: why for n in places if (why := _problem(records[n], people, busy, now))}
        mains = [n for n in places if records[n].role is Role.MAIN]
        if len(mains) != 1:
            problems |= dict.fromkeys(
                mains or places, ("role", f"a household has one main member; this one has {len(mains)}")
            )
        if len({records[n].member for n in places}) < len(places):
            problems |= dict.fromkeys(places, ("member", "the household has somebody twice"))
        if problems:
            refused |= dict.fromkeys(places, ("household", "another row of this household cannot be used")) | problems
            continue
        new.append(NewHome([_place(records[n], people) for n in places], number))
        for n in places:
            busy[people[records[n].member].person_id] = None
    if new:
        households.register(homes=new, by=by, now=now)
    return Taken(sum(len(home.places) for home in new), 0, same, 0, refused)


def take_choices(records: Sequence[ChoiceRecord], *, by: Actor, now: datetime) -> Taken:
    """Take earlier choices in that restrict; what allows more than the profile does, members say themselves."""
    people = members.by_numbers({record.member for record in records})
    defaults, categories = DEFAULTS[stores.profile()], set(assortment.classes())
    refused: dict[int, tuple[str, str]] = {}
    said = []
    for n, record in enumerate(records):
        if record.member not in people:
            refused[n] = ("member", NOBODY)
        elif record.value is not None and loosens(defaults[record.topic], record.value):
            refused[n] = ("value", "allows more than the profile does: that takes the member's own word, here")
        elif record.topic is Topic.NOT_RECORDED and not set(record.codes) <= categories:
            refused[n] = ("value", f"none of the assortment's categories: {', '.join(sorted(categories))}")
        else:
            person_id = people[record.member].person_id
            said.append(Earlier(person_id, record.topic, record.value, record.codes, record.stated_at))
    new = choices.migrate(statements=said, by=by, now=now)
    return Taken(new, 0, len(said) - new, 0, refused)


def _problem(
    record: PlaceRecord, people: Mapping[str, Numbered], busy: Mapping[int, date | None], now: datetime
) -> tuple[str, str] | None:
    """What is wrong with one row: column and reason."""
    person, guardian = people.get(record.member), people.get(record.guardian)
    today = localdate(now)
    if person is None:
        return "member", NOBODY
    if (last := busy.get(person.person_id, record.since)) is None or last > record.since:
        return "member", "is in another household at that time"
    if record.role is Role.MINOR and person.birth_date is None:
        return "role", "a minor's birth date must be known"
    if (record.role is Role.MINOR) is not is_minor(person.birth_date, max(today, record.since)):
        return "role", "a minor is somebody under 18, and nobody else is"
    if record.guardian and (guardian is None or is_minor(guardian.birth_date, today)):
        return "guardian", "no adult in the register has this member number"
    return None


def _person_id(record: PlaceRecord, people: Mapping[str, Numbered]) -> int:
    """0 when nobody has the number."""
    return people[record.member].person_id if record.member in people else 0


def _place(record: PlaceRecord, people: Mapping[str, Numbered]) -> NewPlace:
    person = people[record.member]
    guardian_id = people[record.guardian].person_id if record.guardian else None
    return NewPlace(person.person_id, record.role, record.since, person.birth_date, guardian_id)
