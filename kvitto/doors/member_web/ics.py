"""The ends of guarantees as a calendar file (RFC 5545): one event a day, with the reminders of the service as alarms."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from kvitto.doors.member_web.formats import day
from kvitto.warranties.rules import REMINDERS
from kvitto.warranties.types import Warranty

CONTENT_TYPE = "text/calendar; charset=utf-8"
LONGEST_LINE = 75  # octets, after which a line is folded
RINGS_AT = 9  # o'clock, on a reminder's day
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""})


def calendar(warranties: Sequence[Warranty], *, host: str, now: datetime) -> bytes:
    """The guarantees that have not ended by a return, each as an event of its last day."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//{_text(settings.SERVICE_NAME)}//EN", "METHOD:PUBLISH"]
    for each in warranties:
        if each.returned_on is None:
            lines += _event(each, host, now)
    return b"".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _event(each: Warranty, host: str, now: datetime) -> Iterator[str]:
    copy = each.copy
    title = _("Guarantee ends: %(item)s") % {"item": copy.item}
    about = [f"{copy.company} ({copy.business_id}), {copy.store}", day(each.business_day)]
    about += [_("Serial number %(number)s") % {"number": copy.serial}] if copy.serial else []
    yield from (
        "BEGIN:VEVENT",
        f"UID:warranty-{each.warranty_id}@{host}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
    )
    yield f"DTSTART;VALUE=DATE:{each.ends_on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{each.ends_on + timedelta(days=1):%Y%m%d}"
    yield from (f"SUMMARY:{_text(title)}", f"DESCRIPTION:{_text(', '.join(about))}", "TRANSP:TRANSPARENT")
    for days in REMINDERS:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_text(title)}")
        yield from (f"TRIGGER:-P{days - 1}DT{24 - RINGS_AT}H", "END:VALARM")
    yield "END:VEVENT"


def _text(value: str) -> str:
    return "".join(each for each in value.translate(_ESCAPED) if each.isprintable())


def _folded(line: str) -> bytes:
    """A line of at most 75 octets; what is longer goes on after a space, and no character is cut."""
    parts: list[bytes] = []
    part = b""
    for each in line:
        octets = each.encode()
        if len(part) + len(octets) > LONGEST_LINE - bool(parts):
            parts.append(part)
            part = b""
        part += octets
    return b"\r\n ".join([*parts, part]) + b"\r\n"
