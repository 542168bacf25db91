"""A member at a service point: looked up by their card, never what they bought."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from kvitto.assortment import queries as assortment
from kvitto.bonus import enquiry
from kvitto.choices import texts
from kvitto.choices.rules import NO, SCALES, YES, loosens
from kvitto.choices.types import Letter, Stated, Topic
from kvitto.doors.staff_web.access import StaffRequest, me
from kvitto.doors.staff_web.words import BOOKINGS, PROOFS
from kvitto.doors.staff_web.work import after, attempt, counted, done, get_or_post
from kvitto.kernel.db import opened
from kvitto.rights import removal as removing
from kvitto.staff import cases, queries, records
from kvitto.staff.gate import colleague
from kvitto.staff.types import Duty, Proof
from kvitto.stores import queries as stores
from kvitto.stores.types import ServicePoint


def _now() -> datetime:
    return datetime.now(UTC)


def card_field() -> forms.CharField:
    """A member card's number, as it is typed or read by a scanner."""
    shown = {"autocomplete": "off", "inputmode": "numeric", "autofocus": True}
    return forms.CharField(label=_("Member card number"), max_length=60, widget=forms.TextInput(attrs=shown))


class LookUpForm(forms.Form):
    """A card, where its holder is, and how they have shown who they are."""

    card = card_field()
    place = forms.TypedChoiceField(label=_("Where they are"), required=False, coerce=int, empty_value=None)
    proof = forms.ChoiceField(
        label=_("How they have shown who they are"), choices=[(str(code), words) for code, words in PROOFS.items()]
    )

    def __init__(self, points: Sequence[ServicePoint], last: int | None, data: QueryDict | None) -> None:
        super().__init__(data, initial={"place": last or next((each.store_id for each in points), None)})
        places = [(each.store_id, f"{each.name}, {each.town}") for each in points]
        self.fields["place"].choices = [*places, ("", _("On the phone"))]  # type: ignore[attr-defined]
        if not points:
            del self.fields["place"]

    def clean(self) -> None:
        """Nobody shows a card on the phone."""
        super().clean()
        on_the_phone = "place" in self.fields and self.cleaned_data.get("place") is None and not self.has_error("place")
        if on_the_phone and self.cleaned_data.get("proof") != Proof.QUESTIONS:
            self.add_error("proof", _("On the phone they show who they are by answering questions."))


