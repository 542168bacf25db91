"""A member's household: who is in it, how somebody comes in and goes, and what its main member sees of the others."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kvitto.accounts import web
from kvitto.accounts.tries import TooManyTriesError
from kvitto.accounts.types import Purpose
from kvitto.doors.member_web.converters import is_month, month
from kvitto.doors.member_web.forms import JoinForm, MinorForm, refused
from kvitto.doors.member_web.own import checked
from kvitto.doors.member_web.visit import MemberRequest, Visit, own, own_act
from kvitto.households import actions, queries
from kvitto.households.types import Home, Role
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.spending import household as spending

DONE: dict[str, Promise] = {
    "join": _("You are in the household from today on. Your receipts stay yours alone."),
    "minor": _("The child is in the household from today on, and you are their guardian."),
    "withdraw": _("The invitation is over: its code works no longer."),
    "take-out": _("From today on they are no longer in the household. Their receipts stay theirs."),
    "leave": _("From today on you are no longer in the household. Your receipts stay yours."),
    "along": _("The child is in your household from today on."),
    "guardian": _("The child has another guardian now."),
    "offer": _("Offered. It is done when they accept, on this page of theirs."),
    "accept": _("From today on you are the household's main member."),
}
NO_CODE = _("This code is not known, or was used, or its time is over. Ask for a new one.")
NOT_FREE = _("You are the main member of others, or in this household already. Hand your household over first.")
FOR_ADULTS = _("This is for adults. The main member adds a minor.")
NOT_A_MINOR = _("A child is under 18. An adult comes in by an invitation.")

_Act = Callable[[Visit, int, int], None]
# what a button does, with the id it names, and a second one where there are two people
ACTS: dict[str, _Act] = {
    "withdraw": lambda visit, named, _: actions.withdraw(invitation_id=named, **visit.acts()),
    "take-out": lambda visit, named, _: actions.take_out(other_id=named, **visit.acts()),
    "leave": lambda visit, _named, _: actions.leave(**visit.acts()),
    "along": lambda visit, named, _: actions.take_along(minor_id=named, **visit.acts()),
    "guardian": lambda visit, named, other: actions.name_guardian(minor_id=named, guardian_id=other, **visit.acts()),
    "offer": lambda visit, named, _: actions.offer_main(other_id=named, **visit.acts()),
    "accept": lambda visit, _named, _: actions.accept_main(**visit.acts()),
}


@own
def household(request: MemberRequest, visit: Visit) -> HttpResponse:
    """The household today, and this month of the others for its main member."""
    return _page(request, visit)


@own
def month_page(request: MemberRequest, visit: Visit, period: Period) -> HttpResponse:
    """A month of the others, for the main member."""
    if not is_month(period):
        raise Http404
    found = _others(visit, checked(period, visit.today))
    if found is None:
        raise Http404
    return render(request, "member/household_month.html", {"others": found})


@own_act
def invite(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Make an invitation; its code is shown this once."""
    with opened():
        code = actions.invite(**visit.acts())
    return _page(request, visit, code=code)


@own_act
def join(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Come into the household whose invitation it is. Codes are guessed at no faster than passwords."""
    form = JoinForm(request.POST)
    wait = 0
    if form.is_valid():
        try:
            if web.throttled(request, Purpose.CODE, f"household {request.user.pk}", lambda: _join(visit, form)):
                return _done("join")
        except TooManyTriesError as error:
            wait = error.seconds
            refused(form, web.wait_words(wait))
        except actions.NotFreeError:
            refused(form, NOT_FREE)
        except actions.AgeError:
            refused(form, FOR_ADULTS)
        else:
            refused(form, NO_CODE)
    response = _page(request, visit, join=form)
    return web.told_to_wait(response, wait) if wait else response


def _join(visit: Visit, form: forms.Form) -> bool:
    try:
        with opened():
            actions.join(code=form.cleaned_data["code"], **visit.acts())
    except actions.InvitationOverError:
        return False
    return True


@own_act
def add_minor(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Add a child."""
    form = MinorForm(request.POST)
    if form.is_valid():
        try:
            with opened():
                actions.add_minor(**form.cleaned_data, **visit.acts())
        except actions.AgeError:
            form.add_error("birth_date", NOT_A_MINOR)
        else:
            return _done("minor")
    return _page(request, visit, minor=form)


@own_act
def do(request: MemberRequest, visit: Visit) -> HttpResponse:
    """What one of the buttons on the page does."""
    act = request.POST.get("act", "")
    if act not in ACTS:
        raise Http404
    with opened():
        ACTS[act](visit, _number(request, "id"), _number(request, "other"))
    return _done(act)


def _number(request: MemberRequest, name: str) -> int:
    """An id from a form; 0, which is nobody's, for whatever is none."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _done(what: str) -> HttpResponse:
    return redirect(f"{reverse('household')}?done={what}")


def _others(visit: Visit, period: Period) -> spending.OthersMonth | None:
    return spending.others(person_id=visit.person_id, month=period, by=visit.by, today=visit.today, now=visit.now)


def _page(
    request: MemberRequest,
    visit: Visit,
    *,
    code: str = "",
    join: forms.Form | None = None,
    minor: forms.Form | None = None,
) -> HttpResponse:
    home = queries.home(visit.person_id, today=visit.today, now=visit.now)
    main = home is not None and home.role is Role.MAIN
    context: dict[str, Any] = {
        "home": home,
        "main": main,
        "founds": home is None or main,  # who invites and adds
        "others": _others(visit, month(visit.today)) if main else None,
        "invitations": queries.invitations(visit.person_id, today=visit.today, now=visit.now) if main else [],
        "elsewhere": queries.wards_elsewhere(visit.person_id, today=visit.today),
        "adults": [mate for mate in home.others if mate.role is not Role.MINOR] if home else [],
        "may_leave": home is not None and home.role is not Role.MINOR and (not main or not home.others),
        "may_join": home is None or _may_join(home),
        "code": code,
        "join": join or JoinForm(),
        "minor": minor or MinorForm(),
        "done": DONE.get(request.GET.get("done", "")),
    }
    return render(request, "member/household.html", context)


def _may_join(home: Home) -> bool:
    return home.role is Role.ADULT or (home.role is Role.MAIN and all(mate.ward for mate in home.others))
