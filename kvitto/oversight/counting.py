"""Counting look-ups: once where the entries are, by day and account; from those counts for the public, and for what stands out."""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max, Sum
from django.utils.timezone import make_aware

from kvitto.audit.types import LOOKS
from kvitto.kernel.periods import months_after
from kvitto.oversight import rules
from kvitto.oversight.models import Day
from kvitto.oversight.types import AlertKind, Count, Depth, Found, Published
from kvitto.staff import queries as staff
from kvitto.staff.rules import family_name_of, family_words
from kvitto.staff.types import Duty, Reason

# Each case once, at its deepest, on the day on which it began; one that goes on in the first day may have begun the day before
_COUNT = """
    INSERT INTO oversight_day (day, account_id, reason, duty, depth, times, receipts, at_night)
    SELECT begun, account, looked.reason, coalesce(c.duty, ''), CASE WHEN opened THEN 'purchases' ELSE 'record' END,
        count(*), sum(receipts), count(*) FILTER (WHERE at_night)
    FROM (
        SELECT timezone(%(zone)s, min(at))::date AS begun, actor_id::bigint AS account, max(purpose) AS reason,
            substr("case", 6)::bigint AS case_id, bool_or(action NOT LIKE 'staff.view_%%') AS opened,
            coalesce(sum(count) FILTER (WHERE action NOT LIKE 'staff.view_%%'), 0) AS receipts,
            bool_or(NOT extract(hour FROM timezone(%(zone)s, at)) BETWEEN %(from)s AND %(until)s) AS at_night
        FROM audit_entry
        WHERE actor_kind = 'staff' AND actor_id = ANY(%(accounts)s) AND at >= %(before)s AND action = ANY(%(looks)s)
            AND "case" LIKE 'case-%%'
        GROUP BY actor_id, "case"
    ) looked LEFT JOIN staff_case c ON c.id = case_id
    WHERE begun >= %(day)s GROUP BY 1, 2, 3, 4, 5
"""
_REFUSED = """
    SELECT actor_id::bigint, purpose, count(*) FROM audit_entry
    WHERE actor_kind = 'staff' AND actor_id = ANY(%(accounts)s) AND at >= %(first)s AND at < %(last)s
        AND action = 'access.refused'
    GROUP BY 1, 2 ORDER BY 1, 2
"""
# one reference of a data handler's for several members, of which one was looked up on the day; a recall has one for all
_REFERENCES = """
    SELECT opened_by_id, reference, count(DISTINCT person_id) FROM staff_case
        JOIN (
            SELECT DISTINCT opened_by_id, reference FROM staff_case
            WHERE duty = 'data_handler' AND glass_id IS NULL AND opened_at >= %(first)s AND opened_at < %(last)s
        ) of_day USING (opened_by_id, reference)
    WHERE duty = 'data_handler' AND glass_id IS NULL AND opened_at >= %(habit)s AND opened_at < %(last)s
    GROUP BY 1, 2 HAVING count(DISTINCT person_id) > 1 ORDER BY 1, 2
"""
# each case of the day with what shows whether the two are near: names, and a household that both are in
_NEAR = """
    SELECT c.id, s.id, s.name, coalesce(own.family_name, ''), p.family_name,
        s.person_id IS NOT NULL AND (s.person_id = p.id OR EXISTS (
        SELECT FROM households_place a JOIN households_place b ON a.household_id = b.household_id
        WHERE a.person_id = s.person_id AND b.person_id = p.id AND a.period @> %(day)s AND b.period @> %(day)s
    ))
    FROM staff_case c JOIN staff_person s ON s.id = c.opened_by_id JOIN members_person p ON p.id = c.person_id
        LEFT JOIN members_person own ON own.id = s.person_id
    WHERE c.opened_at >= %(first)s AND c.opened_at < %(last)s ORDER BY c.id
"""


def count(*, first: date) -> None:
    """Count the look-ups from a day on, in the place of what was counted of those days."""
    Day.objects.filter(day__gte=first).delete()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _asked(first, first))


def newest() -> date | None:
    """The last day with a look-up that has been counted."""
    last: date | None = Day.objects.aggregate(last=Max("day"))["last"]
    return last


def counts(*, first: date, last: date) -> list[Count]:
    """Look-ups from the day `first` up to, not including, `last`, by account, day and reason."""
    rows = (
        Day.objects.filter(day__gte=first, day__lt=last)
        .values_list("account_id", "day", "reason")
        .annotate(duty=Max("duty"), times=Sum("times"))
        .order_by("account_id", "day", "reason")
    )
    return [
        Count(account, day, reason, Duty(duty) if duty else None, times) for account, day, reason, duty, times in rows
    ]


def published(month: date) -> list[Published]:
    """The look-ups of a month, by how deep they went and why; each case once, at its deepest."""
    rows = (
        Day.objects.filter(day__gte=month, day__lt=months_after(month, 1))
        .values_list("depth", "reason")
        .annotate(times=Sum("times"), receipts=Sum("receipts"))
        .order_by("depth", "reason")
    )
    return [Published(month, Depth(depth), Reason(reason), times, receipts) for depth, reason, times, receipts in rows]


def standing_out(day: date) -> list[Found]:
    """Everything that stands out on a day, by every rule. Asked as the system."""
    after = day + timedelta(days=1)
    staff_of = {each.account_id: each.staff_id for each in staff.people()}
    known = counts(first=day - timedelta(days=rules.HABIT_DAYS), last=after)
    found = rules.volumes(known, day=day, staff_of=staff_of)
    found += [
        Found(AlertKind.HOURS, staff_of[account], day, "", times, 0)
        for account, times in _at_night(day)
        if account in staff_of
    ]
    found += rules.denials(_rows(_REFUSED, day, after), day=day, staff_of=staff_of)
    found += [
        Found(AlertKind.REFERENCE, staff_id, day, reference, times, 1)
        for staff_id, reference, times in _rows(_REFERENCES, day, after)
    ]
    found += [Found(AlertKind.NEAR, staff_id, day, f"case-{case_id}", 1, 0) for case_id, staff_id in _near(day, after)]
    return found


def moment(day: date) -> datetime:
    """When a day begins by the co-op's clock."""
    return make_aware(datetime.combine(day, time()))


def _at_night(day: date) -> list[tuple[int, int]]:
    rows = Day.objects.filter(day=day, at_night__gt=0).values_list("account_id")
    return list(rows.annotate(times=Sum("at_night")).order_by("account_id"))


def _near(day: date, after: date) -> list[tuple[int, int]]:
    """Cases of a day, and who opened them, in which the two share a household or a family name."""
    words = cache(family_words)  # for as long as this takes: most names come again
    return [
        (case_id, staff_id)
        for case_id, staff_id, name, own_family, family, shared in _rows(_NEAR, day, after)
        if shared or words(family) & (words(family_name_of(name)) | words(own_family))
    ]


def _rows(question: str, first: date, last: date) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, _asked(first, last))
        return list(cursor.fetchall())


def _asked(first: date, last: date) -> dict[str, Any]:
    return {
        "accounts": [str(each.account_id) for each in staff.people()],
        "first": moment(first),
        "last": moment(last),
        "before": moment(first) - rules.LONGEST_CASE,
        "habit": moment(first - timedelta(days=rules.HABIT_DAYS)),
        "day": first,
        "looks": list(LOOKS),
        "zone": settings.TIME_ZONE,
        "from": rules.OPEN_FROM,
        "until": rules.OPEN_UNTIL - 1,
    }
