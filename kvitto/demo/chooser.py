"""The demo's own page: sign in as one of the invented people with one click.

It exists where the register is the demo's and the server was told so (`kvitto demo` does, `kvitto serve` does not), and
signs in to accounts that the demo made, to no others.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from kvitto.accounts.models import Account
from kvitto.accounts.types import Given
from kvitto.accounts.web import enter
from kvitto.demo import queries
from kvitto.demo.types import ReadyColleague, ReadyMember
from kvitto.doors.staff_web.access import StaffRequest, note_factor
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.db import opened

# user name -> what can be seen as them, in the order of the page
SIGHTS: dict[str, Promise] = {
    "aino": _(
        "Keeps everything: every product of a year, and the warranty receipt of a washing machine; main member of a "
        "household of two."
    ),
    "bjorn": _(
        "Aino's partner, with a card and receipts of his own: she sees one sum a receipt, and he can hide its day."
    ),
    "chen": _("The longest list of all, with fuel and restaurant meals of which only totals are recorded."),
    "henrik": _(
        "Has lowered the recording level to product groups: single products are to be seen in his receipt archive only."
    ),
    "dan": _("Has lowered the recording level to totals: what was bought is not recorded at all."),
    "juhani": _("Buys at two chains; one of them recorded product groups for half of the year, every product since."),
    "amira": _("Has just joined and bought nothing yet: how the pages look when they are empty."),
}

STAFF_SIGHTS: dict[str, Promise] = {
    "disa": _("At a service point: who a member is, what they chose, a code for the sign-in. Never what they bought."),
    "dag": _("A data handler: opens a case about one member, and waits for a colleague unless the member asked."),
    "doris": _("Another data handler: approves what Dag opens, and he what she does."),
    "elsa": _("An analyst: looks at groups, once there are such pages, and at no person."),
    "faruk": _("A marketer: describes whom a message is for, once there are such pages, and sees no person."),
    "greta": _("The privacy officer: agreements, approvals, reviews, and the table of who may do what."),
    "ines": _("An administrator: who works here and what for, and the network of stores."),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One invented person as the page lists them."""

    member: ReadyMember
    sight: Promise
    language: str  # by its own name


def is_open() -> bool:
    """Whether the page exists on this server."""
    return bool(settings.DEMO_DOOR) and queries.loaded() is not None


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The invented people that can be looked around as."""
    ready = _ready()
    choices = [
        Choice(ready[username], sight, get_language_info(ready[username].language)["name_local"])
        for username, sight in SIGHTS.items()
        if username in ready
    ]
    return render(request, "demo/chooser.html", {"choices": choices})


@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as the invented person whose user name is posted; no password is asked."""
    member = _ready().get(request.POST.get("username", ""))
    if member is None:
        raise Http404
    identity.proved(ActorKind.MEMBER, member.account_id)  # the demo's door asks for no proof
    with opened():
        enter(request, Account.objects.get(pk=member.account_id))
    return redirect("purchases")  # in the visitor's language: who looks around is not who is looked around as


@require_safe
def choose_staff(request: HttpRequest) -> HttpResponse:
    """The invented people who work here, at the staff's face."""
    ready = _ready_staff()
    choices = [(ready[username], sight) for username, sight in STAFF_SIGHTS.items() if username in ready]
    return render(request, "demo/staff.html", {"choices": choices})


@require_POST
def sign_in_staff(request: StaffRequest) -> HttpResponse:
    """Sign in as the invented colleague whose user name is posted; neither a password nor a second factor is asked."""
    colleague = _ready_staff().get(request.POST.get("username", ""))
    if colleague is None:
        raise Http404
    identity.proved(ActorKind.STAFF, colleague.account_id)  # as above
    with opened():
        enter(request, Account.objects.get(pk=colleague.account_id))
        note_factor(request, Given.DEMO, datetime.now(UTC))
    return redirect("front")


def _ready_staff() -> dict[str, ReadyColleague]:
    if not is_open():
        raise Http404
    return queries.ready_staff()


def _ready() -> dict[str, ReadyMember]:
    if not is_open():
        raise Http404
    return queries.ready_members()
