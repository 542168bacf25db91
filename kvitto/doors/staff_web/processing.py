"""The record of processing (GDPR, article 30) and what members are told (article 13), from what the program enforces."""

from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from kvitto.doors.staff_web.access import StaffRequest
from kvitto.rights import queries as rights
from kvitto.rights.rules import OF_MEMBERS, recipients
from kvitto.stores import queries as stores
from kvitto.stores.types import CompanyKind


@require_safe
def processing(request: StaffRequest) -> HttpResponse:
    """What is processed, what for, whose, how long, by whom, and how it is kept safe; made to be printed."""
    today = localdate(datetime.now(UTC))
    handing, network = rights.handing(today=today), stores.current()
    companies = network.companies.values() if network else []
    context = {
        "today": today,
        "companies": [company for company in companies if company.kind is CompanyKind.COOP],
        "activities": [
            (chapter, chapter.topic in OF_MEMBERS, recipients(chapter, handing.now))
            for chapter in rights.about_everybody()
        ],
        "handing": handing,
    }
    return render(request, "staff/processing.html", context)
