"""Receipts and warranty receipts as PDF: tagged and kept for long (PDF/UA-1, PDF/A-2a), with the typesetter's own fonts.

Everything is put into words here; the template only places it. What is data there is never read as markup.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst
from django.conf import settings
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from kvitto.doors.member_web import words
from kvitto.doors.member_web.formats import clock, day, language, money, number, quantity, weekday_day
from kvitto.spending.types import ReceiptLine, ReceiptPage
from kvitto.warranties.types import Warranty

TEMPLATES = Path(__file__).parent / "templates" / "pdf"
ONE_PIECE = 10_000
# What the fonts can show; a PDF that is kept for long may hold nothing else. A test prints all of it.
SHOWN = (range(0x20, 0x500), range(0x1E00, 0x2041), range(0x20A0, 0x20D0), range(0x2190, 0x2300))


def receipt_pdf(page: ReceiptPage, *, now: datetime) -> bytes:
    """One receipt."""
    title = f"{page.place.name} {day(page.head.business_day)}"
    return _typeset([page], title=title, author=page.place.company, cover=None, sums=(), now=now)


def receipts_pdf(pages: Sequence[ReceiptPage], *, now: datetime) -> bytes:
    """All receipts in one document, newest first, with their count and sum in front."""
    by_currency: dict[str, int] = {}
    for head in (page.head for page in pages):
        by_currency[head.currency] = by_currency.get(head.currency, 0) + head.total_cents
    made = localtime(now)
    count = ngettext("%(n)s receipt", "%(n)s receipts", len(pages)) % {"n": number(len(pages))}
    cover = [_("Made on %(day)s at %(time)s") % {"day": day(made), "time": clock(made)}, count]
    sums = [(_("Total"), money(cents, currency)) for currency, cents in by_currency.items()]
    return _typeset(pages, title=_("My receipts"), author=settings.SERVICE_NAME, cover=cover, sums=sums, now=now)


def warranties_pdf(found: Sequence[Warranty], *, now: datetime) -> bytes:
    """Warranty receipts, each on a page of its own."""
    title = found[0].copy.item if len(found) == 1 else _("My warranty receipts")
    data = {
        "language": language(),
        "title": title,
        "author": settings.SERVICE_NAME,
        "kind": _("Warranty receipt"),
        "head": [_("What a claim needs"), _("As on the receipt")],
        "note": _("My own note"),
        "warranties": [_warranty(each, now) for each in found],
    }
    return made("warranties.typ", data, now)


def _warranty(each: Warranty, now: datetime) -> dict[str, Any]:
    copy = each.copy
    pairs = [
        (_("Seller"), f"{copy.company}, {copy.business_id}"),
        (_("Store"), f"{copy.store}, {copy.town}"),
        (_("Bought on"), day(each.business_day)),
        (_("Receipt"), _("Till %(till)s · receipt %(number)s") % {"till": copy.workstation, "number": copy.sequence}),
        (_("Goods"), copy.printed),
        (_("Serial number"), copy.serial),
        (_("Terms"), copy.terms),
        (_("Guarantee until"), day(copy.until)),
    ]
    if each.ends_on != copy.until:
        pairs.append((_("Corrected by me: until"), day(each.ends_on)))
    if each.returned_on:
        pairs.append((_("Taken back by the till on") if each.voided else _("Brought back on"), day(each.returned_on)))
    made = localtime(now)
    return {
        "item": copy.item,
        "pairs": [pair for pair in pairs if pair[1]],
        "note": copy.note.splitlines(),
        "foot": _("Made on %(day)s at %(time)s") % {"day": day(made), "time": clock(made)},
    }


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)


def _typeset(
    pages: Sequence[ReceiptPage],
    *,
    title: str,
    author: str,
    cover: list[str] | None,
    sums: Iterable[tuple[str, str]],
    now: datetime,
) -> bytes:
    data = {
        "language": language(),
        "title": title,
        "author": author,
        "cover": cover,
        "sums": list(sums),
        "goods": [_("Goods"), _("With tax")],
        "vat": [_("VAT rate"), _("Without tax"), _("Tax"), _("With tax")],
        "receipts": [_receipt(page) for page in pages],
    }
    return made("receipts.typ", data, now)


def made(template: str, data: dict[str, Any], now: datetime) -> bytes:
    # a compiler of its own takes half a millisecond; shared, it would have to be waited for
    compiler = typst.Compiler(TEMPLATES / template, root=TEMPLATES, font_paths=_fonts())
    inputs = {"data": json.dumps(_showable(data))}
    made = compiler.compile(
        format="pdf", sys_inputs=inputs, pdf_standards=["ua-1", "a-2a"], timestamp=int(now.timestamp())
    )
    if not isinstance(made, bytes):  # several files are for pictures of pages
        raise TypeError("the typesetter gave no PDF")
    return made


@cache
def _unshowable() -> re.Pattern[str]:
    shown = (chr(code) for each in SHOWN for code in each)
    return re.compile(f"[^{re.escape(''.join(char for char in shown if unicodedata.category(char)[0] in 'LNPSZ'))}]")


def _showable(value: Any) -> Any:
    """The data with a sign in the place of each character that no font has: a till may print whatever it likes."""
    if isinstance(value, str):
        return _unshowable().sub("\N{REPLACEMENT CHARACTER}", unicodedata.normalize("NFC", value))
    if isinstance(value, dict):
        return {name: _showable(each) for name, each in value.items()}
    return [_showable(each) for each in value] if isinstance(value, list | tuple) else value


def _receipt(page: ReceiptPage) -> dict[str, Any]:
    head, place, paid = page.head, page.place, page.paid
    time = clock(head.end_time.astimezone(ZoneInfo(page.zone)))
    about = [
        place.town,
        f"{place.company} · {place.business_id}",
        f"{weekday_day(head.business_day)} {pgettext('time of day', 'at')} {time}",
        _("Till %(till)s · receipt %(number)s") % {"till": page.workstation, "number": page.sequence},
    ]
    return {
        "store": place.name,
        "about": [
            *about,
            *([_("Return")] if page.kind == "return" else ()),
            *([words.voided(head.voided_at, page.zone)] if head.voided_at else ()),
        ],
        "goods": _goods(page),
        "nothing": _("What was bought is not recorded, only the total."),
        "total": [_("Total"), money(head.total_cents, head.currency)],
        "paid": [
            *((words.tender(kind), words.plain_money(cents)) for kind, cents in (paid.tenders if paid else ())),
            *([(_("Rounding"), words.plain_money(paid.rounding))] if paid and paid.rounding else ()),
        ],
        "vat": [
            [words.tax_rate(rate), *map(words.plain_money, (gross - tax, tax, gross))]
            for rate, gross, tax in (paid.vat if paid else ())
        ],
        "foot": [
            f"{_('Recorded')}: {words.level(head.level)} ({words.reason(head.level_reason)})",
            _("Deleted on %(day)s") % {"day": day(head.deletes_on)},
        ],
    }


def _goods(page: ReceiptPage) -> list[dict[str, str]]:
    sums = [(group.name or str(words.outside(group.id)), group.cents) for group in page.groups]
    sums += [(_("Deposits"), page.deposits)] if page.deposits else []
    sums += [(_("Not recorded"), page.unnamed)] if page.unnamed else []
    return [
        *({"text": line.text, "under": _under(line), "sum": words.plain_money(line.cents)} for line in page.lines),
        *({"text": name, "under": "", "sum": words.plain_money(cents)} for name, cents in sums),
    ]


def _under(line: ReceiptLine) -> str:
    parts = []
    if line.guarantee:
        parts.append(_("guarantee until %(day)s") % {"day": day(line.guarantee.until)})
        parts += [_("serial number %(number)s") % {"number": line.guarantee.serial}] if line.guarantee.serial else []
    if line.quantity not in {0, ONE_PIECE} and line.unit_cents is not None:
        each = words.plain_money(line.unit_cents)
        parts.append(f"{quantity(line.quantity)} {words.unit(line.unit)} × {each}")
    if line.discount_cents:
        parts.append(_("discount taken off: %(sum)s") % {"sum": words.plain_money(line.discount_cents)})
    return ", ".join(parts)
