"""Checkpoints as text that is signed: the forms `tlog-checkpoint` and `signed-note` of C2SP, with Ed25519. Pure but for the key.

    kvitto/log
    1234
    6j4oUJ0wSqK2Y8m9Uo8Xh0Yk5Qb3m0vJm3m0b1b2c3Q=
    at 2026-11-25T21:14:03Z

    — kvitto/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=

The line with the time is an extension of ours: it dates what is signed.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kvitto.kernel.errors import InvalidError

ED25519 = b"\x01"
_SIGNED = "— "


class NoteError(InvalidError):
    """It is no checkpoint of this log, or its signature does not hold."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint whose signature holds: so many leaves, their root, and when it was signed."""

    size: int
    root: bytes
    at: datetime


def key_id(origin: str, public: bytes) -> bytes:
    """The four bytes by which a signature names its key."""
    return hashlib.sha256(origin.encode() + b"\n" + ED25519 + public).digest()[:4]


def verifier_key(origin: str, public: bytes) -> str:
    """The public key as others get it: `name+id+key`."""
    return f"{origin}+{key_id(origin, public).hex()}+{base64.b64encode(ED25519 + public).decode()}"


def sign(origin: str, key: Ed25519PrivateKey, *, size: int, root: bytes, at: datetime) -> str:
    """A checkpoint, signed."""
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\nat {moment}\n"
    public = key.public_key().public_bytes_raw()
    signature = base64.b64encode(key_id(origin, public) + key.sign(text.encode())).decode()
    return f"{text}\n{_SIGNED}{origin} {signature}\n"


def read(note: str, origin: str, public: bytes) -> Signed:
    """A checkpoint of this log with a signature of this key. Raises NoteError; signatures of others are passed over."""
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    prefix = f"{_SIGNED}{origin} "
    for line in signatures.splitlines():
        if line.startswith(prefix) and _holds(line.removeprefix(prefix), text, origin, public):
            return _parsed(text, origin)
    raise NoteError("no signature of this log's key on the checkpoint: it is another log's, or it was changed")


def _holds(encoded: str, text: str, origin: str, public: bytes) -> bool:
    try:
        raw = base64.b64decode(encoded, validate=True)
        if raw[:4] != key_id(origin, public):
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], text.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def _parsed(text: str, origin: str) -> Signed:
    try:
        name, size, root, moment = text.splitlines()
        at = datetime.strptime(moment, "at %Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        found = Signed(int(size), base64.b64decode(root, validate=True), at)
    except ValueError:
        raise NoteError("the checkpoint is signed, but not of a form that is known here") from None
    if name != origin or size != str(found.size):
        raise NoteError("the checkpoint is another log's")
    return found
