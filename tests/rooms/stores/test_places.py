"""Stores as pages show them, held in memory until the network changes."""

from kvitto.kernel.actor import OPERATOR
from kvitto.stores import actions, network, queries
from kvitto.stores.types import StorePlace
from tests.cast import NETWORK, NOW
from tests.counting import statements


def by_name():
    return {place.name: place for place in queries.places().values()}


def test_a_place_says_what_receipts_print(cast):
    place = by_name()["Hotel Haparanda"]

    assert place == StorePlace(
        place.id,
        "Hotel Haparanda",
        "Haparanda",
        "Hotel",
        "hotel",
        "Northern Co-op",
        "1234567-1",
        "Europe/Stockholm",
        "900",
    )


def test_places_in_memory_cost_one_tiny_query(cast):
    queries.places()
    with statements() as ran:
        queries.places()

    assert len(ran) == 1


def test_a_changed_network_is_seen_at_once(cast):
    queries.places()
    renamed = NETWORK.replace(b"Grocer Harbour", b"Grocer Market")
    actions.load_network(network=network.parse(renamed), by=OPERATOR, now=NOW)

    assert "Grocer Market" in by_name()
