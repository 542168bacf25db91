"""The demo's invented people."""

from collections import Counter

import pytest

from kvitto.demo import source
from kvitto.demo.people import adults, decisions, households
from kvitto.demo.rules import FIRST_DAY, LAST_DAY, luhn
from kvitto.stores.types import Level


@pytest.fixture(scope="module")
def people():
    return adults()


def test_every_household_of_the_source_has_one_or_two_adults(people):
    found = Counter(adult.household for adult in people)

    assert found == households().adults
    assert found.keys() == source.baskets_per_household().keys()
    assert len(found) == 2_469
    assert set(found.values()) == {1, 2}


def test_a_couple_in_the_source_is_two_adults():
    known = source.demographics()
    couples = [each for each, says in known.items() if says.composition.startswith("2 Adults")]

    assert couples
    assert {households().adults[household] for household in couples} == {2}


def test_each_has_one_card_of_their_own(people):
    numbers = [adult.card for adult in people]

    assert len(set(numbers)) == len(people)
    assert all(luhn(number[:-1]) == int(number[-1]) for number in numbers)
    assert all(adult.since < FIRST_DAY for adult in people)


def test_the_cast_lives_in_the_busiest_households(people):
    cast = {adult.username: adult for adult in people if adult.username}
    baskets = source.baskets_per_household()

    assert {name: adult.given_name for name, adult in cast.items()} == {
        "aino": "Aino",
        "bjorn": "Björn",
        "chen": "Chen",
    }
    assert cast["aino"].household == cast["bjorn"].household == max(baskets, key=baskets.__getitem__)
    assert households().adults[cast["chen"].household] == 1


def test_people_are_the_same_every_time(people):
    assert adults() == people


def test_every_language_is_spoken(people):
    assert {adult.language for adult in people} == {"fi", "sv", "en"}


def test_some_lower_their_level_and_a_few_of_them_raise_it_again(people):
    stated = {}
    for decision in decisions(people):
        assert FIRST_DAY < decision.day < LAST_DAY
        for place, level in decision.levels.items():
            stated.setdefault(place, []).append(level)
    first = Counter(levels[0] for levels in stated.values())

    assert 0.05 < first[Level.GROUP] / len(people) < 0.08
    assert 0.03 < first[Level.TOTAL] / len(people) < 0.06
    assert first[Level.PRODUCT] == 0
    assert {tuple(levels[1:]) for levels in stated.values()} == {(), (Level.PRODUCT,)}
    assert not [people[place] for place in stated if people[place].username]
