"""The accounts of those invented people that anybody may look around as."""

import os
import secrets
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.db.models import F, Func, Value

from kvitto.accounts import actions as accounts
from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.demo import staff
from kvitto.demo.models import Load
from kvitto.demo.people import NO_HOUSEHOLD, adults
from kvitto.demo.receipts import ZONE
from kvitto.demo.types import Adult
from kvitto.kernel.actor import Actor
from kvitto.members import actions as members
from kvitto.members import queries as members_queries
from kvitto.members.models import Person
from kvitto.members.types import NewPerson


def password_file(home: Path) -> Path:
    """Where the one password of all these accounts stands."""
    folder = home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "password"


def open_accounts(*, home: Path, people: Sequence[Adult], by: Actor, now: datetime) -> dict[str, int]:
    """Accounts for those with a user name, all with one random password that its file holds; their ids by name."""
    password = secrets.token_urlsafe(12)
    path = password_file(home)
    path.unlink(missing_ok=True)  # of a load that was taken back
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{password}\n")
    return {adult.username: _open(adult, password, by, now) for adult in people if adult.username}


def add_missing(*, home: Path, shift: int, by: Actor, now: datetime) -> int:
    """Give a demo that an earlier version loaded what it lacks: the newcomer, the staff, and accounts; how many accounts.

    What somebody altered since stays: a person who was removed, an account under another name, a name that is taken.
    """
    known = set(Load.objects.select_for_update().get().account_ids)
    ready = [adult for adult in adults() if adult.username]
    if len(known) >= len(ready) + len(staff.PEOPLE):
        return 0
    path = password_file(home)
    password = path.read_text(encoding="utf-8").strip() if path.exists() else secrets.token_urlsafe(12)
    holders = members_queries.holders({adult.card for adult in ready})
    added = 0
    for adult in ready:
        person_id = holders[adult.card][0].person_id if adult.card in holders else None
        if person_id is None and adult.household == NO_HOUSEHOLD:
            (person_id,) = members.register(people=[new_person(adult, None, shift)], by=by, now=now)
        account_id = None if person_id is None else _account_of(person_id, adult, password, by, now)
        if account_id is not None and account_id not in known:
            _note(account_id)
            added += 1
    for account_id in staff.hire(password=password, by=by, now=now):
        _note(account_id)
        added += 1
    return added


def new_person(adult: Adult, account_id: int | None, shift: int) -> NewPerson:
    """An invented adult as the customer register takes them in, days moved."""
    return NewPerson(
        given_name=adult.given_name,
        family_name=adult.family_name,
        language=adult.language,
        cards=(adult.card,),
        since=_midnight(adult.since) + timedelta(days=shift),
        account_id=account_id,
    )


def _account_of(person_id: int, adult: Adult, password: str, by: Actor, now: datetime) -> int | None:
    """The person's account of that name, opened when they have none; None when the person or the name has another."""
    own = Person.objects.values_list("account_id", flat=True).get(pk=person_id)
    found = Account.objects.filter(username=adult.username).values_list("pk", flat=True).first()
    if own is None and found is None:
        found = _open(adult, password, by, now)
        members.link_account(person_id=person_id, account_id=found, by=by, now=now)
        return found
    return found if found == own else None


def _open(adult: Adult, password: str, by: Actor, now: datetime) -> int:
    return accounts.create_account(username=adult.username, password=password, kind=Kind.MEMBER, by=by, now=now)


def _note(account_id: int) -> None:
    appended = Func(F("account_ids"), Value(account_id), function="array_append")
    Load.objects.update(account_ids=appended)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)
