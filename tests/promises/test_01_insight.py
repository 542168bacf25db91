"""Knowing how groups of customers buy shapes the assortment and the service: when people come, what they look for.
Nobody needs to be seen for that.
"""

import pytest

from tests.cast import receipt, take


@pytest.mark.xfail(
    strict=True, raises=ImportError, reason="the room `insight` is not built yet: it will answer about groups"
)
def test_a_group_too_small_to_hide_in_is_never_shown(cast):
    from kvitto.insight import actions, queries

    take(receipt())
    actions.project()

    assert queries.visits_by_hour() == {}, "one household is not a group"
