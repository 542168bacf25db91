"""The ends of guarantees as a calendar file: one event a day, with the reminders of the service as alarms."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from kvitto.doors.member_web.formats import day
from kvitto.warranties.rules import REMINDERS
from kvitto.warranties.types import Warranty

CONTENT_TYPE = "text/calendar; charset=utf-8"
RINGS_AT = 9  # o'clock, on a reminder's day


def calendar(warranties: Sequence[Warranty], *, host: str, now: datetime) -> bytes:
    """The guarantees that have not ended by a return, each as an event of its last day."""
    made = Calendar()
    made.add("version", "2.0")
    made.add("prodid", f"-//{settings.SERVICE_NAME}//EN")
    made.add("method", "PUBLISH")
    for each in warranties:
        if each.returned_on is None:
            made.add_component(_event(each, host, now))
    return made.to_ical()


def _event(each: Warranty, host: str, now: datetime) -> Event:
    copy = each.copy
    title = _("Guarantee ends: %(item)s") % {"item": copy.item}
    about = [f"{copy.company} ({copy.business_id}), {copy.store}", day(each.business_day)]
    about += [_("Serial number %(number)s") % {"number": copy.serial}] if copy.serial else []
    event = Event()
    event.add("uid", f"warranty-{each.warranty_id}@{host}")
    event.add("dtstamp", now)
    event.add("dtstart", each.ends_on)
    event.add("dtend", each.ends_on + timedelta(days=1))
    event.add("summary", title)
    event.add("description", ", ".join(about))
    event.add("transp", "TRANSPARENT")
    for days in REMINDERS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", timedelta(hours=RINGS_AT) - timedelta(days=days))
        event.add_component(alarm)
    return event
