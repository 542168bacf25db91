"""How numbers, contacts and codes are written and read, and how long codes hold."""

import re
from datetime import timedelta

from kvitto.members.types import CodeChannel, ContactKind

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
LENGTH = 8  # 40 bits; with the waits after failed tries, guessing takes longer than any code holds
HOLDS = {CodeChannel.LETTER: timedelta(days=30), CodeChannel.SERVICE_POINT: timedelta(hours=24)}

# As the database checks them. A phone number is in international form (E.164).
NUMBER = r"^[0-9A-Za-z-]{1,20}$"
EMAIL = r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$"
PHONE = r"^\+[1-9][0-9]{6,14}$"

EMAIL_LIMIT = 254  # characters (RFC 5321)

_BRACKETS = re.compile(r"[()./]")
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


def read_contact(kind: ContactKind, text: str) -> str | None:
    """An e-mail address, or a phone number in international form; None when it cannot be one."""
    if kind is ContactKind.EMAIL:
        value = text.strip()
        return value if len(value) <= EMAIL_LIMIT and re.fullmatch(EMAIL, value) else None
    value = _BRACKETS.sub("", _GAPS.sub("", text).replace("(0)", ""))  # +358 (0)40 is dialled without the 0
    value = f"+{value[2:]}" if value.startswith("00") else value
    return value if re.fullmatch(PHONE, value, re.ASCII) else None
