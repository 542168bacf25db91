"""A member can forbid the use of purchase data for communication and marketing in three ways: on the web, at the
service points in the stores, by phone.
"""

import pytest

from kvitto.choices.types import Channel, Topic


@pytest.mark.parametrize("channel", [Channel.WEB, Channel.SERVICE_POINT, Channel.PHONE])
@pytest.mark.xfail(strict=True, raises=AttributeError, reason="the ban cannot be stated yet, only the recording level")
def test_marketing_can_be_forbidden(cast, channel):
    from kvitto.choices import actions

    actions.forbid(person_id=cast.aino, topic=Topic.MARKETING, channel=channel)
