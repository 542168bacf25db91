"""Members use the data themselves, without lifting a finger: receipts and warranty receipts are archived for those who
want it, and shopping lists and planning start from what they bought.
"""

import re
from datetime import timedelta
from importlib import import_module

import pytest

from kvitto.choices.types import Topic
from kvitto.stores.types import Level
from tests.cast import NOW, line, receipt, take
from tests.doors.reading import signed_in, text_of
from tests.guarantees import buy, stock, turn, washer


@pytest.mark.parametrize("room", ["shopping_lists"])
@pytest.mark.xfail(strict=True, raises=ImportError, reason="the rooms for the members' own use are not built yet")
def test_a_member_has_use_of_the_data(room):
    assert import_module(f"kvitto.{room}.queries").of_person


def test_a_member_opens_a_receipt_on_the_web(committed_cast, casts_day):
    take(receipt())
    aino = signed_in(committed_cast.aino)
    address = re.search(r'href="(/receipts/2026[^"]+)"', aino.get("/receipts").content.decode())[1]

    assert "MILK ORGANIC 1.5L" in text_of(aino.get(address))


def test_a_member_finds_what_something_cost(committed_cast, casts_day):
    take(receipt())

    assert "this year 2,15" in text_of(signed_in(committed_cast.aino).get("/search", {"q": "milk"}))


def test_a_guarantee_is_kept_by_itself_once_that_is_turned_on(committed_cast, casts_day):
    stock()
    turn(Topic.WARRANTY_RECEIPTS, person_id=committed_cast.aino, now=NOW - timedelta(hours=1))
    buy(washer())

    assert "WASHING MACHINE W7 24 months left" in text_of(signed_in(committed_cast.aino).get("/warranties"))


def test_what_the_member_has_less_recorded_of_is_in_the_archive_for_them_alone(committed_cast, casts_day):
    earlier = NOW - timedelta(hours=1)
    turn(Topic.RECORDING_LEVEL, Level.TOTAL, person_id=committed_cast.aino, now=earlier)
    turn(Topic.RECEIPT_ARCHIVE, person_id=committed_cast.aino, now=earlier)
    buy(line("CLOUDBERRIES", "9.00"))
    aino = signed_in(committed_cast.aino)
    whole = re.search(r'href="(/archive/2026[^"]+)"', aino.get("/archive").content.decode())[1]

    assert "CLOUDBERRIES" in text_of(aino.get(whole))
    assert b"CLOUDBERRIES" not in aino.get(whole.replace("archive", "receipts")).content
    assert signed_in(committed_cast.bjorn, "bjorn").get(whole).status_code == 404
