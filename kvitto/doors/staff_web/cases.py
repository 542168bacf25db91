"""A data handler's cases: opened about one member, approved by a colleague unless the member asked, over after an hour."""

from datetime import UTC, date, datetime, timedelta

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from kvitto.doors.staff_web.access import FRESH, StaffRequest, ask, fresh_factor, is_fresh, me
from kvitto.doors.staff_web.members import card_field
from kvitto.doors.staff_web.words import FINDINGS, look_up
from kvitto.doors.staff_web.work import after, counted, done, get_or_post
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period, month_start, months_after
from kvitto.spending import cases as spending
from kvitto.staff import cases as staff_cases
from kvitto.staff import queries, records
from kvitto.staff.gate import colleague
from kvitto.staff.rules import BREAK_GLASS_PEOPLE, LONGEST_REFERENCE, REASONS
from kvitto.staff.types import Duty, Finding, Reason

OLDEST = 25  # months that anything can be kept of, this one included
LONG_FORM = FRESH + timedelta(minutes=10)  # so much longer may it take to fill in fifty cards


def _reasons() -> list[tuple[str, str]]:
    """The reasons that a data handler may give, for choosing; the member's wish is a field of its own."""
    return [
        (str(reason), look_up(row.words))
        for reason, row in REASONS.items()
        if Duty.DATA_HANDLER in row.duties and reason is not Reason.MEMBER_ASKED
    ]


class _ReferenceForm(forms.Form):
    reference = forms.CharField(
        label=_("Case reference"),
        help_text=_("Where the papers of the case are. No name: it stands in the record of acts."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CaseForm(_ReferenceForm):
    """A member's card, the reason, and where the papers are."""

    card = card_field()
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=lambda: [(str(Reason.MEMBER_ASKED), look_up(REASONS[Reason.MEMBER_ASKED].words)), *_reasons()],
    )

    field_order = ("card", "reason", "reference")


class GlassForm(_ReferenceForm):
    """The cards of those who may have bought the product."""

    cards = forms.CharField(
        label=_("Member card numbers, one a line"),
        max_length=BREAK_GLASS_PEOPLE * 80,
        widget=forms.Textarea(attrs={"rows": 8, "inputmode": "numeric", "autocomplete": "off"}),
    )

    field_order = ("cards", "reference")

    def numbers(self) -> list[str]:
        """One card a line; empty lines do not count."""
        return [line for line in self.cleaned_data["cards"].splitlines() if line.strip()]


@require_safe
def cases(request: StaffRequest) -> HttpResponse:
    """Somebody's own open cases, and those that wait."""
    own = queries.own_cases(colleague(me(request)).staff_id, Duty.DATA_HANDLER, now=datetime.now(UTC))
    return render(request, "staff/cases.html", {"own": own, "done": done(request)})


@get_or_post
def open_case(request: StaffRequest) -> HttpResponse:
    """Open a case about the holder of a card."""
    form = CaseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        asked = form.cleaned_data
        reason = Reason(asked["reason"])
        case_id = counted(
            request,
            form,
            lambda now: records.open_case(
                card=asked["card"],
                reference=asked["reference"],
                reason=reason,
                member_asked=reason is Reason.MEMBER_ASKED,
                by=me(request),
                now=now,
            ),
        )
        if case_id is not None:
            return after("opened" if reason is Reason.MEMBER_ASKED else "waits", "case", case_id)
    return render(request, "staff/case_open.html", {"form": form})


@require_safe
def case(request: StaffRequest, case_id: int) -> HttpResponse:
    """One's own case: whom it is about once somebody else stands behind it, and the way to their purchases."""
    now = datetime.now(UTC)
    found = queries.own_case(case_id, colleague(me(request)).staff_id, now=now)
    if found is None or found.duty is not Duty.DATA_HANDLER:
        raise records.NoCaseError("there is no such case of yours, or it is over")
    context: dict[str, object] = {"case": found, "done": done(request), "today": localdate(now)}
    if found.usable:
        with opened():
            context["record"] = records.record(case_id=case_id, duty=Duty.DATA_HANDLER, by=me(request), now=now)
    return render(request, "staff/case.html", context)


@require_safe
def month(request: StaffRequest, case_id: int, year: int, number: int) -> HttpResponse:
    """A month of the member's receipts, opened under the case."""
    now = datetime.now(UTC)
    today = localdate(now)
    first = _month(year, number, today)
    fresh = is_fresh(request, now)
    own = queries.own_case(case_id, colleague(me(request)).staff_id, now=now)
    if own and own.break_glass and not fresh:
        return ask(request)
    found = spending.month(
        case_id=case_id,
        period=Period(first, months_after(first, 1)),
        language=(get_language() or "en")[:2],
        fresh_factor=fresh,
        by=me(request),
        today=today,
        now=now,
    )
    context = {
        "month": found,
        "before": _beside(first, -1, today),
        "after": _beside(first, 1, today),
    }
    return render(request, "staff/case_month.html", context)


def _month(year: int, number: int, today: date) -> date:
    """The first of a month that something can be kept of; Http404 for others."""
    if not 1 <= number <= 12 or not 2000 <= year <= 9999:
        raise Http404
    first = date(year, number, 1)
    if not months_after(month_start(today), 1 - OLDEST) <= first <= today:
        raise Http404
    return first


def _beside(first: date, months: int, today: date) -> date | None:
    try:
        other = months_after(first, months)
        return _month(other.year, other.month, today)
    except Http404:
        return None


@get_or_post
def glass(request: StaffRequest) -> HttpResponse:
    """A dangerous product: look up to fifty members up at once, without waiting for a colleague."""
    now = datetime.now(UTC)
    form = GlassForm(request.POST if request.method == "POST" else None)
    if not is_fresh(request, now, LONG_FORM if request.method == "POST" else FRESH):
        return ask(request)
    if form.is_valid():
        opened_now = counted(
            request,
            form,
            lambda at: records.break_glass(
                cards=form.numbers(),
                reference=form.cleaned_data["reference"],
                fresh_factor=True,
                by=me(request),
                now=at,
            ),
        )
        if opened_now is not None:
            return after("glass", "cases")
    return render(request, "staff/glass.html", {"form": form, "most": BREAK_GLASS_PEOPLE, "longest": LONGEST_REFERENCE})


@require_safe
def glasses(request: StaffRequest) -> HttpResponse:
    """What was opened without a colleague, for the privacy officer to review."""
    now = datetime.now(UTC)
    context = {
        "glasses": queries.glasses(now=now),
        "mine": colleague(me(request)).staff_id,
        "findings": FINDINGS.items(),
        "now": now,
        "done": done(request),
    }
    return render(request, "staff/glasses.html", context)


@require_POST
@fresh_factor
def review(request: StaffRequest, glass_id: int) -> HttpResponse:
    """Say whether it was justified."""
    asked = request.POST.get("finding", "")
    if asked not in {str(each) for each in Finding}:
        raise Http404
    with opened():
        staff_cases.review_glass(
            glass_id=glass_id, finding=Finding(asked), fresh_factor=True, by=me(request), now=datetime.now(UTC)
        )
    return after("reviewed", "glasses")
