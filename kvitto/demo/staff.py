"""The invented people who work at the demo's co-op, each with the duty they have there."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.timezone import localdate

from kvitto.accounts import actions as accounts
from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.periods import Period
from kvitto.staff import actions, agreement, queries
from kvitto.staff.types import Duty

# user name -> name and duty, in the order of the page. Greta and Ines are the first administrators, made at the machine.
PEOPLE: Mapping[str, tuple[str, Duty]] = {
    "disa": ("Disa Dahl", Duty.SERVICE_POINT),
    "dag": ("Dag Dammert", Duty.DATA_HANDLER),
    "doris": ("Doris Dufva", Duty.DATA_HANDLER),
    "elsa": ("Elsa Ek", Duty.ANALYST),
    "faruk": ("Faruk Forsman", Duty.MARKETER),
    "greta": ("Greta Gran", Duty.PRIVACY_OFFICER),
    "ines": ("Ines Inberg", Duty.ADMINISTRATOR),
}
FIRST = ("greta", "ines")


def hire(*, password: str, by: Actor, now: datetime) -> list[int]:
    """Take them in with the agreement signed, through the same acts as anybody; their account ids.

    Where one of their user names is taken, or somebody works here already, nobody is hired: that is not the demo's to alter.
    """
    if Account.objects.filter(username__in=PEOPLE).exists() or queries.people():
        return []
    if queries.current_agreement(now=now) is None:
        actions.publish_agreement(texts=agreement.texts(), valid_from=now, by=by, now=now)
    text = queries.current_agreement(now=now)
    ids, them = {}, {}
    for username, (name, _) in PEOPLE.items():
        account_id = accounts.create_account(username=username, password=password, kind=Kind.STAFF, by=by, now=now)
        ids[username] = actions.add_staff(account_id=account_id, name=name, person_id=None, by=by, now=now)
        them[username] = Actor(ActorKind.STAFF, str(account_id))
    for username in FIRST:
        actions.bootstrap_duty(staff_id=ids[username], by=by, now=now)
    for each in them.values():
        if text is not None:
            actions.sign_agreement(version=text.version, language="sv", fresh_factor=True, by=each, now=now)
    greta, ines = (them[username] for username in FIRST)
    for username, (_, duty) in PEOPLE.items():
        if duty is Duty.ADMINISTRATOR:
            continue
        period = Period(localdate(now))
        duty_id = actions.propose_duty(staff_id=ids[username], duty=duty, period=period, by=greta, now=now)
        actions.approve_duty(duty_id=duty_id, fresh_factor=True, by=ines, now=now)
    return [int(each.id) for each in them.values()]
