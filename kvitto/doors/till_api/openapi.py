"""The OpenAPI 3.1 document, made from the operations and the types that decode and answer."""

from functools import cache
from typing import Any

import msgspec

from kvitto.doors.till_api import bodies
from kvitto.doors.till_api.operations import OPERATIONS, PREFIX, Operation
from kvitto.doors.till_api.wire import Problem
from kvitto.intake.asking import KEY_FORM, KEY_PATTERN, MOST_WANTED
from kvitto.intake.dialects import profiles
from kvitto.intake.dialects.types import Syntax
from kvitto.intake.types import Form, Reason
from kvitto.tills.rules import CHECKS_A_MINUTE

PROBLEMS = {
    401: "No key, or one that does not hold. Never a redirect.",
    404: "Nothing is known of this receipt; of one without a member card nothing ever is. It may be of another's store, too.",
    408: f"The body did not arrive within {bodies.SECONDS} s.",
    413: f"The body has more than {bodies.MOST_BYTES} bytes unpacked or {bodies.MOST_PACKED} packed, or became more than"
    f" {bodies.MOST_RATIO} times as large when it was unpacked.",
    415: "Sent as something this does not take, or packed in another way than gzip.",
    422: "The body, or the key in the address, cannot be read at all. A receipt that cannot be read is told by its item.",
    429: f"The key has asked about {CHECKS_A_MINUTE} cards in this minute.",
    503: "More is waiting than can be taken in, or the register does not answer. Nothing was stored.",
}
_DESCRIPTION = f"""\
How tills hand in receipts. Every request carries a till's key, `Authorization: Bearer kvitto_till_...`, which writes receipts of
its own stores only. A receipt that was answered is committed to disk.

Sending again is always safe: what was recorded answers `same`. After 408, 500, 503, or no answer at all, send the same again.

| Limit | |
|---|---|
| receipts in one request | {bodies.MOST_RECEIPTS:,} |
| a body | {bodies.MOST_BYTES // 2**20} MiB |
| a body in gzip | {bodies.MOST_PACKED // 2**20} MiB, and at most {bodies.MOST_RATIO} times as large unpacked |
| questions about cards | {CHECKS_A_MINUTE} a minute and key |
| receipts in one answer of `/resend` | {MOST_WANTED:,} |

Reasons of `quarantined`: {", ".join(f"`{each}`" for each in Reason)}.
"""
_REF = "#/components/schemas/{name}"
_WAIT = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}}


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    types = {each for operation in OPERATIONS for each in (*operation.takes, operation.answers)} | {Problem}
    ordered = sorted(types, key=str)
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REF)
    schema_of = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(PREFIX + operation.path, {})[operation.method.lower()] = _operation(operation, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kvitto till API", "version": "1", "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A till's key"}},
        },
        "security": [{"key": []}],
    }


def _operation(operation: Operation, schema_of: dict[Any, Any]) -> dict[str, Any]:
    answers = {"200": _answer("What became of it", schema_of[operation.answers], "application/json")}
    for status in _statuses(operation):
        answer = _answer(PROBLEMS[status], schema_of[Problem], "application/problem+json")
        if status in {429, 503}:
            answer["headers"] = _WAIT
        answers[str(status)] = answer
    told: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary, "responses": answers}
    if operation.open:
        told["security"] = []
    if operation.path.endswith("{key}"):
        told["parameters"] = [_KEY]
    if operation.takes:
        content = {bodies.JSON: {"schema": _taken(operation, schema_of)}}
        if operation.form is Form.RECEIPT:
            content |= _dialects()
        told["requestBody"] = {"required": True, "content": content}
        if operation.form:
            told["parameters"] = [_ENCODING]
    return told


def _statuses(operation: Operation) -> list[int]:
    taking = (408, 413, 415, 422) if operation.takes else ()
    keyed = () if operation.open else (401, 503)
    return sorted({*operation.statuses, *taking, *keyed})


def _taken(operation: Operation, schema_of: dict[Any, Any]) -> dict[str, Any]:
    schemas = [schema_of[each] for each in operation.takes]
    one = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    if operation.form is None:
        return one
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": bodies.MOST_RECEIPTS}]}


def _dialects() -> dict[str, Any]:
    """What other tills write: XML that tells by itself what it is, and each dialect by the name of its profile."""
    known = [(name, profiles.named(name)) for name in profiles.names()]
    media = {Syntax.JSON: bodies.JSON, Syntax.XML: "application/xml"}
    named = {f"{media[each.syntax]}; profile={name}": _schema(f"{each.about}.") for name, each in known}
    itself = (
        f"As with `profile=`, which is one of {', '.join(name for name, each in known if each.syntax is Syntax.XML)};"
    )
    return {
        each: _schema(f"{itself} without it, the root tells which.") for each in ("application/xml", "text/xml")
    } | named


def _schema(description: str) -> dict[str, Any]:
    return {"schema": {"description": f"{description} Up to {bodies.MOST_RECEIPTS:,} transactions."}}


def _answer(description: str, schema: Any, content_type: str) -> dict[str, Any]:
    return {"description": description, "content": {content_type: {"schema": schema}}}


_KEY = {
    "name": "key",
    "in": "path",
    "required": True,
    "description": f"{KEY_FORM}: store, business day, till, running number, and begin time, or end time where there is none."
    " For a part of a web order the till is `order:` and its id, the number its part and the time the order's; for a"
    " partner's purchase `reference:` and its number, 0, and noon.",
    "schema": {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
    "example": "101,2026-11-20,1,4711,2026-11-20T17:03:11+02:00",
}
_ENCODING = {
    "name": "Content-Encoding",
    "in": "header",
    "required": False,
    "description": "`gzip` for a packed body",
    "schema": {"type": "string", "enum": ["gzip", "identity"]},
}
