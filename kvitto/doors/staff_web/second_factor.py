"""The second factor: giving it, setting one up, removing one, and the recovery codes."""

import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kvitto.accounts import factors, queries, web
from kvitto.accounts.factors import LastFactorError, NoFactorError, NotFirstFactorError
from kvitto.accounts.rules import STEP_SECONDS, step_of
from kvitto.accounts.tries import TooManyTriesError
from kvitto.accounts.types import FactorKind, Given, Purpose
from kvitto.audit import actions as audit
from kvitto.doors.staff_web import passkeys, qr
from kvitto.doors.staff_web.access import (
    StaffRequest,
    ask,
    factor_at,
    fresh_factor,
    is_fresh,
    may_add,
    me,
    next_page,
    note_factor,
)
from kvitto.doors.staff_web.forms import CodeForm, NewAppForm, NewPasskeyForm, RecoveryForm
from kvitto.kernel.db import opened
from kvitto.staff.types import Act
from kvitto.vault.actions import open_secret, seal_secret

SECRET_BYTES = 20  # as RFC 4226 recommends
PENDING = "app"  # the session's note of the app that is being set up, sealed
PENDING_PURPOSE = "app that is being set up"
WRONG_CODE = _("This code is not right, or it was used before. Wait for the next one and type that.")
WRONG_RECOVERY = _("This is none of your unused recovery codes.")
WRONG_PASSKEY = _("The passkey was not taken. Try again.")

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def _opened(request: StaffRequest, kind: FactorKind) -> dict[int, bytes]:
    """What the account's factors of a kind are checked against, by their ids."""
    account_id = request.user.pk
    return {
        each.id: open_secret(account_id=account_id, purpose=kind, blob=each.sealed)
        for each in queries.sealed_factors(account_id, kind)
    }


def _use(request: StaffRequest, factor_id: int, counter: int) -> bool:
    with opened():
        return factors.use(account_id=request.user.pk, factor_id=factor_id, counter=counter, now=datetime.now(UTC))


def _code_fits(request: StaffRequest, code: str) -> bool:
    now = datetime.now(UTC)
    steps = {factor_id: step_of(secret, code, now) for factor_id, secret in _opened(request, FactorKind.APP).items()}
    return any(step is not None and _use(request, factor_id, step) for factor_id, step in steps.items())


def _passkey_fits(request: StaffRequest, text: str) -> bool:
    known = _opened(request, FactorKind.PASSKEY)
    answer = passkeys.given(request, text, list(known.values()))
    if answer is None:
        return False
    factor_id = next(factor_id for factor_id, credential in known.items() if credential == answer.credential)
    return _use(request, factor_id, answer.counter)


def _recovery_fits(request: StaffRequest, text: str) -> bool:
    with opened():
        return factors.use_recovery_code(account_id=request.user.pk, text=text)


WAYS: dict[str, tuple[Given, Callable[[StaffRequest, str], bool], Any]] = {
    "code": (Given.APP, _code_fits, WRONG_CODE),
    "recovery": (Given.RECOVERY, _recovery_fits, WRONG_RECOVERY),
    "credential": (Given.PASSKEY, _passkey_fits, WRONG_PASSKEY),
}


@sensitive_post_parameters()
@get_or_post
def give(request: StaffRequest) -> HttpResponse:
    """Ask for the second factor: after the password, and again before what matters."""
    if not queries.has_factor(request.user.pk):
        return redirect("factor-new")
    shown: dict[str, forms.Form] = {"code": CodeForm(), "recovery": RecoveryForm()}
    way = next((each for each in WAYS if each in request.POST), None)
    if request.method != "POST" or way is None:
        return _ask(request, shown)
    form = {"code": CodeForm, "recovery": RecoveryForm}.get(way, forms.Form)(request.POST)
    shown[way] = form
    if not form.is_valid():
        return _ask(request, shown)
    given, fits, wrong = WAYS[way]
    text = request.POST[way]
    try:
        if web.throttled(request, Purpose.FACTOR, str(request.user.pk), lambda: fits(request, text)):
            with opened():
                note_factor(request, given, datetime.now(UTC))
            return redirect(next_page(request))
    except TooManyTriesError as error:
        _refuse(form, web.wait_words(error.seconds))
        return web.told_to_wait(_ask(request, shown), error.seconds)
    audit.refused(by=me(request), act=Act.STAFF_SECOND_FACTOR, why=f"wrong {given}", now=datetime.now(UTC))
    _refuse(form, wrong)
    return _ask(request, shown)


def _refuse(form: forms.Form, message: Any) -> None:
    if isinstance(form, CodeForm | RecoveryForm):
        form.wrong(message)
    else:
        form.add_error(None, message)


def _ask(request: StaffRequest, shown: dict[str, forms.Form]) -> HttpResponse:
    kinds = {factor.kind for factor in queries.factors_of(request.user.pk)}
    question = ""
    if FactorKind.PASSKEY in kinds and passkeys.are_possible(request):
        question = passkeys.ask_to_give(request, list(_opened(request, FactorKind.PASSKEY).values()))
    context = {
        "forms": shown,
        "has_app": FactorKind.APP in kinds,
        "has_passkey": FactorKind.PASSKEY in kinds,
        "question": question,
        "next": next_page(request),
        "again": factor_at(request) is not None,
    }
    return render(request, "staff/factor.html", context)


