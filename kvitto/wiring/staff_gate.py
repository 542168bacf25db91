"""Keeps every staff page shut until its visitor may come: also a page whose author forgot to ask.

The second factor, the duties, the confidentiality agreement: what the act that a page is listed as takes of anybody.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

from kvitto.accounts.types import Kind
from kvitto.doors.staff_web import access
from kvitto.staff.gate import DeniedError
from kvitto.wiring import errors
from kvitto.wiring.acts import act_of
from kvitto.wiring.faces import FacedRequest


class StaffGateMiddleware:
    """Looks at the page that was found for a request at the staff face. Inside of whatever it reads."""

    def __init__(self, get_response: Callable[[FacedRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: FacedRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: FacedRequest, _view: object, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """The way to the page that is missing, or the refusal; None lets the request through."""
        if request.face.kind != Kind.STAFF:
            return None
        match = request.resolver_match
        page = match.url_name if match else None
        try:
            return access.stop(request, page, act_of(request), datetime.now(UTC))  # type: ignore[arg-type]  # may be a visitor's
        except DeniedError as error:  # Django asks `process_exception` about views only
            return errors.answer(request, error)
