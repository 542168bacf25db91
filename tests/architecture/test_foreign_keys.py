"""A foreign key points to the same room or to a room above it, as imports do."""

import pytest
from django.apps import apps
from django.db import connection

from tests.architecture.source import floors

ROOM_OF_TABLE = {
    model._meta.db_table: model._meta.app_config.name.removeprefix("kvitto.")
    for model in apps.get_models()
    if model._meta.app_config.name.startswith("kvitto.")
}


@pytest.fixture(scope="module")
def foreign_keys(django_db_setup, django_db_blocker):
    """(name, room it starts in, room it points to); the copies that partitions inherit are left out."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.conname, source.relname, target.relname FROM pg_constraint k"
            " JOIN pg_class source ON source.oid = k.conrelid JOIN pg_class target ON target.oid = k.confrelid"
            " WHERE k.contype = 'f' AND k.conparentid = 0"
        )
        return [(name, ROOM_OF_TABLE.get(source), ROOM_OF_TABLE.get(target)) for name, source, target in cursor]


def test_every_table_is_named_after_its_room():
    assert [table for table, room in ROOM_OF_TABLE.items() if not table.startswith(f"{room}_")] == []


def test_foreign_keys_point_up_the_house(foreign_keys):
    between = [(name, source, target) for name, source, target in foreign_keys if source and target]
    wrong = [key for key in between if key[1] != key[2] and floors()[key[2]] >= floors()[key[1]]]

    assert len(between) > 10, "the database has lost its foreign keys"
    assert wrong == []


def test_no_foreign_key_leads_out_of_the_house(foreign_keys):
    assert [key for key in foreign_keys if bool(key[1]) != bool(key[2])] == []


def test_the_record_of_acts_has_none(foreign_keys):
    """It outlives what it speaks of, and never stands in the way of deleting anything."""
    assert [key for key in foreign_keys if "audit" in key[1:]] == []


def test_stores_and_assortment_do_not_know_each_other(foreign_keys):
    assert floors()["stores"] == floors()["assortment"]
    assert [key for key in foreign_keys if set(key[1:]) == {"stores", "assortment"}] == []
