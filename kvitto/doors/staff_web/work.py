"""What the pages of the duties share: one act of a room, told well or refused with a sentence."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from kvitto.accounts import tries, web
from kvitto.accounts.tries import TooManyTriesError
from kvitto.accounts.types import Purpose
from kvitto.doors.staff_web.access import StaffRequest, tell
from kvitto.doors.staff_web.words import sentence
from kvitto.kernel.db import opened
from kvitto.kernel.errors import KvittoError
from kvitto.staff.gate import DeniedError
from kvitto.staff.records import NoHolderError

Found = TypeVar("Found")
get_or_post = require_http_methods(["GET", "HEAD", "POST"])

DONE: dict[str, Promise] = {
    "claimed": _("It is written down. Once the till has sent the receipt, it is among the member's own."),
    "closed": _("The look-up is closed."),
    "opened": _("The case is open."),
    "waits": _("The case waits for a colleague. It can be approved within 60 minutes."),
    "glass": _("The cases are open for 60 minutes. The privacy officer has been told."),
    "proposed": _("The duty is proposed. It holds once a colleague has approved it."),
    "approved": _("It is approved."),
    "ended": _("It is ended."),
    "signed": _("You have signed the agreement."),
    "published": _("The new text is published. Everybody has to sign it."),
    "declared": _("It is written down."),
    "kept": _("What is stored stays."),
    "accepted": _("It is accepted. The till is asked to send it once more."),
    "revoked": _("The key is taken away. Nothing more comes in with it."),
    "answered": _("The member has your answer, and a notice of it."),
    "closed-alert": _("What you found is written down."),
    "reviewed": _("Your review is written down."),
}


def done(request: StaffRequest) -> Promise | None:
    """What the page before has just done."""
    return DONE.get(request.GET.get("done", ""))


def after(what: str, name: str, *args: object, **more: object) -> HttpResponse:
    """To the page of that name, which says what was done."""
    return redirect(f"{resolve_url(name, *args)}?{urlencode({'done': what, **more})}")


def attempt(request: StaffRequest, form: forms.Form, act: Callable[[datetime], Found]) -> Found | None:
    """Do an act in its transaction; None when it was refused: the form then says why, and the refusal is traced.

    What the policy denies is no matter of a form, and goes on to the page that says so.
    """
    try:
        with opened():
            return act(datetime.now(UTC))
    except DeniedError:
        raise
    except KvittoError as error:
        refuse(request, form, error)
        return None


def refuse(request: StaffRequest, form: forms.Form, error: KvittoError) -> None:
    """Say in a form why an act was refused, and trace it."""
    if error.status >= 500:
        raise error
    if not isinstance(error, TooManyTriesError):
        tell(request, error)
    form.add_error(None, web.wait_words(error.seconds) if isinstance(error, TooManyTriesError) else sentence(error))


def counted(request: StaffRequest, form: forms.Form, act: Callable[[datetime], Found]) -> Found | None:
    """As `attempt`, for what takes a card number: numbers that nobody holds are counted, and soon take longer."""
    try:
        tried = web.begin(request, Purpose.LOOK_UP, str(request.user.pk))
    except TooManyTriesError as error:
        refuse(request, form, error)
        return None
    missed = False

    def watched(now: datetime) -> Found:
        nonlocal missed
        try:
            return act(now)
        except NoHolderError:
            missed = True
            raise

    try:
        return attempt(request, form, watched)
    finally:
        if missed:
            web.fail(tried)
        else:
            with opened():
                tries.succeed(tried=tried)
