"""A month's Bonus statement as PDF: what the page of the month says, to be kept and computed again with a pencil."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from kvitto.bonus.view import Counted, Group, Page, Share
from kvitto.doors.member_web import words
from kvitto.doors.member_web.formats import cents_a_litre, clock, day, language, money, month, quantity, rate
from kvitto.doors.member_web.pdf import made

CURRENCY = "EUR"


def statement_pdf(page: Page, *, name: str, now: datetime) -> bytes:
    """The statement of a month for the member of that name."""
    at = localtime(now)
    about = [name, _("Made on %(day)s at %(time)s") % {"day": day(at), "time": clock(at)}]
    if not page.closed and page.pays_by:
        about.append(
            _("Computed from the receipts that have come in. It is paid by %(day)s.") % {"day": day(page.pays_by)}
        )
    sections = [part for group in page.groups for part in _group(group, several=len(page.groups) > 1)]
    sections += [_booked(page), _receipts(page)]
    data = {
        "language": language(),
        "title": f"{_('Bonus')}, {month(page.month.start)}",
        "author": settings.SERVICE_NAME,
        "about": about,
        "sections": [each for each in sections if each["rows"] or each["about"]],
    }
    return made("statement.typ", data, now)


def _section(
    title: str, columns: list[str], rows: list[list[str]], *, about: list[str], total: list[str] | None = None
) -> dict[str, Any]:
    return {"title": title, "about": about, "columns": columns, "rows": rows, "total": total or []}


def _group(group: Group, *, several: bool) -> list[dict[str, Any]]:
    title = _("The household") if group.household else _("You alone")
    if several:
        title = _("On the days in the household") if group.household else _("On the days alone")
    if not group.plan:
        none = _("No Bonus: no regional co-op of yours has a Bonus plan for this month. A service point can tell why.")
        return [_section(title, [], [], about=[none])]
    shares = [[_who(each), _euros(each.purchases), _euros(each.cents)] for each in group.shares]
    whole = [_("Together"), _euros(group.together or 0), _euros(group.cents)] if shares else None
    columns = [_("Who"), _("Bonus purchases"), _("Bonus")]
    counted = [[_what(each), _how(each), _euros(each.cents)] for each in group.counted]
    return [
        _section(title, columns, shares, about=_step(group), total=whole),
        _section(
            _("How your part is computed") if shares or not group.payee else _("How it is computed"),
            [_("What counts"), _("Computation"), _("Bonus")],
            counted,
            about=[],
            total=["", "", _euros(group.own.cents)],
        ),
    ]


def _step(group: Group) -> list[str]:
    if not group.payee:
        own = _("Your part: %(sum)s of Bonus purchases. With the household's other purchases the step is %(rate)s.") % {
            "sum": _euros(group.own.purchases),
            "rate": rate(group.rate),
        }
        return [f"{_('Bonus')}: {_euros(group.cents)}", own, _("It is paid to the household's main member.")]
    together = {"sum": _euros(group.together or 0), "rate": rate(group.rate)}
    return [f"{_('Bonus')}: {_euros(group.cents)}", _("%(sum)s of Bonus purchases, at %(rate)s") % together]


def _who(share: Share) -> str:
    return _("You") if share.own else share.name or _("Other purchases")


def _what(each: Counted) -> str:
    named = capfirst(words.bonus_class(each.bonus_class))
    return f"{named}, {_('%(n)s times the rate') % {'n': each.times}}" if each.times > 1 else named


def _how(each: Counted) -> str:
    if each.by_quantity:
        how = {"sum": _euros(each.purchases), "litres": quantity(each.quantity), "cents": cents_a_litre(each.rate)}
        return _("%(sum)s; %(litres)s l × %(cents)s") % how
    return f"{_euros(each.purchases)} × {rate(each.rate)}"


def _booked(page: Page) -> dict[str, Any]:
    """What has been booked of this month; what the co-op owes in all."""
    rows = [
        [
            capfirst(words.booking(each.kind)),
            day(localtime(each.booked_at)),
            "" if each.rate is None else rate(each.rate),
            _euros(each.cents),
        ]
        for each in reversed(page.bookings)
        if each.month == page.month.start
    ]
    columns = [_("Booked"), _("Day"), _("Step"), _("Bonus")]
    return _section(_("What is booked of this month"), columns, rows, about=[])


def _receipts(page: Page) -> dict[str, Any]:
    rows = [
        [
            f"{day(each.day)} {each.store}",
            _euros(each.counts) if each.currency == CURRENCY else "",
            money(each.rest, each.currency),
        ]
        for each in page.receipts
    ]
    total = [_("Together"), _euros(sum(each.counts for each in page.receipts if each.currency == CURRENCY)), ""]
    columns = [_("Receipt"), _("Counts"), _("Does not count")]
    return _section(_("Your receipts"), columns, rows, about=[], total=total)


def _euros(cents: int) -> str:
    return money(cents, CURRENCY)
