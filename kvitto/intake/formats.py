"""Kvitto's own wire format: one receipt, one JSON object.

Decoding is strict: wrong types, unknown fields, floats, exponents and NaN are refused by the types, duplicate keys here.
"""

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from kvitto.intake.types import Raw, Reason, Refusal
from kvitto.purchases.rules import canonical
from kvitto.purchases.types import Receipt

MAX_BYTES = 4 * 1024 * 1024  # of one receipt
_decode = msgspec.json.Decoder(Receipt).decode


@dataclass(frozen=True, slots=True)
class Decoded:
    """A receipt, and the bytes its content digest is made of."""

    receipt: Receipt
    canonical: bytes


def decode(raw: Raw) -> Decoded | Refusal:
    """A receipt from its bytes, or why not."""
    if raw.refusal:
        return raw.refusal
    if len(raw.body) > MAX_BYTES:
        return Refusal(Reason.TOO_LARGE, "$", f"a receipt may have {MAX_BYTES} bytes; this one has {len(raw.body)}")
    try:
        receipt = _decode(raw.body)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        return Refusal(Reason.NOT_VALID, path.rstrip("`") or "$", message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(Reason.NOT_JSON, "$", f"not a JSON object in UTF-8: {error}")
    decoded = Decoded(receipt, canonical(receipt))
    if _may_repeat_a_key(raw.body, decoded) and (name := _repeated_key(raw.body)):
        return Refusal(Reason.DUPLICATE_KEY, "$", f"the key {name[:40]!r} stands twice in one object")
    return decoded


def _may_repeat_a_key(body: bytes, decoded: Decoded) -> bool:
    """Whether a slower look is needed: the decoder keeps the last of two equal keys without a word.

    Written out again, a receipt has fewer quotation marks than it came with when it came with a repeated key. Backslashes
    could hide quotation marks, so they ask for the slower look too. The canonical form lacks three fields: four each.
    """
    receipt = decoded.receipt
    left_out = (receipt.card is not None) + (receipt.operator is not None) + (receipt.sent_at is not None)
    return b"\\" in body or body.count(b'"') != decoded.canonical.count(b'"') + 4 * left_out


def _repeated_key(body: bytes) -> str | None:
    repeated: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in items]
        repeated.extend({name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ())

    json.loads(body, object_pairs_hook=pairs)
    return repeated[0] if repeated else None


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the wire format, generated from the types that decode it."""
    schema = msgspec.json.schema(Receipt)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Kvitto receipt"} | schema
