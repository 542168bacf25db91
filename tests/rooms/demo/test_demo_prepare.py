"""Loading the demo into a register."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from backports import zstd
from django.db import IntegrityError
from django.db.transaction import TransactionManagementError

from kvitto.accounts.actions import create_account
from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.assortment import queries as assortment
from kvitto.audit.models import Entry
from kvitto.choices import queries as choices
from kvitto.demo import actions, queries
from kvitto.demo.models import Load
from kvitto.demo.people import adults, newcomer
from kvitto.demo.ready import new_person, open_accounts
from kvitto.demo.receipts import receipts
from kvitto.demo.staff import PEOPLE
from kvitto.intake.actions import take_in
from kvitto.intake.reference import Reference
from kvitto.intake.types import Raw, State
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import actions as members_actions
from kvitto.members import queries as members
from kvitto.members.models import Card, Person
from kvitto.staff import queries as staff
from kvitto.stores import queries as stores
from kvitto.stores.network import parse
from kvitto.stores.types import Level
from kvitto.warranties import queries as warranties
from kvitto.warranties.models import Warranty
from tests.cast import TILL, settle

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CAST = {"aino", "bjorn", "chen"}
READY = {*CAST, "henrik", "dan", "juhani", "amira"}


@pytest.mark.django_db
@pytest.mark.slow
def test_the_demo_is_loaded_once_and_stands(tmp_path):
    steps = []
    first = actions.prepare(
        home=tmp_path, now=NOW, by=OPERATOR, progress=lambda step, done, total: steps.append((step, done, total))
    )

    assert first.new
    assert (first.stores, first.products, first.people) == (505, 92_331, Person.objects.count())
    assert first.last_day.isoformat() == "2026-11-15"
    assert first.password_file.stat().st_mode & 0o777 == 0o600
    assert {("stores", 505, 505), ("products", 92_331, 92_331), ("people", first.people, first.people)} <= set(steps)
    assert assortment.recording_depths().depth(first.first_day) == 2
    assert stores.network_differences(parse(first.network_file.read_bytes()), now=NOW) == []
    _check_people(first)
    _check_intake(first)

    acts = Entry.objects.count()
    later = actions.prepare(home=tmp_path, now=NOW + timedelta(days=30), by=OPERATOR)
    assert not later.new
    assert (later.shift_days, later.password, later.people) == (first.shift_days, first.password, first.people)
    assert Entry.objects.count() == acts

    assert not queries.loaded().finished
    actions.finish(now=NOW)
    actions.finish(now=NOW + timedelta(days=1))
    assert queries.loaded().finished_at == NOW


def _check_people(prepared):
    everybody = {account.username: account for account in Account.objects.all()}
    assert everybody.keys() == READY | PEOPLE.keys()
    assert queries.ready_staff().keys() == PEOPLE.keys()
    accounts = {username: everybody[username] for username in READY}
    held = staff.held_duties(now=NOW)
    assert {(each.name, each.duty) for each in held} >= set(PEOPLE.values())
    assert queries.ready_members().keys() == READY
    assert all(account.check_password(prepared.password) for account in accounts.values())
    assert {
        Person.objects.get(pk=members.person_of_account(account.pk)).given_name for account in accounts.values()
    } == {"Aino", "Björn", "Chen", "Henrik", "Dan", "Juhani", "Amira"}
    everybody = Person.objects.values_list("pk", flat=True)
    histories = choices.recording_histories(everybody, start=Level.PRODUCT).levels
    now = {history.at(NOW) for history in histories.values()}
    assert now == {Level.TOTAL, Level.GROUP, Level.PRODUCT}
    assert 0.08 < len(histories) / len(everybody) < 0.13


def _check_intake(prepared):
    batch = [Raw(place, body) for place, body in enumerate(islice(receipts(prepared.shift_days), 500), start=1)]
    result = take_in(batch=batch, by=TILL, now=NOW, reference=Reference())
    assert result.states == [State.RECORDED] * 500
    sold = actions.sell_guaranteed(shift_days=prepared.shift_days, by=TILL, now=NOW)
    assert sold == actions.GUARANTEED
    aino = members.person_of_account(Account.objects.get(username="aino").pk)
    assert (warranties.count(aino), Warranty.objects.count()) == (2, 2)


@pytest.fixture
def earlier(db, tmp_path):
    """A demo as an earlier version left it: nobody but the cast has an account, nobody has just joined."""
    people = [adult for adult in adults() if adult.username and adult != newcomer()]
    with opened():
        made = open_accounts(home=tmp_path, people=[a for a in people if a.username in CAST], by=OPERATOR, now=NOW)
        everybody = [new_person(adult, made.get(adult.username), 7) for adult in people]
        members_actions.register(people=everybody, by=OPERATOR, now=NOW)
        Load.objects.create(id=1, shift_days=7, source="x", loaded_at=NOW)
    return tmp_path


def again(home):
    """The demo is started once more."""
    with opened():
        return actions.prepare(home=home, now=NOW, by=OPERATOR)


def test_a_demo_of_an_earlier_version_gets_the_accounts_it_lacks(earlier):
    passwords = set(Account.objects.values_list("username", "password"))
    prepared = again(earlier)

    assert not prepared.new
    assert queries.ready_members().keys() == READY
    assert passwords < set(Account.objects.values_list("username", "password"))
    assert all(account.check_password(prepared.password) for account in Account.objects.all())
    assert Person.objects.filter(given_name="Amira").count() == 1
    acts = Entry.objects.count()
    again(earlier)
    assert Entry.objects.count() == acts


def test_without_the_password_file_accounts_are_added_all_the_same(earlier):
    (earlier / "demo" / "password").unlink()

    assert again(earlier).password is None
    assert queries.ready_members().keys() == READY


def test_what_somebody_altered_in_the_demo_stays(earlier):
    with opened():
        dan = create_account(username="dan", password="kvittot i fickan", kind=Kind.MEMBER, by=OPERATOR, now=NOW)
        own = create_account(username="juhani.r", password="kvittot i fickan", kind=Kind.MEMBER, by=OPERATOR, now=NOW)
        Person.objects.filter(given_name="Juhani").update(account_id=own)
        Card.objects.filter(person__given_name="Henrik").delete()
        Person.objects.filter(given_name="Henrik").delete()
    again(earlier)
    again(earlier)

    assert queries.ready_members().keys() == {*CAST, "amira"}
    assert Person.objects.get(given_name="Dan").account_id is None
    assert members.person_of_account(dan) is None
    assert Person.objects.get(given_name="Juhani").account_id == own


@pytest.mark.django_db
def test_a_register_of_somebody_else_is_left_alone(tmp_path):
    settle()

    with pytest.raises(actions.NotEmptyError, match="KVITTO_HOME"):
        actions.prepare(home=tmp_path, now=NOW, by=OPERATOR)

    assert queries.loaded() is None
    assert not list(tmp_path.iterdir())


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"id": 2, "shift_days": 7}, {"id": 1, "shift_days": 8}])
def test_there_is_one_load_of_whole_weeks(wrong):
    with pytest.raises(IntegrityError):
        Load.objects.create(source="x", loaded_at=NOW, **wrong)


@pytest.mark.parametrize(
    ("content", "day"),
    [
        (b"", ""),
        (b"no archive", ""),
        (zstd.compress(b'{"business_day":"2017-01-08"}\n' * 9)[:-8], ""),
        (zstd.compress(b"{}\n"), ""),
        (zstd.compress(b""), ""),
        (zstd.compress(b'{"business_day":"2017-01-08"}\n'), "2017-01-08"),
    ],
)
def test_a_file_says_which_day_it_begins_on_or_nothing(tmp_path, content, day):
    path = tmp_path / "receipts.ndjson.zst"
    path.write_bytes(content)

    assert actions._first_day(path) == day


def test_a_file_that_cannot_be_finished_leaves_nothing(tmp_path):
    def until_the_disk_is_full():
        yield b"{}"
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        actions._write(tmp_path / "file.zst", until_the_disk_is_full(), 2, actions._quiet)

    assert list(tmp_path.iterdir()) == []


def test_loading_needs_the_transaction_of_its_door(tmp_path):
    with pytest.raises(TransactionManagementError):
        actions.prepare(home=tmp_path, now=NOW, by=OPERATOR)
