"""One middleware maps the rooms' errors to answers: the error's own status; everything else stays Django's 500.

A refusal leaves its trace here, in a transaction of its own, after the one that was refused is rolled back.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kvitto.accounts.types import Kind
from kvitto.audit import actions as audit
from kvitto.doors.member_web import errors
from kvitto.doors.staff_web import words
from kvitto.doors.staff_web.access import reason_of
from kvitto.kernel.actor import VISITOR, Actor, ActorKind
from kvitto.kernel.errors import KvittoError, NotFoundError
from kvitto.wiring.acts import act_of
from kvitto.wiring.faces import FacedRequest

log = logging.getLogger(__name__)

WAITS = 429  # whoever has to wait is traced when the wait begins


class ErrorMiddleware:
    """Innermost of the middleware: nothing may answer an expected error before it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: FacedRequest, exception: Exception) -> HttpResponse | None:
        """The page of an expected error; None leaves the exception to Django."""
        return answer(request, exception) if isinstance(exception, KvittoError) else None


def answer(request: FacedRequest, error: KvittoError) -> HttpResponse:
    """The page of an error, and the trace of a refusal.

    A failure of the installation (500) is logged, and its message, which is for operators, is not shown.
    """
    message = (words if request.face.kind == Kind.STAFF else errors).sentence(error)
    if error.status >= 500:
        log.error("the installation failed a request", exc_info=error)
        message = ""
    elif error.status != WAITS and (request.user.is_authenticated or not isinstance(error, NotFoundError)):
        act = act_of(request)
        audit.refused(by=_actor(request), act=act or "", why=reason_of(error), now=datetime.now(UTC))
    context = {"status": error.status, "message": message}
    return render(request, "error.html", context, status=error.status)


def _actor(request: FacedRequest) -> Actor:
    user = request.user
    return Actor(ActorKind(user.kind), str(user.pk)) if user.is_authenticated else VISITOR
