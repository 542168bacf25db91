"""Services are turned off while something else is on its way: an export ends without them, a receipt leaves nothing in them."""

import time
from datetime import timedelta
from threading import Thread

from django.db import connection, connections

from kvitto.archive.models import Receipt
from kvitto.choices import actions as choices
from kvitto.choices import texts
from kvitto.choices.rules import KEPT_FOR
from kvitto.choices.types import Channel, Topic
from kvitto.kernel.db import opened
from kvitto.purchases import queries as purchases
from kvitto.rights import inspection
from kvitto.stores.types import Level
from kvitto.warranties.models import Warranty
from tests.cast import MILK, NOW, line
from tests.guarantees import MEMBER, buy, stock, turn, washer


def test_an_export_that_has_begun_ends_without_what_is_gone(committed_cast):
    aino, earlier = committed_cast.aino, NOW - timedelta(hours=1)
    turn(Topic.RECORDING_LEVEL, Level.TOTAL, person_id=aino, now=earlier)
    turn(Topic.RECEIPT_ARCHIVE, person_id=aino, now=earlier)
    buy(line(code=MILK))
    found = []

    def export():
        try:
            held = inspection.everything_about(person_id=aino, language="en", by=MEMBER, now=NOW)
            found.extend(each for each in held if each.table == "archive_receipt")
        finally:
            connections.close_all()

    with opened():
        shown = texts.shown(Topic.RECEIPT_ARCHIVE, 0, "en")
        said = {"topic": Topic.RECEIPT_ARCHIVE, "value": 0, "channel": Channel.WEB, "shown": shown}
        choices.state(person_id=aino, **said, by=MEMBER, now=NOW)
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE vault_key IN ACCESS EXCLUSIVE MODE")  # the export waits for the key it needs
        thread = Thread(target=export)
        thread.start()
        assert _waits_for("relation = 'vault_key'::regclass")
    thread.join(20)

    assert [each.rows for each in found] == [[]]


def test_a_receipt_that_comes_in_while_they_are_turned_off_leaves_nothing(committed_cast):
    aino, earlier = committed_cast.aino, NOW - timedelta(hours=1)
    stock()
    turn(Topic.RECORDING_LEVEL, Level.TOTAL, person_id=aino, now=earlier)
    for topic in KEPT_FOR:
        turn(topic, person_id=aino, now=earlier)

    def come_in():
        try:
            buy(washer())
        finally:
            connections.close_all()

    with opened():
        for topic in KEPT_FOR:
            shown = texts.shown(topic, 0, "en")
            choices.state(person_id=aino, topic=topic, value=0, channel=Channel.WEB, shown=shown, by=MEMBER, now=NOW)
        thread = Thread(target=come_in)
        thread.start()
        assert _waits_for("locktype = 'advisory'")
    thread.join(20)

    assert len(purchases.receipts_of(aino, 9)) == 1
    assert not Receipt.objects.exists()
    assert not Warranty.objects.exists()


def _waits_for(what):
    """Whether somebody comes to wait for a lock."""
    for _ in range(200):
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT FROM pg_locks WHERE {what} AND NOT granted)")
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.05)
    return False
