"""The archive is turned off while its owner's export runs: the export ends well, without it."""

import time
from datetime import timedelta
from threading import Thread

from django.db import connection, connections

from kvitto.choices import actions as choices
from kvitto.choices import texts
from kvitto.choices.types import Channel, Topic
from kvitto.kernel.db import opened
from kvitto.rights import inspection
from kvitto.stores.types import Level
from tests.cast import MILK, NOW, line
from tests.guarantees import MEMBER, buy, turn


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
        assert _waits_for_the_key()
    thread.join(20)

    assert [each.rows for each in found] == [[]]


def _waits_for_the_key():
    for _ in range(200):
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'vault_key'::regclass AND NOT granted)"
            )
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.05)
    return False
