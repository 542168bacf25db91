"""Pages that open no purchases: the front page, what is recorded where and why, what is known of a member."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from kvitto.doors.member_web.visit import MemberRequest, Visit, own
from kvitto.members import queries as members
from kvitto.rights import queries as rights
from kvitto.stores import queries as stores


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What the service is; for a member who is signed in, their purchases."""
    if request.user.is_authenticated:
        return redirect("purchases")
    return render(request, "member/front.html", {"today": localdate()})


@require_safe
def levels(request: HttpRequest) -> HttpResponse:
    """How finely each chain records today."""
    return render(request, "member/levels.html", {"chains": stores.recorded_on(localdate())})


@require_safe
def what_we_record(request: HttpRequest) -> HttpResponse:
    """What is recorded about a member, why, how long, and who gets it: as the program itself is told."""
    context = {"chapters": rights.about_members(), "handing": rights.handing(today=localdate())}
    return render(request, "member/what_we_record.html", context)


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Every part of the stylesheet on one page, for those who work on it; in debug only."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "member/design.html")


@own
def account(request: MemberRequest, visit: Visit) -> HttpResponse:
    """What the customer register knows of the member."""
    context = {
        "details": members.details(visit.person_id),
        "cards": members.cards_of(visit.person_id, now=visit.now),
        "contacts": members.contacts_of(visit.person_id),
        "homes": members.homes_of(visit.person_id),
        "contact": stores.contact(),
    }
    return render(request, "member/account.html", context)
