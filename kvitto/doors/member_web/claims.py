"""A purchase that was made without the card: the member says which, and their till is asked for it."""

import re
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kvitto.doors.member_web.filters import cents_of
from kvitto.doors.member_web.forms import refused
from kvitto.doors.member_web.visit import MemberRequest, Visit, own, own_act
from kvitto.intake import claims
from kvitto.intake.types import Claimed
from kvitto.kernel.collation import sort_key
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


class ClaimForm(forms.Form):
    """What a receipt on paper says of itself."""

    business_day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    total = forms.CharField(
        label=_("Total, €"),
        help_text=_("To the cent, as on the paper. A receipt with another total does not become yours."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    workstation = forms.CharField(
        label=_("Till"), max_length=40, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    sequence = forms.IntegerField(
        label=_("Receipt number"),
        min_value=0,
        max_value=2**63 - 1,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    code = forms.CharField(
        label=_("Receipt code"),
        help_text=_("In the place of till and number, where one is printed."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_total(self) -> int:
        """In cents."""
        cents = cents_of(self.cleaned_data["total"])
        if cents is None:
            raise forms.ValidationError(_("That is not an amount: write it as 12,50."))
        return cents

    def clean(self) -> dict[str, Any]:
        """Till and number, or the code."""
        given: dict[str, Any] = super().clean() or {}
        whole = given.get("workstation") and given.get("sequence") is not None
        if not (whole or given.get("code")) and "sequence" not in self.errors:
            refused(self, _("Write the till and the number of the receipt, or its code."))
        return given

    def claimed(self, store_id: int) -> Claimed:
        """The purchase that the form names."""
        given = self.cleaned_data
        named = (
            {"code": given["code"]} if given["code"] else {each: given[each] for each in ("workstation", "sequence")}
        )
        return Claimed(store_id, given["business_day"], given["total"], **named)


@own
def claim(request: MemberRequest, visit: Visit) -> HttpResponse:
    """What the member waits for, and a form for one more: first the store, then the rest."""
    text = request.GET.get("store", "")
    return _page(request, visit, store=_store(text) if text else None)


@own_act
def make(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Claim a receipt."""
    store = _store(request.POST.get("store", ""))
    form = ClaimForm(request.POST)
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
    request: MemberRequest, visit: Visit, *, store: StorePlace | None = None, form: ClaimForm | None = None
) -> HttpResponse:
    places = stores.places()
    text = request.GET.get("find", "").strip()[:LONGEST]
    found = _found(text) if text else []
    context = {
        "waiting": [
            (each, places[each.claimed.store_id])
            for each in claims.own_claims(person_id=visit.person_id, now=visit.now)
        ],
        "store": store,
        "form": form or ClaimForm(),
        "text": text,
        "found": found[:MOST_FOUND],
        "too_many": len(found) > MOST_FOUND,
        "usual": []
        if store
        else spending.listing(person_id=visit.person_id, filter=Filter(), offset=0, limit=0).stores,
        "done": DONE.get(request.GET.get("done", "")),
    }
    return render(request, "member/claim.html", context)


def _found(text: str) -> list[StorePlace]:
    """The stores whose name, town and chain have all the words, by name."""
    words = text.casefold().split()
    found = [
        place
        for place in stores.places().values()
        if all(word in f"{place.name} {place.town} {place.chain}".casefold() for word in words)
    ]
    return sorted(found, key=lambda place: (sort_key(place.name), place.id))


def _store(text: str) -> StorePlace:
    place = stores.places().get(_number(text))
    if place is None:
        raise Http404
    return place


def _number(text: str) -> int:
    """An id from an address or a form; 0, which is nobody's, for whatever is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else 0
