"""Decisions about sign-in: when a session ends, how long somebody waits after failed tries, which one-time code is right."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from kvitto.accounts.types import Ended, Limits, Scope

MEMBER_LIMITS = Limits(idle=timedelta(minutes=30), whole=timedelta(hours=12))
STAFF_LIMITS = Limits(idle=timedelta(minutes=15), whole=timedelta(hours=8))
SEEN_EVERY = timedelta(minutes=1)  # how often it is written down that a session is in use
FORGET_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Allowance:
    """`free` failures cost nothing; the next costs `first`, each further one twice as much, up to `longest`.

    One failure is forgotten in every `fades`: a network that many people share never comes near its limit by mistyping.
    """

    free: int
    longest: timedelta
    fades: timedelta
    first: timedelta = timedelta(seconds=5)


# A stranger who tries a name from elsewhere must never keep its owner out: waits that are not bound to a network are short.
ALLOWANCES = {
    Scope.BOTH: Allowance(free=4, longest=timedelta(minutes=15), fades=timedelta(hours=1)),
    Scope.NAME: Allowance(free=50, longest=timedelta(seconds=30), fades=timedelta(minutes=10)),
    Scope.NETWORK: Allowance(free=100, longest=timedelta(seconds=60), fades=timedelta(minutes=1)),
}


def wait_after(failures: int, scope: Scope) -> timedelta:
    """How long nobody may try again after this many failures."""
    allowance = ALLOWANCES[scope]
    over = failures - allowance.free
    if over <= 0:
        return timedelta(0)
    doublings = min(over - 1, 20)  # far beyond the longest wait already
    return min(allowance.first * (1 << doublings), allowance.longest)


def keeps_secrets(address: str) -> bool:
    """Whether nobody can read on the way what is sent to an address: HTTPS, or HTTP that does not leave this machine."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  raises when it is none
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_here(parts.hostname))


def is_here(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def network_of(address: str) -> str:
    """What one subscriber has at least: an IPv4 address, or the /64 of an IPv6 one. What is no address is one network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return parsed.packed[:8].hex()
        parsed = parsed.ipv4_mapped
    return str(parsed)


def ends_at(started: datetime, seen: datetime, limits: Limits) -> datetime:
    """When a session ends that is not used again."""
    return min(seen + limits.idle, started + limits.whole)


def why_ended(started: datetime, end: datetime, limits: Limits) -> Ended:
    """Whether an ended session was not used or had lasted as long as any may."""
    return Ended.LONG if end >= started + limits.whole else Ended.IDLE


def public_id(session_key: str) -> str:
    """The name of a session on pages; the cookie's value cannot be found from it."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:16]


_BROWSERS = {  # the first that fits: many call themselves Chrome or Safari as well
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


def device_of(user_agent: str) -> str:
    """A device in coarse words, such as "Firefox on Android"; what is not known is left out."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    return f"{browser} on {system}" if browser or system else ""


# One-time codes of an app, RFC 6238 as every such app has it: SHA-1, six digits, a new code each half minute.
STEP_SECONDS = 30
CODE_DIGITS = 6
STEPS_OFF = 1  # how far a phone's clock may be off, or its owner slow


def one_time_code(secret: bytes, step: int) -> str:
    """The code of one half minute, counted from 1970."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The half minute whose code this is, the nearest first; None when it is none of this moment's.

    Who accepts a code has to remember its step, and never to accept this or an earlier one again.
    """
    given = re.sub(r"\s", "", code).encode(errors="replace")
    this = int(now.timestamp()) // STEP_SECONDS
    steps = sorted(range(this - STEPS_OFF, this + STEPS_OFF + 1), key=lambda step: abs(step - this))
    fitting = [step for step in steps if hmac.compare_digest(one_time_code(secret, step).encode(), given)]
    return fitting[0] if fitting else None


# Recovery codes: letters and digits that nobody mistakes for one another
RECOVERY_CODES = 10
RECOVERY_LENGTH = 12  # 58 bits
RECOVERY_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def written_recovery(code: str) -> str:
    """A recovery code as people get it: `k7qf-2m9d-x4ht`."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def read_recovery(text: str) -> str | None:
    """A recovery code as somebody typed it, in whatever case and with gaps; None when it cannot be one."""
    code = re.sub(r"[\s-]", "", text).lower()
    return code if len(code) == RECOVERY_LENGTH and set(code) <= set(RECOVERY_ALPHABET) else None
