"""The demo's invented people."""

from collections import Counter

import pytest

from kvitto.demo import people as ready
from kvitto.demo import source
from kvitto.demo.people import adults, decisions, households, newcomer
from kvitto.demo.rules import FIRST_DAY, LAST_DAY, luhn
from kvitto.stores.types import Level


@pytest.fixture(scope="module")
def people():
    return adults()


def by_username(people):
    return {adult.username: adult for adult in people if adult.username}


def test_every_household_of_the_source_has_one_or_two_adults(people):
    found = Counter(adult.household for adult in people if adult != newcomer())

    assert found == households().adults
    assert found.keys() == source.baskets_per_household().keys()
    assert len(found) == 2_469
    assert set(found.values()) == {1, 2}
    assert len(people) == sum(found.values()) + 1


def test_a_couple_in_the_source_is_two_adults():
    known = source.demographics()
    couples = [each for each, says in known.items() if says.composition.startswith("2 Adults")]

    assert couples
    assert {households().adults[household] for household in couples} == {2}


def test_each_has_one_card_of_their_own(people):
    numbers = [adult.card for adult in people]

    assert len(set(numbers)) == len(people)
    assert all(luhn(number[:-1]) == int(number[-1]) for number in numbers)
    assert all(adult.since < FIRST_DAY for adult in people if adult != newcomer())


def test_the_cast_lives_in_the_busiest_households(people):
    cast = by_username(people)
    baskets = source.baskets_per_household()

    assert [cast[name].given_name for name in ("aino", "bjorn", "chen")] == ["Aino", "Björn", "Chen"]
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


def test_of_the_ready_members_one_records_groups_and_one_totals_for_good(people):
    last = {}
    for decision in decisions(people):
        last |= {people[place].username: level for place, level in decision.levels.items() if people[place].username}

    assert last == {"henrik": Level.GROUP, "dan": Level.TOTAL}


def test_ready_members_go_by_their_given_names_and_those_who_are_not_the_cast_live_alone(people):
    members = by_username(people)
    alone = dict(name[::-1] for name in (ready.GROUPS_ONLY, ready.TOTALS_ONLY, ready.TWO_CHAINS))

    assert members.keys() == {"aino", "bjorn", "chen", "henrik", "dan", "juhani", "amira"}
    assert all(name == adult.given_name.lower().replace("ö", "o") for name, adult in members.items())
    assert {name: members[name].household for name in alone} == alone
    assert {households().adults[household] for household in alone.values()} == {1}


def test_the_newcomer_joins_on_the_last_day_and_lives_in_no_household_of_the_source(people):
    assert people[-1] == newcomer()
    assert newcomer().since == LAST_DAY
    assert newcomer().household not in households().adults
