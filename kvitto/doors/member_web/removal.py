"""What is recorded already and would not be now, and what one receipt holds: seen beforehand, removed with one button."""

from datetime import date

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from kvitto.archive import queries as archive
from kvitto.assortment import queries as assortment
from kvitto.audit import queries as audit
from kvitto.audit.types import Trace
from kvitto.choices import texts
from kvitto.doors.member_web.visit import MemberRequest, Visit, own, own_act
from kvitto.kernel.db import opened
from kvitto.members import queries as members
from kvitto.rights import removal as removing
from kvitto.spending import queries as spending
from kvitto.stores.types import Level


@own
def removal(request: MemberRequest, visit: Visit) -> HttpResponse:
    """What would go and what stays; after the act, its proof, and nothing is opened for that."""
    done = _done(request, visit)
    context: dict[str, object] = {"done": done, "number": request.GET.get("done", "")}
    if done is None:
        found = removing.preview(person_id=visit.person_id, by=visit.by, now=visit.now)
        names = assortment.classes()
        context |= {
            "found": found,
            "categories": [texts.category(each, names, visit.language) for each in found.categories],
        }
    return render(request, "member/removal.html", context)


def _done(request: MemberRequest, visit: Visit) -> Trace | None:
    number = request.GET.get("done", "")
    if not (number.isdecimal() and len(number) < 19):
        return None
    subject = members.audit_id(visit.person_id)
    return audit.own_act(int(number), subject=subject, actor=visit.by, action=removing.ACTION)


@own_act
def remove(request: MemberRequest, visit: Visit) -> HttpResponse:  # noqa: ARG001  a form without fields
    """Remove it."""
    with opened():
        done = removing.remove_recorded(person_id=visit.person_id, by=visit.by, now=visit.now)
    return HttpResponseRedirect(f"{reverse('removal')}?done={done.entry}")


@own
def receipt(request: MemberRequest, visit: Visit, day: date, receipt_id: int) -> HttpResponse:
    """What of one receipt would go and what stays. Opens nothing."""
    head = spending.receipt_head(person_id=visit.person_id, day=day, receipt_id=receipt_id)
    nothing = head.head.level is Level.TOTAL and not archive.is_held(
        person_id=visit.person_id, day=day, receipt_id=receipt_id
    )
    return render(request, "member/receipt_remove.html", {"listed": head, "nothing": nothing})


@own_act
def remove_receipt(request: MemberRequest, visit: Visit, day: date, receipt_id: int) -> HttpResponse:  # noqa: ARG001  a form without fields
    """Remove it; the receipt's page says so from now on."""
    with opened():
        removing.remove_receipt(person_id=visit.person_id, day=day, receipt_id=receipt_id, by=visit.by, now=visit.now)
    return redirect("receipt", day, receipt_id)
