"""How members reach the co-op, and where they are served: data of the co-op, from the network file."""

import pytest

from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.stores import network, queries
from kvitto.stores.actions import load_network
from kvitto.stores.rules import NetworkRefusedError, line
from kvitto.stores.types import Contact
from tests.cast import NETWORK, NOW, TODAY


def load(content):
    with opened():
        return load_network(network=network.parse(content), by=OPERATOR, now=NOW)


def test_the_file_says_it_and_the_register_knows_it(cast):
    assert queries.contact() == Contact(
        "010 000 000",
        {"sv": "vardagar 8-20", "fi": "arkisin 8-20", "en": "weekdays 8 to 20"},
        {"sv": "gratis", "fi": "ilmainen", "en": "free of charge"},
    )
    assert [each[1:] for each in queries.service_points(today=TODAY)] == [("Grocer Harbour", "Oulu")]


def test_what_changes_is_said_and_the_second_time_nothing_does(cast):
    changed = NETWORK.replace(b"010 000 000", b"010 111 111").replace(b", service_point = true", b"")

    lines = [line(each) for each in load(changed)]

    assert [each for each in lines if "contact" in each] == ["changed contact: phone 010 000 000 -> 010 111 111"]
    assert [each for each in lines if "service point" in each] == ["changed store 101: service point yes -> none"]
    assert load(changed) == []
    assert queries.service_points(today=TODAY) == []


def test_a_file_that_does_not_say_leaves_it_as_it_is(cast):
    start, end = NETWORK.index(b"[contact]"), NETWORK.index(b"[company.north]")

    load(NETWORK[:start] + NETWORK[end:])

    assert queries.contact().phone == "010 000 000"


def test_before_any_network_nobody_has_said(db):
    assert queries.contact() is None
    assert queries.service_points(today=TODAY) == []


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (b'phone = "010 000 000"', b"phone = 10", "contact, phone: a text is expected"),
        (b'phone = "010 000 000"', b'fax = "1"', "contact: 'fax' is an unknown key"),
        (b', fi = "arkisin 8-20"', b"", "contact, hours, fi: a text is expected"),
        (b'hours = { sv = "vardagar 8-20"', b'hours = { no = "x", sv = "y"', "contact, hours: 'no' is an unknown key"),
        (b"service_point = true", b'service_point = "yes"', "store 101, service_point: true or false is expected"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(before, after, problem):
    assert before in NETWORK
    with pytest.raises(NetworkRefusedError) as refused:
        network.parse(NETWORK.replace(before, after))

    assert problem in str(refused.value)
