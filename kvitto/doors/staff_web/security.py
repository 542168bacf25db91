"""A staff account's own page about signing in: where it is signed in, its second factors, its password."""

from datetime import UTC, datetime

from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from kvitto.accounts import actions, factors, queries, web
from kvitto.accounts.actions import NoSessionError
from kvitto.accounts.forms import ChangePasswordForm
from kvitto.accounts.models import Account
from kvitto.accounts.tries import TooManyTriesError
from kvitto.accounts.types import Purpose
from kvitto.doors.staff_web.access import StaffRequest, me
from kvitto.kernel.db import opened

DONE = {
    "password": _("Your password is changed. Everywhere else you are signed out."),
    "session": _("That sign-in has ended."),
    "added": _("The device is added."),
    "removed": _("The device is removed."),
    "last": _("The last device stays: add another one first."),
}


@require_safe
def security(request: StaffRequest) -> HttpResponse:
    """Where somebody is signed in, with what, and the password."""
    return _page(request, ChangePasswordForm())


def _page(request: StaffRequest, form: ChangePasswordForm) -> HttpResponse:
    previous = request.session.get(web.PREVIOUS)
    own = queries.factors_of(request.user.pk)
    context = {
        "form": form,
        "done": DONE.get(request.GET.get("done", "")),
        "previous": datetime.fromisoformat(previous) if previous else None,
        "sessions": queries.sessions_of(request.user.pk, this_key=request.session.session_key, now=datetime.now(UTC)),
        "factors": own,
        "may_remove": len(own) > 1,
        "may_add": len(own) < factors.MOST_FACTORS,
        "codes_left": queries.recovery_codes_left(request.user.pk),
    }
    return render(request, "staff/security.html", context)


def _done(what: str) -> HttpResponse:
    response = redirect("security")
    response.headers["Location"] += f"?done={what}"
    return response


@require_POST
def end_session(request: StaffRequest) -> HttpResponse:
    """Sign out in one place; one that has ended by itself meanwhile is as well."""
    try:
        with opened():
            actions.end_session(
                account_id=request.user.pk,
                session_id=request.POST.get("session", ""),
                by=me(request),
                now=datetime.now(UTC),
            )
    except NoSessionError:
        pass
    return _done("session")


@require_POST
def end_all_sessions(request: StaffRequest) -> HttpResponse:
    """Sign out everywhere, here too."""
    with opened():
        actions.end_all_sessions(account_id=request.user.pk, by=me(request), now=datetime.now(UTC))
    logout(request)
    return web.clear_site(redirect("sign-in"))


@sensitive_post_parameters()
@require_POST
def change_password(request: StaffRequest) -> HttpResponse:
    """A new password for who knows the current one; every other place is signed out."""
    form = ChangePasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    current = form.cleaned_data["current"]
    check = lambda: request.user.check_password(current)  # noqa: E731
    try:
        if web.throttled(request, Purpose.PASSWORD, str(request.user.pk), check):
            _change(request, form.cleaned_data["password"])
            return _done("password")
    except TooManyTriesError as error:
        form.add_error(None, web.wait_words(error.seconds))
        return web.told_to_wait(_page(request, form), error.seconds)
    form.wrong()
    return _page(request, form)


def _change(request: StaffRequest, password: str) -> None:
    with opened():
        actions.set_password(
            account_id=request.user.pk,
            password=password,
            by=me(request),
            now=datetime.now(UTC),
            keep=request.session.session_key,
        )
        update_session_auth_hash(request, Account.objects.get(pk=request.user.pk))
