"""The demo's network file."""

from datetime import date, timedelta

import pytest

from kvitto.demo.actions import network_text
from kvitto.demo.rules import LAST_DAY, store_code, town_number
from kvitto.demo.source import lines
from kvitto.stores.network import parse
from kvitto.stores.rules import steps
from kvitto.stores.types import Channel, Level

SHIFT = 7 * 463


@pytest.fixture(scope="module")
def network():
    return parse(network_text(SHIFT).encode())


def test_every_store_of_the_source_is_in_it_and_some_more(network):
    codes = {store_code(store) for store in lines().stores}

    assert len(codes) == 457
    assert {code for code in network.stores if code.isdigit()} == codes
    assert len(network.stores) == 457 + 24 + 24


def test_every_store_has_the_four_tills(network):
    assert {store.tills for store in network.stores.values()} == {frozenset("1234")}


def test_names_stand_once(network):
    names = [store.name for store in network.stores.values()]

    assert len(set(names)) == len(names)


def test_the_service_station_and_the_restaurant_of_a_store_are_in_its_town(network):
    for code, store in network.stores.items():
        if code.isdigit():
            number = town_number(int(code))
            assert network.stores[f"B{number:02d}"].town == network.stores[f"R{number:02d}"].town == store.town


@pytest.mark.parametrize(
    ("chain", "early", "late"),
    [
        ("storskar", Level.PRODUCT, Level.PRODUCT),
        ("vardagsboden", Level.PRODUCT, Level.PRODUCT),
        ("arkiaitta", Level.PRODUCT, Level.PRODUCT),
        ("byahyllan", Level.PRODUCT, Level.PRODUCT),
        ("narlyktan", Level.GROUP, Level.PRODUCT),
        ("kajutbordet", Level.TOTAL, Level.TOTAL),
        ("fyrmacken", Level.TOTAL, Level.TOTAL),
    ],
)
def test_levels_before_and_after_the_half_of_the_year(network, chain, early, late):
    level = steps(network.chains[chain].levels, Channel.STORE).on
    move = timedelta(days=SHIFT)

    assert level(date(2017, 7, 2) + move) is early
    assert level(date(2017, 7, 3) + move) is level(LAST_DAY + move) is late
