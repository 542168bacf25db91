"""How a key looks, what is kept of it, how long it holds, how often it may ask."""

import hashlib
import re
from datetime import datetime, timedelta

from kvitto.tills.types import KeyState

PREFIX = "kvitto_till_"  # so that a key is known for what it is wherever it turns up
SECRET_BYTES = 32
LONGEST_LABEL = 60
DAYS, MOST_DAYS = 365, 730
OVERLAP_DAYS, MOST_OVERLAP_DAYS = 7, 30  # how long a key holds on after another has taken its place
CHECKS_A_MINUTE = 120  # cards that one key may ask about

_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}", re.ASCII)


def is_token(text: str) -> bool:
    """Whether a text could be a key at all."""
    return _TOKEN.fullmatch(text) is not None


def token_digest(token: str) -> bytes:
    """What is kept of a key: SHA-256, which is enough for 256 random bits that nobody has chosen."""
    return hashlib.sha256(token.encode()).digest()


def state_at(now: datetime, *, expires_at: datetime, revoked_at: datetime | None) -> KeyState:
    """Whether a key holds at an instant."""
    if revoked_at is not None and revoked_at <= now:
        return KeyState.REVOKED
    return KeyState.HOLDS if now < expires_at else KeyState.EXPIRED


def minute_of(now: datetime) -> datetime:
    """The minute an instant is in: what a key does in one is counted, and traced, together."""
    return now.replace(second=0, microsecond=0)


def next_minute(now: datetime) -> int:
    """Whole seconds until the next minute, at least one."""
    return max(1, int((minute_of(now) + timedelta(minutes=1) - now).total_seconds()))
