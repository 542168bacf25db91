"""A member can forbid the use of purchase data for communication and marketing in three ways: on the web, at the
service points in the stores, by phone.
"""

import pytest

from kvitto.choices import queries
from kvitto.choices.models import Statement
from kvitto.choices.types import Topic
from kvitto.stores.types import Profile
from tests.cast import CHEN_CARD
from tests.crew import browser_of
from tests.doors.at_work import look_up
from tests.doors.reading import signed_in, text_of

BAN = {"topic": "purchase_use", "value": "0"}


def on_the_web(crew, cast):
    signed_in(cast.chen, "chen").post("/account/choices/decide", BAN)


def served_by_disa(crew, proof):
    disa = browser_of(crew.disa)
    record = look_up(disa, CHEN_CARD, proof)["Location"]
    disa.post(f"{record}/choices/decide", BAN)


def at_a_service_point(crew, cast):
    served_by_disa(crew, "passport")


def by_phone(crew, cast):
    served_by_disa(crew, "questions")


def allows(person_id):
    return queries.allowing([person_id], Topic.PURCHASE_USE, profile=Profile.DEFAULT) == {person_id}


@pytest.mark.parametrize(
    ("way", "channel"), [(on_the_web, "web"), (at_a_service_point, "service_point"), (by_phone, "phone")]
)
def test_the_use_for_marketing_is_forbidden_at_once_in_each_way(crew, cast, way, channel):
    assert allows(cast.chen)

    way(crew, cast)

    assert not allows(cast.chen)
    assert allows(cast.aino)
    assert Statement.objects.get(person_id=cast.chen).channel == channel


@pytest.mark.parametrize("way", [at_a_service_point, by_phone])
def test_the_member_sees_on_the_web_what_was_said_elsewhere(crew, cast, way):
    way(crew, cast)

    shown = text_of(signed_in(cast.chen, "chen").get("/account/choices"))

    assert "Now: Nothing that you have bought decides what we send or show you" in shown


def test_the_same_words_in_every_way(crew, cast):
    """What was shown on the web, and what was read aloud, is one text."""
    at_a_service_point(crew, cast)
    on_the_web(crew, cast)

    said = Statement.objects.filter(person_id=cast.chen)
    assert len({(row.text_version, row.text_digest) for row in said}) == 1
