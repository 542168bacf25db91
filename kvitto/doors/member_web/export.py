"""The member's receipts as files to take along, each made in one go from one opening, and the token for tools of their own."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from kvitto.accounts import tokens
from kvitto.doors.member_web import pdf, words
from kvitto.doors.member_web.visit import MemberRequest, Visit, own, own_act
from kvitto.kernel.db import opened
from kvitto.kernel.money import amount
from kvitto.spending import export as exported
from kvitto.spending import queries as spending
from kvitto.spending.types import ReceiptPage
from kvitto.warranties import queries as warranties

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # tells spreadsheets that it is UTF-8
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a text that begins so would be worked out by a spreadsheet


@dataclass(frozen=True, slots=True)
class Made:
    """What a file is made from."""

    pages: list[ReceiptPage]
    visit: Visit


@own
def export(request: MemberRequest, visit: Visit) -> HttpResponse:
    """What there is to take along, and the token. Opens nothing."""
    return _page(request, visit)


def _page(request: MemberRequest, visit: Visit, made: str = "") -> HttpResponse:
    held = spending.held(person_id=visit.person_id, today=visit.today)
    sums: dict[str, int] = {}
    for each in held:
        sums[each.currency] = sums.get(each.currency, 0) + each.cents
    context = {
        "receipts": sum(each.receipts for each in held),
        "sums": sums.items(),
        "since": held[0].month if held else None,
        "token": tokens.token_of(request.user.pk, now=visit.now),
        "made": made,
        "warranties": warranties.count(visit.person_id),
        "api": request.build_absolute_uri("/api/me/receipts"),
    }
    return render(request, "member/export.html", context)


@own
def file(request: MemberRequest, visit: Visit, kind: str) -> HttpResponse:  # noqa: ARG001  the visit says all
    """All receipts in one file."""
    if kind not in KINDS:
        raise Http404
    content_type, make = KINDS[kind]
    body = make(Made(spending.everything(**visit.asks()), visit))
    return download(body, content_type, f"{_('receipts')}-{visit.today}.{kind}")


def download(body: bytes, content_type: str, name: str) -> HttpResponse:
    """A file for the browser to keep."""
    return HttpResponse(
        body, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _json(made: Made) -> bytes:
    document = exported.export(made.pages, language=made.visit.language, now=made.visit.now)
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _csv(made: Made) -> bytes:
    """One row for each part of a receipt's total; what spreadsheets here open by itself: semicolons, decimal commas, a BOM."""
    text = io.StringIO(newline="")
    text.write(BOM)
    table = csv.writer(text, delimiter=";")
    head = [_("Receipt"), _("Day"), _("Time"), _("Store"), _("Town"), _("Chain"), _("Seller"), _("Business ID")]
    head += [_("Till"), _("Number"), _("What it is"), _("Article number"), _("Text on the receipt"), _("Name")]
    head += [
        _("Quantity"),
        _("Unit"),
        _("Sum"),
        _("Currency"),
        _("Discount"),
        _("VAT %"),
        _("Recorded"),
        _("Deleted on"),
        _("Voided"),
    ]
    table.writerow(head)
    told: dict[int, tuple[list[str], list[str]]] = {}
    for row in exported.rows(made.pages):
        if id(row.page) not in told:
            told[id(row.page)] = _of_receipt(row.page)
        before, after = told[id(row.page)]
        quantity = "" if row.quantity is None else exported.quantity(row.quantity)
        table.writerow(
            [
                *before,
                str(words.ROWS[row.kind]),
                _plain(row.article),
                _plain(row.text),
                _plain(row.name),
                quantity.replace(".", ","),
                words.unit(row.unit) if row.quantity is not None else "",
                _decimal(row.cents),
                row.page.head.currency,
                _decimal(row.discount_cents) if row.discount_cents else "",
                row.vat.replace(".", ","),
                *after,
            ]
        )
    return text.getvalue().encode()


def _of_receipt(page: ReceiptPage) -> tuple[list[str], list[str]]:
    """The cells that all rows of a receipt have in common, before and after their own."""
    head, place = page.head, page.place
    time = head.end_time.astimezone(ZoneInfo(page.zone))
    before = [f"{head.business_day}/{head.receipt_id}", str(head.business_day), f"{time:%H:%M}"]
    before += map(_plain, (place.name, place.town, place.chain, place.company, place.business_id, page.workstation))
    voided = f"{head.voided_at.astimezone(ZoneInfo(page.zone)):%Y-%m-%d %H:%M}" if head.voided_at else ""
    return [*before, str(page.sequence)], [str(words.level(head.level)), str(head.deletes_on), voided]


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _decimal(cents: int) -> str:
    return amount(cents).replace(".", ",")


def _pdf(made: Made) -> bytes:
    return pdf.receipts_pdf(made.pages, now=made.visit.now)


KINDS: dict[str, tuple[str, Callable[[Made], bytes]]] = {
    "json": ("application/json", _json),
    "csv": ("text/csv; charset=utf-8", _csv),
    "pdf": ("application/pdf", _pdf),
}


@own_act
def make_token(request: MemberRequest, visit: Visit) -> HttpResponse:
    """A new token, shown on this one page."""
    with opened():
        made = tokens.make(account_id=request.user.pk, by=visit.by, now=visit.now)
    return _page(request, visit, made)


@own_act
def revoke_token(request: MemberRequest, visit: Visit) -> HttpResponse:
    """End the token."""
    with opened():
        tokens.revoke(account_id=request.user.pk, by=visit.by, now=visit.now)
    return redirect(f"{reverse('export')}#tools")
