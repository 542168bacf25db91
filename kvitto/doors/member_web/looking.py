"""Who has looked at a member's data, asking about it, proofs of one's own acts; and for everybody, how many look-ups there were."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from kvitto.audit import proving
from kvitto.audit import queries as audit
from kvitto.audit.types import Trace
from kvitto.doors.member_web.visit import MemberRequest, Visit, own, own_act
from kvitto.kernel.db import opened
from kvitto.kernel.periods import months_after
from kvitto.members import queries as members
from kvitto.oversight import actions, queries, rules
from kvitto.oversight.types import Depth, Published

TOLD_OF = timedelta(days=731)


class AskForm(forms.Form):
    """What a member wants to know of a look-up; may stay empty."""

    text = forms.CharField(
        label=_("What do you want to know?"),
        help_text=_("You can leave this empty: then you are told why somebody looked, and whether it was right."),
        required=False,
        max_length=rules.LONGEST_QUESTION,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


@own
def traces(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Who has looked at the member's data: staff by look-up, others and programs, and their own visits folded by week."""
    subject, since = members.audit_id(visit.person_id), visit.now - TOLD_OF
    context = {
        "seen": queries.seen(person_id=visit.person_id, actor=visit.by, since=since),
        "weeks": audit.own_weeks(subject=subject, actor=visit.by, since=since),
        "acts": audit.own_acts(subject=subject, actor=visit.by, since=since),
        "asked": request.GET.get("asked", ""),
    }
    return render(request, "member/traces.html", context)


@own
def ask(request: MemberRequest, visit: Visit, entry: int) -> HttpResponse:
    """The form for asking about one act."""
    return _ask_page(request, visit, entry, AskForm())


@own_act
def ask_do(request: MemberRequest, visit: Visit, entry: int) -> HttpResponse:
    """Ask; back to the page of look-ups, which says until when it is answered."""
    form = AskForm(request.POST)
    if not form.is_valid():
        return _ask_page(request, visit, entry, form)
    with opened():
        actions.ask(
            person_id=visit.person_id, entry=entry, text=form.cleaned_data["text"].strip(), by=visit.by, now=visit.now
        )
    return redirect("traces")


def _ask_page(request: MemberRequest, visit: Visit, entry: int, form: AskForm) -> HttpResponse:
    act = audit.act_about(entry, subject=members.audit_id(visit.person_id))
    if act is None:
        raise actions.NoActError("there is no act of this number about you")
    context = {"act": act, "form": form, "days": rules.ANSWER_WITHIN.days}
    return render(request, "member/ask.html", context)


@own
def proof(request: MemberRequest, visit: Visit, entry: int) -> HttpResponse:
    """The proof of one of the member's own acts, checked on this page by their own browser."""
    context = {"act": _act_of(visit, entry), "proof": _proof(request, visit, entry)}
    return render(request, "member/check_proof.html", context | _key())


@own
def proof_file(request: MemberRequest, visit: Visit, entry: int) -> HttpResponse:
    """The same as a file to keep."""
    _act_of(visit, entry)
    headers = {"Content-Disposition": f'attachment; filename="kvitto-proof-{entry}.txt"'}
    return HttpResponse(_proof(request, visit, entry), content_type="text/plain; charset=utf-8", headers=headers)


def _act_of(visit: Visit, entry: int) -> Trace:
    act = audit.own_act(entry, subject=members.audit_id(visit.person_id), actor=visit.by)
    if act is None:
        raise Http404
    return act


def _proof(request: MemberRequest, visit: Visit, entry: int) -> str:
    """A proof up to the newest checkpoint, or to the one of the size that is asked for, as a witness may have it."""
    size = request.GET.get("size", "")
    wanted = int(size) if size.isdecimal() and len(size) < 19 else None
    return proving.prove(entry, now=visit.now, size=wanted).text()


@require_safe
def check_proof(request: HttpRequest) -> HttpResponse:
    """A proof from a file, checked by the browser; nothing of it is sent."""
    return render(request, "member/check_proof.html", _key())


def _key() -> dict[str, str]:
    return {"key": proving.key()}


@dataclass(frozen=True, slots=True)
class MonthOfLookUps:
    """A month's look-ups by reason, each with how many went no further than the record, and how many to purchases."""

    month: date
    times: int
    receipts: int
    reasons: list[tuple[str, int, int]]
    height: float  # of the month's bar, in hundredths


@require_safe
def look_ups(request: HttpRequest) -> HttpResponse:
    """How many look-ups of single members there were, month by month and by reason."""
    context = {"months": _months(queries.published(today=localdate())), "counted_at": queries.counted_at()}
    return render(request, "member/look_ups.html", context)


def _months(rows: list[Published]) -> list[MonthOfLookUps]:
    """The months that were counted, the newest first; those between without a look-up, too."""
    found = {month: list(group) for month, group in groupby(rows, key=lambda each: each.month)}
    if not found:
        return []
    tallest = max(sum(each.times for each in group) for group in found.values())
    month, months = max(found), []
    while month >= min(found):
        group = found.get(month, [])
        times = sum(each.times for each in group)
        months.append(
            MonthOfLookUps(
                month=month,
                times=times,
                receipts=sum(each.receipts for each in group),
                reasons=_by_reason(group),
                height=round(100 * times / tallest, 1),
            )
        )
        month = months_after(month, -1)
    return months


def _by_reason(group: list[Published]) -> list[tuple[str, int, int]]:
    def times(reason: str, depth: Depth) -> int:
        return sum(each.times for each in group if (each.reason, each.depth) == (reason, depth))

    reasons = sorted({each.reason for each in group})
    return [(reason, times(reason, Depth.RECORD), times(reason, Depth.PURCHASES)) for reason in reasons]
