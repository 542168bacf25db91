"""What tills' receipts ask of people: two versions of one to decide between, and running numbers that are missing.

Neither page shows a line of a receipt: nothing here is needed to know what was bought.
"""

from datetime import UTC, date, datetime, timedelta

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from kvitto.doors.staff_web.access import StaffRequest, fresh_factor, me
from kvitto.doors.staff_web.work import after, done
from kvitto.intake import gaps as numbers
from kvitto.intake import leftovers, queries
from kvitto.intake.types import GapState
from kvitto.kernel.db import opened
from kvitto.kernel.errors import InvalidError
from kvitto.staff.rules import barred
from kvitto.staff.types import Act
from kvitto.stores import queries as stores
from kvitto.stores.types import ScopeKind

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
DAYS = 31  # that are looked at when no period is asked for


class PeriodForm(forms.Form):
    """Which store's, and which days'."""

    store = forms.CharField(label=_("Code of a store, or empty"), max_length=40, required=False)
    first = forms.DateField(label=_("From"), widget=_DAY)
    last = forms.DateField(label=_("Until"), widget=_DAY)

    def __init__(self, today: date, data: QueryDict) -> None:
        whole = {"store": "", "first": today - timedelta(days=DAYS), "last": today - timedelta(days=1)}
        super().__init__({name: data.get(name) or value for name, value in whole.items()})

    def clean_store(self) -> int | None:
        """The store's id."""
        code = self.cleaned_data["store"]
        found = stores.place_id(ScopeKind.STORE, code) if code else None
        if code and found is None:
            raise forms.ValidationError(_("No store has this code. The network page has them."))
        return found


class GapForm(forms.Form):
    """Which missing numbers, and what is declared of them."""

    store = forms.CharField(max_length=40)
    day = forms.DateField()
    till = forms.CharField(max_length=40)
    first = forms.IntegerField(min_value=0)
    last = forms.IntegerField(min_value=0)
    state = forms.TypedChoiceField(coerce=GapState, choices=[(str(state), state) for state in GapState])


class GapFormError(InvalidError):
    """The page's own form always names a gap."""


@require_safe
def gaps(request: StaffRequest) -> HttpResponse:
    """The tills' days with missing numbers or late ones: of the last month, or of another period."""
    form = PeriodForm(localdate(), request.GET)
    found = []
    if form.is_valid():
        asked = form.cleaned_data
        end = asked["last"] + timedelta(days=1)
        found = numbers.till_days(start=asked["first"], end=end, store_id=asked["store"])
    context = {
        "form": form,
        "days": found,
        "most": numbers.MOST_DAYS if len(found) == numbers.MOST_DAYS else 0,
        "places": stores.places(),
        "may_settle": barred(request.standing, Act.RECEIPTS_SETTLE_GAP) is None,
        "asked": request.GET.urlencode(),
        "done": done(request),
    }
    return render(request, "staff/gaps.html", context)


@require_POST
def settle(request: StaffRequest) -> HttpResponse:
    """Declare missing numbers void or lost, or take that back."""
    form = GapForm(request.POST)
    if not form.is_valid():
        raise GapFormError("a gap is a store, a day, a till, two numbers and what is declared of them")
    asked = form.cleaned_data
    with opened():
        numbers.settle(
            store=asked["store"],
            business_day=asked["day"],
            workstation=asked["till"],
            first=asked["first"],
            last=asked["last"],
            state=asked["state"],
            by=me(request),
            now=datetime.now(UTC),
        )
    shown = {name: value for name in ("store", "first", "last") if (value := request.GET.get(name))}
    return after("declared", "gaps", **shown)


@require_safe
def conflicts(request: StaffRequest) -> HttpResponse:
    """Receipts that came again with other content, and nobody has decided."""
    context = {
        "conflicts": queries.open_conflicts(),
        "awaited": queries.awaited_conflicts(),
        "places": stores.places(),
        "done": done(request),
    }
    return render(request, "staff/conflicts.html", context)


@require_POST
@fresh_factor
def decide(request: StaffRequest, conflict_id: int) -> HttpResponse:
    """Keep what is stored, or accept the other content once."""
    accept = request.POST.get("decision") == "accept"
    with opened():
        leftovers.decide(
            conflict_id=conflict_id, accept=accept, fresh_factor=True, by=me(request), now=datetime.now(UTC)
        )
    return after("accepted" if accept else "kept", "conflicts")
