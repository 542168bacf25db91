"""A member at a service point: looked up by their card, never what they bought."""

from datetime import UTC, datetime

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from kvitto.doors.staff_web.access import StaffRequest, me
from kvitto.doors.staff_web.words import PROOFS
from kvitto.doors.staff_web.work import after, attempt, counted, done, get_or_post
from kvitto.kernel.db import opened
from kvitto.staff import cases, queries, records
from kvitto.staff.gate import colleague
from kvitto.staff.types import Duty, Proof


def _now() -> datetime:
    return datetime.now(UTC)


def card_field() -> forms.CharField:
    """A member card's number, as it is typed or read by a scanner."""
    shown = {"autocomplete": "off", "inputmode": "numeric", "autofocus": True}
    return forms.CharField(label=_("Member card number"), max_length=60, widget=forms.TextInput(attrs=shown))


class LookUpForm(forms.Form):
    """A card, and how its holder has shown who they are."""

    card = card_field()
    proof = forms.ChoiceField(
        label=_("How they have shown who they are"), choices=[(str(code), words) for code, words in PROOFS.items()]
    )


@get_or_post
def look_up(request: StaffRequest) -> HttpResponse:
    """The service point's first page: a member asks for something. The look-up is itself what is traced."""
    form = LookUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        case_id = counted(
            request,
            form,
            lambda now: records.look_up(
                card=form.cleaned_data["card"], proof=Proof(form.cleaned_data["proof"]), by=me(request), now=now
            ),
        )
        if case_id is not None:
            return redirect("record", case_id)
    now = _now()
    own = queries.own_cases(colleague(me(request)).staff_id, Duty.SERVICE_POINT, now=now)
    return render(request, "staff/look_up.html", {"form": form, "own": own, "done": done(request)})


@require_safe
def record(request: StaffRequest, case_id: int) -> HttpResponse:
    """What the customer register holds of the member."""
    with opened():
        found = records.record(case_id=case_id, duty=Duty.SERVICE_POINT, by=me(request), now=_now())
    return render(request, "staff/record.html", {"record": found})


@require_POST
def code(request: StaffRequest, case_id: int) -> HttpResponse:
    """A code with which the member sets up their sign-in, shown this once."""
    form = forms.Form(request.POST)
    form.full_clean()
    made = attempt(request, form, lambda now: records.issue_code(case_id=case_id, by=me(request), now=now))
    return render(request, "staff/code.html", {"code": made, "case_id": case_id, "form": form})


@require_POST
def close(request: StaffRequest, case_id: int) -> HttpResponse:
    """The member has gone, or the case is done: nothing of it can be seen any more."""
    with opened():
        cases.close_case(case_id=case_id, by=me(request), now=_now())
    at_point = Duty.SERVICE_POINT in request.standing.duties and "cases" not in request.POST
    return after("closed", "look-up" if at_point else "cases")
