"""Who gets at the receipt archive: its owner, and nothing that counts, searches, shows to others or sends."""

import re

import pytest
from django.db import connection

from kvitto.archive.models import Receipt
from kvitto.choices.types import Topic
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.stores.types import Level
from kvitto.wiring.walls import TABLES
from tests.architecture.source import PACKAGE, imports, modules, room_of, strings
from tests.cast import CHEN_CARD, line
from tests.doors.at_work import opened_earlier
from tests.guarantees import buy, today_at_noon, turn

USERS = {
    "kvitto.intake.services": "keeps receipts as they come in",
    "kvitto.rights.removal": "what its owner had removed leaves it",
    "kvitto.rights.inspection": "its owner is given all that is held",
    "kvitto.retention.actions": "its two years",
    "kvitto.doors.member_web.archive": "its owner's pages",
    "kvitto.doors.member_web.own": "a receipt's page says that it is in it",
    "kvitto.doors.member_web.removal": "there is something to remove",
    "kvitto.doors.member_web.choices": "how many receipts turning it off deletes",
    "kvitto.doors.member_web.errors": "the sentence for its refusal",
}
NAMING = {
    "kvitto.wiring.walls": "which rows each face reaches",
    "kvitto.wiring.grants": "what the web role may do",
    "kvitto.rights.rules": "what it is in plain words",
    "kvitto.rights.inspection": "its owner is given all that is held",
    "kvitto.doors.member_web.archive": "a template of that name",
}


def test_nothing_else_uses_the_archive():
    found = {
        module
        for module in modules()
        if room_of(module) != "archive" and any(name.startswith("kvitto.archive") for name in imports(module))
    }
    assert found == USERS.keys()


def test_nothing_else_names_its_table_or_its_compartment():
    named = {
        module
        for module in modules()
        if room_of(module) != "archive" and any(re.search(r"archive_receipt", text) for text in strings(module))
    }
    assert named == NAMING.keys()
    using = {path.parent.name for path in PACKAGE.rglob("*.py") if "Compartment.ARCHIVE" in path.read_text()}
    assert using == {"archive", "retention"}


@pytest.mark.parametrize("table", ["archive_receipt", "warranties_warranty"])
def test_no_policy_lets_staff_reach_it(table):
    assert {policy.name.partition("_")[0] for policy in TABLES[table]} == {"machine", "till", "own"}


def test_a_data_handler_with_a_case_reaches_no_key_of_it(cast, crew):
    now = today_at_noon()
    turn(Topic.RECORDING_LEVEL, Level.GROUP, person_id=cast.chen, now=now)
    turn(Topic.RECEIPT_ARCHIVE, person_id=cast.chen, now=now)
    day = {"business_day": now.date().isoformat(), "end_time": now.isoformat()}
    buy(line("REINDEER", "12.00"), card=CHEN_CARD, sequence=900, now=now, **day)
    opened_earlier(crew.doris, 5, member_asked=True)

    assert Receipt.objects.count() == 1
    with identity.acting(ActorKind.STAFF, account=int(crew.doris.by.id)), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM archive_receipt")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT DISTINCT person_id, compartment FROM vault_key")
        assert cursor.fetchall() == [(cast.chen, 1)]
