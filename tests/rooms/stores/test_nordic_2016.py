"""The shipped file says what was published: level by chain and channel, the day before and the day of each change."""

from datetime import date
from pathlib import Path

import pytest

import kvitto.stores
from kvitto.stores import rules
from kvitto.stores.network import parse
from kvitto.stores.types import Channel, Level, Profile

FILE = Path(kvitto.stores.__file__).parent / "networks" / "nordic-2016.toml"
TOTAL, GROUP, PRODUCT = Level.TOTAL, Level.GROUP, Level.PRODUCT
BORDERS = [
    date(2011, 12, 31),
    date(2012, 1, 1),
    date(2014, 4, 30),
    date(2014, 5, 1),
    date(2016, 8, 31),
    date(2016, 9, 1),
    date(2018, 12, 31),
]
IN_2016 = [TOTAL, GROUP, GROUP, GROUP, GROUP, PRODUCT, PRODUCT]
IN_2014 = [TOTAL, TOTAL, TOTAL, PRODUCT, PRODUCT, PRODUCT, PRODUCT]
ONLY_2016 = [TOTAL, TOTAL, TOTAL, TOTAL, TOTAL, PRODUCT, PRODUCT]
NEVER = [TOTAL] * len(BORDERS)

PUBLISHED = {
    "prisma": (IN_2016, IN_2014),
    "s-market": (IN_2016, NEVER),
    "sale": (IN_2016, NEVER),
    "alepa": (IN_2016, NEVER),
    "abc": (IN_2016, NEVER),
    "kodin-terra": (IN_2016, IN_2014),
    "s-rauta": (IN_2016, NEVER),
    "marks-spencer": (ONLY_2016, NEVER),
    "sokos": (IN_2014, IN_2014),
    "emotion": (IN_2014, NEVER),
    "hotels": (NEVER, NEVER),
    "restaurants": (NEVER, NEVER),
    "partners": (NEVER, NEVER),
}


@pytest.fixture(scope="module")
def nordic():
    return parse(FILE.read_bytes())


def test_it_has_these_chains_and_no_store(nordic):
    assert set(nordic.chains) == set(PUBLISHED)
    assert nordic.stores == {}
    assert nordic.profile is Profile.DEFAULT


@pytest.mark.parametrize("code", PUBLISHED)
def test_levels_at_the_borders(nordic, code):
    store, web = (rules.steps(nordic.chains[code].levels, channel) for channel in (Channel.STORE, Channel.WEB))
    assert ([store.on(day) for day in BORDERS], [web.on(day) for day in BORDERS]) == PUBLISHED[code]


def test_it_claims_no_affiliation():
    assert "no affiliation" in FILE.read_text()
