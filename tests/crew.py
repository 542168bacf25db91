"""The cast's staff, hired through the real actions at a given instant, and browsers in which they are at work.

Disa is at a service point, Elsa an analyst, Faruk a marketer, Dag and Doris data handlers, Greta the privacy officer; she and Ines
are the first administrators, made at the machine. Alma is a data handler who is a member as well: she is Aino of the register, and
Björn has her family name. Hugo, the store clerk, has no account anywhere.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from django.utils.timezone import localdate

from kvitto.accounts.models import Account
from kvitto.accounts.rules import STAFF_LIMITS
from kvitto.accounts.sessions import SessionStore
from kvitto.accounts.types import Kind
from kvitto.doors.staff_web import access
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.staff import actions, agreement
from kvitto.staff.types import Duty

HIRED = datetime.now(UTC) - timedelta(days=20)


@dataclass(frozen=True)
class Colleague:
    """A staff person, and the actor they are."""

    staff_id: int
    by: Actor


def hire(name, now, person_id=None):
    """A staff person without a duty; inside the caller's transaction."""
    username = f"{name.split()[0].lower()}.staff"
    # past the action: hashing a password for each would take most of these tests' time, and nobody types it here
    account_id = Account.objects.create(username=username, password="!", kind=Kind.STAFF, created_at=now).pk
    staff_id = actions.add_staff(account_id=account_id, name=name, person_id=person_id, by=OPERATOR, now=now)
    return Colleague(staff_id, Actor(ActorKind.STAFF, str(account_id)))


def sign(colleague, now, version=1):
    return actions.sign_agreement(version=version, language="sv", fresh_factor=True, by=colleague.by, now=now)


@dataclass(frozen=True)
class Crew:
    """Everybody who works here."""

    disa: Colleague
    elsa: Colleague
    faruk: Colleague
    dag: Colleague
    doris: Colleague
    alma: Colleague
    greta: Colleague
    ines: Colleague

    def give(self, colleague, duty, now):
        """Give a duty as it is given: Greta proposes and Ines approves, or for themselves the other way around."""
        one, other = (self.greta, self.ines) if colleague is not self.ines else (self.ines, self.greta)
        if colleague is self.greta:
            one, other = self.greta, self.ines
        period = Period(localdate(now))
        duty_id = actions.propose_duty(staff_id=colleague.staff_id, duty=duty, period=period, by=one.by, now=now)
        actions.approve_duty(duty_id=duty_id, fresh_factor=True, by=other.by, now=now)
        return duty_id


DUTIES = {
    "disa": Duty.SERVICE_POINT,
    "elsa": Duty.ANALYST,
    "faruk": Duty.MARKETER,
    "dag": Duty.DATA_HANDLER,
    "doris": Duty.DATA_HANDLER,
    "alma": Duty.DATA_HANDLER,
    "greta": Duty.PRIVACY_OFFICER,
}


def hire_all(now, aino):
    """The whole crew, each with the agreement signed and with their duty."""
    names = (
        "Disa Dahl",
        "Elsa Ek",
        "Faruk Forsman",
        "Dag Dammert",
        "Doris Dufva",
        "Alma Ahonen",
        "Greta Gran",
        "Ines Inberg",
    )
    with opened():
        actions.publish_agreement(texts=agreement.texts(), valid_from=now, by=OPERATOR, now=now)
        crew = Crew(*(hire(name, now, aino if name == "Alma Ahonen" else None) for name in names))
        for colleague in (crew.greta, crew.ines):
            actions.bootstrap_duty(staff_id=colleague.staff_id, by=OPERATOR, now=now)
        for colleague in vars(crew).values():
            sign(colleague, now)
        for name, duty in DUTIES.items():
            crew.give(getattr(crew, name), duty, now)
    return crew


def session_of(account, *, fresh=True, device=""):
    """The key of a session in which somebody has signed in with both factors: just now, or an hour ago."""
    session = SessionStore()
    session.limits, session.device = STAFF_LIMITS, device
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "kvitto.accounts.backend.FaceBackend"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    now = datetime.now(UTC)
    session[access.FACTOR_AT] = (now if fresh else now - access.FRESH * 12).isoformat()
    session.create()
    return session.session_key


def browser_of(colleague, *, fresh=True):
    """A browser with such a session."""
    client = Client()
    client.cookies["kvitto_staff"] = session_of(Account.objects.get(pk=int(colleague.by.id)), fresh=fresh)
    client.cookies["kvitto_language"] = "en"
    return client
