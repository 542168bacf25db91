"""A member's own purchases and receipts. Each page is one call of the room `spending`, and so at most one opening."""

from collections.abc import Callable
from datetime import date
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kvitto.archive import queries as archive
from kvitto.choices import queries as choices
from kvitto.choices import texts
from kvitto.choices.rules import NO, YES
from kvitto.choices.types import Topic
from kvitto.doors.member_web import charts, filters, pdf, words
from kvitto.doors.member_web.converters import is_month, month
from kvitto.doors.member_web.export import download
from kvitto.doors.member_web.formats import clock
from kvitto.doors.member_web.visit import MemberRequest, Visit, own, own_act, wants_part
from kvitto.households import queries as households
from kvitto.households.types import Role
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period, month_start, months_after
from kvitto.members import queries as members
from kvitto.members.ages import is_minor
from kvitto.purchases import actions
from kvitto.purchases import queries as registered
from kvitto.purchases.types import ORDER, LevelReason
from kvitto.spending import queries as spending
from kvitto.spending.types import DEPOSITS, NOT_RECORDED, TOTALS_ONLY, UNGROUPED, Listed, ReceiptPage
from kvitto.stores import queries as stores
from kvitto.stores.types import Level
from kvitto.warranties import queries as warranties

SHOWN = 25  # receipts of a list, and times a product was bought, before "more"
OLDEST = 2  # calendar years before this one that can hold anything

EXPLANATIONS: dict[int, Promise] = {
    UNGROUPED: _("Goods that the assortment puts in no group, and discounts on a whole receipt."),
    DEPOSITS: _("Deposits on bottles, cans and crates that were paid, less those that were given back."),
    NOT_RECORDED: _(
        "Goods of the categories that you keep out of the register, and goods of which no category is known. Which they are is "
        "not written down."
    ),
    TOTALS_ONLY: _("Of these receipts only the total is recorded, so they cannot be divided into goods."),
}
WHY: dict[tuple[Level, LevelReason], Promise] = {
    (Level.PRODUCT, LevelReason.CHAIN): _("The chain records every product since the day it set that level."),
    (Level.GROUP, LevelReason.CHAIN): _("The chain recorded product groups, and no products, on that day."),
    (Level.TOTAL, LevelReason.CHAIN): _("The chain recorded totals, and nothing of what was bought, on that day."),
}


def year_of(day: date) -> Period:
    """The calendar year that a day is in."""
    return Period(date(day.year, 1, 1), date(day.year + 1, 1, 1))


def years(today: date) -> list[Period]:
    """The calendar years that receipts may be kept of, this one first."""
    return [year_of(date(today.year - back, 1, 1)) for back in range(OLDEST + 1)]


def checked(period: Period, today: date) -> Period:
    """The period, when receipts of it may be kept; Http404 for the future and for what is long gone."""
    if not years(today)[-1].start <= period.start <= today:
        raise Http404
    return period


@own
def purchases(request: MemberRequest, visit: Visit) -> HttpResponse:
    """The current month at a glance."""
    return _overview(request, visit, month(visit.today))


@own
def period(request: MemberRequest, visit: Visit, period: Period) -> HttpResponse:
    """A month or a year at a glance."""
    return _overview(request, visit, checked(period, visit.today))


def _overview(request: MemberRequest, visit: Visit, period: Period) -> HttpResponse:
    found = spending.overview(period=period, **visit.asks())
    known = {each.month: each for each in found.months}
    before, after = _beside(period, found.earliest, visit.today)
    with_receipts = [each.month for each in found.months if each.receipts and each.month < period.start]
    context = {
        "overview": found,
        "newest_id": registered.newest_id(visit.person_id),
        "heading": words.period(period),
        "before": before,
        "after": after,
        "earlier": known.get(before.start) if before and is_month(period) else None,
        "latest": month(with_receipts[-1]) if with_receipts else None,
        "years": [each for each in years(visit.today) if found.earliest and each.end and found.earliest < each.end],
        "bars": charts.bars(
            found.months,
            chosen=period.start if is_month(period) else None,
            url=lambda first: reverse("period", args=[month(first)]),
        ),
        "segments": charts.segments(found.levels),
    }
    return render(request, "member/purchases.html", context)


def _beside(period: Period, earliest: date | None, today: date) -> tuple[Period | None, Period | None]:
    """The periods of the same length before and after, where there is something to see."""
    length = 1 if is_month(period) else 12
    whole = month if is_month(period) else year_of
    before, after = whole(months_after(period.start, -length)), whole(months_after(period.start, length))
    has_before = earliest is not None and before.end is not None and earliest < before.end
    return (before if has_before else None), (after if after.start <= today else None)


@own
def group(request: MemberRequest, visit: Visit, period: Period, group_id: int) -> HttpResponse:
    """One product group in a month or a year."""
    found = spending.group_page(group_id=group_id, period=checked(period, visit.today), **visit.asks())
    receipts = found.receipts if "all" in request.GET else found.receipts[:SHOWN]
    context = {
        "group": found,
        "chart": any(each.receipts for each in found.months),
        "heading": words.period(period),
        "explanation": EXPLANATIONS.get(group_id, ""),
        "receipts": receipts,
        "receipts_count": len(found.receipts),
        "receipts_left": len(found.receipts) - len(receipts),
        "years": years(visit.today)[:OLDEST],
        "bars": charts.bars(
            found.months,
            chosen=period.start if is_month(period) else None,
            url=lambda first: reverse("group", args=[month(first), group_id]),
        ),
    }
    return render(request, "member/group.html", context)


