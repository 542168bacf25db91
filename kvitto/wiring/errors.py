"""Expected errors become plain pages with the error's own status; everything else stays Django's 500."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kvitto.kernel.errors import KvittoError

log = logging.getLogger(__name__)


class ErrorMiddleware:
    """Innermost of the middleware: nothing may answer an expected error before it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page of an expected error; None leaves the exception to Django.

        A failure of the installation (500) is logged, and its message, which is for operators, is not shown.
        """
        if not isinstance(exception, KvittoError):
            return None
        message = str(exception)
        if exception.status >= 500:
            log.error("the installation failed a request", exc_info=exception)
            message = ""
        context = {"status": exception.status, "message": message}
        return render(request, "error.html", context, status=exception.status)
