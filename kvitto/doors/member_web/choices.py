"""What a member decides: seen with its effect, stated with one button, proved by a number. Nothing here looks at a purchase."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now as clock
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kvitto.accounts import web
from kvitto.accounts.tries import TooManyTriesError
from kvitto.accounts.types import Purpose
from kvitto.archive import queries as archive
from kvitto.assortment import queries as assortment
from kvitto.assortment.types import Names
from kvitto.choices import actions, queries, texts
from kvitto.choices.rules import NO, SCALES, SEVERAL, WISHES, YES, loosens
from kvitto.choices.types import Channel, Decision, HistoryEntry, Stated, Topic
from kvitto.doors.member_web.forms import CodeForm, refused
from kvitto.doors.member_web.visit import MemberRequest, Visit, own
from kvitto.kernel.actor import VISITOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.members import queries as members
from kvitto.members.ages import is_minor
from kvitto.members.rules import read_card, read_code
from kvitto.purchases import queries as purchases
from kvitto.stores import queries as stores
from kvitto.stores.types import Level
from kvitto.warranties import queries as warranties

FIRST = (Topic.PURCHASE_USE, Topic.RECORDING_LEVEL)  # what most come for
SERVICES = (Topic.RECEIPT_ARCHIVE, Topic.WARRANTY_RECEIPTS, Topic.PERSONAL_SERVICES, Topic.GROUP_STATISTICS)
KEPT: dict[Topic, tuple[str, Callable[[int], int]]] = {
    Topic.RECEIPT_ARCHIVE: ("archive", archive.count),
    Topic.WARRANTY_RECEIPTS: ("warranties", warranties.count),
}
NO_CODE = _(
    "Nothing was confirmed. The card number and the code do not fit together, or the code was used or tried too often, its 30 days "
    "are over, or you have decided anew since. Check both, or ask for a new letter."
)
WAYS = (Topic.EMAIL, Topic.TEXT_MESSAGE, Topic.PUSH, Topic.POST, Topic.PHONE)


@own
def choices(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Every choice with what holds now, and what another one would mean."""
    held = queries.decisions(visit.person_id, profile=stores.profile())
    history = queries.history(visit.person_id)
    contact, language, names = stores.contact(), _language(), assortment.classes()
    minor = is_minor(members.birth_date(visit.person_id), visit.today)
    context = {
        "minor": minor,
        "contact": contact,
        "hours": contact.hours.get(language, "") if contact else "",
        "price": contact.price.get(language, "") if contact else "",
        "service_points": stores.service_points(today=visit.today),
        "first": [_shown(held[topic], minor=minor) for topic in FIRST],
        "categories": names and _categories(held[Topic.NOT_RECORDED], names, minor=minor),
        "services": [_shown(held[topic], minor=minor) | _kept(held[topic], visit) for topic in SERVICES],
        "ways": [_shown(held[topic], minor=minor) for topic in WAYS],
        "wishes": [_wish(held[topic]) for topic in WISHES],
        "about_wishes": texts.WISHES_ABOUT,
        "waiting": [(each, *_words(each, names)) for each in queries.waiting(visit.person_id)],
        "proof": _proof(request, visit, history, names),
    }
    return render(request, "member/choices.html", context)


def _shown(held: Decision, *, minor: bool) -> dict[str, object]:
    """A topic with its values: name of the button, effect, whether it holds. A minor is offered nothing that allows more."""
    text = texts.TEXTS[held.topic]
    held_value = held.value or 0
    return {
        "topic": held.topic,
        "text": text,
        "held": held,
        "effect": text.effects[held_value],
        "others": [
            (value, text.acts[value], text.effects[value])
            for value in SCALES[held.topic]
            if value != held_value and not (minor and loosens(held_value, value))
        ],
    }


def _kept(held: Decision, visit: Visit) -> dict[str, object]:
    """How much a service keeps now, which would go with turning it off, and on which page it is."""
    if held.topic not in KEPT or held.value == NO:
        return {}
    page, count = KEPT[held.topic]
    return {"page": reverse(page), "kept": count(visit.person_id)}


def _categories(held: Decision, names: dict[str, Names], *, minor: bool) -> dict[str, object]:
    """What is never recorded now, and what can be decided about each category; by a minor, only that it is not."""
    text = texts.TEXTS[held.topic]
    offered = texts.offered(held.codes, names, _language())
    return {
        "topic": held.topic,
        "text": text,
        "held": held,
        "out": [texts.category(code, names, _language()) for code in held.codes] or [texts.NONE_KEPT_OUT],
        "offered": [each for each in offered if not minor or each[2] == NO],
        "effects": [text.effects[NO], *([text.effects[YES]] if held.codes and not minor else [])],
    }


def _wish(held: Decision) -> dict[str, object]:
    return {
        "topic": held.topic,
        "name": texts.WISH_NAMES[held.topic],
        "several": held.topic in SEVERAL,
        "codes": [(code, texts.WISHES[code], code in held.codes) for code in WISHES[held.topic]],
    }


