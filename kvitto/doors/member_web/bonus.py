"""A member's Bonus: a month as it is computed, and what has been booked."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from kvitto.bonus import view
from kvitto.doors.member_web.converters import is_month, month
from kvitto.doors.member_web.own import checked
from kvitto.doors.member_web.visit import MemberRequest, Visit, own
from kvitto.kernel.periods import Period


@own
def bonus(request: MemberRequest, visit: Visit) -> HttpResponse:
    """The running month."""
    return _page(request, visit, month(visit.today))


@own
def month_page(request: MemberRequest, visit: Visit, period: Period) -> HttpResponse:
    """Another month."""
    if not is_month(period):
        raise Http404
    return _page(request, visit, checked(period, visit.today))


def _page(request: MemberRequest, visit: Visit, period: Period) -> HttpResponse:
    return render(request, "member/bonus.html", {"page": view.page(month=period, **visit.acts())})
