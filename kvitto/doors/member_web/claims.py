"""A purchase that was made without the card: the member says which, and their till is asked for it."""

import re

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kvitto.doors.member_web.forms import refused
from kvitto.doors.member_web.visit import MemberRequest, Visit, own, own_act
from kvitto.intake import claims
from kvitto.intake.paper import PaperForm
from kvitto.kernel.db import opened
from kvitto.spending import queries as spending
from kvitto.spending.types import Filter
from kvitto.stores import queries as stores
from kvitto.stores.types import StorePlace

MOST_FOUND = 20  # stores
LONGEST = 100  # letters of a store's name and town

DONE: dict[str, Promise] = {
    "new": _("Noted. When the till has sent the receipt, it is among yours."),
    "end": _("Taken back: the receipt is no longer waited for."),
}
REFUSED: dict[type[Exception], Promise] = {
    claims.ClaimDayError: _("A day is expected that is not to come, of the last two years, on which you had a card."),
    claims.AlreadyYoursError: _("This receipt is among yours already."),
    claims.TooManyClaimsError: _("Ten receipts are waited for already. Wait until some have come, or take some back."),
}


@own
def claim(request: MemberRequest, visit: Visit) -> HttpResponse:
    """What the member waits for, and a form for one more: first the store, then the rest."""
    text = request.GET.get("store", "")
    return _page(request, visit, store=_store(text) if text else None)


@own_act
def make(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Claim a receipt."""
    store = _store(request.POST.get("store", ""))
    form = PaperForm(request.POST)
    if form.is_valid():
        try:
            with opened():
                claims.claim(person_id=visit.person_id, claimed=form.claimed(store.id), by=visit.by, now=visit.now)
        except tuple(REFUSED) as error:
            refused(form, REFUSED[type(error)])
        else:
            return redirect(f"{reverse('claim')}?done=new")
    return _page(request, visit, store=store, form=form)


@own_act
def end(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Take a claim back."""
    text = request.POST.get("id", "")
    with opened():
        claims.withdraw(person_id=visit.person_id, claim_id=_number(text), by=visit.by, now=visit.now)
    return redirect(f"{reverse('claim')}?done=end")


def _page(
    request: MemberRequest, visit: Visit, *, store: StorePlace | None = None, form: PaperForm | None = None
) -> HttpResponse:
    places = stores.places()
    text = request.GET.get("find", "").strip()[:LONGEST]
    found = stores.find_places(text)
    context = {
        "waiting": [
            (each, places[each.claimed.store_id])
            for each in claims.own_claims(person_id=visit.person_id, now=visit.now)
        ],
        "store": store,
        "form": form or PaperForm(),
        "text": text,
        "found": found[:MOST_FOUND],
        "too_many": len(found) > MOST_FOUND,
        "usual": []
        if store
        else spending.listing(person_id=visit.person_id, filter=Filter(), offset=0, limit=0).stores,
        "done": DONE.get(request.GET.get("done", "")),
    }
    return render(request, "member/claim.html", context)


def _store(text: str) -> StorePlace:
    place = stores.places().get(_number(text))
    if place is None:
        raise Http404
    return place


def _number(text: str) -> int:
    """An id from an address or a form; 0, which is nobody's, for whatever is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else 0
