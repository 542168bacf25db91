"""Communication and marketing fit the person: whoever buys no meat sees the vegetarian alternative."""

import pytest


@pytest.mark.xfail(
    strict=True, raises=ImportError, reason="the room `audiences` is not built yet: it will select by rules"
)
def test_members_who_buy_no_meat_can_be_addressed(cast):
    from kvitto.audiences import queries

    assert queries.count(rule="buys no meat") == 0, "three people are too few for an audience"