@own
def product(request: MemberRequest, visit: Visit, key: str) -> HttpResponse:
    """One product: what it cost, when and where."""
    found = spending.product_page(key=key, **visit.asks())
    bought = found.bought if "all" in request.GET else found.bought[:SHOWN]
    this_year = year_of(visit.today)
    context = {
        "product": found,
        "last": found.bought[0] if found.bought else None,
        "bought": bought,
        "bought_count": len(found.bought),
        "bought_left": len(found.bought) - len(bought),
        "year": this_year,
        "year_words": words.period(this_year),
        "bars": charts.bars(found.months, chosen=None),
    }
    return render(request, "member/product.html", context)


@own
def search(request: MemberRequest, visit: Visit) -> HttpResponse:
    """Search over the member's own lines; htmx asks for the answer alone."""
    text = request.GET.get("q", "")[: spending.LONGEST_SEARCH]
    found = spending.search(text=text, **visit.asks())
    context = {"found": found, "text": text, "year": year_of(visit.today)}
    return render(request, "member/parts/found.html" if wants_part(request) else "member/search.html", context)


@own
def receipts(request: MemberRequest, visit: Visit) -> HttpResponse:
    """The member's receipts, newest first, by store, day and amount."""
    asked = filters.read(request.GET)
    page = filters.page_number(request.GET.get("page", "1"))
    if page is None:
        raise Http404
    listing = spending.listing(person_id=visit.person_id, filter=asked.filter, offset=(page - 1) * SHOWN, limit=SHOWN)
    if page > 1 and not listing.receipts:
        raise Http404
    given = {name: request.GET[name] for name in ("store", "first", "last", "least", "most") if request.GET.get(name)}
    more = f"?{urlencode(given | {'page': page + 1})}" if listing.count > page * SHOWN else ""
    context = {
        "listing": listing,
        "newest_id": registered.newest_id(visit.person_id),
        "months": _by_month(listing.receipts),
        "chosen": asked.filter,
        "values": given,
        "filtered": bool(given),
        "problems": asked.problems,
        "next_page": more,
    }
    return render(
        request, "member/parts/receipt_months.html" if wants_part(request) else "member/receipts.html", context
    )


def _by_month(listed: list[Listed]) -> list[tuple[date, list[Listed]]]:
    first_day: Callable[[Listed], date] = lambda each: month_start(each.head.business_day)  # noqa: E731
    return [(first, list(group)) for first, group in groupby(listed, key=first_day)]


@own
def receipt(request: MemberRequest, visit: Visit, day: date, receipt_id: int) -> HttpResponse:
    """One receipt as on paper, with its level, the reason and the day it will be deleted."""
    found = _receipt(visit, day, receipt_id)
    head = found.head
    kept = warranties.of_receipt(person_id=visit.person_id, day=day, receipt_id=receipt_id)
    context = {
        "receipt": found,
        "related": found.related,
        "of_order": found.workstation.startswith(ORDER),
        "voided": words.voided(head.voided_at, found.zone) if head.voided_at else "",
        "clock": clock(head.end_time.astimezone(ZoneInfo(found.zone))),
        "why": WHY.get((head.level, head.level_reason)) or words.REASONS[head.level_reason],
        "vat": vat(found),
        "shared": households.role_of(visit.person_id, today=visit.today) in {Role.ADULT, Role.MINOR},
        "kept_back": registered.is_kept_back(person_id=visit.person_id, day=day, receipt_id=receipt_id),
        "archived": archive.is_held(person_id=visit.person_id, day=day, receipt_id=receipt_id),
        "warranties": kept,
        "offered": "" if kept else _offered(visit, found),
    }
    return render(request, "member/receipt.html", context)


@own
def receipt_pdf(request: MemberRequest, visit: Visit, day: date, receipt_id: int) -> HttpResponse:  # noqa: ARG001  the visit says all
    """The same as a PDF: the electronic receipt."""
    return pdf_of(_receipt(visit, day, receipt_id), visit)


def pdf_of(page: ReceiptPage, visit: Visit) -> HttpResponse:
    """A receipt as a file."""
    name = f"{gettext('receipt')}-{page.head.business_day}-{page.head.receipt_id}.pdf"
    return download(pdf.receipt_pdf(page, now=visit.now), "application/pdf", name)


def _receipt(visit: Visit, day: date, receipt_id: int) -> ReceiptPage:
    asks = visit.asks()
    del asks["today"]
    return spending.receipt_page(day=day, receipt_id=receipt_id, **asks)


@own_act
def keep_back(request: MemberRequest, visit: Visit, day: date, receipt_id: int) -> HttpResponse:
    """Keep day and store of a receipt from the household, or show them again."""
    with opened():
        actions.keep_back(
            person_id=visit.person_id,
            day=day,
            receipt_id=receipt_id,
            kept="show" not in request.POST,
            by=visit.by,
            now=visit.now,
        )
    return redirect(f"{reverse('receipt', args=[day, receipt_id])}#household")


def _offered(visit: Visit, page: ReceiptPage) -> str:
    """What keeping warranty receipts means, where it can be turned on for goods of this receipt; nothing to who has said no."""
    if not any(line.guarantee and line.guarantee.until >= visit.today for line in page.lines):
        return ""
    held = choices.decisions(visit.person_id, profile=stores.profile())[Topic.WARRANTY_RECEIPTS]
    if (held.number and held.value == NO) or is_minor(members.birth_date(visit.person_id), visit.today):
        return ""
    return str(texts.TEXTS[Topic.WARRANTY_RECEIPTS].effects[YES])


def vat(page: ReceiptPage) -> list[tuple[str, int, int, int]]:
    """Rate in percent, with tax, the tax, without tax."""
    if page.paid is None:
        return []
    return [(words.tax_rate(rate), gross, tax, gross - tax) for rate, gross, tax in page.paid.vat]
