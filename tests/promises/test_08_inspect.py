"""A member can look at the data free of charge at any time, and steer how product-level data are used."""

import json
import re
from datetime import UTC, datetime

from kvitto.choices import queries
from kvitto.choices.types import Topic
from kvitto.stores.types import Profile
from tests.cast import CHEN_CARD, receipt, take
from tests.doors.reading import signed_in, text_of


def everything(client):
    return json.loads(client.get("/account/everything").content)["held"]


def test_a_member_gets_everything_that_is_held_about_them_as_a_file_free_of_charge(committed_cast, casts_day):
    take(receipt(), receipt(card=CHEN_CARD, sequence=2))
    aino = signed_in(committed_cast.aino, "aino")

    assert 'href="/account/everything"' in aino.get("/account").content.decode()
    held = {each["table"]: each for each in everything(aino)}
    (bought,) = held["purchases_receipt"]["rows"]

    assert bought["sealed"]["lines"][0]["text"] == "MILK ORGANIC 1.5L"
    assert held["members_person"]["rows"][0]["given_name"] == "Aino"
    assert held["purchases_receipt"]["columns"]["total_cents"]["is"] == "The total"
    assert str(committed_cast.chen) not in {str(row.get("person_id")) for each in held.values() for row in each["rows"]}


def test_a_member_steers_how_product_level_data_are_used(committed_cast, casts_day):
    """Whether it is recorded at all, whether it is used for marketing, for services and for statistics: on one page."""
    aino = signed_in(committed_cast.aino)
    for topic, value in (
        ("recording_level", "1"),
        ("purchase_use", "0"),
        ("personal_services", "0"),
        ("group_statistics", "0"),
    ):
        aino.post("/account/choices/decide", {"topic": topic, "value": value})
    take(receipt(), now=datetime.now(UTC))

    held = {each["table"]: each for each in everything(aino)}

    assert [row["sealed"] for row in held["purchases_receipt"]["rows"]] == [None]
    profile = Profile.DEFAULT
    for topic in (Topic.PURCHASE_USE, Topic.PERSONAL_SERVICES, Topic.GROUP_STATISTICS):
        assert queries.allowing([committed_cast.aino], topic, profile=profile) == set()


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
