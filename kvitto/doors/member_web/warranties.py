"""The member's warranty receipts: what ends first at the front, corrected and deleted by their owner, as PDF and calendar file."""

from collections.abc import Callable, Sequence
from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kvitto.choices import queries as choices
from kvitto.choices import texts
from kvitto.choices.rules import YES
from kvitto.choices.types import Topic
from kvitto.doors.member_web import ics, pdf
from kvitto.doors.member_web.errors import sentence
from kvitto.doors.member_web.export import download
from kvitto.doors.member_web.forms import CorrectionForm, refused
from kvitto.doors.member_web.visit import MemberRequest, Visit, own, own_act
from kvitto.kernel.db import opened
from kvitto.purchases import queries as registered
from kvitto.stores import queries as stores
from kvitto.warranties import actions, queries
from kvitto.warranties.rules import nearness
from kvitto.warranties.types import Nearness, Warranty

COLOURS = {Nearness.FAR: "l3", Nearness.NEAR: "l2", Nearness.SOON: "error", Nearness.ENDED: "l1"}
IN_DAYS, IN_MONTHS = 60, 24  # up to so many days it is told in days, up to so many months in months


@own
def warranties(request: MemberRequest, visit: Visit) -> HttpResponse:
    """All of them, what ends first at the front. After they were turned on, with the statement's number."""
    found = queries.of_person(person_id=visit.person_id, by=visit.by, now=visit.now)
    done = request.GET.get("done", "")
    stated = [each for each in choices.history(visit.person_id) if str(each.number) == done] if done else []
    context = {
        "entries": [(each, COLOURS[nearness(each, visit.today)], left(each, visit.today)) for each in found],
        "on": choices.value_of(visit.person_id, Topic.WARRANTY_RECEIPTS, profile=stores.profile()),
        "stated": next(iter(stated), None),
    }
    return render(request, "member/warranties.html", context)


def left(warranty: Warranty, today: date) -> str:
    """In words, how long the guarantee lasts; or why it has ended."""
    days = (warranty.ends_on - today).days
    if warranty.returned_on is not None:
        return _("ended: taken back by the till") if warranty.voided else _("ended: brought back")
    if days == 0:
        return _("ends today")
    if days <= IN_DAYS:
        return ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    months = (warranty.ends_on.year - today.year) * 12 + warranty.ends_on.month - today.month
    months -= warranty.ends_on.day < today.day
    if months <= IN_MONTHS:
        return ngettext("%(n)s month left", "%(n)s months left", months) % {"n": months}
    return ngettext("%(n)s year left", "%(n)s years left", months // 12) % {"n": months // 12}


@own
def warranty(request: MemberRequest, visit: Visit, warranty_id: int) -> HttpResponse:
    """One, with what a claim needs."""
    return _page(request, visit, warranty_id)


def _page(request: MemberRequest, visit: Visit, warranty_id: int, form: CorrectionForm | None = None) -> HttpResponse:
    found = _one(visit, warranty_id)
    said = {"item": found.copy.item, "ends_on": found.ends_on, "note": found.copy.note}
    head = registered.head_of(person_id=visit.person_id, day=found.business_day, receipt_id=found.receipt_id)
    context = {
        "warranty": found,
        "colour": COLOURS[nearness(found, visit.today)],
        "left": left(found, visit.today),
        "receipt": head,
        "form": form or CorrectionForm(initial=said),
        "saved": "saved" in request.GET,
    }
    return render(request, "member/warranty.html", context)


@own_act
def correct(request: MemberRequest, visit: Visit, warranty_id: int) -> HttpResponse:
    """Correct what it is and when it ends, and note something."""
    form = CorrectionForm(request.POST)
    if form.is_valid():
        try:
            with opened():
                actions.correct(
                    person_id=visit.person_id, warranty_id=warranty_id, by=visit.by, now=visit.now, **form.cleaned_data
                )
        except actions.UnsoundCorrectionError as error:
            refused(form, sentence(error))
        else:
            return redirect(f"{reverse('warranty', args=[warranty_id])}?saved")
    return _page(request, visit, warranty_id, form)


@own_act
def delete(request: MemberRequest, visit: Visit, warranty_id: int) -> HttpResponse:  # noqa: ARG001  a form without fields
    """Delete one."""
    with opened():
        actions.delete(person_id=visit.person_id, warranty_id=warranty_id, by=visit.by, now=visit.now)
    return redirect("warranties")


@own_act
def keep(request: MemberRequest, visit: Visit, day: date, receipt_id: int) -> HttpResponse:  # noqa: ARG001  a form without fields
    """Turn warranty receipts on from a receipt's page, and keep those of that receipt."""
    number = actions.turn_on(
        person_id=visit.person_id,
        day=day,
        receipt_id=receipt_id,
        shown=texts.shown(Topic.WARRANTY_RECEIPTS, YES, visit.language),
        by=visit.by,
        now=visit.now,
    )
    return redirect(f"{reverse('warranties')}?done={number}#done")


@own
def file(request: MemberRequest, visit: Visit, warranty_id: int, kind: str) -> HttpResponse:
    """One as a PDF, or its end as a calendar file."""
    return _file(request, visit, [_one(visit, warranty_id)], kind, f"{_('warranty')}-{warranty_id}")


@own
def files(request: MemberRequest, visit: Visit, kind: str) -> HttpResponse:
    """All of them in one file, to take along. Http404 where there are none."""
    found = queries.of_person(person_id=visit.person_id, by=visit.by, now=visit.now)
    if not found:
        raise Http404
    return _file(request, visit, found, kind, f"{_('warranties')}-{visit.today}")


def _file(request: MemberRequest, visit: Visit, found: Sequence[Warranty], kind: str, name: str) -> HttpResponse:
    if kind not in KINDS:
        raise Http404
    content_type, make = KINDS[kind]
    return download(make(found, request, visit), content_type, f"{name}.{kind}")


KINDS: dict[str, tuple[str, Callable[[Sequence[Warranty], MemberRequest, Visit], bytes]]] = {
    "pdf": ("application/pdf", lambda found, _, visit: pdf.warranties_pdf(found, now=visit.now)),
    "ics": (
        ics.CONTENT_TYPE,
        lambda found, request, visit: ics.calendar(found, host=request.get_host(), now=visit.now),
    ),
}


def _one(visit: Visit, warranty_id: int) -> Warranty:
    found = queries.one(person_id=visit.person_id, warranty_id=warranty_id, by=visit.by, now=visit.now)
    if found is None:
        raise Http404
    return found
