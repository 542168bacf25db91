"""Two faces of one site: `/staff/` for staff, everything else for members.

A face has its own pages and its own cookies. Inside, Django sees its standard cookie names; outside, each face has
names of its own, so that no cookie of one face is ever read at the other. How somebody wants the pages to look and
speak is no secret: those cookies are shared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from kvitto.accounts.rules import MEMBER_LIMITS, STAFF_LIMITS, device_of
from kvitto.accounts.sessions import SessionStore
from kvitto.accounts.types import Kind, Limits
from kvitto.audit import actions as audit
from kvitto.kernel import identity
from kvitto.kernel.actor import VISITOR, ActorKind


class FacedRequest(HttpRequest):
    """A request whose face is decided."""

    face: "Face"
    session: SessionStore


Handler = Callable[[FacedRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class Face:
    """What differs between the faces."""

    kind: Kind
    urlconf: str
    path: str
    prefix: str  # over HTTPS; browsers hold cookies so named to HTTPS, and `__Host-` ones to this host and the path "/"
    limits: Limits  # of a sign-in

    def cookies(self) -> dict[str, str]:
        """Django's cookie names and this face's."""
        name = f"{self.prefix if settings.SECURE else ''}kvitto_{self.kind}"
        return {settings.SESSION_COOKIE_NAME: name, settings.CSRF_COOKIE_NAME: f"{name}_csrf"}


MEMBER = Face(Kind.MEMBER, "kvitto.wiring.urls", "/", "__Host-", MEMBER_LIMITS)
STAFF = Face(Kind.STAFF, "kvitto.wiring.staff_urls", "/staff/", "__Secure-", STAFF_LIMITS)


API = "/api/"  # asked by programs: who they are for is in the request, and no cookie is read there
BY_ITSELF = {"/staff/still", "/live"}  # what an open page asks for by itself: nobody is there for that


def face_of(path: str) -> Face:
    """The face that a path belongs to; `/staff` too, so that it can be redirected to `/staff/`."""
    return STAFF if path == "/staff" or path.startswith(STAFF.path) else MEMBER


class FaceMiddleware:
    """Decides the face, and renames its cookies on the way in and out. Outside of everything that reads a cookie.

    Inside, the database is asked as a visitor.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: FacedRequest) -> HttpResponse:
        face = face_of(request.path_info)
        cookies = face.cookies()
        request.face = face
        request.urlconf = face.urlconf
        known = cookies | {name: name for name in (settings.LANGUAGE_COOKIE_NAME, settings.THEME_COOKIE_NAME)}
        if request.path_info.startswith(API):
            known = {}
        request.COOKIES = {inner: request.COOKIES[outer] for inner, outer in known.items() if outer in request.COOKIES}
        with identity.acting(ActorKind.VISITOR):  # until somebody is known; it ends with the request
            response = self.get_response(request)
        for inner, outer in cookies.items():
            morsel = response.cookies.pop(inner, None)
            if morsel is None:
                continue
            morsel.set(outer, morsel.value, morsel.coded_value)
            morsel["path"] = face.path
            if settings.SECURE:  # on a deletion too: browsers ignore one that the cookie's prefix does not allow
                morsel["secure"] = True
            response.cookies[outer] = morsel
        return response


class KindMiddleware:
    """Ends a session that is presented at the other kind's face, and holds the others to the face's limits.

    Inside of authentication, which reads the session only when somebody asks who is signed in: here for the first time.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: FacedRequest) -> HttpResponse:
        request.session.limits = request.face.limits
        request.session.device = device_of(request.headers.get("User-Agent", ""))
        if request.user.is_authenticated:
            if request.user.kind == request.face.kind:
                identity.proved(ActorKind(request.user.kind), request.user.pk)
                if request.path_info not in BY_ITSELF:
                    request.session.touch(datetime.now(UTC))
            else:
                logout(request)
                audit.refused(by=VISITOR, act="", why="session of the other face", now=datetime.now(UTC))
        return self.get_response(request)


def service(_request: HttpRequest) -> dict[str, str]:
    """For templates: the name members know the service by."""
    return {"service": settings.SERVICE_NAME}
