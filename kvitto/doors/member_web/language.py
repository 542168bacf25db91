"""The language of the pages: a cookie that both faces read."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language that is asked for, and go back to the page it was asked on; one we do not speak changes nothing."""
    response = set_language(request)
    if response.status_code == 302:
        response.status_code = 303  # the page as it was: a 302 to the sign-in page means that somebody has to sign in
    return response


def remember_language(response: HttpResponse, language: str, *, request: HttpRequest | None = None) -> None:
    """Let this browser have its pages in a language from now on, such as a member's own after they signed in.

    Given the request, a language that was chosen in this browser before stays. One that there are no pages in is left alone.
    """
    if language not in dict(settings.LANGUAGES):
        return
    if request is not None and settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
