"""The keys of tills: which there are, a new one, another in the place of one, and one taken away.

A key is on the page that made it, and nowhere else: neither in an address nor in the session.
"""

from datetime import UTC, datetime

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from kvitto.doors.staff_web.access import FRESH, StaffRequest, ask, fresh_factor, is_fresh, me
from kvitto.doors.staff_web.cases import LONG_FORM
from kvitto.doors.staff_web.work import after, attempt, done, get_or_post
from kvitto.kernel.db import opened
from kvitto.staff.rules import barred
from kvitto.staff.types import Act
from kvitto.stores.types import ScopeKind
from kvitto.tills import actions, queries
from kvitto.tills.rules import DAYS, LONGEST_LABEL, MOST_DAYS, OVERLAP_DAYS
from kvitto.tills.types import KeyState, NewKey

KINDS = {
    ScopeKind.STORE: _("one store"),
    ScopeKind.CHAIN: _("all stores of a chain"),
    ScopeKind.COMPANY: _("all stores of a company"),
}


class KeyForm(forms.Form):
    """What the key is for, and how long."""

    label = forms.CharField(
        label=_("What it is for"),
        help_text=_("Tells keys apart, such as “Harbour, all tills”."),
        max_length=LONGEST_LABEL,
    )
    kind = forms.ChoiceField(
        label=_("Whose receipts it may hand in"), choices=[(str(code), text) for code, text in KINDS.items()]
    )
    code = forms.CharField(
        label=_("Code of the store, chain or company"), help_text=_("The page Network has them."), max_length=32
    )
    days = forms.IntegerField(label=_("Days it holds"), initial=DAYS, min_value=1, max_value=MOST_DAYS)
    sandbox = forms.BooleanField(label=_("To try only: check everything, store nothing"), required=False)


@require_safe
def keys(request: StaffRequest) -> HttpResponse:
    """The keys that hold, and apart from them those that are over."""
    found = queries.listed(now=datetime.now(UTC))
    context = {
        "keys": [each for each in found if each.state is KeyState.HOLDS],
        "over": [each for each in found if each.state is not KeyState.HOLDS],
        "may_issue": barred(request.standing, Act.TILL_KEY_ISSUE) is None,
        "overlap": OVERLAP_DAYS,
        "done": done(request),
    }
    return render(request, "staff/till_keys.html", context)


@never_cache
@get_or_post
def new(request: StaffRequest) -> HttpResponse:
    """Make a key."""
    now = datetime.now(UTC)
    if not is_fresh(request, now, LONG_FORM if request.method == "POST" else FRESH):
        return ask(request)
    form = KeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        asked = form.cleaned_data
        made = attempt(
            request,
            form,
            lambda at: actions.issue(
                **asked | {"kind": ScopeKind(asked["kind"])}, fresh_factor=True, by=me(request), now=at
            ),
        )
        if made is not None:
            return _shown(request, made)
    return render(request, "staff/till_key_new.html", {"form": form})


@never_cache
@require_POST
@fresh_factor
def rotate(request: StaffRequest, key_id: int) -> HttpResponse:
    """Make a key in the place of one that holds."""
    with opened():
        made = actions.rotate(key_id=key_id, fresh_factor=True, by=me(request), now=datetime.now(UTC))
    return _shown(request, made)


@require_POST
def revoke(request: StaffRequest, key_id: int) -> HttpResponse:
    """Take a key away."""
    with opened():
        actions.revoke(key_id=key_id, by=me(request), now=datetime.now(UTC))
    return after("revoked", "till-keys")


def _shown(request: StaffRequest, made: NewKey) -> HttpResponse:
    return render(request, "staff/till_key.html", {"key": made})
