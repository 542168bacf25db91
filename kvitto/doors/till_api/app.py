"""The application: finds the operation, the key and the body, makes one call of a room, answers JSON.

Nothing here reads a cookie or answers with a redirect, and no address carries a card number.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec

from kvitto.doors.till_api import bodies, dialects, openapi, operations
from kvitto.doors.till_api.apart import Apart
from kvitto.doors.till_api.asking import ask
from kvitto.doors.till_api.bodies import Bodies, Headers, Receive
from kvitto.doors.till_api.committing import Committer, Taker
from kvitto.doors.till_api.errors import RequestError
from kvitto.doors.till_api.keys import Keys
from kvitto.doors.till_api.operations import Operation
from kvitto.doors.till_api.wire import CardAnswer, CardQuestion, Item, Known, Problem, Resend, Taken, Wanted
from kvitto.intake import asking
from kvitto.intake.asking import Claimed, Named
from kvitto.intake.types import BatchResult, Form, Parcel, Refused, State
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.errors import KvittoError
from kvitto.tills import actions as tills
from kvitto.tills.actions import TooManyChecksError
from kvitto.tills.queries import NoKeyError
from kvitto.tills.types import TillKey

log = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_encode = msgspec.json.Encoder().encode
_decode_card = msgspec.json.Decoder(CardQuestion).decode
_STATES: dict[State, Item] = {
    State.RECORDED: Item("recorded"),
    State.SAME: Item("same"),
    State.CONFLICT: Item("conflict"),
    State.NO_MEMBER: Item("no_member"),
    State.TOO_OLD: Item("too_old"),
}
_ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]


class TillApi:
    """The ASGI application of everything below `/api/v1/`; of one event loop. `lists`: how lists of receipts are taken in."""

    def __init__(self, *, secure: bool, lists: Callable[[], Taker] = Apart) -> None:
        self.keys = Keys()
        self.bodies = Bodies()
        self.committer = Committer(lists)
        self.always = [*_ALWAYS, (b"strict-transport-security", b"max-age=31536000")] if secure else _ALWAYS
        self.handlers: dict[str, Callable[[Operation, TillKey, Headers, Receive, str], Awaitable[Any]]] = {
            "hand-in": self._hand_in,
            "hand-in-orders": self._hand_in,
            "hand-in-totals": self._hand_in,
            "became": self._became,
            "resend": self._resend,
            "check-card": self._check_card,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = _encode(await self._answer(scope, receive))
        except KvittoError as error:
            await self._problem(error, send)
        except Exception:
            log.exception("a request of a till failed")
            await self._problem(RequestError(500, "this failed here; send it again later"), send)
        else:
            await self._send(send, 200, body, b"application/json")

    async def close(self) -> None:
        """Finish what has been handed in. Nothing is taken after this."""
        await self.committer.close()

    async def _answer(self, scope: Scope, receive: Receive) -> Any:
        there, parameter = operations.found(scope["path"])
        if not there:
            raise RequestError(404, "there is nothing at this address; GET /api/v1/openapi.json says what is where")
        operation = next((each for each in there if each.method == scope["method"]), None)
        if operation is None:
            raise RequestError(405, "not with this method", {"Allow": ", ".join(each.method for each in there)})
        if operation.open:
            return openapi.document()
        headers = dict(scope["headers"])
        key = await self.keys.find(headers.get(b"authorization", b"").decode("latin-1"))
        try:
            return await self.handlers[operation.name](operation, key, headers, receive, parameter)
        except NoKeyError:
            self.keys.forget(key)
            raise

    async def _hand_in(
        self, operation: Operation, key: TillKey, headers: Headers, receive: Receive, _parameter: str
    ) -> Taken:
        form = operation.form or Form.RECEIPT
        written = bodies.content_type(headers, form)
        body = await self.bodies.read(headers, receive)
        try:
            receipts = bodies.own_json(body, form) if written.own else await dialects.receipts(body, written)
            parcel = Parcel(Actor(ActorKind.TILL, str(key.id)), receipts, key, single=len(receipts) == 1)
            result = await self.committer.take(parcel)
        finally:
            self.bodies.done(body)
        if result is None:
            raise NoKeyError("this key does not hold any more")
        return Taken(key.sandbox, _items(result))

    async def _became(
        self, _operation: Operation, key: TillKey, _headers: Headers, _receive: Receive, parameter: str
    ) -> Known:
        named = asking.read_key(parameter)
        became = await ask(lambda: asking.became(named=named, key=key, now=datetime.now(UTC)))
        return Known(became.value)

    async def _resend(
        self, _operation: Operation, key: TillKey, _headers: Headers, _receive: Receive, _parameter: str
    ) -> Resend:
        wanted, more = await ask(lambda: asking.wanted(key=key, now=datetime.now(UTC)))
        return Resend([_wanted(each) for each in wanted], more)

    async def _check_card(
        self, operation: Operation, key: TillKey, headers: Headers, receive: Receive, _parameter: str
    ) -> CardAnswer:
        bodies.content_type(headers, operation.form)
        body = await self.bodies.read(headers, receive)
        self.bodies.done(body)
        try:
            card = _decode_card(body).card
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RequestError(422, 'the body is {"card": "..."}, 8 to 19 digits') from None
        earns = await ask(lambda: tills.check_card(key_id=key.id, number=card, now=datetime.now(UTC)))
        return CardAnswer("earns" if earns else "unknown")

    async def _problem(self, error: KvittoError, send: Send) -> None:
        status = error.status
        headers = dict(error.headers) if isinstance(error, RequestError) else {}
        if isinstance(error, NoKeyError):
            headers["WWW-Authenticate"] = "Bearer"
        if isinstance(error, TooManyChecksError):
            headers["Retry-After"] = str(error.seconds)
        told = str(error) if status < 500 or isinstance(error, RequestError) else "the register is not set up for this"
        problem = Problem(HTTPStatus(status).phrase, status, told)
        await self._send(send, status, _encode(problem), b"application/problem+json", headers)

    async def _send(
        self, send: Send, status: int, body: bytes, content_type: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        more = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        fixed = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *self.always]
        await send({"type": "http.response.start", "status": status, "headers": fixed + more})
        await send({"type": "http.response.body", "body": body})


def _wanted(each: Named | Claimed) -> Wanted:
    if isinstance(each, Named):
        return Wanted(each.store, each.business_day, each.workstation, each.sequence, each.begin_time, key=each.text)
    return Wanted(each.store, each.business_day, each.workstation, each.sequence, code=each.code)


def _items(result: BatchResult) -> list[Item]:
    """The states in words, with reason and place where a receipt was refused."""
    refused = {each.position: each for each in result.refused}
    return [_item(state, refused.get(index)) for index, state in enumerate(result.states)]


def _item(state: State, refused: Refused | None) -> Item:
    if refused is None:
        return _STATES[state]
    refusal = refused.refusal
    return Item("quarantined", refusal.reason, refusal.field, refusal.told)
