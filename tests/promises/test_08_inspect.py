"""A member can look at the data free of charge at any time, and steer how product-level data are used."""

import re

import pytest

from tests.cast import receipt, take
from tests.doors.reading import signed_in, text_of


@pytest.mark.xfail(strict=True, raises=AttributeError, reason="the room `rights` does not inspect and export yet")
def test_a_member_gets_everything_that_is_held_about_them(cast):
    from kvitto.rights import queries

    take(receipt())

    assert "MILK ORGANIC 1.5L" in str(queries.everything_about(person_id=cast.aino))
    assert "MILK ORGANIC 1.5L" not in str(queries.everything_about(person_id=cast.chen))


def test_a_member_sees_how_much_of_a_receipt_is_recorded_why_and_until_when(committed_cast, casts_day):
    take(receipt())
    aino = signed_in(committed_cast.aino)
    address = re.search(r'href="(/receipts/2026[^"]+)"', aino.get("/receipts").content.decode())[1]
    shown = text_of(aino.get(address))

    assert "Recorded every product" in shown
    assert "The chain records every product" in shown
    assert "Will be deleted on 20.11.2028" in shown


def test_a_member_sees_who_has_looked(committed_cast, casts_day):
    take(receipt())
    aino = signed_in(committed_cast.aino)
    aino.get("/purchases/2026")

    assert "You, 1 time" in text_of(aino.get("/account/traces"))