@get_or_post
def new(request: StaffRequest) -> HttpResponse:
    """Which factor to set up. The first one, until which nothing else can be seen, or one more."""
    if not may_add(request):
        return ask(request)
    context = {"first": not queries.has_factor(request.user.pk), "passkeys": passkeys.are_possible(request)}
    return render(request, "staff/factor_new.html", context)


@sensitive_post_parameters()
@get_or_post
def new_app(request: StaffRequest) -> HttpResponse:
    """Set up an app that shows one-time codes: its secret is shown until a code of it is typed."""
    if not may_add(request):
        return ask(request)
    secret = _pending(request)
    form = NewAppForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        step = step_of(secret, form.cleaned_data["code"], datetime.now(UTC))
        if step is not None:
            del request.session[PENDING]
            return _add(request, FactorKind.APP, form.cleaned_data["name"], secret, step)
        form.wrong(WRONG_CODE)
    text = base64.b32encode(secret).decode()
    context = {
        "form": form,
        "drawing": qr.draw(_address(request, text)),
        "secret": " ".join(text[start : start + 4] for start in range(0, len(text), 4)),
    }
    return render(request, "staff/factor_app.html", context)


def _pending(request: StaffRequest) -> bytes:
    """The secret of the app that is being set up. The session keeps it sealed: sessions are rows of the database."""
    account_id = request.user.pk
    if PENDING in request.session:
        sealed = base64.b64decode(request.session[PENDING])
        return open_secret(account_id=account_id, purpose=PENDING_PURPOSE, blob=sealed)
    secret = secrets.token_bytes(SECRET_BYTES)
    sealed = seal_secret(account_id=account_id, purpose=PENDING_PURPOSE, plaintext=secret)
    request.session[PENDING] = base64.b64encode(sealed).decode()
    return secret


def _address(request: StaffRequest, secret: str) -> str:
    """What the QR code says, in the form that every such app reads."""
    service = settings.SERVICE_NAME
    label = quote(f"{service}:{request.user.username}", safe=":")
    details = {"secret": secret, "issuer": service, "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(details, quote_via=quote)}"


@get_or_post
def new_passkey(request: StaffRequest) -> HttpResponse:
    """Set up a passkey."""
    if not may_add(request):
        return ask(request)
    if not passkeys.are_possible(request):
        return redirect("factor-new")
    form = NewPasskeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        answer = passkeys.added(request, request.POST.get("credential", ""))
        if answer is not None:
            return _add(request, FactorKind.PASSKEY, form.cleaned_data["name"], answer.credential, answer.counter)
        form.add_error(None, WRONG_PASSKEY)
    question = passkeys.ask_to_add(request, list(_opened(request, FactorKind.PASSKEY).values()))
    return render(request, "staff/factor_passkey.html", {"form": form, "question": question})


def _add(request: StaffRequest, kind: FactorKind, name: str, secret: bytes, counter: int) -> HttpResponse:
    now, account_id = datetime.now(UTC), request.user.pk
    codes: list[str] = []
    try:
        with opened():
            factors.add(
                account_id=account_id,
                kind=kind,
                name=name,
                sealed=seal_secret(account_id=account_id, purpose=kind, plaintext=secret),
                counter=counter,
                as_first=not is_fresh(request, now),
                by=me(request),
                now=now,
            )
            if not queries.recovery_codes_left(account_id):
                codes = factors.new_recovery_codes(account_id=account_id, by=me(request), now=now)
            if factor_at(request) is None:  # the first one: it has just been given
                note_factor(request, GIVEN_BY[kind], now)
    except NotFirstFactorError:
        return ask(request)
    return render(request, "staff/recovery_codes.html", {"codes": codes}) if codes else _done("added")


GIVEN_BY = {FactorKind.APP: Given.APP, FactorKind.PASSKEY: Given.PASSKEY}


def _done(what: str) -> HttpResponse:
    response = redirect("security")
    response.headers["Location"] += f"?done={what}"
    return response


@require_POST
@fresh_factor
def remove(request: StaffRequest) -> HttpResponse:
    """Remove a factor that is not the last; one that is gone already is gone as well."""
    factor_id = request.POST.get("factor", "")
    try:
        with opened():
            factors.remove(
                account_id=request.user.pk,
                factor_id=int(factor_id) if factor_id.isdecimal() and len(factor_id) < 19 else 0,
                by=me(request),
                now=datetime.now(UTC),
            )
    except LastFactorError:
        return _done("last")
    except NoFactorError:
        pass
    return _done("removed")


@require_POST
@fresh_factor
def new_codes(request: StaffRequest) -> HttpResponse:
    """New recovery codes, shown this once; the ones before are over."""
    with opened():
        codes = factors.new_recovery_codes(account_id=request.user.pk, by=me(request), now=datetime.now(UTC))
    return render(request, "staff/recovery_codes.html", {"codes": codes})
