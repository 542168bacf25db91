"""The cast's staff: Greta and Ines are the first administrators, made at the machine."""

from dataclasses import dataclass

import pytest

from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.staff import actions, agreement
from kvitto.staff.types import Duty
from tests.cast import NOW, TODAY
from tests.ground import layer

PASSWORD = "a staff member's long password"


@dataclass(frozen=True)
class Colleague:
    """A staff person, and the actor they are."""

    staff_id: int
    by: Actor


def hire(name, person_id=None):
    """A staff person without a duty, through the real actions; inside the caller's transaction."""
    username = f"{name.split()[0].lower()}.staff"
    # past the action: hashing six passwords a test would take most of these tests' time, and nobody signs in here
    account_id = Account.objects.create(username=username, password="!", kind=Kind.STAFF, created_at=NOW).pk
    staff_id = actions.add_staff(account_id=account_id, name=name, person_id=person_id, by=OPERATOR, now=NOW)
    return Colleague(staff_id, Actor(ActorKind.STAFF, str(account_id)))


def sign(colleague, version=1, now=NOW):
    return actions.sign_agreement(version=version, language="sv", fresh_factor=True, by=colleague.by, now=now)


@dataclass(frozen=True)
class Staff:
    """Disa is at a service point, Elsa an analyst, Dag and Doris data handlers, Greta and Ines administrators."""

    disa: Colleague
    elsa: Colleague
    dag: Colleague
    doris: Colleague
    greta: Colleague
    ines: Colleague

    def give(self, colleague, duty, now=NOW):
        """Give a duty as it is given: Greta proposes, Ines approves."""
        duty_id = actions.propose_duty(
            staff_id=colleague.staff_id, duty=duty, period=Period(TODAY), by=self.greta.by, now=now
        )
        actions.approve_duty(duty_id=duty_id, fresh_factor=True, by=self.ines.by, now=now)
        return duty_id


@layer("staff")
def at_work(cast):
    """The cast's staff, each with the agreement signed."""
    with opened():
        actions.publish_agreement(texts=agreement.texts(), valid_from=NOW, by=OPERATOR, now=NOW)
        found = Staff(
            disa=hire("Disa Dahl"),
            elsa=hire("Elsa Ek"),
            dag=hire("Dag Dammert"),
            doris=hire("Doris Dufva"),
            greta=hire("Greta Gran"),
            ines=hire("Ines Inberg"),
        )
        for colleague in (found.greta, found.ines):
            actions.bootstrap_duty(staff_id=colleague.staff_id, by=OPERATOR, now=NOW)
        for colleague in vars(found).values():
            sign(colleague)
        found.give(found.disa, Duty.SERVICE_POINT)
        found.give(found.elsa, Duty.ANALYST)
        found.give(found.dag, Duty.DATA_HANDLER)
        found.give(found.doris, Duty.DATA_HANDLER)
    return found


@pytest.fixture
def staff(ground, cast):
    """The cast's staff, each with the agreement signed."""
    return ground["staff"]
