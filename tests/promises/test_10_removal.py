"""Data can be removed from the register on request, also on the web."""

import pytest

from kvitto.purchases import queries as purchases
from tests.cast import NOW, receipt, take


@pytest.mark.xfail(
    strict=True, raises=AttributeError, reason="the room `rights` does not remove anything yet: it will remove"
)
def test_a_member_can_have_receipts_removed(cast):
    from kvitto.rights import actions

    take(receipt())
    actions.remove(person_id=cast.aino, now=NOW)

    assert purchases.receipts_of(cast.aino, 9) == []
