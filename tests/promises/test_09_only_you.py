"""Only you see your product lines. The main member of a household sees the others' Bonus purchases as one sum a
receipt, nothing more.
"""

import pytest

from tests.cast import BJORN_CARD, receipt, take
from tests.doors.reading import signed_in, text_of


@pytest.mark.xfail(strict=True, raises=ImportError, reason="the room `households` is not built yet")
def test_the_main_member_sees_one_sum_a_receipt(cast):
    from kvitto.households import queries

    take(receipt(card=BJORN_CARD))

    assert [each.cents for each in queries.bonus_purchases_of_others(main_member=cast.aino)] == [215]


@pytest.mark.parametrize("page", ["/purchases", "/purchases/2026", "/receipts", "/search?q=milk"])
def test_no_page_of_anybody_else_shows_your_lines(committed_cast, casts_day, page):
    take(receipt())
    shown = {
        name: text_of(signed_in(getattr(committed_cast, name), name).get(page)) for name in ("aino", "bjorn", "chen")
    }

    assert "2,15" in shown["aino"]
    assert "2,15" not in shown["bjorn"]
    assert "2,15" not in shown["chen"]
