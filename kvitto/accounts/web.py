"""What both faces' pages share: the sign-in form with its waits, signing in, signing out."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib.auth import SESSION_KEY, authenticate, login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from kvitto.accounts import actions, tries
from kvitto.accounts.models import Account
from kvitto.accounts.types import Ended, First, Kind, Purpose, Try
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened

FIRST = "first"  # the session's note of what staff have shown before their second factor
PREVIOUS = "previous_sign_in"  # the session's note of when the account had signed in before
CLEAR = '"cache", "storage"'  # what a browser drops when its person leaves; cookies are the session's own matter
WHY_ENDED: dict[str, Promise] = {
    Ended.IDLE: _("You were signed out because the page was not used for a while. Sign in to go on."),
    Ended.STANDING: _(
        "You were signed out because one of your duties, or your confidentiality agreement, no longer holds. Sign in to go on."
    ),
    Ended.LONG: _("You were signed out because you had been signed in for many hours. Sign in to go on."),
}


def begin(request: HttpRequest, purpose: Purpose, name: str) -> Try:
    """Count a try of this request's client and commit that, before anything is checked. Raises TooManyTriesError."""
    counts = tries.subjects(purpose=purpose, name=name, address=request.META.get("REMOTE_ADDR", ""))
    with opened():
        return tries.begin(purpose=purpose, counts=counts, now=datetime.now(UTC))


def fail(tried: Try) -> None:
    """A counted try failed."""
    with opened():
        tries.fail(tried=tried, now=datetime.now(UTC))


def wait_words(seconds: int) -> str:
    """The sentence for somebody who has to wait."""
    if seconds <= 90:
        text = ngettext(
            "Too many tries. Wait %(count)d second, then try again.",
            "Too many tries. Wait %(count)d seconds, then try again.",
            seconds,
        )
        return text % {"count": seconds}
    minutes = math.ceil(seconds / 60)
    text = ngettext(
        "Too many tries. Wait %(count)d minute, then try again.",
        "Too many tries. Wait %(count)d minutes, then try again.",
        minutes,
    )
    return text % {"count": minutes}


def told_to_wait(response: HttpResponse, seconds: int) -> HttpResponse:
    """The answer, for programs too."""
    response.status_code = tries.TooManyTriesError.status
    response.headers["Retry-After"] = str(seconds)
    return response


def enter(request: HttpRequest, account: Account, first: First = First.PASSWORD) -> None:
    """Begin an account's session at this browser, in the caller's transaction, with an entry in the record.

    `first` is what somebody of the staff has shown so far.
    """
    if SESSION_KEY in request.session:  # somebody's already, be it the same person's
        request.session.flush()
    identity.proved(ActorKind(account.kind), account.pk)
    previous = account.last_login
    login(request, account)
    request.session.begin()  # type: ignore[attr-defined]  # our own store
    if previous:
        request.session[PREVIOUS] = previous.isoformat()
    note: Callable[..., None] = actions.note_sign_in
    if account.kind == Kind.STAFF:  # they have signed in only when their second factor is given, too
        request.session[FIRST] = first
        note = actions.note_password if first is First.PASSWORD else actions.note_single_sign_on
    note(by=Actor(ActorKind(account.kind), str(account.pk)), now=datetime.now(UTC))


class SignInForm(AuthenticationForm):
    """Counts each try before the password is looked at; while somebody has to wait, it is not looked at."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _("The user name or the password is wrong. Capitals matter in both."),
    }
    tried: Try | None = None
    wait = 0

    request: HttpRequest

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["username"].widget.attrs["spellcheck"] = "false"
        self.fields["password"].widget.attrs["data-password"] = ""

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username is None or not password:
            return self.cleaned_data
        face = self.request.face  # type: ignore[attr-defined]  # the middleware's
        try:
            self.tried = begin(self.request, Purpose.SIGN_IN, f"{face.kind} {username}")
        except tries.TooManyTriesError as error:
            self.wait = error.seconds
            raise forms.ValidationError(wait_words(error.seconds)) from error
        self.user_cache = authenticate(self.request, username=username, password=password)
        if self.user_cache is None:
            fail(self.tried)
            raise self.get_invalid_login_error()
        return self.cleaned_data


class SignIn(LoginView):
    """The sign-in page of either face."""

    template_name = "sign_in.html"
    authentication_form = SignInForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Signed in: the failures before are forgotten."""
        tried = getattr(form, "tried", None)
        with opened():
            if tried:
                tries.succeed(tried=tried)
            enter(self.request, form.get_user())
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """The page again; with its own status when somebody has to wait."""
        response = super().form_invalid(form)
        wait = getattr(form, "wait", 0)
        return told_to_wait(response, wait) if wait else response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the sentence for somebody whose session has ended."""
        context = super().get_context_data(**kwargs)
        if self.request.method == "GET":
            context["ended"] = WHY_ENDED.get(self.request.GET.get("ended", ""))
        return context


class SignOut(LogoutView):
    """Leaves nothing of the pages in the browser. Never a link."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign out."""
        return clear_site(super().post(request, *args, **kwargs))


def clear_site(response: HttpResponse) -> HttpResponse:
    """Ask the browser to drop what it kept of the pages."""
    response.headers["Clear-Site-Data"] = CLEAR
    return response


def throttled(request: HttpRequest, purpose: Purpose, name: str, check: Callable[[], bool]) -> bool:
    """Whether a check of a secret passes; counted before, and the count is settled after. Raises TooManyTriesError."""
    tried = begin(request, purpose, name)
    if not check():
        fail(tried)
        return False
    with opened():
        tries.succeed(tried=tried)
    return True
