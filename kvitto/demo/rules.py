"""Decisions of the demo: days, numbers, chance. Pure; chance is a hash, so that it falls the same way every time."""

import re
from datetime import date, timedelta

FIRST_DAY = date(2017, 1, 1)  # business days of the source, both included
LAST_DAY = date(2017, 12, 31)
FIRST_ADULT_SHARE = 62  # percent of a couple's receipts that the first adult pays

_DAY = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")
_MASK = 2**64 - 1


def shift_days(today: date) -> int:
    """By how many days, whole weeks, the source moves so that its last day is in the week before that of `today`.

    Weeks begin on Monday; the source's last day is a Sunday.
    """
    last_sunday = today - timedelta(days=today.weekday() + 1)
    return (last_sunday - LAST_DAY).days


def moved(text: str, days: int) -> str:
    """A text with every day in it (2017-07-03) moved."""

    def later(found: re.Match[str]) -> str:
        return (date.fromisoformat(found[0]) + timedelta(days=days)).isoformat()

    return _DAY.sub(later, text)


def mix(number: int, salt: int) -> int:
    """64 bits that look random and depend on both numbers only (the finisher of the SplitMix64 generator)."""
    value = (number + salt * 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def gtin(product_id: int) -> str:
    """A GTIN-13 in the range that GS1 keeps for demonstrations (952), from the source's product number."""
    body = f"952{product_id:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def luhn(digits: str) -> int:
    """The check digit of a card number that lacks it (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * 2 if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(digits))]
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10


def card_number(household: int, adult: int) -> str:
    """An adult's member card, 16 digits: an invented prefix, three digits of chance, whose it is, a check digit."""
    chance = mix(household * 10 + adult, 1) % 1000
    body = f"952000{chance:03d}{household:05d}{adult}"
    return f"{body}{luhn(body)}"


def buyer(basket: int, adults: int) -> int:
    """Which adult of the household pays for a basket, 1 or 2."""
    return 1 if adults == 1 or mix(basket, 2) % 100 < FIRST_ADULT_SHARE else 2


def till(basket: int) -> int:
    """The till of a basket, 1 to 4."""
    return 1 + mix(basket, 3) % 4


def store_code(store: int) -> str:
    """The code of one of the source's stores in the network file."""
    return f"{store:05d}"


def town_number(store: int) -> int:
    """Which of the 24 towns a store is in, 1 to 24; the town's service station and restaurant carry the number."""
    return store % 24 + 1
