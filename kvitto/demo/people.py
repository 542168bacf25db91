"""Invented people around the source's households."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from kvitto.choices.types import Channel
from kvitto.demo import source
from kvitto.demo.rules import FIRST_DAY, LAST_DAY, card_number, mix
from kvitto.demo.types import Adult
from kvitto.stores.types import Level

COUPLES_SHARE = 55  # percent of the households of which the source says nothing
LANGUAGES = (("fi", 52), ("sv", 38), ("en", 10))  # percent
SAME_NAME_SHARE = 80  # percent of couples
OLDEST_CARD_DAYS = 6_000

# Of the invented people these have an account too, each for something to be seen: household, user name
GROUPS_ONLY = (1419, "henrik")  # lives alone and has lowered the level to product groups
TOTALS_ONLY = (618, "dan")  # lives alone and has lowered the level to totals
TWO_CHAINS = (661, "juhani")  # lives alone and buys at two chains, one of which recorded product groups first
NO_HOUSEHOLD = 0  # the newcomer's: the source has no household of that number

# Percent of the adults
GROUP_SHARE = 6
TOTAL_SHARE = 4
RAISED_SHARE = 20  # of those who lowered their level

_STATED = [FIRST_DAY + timedelta(days=days) for days in range(20, 350, 15)]  # the days on which people decide
_CHANNELS = (Channel.WEB, Channel.WEB, Channel.WEB, Channel.SERVICE_POINT, Channel.PHONE)


@dataclass(frozen=True, slots=True)
class Decision:
    """What some adults decided on one day of the source's time: the level by the adult's place in `adults()`."""

    day: date
    channel: Channel
    levels: Mapping[int, Level]


@dataclass(frozen=True, slots=True)
class Households:
    """How many adults each household has, and the two that the fixed cast lives in."""

    adults: Mapping[int, int]
    aino: int  # and Björn: the busiest of all
    chen: int  # the busiest with one adult


@cache
def households() -> Households:
    """The source's households, in ascending order."""
    baskets = source.baskets_per_household()
    known = source.demographics()
    busiest = sorted(baskets, key=lambda household: (-baskets[household], household))
    adults = {household: _adults(household, known.get(household)) for household in sorted(baskets)}
    aino = busiest[0]
    adults[aino] = 2
    return Households(adults, aino, next(household for household in busiest if adults[household] == 1))


def _adults(household: int, known: source.Demographics | None) -> int:
    if known:
        return 2 if known.composition.startswith("2 Adults") or known.marital_status == "Married" else 1
    return 2 if mix(household, 10) % 100 < COUPLES_SHARE else 1


def adults() -> list[Adult]:
    """Every adult, household by household; the newcomer, who is in no household of the source, is the last."""
    homes = households()
    cast = {
        (homes.aino, 1): ("Aino", "Ahonen", "fi", "aino"),
        (homes.aino, 2): ("Björn", "Ahonen", "sv", "bjorn"),
        (homes.chen, 1): ("Chen", "Chen", "en", "chen"),
    }
    usernames = dict((GROUPS_ONLY, TOTALS_ONLY, TWO_CHAINS))
    people = []
    for household, count in homes.adults.items():
        for number in range(1, count + 1):
            username = usernames.get(household, "") if number == 1 else ""
            given, family, language, username = cast.get((household, number)) or (*_named(household, number), username)
            held = timedelta(days=30 + mix(household * 10 + number, 11) % OLDEST_CARD_DAYS)
            card = card_number(household, number)
            people.append(Adult(household, number, given, family, language, card, FIRST_DAY - held, username))
    return [*people, newcomer()]


def newcomer() -> Adult:
    """One who has been a member since the last day and has bought nothing yet."""
    return Adult(NO_HOUSEHOLD, 1, "Amira", "Kaya", "en", card_number(NO_HOUSEHOLD, 1), LAST_DAY, "amira")


def _named(household: int, number: int) -> tuple[str, str, str]:
    """Given name, family name and language."""
    language = _language(mix(household, 12) % 100)
    person = household * 10 + number
    own_name = mix(household, 13) % 100 >= SAME_NAME_SHARE
    given = _names()["given"][language]
    family = _names()["family"][language]
    return (
        given[mix(person, 14) % len(given)],
        family[mix(person if own_name else household, 15) % len(family)],
        language,
    )


def _language(percent: int) -> str:
    for language, share in LANGUAGES:
        if percent < share:
            return language
        percent -= share
    raise ValueError("the languages' shares do not make 100 percent")


@cache
def _names() -> Mapping[str, Mapping[str, list[str]]]:
    content = tomllib.loads(files("kvitto.demo").joinpath("data/names.toml").read_text(encoding="utf-8"))
    return {kind: {language: text.split() for language, text in lists.items()} for kind, lists in content.items()}


def decisions(people: list[Adult]) -> list[Decision]:
    """Who lowered their recording level and who raised it again, by day; the cast and the newcomer decide nothing beforehand."""
    deciding = {"", GROUPS_ONLY[1], TOTALS_ONLY[1], TWO_CHAINS[1]}
    by_day: dict[date, dict[int, Level]] = {}
    for place, adult in enumerate(people):
        person = adult.household * 10 + adult.number
        percent = mix(person, 20) % 100
        if adult.username not in deciding or percent >= GROUP_SHARE + TOTAL_SHARE:
            continue
        day = mix(person, 21) % len(_STATED)
        by_day.setdefault(_STATED[day], {})[place] = Level.GROUP if percent < GROUP_SHARE else Level.TOTAL
        later = len(_STATED) - day - 1
        if later and mix(person, 22) % 100 < RAISED_SHARE:
            raised = _STATED[day + 1 + mix(person, 23) % later]
            by_day.setdefault(raised, {})[place] = Level.PRODUCT
    return [Decision(day, _CHANNELS[index % len(_CHANNELS)], by_day[day]) for index, day in enumerate(sorted(by_day))]
