"""Forbidding that use never changes the Bonus, the member prices, the offers or any other benefit."""

import pytest

from tests.cast import receipt, take


@pytest.mark.xfail(strict=True, raises=ImportError, reason="the room `bonus` is not built yet, nor is the ban")
def test_a_ban_leaves_the_bonus_as_it_was(cast):
    from kvitto.bonus import queries

    from kvitto.choices import actions

    take(receipt())
    before = queries.of_month(person_id=cast.aino, year=2026, month=11)
    actions.forbid(person_id=cast.aino)

    assert queries.of_month(person_id=cast.aino, year=2026, month=11) == before
