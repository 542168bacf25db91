"""What a member's own tools can ask for, with a personal token: their receipts, page by page. No cookies, no other origin.

Answers are JSON, refusals too. Each answer with something opened leaves one trace, as the member's own.
"""

import re
from datetime import date, datetime
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from kvitto.accounts import tokens, tries, web
from kvitto.accounts.tries import TooManyTriesError
from kvitto.accounts.types import Purpose
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.members import queries as members
from kvitto.spending import export as exported
from kvitto.spending import queries as spending

ADDRESS = "/api/me/receipts"
MOST, USUAL = 200, 50  # receipts of an answer
_BEFORE = re.compile(r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})/([1-9][0-9]{0,17})", re.ASCII)


class Refusal(msgspec.Struct, frozen=True):
    """Why there is no answer: a code for programs and a sentence for their authors."""

    error: str
    message: str


class RefusedError(Exception):
    """Ends a request with a refusal."""

    def __init__(self, status: int, error: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.answer = _answer(
            Refusal(error, message), status, {name.replace("_", "-"): headers[name] for name in headers}
        )


@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """The newest receipts of the token's owner, or those before one."""
    try:
        instant = now()
        before, limit = _before(request.GET.get("before")), _limit(request.GET.get("limit"))
        account_id = _account(request, instant)
        person_id = _person(account_id)
    except RefusedError as refused:
        return refused.answer
    language = (get_language() or "en")[:2]
    pages = spending.some(
        person_id=person_id,
        before=before,
        limit=limit,
        language=language,
        by=Actor(ActorKind.MEMBER, str(account_id)),
        today=localdate(instant),
        now=instant,
    )
    following = None
    if len(pages) == limit:
        last = pages[-1].head
        following = request.build_absolute_uri(f"{ADDRESS}?before={last.business_day}/{last.receipt_id}&limit={limit}")
    return _answer(exported.export(pages, language=language, now=instant, following=following))


@require_safe
def description(_request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return _answer(openapi())


def _account(request: HttpRequest, instant: datetime) -> int:
    """The account of the request's token, as which is asked from now on."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    unknown = RefusedError(
        401, "token", "Send a token that holds, as Authorization: Bearer kvitto_…", WWW_Authenticate="Bearer"
    )
    if scheme.lower() != "bearer":
        raise unknown
    account_id = tokens.find(text.strip(), now=instant)
    if account_id is None:
        try:
            web.fail(web.begin(request, Purpose.TOKEN, ""))
        except TooManyTriesError as error:
            raise _wait(error.seconds) from error
        raise unknown
    identity.proved(ActorKind.MEMBER, account_id)
    with opened():
        wait = tokens.use(account_id=account_id, now=instant)
    if wait < 0:
        raise unknown
    if wait:
        raise _wait(wait)
    return account_id


def _person(account_id: int) -> int:
    person_id = members.person_of_account(account_id)
    if person_id is None:
        raise RefusedError(403, "nobody", "This account is not linked to anyone.")
    return person_id


def _wait(seconds: int) -> RefusedError:
    return RefusedError(
        tries.TooManyTriesError.status, "wait", f"Asked too often: wait {seconds} s.", Retry_After=str(seconds)
    )


def _before(text: str | None) -> tuple[date, int] | None:
    if text is None:
        return None
    if match := _BEFORE.fullmatch(text):
        try:
            return date.fromisoformat(match[1]), int(match[2])
        except ValueError:
            pass
    raise RefusedError(422, "before", "`before` must be a receipt's id, like 2026-11-20/4711.")


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MOST:
        return int(text)
    raise RefusedError(422, "limit", f"`limit` must be a whole number from 1 to {MOST}.")


def _answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(content),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "private, no-store"} | (headers or {}),
    )


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 document, from the types and limits above."""
    (document, refusal), parts = msgspec.json.schema_components(
        [exported.Export, Refusal], ref_template="#/components/schemas/{name}"
    )
    wait = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": settings.SERVICE_NAME,
            "version": exported.FORMAT,
            "description": "A member's own receipts, for tools of their own. Tokens are made on the page “Take it with you”.",
        },
        "paths": {
            ADDRESS: {
                "get": {
                    "operationId": "receipts",
                    "summary": "The newest receipts, or those before one; names follow Accept-Language (sv, fi, en)",
                    "security": [{"token": []}],
                    "parameters": [
                        _parameter("before", "Only receipts before this one, by its `id`", {"type": "string"}),
                        _parameter(
                            "limit",
                            "How many at most",
                            {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
                        ),
                    ],
                    "responses": {
                        "200": _response("Receipts, newest first", document),
                        "401": _response("No token, or one that does not hold", refusal),
                        "403": _response("The token's account is not linked to anyone", refusal),
                        "422": _response("A parameter that makes no sense", refusal),
                        "429": _response("Asked too often", refusal) | {"headers": wait},
                    },
                }
            }
        },
        "components": {
            "schemas": parts,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _parameter(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": words, "schema": schema}


def _response(words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}
