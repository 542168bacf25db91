"""The staff's first page, the confidentiality agreement, and what an open page asks for by itself."""

from datetime import UTC, datetime

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from kvitto.doors.staff_web.access import SIGN_FIRST, StaffRequest, ask, is_fresh, me, next_page
from kvitto.doors.staff_web.work import after, attempt, done, get_or_post
from kvitto.oversight import queries as oversight
from kvitto.staff import actions, queries
from kvitto.staff.gate import colleague
from kvitto.staff.rules import POLICY, barred
from kvitto.staff.types import Act, AgreementState, AgreementText, Duty

_markdown = MarkdownIt("commonmark", {"html": False}).disable("image")


@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """What somebody is here for, and what waits for them."""
    now, standing = datetime.now(UTC), request.standing
    person = queries.staff_of_account(request.user.pk)
    may = {act for act in POLICY if barred(standing, act) is None}
    mine = person.staff_id if person else 0
    context = {
        "person": person,
        "duties": [each for each in Duty if each in standing.duties],
        "waiting": waiting(request, now) if Act.APPROVALS_VIEW in may else 0,
        "unreviewed": queries.unreviewed() if Act.GLASS_REVIEW in may else 0,
        "matters": oversight.open_matters() if Act.OVERSIGHT_ANSWER in may else 0,
        "cases": queries.own_cases(mine, Duty.DATA_HANDLER, now=now) if Act.CASE_OPEN in may else [],
        "unsigned": _unsigned(now) if Act.AGREEMENT_VIEW in may else 0,
        "done": done(request),
    }
    return render(request, "staff/home.html", context)


def waiting(request: StaffRequest, now: datetime) -> int:
    """How many things somebody could approve: what others proposed, as far as their duties go."""
    mine = colleague(me(request)).staff_id
    count = 0
    if barred(request.standing, Act.CASE_APPROVE) is None:
        count += sum(each.opener_id != mine for each in queries.waiting_cases(now=now))
    if barred(request.standing, Act.DUTY_APPROVE) is None:
        count += sum(mine not in {each.proposer_id, each.staff_id} for each in queries.open_proposals(now=now))
        count += sum(each.proposer_id != mine for each in queries.open_changes(now=now))
    return count


def _unsigned(now: datetime) -> int:
    return sum(
        bool(each.duties) and each.agreement is not AgreementState.VALID for each in queries.signatories(now=now)
    )


@require_safe
def still(request: StaffRequest) -> HttpResponse:
    """Asked by every open page now and then, without counting as use: leads away once the session is over.

    For a privacy officer it also brings what was opened without a colleague, and nobody has reviewed yet, and what else waits.
    """
    alarm = queries.unreviewed() if barred(request.standing, Act.GLASS_REVIEW) is None else 0
    matters = oversight.open_matters() if barred(request.standing, Act.OVERSIGHT_ANSWER) is None else 0
    return render(request, "staff/parts/alarm.html", {"unreviewed": alarm, "matters": matters})


@get_or_post
def agreement(request: StaffRequest) -> HttpResponse:
    """Read the agreement that holds, or the one that will, and sign it."""
    now = datetime.now(UTC)
    text = _asked(request, now)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if text is not None and form.is_valid():
        if not is_fresh(request, now):
            return ask(request)
        language = _language()
        signed = attempt(
            request,
            form,
            lambda at: actions.sign_agreement(
                version=text.version, language=language, fresh_factor=True, by=me(request), now=at
            ),
        )
        if signed is not None:
            page = next_page(request)
            return after("signed", "front") if page.startswith(request.path) else redirect(page)
    current = queries.current_agreement(now=now)
    context = {
        "text": text,
        "shown": _rendered(text.texts[_language()]) if text else "",
        "first": barred(request.standing, Act.STAFF_HOME) in SIGN_FIRST,
        "state": request.standing.agreement,
        "ahead": text is not None and current is not None and text.version > current.version,
        "next": next_page(request),
        "form": form,
    }
    return render(request, "staff/agreement.html", context)


def _asked(request: StaffRequest, now: datetime) -> AgreementText | None:
    """The version that is asked for, else the one that holds; Http404 for one that there is not."""
    version = request.POST.get("version") or request.GET.get("version") or ""
    if not version:
        return queries.current_agreement(now=now)
    found = queries.agreement(int(version)) if version.isdecimal() and len(version) < 6 else None
    if found is None:
        raise Http404
    return found


def _language() -> str:
    return (get_language() or "en")[:2]


def _rendered(text: str) -> SafeString:
    """An agreement as a part of a page: without its title, which is the page's; no markup of its own."""
    tokens = _markdown.parse(text)
    if tokens and tokens[0].tag == "h1":
        del tokens[:3]
    for token in tokens:
        if token.tag == "h1":
            token.tag = "h2"
    return mark_safe(_markdown.renderer.render(tokens, _markdown.options, {}))  # noqa: S308  html is off: all is escaped
