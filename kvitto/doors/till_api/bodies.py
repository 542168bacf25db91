"""From the bytes of a request to its receipts: sizes, gzip, content types, one or many."""

import asyncio
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from kvitto.doors.till_api.errors import BusyError, RequestError
from kvitto.intake.dialects import profiles
from kvitto.intake.dialects.types import Syntax
from kvitto.intake.types import Form, Raw

Receive = Callable[[], Awaitable[dict[str, Any]]]
Headers = Mapping[bytes, bytes]

MOST_RECEIPTS = 1_000  # in one request
MOST_BYTES = 16 * 1024 * 1024  # of a body, unpacked
MOST_PACKED = 4 * 1024 * 1024  # of a packed body
MOST_RATIO = 100  # how much larger a body may become when it is unpacked; receipts become 10 to 30 times as large
FREE_BYTES = 64 * 1024  # whatever the ratio
MOST_HELD = 128 * 1024 * 1024  # of all bodies at once
SECONDS = 30  # for a body to arrive in

_SPACE = b" \t\r\n"
_PARAMETER = re.compile(r";\s*([A-Za-z]+)=\"?([^\";\s]+)")
JSON = "application/json"
TYPES = {JSON: Syntax.JSON, "application/xml": Syntax.XML, "text/xml": Syntax.XML}


class Bodies:
    """Reads bodies, and counts how much of them is held in memory."""

    def __init__(self) -> None:
        self.held = 0

    async def read(self, headers: Headers, receive: Receive) -> bytearray:
        """A whole body, unpacked; `done` gives its memory back. Raises RequestError."""
        unpack = _unpacker(headers)
        body = bytearray()
        try:
            async with asyncio.timeout(SECONDS):
                more = True
                while more:
                    message = await receive()
                    more = message.get("more_body", False)
                    self._add(body, unpack(_part(message), more))
        except TimeoutError:
            self.done(body)
            raise RequestError(408, f"a body has to arrive within {SECONDS} s") from None
        except RequestError:
            self.done(body)
            raise
        return body

    def done(self, body: bytearray) -> None:
        """A body is no longer needed."""
        self.held -= len(body)

    def _add(self, body: bytearray, part: bytes) -> None:
        if len(body) + len(part) > MOST_BYTES:
            raise RequestError(413, f"a body may have {MOST_BYTES} bytes, unpacked: send fewer receipts at once")
        if self.held + len(part) > MOST_HELD:
            raise BusyError(1)
        self.held += len(part)
        body += part


def _part(message: dict[str, Any]) -> bytes:
    if message["type"] == "http.disconnect":
        raise RequestError(400, "the body broke off")
    part: bytes = message.get("body", b"")
    return part


def _unpacker(headers: Headers) -> Callable[[bytes, bool], bytes]:
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding == b"identity":
        return lambda part, _more: part
    if encoding == b"gzip":
        return _Gzip().unpack
    raise RequestError(415, "a body comes as it is, or in gzip", {"Accept-Encoding": "gzip"})


class _Gzip:
    """Unpacks one gzip member, never further than the ratio allows."""

    def __init__(self) -> None:
        self.stream = zlib.decompressobj(wbits=31)
        self.came = self.gave = 0

    def unpack(self, part: bytes, more: bool) -> bytes:  # noqa: FBT001  called in one place
        self.came += len(part)
        if self.came > MOST_PACKED:
            raise RequestError(413, f"a packed body may have {MOST_PACKED} bytes: send fewer receipts at once")
        allowed = min(MOST_BYTES, max(FREE_BYTES, self.came * MOST_RATIO)) - self.gave
        try:
            unpacked = self.stream.decompress(part, allowed + 1)
        except zlib.error:
            raise RequestError(422, "the body is no gzip") from None
        if len(unpacked) > allowed:
            raise RequestError(413, f"a body may become {MOST_RATIO} times as large when it is unpacked, not more")
        if self.stream.unused_data or (not more and not self.stream.eof):
            raise RequestError(422, "the body is not one whole gzip member")
        self.gave += len(unpacked)
        return unpacked


class ContentType(NamedTuple):
    """How a body is written: in our own JSON, or in a dialect of other tills."""

    name: str
    syntax: Syntax
    profile: str  # of the dialect; empty for our own JSON, and for XML that tells by itself what it is

    @property
    def own(self) -> bool:
        """Whether it is our own JSON."""
        return self.syntax is Syntax.JSON and not self.profile


def content_type(headers: Headers, form: Form | None) -> ContentType:
    """The Content-Type of a body that can be read: receipts come in dialects, too. Raises RequestError for others."""
    known = TYPES if form is Form.RECEIPT else (JSON,)
    given = headers.get(b"content-type", JSON.encode()).decode("latin-1")
    name = given.partition(";")[0].strip().lower()
    parameters = {key.lower(): value for key, value in _PARAMETER.findall(given)}
    if name not in known or parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise RequestError(415, f"this is sent as {' or '.join(known)}, in UTF-8", {"Accept": ", ".join(known)})
    found = ContentType(name, TYPES[name], parameters.get("profile", "") if form is Form.RECEIPT else "")
    if found.profile and (
        found.profile not in profiles.names() or found.syntax is not profiles.named(found.profile).syntax
    ):
        fitting = [each for each in profiles.names() if profiles.named(each).syntax is found.syntax]
        raise RequestError(415, f"profiles for {name} are {', '.join(fitting)}")
    return found


def own_json(body: bytearray, form: Form) -> list[Raw]:
    """The receipts of a body in our own JSON, each by itself: one object, or a list of up to a thousand. Raises RequestError."""
    start = bytes(body[:64]).lstrip(_SPACE)[:1] or bytes(body).lstrip(_SPACE)[:1]
    if start not in {b"{", b"["}:
        raise RequestError(422, "a body is one JSON object, or a list of them")
    try:
        parts = _decode_many(body) if start == b"[" else [_decode_one(body)]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RequestError(422, f"the body is no JSON: {error}") from None
    if not 1 <= len(parts) <= MOST_RECEIPTS:
        raise RequestError(422, f"a list has 1 to {MOST_RECEIPTS} receipts; this one has {len(parts)}")
    return [Raw(index, bytes(part), form=form) for index, part in enumerate(parts)]


_decode_many = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_one = msgspec.json.Decoder(msgspec.Raw).decode
