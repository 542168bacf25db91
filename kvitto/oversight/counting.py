"""Counting look-ups where the entries are: by account, day and reason, for the public, and for what stands out."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.timezone import make_aware

from kvitto.audit.types import LOOKS
from kvitto.kernel.periods import months_after
from kvitto.oversight import rules
from kvitto.oversight.types import AlertKind, Count, Depth, Found, Published
from kvitto.staff import queries as staff
from kvitto.staff.rules import are_namesakes, family_name_of
from kvitto.staff.types import Duty, Reason

_LOOKED = """
    FROM audit_entry e LEFT JOIN staff_case c ON e."case" = 'case-' || c.id
    WHERE e.actor_kind = 'staff' AND e.actor_id = ANY(%(accounts)s) AND e.at >= %(first)s AND e.at < %(last)s
        AND e.action = ANY(%(looks)s) AND e."case" LIKE 'case-%%'
"""
_COUNTS = f"""
    SELECT e.actor_id::bigint, timezone(%(zone)s, e.at)::date AS day, e.purpose, max(c.duty), count(DISTINCT e."case")
    {_LOOKED} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_AT_NIGHT = f"""
    SELECT e.actor_id::bigint, count(DISTINCT e."case") {_LOOKED}
        AND NOT extract(hour FROM timezone(%(zone)s, e.at)) BETWEEN %(from)s AND %(until)s GROUP BY 1
"""  # noqa: S608  our own words
_PUBLISHED = f"""
    SELECT CASE WHEN opened > 0 THEN 'purchases' ELSE 'record' END AS depth, reason, count(*), coalesce(sum(receipts), 0)
    FROM (
        SELECT max(e.purpose) AS reason, count(*) FILTER (WHERE e.action NOT LIKE 'staff.view_%%') AS opened,
            sum(e.count) FILTER (WHERE e.action NOT LIKE 'staff.view_%%') AS receipts
        {_LOOKED} GROUP BY e."case"
    ) looked GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  our own words
_REFUSED = """
    SELECT actor_id::bigint, purpose, count(*) FROM audit_entry
    WHERE actor_kind = 'staff' AND actor_id = ANY(%(accounts)s) AND at >= %(first)s AND at < %(last)s
        AND action = 'access.refused'
    GROUP BY 1, 2 ORDER BY 1, 2
"""
# one reference of a data handler's for several members, of which one was looked up on the day; a recall has one for all
_REFERENCES = """
    SELECT opened_by_id, reference, count(DISTINCT person_id) FROM staff_case
    WHERE duty = 'data_handler' AND glass_id IS NULL AND opened_at >= %(habit)s AND opened_at < %(last)s
    GROUP BY 1, 2 HAVING count(DISTINCT person_id) > 1 AND max(opened_at) >= %(first)s ORDER BY 1, 2
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


def counts(*, first: date, last: date, accounts: list[int] | None = None) -> list[Count]:
    """Look-ups from the day `first` up to, not including, `last`, by account, day and reason."""
    rows = _rows(_COUNTS, first, last, accounts)
    return [
        Count(account, day, reason, Duty(duty) if duty else None, times) for account, day, reason, duty, times in rows
    ]


def published(month: date) -> list[Published]:
    """The look-ups of a month, by how deep they went and why; each case once, at its deepest."""
    rows = _rows(_PUBLISHED, month, months_after(month, 1))
    return [Published(month, Depth(depth), Reason(reason), times, receipts) for depth, reason, times, receipts in rows]


def standing_out(day: date) -> list[Found]:
    """Everything that stands out on a day, by every rule. Asked as the system."""
    after = day + timedelta(days=1)
    staff_of = {each.account_id: each.staff_id for each in staff.people()}
    known = counts(first=day - timedelta(days=rules.HABIT_DAYS), last=after)
    found = rules.volumes(known, day=day, staff_of=staff_of)
    found += [
        Found(AlertKind.HOURS, staff_of[account], day, "", times, 0)
        for account, times in _rows(_AT_NIGHT, day, after)
        if account in staff_of
    ]
    found += rules.denials(_rows(_REFUSED, day, after), day=day, staff_of=staff_of)
    found += [
        Found(AlertKind.REFERENCE, staff_id, day, reference, times, 1)
        for staff_id, reference, times in _rows(_REFERENCES, day, after)
    ]
    found += [
        Found(AlertKind.NEAR, staff_id, day, f"case-{case_id}", 1, 0)
        for case_id, staff_id, name, own_family, family, shared in _rows(_NEAR, day, after)
        if shared or are_namesakes(family_name_of(name), family) or (own_family and are_namesakes(own_family, family))
    ]
    return found


def moment(day: date) -> datetime:
    """When a day begins by the co-op's clock."""
    return make_aware(datetime.combine(day, time()))


def _rows(question: str, first: date, last: date, accounts: list[int] | None = None) -> list[tuple[Any, ...]]:
    asked: dict[str, Any] = {
        "accounts": [str(each) for each in (accounts or [each.account_id for each in staff.people()])],
        "first": moment(first),
        "last": moment(last),
        "habit": moment(first - timedelta(days=rules.HABIT_DAYS)),
        "day": first,
        "looks": list(LOOKS),
        "zone": settings.TIME_ZONE,
        "from": rules.OPEN_FROM,
        "until": rules.OPEN_UNTIL - 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(question, asked)
        return list(cursor.fetchall())