def _words(entry: HistoryEntry, names: dict[str, Names]) -> tuple[object, list[object]]:
    """What a statement is about, and what was decided. `names` are those of the categories."""
    if entry.value is not None:
        return texts.name_of(entry.topic), [texts.TEXTS[entry.topic].effects[entry.value]]
    if entry.topic is Topic.NOT_RECORDED:
        return texts.name_of(entry.topic), [texts.category(each, names, _language()) for each in entry.codes] or [
            texts.NONE_KEPT_OUT
        ]
    return texts.name_of(entry.topic), [texts.WISHES[code] for code in entry.codes]


def _proof(
    request: MemberRequest, visit: Visit, history: list[HistoryEntry], names: dict[str, Names]
) -> dict[str, object] | None:
    """The statement that was just written down, or is asked for by its number; one's own only."""
    number = request.GET.get("done", "")
    entry = next((each for each in history if str(each.number) == number), None)
    if entry is None:
        return None
    name, decided = _words(entry, names)
    lowered = entry.topic is Topic.RECORDING_LEVEL and entry.value != Level.PRODUCT
    withheld = purchases.withheld_since(visit.person_id, entry.stated_at) if lowered else None
    removable = lowered or (entry.topic is Topic.NOT_RECORDED and bool(entry.codes))
    return {"entry": entry, "name": name, "decided": decided, "withheld": withheld, "removable": removable}


@own
def history(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Everything the member has said, newest first."""
    names = assortment.classes()
    entries = [(each, *_words(each, names)) for each in queries.history(visit.person_id)]
    return render(request, "member/choices_history.html", {"entries": entries})


def stating(view: Callable[[MemberRequest, int, Actor, datetime], Stated]) -> Callable[..., HttpResponse]:
    """A form of the member's own choices: it leads back to the page, which proves what was stated."""

    @require_POST
    @login_required
    @wraps(view)
    def page(request: MemberRequest) -> HttpResponse:
        person_id = members.person_of_account(request.user.pk)
        if person_id is None:
            raise Http404
        with opened():
            stated = view(request, person_id, Actor(ActorKind.MEMBER, str(request.user.pk)), clock())
        return HttpResponseRedirect(f"{reverse('choices')}?done={stated.number}#done")

    return page


@stating
def decide(request: MemberRequest, person_id: int, by: Actor, now: datetime) -> Stated:
    """State a choice, or a wish."""
    topic = _topic(request)
    value = request.POST.get("value", "")
    wished = topic in WISHES
    if not wished and not (value.isdecimal() and len(value) == 1):
        raise Http404
    if topic is Topic.NOT_RECORDED:
        return actions.state_category(
            person_id=person_id,
            category=request.POST.get("category", ""),
            value=_one_of((NO, YES), int(value)),
            channel=Channel.WEB,
            shown=texts.shown(topic, int(value), _language()),
            by=by,
            now=now,
        )
    return actions.state(
        person_id=person_id,
        topic=topic,
        value=None if wished else int(value),
        codes=[code for code in request.POST.getlist("codes") if code],
        channel=Channel.WEB,
        shown=texts.shown(topic, None if wished else _one_of(SCALES[topic], int(value)), _language()),
        by=by,
        now=now,
    )


@stating
def confirm(request: MemberRequest, person_id: int, by: Actor, now: datetime) -> Stated:
    """Confirm what staff wrote down."""
    number = request.POST.get("number", "")
    waits = next((each for each in queries.waiting(person_id) if str(each.number) == number), None)
    if waits is None:
        raise actions.NotWaitingError("this waits no longer: you have confirmed it, or decided anew since")
    # of the categories, only letting one in again waits
    value = YES if waits.topic is Topic.NOT_RECORDED else waits.value
    shown = texts.shown(waits.topic, value, _language())
    return actions.confirm(person_id=person_id, number=waits.number, shown=shown, by=by, now=now)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_by_letter(request: HttpRequest) -> HttpResponse:
    """Confirm with the code from a letter, without an account. One answer to everything that is wrong."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form}
    wait = 0
    if form.is_valid():
        try:
            confirmed = _confirmed(request, form)
        except TooManyTriesError as error:
            wait = error.seconds
            refused(form, web.wait_words(wait))
        else:
            if confirmed is None:
                refused(form, NO_CODE)
            else:
                name, decided = _words(confirmed, assortment.classes())
                context |= {"confirmed": confirmed, "name": name, "decided": decided}
    response = render(request, "access/confirm.html", context)
    return web.told_to_wait(response, wait) if wait else response


def _confirmed(request: HttpRequest, form: forms.Form) -> HistoryEntry | None:
    """What holds now. What cannot be a card or a code is counted and answered like what is not one."""
    typed = form.cleaned_data["card"]
    card, code = read_card(typed), read_code(form.cleaned_data["code"])
    found: list[HistoryEntry | None] = []

    def check() -> bool:
        with opened():
            found.append(actions.confirm_by_code(card=card or "", code=code or "", by=VISITOR, now=clock()))
        return found[0] is not None

    return found[0] if web.throttled(request, Purpose.LETTER, card or typed, check) else None


def _topic(request: MemberRequest) -> Topic:
    try:
        return Topic(request.POST.get("topic", ""))
    except ValueError:
        raise Http404 from None


def _language() -> str:
    return (get_language() or "en")[:2]


def _one_of(scale: tuple[int, ...], value: int) -> int:
    if value not in scale:
        raise Http404
    return value
