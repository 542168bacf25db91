"""From the bytes of a request to its receipts: sizes, gzip, content types, one or many."""

import asyncio
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from kvitto.doors.till_api.errors import BusyError, RequestError
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
_CHARSET = re.compile(r";\s*charset=\"?([^\";]+)", re.IGNORECASE)


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


def receipts(body: bytearray, headers: Headers, form: Form) -> list[Raw]:
    """The receipts of a body, each by itself, in the way its Content-Type says. Raises RequestError for an unreadable body."""
    return _READERS[media_type(headers)](body, form)


def media_type(headers: Headers) -> str:
    """The Content-Type of a body that can be read. Raises RequestError for others."""
    given = headers.get(b"content-type", b"application/json").decode("latin-1")
    name = given.partition(";")[0].strip().lower()
    charset = _CHARSET.search(given)
    if name not in _READERS or (charset and charset[1].strip().lower() not in {"utf-8", "utf8"}):
        raise RequestError(415, f"this is sent as {' or '.join(_READERS)}, in UTF-8", {"Accept": ", ".join(_READERS)})
    return name


def _own_json(body: bytearray, form: Form) -> list[Raw]:
    """Our own JSON: one object, or a list of up to a thousand."""
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
_READERS: dict[str, Callable[[bytearray, Form], list[Raw]]] = {"application/json": _own_json}
