"""What makes the pages an app on a phone: the manifest, the worker behind the pages, the page without a network."""

import json
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

SHELL = ("kvitto.css", "app.js", "django_htmx/htmx-2.min.js", "kvitto.svg", "icon-192.png")  # kept for a page offline
COUNTER = "#e6e9e4"  # the stylesheet's ground


def _icon(name: str, sizes: str, purpose: str = "any") -> dict[str, str]:
    kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
    return {"src": static(name), "sizes": sizes, "type": kind, "purpose": purpose}


@require_safe
def manifest(_request: HttpRequest) -> HttpResponse:
    """The app's name, looks and first page, in the language of the pages."""
    small = [_icon("icon-192.png", "192x192")]
    content = {
        "id": "/",
        "name": settings.SERVICE_NAME,
        "short_name": settings.SERVICE_NAME,
        "description": _("Your receipts, kept with care"),
        "lang": get_language(),
        "start_url": "/purchases",
        "scope": "/",
        "display": "standalone",
        "background_color": COUNTER,
        "theme_color": COUNTER,
        "icons": [
            _icon("kvitto.svg", "any"),
            *small,
            _icon("icon-512.png", "512x512"),
            _icon("icon-maskable-512.png", "512x512", "maskable"),
        ],
        "shortcuts": [
            {"name": _("My card"), "url": "/card", "icons": small},
            {"name": _("Receipts"), "url": "/receipts", "icons": small},
        ],
    }
    response = JsonResponse(content, content_type="application/manifest+json")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker. Any change of what it keeps changes its bytes, which is how browsers notice."""
    assets = json.dumps([static(name) for name in SHELL])
    version = sha256(assets.encode()).hexdigest()[:12]
    body = render_to_string("pwa/sw.js", {"assets": assets, "version": version})
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The page that is shown without a network; it is kept on the device, so it knows nobody."""
    request.user = AnonymousUser()
    return render(request, "offline.html")