@get_or_post
def look_up(request: StaffRequest) -> HttpResponse:
    """The service point's first page: a member asks for something. The look-up is itself what is traced."""
    mine = colleague(me(request)).staff_id
    points = stores.service_points(today=localdate())
    form = LookUpForm(points, queries.last_store(mine), request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        case_id = counted(
            request,
            form,
            lambda now: records.look_up(
                card=given["card"], proof=Proof(given["proof"]), store_id=given.get("place"), by=me(request), now=now
            ),
        )
        if case_id is not None:
            return redirect("record", case_id)
    now = _now()
    own = queries.own_cases(mine, Duty.SERVICE_POINT, now=now)
    return render(request, "staff/look_up.html", {"form": form, "own": own, "done": done(request)})


@require_safe
def record(request: StaffRequest, case_id: int) -> HttpResponse:
    """What the customer register holds of the member."""
    with opened():
        found = records.record(case_id=case_id, duty=Duty.SERVICE_POINT, by=me(request), now=_now())
    return render(request, "staff/record.html", {"record": found})


@require_POST
def code(request: StaffRequest, case_id: int) -> HttpResponse:
    """A code with which the member sets up their sign-in, shown this once."""
    form = forms.Form(request.POST)
    form.full_clean()
    made = attempt(request, form, lambda now: records.issue_code(case_id=case_id, by=me(request), now=now))
    return render(request, "staff/code.html", {"code": made, "case_id": case_id, "form": form})


@require_safe
def choices(request: StaffRequest, case_id: int) -> HttpResponse:
    """What the member can decide, in their own language, to be read aloud; each with what holds and what it would mean."""
    with opened():
        found = records.choices_of(case_id=case_id, by=me(request), now=_now())
    held, spoken = found.held, found.details.language
    with override(spoken):  # lazy texts are read while the page is made: their own are fixed here
        topics = [
            {
                "topic": topic,
                "name": str(text.name),
                "about": str(text.about),
                "effect": str(text.effects[held[topic].value or 0]),
                "others": [
                    (value, str(text.acts[value]), str(text.effects[value]))
                    for value in SCALES[topic]
                    if value != held[topic].value and not (found.minor and loosens(held[topic].value or 0, value))
                ],
            }
            for topic, text in texts.TEXTS.items()
            if topic in SCALES
        ]
        categories = _categories(held[Topic.NOT_RECORDED].codes, spoken, minor=found.minor)
    number = request.GET.get("stated", "")
    context = {
        "case": found.case,
        "by_mail": found.by_mail,
        "topics": topics,
        "categories": categories,
        "spoken": spoken,
        "stated": number if number.isdecimal() and len(number) < 19 else "",
        "pending": "pending" in request.GET,
        "removed": "removed" in request.GET,
    }
    return render(request, "staff/choices.html", context)


def _categories(held: tuple[str, ...], language: str, *, minor: bool) -> dict[str, object]:
    """What is never recorded, and what can be decided about each category; as read aloud. A minor allows nothing more."""
    names, text = assortment.classes(), texts.TEXTS[Topic.NOT_RECORDED]
    offered = texts.offered(held, names, language)
    return {
        "topic": Topic.NOT_RECORDED,
        "name": str(text.name),
        "about": str(text.about),
        "out": [texts.category(code, names, language) for code in held] or [str(texts.NONE_KEPT_OUT)],
        "offered": [(code, name, value, str(act)) for code, name, value, act in offered if not minor or value == NO],
        "effects": [str(text.effects[NO]), *([str(text.effects[YES])] if held and not minor else [])],
    }


@require_POST
def decide(request: StaffRequest, case_id: int) -> HttpResponse:
    """Write down what the member decides. What limits holds at once; what allows more waits for the member's own yes."""
    asked = request.POST.get("topic", ""), request.POST.get("value", "")
    if asked[0] == Topic.NOT_RECORDED:
        return _decide_category(request, case_id, asked[1])
    topic = next((each for each in SCALES if str(each) == asked[0]), None)
    value = next((each for each in SCALES.get(topic, ()) if str(each) == asked[1]), None) if topic else None
    if topic is None or value is None:
        raise Http404
    with opened():
        stated = records.register_choice(case_id=case_id, topic=topic, value=value, by=me(request), now=_now())
    return _written_down(case_id, stated)


def _decide_category(request: StaffRequest, case_id: int, asked: str) -> HttpResponse:
    value = next((each for each in (NO, YES) if str(each) == asked), None)
    if value is None:
        raise Http404
    category = request.POST.get("category", "")
    with opened():
        stated = records.register_category(case_id=case_id, category=category, value=value, by=me(request), now=_now())
    return _written_down(case_id, stated)


def _written_down(case_id: int, stated: Stated) -> HttpResponse:
    more = {"pending": "yes"} if stated.pending else {}
    return redirect(f"{reverse('record-choices', args=[case_id])}?{urlencode({'stated': stated.number} | more)}")


@get_or_post
def removal(request: StaffRequest, case_id: int) -> HttpResponse:
    """What would go and what stays, to be read aloud; nothing of it is shown or counted here. The button is an act of its own."""
    if request.method == "POST":
        with opened():
            removing.remove_for(case_id=case_id, by=me(request), now=_now())
        return redirect(f"{reverse('record-choices', args=[case_id])}?removed=yes")
    with opened():
        found = records.choices_of(case_id=case_id, by=me(request), now=_now())
    spoken = found.details.language
    held, names = found.held, assortment.classes()
    with override(spoken):
        level = str(texts.TEXTS[Topic.RECORDING_LEVEL].effects[held[Topic.RECORDING_LEVEL].value or 0])
        out = [texts.category(code, names, spoken) for code in held[Topic.NOT_RECORDED].codes]
    return render(request, "staff/removal.html", {"case": found.case, "spoken": spoken, "level": level, "out": out})


@require_safe
def bonus(request: StaffRequest, case_id: int) -> HttpResponse:
    """Where the member's Bonus is: what was booked and paid, month by month."""
    with opened():
        found = enquiry.ledger(case_id=case_id, by=me(request), now=_now())
    rows = [(each, BOOKINGS[each.kind]) for each in found.bookings]
    return render(request, "staff/bonus.html", {"ledger": found, "rows": rows})


@require_POST
def letter(request: StaffRequest, case_id: int) -> HttpResponse:
    """The letter about what was written down, for printing: with a code when it waits for the member's yes."""
    asked = request.POST.get("number", "")
    if not asked.isdecimal() or len(asked) > 18:
        raise Http404
    form = forms.Form(request.POST)
    form.full_clean()
    now = _now()
    made = attempt(
        request, form, lambda at: records.write_letter(case_id=case_id, number=int(asked), by=me(request), now=at)
    )
    context: dict[str, object] = {"form": form, "case_id": case_id, "written": now}
    if made is not None:
        details, written = made
        contact = stores.contact()
        with override(details.language):
            context |= _told(written, details.language)
        context |= {
            "letter": written,
            "details": details,
            "contact": contact,
            "hours": contact.hours.get(details.language, "") if contact else "",
            "price": contact.price.get(details.language, "") if contact else "",
            "address": request.build_absolute_uri(reverse("confirm", urlconf=settings.ROOT_URLCONF)),
        }
    return render(request, "staff/letter.html", context)


def _told(written: Letter, language: str) -> dict[str, str]:
    """What was decided, and its effect; of categories all that are kept out, and one that waits would be recorded again."""
    entry, text = written.entry, texts.TEXTS[written.entry.topic]
    if entry.topic is not Topic.NOT_RECORDED:
        return {"name": str(text.name), "effect": str(text.effects[entry.value or 0])}
    names = assortment.classes()
    out = [texts.category(code, names, language) for code in entry.codes] or [str(texts.NONE_KEPT_OUT)]
    return {"name": f"{text.name}: {', '.join(out)}", "effect": str(text.effects[YES if written.code else NO])}


@require_POST
def close(request: StaffRequest, case_id: int) -> HttpResponse:
    """The member has gone, or the case is done: nothing of it can be seen any more."""
    with opened():
        cases.close_case(case_id=case_id, by=me(request), now=_now())
    at_point = Duty.SERVICE_POINT in request.standing.duties and "cases" not in request.POST
    return after("closed", "look-up" if at_point else "cases")
