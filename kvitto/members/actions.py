"""Writes of the customer register."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.utils.timezone import localdate

from kvitto.accounts import actions as accounts
from kvitto.accounts.types import Kind
from kvitto.audit import actions as audit
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import ConflictError, NotFoundError, RefusedError
from kvitto.members import queries
from kvitto.members.ages import is_under
from kvitto.members.codes import digest
from kvitto.members.models import Card, Code, Membership, Person
from kvitto.members.rules import ALPHABET, HOLDS, LENGTH, written
from kvitto.members.types import CodeChannel, NewPerson
from kvitto.stores import queries as stores
from kvitto.stores.models import Company
from kvitto.stores.types import CompanyKind


class LinkedError(ConflictError):
    """The person, or the account, belongs to another already."""


class TooYoungError(RefusedError):
    """A minor has no sign-in of their own before the age that the co-op has set."""


class CodeOverError(NotFoundError):
    """The code was used, or its time is over."""


def register(*, people: Sequence[NewPerson], by: Actor, now: datetime) -> list[int]:
    """Take people and their cards into the register; their ids in the same order.

    A card that is somebody else's at the same instant breaks the table's exclusion constraint (IntegrityError), and with
    it the whole batch.
    """
    require_transaction()
    rows = Person.objects.bulk_create(
        [
            Person(
                given_name=person.given_name,
                family_name=person.family_name,
                language=person.language,
                account_id=person.account_id,
                registered_at=now,
                number=person.number,
                birth_date=person.birth_date,
                street=person.address.street,
                postal_code=person.address.postal_code,
                town=person.address.town,
                country=person.address.country,
            )
            for person in people
        ]
    )
    Card.objects.bulk_create(
        [
            Card(number=number, person=row, period=DateTimeTZRange(person.since, None))
            for person, row in zip(people, rows, strict=True)
            for number in person.cards
        ]
    )
    coops = dict(Company.objects.filter(kind=CompanyKind.COOP).values_list("code", "pk"))
    Membership.objects.bulk_create(
        [
            Membership(person=row, company_id=coops[person.home], period=DateRange(localdate(person.since), None))
            for person, row in zip(people, rows, strict=True)
            if person.home
        ]
    )
    audit.record(by=by, action="members.register", now=now, count=len(rows))
    return [int(row.pk) for row in rows]


def link_account(*, person_id: int, account_id: int, by: Actor, now: datetime) -> None:
    """Let an account sign in for a person. Raises LinkedError when either belongs to another already, TooYoungError."""
    require_transaction()
    person = Person.objects.select_for_update(no_key=True).get(pk=person_id)
    _old_enough(person, now)
    taken = Person.objects.filter(account_id=account_id).exclude(pk=person_id).exists()
    if taken or person.account_id not in {None, account_id}:
        raise LinkedError("this person has another account, or the account is somebody else's: nothing was changed")
    person.account_id = account_id
    person.save(update_fields=["account"])
    audit.record(by=by, action="members.link_account", now=now, subject=person.audit_id, count=1)


def issue_code(*, person_id: int, channel: CodeChannel, by: Actor, now: datetime) -> str:
    """Make a code for a person, as it is written to them: K7QF-2M9D. Only a digest is kept, so this is the only time.

    Earlier codes of the person that were not used end. Raises TooYoungError.
    """
    require_transaction()
    person = Person.objects.select_for_update(no_key=True).get(pk=person_id)  # two codes at once: the later one holds
    _old_enough(person, now)
    Code.objects.filter(person_id=person_id, used_at=None, expires_at__gt=now).update(expires_at=now)
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    Code.objects.create(
        person_id=person_id,
        digest=digest(person_id, code),
        channel=channel,
        made_at=now,
        expires_at=now + HOLDS[channel],
    )
    audit.record(by=by, action="members.issue_code", purpose=channel, now=now, subject=person.audit_id, count=1)
    return written(code)


def use_code(*, code_id: int, username: str, password: str, by: Actor, now: datetime) -> int:
    """Use a code: a person without an account gets one, one with an account a new password; the account's id.

    The user name is for a new account only. A new password ends all sessions of the account. Raises CodeOverError, and
    UsernameError and PasswordError of the accounts.
    """
    require_transaction()
    with queries.presenting_code(code_id):
        account_id = _use_code(code_id, username, password, by, now)
    identity.proved(ActorKind.MEMBER, account_id)
    return account_id


def _use_code(code_id: int, username: str, password: str, by: Actor, now: datetime) -> int:
    holder = Person.objects.filter(pk__in=Code.objects.filter(pk=code_id).values("person_id"))
    person = holder.select_for_update(no_key=True).first()  # one use at a time
    if person is None or queries.open_code(code_id, now=now) is None:
        raise CodeOverError("this code was used already, or its time is over: ask for a new one")
    account_id = person.account_id
    if account_id is None:
        account_id = accounts.create_account(username=username, password=password, kind=Kind.MEMBER, by=by, now=now)
        link_account(person_id=person.pk, account_id=account_id, by=by, now=now)
    else:
        accounts.set_password(account_id=account_id, password=password, by=by, now=now)
    Code.objects.filter(pk=code_id).update(used_at=now)
    audit.record(by=by, action="members.use_code", now=now, subject=person.audit_id, count=1)
    return int(account_id)


def _old_enough(person: Person, now: datetime) -> None:
    age = stores.account_age()
    if is_under(person.birth_date, age, localdate(now)):
        raise TooYoungError(f"a minor has a sign-in of their own from the age of {age} on")


def forget_codes(*, now: datetime) -> int:
    """Delete the codes whose time is over, used or not; how many."""
    require_transaction()
    return int(Code.objects.filter(expires_at__lt=now).delete()[0])
