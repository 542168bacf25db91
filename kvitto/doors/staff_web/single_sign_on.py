"""Single sign-on: staff come in by the co-op's own sign-in instead of a password, where an installation has set that up.

It opens what the password opens and no more: an account that exists, and then the second factor is asked for. It begins with
a link, since the pages' policy lets no form lead to another site.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET

from kvitto.accounts import actions, tries
from kvitto.accounts.models import Account
from kvitto.accounts.types import First, Kind, Purpose, Scope
from kvitto.accounts.web import SignIn, enter
from kvitto.doors.staff_web import openid
from kvitto.doors.staff_web.access import StaffRequest, next_page
from kvitto.doors.staff_web.openid import SignOnError, Why
from kvitto.kernel import identity
from kvitto.kernel.db import opened

NOTE = "sso"  # the session's note of the question that is open
AT_MOST = timedelta(minutes=10)  # between the question and the answer
QUIET = {Why.STATE, Why.LATE, Why.DENIED}  # nothing for an operator to mend, and any visitor can bring it about
WORDS: dict[str, Promise] = {
    "failed": _("The co-op's sign-in did not let you in. Try once more, or sign in with your password."),
    "down": _("The co-op's sign-in does not answer. Try again in a while, or sign in with your password."),
    "name": _("The co-op's sign-in knows you, but nobody has an account here by that name. Ask an administrator."),
}
WORD_FOR = {Why.DOWN: "down", Why.NAME: "name"}

log = logging.getLogger(__name__)


class StaffSignIn(SignIn):
    """The staff's sign-in page, with the other way in where there is one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With what became of a single sign-on that led nowhere."""
        context = super().get_context_data(**kwargs) | {"sso": openid.is_on()}
        if self.request.method == "GET":
            context["refused"] = WORDS.get(self.request.GET.get("sso", ""))
        return context


@require_GET
def start(request: StaffRequest) -> HttpResponse:
    """Ask the provider who this is. A link: it changes nothing but the session's own note."""
    _require_on()
    scheme = "https" if settings.SECURE else request.scheme
    try:
        address, note = openid.question(f"{scheme}://{request.get_host()}{reverse('sso-back')}")
    except SignOnError as error:
        return _refused(request, error)
    request.session[NOTE] = note | {"next": next_page(request), "at": datetime.now(UTC).isoformat()}
    return redirect(address)


@require_GET
@sensitive_variables()
def back(request: StaffRequest) -> HttpResponse:
    """Take the provider's answer; the second factor is asked for next, as after a password."""
    _require_on()
    try:
        note = _question(request)
        if "error" in request.GET or not request.GET.get("code"):
            raise SignOnError(Why.DENIED)  # noqa: TRY301  one way out for all that is refused
        account = _account(openid.answered(note, request.GET["code"]))
    except SignOnError as error:
        return _refused(request, error)
    with opened():
        enter(request, account, First.SINGLE_SIGN_ON)
    return redirect(note["next"])


def _require_on() -> None:
    if not openid.is_on():
        raise Http404


def _question(request: StaffRequest) -> dict[str, str]:
    """The question of this session that is answered now, and by that closed; one that is not answered stays open."""
    note = request.session.get(NOTE)
    if note is None or not constant_time_compare(request.GET.get("state", ""), note["state"]):
        raise SignOnError(Why.STATE)
    del request.session[NOTE]
    if datetime.now(UTC) - datetime.fromisoformat(note["at"]) > AT_MOST:
        raise SignOnError(Why.LATE)
    return dict(note)


def _account(name: str) -> Account:
    """The open staff account of a user name; nobody gets one by coming."""
    with identity.presenting(name=name):
        account = Account.objects.filter(username=name, kind=Kind.STAFF, is_active=True).first()
    if account is None:
        raise SignOnError(Why.NAME)
    return account


def _refused(request: StaffRequest, error: SignOnError) -> HttpResponse:
    """Back to the sign-in page, which says why; the record says it too, and the log where something is to be mended."""
    if error.why not in QUIET:
        log.warning("%s", error)
    now = datetime.now(UTC)
    try:
        with opened():
            _count(request, now)
            actions.note_sso_refused(reason=error.why, now=now)
    except tries.TooManyTriesError:
        pass  # that somebody tries over and over is on record
    response = redirect("sign-in")
    response.headers["Location"] += f"?sso={WORD_FOR.get(error.why, 'failed')}"
    return response


def _count(request: StaffRequest, now: datetime) -> None:
    """Anybody can be refused, as often as they like: a network that is so without end does not fill the record.

    It keeps nobody waiting: what is counted here is counted for nothing else, and no good answer asks for it.
    """
    purpose = Purpose.SINGLE_SIGN_ON
    here = tries.subjects(purpose=purpose, name="", address=request.META.get("REMOTE_ADDR", ""))[0]
    tries.fail(tried=tries.begin(purpose=purpose, counts=[here._replace(scope=Scope.NETWORK)], now=now), now=now)
