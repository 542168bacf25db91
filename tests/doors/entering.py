"""What tests of getting in share: two accounts, and the ways through the pages."""

import re
from datetime import UTC, datetime, timedelta

from kvitto.accounts import factors, queries
from kvitto.accounts.actions import create_account
from kvitto.accounts.models import Account, Failure, Session
from kvitto.accounts.types import FactorKind, Kind
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.members import actions as members
from kvitto.members.types import CodeChannel
from kvitto.staff import actions as staff
from kvitto.staff import agreement
from kvitto.vault.actions import seal_secret
from tests.cast import AINO_CARD, NOW

PASSWORD, NEW_PASSWORD = "kvittot i fickan", "ny lapp i fickan"
DOORS = {"member": "/sign-in", "staff": "/staff/sign-in"}
HOMES = {"member": "/account/security", "staff": "/staff/"}
PEOPLE = {"member": "chen", "staff": "elsa"}
SECURITY = "/account/security"
SECRET = b"a secret of an app.."
PHONE = "Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0"


def people(cast):
    """Chen has an account and so has Elsa of the staff; Aino has none yet."""
    with opened():
        for kind, username in PEOPLE.items():
            account = create_account(username=username, password=PASSWORD, kind=Kind(kind), by=OPERATOR, now=NOW)
            if username == "chen":
                members.link_account(person_id=cast.chen, account_id=account, by=OPERATOR, now=NOW)
            else:
                works_here(account)
    return cast


def works_here(account):
    """Elsa is of the staff and has signed the agreement; she has no duty."""
    by = Actor(ActorKind.STAFF, str(account))
    staff.add_staff(account_id=account, name="Elsa Ek", person_id=None, by=OPERATOR, now=NOW)
    staff.publish_agreement(texts=agreement.texts(), valid_from=NOW, by=OPERATOR, now=NOW)
    staff.sign_agreement(version=1, language="sv", fresh_factor=True, by=by, now=NOW)


def sign_in(client, face="member", username=None, password=PASSWORD, **more):
    """The answer to the password; staff then give their second factor, too."""
    given = {"username": username or PEOPLE[face], "password": password} | more.pop("data", {})
    response = client.post(DOORS[face], given, **more)
    if face == "staff" and response.status_code == 302:
        give_factor(client, given["username"], **more)
    return response


def give_factor(client, username=PEOPLE["staff"], **more):
    """The second factor of staff whose password was given: a recovery code, since an app's codes last half a minute each."""
    account_id = Account.objects.get(username=username).pk
    who = {"account_id": account_id, "by": OPERATOR, "now": NOW}
    with opened():
        if not queries.has_factor(account_id):
            sealed = seal_secret(account_id=account_id, purpose=FactorKind.APP, plaintext=SECRET)
            factors.add(kind=FactorKind.APP, name="phone", sealed=sealed, counter=0, as_first=True, **who)
        code = factors.new_recovery_codes(**who)[0]
    return client.post("/staff/factor", {"recovery": code}, **more)


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
