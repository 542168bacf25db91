"""Who works here and what for: duties proposed and approved, agreements, the table of who may do what, the network."""

from datetime import UTC, date, datetime

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from kvitto.doors.staff_web.access import FRESH, StaffRequest, ask, fresh_factor, is_fresh, me
from kvitto.doors.staff_web.cases import LONG_FORM
from kvitto.doors.staff_web.words import DUTIES, GROUPS, needs, who
from kvitto.doors.staff_web.work import after, attempt, done, get_or_post
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.staff import actions, queries
from kvitto.staff import cases as staff_cases
from kvitto.staff.gate import colleague
from kvitto.staff.rules import LANGUAGES, POLICY, REASONS, barred
from kvitto.staff.types import Act, Duty, StaffMember
from kvitto.stores import queries as stores


class DutyForm(forms.Form):
    """Who is to be what, and from when until when."""

    staff = forms.TypedChoiceField(label=_("Who"), coerce=int)
    duty = forms.ChoiceField(label=_("Duty"), choices=[(str(code), words) for code, words in DUTIES.items()])
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, people: list[StaffMember], today: date, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"since": today})
        self.fields["staff"].choices = [(each.staff_id, each.name) for each in people]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first."))
        return self.cleaned_data

    def period(self) -> Period:
        """Half-open, as periods are."""
        until = self.cleaned_data["until"]
        return Period(self.cleaned_data["since"], date.fromordinal(until.toordinal() + 1) if until else None)


class TextsForm(forms.Form):
    """The agreement's text in each language."""

    sv = forms.CharField(
        label=_("Swedish text"), widget=forms.Textarea(attrs={"rows": 12, "lang": "sv"}), max_length=50_000
    )
    fi = forms.CharField(
        label=_("Finnish text"), widget=forms.Textarea(attrs={"rows": 12, "lang": "fi"}), max_length=50_000
    )
    en = forms.CharField(
        label=_("English text"), widget=forms.Textarea(attrs={"rows": 12, "lang": "en"}), max_length=50_000
    )


@get_or_post
def people(request: StaffRequest) -> HttpResponse:
    """Everybody who works here, with duties and agreement; a duty can be proposed here."""
    return _people(request, None)


def _people(request: StaffRequest, form: DutyForm | None) -> HttpResponse:
    now = datetime.now(UTC)
    context = {
        "people": queries.signatories(now=now),
        "form": form or DutyForm(queries.people(), localdate(now)),
        "may_propose": barred(request.standing, Act.DUTY_PROPOSE) is None,
        "done": done(request),
    }
    return render(request, "staff/people.html", context)


@require_POST
def propose(request: StaffRequest) -> HttpResponse:
    """Propose a duty; another person approves it."""
    form = DutyForm(queries.people(), localdate(), request.POST)
    if form.is_valid():
        asked = form.cleaned_data
        made = attempt(
            request,
            form,
            lambda now: actions.propose_duty(
                staff_id=asked["staff"], duty=Duty(asked["duty"]), period=form.period(), by=me(request), now=now
            ),
        )
        if made is not None:
            return after("proposed", "people")
    return _people(request, form)


@require_POST
def end_duty(request: StaffRequest, duty_id: int) -> HttpResponse:
    """End a duty at once, or withdraw a proposal."""
    with opened():
        actions.end_duty(duty_id=duty_id, by=me(request), now=datetime.now(UTC))
    return after("ended", "approvals" if "proposal" in request.POST else "people")


@require_safe
def approvals(request: StaffRequest) -> HttpResponse:
    """Everything that waits for a second person, as far as somebody's duties go."""
    now, standing = datetime.now(UTC), request.standing
    duties, cases = barred(standing, Act.DUTY_APPROVE) is None, barred(standing, Act.CASE_APPROVE) is None
    context = {
        "mine": colleague(me(request)).staff_id,
        "proposals": queries.open_proposals(now=now) if duties else [],
        "changes": queries.open_changes(now=now) if duties else [],
        "cases": queries.waiting_cases(now=now) if cases else [],
        "done": done(request),
    }
    return render(request, "staff/approvals.html", context)


@require_POST
@fresh_factor
def approve_duty(request: StaffRequest, duty_id: int) -> HttpResponse:
    """Let a proposed duty hold."""
    with opened():
        actions.approve_duty(duty_id=duty_id, fresh_factor=True, by=me(request), now=datetime.now(UTC))
    return after("approved", "approvals")


@require_POST
@fresh_factor
def approve_case(request: StaffRequest, case_id: int) -> HttpResponse:
    """Stand behind a colleague's case."""
    with opened():
        staff_cases.approve_case(case_id=case_id, fresh_factor=True, by=me(request), now=datetime.now(UTC))
    return after("approved", "approvals")


@require_POST
@fresh_factor
def approve_change(request: StaffRequest, change_id: int) -> HttpResponse:
    """Approve another act that takes two people."""
    with opened():
        actions.approve_change(change_id=change_id, fresh_factor=True, by=me(request), now=datetime.now(UTC))
    return after("approved", "approvals")


@require_safe
def access(request: StaffRequest) -> HttpResponse:
    """The one table of who may do what, as it decides."""
    groups = [
        (heading, [(act, who(row), needs(row)) for act, row in POLICY.items() if act.group in groups])
        for heading, groups in GROUPS
    ]
    reasons = [(reason, [DUTIES[duty] for duty in Duty if duty in row.duties]) for reason, row in REASONS.items()]
    return render(request, "staff/access.html", {"groups": groups, "reasons": reasons})


@require_safe
def agreements(request: StaffRequest) -> HttpResponse:
    """Who has signed, until when; and the text that holds."""
    now = datetime.now(UTC)
    context = {
        "people": queries.signatories(now=now),
        "text": queries.current_agreement(now=now),
        "may_publish": barred(request.standing, Act.AGREEMENT_PUBLISH) is None,
        "done": done(request),
    }
    return render(request, "staff/agreements.html", context)


@get_or_post
def publish(request: StaffRequest) -> HttpResponse:
    """Publish the agreement's next text; from now on everybody has to have signed it."""
    now = datetime.now(UTC)
    if not is_fresh(request, now, LONG_FORM if request.method == "POST" else FRESH):
        return ask(request)
    current = queries.current_agreement(now=now)
    form = TextsForm(request.POST if request.method == "POST" else None, initial=current.texts if current else {})
    if form.is_valid():
        texts = {language: form.cleaned_data[language].replace("\r\n", "\n") for language in LANGUAGES}
        made = attempt(
            request,
            form,
            lambda at: actions.publish_agreement(texts=texts, valid_from=at, fresh_factor=True, by=me(request), now=at),
        )
        if made is not None:
            return after("published", "front")  # which asks for the signature first, also of who has published it
    return render(request, "staff/agreement_publish.html", {"form": form})


@require_safe
def network(request: StaffRequest) -> HttpResponse:
    """The chains with their levels of today, and the stores."""
    places = sorted(stores.places().values(), key=lambda each: (each.chain, each.name))
    return render(request, "staff/network.html", {"chains": stores.recorded_on(localdate()), "places": places})
