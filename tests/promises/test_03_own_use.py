"""Members use the data themselves, without lifting a finger: receipts and warranty receipts are archived for those who
want it, and shopping lists and planning start from what they bought.
"""

import re
from importlib import import_module

import pytest

from tests.cast import receipt, take
from tests.doors.reading import signed_in, text_of


@pytest.mark.parametrize("room", ["archive", "warranties", "shopping_lists"])
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
