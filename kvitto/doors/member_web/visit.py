"""Whose page it is: what every page of a signed-in member begins with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.timezone import localdate, now
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from kvitto.accounts.models import Account
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.members import queries as members


class MemberRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: Account
    htmx: HtmxDetails


def wants_part(request: MemberRequest) -> bool:
    """Whether htmx asks for the part that changes, and not for the page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


@dataclass(frozen=True, slots=True)
class Visit:
    """The person whose account it is, as the actor of what they look at, and the clock of this request."""

    person_id: int
    by: Actor
    now: datetime
    today: date
    language: str

    def acts(self) -> dict[str, Any]:
        """The arguments of every change that a person makes about their household."""
        return {"person_id": self.person_id, "by": self.by, "today": self.today, "now": self.now}

    def asks(self) -> dict[str, Any]:
        """The arguments of every call that opens something for its owner."""
        return {
            "person_id": self.person_id,
            "language": self.language,
            "by": self.by,
            "today": self.today,
            "now": self.now,
        }


P = ParamSpec("P")
View = Callable[Concatenate[MemberRequest, Visit, P], HttpResponseBase]


def own(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page of the person whose account is signed in; read only. An account of nobody is told so."""

    @require_safe
    @login_required
    @wraps(view)
    def page(request: MemberRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        visit = _visit(request)
        return view(request, visit, *args, **kwargs) if visit else render(request, "member/unlinked.html")

    return page


def own_act(view: View[P]) -> Callable[..., HttpResponseBase]:
    """What a form of the person whose account is signed in does."""

    @require_POST
    @login_required
    @wraps(view)
    def page(request: MemberRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        visit = _visit(request)
        if visit is None:
            raise Http404
        return view(request, visit, *args, **kwargs)

    return page


def _visit(request: MemberRequest) -> Visit | None:
    person_id = members.person_of_account(request.user.pk)
    if person_id is None:
        return None
    instant = now()
    by = Actor(ActorKind.MEMBER, str(request.user.pk))
    return Visit(person_id, by, instant, localdate(instant), (get_language() or "en")[:2])
