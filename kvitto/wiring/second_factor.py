"""Keeps every staff page shut until the second factor is given: also a page whose author forgot to ask."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from kvitto.accounts.types import Kind
from kvitto.doors.staff_web import access
from kvitto.wiring.faces import FacedRequest


class SecondFactorMiddleware:
    """Looks at the page that was found for a request at the staff face. Inside of whatever it reads."""

    def __init__(self, get_response: Callable[[FacedRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: FacedRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: FacedRequest, _view: object, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """The way to the page that is missing; None lets the request through."""
        if request.face.kind != Kind.STAFF:
            return None
        match = request.resolver_match
        return access.stop(request, match.url_name if match else None)  # type: ignore[arg-type]  # may be a visitor's
