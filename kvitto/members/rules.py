"""Decisions about codes that let a person set up their sign-in: how they are written, read, and how long they hold."""

import re
from datetime import timedelta

from kvitto.members.types import CodeChannel

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
LENGTH = 8  # 40 bits; with the waits after failed tries, guessing takes longer than any code holds
HOLDS = {CodeChannel.LETTER: timedelta(days=30), CodeChannel.SERVICE_POINT: timedelta(hours=24)}

_GAPS = re.compile(r"[\s\-\u2010-\u2015]+")
_ALIKE = str.maketrans("OIL", "011")


def written(code: str) -> str:
    """A code as people get it: K7QF-2M9D."""
    return f"{code[:4]}-{code[4:]}"


def read_code(text: str) -> str | None:
    """A code as somebody typed it, in whatever case, with gaps, and with letters for the digits they look like."""
    code = _GAPS.sub("", text).upper().translate(_ALIKE)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def read_card(text: str) -> str | None:
    """A card number as somebody typed it; None when it cannot be one."""
    number = _GAPS.sub("", text)
    return number if re.fullmatch(r"[0-9]{8,19}", number) else None
