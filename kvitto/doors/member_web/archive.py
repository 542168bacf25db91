"""The member's receipt archive: receipts of which less is recorded, whole, for their owner alone."""

from datetime import date
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from kvitto.archive import actions, queries
from kvitto.choices import queries as choices
from kvitto.choices.types import Topic
from kvitto.doors.member_web.formats import clock
from kvitto.doors.member_web.own import pdf_of, vat
from kvitto.doors.member_web.visit import MemberRequest, Visit, own, own_act
from kvitto.kernel.db import opened
from kvitto.spending import queries as spending
from kvitto.spending.types import ReceiptPage
from kvitto.stores import queries as stores


@own
def archive(request: MemberRequest, visit: Visit) -> HttpResponse:
    """What is in it, newest first. Opens nothing."""
    context = {
        "receipts": spending.listed(queries.of_person(visit.person_id)),
        "on": choices.value_of(visit.person_id, Topic.RECEIPT_ARCHIVE, profile=stores.profile()),
    }
    return render(request, "member/archive.html", context)


@own
def receipt(request: MemberRequest, visit: Visit, day: date, receipt_id: int) -> HttpResponse:
    """One receipt, whole."""
    found = _receipt(visit, day, receipt_id)
    time = clock(found.head.end_time.astimezone(ZoneInfo(found.zone)))
    return render(
        request, "member/archive_receipt.html", {"receipt": found, "clock": time, "vat": vat(found), "whole": True}
    )


@own
def receipt_pdf(request: MemberRequest, visit: Visit, day: date, receipt_id: int) -> HttpResponse:  # noqa: ARG001  the visit says all
    """The same as a PDF."""
    return pdf_of(_receipt(visit, day, receipt_id), visit)


@own_act
def remove(request: MemberRequest, visit: Visit, day: date, receipt_id: int) -> HttpResponse:  # noqa: ARG001  a form without fields
    """Take a receipt out of the archive."""
    with opened():
        actions.remove(person_id=visit.person_id, day=day, receipt_id=receipt_id, by=visit.by, now=visit.now)
    return redirect("archive")


def _receipt(visit: Visit, day: date, receipt_id: int) -> ReceiptPage:
    found = queries.opened_receipt(
        person_id=visit.person_id, day=day, receipt_id=receipt_id, by=visit.by, now=visit.now
    )
    if found is None:
        raise Http404
    return spending.receipt_pages([found], language=visit.language, today=visit.today)[0]
