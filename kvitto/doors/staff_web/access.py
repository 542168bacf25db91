"""Who sees a staff page: somebody whose password and second factor were both given in this session, and whose standing holds.

The session notes when a factor was last given. What matters more than looking asks for one of the last minutes.
It also notes the duties and the agreement: when one of them no longer holds, at the next request it is over.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from kvitto.accounts import actions, factors, queries
from kvitto.accounts.models import Account
from kvitto.accounts.sessions import SessionStore
from kvitto.accounts.types import Ended, First, Given
from kvitto.accounts.web import FIRST
from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.errors import KvittoError
from kvitto.staff import queries as staff
from kvitto.staff.gate import DeniedError
from kvitto.staff.rules import barred
from kvitto.staff.types import Act, AgreementState, Denial, Standing

FACTOR_AT = "factor_at"  # the session's note of when a second factor was last given
STANDING = "standing"  # the session's note of the duties, and of whether the agreement was signed
FRESH = timedelta(minutes=5)
OPEN = {"demo", "demo-sign-in", "sign-in", "sign-out", "sso", "sso-back", "set_language", "theme"}  # pages for anybody
SIGN_FIRST = {Denial.AGREEMENT_MISSING, Denial.AGREEMENT_EXPIRED, Denial.AGREEMENT_OUTDATED}
HALF_WAY = {"factor", "factor-new", "factor-app", "factor-passkey"}  # and for somebody whose password was given


class StaffRequest(HttpRequest):
    """A request of a member of staff who is signed in."""

    user: Account
    session: SessionStore
    htmx: HtmxDetails
    standing: Standing
    act: Act  # of the policy: what the page does


P = ParamSpec("P")
View = Callable[Concatenate[StaffRequest, P], HttpResponse]


def me(request: StaffRequest) -> Actor:
    """The actor of what is done at this request."""
    return Actor(ActorKind.STAFF, str(request.user.pk))


def factor_at(request: StaffRequest) -> datetime | None:
    """When a second factor was last given in this session."""
    noted = request.session.get(FACTOR_AT)
    return datetime.fromisoformat(noted) if noted else None


def is_fresh(request: StaffRequest, now: datetime, within: timedelta = FRESH) -> bool:
    """Whether a second factor was given in this session a moment ago."""
    given = factor_at(request)
    return given is not None and now - given < within


def fresh_factor(view: View[P]) -> View[P]:
    """A page that asks for the second factor again, unless it was given within the last five minutes."""

    @wraps(view)
    def page(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_fresh(request, datetime.now(UTC)):
            return view(request, *args, **kwargs)
        return ask(request)

    return page


def ask(request: StaffRequest) -> HttpResponse:
    """Lead to the page that asks for the second factor, and from there back to the page somebody was on."""
    return _lead(request, "factor")


def _lead(request: StaffRequest, name: str) -> HttpResponse:
    """Lead to a page that has to come first, and from there back."""
    page = f"{reverse(name)}?{urlencode({'next': _here(request)}, safe='/')}"
    if request.htmx:  # a redirect would put that page into the part that was asked for
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return redirect(page)


def _here(request: StaffRequest) -> str:
    """The page to come back to: after a form and a part of a page, the page they were on."""
    if request.method in {"GET", "HEAD"} and not request.htmx:
        return request.get_full_path()
    try:
        seen = urlsplit((request.htmx and request.htmx.current_url) or request.headers.get("Referer", ""))
    except ValueError:
        return reverse("front")
    if seen.netloc != request.get_host():
        return reverse("front")
    return f"{seen.path}?{seen.query}" if seen.query else seen.path


def next_page(request: StaffRequest) -> str:
    """Where to go when the factor is given: a staff page that was asked for, or the front page."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    front = reverse("front")
    return asked if ours and urlsplit(asked).path.startswith(front) else front


def note_factor(request: StaffRequest, given: Given, now: datetime) -> None:
    """Write down that a second factor was given, as the last act of a transaction: the sign-in is whole, or fresh again."""
    first = factor_at(request) is None
    if first:
        actions.note_sign_in(by=me(request), now=now, given=f"{request.session.get(FIRST, First.PASSWORD)} and {given}")
    else:
        factors.note_given(given=given, by=me(request), now=now)
    request.session[FACTOR_AT] = now.isoformat()
    if (
        first
    ):  # last, since the new key is nobody's until the request's end. The half sign-in's cookie opens nothing later
        request.session.cycle_key()


def may_add(request: StaffRequest) -> bool:
    """Whether somebody may set up a factor now: the first one with the password alone, another with a fresh factor."""
    return is_fresh(request, datetime.now(UTC)) or not queries.has_factor(request.user.pk)


def stop(request: StaffRequest, page: str | None, act: Act | None, now: datetime) -> HttpResponse | None:
    """What stands in the way of a page, named as its URL is; None when nothing does. Pages nobody thought of are closed.

    Raises DeniedError when it is not for any of somebody's duties.
    """
    if page in OPEN:
        return None
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if page in HALF_WAY:
        return None
    return ask(request) if factor_at(request) is None else _stop_by_policy(request, act, now)


def _stop_by_policy(request: StaffRequest, act: Act | None, now: datetime) -> HttpResponse | None:
    """The part of `stop` about who somebody is, once it is sure that it is they."""
    request.standing = staff.standing_of(request.user.pk, now=now, fresh_factor=is_fresh(request, now))
    if not _still_stands(request):
        return _end(request, now)
    if act is None:
        raise DeniedError(Act.STAFF_HOME, Denial.NOT_FOR_YOU)
    request.act = act
    why = barred(request.standing, act)
    if why in SIGN_FIRST:
        return _lead(request, "agreement")
    if why is not None:
        raise DeniedError(act, why)
    return None


def _still_stands(request: StaffRequest) -> bool:
    """Whether everything still holds that held in this session before; what has come since is noted."""
    held = {str(duty) for duty in request.standing.duties}
    signed = request.standing.agreement is AgreementState.VALID
    noted = request.session.get(STANDING)
    if noted and (set(noted["duties"]) - held or (noted["signed"] and not signed)):
        return False
    found = {"duties": sorted(held), "signed": signed}
    if noted != found:
        request.session[STANDING] = found
    return True


def _end(request: StaffRequest, now: datetime) -> HttpResponse:
    """Sign out somebody who has lost a duty, or whose agreement is over; they can sign in again and see what is left."""
    audit.record(by=me(request), action="staff.session_ended", now=now, count=1, alone=True)
    logout(request)
    request.session.ended = Ended.STANDING
    return redirect_to_login(request.get_full_path())


def tell(request: StaffRequest, error: KvittoError) -> None:
    """Leave the trace of a refusal that is told on a page of its own; the others are traced by the middleware."""
    audit.refused(by=me(request), act=request.act, why=reason_of(error), now=datetime.now(UTC))


def reason_of(error: KvittoError) -> str:
    """What a trace says of a refusal: the policy's code, or which error it was."""
    return str(error.why) if isinstance(error, DeniedError) else type(error).__name__
