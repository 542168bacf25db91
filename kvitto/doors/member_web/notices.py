"""The member's notices: what was done for them, read by opening the page; and how many wait, on every page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from kvitto.doors.member_web.visit import MemberRequest, Visit, own
from kvitto.kernel.db import opened
from kvitto.notices import actions, queries
from kvitto.notices.rules import STATED
from kvitto.notices.texts import sentence
from kvitto.notices.types import Kind, Notice

PAGES = {  # where to look, besides choices and the household
    Kind.RECORD_OPENED: "traces",
    Kind.QUESTION_ANSWERED: "traces",
    Kind.WARRANTY_ENDS: "warranties",
    Kind.RECORDED_REMOVED: "removal",
    Kind.RECEIPT_CLAIMED: "claim",
}


@own
def notices(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Every notice, newest first; those that are new are marked, and read from now on."""
    found = queries.inbox(visit.person_id)
    unread = [each.notice_id for each in found if each.unread]
    if unread and request.method == "GET":
        with opened():
            actions.note_read(person_id=visit.person_id, notice_ids=unread, now=visit.now)
    entries = [(each, sentence(each.kind, each.number, each.way), _page(each)) for each in found]
    return render(request, "member/notices.html", {"entries": entries, "unread_notices": 0, "new": len(unread)})


def _page(notice: Notice) -> str:
    if notice.kind in STATED:
        return reverse("choices")
    return reverse(PAGES.get(notice.kind, "household"))


def unread(request: HttpRequest) -> dict[str, object]:
    """For templates of members: `unread_notices`, asked of the register only where a page shows it."""
    account_id = request.user.pk if request.user.is_authenticated else 0
    return {"unread_notices": SimpleLazyObject(lambda: queries.unread_of_account(account_id))}
