"""Bodies of other tills, read by the profile of their dialect; everything after that is the way of every receipt.

A body is read as a whole or not at all: where it breaks off, nothing of it is taken in, and the place is told.
"""

import asyncio
from collections.abc import Mapping

from kvitto.doors.till_api.asking import ask
from kvitto.doors.till_api.bodies import MOST_RECEIPTS, ContentType
from kvitto.doors.till_api.errors import RequestError
from kvitto.intake.dialects import profiles
from kvitto.intake.dialects.reading import recognised, translated
from kvitto.intake.dialects.types import Other, Profile
from kvitto.intake.types import Raw, Reason, Refusal
from kvitto.stores import queries as stores

_HEAD = 64 * 1024  # bytes by which a dialect is known
_BROKEN = {Reason.NOT_XML, Reason.NOT_JSON, Reason.TOO_LARGE}
_NAMELESS = Refusal(Reason.NOT_VALID, "$", "this is no sale, and lacks a part of the key that its number is noted by")


async def receipts(body: bytearray, written: ContentType) -> list[Raw]:
    """The receipts of a body in a dialect, and headers of what is no sale, in its order. Raises RequestError, BusyError."""
    profile = profiles.named(written.profile) if written.profile else recognised(bytes(body[:_HEAD]))
    if profile is None or profile.syntax is not written.syntax:
        raise RequestError(
            422, f"no profile knows this {written.syntax.upper()}: name one, {written.name}; profile=..."
        )
    zones = await ask(stores.zones) if profile.zone == "store" else {}
    return await asyncio.to_thread(_read, bytes(body), profile, zones)


def _read(body: bytes, profile: Profile, zones: Mapping[str, str]) -> list[Raw]:
    found: list[Raw | Other] = []
    for some in translated([body], profile=profile, zones=zones):
        found += some.raws
        found += some.others
        if len(found) > MOST_RECEIPTS:
            raise RequestError(422, f"a body has 1 to {MOST_RECEIPTS} transactions; this one has more")
    if not found:
        raise RequestError(422, f"a body has 1 to {MOST_RECEIPTS} transactions; this one has none of {profile.name}")
    found.sort(key=lambda each: each.position)
    return [_raw(index, each) for index, each in enumerate(found)]


def _raw(index: int, found: Raw | Other) -> Raw:
    if isinstance(found, Other):
        return Raw(index, found.header, None if found.header else _NAMELESS)
    if found.refusal and found.refusal.reason in _BROKEN:
        raise RequestError(422, f"the body cannot be read: {found.refusal.message}")
    return found._replace(position=index)
