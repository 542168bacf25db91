"""The receipt archive: what a member has recorded at less, whole, for that member alone, and gone when it is turned off."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from kvitto.archive import actions, queries
from kvitto.archive.models import Receipt
from kvitto.choices.types import Topic
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import GroupContent, ProductContent
from kvitto.rights import removal
from kvitto.stores.types import Level
from kvitto.vault import actions as vault
from kvitto.vault.actions import KeyDestroyedError
from tests.cast import BEER, MILK, NOW, keep_out, line
from tests.guarantees import MEMBER, buy, turn

DISA = Actor(ActorKind.STAFF, "1")


@pytest.fixture
def aino(cast):
    """She has totals only recorded, and the archive turned on, since an hour ago."""
    earlier = NOW - timedelta(hours=1)
    turn(Topic.RECORDING_LEVEL, Level.TOTAL, person_id=cast.aino, now=earlier)
    turn(Topic.RECEIPT_ARCHIVE, person_id=cast.aino, now=earlier)
    return cast.aino


def opened_of(person_id):
    return queries.opened(person_id=person_id, by=MEMBER, purpose="test", now=NOW)


def keys(compartment=2):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM vault_key WHERE compartment = %s", [compartment])
        return cursor.fetchone()[0]


def test_what_the_member_lowered_is_kept_whole_beside_its_total(aino):
    buy(line(code=MILK), line("BEER", "3.00", code=BEER))

    (head,) = purchases.receipts_of(aino, 9)
    assert head.level is Level.TOTAL
    (kept,) = opened_of(aino)
    assert [each.text for each in kept.content.lines] == ["MILK ORGANIC 1.5L", "BEER"]
    assert kept.content.paid.tenders == [("card", 515)]
    assert [each.receipt_id for each in queries.of_person(aino)] == [head.receipt_id]


def test_a_chain_of_product_groups_leaves_groups_in_it(aino):
    buy(line(code=MILK), store="201")

    (kept,) = opened_of(aino)
    assert isinstance(kept.content, GroupContent)


@pytest.mark.parametrize("case", ["a chain of totals", "not lowered", "turned off", "bought before it was turned on"])
def test_nothing_is_archived_of(cast, aino, case):
    if case == "not lowered":
        turn(Topic.RECORDING_LEVEL, Level.PRODUCT, person_id=aino, now=NOW - timedelta(minutes=50))
    if case == "turned off":
        turn(Topic.RECEIPT_ARCHIVE, 0, person_id=aino, now=NOW - timedelta(minutes=50))
    before = {"end_time": (NOW - timedelta(hours=2)).isoformat()} if case.startswith("bought before") else {}
    buy(line(code=MILK), store="900" if case == "a chain of totals" else "101", **before)

    assert not Receipt.objects.exists()
    assert keys() == 0


def test_a_category_that_is_kept_out_is_not_in_the_archive_either(aino):
    keep_out(aino, "alcohol", now=NOW - timedelta(minutes=5))
    buy(line(code=MILK), line("BEER", "3.00", code=BEER))

    (kept,) = opened_of(aino)
    assert [each.text for each in kept.content.lines] == ["MILK ORGANIC 1.5L"]
    assert kept.content.paid is None


@pytest.mark.parametrize("by", [MEMBER, DISA], ids=["the member", "staff, on the phone"])
def test_turned_off_it_opens_nowhere_from_that_moment_on(aino, by):
    buy(line(code=MILK))
    row = Receipt.objects.get()
    turn(Topic.RECEIPT_ARCHIVE, 0, person_id=aino, by=by)

    assert not Receipt.objects.exists()
    assert keys() == 0
    from kvitto.archive.sealing import to_open

    with pytest.raises(KeyDestroyedError):
        vault.open_sealed(items=to_open([row]), by=MEMBER, purpose="test", subject=None, period=None, now=NOW)


def test_taken_back_nothing_has_gone(aino):
    buy(line(code=MILK))
    with opened():
        actions.end(person_id=aino, by=MEMBER, now=NOW)
        transaction.set_rollback(True)

    assert len(opened_of(aino)) == 1


def test_one_receipt_is_taken_out_and_the_others_stay(aino):
    buy(line(code=MILK))
    buy(line("APPLES", "1.00"), sequence=78)
    gone, stays = queries.of_person(aino)
    with opened():
        actions.remove(person_id=aino, day=gone.business_day, receipt_id=gone.receipt_id, by=MEMBER, now=NOW)

    assert [each.receipt_id for each in opened_of(aino)] == [stays.receipt_id]
    with pytest.raises(actions.NotArchivedError), opened():
        actions.remove(person_id=aino, day=gone.business_day, receipt_id=gone.receipt_id, by=MEMBER, now=NOW)


def test_what_its_owner_removed_is_not_in_the_archive_and_does_not_come_back(aino):
    buy(line(code=MILK))
    (head,) = queries.of_person(aino)
    with opened():
        removal.remove_receipt(person_id=aino, day=head.business_day, receipt_id=head.receipt_id, by=MEMBER, now=NOW)
    assert not Receipt.objects.exists()

    buy(line(code=MILK), line("BEER", "3.00", code=BEER), sequence=78)
    keep_out(aino, "alcohol")
    with opened():
        removal.remove_recorded(person_id=aino, by=MEMBER, now=NOW)
    (kept,) = opened_of(aino)
    assert [each.text for each in kept.content.lines] == ["MILK ORGANIC 1.5L"]


def test_groups_that_were_removed_leave_the_archive_too(cast):
    earlier = NOW - timedelta(hours=1)
    turn(Topic.RECORDING_LEVEL, Level.GROUP, person_id=cast.aino, now=earlier)
    turn(Topic.RECEIPT_ARCHIVE, person_id=cast.aino, now=earlier)
    buy(line(code=MILK))
    assert isinstance(opened_of(cast.aino)[0].content, ProductContent)

    turn(Topic.RECORDING_LEVEL, Level.TOTAL, person_id=cast.aino)
    with opened():
        assert removal.remove_recorded(person_id=cast.aino, by=MEMBER, now=NOW).receipts == 1
    assert not Receipt.objects.exists()


def test_nobody_elses_is_found(cast, aino):
    buy(line(code=MILK))
    (head,) = queries.of_person(aino)

    assert queries.of_person(cast.bjorn) == opened_of(cast.bjorn) == []
    asked = {"day": head.business_day, "receipt_id": head.receipt_id, "by": MEMBER, "now": NOW}
    assert queries.opened_receipt(person_id=cast.bjorn, **asked) is None
    assert not queries.is_held(person_id=cast.bjorn, day=head.business_day, receipt_id=head.receipt_id)
