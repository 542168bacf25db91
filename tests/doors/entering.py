"""What tests of getting in share: two accounts, and the ways through the pages."""

import re
from datetime import UTC, datetime, timedelta

from kvitto.accounts.actions import create_account
from kvitto.accounts.models import Failure, Session
from kvitto.accounts.types import Kind
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import actions as members
from kvitto.members.types import CodeChannel
from tests.cast import AINO_CARD, NOW

PASSWORD, NEW_PASSWORD = "kvittot i fickan", "ny lapp i fickan"
DOORS = {"member": "/sign-in", "staff": "/staff/sign-in"}
HOMES = {"member": "/account/security", "staff": "/staff/"}
PEOPLE = {"member": "chen", "staff": "elsa"}
SECURITY = "/account/security"
PHONE = "Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0"


def people(cast):
    """Chen has an account and so has Elsa of the staff; Aino has none yet."""
    with opened():
        for kind, username in PEOPLE.items():
            account = create_account(username=username, password=PASSWORD, kind=Kind(kind), by=OPERATOR, now=NOW)
            if username == "chen":
                members.link_account(person_id=cast.chen, account_id=account, by=OPERATOR, now=NOW)
    return cast


def sign_in(client, face="member", username=None, password=PASSWORD, **more):
    given = {"username": username or PEOPLE[face], "password": password} | more.pop("data", {})
    return client.post(DOORS[face], given, **more)


def is_signed_in(client, face="member"):
    return client.get(HOMES[face]).status_code == 200


def words(response):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", response.content.decode())).replace("&#x27;", "'")


def time_passes(**passed):
    """For every session and every wait."""
    for row in Session.objects.all():
        for field in ("started_at", "seen_at", "expire_date"):
            setattr(row, field, getattr(row, field) - timedelta(**passed))
        row.save()
    for row in Failure.objects.all():
        row.last_at -= timedelta(**passed)
        row.free_at -= timedelta(**passed)
        row.save()


def issue(person_id, channel=CodeChannel.LETTER):
    with opened():
        return members.issue_code(person_id=person_id, channel=channel, by=OPERATOR, now=datetime.now(UTC))


def activate(client, card=AINO_CARD, code="0000-0000", **more):
    return client.post("/activate", {"card": card, "code": code}, **more)
