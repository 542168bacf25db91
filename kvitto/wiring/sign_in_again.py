"""Leads somebody whose session is over to the sign-in page, and from there back to the page they were on."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpResponse, QueryDict
from django.urls import reverse

from kvitto.wiring.faces import FacedRequest


class SignInAgainMiddleware:
    """Completes the redirects that pages for signed-in people answer with. Inside of the sessions.

    Says why the session has ended, when that is known. The page to come back to is the one that the person saw: after a
    form it is the page with the form, and for a part of a page, which htmx asked for, the whole page.
    """

    def __init__(self, get_response: Callable[[FacedRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: FacedRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 302:
            return response
        asked = urlsplit(response.headers["Location"])
        query = QueryDict(asked.query, mutable=True)
        sign_in = reverse("sign-in", urlconf=request.face.urlconf)
        if asked.netloc or asked.path != sign_in or REDIRECT_FIELD_NAME not in query:
            return response
        by_htmx = request.headers.get("HX-Request") == "true"
        if by_htmx or request.method not in {"GET", "HEAD"}:
            del query[REDIRECT_FIELD_NAME]
            if page := _page(request, by_htmx=by_htmx):
                query[REDIRECT_FIELD_NAME] = page
        if request.session.ended:
            query["ended"] = request.session.ended.value
        address = f"{sign_in}?{query.urlencode(safe='/')}" if query else sign_in
        if by_htmx:  # a redirect would put the sign-in page into the part that was asked for
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        response.headers["Location"] = address
        return response


def _page(request: FacedRequest, *, by_htmx: bool) -> str:
    """The path of the page on which the person was; empty when it is not known, or not ours."""
    try:
        seen = urlsplit(request.headers.get("HX-Current-URL" if by_htmx else "Referer", ""))
    except ValueError:
        return ""
    if seen.netloc != request.get_host():
        return ""
    return f"{seen.path}?{seen.query}" if seen.query else seen.path
