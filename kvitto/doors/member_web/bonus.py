"""A member's Bonus: a month as it is computed, and what has been booked."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from kvitto.bonus import view
from kvitto.doors.member_web.converters import is_month, month
from kvitto.doors.member_web.export import download
from kvitto.doors.member_web.own import checked
from kvitto.doors.member_web.statement import statement_pdf
from kvitto.doors.member_web.visit import MemberRequest, Visit, own
from kvitto.kernel.periods import Period
from kvitto.members import queries as members


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


@own
def statement(request: MemberRequest, visit: Visit, period: Period) -> HttpResponse:  # noqa: ARG001  the visit says all
    """The same as a PDF."""
    if not is_month(period):
        raise Http404
    page = view.page(month=checked(period, visit.today), **visit.acts())
    details = members.details(visit.person_id)
    made = statement_pdf(page, name=f"{details.given_name} {details.family_name}", now=visit.now)
    return download(made, "application/pdf", f"bonus-{period.start:%Y-%m}.pdf")


def _page(request: MemberRequest, visit: Visit, period: Period) -> HttpResponse:
    return render(request, "member/bonus.html", {"page": view.page(month=period, **visit.acts())})
