"""The cast's household: Aino its main member, Björn an adult of it, and what they do there."""

from datetime import timedelta

from kvitto.households import actions, queries
from kvitto.households.types import NewHome, NewPlace, Role
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members.models import Person
from tests.cast import NOW, TODAY

SINCE = TODAY - timedelta(days=400)
BORN = TODAY.replace(year=TODAY.year - 10)


def who(person_id, days=0):
    """The arguments of a change of somebody's, some days after the cast's day."""
    return {"person_id": person_id, "by": OPERATOR, "today": TODAY + timedelta(days), "now": NOW + timedelta(days)}


def settle(cast, since=SINCE):
    """Aino and Björn in one household; its id."""
    with opened():
        homes = [NewHome([NewPlace(cast.aino, Role.MAIN, since), NewPlace(cast.bjorn, Role.ADULT, since)])]
        return actions.register(homes=homes, by=OPERATOR, now=NOW)[0]


def home(person_id, days=0):
    return queries.home(person_id, today=TODAY + timedelta(days), now=NOW + timedelta(days))


def roles(person_id, days=0):
    """Given name to role, of everybody in somebody's household; nobody when they are in none."""
    found = home(person_id, days)
    return {mate.given_name: str(mate.role) for mate in found.mates} if found else {}


def do(action, person_id, days=0, **what):
    with opened():
        return action(**what, **who(person_id, days))


def child(person_id, name="Elis", born=BORN, days=0):
    return do(actions.add_minor, person_id, days, given_name=name, family_name="Ahonen", birth_date=born)


def born(person_id, day):
    Person.objects.filter(pk=person_id).update(birth_date=day)
