"""How a member gets in: signing in, setting up a sign-in with a code, the places where they are signed in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kvitto.accounts import actions, queries, web
from kvitto.accounts.actions import NoSessionError, UsernameError
from kvitto.accounts.forms import ChangePasswordForm, NewPasswordForm
from kvitto.accounts.models import Account
from kvitto.accounts.tries import TooManyTriesError
from kvitto.accounts.types import Purpose
from kvitto.doors.member_web.forms import CodeForm, NewAccountForm, refused, taken
from kvitto.doors.member_web.language import remember_language
from kvitto.doors.member_web.visit import MemberRequest
from kvitto.kernel.actor import VISITOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.members import actions as members
from kvitto.members import queries as people
from kvitto.members.actions import CodeOverError
from kvitto.members.rules import read_card, read_code
from kvitto.members.types import OpenCode

STEP = "activation"  # the session's note of the code that was shown, and until when it may be used here
STEP_LASTS = timedelta(minutes=15)
FIRST_PAGE = "purchases"
NO_CODE = _(
    "The card number and the code do not fit together, or the code's time is over. A code works once: from a letter within 30 "
    "days, from a service point within 24 hours. Check both, or ask for a new code."
)
DONE = {
    "password": _("Your password is changed. Everywhere else you are signed out."),
    "session": _("That sign-in has ended."),
}


class SignIn(web.SignIn):
    """The members' sign-in page; afterwards the pages speak the member's own language, unless another was chosen here."""

    next_page = FIRST_PAGE

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Signed in."""
        response = super().form_valid(form)
        _speak(response, form.get_user(), self.request)
        return response


def _speak(response: HttpResponse, account: Account, request: HttpRequest) -> None:
    if language := people.language_of_account(account.pk):
        remember_language(response, language, request=request)


@require_safe
def forgot(request: HttpRequest) -> HttpResponse:
    """How to get a code."""
    return render(request, "access/forgot.html")


@dataclass(frozen=True, slots=True)
class Step:
    """A code that was shown in this browser a moment ago, and can be used."""

    code_id: int
    code: OpenCode


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    """The first step: a card and its code. One answer to everything that is wrong."""
    if request.method != "POST":
        return render(request, "access/activate.html", {"form": CodeForm(), "again": "again" in request.GET})
    form = CodeForm(request.POST)
    wait = 0
    if form.is_valid():
        try:
            code_id = _shown(request, form.cleaned_data["card"], form.cleaned_data["code"])
        except TooManyTriesError as error:
            wait = error.seconds
            refused(form, web.wait_words(wait))
        else:
            if code_id is not None:
                request.session[STEP] = [code_id, (datetime.now(UTC) + STEP_LASTS).isoformat()]
                return redirect("activate-set")
            refused(form, NO_CODE)
    response = render(request, "access/activate.html", {"form": form})
    return web.told_to_wait(response, wait) if wait else response


