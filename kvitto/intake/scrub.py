"""Numbers that must not stand in a printed text: payment cards, Finnish and Swedish personal identity codes. Pure.

The fields that hold them by name never get this far: a receipt has none for them. What a till has printed into the text of
a line is found by its form and its check digit.
"""

import re
from collections.abc import Callable
from itertools import cycle

MASK = "***"
_PAN = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
_HETU = re.compile(r"(?<![0-9A-Za-z])([0-9]{6})[-+A-FU-Ya-fu-y]([0-9]{3})([0-9A-Ya-y])(?![0-9A-Za-z])")
_PERSONNUMMER = re.compile(r"(?<![0-9])(?:18|19|20)?([0-9]{6})[-+]([0-9]{4})(?![0-9])")
_PERSONNUMMER_BARE = re.compile(r"(?<![0-9])(?:18|19|20)((?:[0-9]{2})(?:0[1-9]|1[0-2])(?:[0-9]{2}))([0-9]{4})(?![0-9])")
_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"  # of a Finnish code: the number modulo 31
_LONG = re.compile(r"[0-9](?:[ +A-FU-Ya-fu-y-]?[0-9]){8}")  # what every one of them has: quick to say no


def luhn(digits: str) -> bool:
    """Whether digits pass the check of ISO/IEC 7812."""
    doubled = (int(digit) * factor for digit, factor in zip(reversed(digits), cycle((1, 2)), strict=False))
    return sum(each // 10 + each % 10 for each in doubled) % 10 == 0


def _pan(found: re.Match[str]) -> bool:
    return luhn(found[0].replace(" ", "").replace("-", ""))


def _hetu(found: re.Match[str]) -> bool:
    return _CHECK[int(found[1] + found[2]) % 31] == found[3].upper()


def _personnummer(found: re.Match[str]) -> bool:
    return luhn(found[1] + found[2])


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    (_HETU, _hetu),
    (_PERSONNUMMER, _personnummer),
    (_PERSONNUMMER_BARE, _personnummer),
    (_PAN, _pan),
)


def scrubbed(text: str) -> str:
    """The text with such numbers masked."""
    if not _LONG.search(text):
        return text
    for pattern, is_one in _RULES:
        text = pattern.sub(lambda found, is_one=is_one: MASK if is_one(found) else found[0], text)  # type: ignore[misc]
    return text
