"""What browsers are told about every answer, static files included.

Django's own middleware adds nosniff, the referrer policy, the frame ban of older browsers and the opener policy.
"""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'self'; {sources}object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'"
)
BARRED = (  # what a page may ask a browser for and this service never does
    "accelerometer camera display-capture encrypted-media geolocation gyroscope hid idle-detection local-fonts "
    "magnetometer microphone midi payment picture-in-picture serial usb xr-spatial-tracking"
)
PERMISSIONS = ", ".join(["screen-wake-lock=(self)", "fullscreen=(self)", *(f"{name}=()" for name in BARRED.split())])


class Nonce:
    """A word of one answer, drawn when a template asks for it: a tag that carries it may load a script or a style."""

    def __init__(self) -> None:
        self.word = ""

    def __str__(self) -> str:
        self.word = self.word or secrets.token_urlsafe(16)
        return self.word


class HeadersMiddleware:
    """No inline script or style, no foreign source, no frame; nothing kept of a signed-in person's pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = request.csp_nonce = Nonce()  # type: ignore[attr-defined]
        response = self.get_response(request)
        # an answer that names no tag falls back on default-src, so that a plain error page keeps its stylesheet
        sources = f"script-src 'nonce-{nonce.word}'; style-src 'nonce-{nonce.word}'; " if nonce.word else ""
        response["Content-Security-Policy"] = POLICY.format(sources=sources)
        response["Permissions-Policy"] = PERMISSIONS
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            response["Cache-Control"] = "private, no-store"
        return response


def csp_nonce(request: HttpRequest) -> dict[str, Nonce]:
    """For templates: `nonce="{{ csp_nonce }}"` on each script and stylesheet."""
    return {"csp_nonce": getattr(request, "csp_nonce", Nonce())}
