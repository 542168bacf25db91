"""At a service point: a member has a receipt of a purchase without the card. It is written off the paper, and the till is asked."""

import re
from datetime import UTC, datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render

from kvitto.doors.staff_web.access import StaffRequest, me
from kvitto.doors.staff_web.work import after, attempt, done, get_or_post
from kvitto.intake import claims
from kvitto.intake.paper import PaperForm
from kvitto.intake.types import Claimed
from kvitto.kernel.db import opened
from kvitto.staff import records
from kvitto.staff.types import Act
from kvitto.stores import queries as stores
from kvitto.stores.types import StorePlace

MOST_FOUND = 20  # stores
LONGEST = 100  # letters of a store's name and town


@get_or_post
def claim(request: StaffRequest, case_id: int) -> HttpResponse:
    """First the store, then what stands on the paper. What the member waits for and has bought is not shown here."""
    with opened():
        case, _ = records.asked(case_id=case_id, act=Act.MEMBER_CLAIM, by=me(request), now=datetime.now(UTC))
    asked = request.POST if request.method == "POST" else request.GET
    store = _store(asked["store"]) if "store" in asked else None
    form = PaperForm(request.POST if request.method == "POST" else None)
    if store and form.is_valid() and _claimed(request, case_id, form, form.claimed(store.id)):
        return after("claimed", "record-claim", case_id)
    text = request.GET.get("find", "").strip()[:LONGEST]
    found = stores.find_places(text)
    context = {
        "case": case,
        "store": store,
        "form": form,
        "text": text,
        "found": found[:MOST_FOUND],
        "too_many": len(found) > MOST_FOUND,
        "done": done(request),
    }
    return render(request, "staff/claim.html", context)


def _claimed(request: StaffRequest, case_id: int, form: PaperForm, claimed: Claimed) -> bool:
    def act(now: datetime) -> bool:
        claims.claim_for(case_id=case_id, claimed=claimed, by=me(request), now=now)
        return True

    return attempt(request, form, act) is not None


def _store(text: str) -> StorePlace:
    place = stores.places().get(int(text)) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else None
    if place is None:
        raise Http404
    return place
