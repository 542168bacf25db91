"""The members' pages that are not Django's own."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from kvitto.accounts.models import Account
from kvitto.members import queries as members
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import LevelReason, ReceiptHead
from kvitto.stores import queries as stores
from kvitto.stores.types import Level

LATEST = 10

LEVELS = {
    Level.PRODUCT: _("every product"),
    Level.GROUP: _("product groups"),
    Level.TOTAL: _("the total only"),
}
REASONS = {
    LevelReason.CHAIN: _("the chain's level on that day"),
    LevelReason.MEMBER_THEN: _("your choice when you bought"),
    LevelReason.MEMBER_NOW: _("your choice when the receipt came in"),
}


class MemberRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: Account


@dataclass(frozen=True, slots=True)
class Row:
    """One receipt of the list, with its codes in words."""

    receipt: ReceiptHead
    store: str
    level: Promise
    reason: Promise


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What the service is, and how finely each chain records today."""
    chains = [(each, LEVELS[each.level]) for each in stores.recorded_on(localdate())]
    return render(request, "member/front.html", {"chains": chains, "stores": stores.count_stores()})


@require_safe
@login_required
def me(request: MemberRequest) -> HttpResponse:
    """The signed-in member's latest receipts."""
    person_id = members.person_of_account(request.user.pk)
    receipts = [] if person_id is None else purchases.receipts_of(person_id, limit=LATEST)
    names = stores.store_names({receipt.store_id for receipt in receipts})
    rows = [
        Row(receipt, names[receipt.store_id], LEVELS[receipt.level], REASONS[receipt.level_reason])
        for receipt in receipts
    ]
    return render(request, "member/me.html", {"known": person_id is not None, "rows": rows})
