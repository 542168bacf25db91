"""Decisions about sign-in: when a session ends, how long somebody waits after failed tries, what a device is called."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

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