def _shown(request: HttpRequest, card_text: str, code_text: str) -> int | None:
    """The code's id. What cannot be a card or a code is counted and answered like what is not one."""
    card, code = read_card(card_text), read_code(code_text)
    found: list[int | None] = []

    def check() -> bool:
        found.append(people.find_code(card=card or "", code=code or "", now=datetime.now(UTC)))
        return found[0] is not None

    return found[0] if web.throttled(request, Purpose.CODE, card or card_text, check) else None


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def activate_set(request: HttpRequest) -> HttpResponse:
    """The second step: a user name and a password, or a new password for the account there is; then signed in."""
    step = _step(request)
    if step is None:
        return _from_the_start(request)
    kind = NewAccountForm if step.code.username is None else NewPasswordForm
    form = kind(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _set(request, step, form)
        except CodeOverError:
            return _from_the_start(request)
        except UsernameError:  # the form has checked the rest
            taken(form)
    return render(request, "access/activate_set.html", {"form": form, "username": step.code.username})


def _from_the_start(request: HttpRequest) -> HttpResponse:
    request.session.pop(STEP, None)
    response = redirect("activate")
    response.headers["Location"] += "?again=1"
    return response


def _step(request: HttpRequest) -> Step | None:
    code_id, until = request.session.get(STEP, (None, None))
    now = datetime.now(UTC)
    if code_id is None or now >= datetime.fromisoformat(until):
        return None
    code = people.open_code(code_id, now=now)
    return Step(code_id, code) if code else None


def _set(request: HttpRequest, step: Step, form: forms.Form) -> HttpResponse:
    given: dict[str, Any] = form.cleaned_data
    with opened():
        account_id = members.use_code(
            code_id=step.code_id,
            username=given.get("username", ""),
            password=given["password"],
            by=VISITOR,
            now=datetime.now(UTC),
        )
        request.session.pop(STEP, None)
        account = Account.objects.get(pk=account_id)
        web.enter(request, account)
    response = redirect(FIRST_PAGE)
    _speak(response, account, request)
    return response


def _me(request: MemberRequest) -> Actor:
    return Actor(ActorKind.MEMBER, str(request.user.pk))


@require_safe
@login_required
def security(request: MemberRequest) -> HttpResponse:
    """Where the member is signed in, and the password."""
    return _security(request, ChangePasswordForm())


def _security(request: MemberRequest, form: ChangePasswordForm) -> HttpResponse:
    previous = request.session.get(web.PREVIOUS)
    context = {
        "form": form,
        "done": DONE.get(request.GET.get("done", "")),
        "previous": datetime.fromisoformat(previous) if previous else None,
        "sessions": queries.sessions_of(request.user.pk, this_key=request.session.session_key, now=datetime.now(UTC)),
    }
    return render(request, "access/security.html", context)


def _done(what: str) -> HttpResponse:
    response = redirect("security")
    response.headers["Location"] += f"?done={what}"
    return response


@require_POST
@login_required
def end_session(request: MemberRequest) -> HttpResponse:
    """Sign out in one place; one that has ended by itself meanwhile is as well."""
    session_id = request.POST.get("session", "")
    sessions = queries.sessions_of(request.user.pk, this_key=request.session.session_key, now=datetime.now(UTC))
    if any(each.is_this and each.public_id == session_id for each in sessions):
        return _leave(request)
    try:
        with opened():
            actions.end_session(
                account_id=request.user.pk, session_id=session_id, by=_me(request), now=datetime.now(UTC)
            )
    except NoSessionError:
        pass
    return _done("session")


@require_POST
@login_required
def end_all_sessions(request: MemberRequest) -> HttpResponse:
    """Sign out everywhere, here too."""
    with opened():
        actions.end_all_sessions(account_id=request.user.pk, by=_me(request), now=datetime.now(UTC))
    return _leave(request)


def _leave(request: MemberRequest) -> HttpResponse:
    logout(request)
    return web.clear_site(redirect("front"))


@sensitive_post_parameters()
@require_POST
@login_required
def change_password(request: MemberRequest) -> HttpResponse:
    """A new password for who knows the current one; every other place is signed out."""
    form = ChangePasswordForm(request.POST)
    wait = 0
    if form.is_valid():
        try:
            if _knows_password(request, form.cleaned_data["current"]):
                _change_password(request, form.cleaned_data["password"])
                return _done("password")
        except TooManyTriesError as error:
            wait = error.seconds
            refused(form, web.wait_words(wait))
        else:
            form.wrong()
    response = _security(request, form)
    return web.told_to_wait(response, wait) if wait else response


def _knows_password(request: MemberRequest, password: str) -> bool:
    check = lambda: request.user.check_password(password)  # noqa: E731
    return web.throttled(request, Purpose.PASSWORD, str(request.user.pk), check)


def _change_password(request: MemberRequest, password: str) -> None:
    with opened():
        actions.set_password(
            account_id=request.user.pk,
            password=password,
            by=_me(request),
            now=datetime.now(UTC),
            keep=request.session.session_key,
        )
        update_session_auth_hash(request, Account.objects.get(pk=request.user.pk))
