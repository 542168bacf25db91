"""Other receipts that a transaction of a dialect names, and which version of itself it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

from kvitto.intake.dialects.paths import Paths
from kvitto.intake.dialects.types import Profile
from kvitto.intake.dialects.xml import refused
from kvitto.intake.types import Reason
from kvitto.purchases.types import MAX_ORIGINS

CODE = 40  # characters the wire format has room for; what is longer names nothing
DIGITS = 18  # of a number that fits
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Time = Callable[[Paths, str, str], str]  # a time as it is written, at the store with a code: with its offset


def links(element: Element, profile: Profile, store: str, time: Time) -> dict[str, Any]:
    """What a receipt of the wire format says of itself and of the receipts whose goods come back on it."""
    rules = profile.links
    found: dict[str, Any] = {}
    code = rules.code.first(element) or ""
    if 0 < len(code) <= CODE:
        found["code"] = code
    keys = [_key(link, profile, store, time) for path in rules.returns.each for link in path.elements(element)]
    if origins := [key for n, key in enumerate(keys) if key and key not in keys[:n]]:
        found["origins"] = origins[:MAX_ORIGINS]
    if codes := [each for each in dict.fromkeys(rules.codes.texts(element)) if len(each) <= CODE]:
        found["origin_codes"] = codes[:MAX_ORIGINS]
    return found


def voided(element: Element, profile: Profile, store: str, time: Time) -> dict[str, Any] | None:
    """The receipt of the same store that a transaction takes back; None when it takes none back."""
    for path in profile.links.voids.each:
        for link in path.elements(element):
            key = _key(link, profile, store, time)
            if key and key.pop("store") == store:
                return key
    return None


def version(element: Element, profile: Profile) -> int | None:
    """Which version of itself a receipt is: a number that is greater for a later one. None where its tills do not restate."""
    text = profile.version.first(element)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= DIGITS:
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise refused(
            Reason.NOT_VALID, "a version is a whole number, or a day and time", profile.version.written
        ) from None
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def _key(link: Element, profile: Profile, store: str, time: Time) -> dict[str, Any] | None:
    """The key that a link names, of the same store where it names none; None when a part of it is missing."""
    rules, codes = profile.links, profile.key
    sold_at = rules.store.first(link)
    till, number, day = rules.workstation.first(link), rules.sequence.first(link), rules.business_day.first(link)
    if not (till and number and day and number.isascii() and number.isdigit() and len(number) <= DIGITS):
        return None
    where = store if sold_at is None else codes.store_codes.get(sold_at, sold_at)
    key = {
        "store": where,
        "business_day": day[:10],
        "workstation": codes.workstation_codes.get(till, till),
        "sequence": int(number),
    }
    if begin := rules.begin_time.first(link):
        key["begin_time"] = time(rules.begin_time, begin, where)
    return key
